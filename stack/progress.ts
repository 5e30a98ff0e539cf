import pc from "picocolors";

/** Logs one line for each completed step, with the time it took. */
export type Log = ((line: string) => void) & {
  /** Shows the current step until the next line replaces it. */
  pending?: (line: string) => void;
};

export const quiet: Log = () => {};

/** Runs a step, and logs its duration and whether it failed. */
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

/** Logs to the terminal. The current step is shown only if its line can be replaced. */
export function terminalLog(): Log {
  const clear = process.stdout.isTTY ? "\r\x1b[2K" : "";
  const log: Log = (line) => console.log(clear + line);
  if (process.stdout.isTTY) log.pending = (line) => process.stdout.write(clear + line);
  return log;
}
