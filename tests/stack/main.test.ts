import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort } from "../../stack/ports.ts";

/** Runs `npm start` and `npm run reset` as processes, with their own project folder and ports. */
const root = mkdtempSync(join(tmpdir(), "anigmaa-project-"));
const stack = (script: string) => fileURLToPath(new URL(`../../stack/${script}.ts`, import.meta.url));
let ports: { api: number; db: number };
let running: Run | undefined;

type Run = { child: ChildProcess; output: () => string; exit: Promise<number | null> };

beforeAll(async () => {
  ports = { api: await freePort(), db: await freePort() };
  mkdirSync(join(root, "supabase", "migrations"), { recursive: true });
  writeFileSync(
    join(root, "supabase", "config.toml"),
    `[api]\nport = ${ports.api}\nschemas = ["garden"]\n[db]\nport = ${ports.db}\n`,
  );
  writeFileSync(
    join(root, "supabase", "migrations", "20260101000000_garden.sql"),
    `create schema garden;
     create table garden.trees (name text);
     grant usage on schema garden to anon;
     grant select on garden.trees to anon;
     create schema event_private;
     create table event_private.ticks (at timestamptz default clock_timestamp());
     create procedure event_private.run_scheduled_work() language plpgsql
       as 'begin insert into event_private.ticks default values; commit; end';`,
  );
  writeFileSync(
    join(root, "supabase", "seed.sql"),
    `insert into garden.trees values ('oak');
     insert into auth.users (id, email) values (gen_random_uuid(), 'putri@anigmaa.test');`,
  );
});

afterAll(async () => {
  running?.child.kill("SIGKILL");
  await running?.exit;
  rmSync(root, { recursive: true, force: true });
});

function run(script: string, given: NodeJS.ProcessEnv = {}): Run {
  const env: NodeJS.ProcessEnv = { ...process.env, NO_COLOR: "1" };
  for (const name of Object.keys(env)) if (/^(SUPABASE_|DATABASE_URL)/.test(name)) delete env[name];
  Object.assign(env, given);
  const child = spawn(process.execPath, ["--import", "tsx", stack(script), root], { env });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      text += chunk;
    });
  }
  const exit = new Promise<number | null>((resolve) => child.once("close", (code) => resolve(code)));
  return { child, output: () => text, exit };
}

async function start(): Promise<Run> {
  running = run("main");
  const ended = running.exit.then(() => "ended");
  for (;;) {
    const state = await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 50))]);
    if (running.output().includes("Ready after")) return running;
    if (state === "ended") throw new Error(running.output());
  }
}

async function query(text: string): Promise<Record<string, unknown>[]> {
  const password = /SUPABASE_DB_PASSWORD=(.*)/.exec(envFile())?.[1] ?? "";
  const client = new pg.Client(`postgresql://postgres:${password}@127.0.0.1:${ports.db}/postgres`);
  client.on("error", () => {});
  await client.connect();
  const { rows } = await client.query(text);
  await client.end();
  return rows;
}

const envFile = () => readFileSync(join(root, ".env"), "utf8");
const trees = async () => {
  const apikey = /SUPABASE_PUBLISHABLE_KEY=(.*)/.exec(envFile())![1]!;
  const response = await fetch(`http://127.0.0.1:${ports.api}/rest/v1/trees?order=name`, { headers: { apikey } });
  return response.json();
};

test("the first start creates keys, migrates, seeds, serves, prints a sign-in, and runs scheduled work", async () => {
  const { output } = await start();
  expect(await trees()).toEqual([{ name: "oak" }]);
  expect(envFile()).toMatch(/^SUPABASE_SECRET_KEY=sb_secret_/m);
  expect(statSync(join(root, ".env")).mode & 0o777).toBe(0o600);
  expect(output()).toContain("putri@anigmaa.test");
  expect(output()).toContain(`http://127.0.0.1:${ports.api}/editor/garden.trees?studio=`);
  expect(output()).toMatch(/Memory +\d+ MB/);
  const ticks = async () => Number((await query("select count(*) from event_private.ticks"))[0]?.count);
  await expect.poll(ticks, { timeout: 10_000 }).toBeGreaterThan(1);
}, 60_000);

