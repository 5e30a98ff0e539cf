import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { basename } from "node:path";
import postgres from "postgres";
import { type Log, quiet, step } from "../progress.ts";
import { applyMigrations, ensureHistory, runFile } from "./migrations.ts";
import { ensureSystemSchema } from "./system-schema.ts";

export type PrepareOptions = {
  url: string;
  migrationsDir: string;
  /** Applied only to a new database. */
  seedFile?: string | null;
  log?: Log;
};

export type Prepared = { appliedMigrations: string[]; seeded: boolean };

/** Prepares a database for the API: Supabase's system schemas, pending migrations, and the seed if it is new. */
export async function prepareDatabase({
  url,
  migrationsDir,
  seedFile,
  log = quiet,
}: PrepareOptions): Promise<Prepared> {
  await step(log, "roles, auth and storage schemas", () => connected(url, ensureSystemSchema));
  // A connection of its own: the search path that the first step gave to the database applies to new ones.
  return connected(url, async (sql) => {
    await ensureHistory(sql);
    const seed = seedFile && existsSync(seedFile) ? seedFile : undefined;
    if (seed) await markSeedPending(sql, seed);
    const appliedMigrations = await step(log, "migrations", () => applyMigrations(sql, migrationsDir));
    const seeded = seed !== undefined && (await applySeed(sql, seed, log));
    return { appliedMigrations, seeded };
  });
}

async function connected<T>(url: string, work: (sql: postgres.Sql) => Promise<T>): Promise<T> {
  // A migration may take as long as it needs.
  const connection = { statement_timeout: 0 };
  const sql = postgres(url, { max: 1, onnotice: () => {}, prepare: false, fetch_types: false, connection });
  try {
    return await work(sql);
  } finally {
    await sql.end();
  }
}

const PENDING = "pending";

/** Records that a new database must be seeded, in case the process dies between migrations and seed. */
async function markSeedPending(sql: postgres.Sql, seedFile: string): Promise<void> {
  await sql`
    insert into supabase_migrations.seed_files (path, hash)
    select ${seedPath(seedFile)}, ${PENDING} where not exists (select from supabase_migrations.schema_migrations)
    on conflict (path) do nothing`;
}

async function applySeed(sql: postgres.Sql, seedFile: string, log: Log): Promise<boolean> {
  const [mark] = await sql`select hash from supabase_migrations.seed_files where path = ${seedPath(seedFile)}`;
  if (mark?.hash !== PENDING) return false;
  await step(log, "seed", () =>
    runFile(sql, seedFile, async (tx, text) => {
      const hash = createHash("sha256").update(text).digest("hex");
      await tx`update supabase_migrations.seed_files set hash = ${hash} where path = ${seedPath(seedFile)}`;
    }),
  );
  // Without statistics, the planner would assume empty tables.
  await sql.unsafe("analyze").simple();
  return true;
}

/** The name under which the official CLI records a seed file. */
function seedPath(seedFile: string): string {
  return `supabase/${basename(seedFile)}`;
}
