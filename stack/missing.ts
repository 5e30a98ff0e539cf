/** The code of every refusal of what Supabase has and the embedded stack does not. */
export const NOT_IN_STACK = "not_in_embedded_stack";

export function notInStack(what: string): string {
  return `Not in the embedded stack: ${what}. Use \`npx supabase start\` or a hosted project`;
}
