import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import postgres, { type Sql } from "postgres";
import { splitStatements } from "./statements.ts";

/** The table of the official CLI, so that `supabase migration list` and `supabase db push` understand this database. */
const HISTORY_SQL = `
  create schema if not exists supabase_migrations;
  create table if not exists supabase_migrations.schema_migrations (version text not null primary key);
  alter table supabase_migrations.schema_migrations add column if not exists statements text[];
  alter table supabase_migrations.schema_migrations add column if not exists name text;
  create table if not exists supabase_migrations.seed_files (path text not null primary key, hash text not null);
`;

/** A migration's or a seed's mistake, told as `file:line: message`. */
export class SqlFileError extends Error {}

export async function ensureHistory(sql: Sql): Promise<void> {
  await sql.unsafe(HISTORY_SQL).simple();
}

/** Applies the migrations that the database has not seen, in the order of their names; returns the new ones' names. */
export async function applyMigrations(sql: Sql, folder: string): Promise<string[]> {
  const files = existsSync(folder) ? readdirSync(folder).filter((name) => /^\d+_.+\.sql$/.test(name)) : [];
  const rows = await sql`select version from supabase_migrations.schema_migrations`;
  const applied = new Set(rows.map((row) => row.version as string));
  const pending = files.sort().filter((name) => !applied.has(name.split("_")[0]!));
  for (const name of pending) {
    await runFile(sql, join(folder, name), async (tx, text) => {
      const statements = splitStatements(text).map((statement) => statement.text);
      const [version] = name.split("_");
      const title = basename(name, ".sql").slice(version!.length + 1);
      await tx`insert into supabase_migrations.schema_migrations (version, name, statements)
        values (${version!}, ${title}, array(select jsonb_array_elements_text(${JSON.stringify(statements)}::text::jsonb)))`;
    });
  }
  return pending;
}

/** Runs a file of SQL in one transaction, together with what is to be recorded about it. */
export async function runFile(sql: Sql, path: string, record: (tx: Sql, text: string) => Promise<void>): Promise<void> {
  const text = readFileSync(path, "utf8");
  try {
    await sql.begin(async (tx) => {
      await tx.unsafe(text).simple();
      // What a file set for itself (search_path, role) must not reach the next one.
      await tx.unsafe("reset session authorization; reset all").simple();
      await record(tx as unknown as Sql, text);
    });
  } catch (error) {
    throw await located(sql, path, text, error);
  }
}

/** Finds the line: the error names a position only for some mistakes, for others the statements are tried one by one. */
async function located(sql: Sql, path: string, text: string, error: unknown): Promise<unknown> {
  if (!(error instanceof postgres.PostgresError)) return error;
  const { position, detail, hint, where } = error;
  const line = position ? text.slice(0, Number(position)).split("\n").length : await failingLine(sql, text);
  const more = [detail, hint && `hint: ${hint}`, where?.split("\n")[0]].filter(Boolean).map((extra) => `\n  ${extra}`);
  return new SqlFileError(`${path}:${line}: ${error.message}${more.join("")}`, { cause: error });
}

async function failingLine(sql: Sql, text: string): Promise<number> {
  let line = 1;
  const rollback = new Error("rollback");
  await sql
    .begin(async (tx) => {
      for (const statement of splitStatements(text)) {
        line = statement.line;
        await tx.unsafe(statement.text).simple();
      }
      throw rollback;
    })
    .catch(() => undefined);
  return line;
}
