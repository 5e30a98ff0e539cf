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

/** A mistake in a migration or seed, reported as `file:line: message`, or migrations that do not fit the database. */
export class SqlFileError extends Error {}

export async function ensureHistory(sql: Sql): Promise<void> {
  await sql.unsafe(HISTORY_SQL).simple();
}

/** Applies the migrations that the database does not have yet, in the order of their names, and returns their names. */
export async function applyMigrations(sql: Sql, folder: string): Promise<string[]> {
  const files = existsSync(folder) ? readdirSync(folder).filter((name) => /^\d+_.+\.sql$/.test(name)) : [];
  const rows = await sql`select version from supabase_migrations.schema_migrations`;
  const applied = new Set(rows.map((row) => row.version as string));
  const known = new Set(files.map((name) => name.split("_")[0]));
  const unknown = [...applied].filter((version) => !known.has(version)).sort();
  if (unknown.length > 0) {
    throw new SqlFileError(
      `The database has migrations that ${folder} does not have: ${unknown.join(", ")}.` +
        "\nIt was built by another version of this project. `npm run reset` deletes the embedded database.",
    );
  }
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

/** Runs a SQL file in one transaction, together with the record of it. */
export async function runFile(sql: Sql, path: string, record: (tx: Sql, text: string) => Promise<void>): Promise<void> {
  const text = readFileSync(path, "utf8");
  try {
    await sql.begin(async (tx) => {
      await tx.unsafe(text).simple();
      // Settings of one file (search_path, role) must not affect the next.
      await tx.unsafe("reset session authorization; reset all").simple();
      await record(tx as unknown as Sql, text);
    });
  } catch (error) {
    throw await located(sql, path, text, error);
  }
}

/** Adds the line. Only some errors have a position; for others the statements are run one by one to find it. */
async function located(sql: Sql, path: string, text: string, error: unknown): Promise<unknown> {
  if (!(error instanceof postgres.PostgresError)) return error;
  const { position, detail, hint, where } = error;
  const line = position ? text.slice(0, Number(position)).split("\n").length : await failingLine(sql, text);
  const more = [detail, hint && `hint: ${hint}`, where?.split("\n")[0]].filter(Boolean).map((extra) => `\n  ${extra}`);
  const part = text
    .split("\n")
    .slice(0, line)
    .findLast((before) => /^-- db\/\S+\.sql$/.test(before));
  const from = part ? ` (built from ${part.slice(3)})` : "";
  return new SqlFileError(`${path}:${line}${from}: ${error.message}${more.join("")}`, { cause: error });
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
