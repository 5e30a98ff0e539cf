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

/**
 * Measures reads, hot rows and edge functions on a PostgreSQL server, where possible against equivalent SQL without our
 * rules. `npm run bench -- tickets functions` runs only these parts.
 */
async function main(): Promise<void> {
  const server = await findServer();
  if (!server) throw new Error("No PostgreSQL server with PostGIS found. Install one, or set TEST_DATABASE_URL.");
  const directory = mkdtempSync(join(tmpdir(), "anigmaa-bench-"));
  const name = "anigmaa_bench";
  try {
    console.log(`Using ${server.describe}. Loading 50,000 people, 500,000 posts and a million follows …`);
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
      const pgbench = process.env.PGBENCH ?? "pgbench";
      const parts: Record<string, () => Promise<void>> = {
        reads: () => benchReads(client),
        likes: () => benchLikes(client, url, directory, pgbench),
        tickets: () => benchTickets(client, url, directory, pgbench),
        functions: () => benchFunctions(client, url),
      };
      const wanted = process.argv.slice(2);
      for (const [name, part] of Object.entries(parts)) if (wanted.length === 0 || wanted.includes(name)) await part();
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
