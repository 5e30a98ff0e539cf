import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import pg from "pg";
import { prepareDatabase } from "../stack/index.ts";
import { createDatabase, dropDatabase, findServer } from "../tests/support/server.ts";
import { benchFunctions } from "./functions.ts";
import { benchLikes } from "./likes.ts";
import { benchReads } from "./reads.ts";
import { benchTickets } from "./tickets.ts";

/** Measures reads and hot rows on a PostgreSQL server, each against the same thing without our rules. */
async function main(): Promise<void> {
  const server = await findServer();
  if (!server) throw new Error("No PostgreSQL server with PostGIS here: install one, or set TEST_DATABASE_URL.");
  const directory = mkdtempSync(join(tmpdir(), "anigmaa-bench-"));
  const name = "anigmaa_bench";
  try {
    console.log(`On ${server.describe}. Building 50 thousand people, 500 thousand posts, a million follows …`);
    const url = await createDatabase(server.url, name);
    await prepareDatabase({
      url,
      migrationsDir: resolve(import.meta.dirname, "../supabase/migrations"),
      seedFile: null,
    });
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      await client.query(readFileSync(resolve(import.meta.dirname, "data.sql"), "utf8"));
      await client.query("vacuum analyze");
      await benchReads(client);
      await benchLikes(client, url, directory, process.env.PGBENCH ?? "pgbench");
      await benchTickets(client, url, directory, process.env.PGBENCH ?? "pgbench");
      await benchFunctions(client, url);
    } finally {
      await client.end();
    }
  } finally {
    if (!process.env.KEEP) await dropDatabase(server.url, name);
    server.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

await main();
