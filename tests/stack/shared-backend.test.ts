import { createConnection } from "node:net";
import pg from "pg";
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "../../stack/index.ts";

/** All clients of the embedded database share its only backend. */
let database: EmbeddedPostgres;
beforeAll(async () => {
  database = await startEmbeddedPostgres();
  await withClient(async (client) => {
    await client.query("create table counter (n integer); insert into counter values (0)");
    await client.query("create role visitor; grant all on counter to visitor; grant usage on schema public to visitor");
  });
}, 60_000);
afterAll(() => database?.stop());

async function connect(options = ""): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: database.url, options });
  client.on("error", () => {});
  await client.connect();
  return client;
}

async function withClient<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = await connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

const only = async (client: pg.Client, sql: string) => Object.values((await client.query(sql)).rows[0])[0];
const soon = () => new Promise((resolve) => setTimeout(resolve, 150));

describe("transactions", () => {
  test("another client waits until a transaction ends, and then sees all of its changes", async () => {
    const [one, two] = [await connect(), await connect()];
    await one.query("begin; update counter set n = n + 1");
    let seen: unknown;
    const waiting = only(two, "select n from counter").then((n) => {
      seen = n;
    });
    await soon();
    expect(seen).toBeUndefined();
    await one.query("update counter set n = n + 1; commit");
    await waiting;
    expect(seen).toBe(2);
    await Promise.all([one.end(), two.end()]);
  });

  test("100 transactions by ten clients lose no update", async () => {
    const clients = await Promise.all(Array.from({ length: 10 }, () => connect()));
    const before = Number(await only(clients[0]!, "select n from counter"));
    await Promise.all(
      clients.map(async (client) => {
        for (let i = 0; i < 10; i++) {
          await client.query("begin");
          const { rows } = await client.query("select n from counter");
          await client.query("update counter set n = $1", [rows[0].n + 1]);
          await client.query("commit");
        }
      }),
    );
    expect(await only(clients[0]!, "select n from counter")).toBe(before + 100);
    await Promise.all(clients.map((client) => client.end()));
  });

  test("a disconnect in a transaction rolls it back and does not block other clients", async () => {
    const gone = await connect();
    const before = await withClient((client) => only(client, "select n from counter"));
    await gone.query("begin; update counter set n = -1");
    (gone as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
    expect(await withClient((client) => only(client, "select n from counter"))).toBe(before);
  });
});

describe("sessions", () => {
  test("a client keeps its own settings and does not see those of others", async () => {
    const [one, two] = [await connect(), await connect()];
    await one.query("set role visitor");
    await one.query("set search_path = pg_catalog");
    await one.query("select set_config('request.jwt.claims', '{\"sub\":\"a\"}', false)");
    const session =
      "select current_user || ' ' || current_setting('search_path') || ' ' || coalesce(current_setting('request.jwt.claims', true), '')";
    expect(await only(two, session)).toBe('postgres "$user", public, extensions ');
    expect(await only(one, session)).toBe('visitor pg_catalog {"sub":"a"}');
    await one.end();
    expect(await only(two, session)).toBe('postgres "$user", public, extensions ');
    await two.end();
  });

  test("settings in the connection options apply to that connection only", async () => {
    const one = await connect("-c timezone=Asia/Jakarta -c app.name=one\\ two");
    const two = await connect();
    expect(await only(two, "show timezone")).toBe("UTC");
    expect(await only(one, "show timezone")).toBe("Asia/Jakarta");
    expect(await only(one, "show app.name")).toBe("one two");
    await Promise.all([one.end(), two.end()]);
  });

  test("temporary tables and advisory locks end with their client", async () => {
    await withClient((client) => client.query("create temp table mine (i int); select pg_advisory_lock(7)"));
    await withClient(async (client) => {
      expect(await only(client, "select to_regclass('mine')")).toBeNull();
      expect(await only(client, "select count(*)::int from pg_locks where locktype = 'advisory'")).toBe(0);
    });
  });
});

describe("the extended protocol", () => {
  test("unnamed and equally named statements of different clients do not conflict", async () => {
    const clients = await Promise.all(Array.from({ length: 8 }, () => connect()));
    const answers = await Promise.all(
      clients.map(async (client, who) => {
        const right: boolean[] = [];
        for (let i = 0; i < 50; i++) {
          const name = i % 3 === 0 ? "same_name" : undefined;
          const { rows } = await client.query({ name, text: "select $1::text as it", values: [`${who} ${i}`] });
          right.push(rows[0].it === `${who} ${i}`);
        }
        return right.every(Boolean);
      }),
    );
    expect(answers.every(Boolean)).toBe(true);
    await clients[0]!.query({ name: "other", text: "select 1 as it" });
    expect((await clients[1]!.query({ name: "other", text: "select 2 as it" })).rows).toEqual([{ it: 2 }]);
    await Promise.all(clients.map((client) => client.end()));
  });

  test("after an error each driver still matches answers to queries", async () => {
    const sql = postgres(database.url, { max: 1, onnotice: () => {} });
    const client = await connect();
    for (let i = 0; i < 5; i++) {
      await expect(sql.unsafe("select $1::int / 0", [i])).rejects.toMatchObject({ code: "22012" });
      await expect(sql.unsafe("select nothing where $1", ["x"])).rejects.toMatchObject({ code: "42703" });
      expect(await sql`select ${i}::int as i`).toEqual([{ i }]);
      await expect(client.query("select $1::int / 0", [i])).rejects.toMatchObject({ code: "22012" });
      expect((await client.query("select $1::int as i", [i])).rows).toEqual([{ i }]);
    }
    await expect(sql.begin((tx) => tx`select 1 / ${0}::int`)).rejects.toMatchObject({ code: "22012" });
    expect(await sql`select 1 as i`).toEqual([{ i: 1 }]);
    await Promise.all([sql.end(), client.end()]);
  });
});

test("a statement that exceeds the stack limit returns an error", async () => {
  await withClient(async (client) => {
    const deep = `${"(".repeat(50_000)}a${")".repeat(50_000)}`;
    await expect(client.query("select to_tsquery('simple', $1)", [deep])).rejects.toMatchObject({ code: "54001" });
    expect(await only(client, "select 1")).toBe(1);
  });
});

test("20,000 errors, and overflows of the stack among them, do not use up the stack", async () => {
  await withClient(async (client) => {
    const deep = `${"(".repeat(50_000)}a${")".repeat(50_000)}`;
    for (let i = 0; i < 20_000; i++) {
      await expect(client.query("select 1 / 0")).rejects.toMatchObject({ code: "22012" });
      if (i % 1_000 > 0) continue;
      await expect(client.query("select to_tsquery('simple', $1)", [deep])).rejects.toMatchObject({ code: "54001" });
    }
    expect(await only(client, "select 1")).toBe(1);
  });
});

test("COPY FROM STDIN, which would crash the backend, returns an error", async () => {
  await withClient(async (client) => {
    await expect(client.query("copy counter from stdin")).rejects.toMatchObject({ code: "0A000" });
    await expect(client.query("copy/**/counter from/* */stdin")).rejects.toMatchObject({ code: "0A000" });
    expect(await only(client, "select 1")).toBe(1);
  });
});

test("a request for TLS is declined, as the protocol requires", async () => {
  await expect(
    new pg.Client({ connectionString: database.url.replace(/\?.*/, ""), ssl: true }).connect(),
  ).rejects.toThrow(/does not support SSL/);
});

test("before the password, a message of more than 10,000 bytes closes the connection, and a shorter one does not", async () => {
  const answerTo = (length: number) =>
    new Promise<string>((resolve) => {
      const socket = createConnection(Number(new URL(database.url).port), "127.0.0.1");
      socket.once("data", (data) => resolve(data.toString()));
      setTimeout(() => socket.destroy(), 1_000).unref();
      socket.once("close", () => resolve("nothing"));
      const start = Buffer.alloc(8);
      start.writeInt32BE(length, 0);
      start.writeInt32BE(3 << 16, 4);
      socket.write(start);
    });
  expect(await answerTo(10_001)).toContain("a message cannot be 10001 bytes long");
  expect(await answerTo(10_000)).toBe("nothing");
});

test("a dump can be loaded into another database", async () => {
  const copy = await startEmbeddedPostgres({ loadDataDir: await database.dump() });
  const client = new pg.Client(copy.url);
  await client.connect();
  expect(await only(client, "select count(*)::int from counter")).toBe(1);
  await client.end();
  await copy.stop();
});
