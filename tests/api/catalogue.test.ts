import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { buildLoadableFiles } from "../../scripts/build-sql.ts";
import { connect } from "../support/database.ts";
import { readCatalogue, root } from "./support/catalogue.ts";

type Refusal = { code: string; message: string; status: number };

/** Every call of refuse() in db/. The HTTP status is 400 unless the call sets another. */
function readRefusals(): Refusal[] {
  const sql = [...buildLoadableFiles().values()].join("\n");
  const calls = sql.matchAll(/\.refuse\(\s*'([a-z_]+)',\s*'((?:[^']|'')*)'(?:,\s*(\d+))?\s*\)/g);
  const refusals = [...calls].map(([, code, message, status]) => ({
    code: code!,
    message: message!.replaceAll("''", "'"),
    status: Number(status ?? 400),
  }));
  // Fails if the pattern above misses a call.
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

  test("have the same codes", () => {
    expect(sorted(catalogue.keys())).toEqual(sorted(refusals.map(({ code }) => code)));
    expect(sorted(readTypes())).toEqual(sorted(catalogue.keys()));
  });

  test("list each code once, in alphabetical order", () => {
    expect([...catalogue.keys()]).toEqual(sorted(catalogue.keys()));
    expect(readTypes()).toEqual(sorted(readTypes()));
  });

  test("have the same HTTP status for each code", () => {
    const documented = [...catalogue].map(([code, { status }]) => `${code} ${status}`);
    expect(sorted(refusals.map(({ code, status }) => `${code} ${status}`))).toEqual(sorted(documented));
  });

  test("have, for each code, a message that the database uses", () => {
    const given = refusals.map(({ code, message }) => `${code}: ${message}`);
    for (const [code, { message }] of catalogue) expect(given).toContain(`${code}: ${message}`);
  });
});

test("docs/api.md lists every table, relationship and function of the API, and no unknown function", async () => {
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
