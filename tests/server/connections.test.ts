import type pg from "pg";
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connect, target } from "../support/database.ts";
import { signUp } from "../support/people.ts";

// PostgreSQL ends its connections, as it does when it restarts: every request is answered, and the process lives.

let db: pg.Client;
beforeAll(async () => {
  db = await connect();
});
afterAll(() => db.end());

/** Those of Auth and Storage: PostgREST, which other tests use, would answer 503 once for each of its own. */
const endAllConnections = () =>
  db.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and application_name = 'postgres.js'`,
  );
const endConnection = (pid: number) => db.query("select pg_terminate_backend($1)", [pid]);

test("1,000 requests to Auth while its connections end are all answered, and the next ones succeed", async () => {
  const { apiUrl, publishableKey: apikey } = target();
  const { token } = await signUp("ani");
  const ask = async () => {
    const headers = { apikey, Authorization: `Bearer ${token}` };
    const response = await fetch(`${apiUrl}/auth/v1/user`, { headers, signal: AbortSignal.timeout(20_000) });
    return `${response.status} ${response.headers.get("Retry-After") ?? ""}`.trim();
  };
  const askTogether = (count: number) => Promise.all(Array.from({ length: count }, ask));
  const seen = new Set<string>();
  for (let round = 0; round < 10; round++) {
    const [answers] = await Promise.all([askTogether(100), endAllConnections()]);
    for (const answer of answers) seen.add(answer);
    await endAllConnections();
    await askTogether(30);
    expect(new Set(await askTogether(30))).toEqual(new Set(["200"]));
  }
  expect([...seen].sort()).toEqual(["200", "503 1"]);
});

describe("the driver, when the connection of", () => {
  let sql: postgres.Sql;
  beforeAll(async () => {
    sql = postgres(target().databaseUrl, { max: 1, onnotice: () => {} });
    await sql`create table public.lost_writes (n integer)`;
  });
  afterAll(async () => {
    await sql`drop table public.lost_writes`;
    await sql.end();
  });
  const pidOf = async (on: postgres.Sql) => (await on`select pg_backend_pid() as pid`)[0]!.pid as number;
  const rejected = { code: expect.stringMatching(/^(57P01|CONNECTION_CLOSED|ECONNRESET|EPIPE)$/) };

  test("a transaction ends, rejects its other statements and runs none of them on the next connection", async () => {
    let late: Promise<unknown> | undefined;
    const work = sql.begin(async (tx) => {
      await endConnection(await pidOf(tx as unknown as postgres.Sql));
      await expect(tx`select 1`).rejects.toMatchObject(rejected);
      await sql`select 1`;
      late = tx`insert into public.lost_writes values (1)`;
      await late;
    });
    await expect(work).rejects.toMatchObject(rejected);
    await expect.poll(() => late !== undefined).toBe(true);
    await expect(late).rejects.toMatchObject(rejected);
    expect(await sql`select n from public.lost_writes`).toEqual([]);
  });

  test("a reservation ends, rejects its statements, and gives back nothing that the pool would use", async () => {
    const reserved = await sql.reserve();
    const waiting = [sql.reserve(), sql.reserve()];
    await endConnection(await pidOf(reserved));
    await expect(Promise.all([reserved`select 1`, reserved`select 2`])).rejects.toMatchObject(rejected);
    await expect(reserved`select 3`).rejects.toMatchObject(rejected);
    reserved.release();
    for (const next of waiting) {
      const other = await next;
      expect(await other`select 4 as n`).toEqual([{ n: 4 }]);
      other.release();
    }
  });
});
