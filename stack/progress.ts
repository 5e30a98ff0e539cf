import pc from "picocolors";

/** Says what is going on, one line per step with the time it took. */
export type Log = (line: string) => void;

export const quiet: Log = () => {};

/** Runs a step and says how long it took, or that it failed. */
export async function step<T>(log: Log, what: string, work: () => Promise<T>): Promise<T> {
  const start = performance.now();
  const seconds = () => `${((performance.now() - start) / 1000).toFixed(1)} s`;
  try {
    const result = await work();
    log(`${pc.green("✓")} ${what} ${pc.dim(seconds())}`);
    return result;
  } catch (error) {
    log(`${pc.red("✗")} ${what} ${pc.dim(seconds())}`);
    throw error;
  }
}
