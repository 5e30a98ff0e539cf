import { resolve } from "node:path";
import type pg from "pg";
import { afterAll, expect, it } from "vitest";
import { readReleases } from "../../scripts/build-sql.ts";
import { buildFromMigrations, migrations, runFiles } from "../support/builds.ts";
import { wrongCounters } from "../support/counters.ts";
import { connect, target } from "../support/database.ts";
import { dropDatabase, dumpSchema } from "../support/server.ts";

const names = { upgraded: `upgrade_upgraded_${process.pid}`, fresh: `upgrade_fresh_${process.pid}` };

afterAll(async () => {
  for (const name of Object.values(names)) await dropDatabase(target().serverUrl!, name);
});

/** The number of rows of each table in the four services. */
async function countRows(client: pg.Client): Promise<Record<string, number>> {
  const { rows: tables } = await client.query(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname ~ '^(user|event|post|ticket)_(service|private)$'`,
  );
  const counts: Record<string, number> = {};
  for (const { name } of tables) {
    counts[name] = (await client.query(`select count(*)::int as n from ${name}`)).rows[0].n;
  }
  return counts;
}

// Until there is a release, the baseline stands for the last one.
it("a seeded database of the last release becomes the same as a new one, and loses no row", async () => {
  const release = readReleases().at(-1) ?? { last_migration: "20261130080000", seed: "supabase/seed.sql" };
  const upgraded = await buildFromMigrations(target().serverUrl!, names.upgraded, release.last_migration);
  await runFiles(upgraded, [resolve(import.meta.dirname, "../..", release.seed)]);
  const client = await connect(upgraded);
  try {
    const before = await countRows(client);
    expect(before["event_service.events"]).toBeGreaterThan(50);
    await runFiles(upgraded, migrations(undefined, release.last_migration));
    expect(await countRows(client)).toMatchObject(before);
    expect(await wrongCounters(client)).toEqual([]);
  } finally {
    await client.end();
  }
  const fresh = await buildFromMigrations(target().serverUrl!, names.fresh);
  expect(dumpSchema(upgraded)).toEqual(dumpSchema(fresh));
});
