import { spawnSync } from "node:child_process";
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
    return embedded;
  }
  try {
    return Math.max(embedded, runSuites("server", { TEST_SERVER_URL: server.url }, args, server.describe));
  } finally {
    server.stop();
  }
}

function runSuites(target: string, env: Record<string, string>, args: string[], on = "the embedded database"): number {
  console.log(`\n=== On ${on} ===`);
  const result = spawnSync("npx", ["vitest", "run", "--passWithNoTests", ...args], {
    stdio: "inherit",
    env: { ...process.env, ...env, TEST_TARGET: target },
  });
  return result.status ?? 1;
}

process.exitCode = await main();
