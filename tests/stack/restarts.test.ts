import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type Api,
  type EmbeddedPostgres,
  makeConfig,
  makeKeys,
  prepareDatabase,
  startApi,
  startEmbeddedPostgres,
} from "../../stack/index.ts";
import { runSql } from "./support/databases.ts";
import { ANI, as } from "./support/desk.ts";

// Nothing in WebAssembly can interrupt a statement, so the database is ended and started again on its data folder.

const LIMIT_MS = 2_000;
const ENDLESS = "do $$ begin loop end loop; end $$";
/** A regular expression that backtracks without end on this text. */
const PATTERN = String.raw`^(.*)(.*)(.*)x\1\2\3$`;
const TEXT = `${"a".repeat(500)}x${"a".repeat(499)}b`;

const folder = mkdtempSync(join(tmpdir(), "anigmaa-restarts-"));
const restarts: string[] = [];
let database: EmbeddedPostgres;
let api: Api;

beforeAll(async () => {
  database = await startEmbeddedPostgres({
    dataDir: join(folder, "db"),
    statementLimitMs: LIMIT_MS,
    onRestart: (reason) => restarts.push(reason),
  });
  await prepareDatabase({ url: database.url, migrationsDir: "none" });
  await runSql(database.url, readFileSync(new URL("./fixtures/api-schema.sql", import.meta.url), "utf8"));
  const config = makeConfig({ api: { schemas: ["desk"] } });
  api = await startApi({ databaseUrl: database.url, keys: makeKeys(), config });
}, 60_000);
afterAll(async () => {
  await api?.stop();
  await database?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function call(path: string, init: RequestInit = {}) {
  const response = await fetch(`${api.url}${path}`, {
    ...init,
    headers: { ...(await as(api, ANI)), "Content-Type": "application/json", ...init.headers },
    signal: AbortSignal.timeout(30_000),
  });
  return { status: response.status, body: (await response.json().catch(() => undefined)) as Record<string, unknown> };
}
const write = (body: string) => call("/rest/v1/notes", { method: "POST", body: JSON.stringify({ body }) });
const stored = async (pattern: string) =>
  (await call(`/rest/v1/notes?select=body&body=like.${pattern}`)).body as unknown as unknown[];

async function withClient<T>(work: (client: pg.Client) => Promise<T>, options = ""): Promise<T> {
  const client = new pg.Client({ connectionString: database.url, options });
  client.on("error", () => {});
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
const only = async (client: pg.Client, sql: string) => Object.values((await client.query(sql)).rows[0])[0];
const timedOut = { code: "57014", message: "canceling statement due to statement timeout" };

describe("a request that would never end", () => {
  test("is answered with 57014, others wait for the database, and what was written before is there", async () => {
    expect((await write(TEXT)).status).toBe(201);
    const account = { email: "ani@example.test", password: "correct horse" };
    const { body } = await call("/auth/v1/signup", { method: "POST", body: JSON.stringify(account) });
    const endless = call(`/rest/v1/notes?body=match.${encodeURIComponent(PATTERN)}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
    const others = Promise.all([
      ...[1, 2, 3].map(() => call("/rest/v1/numbers?n=eq.1")),
      ...[1, 2, 3].map(() => call("/auth/v1/user", { headers: { Authorization: `Bearer ${body.access_token}` } })),
      write("waited"),
    ]);
    const answer = await endless;
    expect([answer.status, answer.body]).toEqual([
      500,
      { ...timedOut, details: null, hint: expect.stringContaining("after 2 s") },
    ]);
    expect((await others).map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200, 201]);
    expect(await stored("aaa*")).toHaveLength(1);
    expect(await stored("waited")).toHaveLength(1);
    expect(restarts).toEqual([timedOut.message]);
  }, 60_000);
});

describe("a statement that would never end", () => {
  test("fails without the rest of its transaction, as in PostgreSQL, and the connection goes on", async () => {
    await withClient(async (client) => {
      await client.query({ name: "kept", text: "select $1::int as n", values: [1] });
      await client.query("create table garden (n int)");
      await client.query("begin");
      await client.query("insert into garden values (1)");
      await expect(client.query(ENDLESS)).rejects.toMatchObject(timedOut);
      await expect(client.query("insert into garden values (2)")).rejects.toMatchObject({ code: "25P02" });
      await client.query("rollback");
      expect(await only(client, "select count(*)::int from garden")).toBe(0);
      await client.query("insert into garden values (3)");
      await expect(client.query(ENDLESS)).rejects.toMatchObject(timedOut);
      expect(await only(client, "select n from garden")).toBe(3);
      expect((await client.query({ name: "kept", text: "select $1::int as n", values: [2] })).rows).toEqual([{ n: 2 }]);
    });
  }, 60_000);

  test("closes connections whose state is lost: temporary tables, settings that only the backend knew", async () => {
    await withClient(async (client) => {
      await client.query("create temp table mine (i int)");
      await expect(client.query(ENDLESS)).rejects.toMatchObject(timedOut);
      await expect(client.query("select 1")).rejects.toThrow();
    });
    await withClient(async (client) => {
      await client.query("set search_path = pg_catalog");
      await expect(client.query(ENDLESS)).rejects.toMatchObject(timedOut);
      // It is known if another client, such as PostgREST, had the backend meanwhile.
      const after = await only(client, "show search_path").catch(() => "closed");
      expect(["closed", "pg_catalog"]).toContain(after);
    });
    await withClient(async (bystander) => {
      await bystander.query("set application_name = 'bystander'");
      await withClient((client) => expect(client.query(ENDLESS)).rejects.toMatchObject(timedOut));
      expect(await only(bystander, "show application_name")).toBe("bystander");
    });
  }, 60_000);

  test("restarts the database after a statement that exhausted its stack, with the answer to that statement", async () => {
    const count = restarts.length;
    const deep = `${"(".repeat(50_000)}a${")".repeat(50_000)}`;
    await withClient(async (client) => {
      await client.query("create temp table lost (i int)");
      await withClient((other) =>
        expect(other.query("select to_tsquery('simple', $1)", [deep])).rejects.toMatchObject({ code: "54001" }),
      );
      await expect(client.query("select 1")).rejects.toThrow();
    });
    expect(await withClient((client) => only(client, "select 1"))).toBe(1);
    expect(restarts.length).toBe(count + 1);
  }, 60_000);

  test("closes a connection whose prepared statement needs the search path of its transaction", async () => {
    await withClient(async (client) => {
      await client.query("create schema elsewhere; create table elsewhere.things (i int)");
      const things = { name: "things", text: "select count(*)::int as n from things" };
      await client.query("begin");
      await client.query("select set_config('search_path', 'elsewhere', true)");
      expect((await client.query(things)).rows).toEqual([{ n: 0 }]);
      await client.query("commit");
      await withClient((other) => expect(other.query(ENDLESS)).rejects.toMatchObject(timedOut));
      await expect(client.query("select 1")).rejects.toMatchObject({ code: "57P01" });
    });
  }, 60_000);

  test("ends sooner or later where the client has set statement_timeout, and at once when it is cancelled", async () => {
    const count = restarts.length;
    const slow = `do $$ declare till timestamptz := clock_timestamp() + '${LIMIT_MS + 1_000} ms'; begin
      while clock_timestamp() < till loop end loop; end $$`;
    await withClient((client) => client.query(slow), "-c statement_timeout=0");
    await withClient(async (client) => {
      await client.query("set statement_timeout = '1min'");
      await client.query(slow);
    });
    expect(restarts.length).toBe(count);
    const sql = postgres(database.url, { max: 1 });
    const endless = sql.unsafe(ENDLESS).execute();
    setTimeout(() => endless.cancel(), 200);
    await expect(endless).rejects.toMatchObject({ message: "canceling statement due to user request" });
    await sql.end();
  }, 60_000);

  test("ends a database in memory, which tells its clients why", async () => {
    let ended = false;
    const memory = await startEmbeddedPostgres({ statementLimitMs: 1_000, onExit: () => (ended = true) });
    const client = new pg.Client(memory.url);
    client.on("error", () => {});
    await client.connect();
    await expect(client.query(ENDLESS)).rejects.toMatchObject(timedOut);
    await expect(client.query("select 1")).rejects.toMatchObject({
      code: "57P03",
      message: expect.stringContaining("statement timeout"),
    });
    expect(ended).toBe(true);
    await client.end();
    await memory.stop();
  }, 30_000);
});

test("the database fails six times under load, PostgREST too: requests are answered, and no write is lost or half done", async () => {
  const answered: { status: number; body: string }[] = [];
  let stop = false;
  const load = Array.from({ length: 4 }, async (_, worker) => {
    for (let i = 0; !stop; i++) {
      const body = `load ${worker} ${i}`;
      answered.push({ status: (await write(body)).status, body });
    }
  });
  for (let time = 0; time < 6; time++) {
    await new Promise((resolve) => setTimeout(resolve, 300));
    const pid = api.postgrestPid();
    if (time % 2 === 1 && pid !== undefined) process.kill(pid, "SIGKILL");
    const count = restarts.length;
    database.crash();
    await expect.poll(() => restarts.length, { timeout: 60_000 }).toBe(count + 1);
    const next = await call("/rest/v1/numbers?n=eq.1");
    expect([time, next.status, next.body]).toEqual([time, 200, [{ n: 1 }]]);
  }
  stop = true;
  await Promise.all(load);
  expect([...new Set(answered.map(({ status }) => status))].sort()).toEqual([201, 503]);
  const found = await withClient((client) =>
    client.query("select body, count(*)::int from desk.notes where body like 'load%' group by 1"),
  );
  const counts = new Map(found.rows.map(({ body, count }) => [body, count]));
  for (const { status, body } of answered) {
    if (status === 201) expect([body, counts.get(body)]).toEqual([body, 1]);
    else expect(counts.get(body) ?? 0, body).toBeLessThanOrEqual(1);
  }
}, 240_000);
