import { type ChildProcess, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { connect } from "node:net";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { freePort } from "../ports.ts";
import type { Log } from "../progress.ts";

const DENO = join(dirname(createRequire(import.meta.url).resolve("deno/package.json")), "deno");
const LEASH = fileURLToPath(new URL("./leash.ts", import.meta.url));
const START_LIMIT_MS = 15_000;

export type FunctionProcess = { origin: string; exited: Promise<void>; stop(): Promise<void> };

/**
 * Starts an edge function under Deno and waits until it listens. It may use the network and import files, and sees only
 * these variables.
 */
export async function startFunction(entry: string, env: Record<string, string>, log: Log): Promise<FunctionProcess> {
  const port = await freePort();
  const child = spawn(
    DENO,
    ["run", "--no-prompt", "--quiet", "--allow-net", "--allow-env", "--preload", LEASH, entry],
    {
      env: { ...hostEnvironment(), ...env, DENO_SERVE_ADDRESS: `tcp:127.0.0.1:${port}`, DENO_NO_UPDATE_CHECK: "1" },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on("line", log);
  child.on("error", (error) => log(error.message));
  const exited = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const stop = async () => {
    child.kill("SIGKILL");
    await exited;
  };
  if (!(await listens(port, child))) {
    await stop();
    throw new Error("the function did not start listening");
  }
  return { origin: `http://127.0.0.1:${port}`, exited, stop };
}

/** The host's variables that a program needs to run, without the stack's secrets. */
function hostEnvironment(): Record<string, string> {
  const names = ["PATH", "HOME", "TMPDIR", "DENO_DIR", "SSL_CERT_FILE", "DENO_CERT", "SystemRoot", "TEMP"];
  return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}

async function listens(port: number, child: ChildProcess): Promise<boolean> {
  const end = Date.now() + START_LIMIT_MS;
  while (Date.now() < end && child.exitCode === null && child.signalCode === null) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1");
      socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
      socket.once("connect", () => socket.destroy());
    });
    if (open) return true;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  return false;
}
