import pc from "picocolors";

/** Says what is going on, one line for each step with the time it took. */
export type Log = ((line: string) => void) & {
  /** Shows what is being done until the next line replaces it. */
  pending?: (line: string) => void;
};

export const quiet: Log = () => {};

/** Runs a step and says how long it took, or that it failed. */
export async function step<T>(log: Log, what: string, work: () => Promise<T>): Promise<T> {
  const start = performance.now();
  const seconds = () => `${((performance.now() - start) / 1000).toFixed(1)} s`;
  log.pending?.(`… ${what}`);
  try {
    const result = await work();
    log(`${pc.green("✓")} ${what} ${pc.dim(seconds())}`);
    return result;
  } catch (error) {
    log(`${pc.red("✗")} ${what} ${pc.dim(seconds())}`);
    throw error;
  }
}

/** Prints to the terminal. A step that is under way is shown only where its line can be replaced. */
export function terminalLog(): Log {
  const clear = process.stdout.isTTY ? "\r\x1b[2K" : "";
  const log: Log = (line) => console.log(clear + line);
  if (process.stdout.isTTY) log.pending = (line) => process.stdout.write(clear + line);
  return log;
}
