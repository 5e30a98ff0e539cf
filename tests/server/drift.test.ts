import { execFileSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildFromMigrations, buildFromServices } from "../support/builds.ts";
import { connect, target } from "../support/database.ts";
import { dropDatabase } from "../support/server.ts";

const services = ["user", "event", "post", "ticket"];
const names = { services: `drift_services_${process.pid}`, migrations: `drift_migrations_${process.pid}` };
const urls = { services: "", migrations: "" };

/** The schema as text. Random tokens that newer versions of pg_dump write round it are left out. */
function dump(url: string): string[] {
  const schemas = services.flatMap((service) => ["-n", `${service}_service`, "-n", `${service}_private`]);
  return execFileSync("pg_dump", ["--schema-only", "--no-owner", ...schemas, "-d", url], {
    encoding: "utf8",
    maxBuffer: 1 << 26,
  })
    .split("\n")
    .filter((line) => !/^\\(un)?restrict /.test(line));
}

beforeAll(async () => {
  urls.services = await buildFromServices(target().serverUrl!, names.services);
  urls.migrations = await buildFromMigrations(target().serverUrl!, names.migrations);
});

afterAll(async () => {
  for (const name of Object.values(names)) await dropDatabase(target().serverUrl!, name);
});

describe("the service files and the migrations", () => {
  it("build the same schema", () => {
    expect(dump(urls.migrations)).toEqual(dump(urls.services));
  });

  it("write what all services need in the same words", async () => {
    const client = await connect(urls.services);
    const { rows } = await client.query(`
      select name, count(distinct definition)::int as versions, array_agg(schema order by schema) as schemas
      from (
        select n.nspname as schema, p.proname as name,
          regexp_replace(pg_get_functiondef(p.oid), '(user|event|post|ticket)_(private|service)', 'service', 'g') as definition
        from pg_proc p join pg_namespace n on n.oid = p.pronamespace
        where n.nspname like '%\\_private'
          and p.proname in ('refuse', 'read_cursor', 'write_cursor', 'page_size', 'search_query', 'cursor_time', 'cursor_number')
        union all
        select schemaname, viewname, regexp_replace(definition, '(user|event|post|ticket)_private', 'private', 'g')
        from pg_views
        where schemaname like '%\\_private' and viewname in ('me', 'my_following', 'my_mutuals', 'my_blocks')
      ) shared
      group by name having count(distinct definition) > 1`);
    await client.end();
    expect(rows).toEqual([]);
  });
});
