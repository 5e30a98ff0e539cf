import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { buildFromMigrations, buildFromSources } from "../tests/support/builds.ts";
import { dropDatabase, findServer } from "../tests/support/server.ts";

/** Prints the SQL that turns the migrations' schema into that of db/services: a draft of the next migration. */
async function main(): Promise<number> {
  const server = await findServer();
  if (!server) {
    console.error("A PostgreSQL server with PostGIS is required. Install one, or set TEST_DATABASE_URL.");
    return 1;
  }
  const names = { from: "anigmaa_diff_migrations", to: "anigmaa_diff_services" };
  try {
    console.error("Building one database from the migrations and one from db/services …");
    const from = await buildFromMigrations(server.url, names.from);
    const to = await buildFromSources(server.url, names.to);
    const schemas = ["user", "event", "post", "ticket"].flatMap((s) => [`${s}_service`, `${s}_private`]).join(",");
    const args = [
      "db",
      "diff",
      "--from",
      `${from}?sslmode=disable`,
      "--to",
      `${to}?sslmode=disable`,
      "--schema",
      schemas,
    ];
    const result = spawnSync(resolve(import.meta.dirname, "../node_modules/.bin/supabase"), args, {
      stdio: ["inherit", "pipe", "inherit"],
      encoding: "utf8",
      env: { ...process.env, SUPABASE_TELEMETRY_DISABLED: "1" },
    });
    console.log(result.stdout.trim() || "-- No difference.");
    return result.status ?? 1;
  } finally {
    for (const name of Object.values(names)) await dropDatabase(server.url, name);
    server.stop();
  }
}

process.exitCode = await main();
