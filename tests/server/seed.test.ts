import { resolve } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { prepareDatabase } from "../../stack/index.ts";
import { wrongCounters } from "../support/counters.ts";
import { connect, target } from "../support/database.ts";
import { createDatabase, dropDatabase } from "../support/server.ts";

const supabase = resolve(import.meta.dirname, "../../supabase");
const name = `anigmaa_seed_${process.pid}`;

let url: string;

beforeAll(async () => {
  url = await createDatabase(target().serverUrl!, name);
});
afterAll(() => dropDatabase(target().serverUrl!, name));

it("seeds a new database with correct counters, seats and journal entries", async () => {
  await prepareDatabase({
    url,
    migrationsDir: resolve(supabase, "migrations"),
    seedFile: resolve(supabase, "seed.sql"),
  });
  const client = await connect(url);
  try {
    expect(await wrongCounters(client)).toEqual([]);
    const { rows } = await client.query(
      "select count(*)::int as tickets from ticket_private.payments where outcome = 'activated'",
    );
    expect(rows[0].tickets).toBeGreaterThan(20);
  } finally {
    await client.end();
  }
});
