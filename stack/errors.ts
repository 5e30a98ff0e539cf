/** A reason not to start that the person at the terminal can do something about. */
export class StackError extends Error {}
