import pg from "pg";
import { inject } from "vitest";

export const target = () => inject("target");

export async function connect(url = target().databaseUrl): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return client;
}

/** Runs `work` in a transaction that is always rolled back. */
export async function inRolledBackTransaction<T>(client: pg.Client, work: () => Promise<T>): Promise<T> {
  await client.query("begin");
  try {
    return await work();
  } finally {
    await client.query("rollback");
  }
}

/** Runs the rest of the transaction as this person (null: an anonymous visitor). */
export async function actAs(client: pg.Client, person: string | null): Promise<void> {
  await client.query("select set_config('request.jwt.claims', $1, true), set_config('role', $2, true)", [
    person ? JSON.stringify({ sub: person, role: "authenticated" }) : JSON.stringify({ role: "anon" }),
    person ? "authenticated" : "anon",
  ]);
}

/** Runs the rest of the transaction as the database's owner again. */
export async function actAsOwner(client: pg.Client): Promise<void> {
  await client.query("select set_config('request.jwt.claims', '', true), set_config('role', 'none', true)");
}
