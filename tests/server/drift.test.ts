import { afterAll, expect, it } from "vitest";
import { buildFromMigrations, buildFromSources } from "../support/builds.ts";
import { target } from "../support/database.ts";
import { dropDatabase, dumpSchema } from "../support/server.ts";

const names = { sources: `drift_sources_${process.pid}`, migrations: `drift_migrations_${process.pid}` };

afterAll(async () => {
  for (const name of Object.values(names)) await dropDatabase(target().serverUrl!, name);
});

it("the source files and the migrations build the same database", async () => {
  const fromSources = await buildFromSources(target().serverUrl!, names.sources);
  const fromMigrations = await buildFromMigrations(target().serverUrl!, names.migrations);
  expect(dumpSchema(fromMigrations)).toEqual(dumpSchema(fromSources));
});
