import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { buildLoadableFiles, supabaseFiles } from "../../scripts/build-sql.ts";
import { connect } from "./database.ts";
import { createDatabase } from "./server.ts";

const root = resolve(import.meta.dirname, "../..");
const migrationsFolder = resolve(root, "supabase/migrations");

/** The source, in the order in which it loads: the four services, one database, and what only Supabase has. */
const sources = [...buildLoadableFiles().keys(), ...supabaseFiles].map((path) => resolve(root, path));

/** What Supabase has before the first migration, as far as the schemas depend on it. */
const platform = `
  create schema auth;
  create table auth.users (id uuid primary key, email text, raw_user_meta_data jsonb, email_confirmed_at timestamptz, last_sign_in_at timestamptz);
  create schema storage;
  create table storage.buckets (id text primary key, name text not null unique, public boolean, file_size_limit bigint, allowed_mime_types text[]);
  create table storage.objects (id uuid primary key default gen_random_uuid(), bucket_id text references storage.buckets (id), name text, owner_id text);
  alter table storage.objects enable row level security;
  create publication supabase_realtime;`;

/** A database that the source files built, and its URL. */
export function buildFromSources(serverUrl: string, name: string): Promise<string> {
  return build(serverUrl, name, sources);
}

/** A database that the migrations built, up to a version if one is given, and its URL. */
export function buildFromMigrations(serverUrl: string, name: string, version?: string): Promise<string> {
  return build(serverUrl, name, migrations(version));
}

/** The paths of the migrations, oldest first; up to a version (`to`) and after one (`after`), if given. */
export function migrations(to = "99999999999999", after = ""): string[] {
  return readdirSync(migrationsFolder)
    .filter((file) => versionOf(file) <= to && versionOf(file) > after)
    .sort()
    .map((file) => resolve(migrationsFolder, file));
}

function versionOf(file: string): string {
  return file.split("_")[0]!;
}

async function build(serverUrl: string, name: string, files: string[]): Promise<string> {
  const url = await createDatabase(serverUrl, name, "template0");
  const client = await connect(url);
  try {
    await client.query(platform);
  } finally {
    await client.end();
  }
  await runFiles(url, files);
  return url;
}

/** Runs files of SQL in a database, each as one query. */
export async function runFiles(url: string, files: string[]): Promise<void> {
  const client = await connect(url);
  try {
    for (const file of files) await client.query(readFileSync(file, "utf8"));
  } finally {
    await client.end();
  }
}
