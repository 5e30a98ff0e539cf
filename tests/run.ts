import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findServer } from "./support/server.ts";

/**
 * Runs the linter and the compiler, the suites on the embedded database, and the suites on a PostgreSQL server if there
 * is one; says so if there is not. Arguments are vitest's, and leave the linter and the compiler out.
 */
async function main(): Promise<number> {
  const args = process.argv.slice(2);
  if (args.length === 0) {
    console.log("=== Linter and compiler ===");
    const check = spawnSync("npm", ["run", "--silent", "check"], { stdio: "inherit" });
    if (check.status !== 0) return check.status ?? 1;
  }
  const embedded = runSuites("embedded", {}, args);
  const server = await findServer();
  if (!server) {
    console.log(
      "\nNOT RUN: the suites on a PostgreSQL server (counter storms, standalone services, drift, hosted migrations, lint)." +
        "\nTo run them, install PostgreSQL 15 or later with PostGIS and pgTAP, for example on Debian" +
        "\n  apt-get install postgresql-15-postgis-3 postgresql-15-pgtap postgresql-15-plpgsql-check" +
        "\nor set TEST_DATABASE_URL to a superuser's URL of one.\n",
    );
    return verdict(embedded);
  }
  try {
    return verdict(embedded, runSuites("server", { TEST_SERVER_URL: server.url }, args, server.describe));
  } finally {
    server.stop();
  }
}

type Outcome = { status: number; ran: number };

function runSuites(target: string, env: Record<string, string>, args: string[], on = "the embedded database"): Outcome {
  console.log(`\n=== On ${on} ===`);
  const folder = mkdtempSync(join(tmpdir(), "anigmaa-tests-"));
  const countFile = join(folder, "tests-run");
  try {
    const result = spawnSync("npx", ["vitest", "run", "--passWithNoTests", ...args], {
      stdio: "inherit",
      env: { ...process.env, ...env, TEST_TARGET: target, TEST_COUNT_FILE: countFile },
    });
    return { status: result.status ?? 1, ran: existsSync(countFile) ? Number(readFileSync(countFile, "utf8")) : 0 };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The exit code; that there was nothing to run is no success. */
function verdict(...outcomes: Outcome[]): number {
  const status = Math.max(...outcomes.map((outcome) => outcome.status));
  if (status > 0 || outcomes.some(({ ran }) => ran > 0)) return status;
  console.error("\nNo test was run: there is none of that name. Database tests are named after their files' tables.");
  return 1;
}

process.exitCode = await main();
