import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { findStaleFiles } from "../scripts/build-sql.ts";
import { SqlFileError } from "../stack/database/migrations.ts";
import { prepareDatabase } from "../stack/index.ts";
import { createDatabase, dropDatabase, findServer } from "./support/server.ts";

const TEMPLATE = `anigmaa_template_${process.pid}`;

/** A part of the suites that runs in a process and on a database of its own. vitest.config.ts says which files it has. */
type Part = { name: string; env: Record<string, string> };

type Outcome = { status: number; ran: number };

/**
 * Runs the linter and the compiler, then the suites on the embedded database and, if there is one, on a PostgreSQL
 * server, at the same time. Arguments are passed to vitest, and skip the linter and the compiler.
 */
async function main(): Promise<number> {
  const args = process.argv.slice(2);
  const stale = findStaleFiles();
  if (stale.length > 0) {
    console.error(
      `The parts of the SQL have changed since these were built: ${stale.join(", ")}\nRun: npm run db:build`,
    );
    return 1;
  }
  if (args.length === 0) {
    console.log("=== Linter and compiler ===");
    const check = spawnSync("npm", ["run", "--silent", "check"], { stdio: "inherit" });
    if (check.status !== 0) return check.status ?? 1;
  }
  const server = await findServer();
  try {
    const parts: Part[] = [{ name: "embedded", env: { TEST_PART: "embedded" } }];
    if (server) {
      await buildTemplate(server.url);
      const env = { TEST_SERVER_URL: server.url, TEST_TEMPLATE: TEMPLATE };
      for (const name of ["server", "storms", "crashes"]) parts.push({ name, env: { ...env, TEST_PART: name } });
    }
    console.log(`=== Suites on the embedded database${server ? ` and on ${server.describe}` : ""} ===`);
    const verdict = summarize(await Promise.all(parts.map((part) => runPart(part, args))));
    if (!server) {
      console.log(
        "\nNOT RUN: the suites on a PostgreSQL server (counter storms, standalone services, drift, hosted migrations, lint)." +
          "\nTo run them, install PostgreSQL 15 or later with PostGIS and pgTAP, for example on Debian" +
          "\n  apt-get install postgresql-15-postgis-3 postgresql-15-pgtap postgresql-15-plpgsql-check" +
          "\nor set TEST_DATABASE_URL to a superuser's URL of one.\n",
      );
    }
    return verdict;
  } finally {
    if (server) await dropDatabase(server.url, TEMPLATE);
    server?.stop();
  }
}

/** The database that the migrations build, from which each part gets a copy. */
async function buildTemplate(serverUrl: string): Promise<void> {
  await prepareDatabase({
    url: await createDatabase(serverUrl, TEMPLATE),
    migrationsDir: resolve(import.meta.dirname, "../supabase/migrations"),
    seedFile: null,
  });
}

/** What vitest says of a part that has no file of the wanted name, and of each test that was filtered out. */
const UNINTERESTING = /No test files found|(filter|include|exclude): |\[\d+m↓/;

/** Runs a part and prints each line of its output as it comes, after the name of the part. */
async function runPart({ name, env }: Part, args: string[]): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), "anigmaa-tests-"));
  const countFile = join(folder, "tests-run");
  try {
    const child = spawn("npx", ["vitest", "run", "--passWithNoTests", ...args], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...env, TEST_COUNT_FILE: countFile },
    });
    for (const output of [child.stdout, child.stderr]) {
      createInterface(output).on("line", (line) => {
        if (line.trim() && !UNINTERESTING.test(line)) console.log(`${name.padEnd(8)} ${line}`);
      });
    }
    const status = await new Promise<number>((done) => child.on("close", (code) => done(code ?? 1)));
    return { status, ran: existsSync(countFile) ? Number(readFileSync(countFile, "utf8")) : 0 };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The exit code. Running no test at all is a failure. */
function summarize(outcomes: Outcome[]): number {
  const ran = outcomes.reduce((sum, outcome) => sum + outcome.ran, 0);
  const status = Math.max(...outcomes.map((outcome) => outcome.status));
  if (status === 0 && ran === 0) {
    console.error("\nNo test has this name. Database tests are named after the parts of the SQL.");
    return 1;
  }
  console.log(status === 0 ? `\n${ran} passed, 0 failed` : "\nSome tests failed: see the lines with × above.");
  return status;
}

process.exitCode = await main().catch((error: unknown) => {
  console.error(error instanceof SqlFileError ? error.message : error);
  return 1;
});
