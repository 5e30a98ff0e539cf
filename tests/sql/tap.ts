import { readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import pg from "pg";

export const testsFolder = resolve(import.meta.dirname, "../../supabase/tests");

export type TapFile = { name: string; text: string };

export type TapResult = {
  /** Descriptions of what held, in their order. */
  passed: string[];
  /** What did not hold, with the diagnostics that follow it. */
  failed: string[];
  /** Why the file left something out. */
  skipped: string[];
  /** Why the file did not run to its end, or ran other tests than it planned. */
  broken?: string;
};

/** The files as `supabase test db` takes them, in its order. */
export function tapFiles(): TapFile[] {
  return readdirSync(testsFolder, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(sql|pg)$/.test(name))
    .sort()
    .map((name) => join(testsFolder, name))
    .map((path) => ({ name: relative(testsFolder, path), text: readFileSync(path, "utf8") }));
}

/**
 * Runs a file, and before it in the same transaction `before`, which the file's rollback takes back. Leaves the client
 * outside a transaction.
 */
export async function runTapFile(client: pg.Client, file: TapFile, before = ""): Promise<TapResult> {
  const lines: string[] = [];
  let error: Error | undefined;
  await new Promise<void>((done) => {
    // One simple query for the whole file. Row by row, since of a file that breaks off what went before is told too.
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
