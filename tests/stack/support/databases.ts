import { randomBytes } from "node:crypto";
import postgres from "postgres";
import { startEmbeddedPostgres } from "../../../stack/index.ts";

export type TestDatabase = {
  url: string;
  /** How many connections the API may open; the embedded database has one backend. */
  connections: number;
  stop(): Promise<void>;
};

/** An empty database for one test file: on the server of TEST_DATABASE_URL, or embedded in memory. */
export async function startTestDatabase(): Promise<TestDatabase> {
  const server = process.env.TEST_DATABASE_URL;
  if (!server) {
    const embedded = await startEmbeddedPostgres();
    return { url: embedded.url, connections: 1, stop: embedded.stop };
  }
  const name = `anigmaa_stack_${randomBytes(4).toString("hex")}`;
  await runSql(server, `create database ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  await runSql(url.href, "create schema extensions; create extension postgis schema extensions");
  return { url: url.href, connections: 10, stop: () => runSql(server, `drop database ${name} with (force)`) };
}

export async function runSql(url: string, text: string): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    await sql.unsafe(text).simple();
  } finally {
    await sql.end();
  }
}
