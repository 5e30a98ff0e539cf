import { readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import pg from "pg";

export const testsFolder = resolve(import.meta.dirname, "../../supabase/tests");

export type TapFile = { name: string; text: string };

export type TapResult = {
  /** The descriptions of the tests that passed, in order. */
  passed: string[];
  /** The tests that failed, each with the diagnostics that follow it. */
  failed: string[];
  /** The reason for each skipped test. */
  skipped: string[];
  /** Set if the file stopped early, or did not run the number of tests that it planned. */
  broken?: string;
};

/** The test files in the order in which `supabase test db` runs them. */
export function tapFiles(): TapFile[] {
  return readdirSync(testsFolder, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(sql|pg)$/.test(name))
    .sort()
    .map((name) => join(testsFolder, name))
    .map((path) => ({ name: relative(testsFolder, path), text: readFileSync(path, "utf8") }));
}

/**
 * Runs a test file. `before` runs first in the same transaction, so that the file's rollback undoes it.
 * Afterwards the client is outside a transaction.
 */
export async function runTapFile(client: pg.Client, file: TapFile, before = ""): Promise<TapResult> {
  const lines: string[] = [];
  let error: Error | undefined;
  await new Promise<void>((done) => {
    // The whole file is one simple query. Rows are read one by one, so that results before an error are kept.
    const query = new pg.Query(before === "" ? file.text : `begin;\n${before};\n${file.text}`);
    query.on("row", (row: Record<string, unknown>) => {
      for (const value of Object.values(row)) if (typeof value === "string") lines.push(...value.split("\n"));
    });
    query.on("end", () => done());
    query.on("error", (reason: Error) => {
      error = reason;
      done();
    });
    client.query(query);
  });
  await client.query("rollback");
  return readTap(lines, error);
}

export function readTap(lines: string[], error?: Error): TapResult {
  const passed: string[] = [];
  const failed: string[] = [];
  const skipped: string[] = [];
  let planned: number | undefined;
  let open = false;
  for (const line of lines) {
    const test = /^(not )?ok \d+(?: - (.*))?$/.exec(line);
    if (test) {
      const skip = /# SKIP:?\s*(.*)/i.exec(line);
      open = Boolean(test[1]) && !skip;
      if (open) failed.push(line);
      else if (skip) skipped.push(skip[1]!);
      else passed.push(test[2] ?? "");
    } else if (/^1\.\.\d+/.test(line)) planned = Number(/^1\.\.(\d+)/.exec(line)![1]);
    else if (line.startsWith("#") && open) failed[failed.length - 1] += `\n${line}`;
  }
  const ran = passed.length + failed.length + skipped.length;
  if (error)
    return {
      passed,
      failed,
      skipped,
      broken: `stopped after test ${ran} (${passed.at(-1) ?? "none"}): ${describe(error)}`,
    };
  if (planned !== ran)
    return { passed, failed, skipped, broken: `planned ${planned ?? "nothing"}, but ran ${ran} tests` };
  return { passed, failed, skipped };
}

function describe(error: Error & { code?: string; where?: string; detail?: string }): string {
  return [error.code, error.message, error.detail, error.where].filter(Boolean).join(" · ");
}
