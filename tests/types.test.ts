import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, it } from "vitest";
import { generateTypes } from "../scripts/generate-types.ts";
import { compile } from "./support/compiler.ts";
import { connect, target } from "./support/database.ts";

it("types/database.ts matches the migrations (otherwise run `npm run types`)", async () => {
  const written = readFileSync(resolve(import.meta.dirname, "../types/database.ts"), "utf8");
  expect((await generateTypes(target().databaseUrl)).split("\n")).toEqual(written.split("\n"));
});

/** What follows compiles under these names. tests/types/ has more, by hand. */
const preamble = `
  import type { SupabaseClient } from "@supabase/supabase-js";
  import { expectTypeOf } from "vitest";
  import type { Database } from "../types/index.ts";
  import { rows } from "./types/support.ts";
  declare const supabase: SupabaseClient<Database>;
  type Relations<S extends keyof Database> = Database[S]["Tables"] & Database[S]["Views"];
`;

async function query<Row>(sql: string): Promise<Row[]> {
  const db = await connect();
  try {
    return (await db.query(sql)).rows;
  } finally {
    await db.end();
  }
}

it("Insert and Update have exactly the columns that signed-in people may write", async () => {
  const relations = await query<{ schema: string; name: string; insert: string[]; update: string[] }>(`
    select table_schema as schema, table_name as name,
      array(select column_name::text from information_schema.column_privileges p
        where (p.table_schema, p.table_name) = (t.table_schema, t.table_name) and p.grantee = 'authenticated'
          and p.privilege_type = 'INSERT') as insert,
      array(select column_name::text from information_schema.column_privileges p
        where (p.table_schema, p.table_name) = (t.table_schema, t.table_name) and p.grantee = 'authenticated'
          and p.privilege_type = 'UPDATE') as update
    from information_schema.tables t where table_schema like '%\\_service'`);
  expect(relations.length).toBeGreaterThan(20);
  const claims = relations.flatMap(({ schema, name, insert, update }) =>
    Object.entries({ Insert: insert, Update: update }).map(([kind, columns]) => {
      const written = `Relations<"${schema}">["${name}"]["${kind}"]`;
      if (columns.length === 0) return `expectTypeOf<${written}>().toBeNever();`;
      return `expectTypeOf<keyof ${written}>().toEqualTypeOf<${columns.map((c) => `"${c}"`).join(" | ")}>();`;
    }),
  );
  expect(compile({ "tests/claims.ts": preamble + claims.join("\n") })).toEqual([]);
});

it("every relationship function infers a row or null, or rows", async () => {
  const relationships = await query<{ schema: string; name: string; from: string; column: string; many: boolean }>(`
    select n.nspname as schema, p.proname as name, source.relname as "from", a.attname as column, p.prorows <> 1 as many
    from pg_proc p
    join pg_namespace n on n.oid = p.pronamespace
    join pg_class source on source.reltype = p.proargtypes[0]
    join pg_class target on target.reltype = p.prorettype and target.relkind in ('r', 'v')
    join pg_attribute a on a.attrelid = target.oid and a.attnum = 1
    where n.nspname like '%\\_service' and p.pronargs = 1 and p.proretset`);
  expect(relationships.length).toBeGreaterThan(10);
  const claims = relationships.map(({ schema, name, from, column, many }) => {
    const select = `supabase.schema("${schema}").from("${from}").select("${name}(${column})")`;
    return `rows(${select}).toEqualTypeOf<{ ${name}: { ${column}: string }${many ? "[]" : " | null"} }>();`;
  });
  expect(compile({ "tests/claims.ts": preamble + claims.join("\n") })).toEqual([]);
});
