import { execFile } from "node:child_process";
import { promisify } from "node:util";

export const connections = 16;
export const rounds = 5;
export const seconds = 6;

/** Transactions per second of a pgbench script over 16 connections. */
export async function perSecond(pgbench: string, url: string, script: string): Promise<number> {
  const load = ["-c", `${connections}`, "-j", "2", "-T", `${seconds}`];
  const { stdout } = await promisify(execFile)(pgbench, ["-n", "-M", "prepared", ...load, "-f", script, url]);
  return Number(/tps = ([\d.]+)/.exec(stdout)![1]);
}
