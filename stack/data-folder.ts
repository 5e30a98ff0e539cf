import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";

/** The folder of all data that the stack stores; `npm run reset` deletes it. */
export function dataFolder(root: string) {
  const folder = join(root, ".anigmaa");
  return { folder, database: join(folder, "db"), storage: join(folder, "storage"), lock: join(folder, "running.json") };
}

type Lock = { pid: number; ports: number[] };

/** Records that a stack runs on these ports, so that no second one opens the same data. */
export function writeLock(path: string, ports: number[]): () => void {
  const folder = join(path, "..");
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o700);
  writeFileSync(path, JSON.stringify({ pid: process.pid, ports } satisfies Lock));
  return () => rmSync(path, { force: true });
}

/**
 * Whether a stack uses the data folder. The lock of a killed stack does not count: its process is gone, or another
 * process has its pid but does not listen on the stack's ports.
 */
export async function isRunning(path: string): Promise<boolean> {
  if (!existsSync(path)) return false;
  try {
    const { pid, ports } = JSON.parse(readFileSync(path, "utf8")) as Lock;
    process.kill(pid, 0);
    return (await Promise.all(ports.map(isPortTaken))).some(Boolean);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

export function isPortTaken(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
