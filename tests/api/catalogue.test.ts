import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { connect } from "../support/database.ts";
import { readCatalogue, root } from "./support/catalogue.ts";

type Refusal = { code: string; message: string; status: number };

/** Every call of a refuse() in db/, whose HTTP status is 400 unless it names another. */
function readRefusals(): Refusal[] {
  const files = readdirSync(resolve(root, "db"), { recursive: true, encoding: "utf8" }).filter((file) =>
    file.endsWith(".sql"),
  );
  const sql = files.map((file) => readFileSync(resolve(root, "db", file), "utf8")).join("\n");
  const calls = sql.matchAll(/\.refuse\(\s*'([a-z_]+)',\s*'((?:[^']|'')*)'(?:,\s*(\d+))?\s*\)/g);
  const refusals = [...calls].map(([, code, message, status]) => ({
    code: code!,
    message: message!.replaceAll("''", "'"),
    status: Number(status ?? 400),
  }));
  // A call that the pattern above does not take in would go unread.
  expect(refusals).toHaveLength([...sql.matchAll(/(?<!function \w+)\.refuse\((?!text|code text)/g)].length);
  return refusals;
}

function readTypes(): string[] {
  const [text] = readFileSync(resolve(root, "types/errors.ts"), "utf8").split("export type FunctionErrorCode");
  return [...text!.matchAll(/^ {2}\| "([a-z_]+)"/gm)].map(([, code]) => code!);
}

const sorted = (codes: Iterable<string>) => [...new Set(codes)].sort();

describe("docs/errors.md, types/errors.ts and the refusals in db/", () => {
  const catalogue = readCatalogue();
  const refusals = readRefusals();

  test("name the same codes", () => {
    expect(sorted(catalogue.keys())).toEqual(sorted(refusals.map(({ code }) => code)));
    expect(sorted(readTypes())).toEqual(sorted(catalogue.keys()));
  });

  test("list them in order, each once", () => {
    expect([...catalogue.keys()]).toEqual(sorted(catalogue.keys()));
    expect(readTypes()).toEqual(sorted(readTypes()));
  });

  test("give each its one HTTP status", () => {
    const documented = [...catalogue].map(([code, { status }]) => `${code} ${status}`);
    expect(sorted(refusals.map(({ code, status }) => `${code} ${status}`))).toEqual(sorted(documented));
  });

  test("show for each a message that is given with it", () => {
    const given = refusals.map(({ code, message }) => `${code}: ${message}`);
    for (const [code, { message }] of catalogue) expect(given).toContain(`${code}: ${message}`);
  });
});

test("docs/api.md names every table, relationship and function that clients reach, and nothing else by their form", async () => {
  const text = readFileSync(resolve(root, "docs/api.md"), "utf8");
  const db = await connect();
  const { rows } = await db.query(`
    select n.nspname as schema, c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname like '%\\_service' and c.relkind in ('r', 'v')
    union
    select n.nspname, p.proname from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where n.nspname like '%\\_service' and p.prorettype <> 'trigger'::regtype`);
  await db.end();
  const section = (schema: string) => text.split(`\n## ${schema}\n`)[1]!.split("\n## ")[0]!;
  const missing = rows.filter(({ schema, name }) => !new RegExp(`\`${name}[\`(]`).test(section(schema)));
  expect(missing).toEqual([]);
  const known = new Set(rows.map(({ name }) => name));
  const called = [...text.matchAll(/^\| `(\w+)\(/gm)].map(([, name]) => name!);
  expect(called.filter((name) => !known.has(name))).toEqual([]);
});
