import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { connect } from "./database.ts";
import { createDatabase } from "./server.ts";

const root = resolve(import.meta.dirname, "../..");

/** The declarative files in the order in which they load. */
const declarative = [
  ...["user", "event", "post", "ticket"].map((service) => resolve(root, `db/services/${service}_service_db.sql`)),
  resolve(root, "db/one_database.sql"),
];

/** What Supabase has before the first migration, as far as the four services' schemas depend on it. */
const auth = `
  create schema auth;
  create table auth.users (id uuid primary key, email text, raw_user_meta_data jsonb, email_confirmed_at timestamptz, last_sign_in_at timestamptz);`;

/** A database that the service files built, and its URL. */
export function buildFromServices(serverUrl: string, name: string): Promise<string> {
  return build(serverUrl, name, declarative);
}

/** A database that the migrations built, and its URL. */
export function buildFromMigrations(serverUrl: string, name: string): Promise<string> {
  const directory = resolve(root, "supabase/migrations");
  const files = readdirSync(directory).sort();
  return build(
    serverUrl,
    name,
    files.map((file) => resolve(directory, file)),
  );
}

async function build(serverUrl: string, name: string, files: string[]): Promise<string> {
  const url = await createDatabase(serverUrl, name, "template0");
  const client = await connect(url);
  try {
    await client.query(auth);
    for (const file of files) await client.query(readFileSync(file, "utf8"));
  } finally {
    await client.end();
  }
  return url;
}