test("refuses a second start and a reset while it runs", async () => {
  const second = run("main");
  expect([await second.exit, /already running/.test(second.output())]).toEqual([1, true]);
  const reset = run("reset");
  expect([await reset.exit, /Stop it/.test(reset.output())]).toEqual([1, true]);
  expect(await trees()).toEqual([{ name: "oak" }]);
}, 30_000);

test("keeps committed rows when killed during a write, and restarts with the same keys", async () => {
  const keys = envFile();
  await query("insert into garden.trees values ('teak')");
  const writing = query("begin; insert into garden.trees select 'lost' from generate_series(1, 100000)").catch(
    () => {},
  );
  running!.child.kill("SIGKILL");
  await Promise.all([running!.exit, writing]);
  const { output } = await start();
  expect(output()).not.toContain("seed");
  expect(await trees()).toEqual([{ name: "oak" }, { name: "teak" }]);
  expect(envFile()).toBe(keys);
}, 60_000);

test("asks for the password of the database, and nobody else may read the data folder", async () => {
  for (const credentials of ["postgres", "postgres:postgres", "anon:"]) {
    const client = new pg.Client(`postgresql://${credentials}@127.0.0.1:${ports.db}/postgres`);
    await expect(client.connect()).rejects.toThrow(/password/);
  }
  expect(running!.output()).toMatch(/postgresql:\/\/postgres:[\w-]{24}@127/);
  expect(statSync(join(root, ".anigmaa")).mode & 0o777).toBe(0o700);
}, 30_000);

test("Ctrl-C stops it during an endless statement, and leaves nothing running", async () => {
  const endless = query("do $$ begin loop end loop; end $$").catch(() => {});
  await new Promise((resolve) => setTimeout(resolve, 500));
  running!.child.kill("SIGINT");
  expect(await running!.exit).toBe(0);
  await endless;
  await expect(query("select 1")).rejects.toThrow(/ECONNREFUSED/);
  expect(existsSync(join(root, ".anigmaa", "running.json"))).toBe(false);
}, 30_000);

test("reports a port in use, and how to change it", async () => {
  for (const port of [ports.api, ports.db]) {
    const other = createServer().listen(port, "127.0.0.1");
    const refused = run("main");
    expect(await refused.exit).toBe(1);
    expect(refused.output()).toContain(`Port ${port} is taken`);
    expect(refused.output()).toContain("supabase/config.toml");
    await new Promise((resolve) => other.close(resolve));
  }
}, 30_000);

test("reports an invalid DATABASE_URL in one line, and refuses to reset an external database", async () => {
  const port = await freePort();
  for (const [url, words] of [
    ["localhost/anigmaa", "DATABASE_URL is not a valid URL"],
    ["localhost:5432/anigmaa", "DATABASE_URL is not a valid URL"],
    [`postgresql://127.0.0.1:${port}/anigmaa`, `No PostgreSQL server answers at 127.0.0.1:${port}`],
  ]) {
    const refused = run("main", { DATABASE_URL: url });
    expect(await refused.exit).toBe(1);
    expect(refused.output().trim().split("\n")).toEqual([expect.stringContaining(words!)]);
  }
  const reset = run("reset", { DATABASE_URL: "postgresql://127.0.0.1/anigmaa" });
  expect([await reset.exit, existsSync(join(root, ".anigmaa"))]).toEqual([1, true]);
}, 30_000);

test("a reset deletes the data folder", async () => {
  const reset = run("reset");
  expect(await reset.exit).toBe(0);
  expect(existsSync(join(root, ".anigmaa"))).toBe(false);
}, 30_000);
