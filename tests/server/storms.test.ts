import type pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { wrongCounters } from "../support/counters.ts";
import { connect, target } from "../support/database.ts";
import { createDatabase, dropDatabase } from "../support/server.ts";
import { deletesFromBothEnds, type Operation, operations } from "./storm-operations.ts";

const connections = 16;
const seconds = Number(process.env.STORM_SECONDS ?? 60);
const name = `storm_${process.pid}`;
let url: string;
let watcher: pg.Client;

beforeAll(async () => {
  url = await createDatabase(target().serverUrl!, name, target().template);
  watcher = await connect(url);
  await watcher.query(
    "insert into auth.users (id, raw_user_meta_data) select gen_random_uuid(), '{}' from generate_series(1, 40)",
  );
});

afterAll(async () => {
  await watcher?.end();
  await dropDatabase(target().serverUrl!, name);
});

/** Error codes of expected refusals. Any other error is a fault, including a deadlock. */
const expected = new Set(["PGRST", "23505", "23503", "23502", "42501"]);

async function storm(deadline: number, tally: Map<string, number>): Promise<void> {
  const client = await connect(url);
  while (Date.now() < deadline) {
    const operation = pick();
    const { rows } = await client.query("select id from user_service.users order by random() limit 1");
    const outcome = await attempt(client, operation, rows[0].id);
    const key = `${operation.name}: ${outcome}`;
    tally.set(key, (tally.get(key) ?? 0) + 1);
  }
  await client.end();
}

function pick(): Operation {
  let at = Math.random() * operations.reduce((sum, { weight }) => sum + weight, 0);
  for (const operation of operations) {
    at -= operation.weight;
    if (at < 0) return operation;
  }
  return operations[0]!;
}

async function attempt(client: pg.Client, operation: Operation, caller: string): Promise<string> {
  try {
    await client.query("begin");
    if (operation.as === "person") {
      await client.query(
        "select set_config('request.jwt.claims', $1, true), set_config('role', 'authenticated', true)",
        [JSON.stringify({ sub: caller })],
      );
    }
    // PostgreSQL cannot infer the type of an unused parameter.
    await client.query(
      operation.sql.includes("$1") ? operation.sql : `${operation.sql} /* $1 */`,
      operation.sql.includes("$1") ? [caller] : [],
    );
    await client.query("commit");
    return "done";
  } catch (error) {
    await client.query("rollback");
    const { code, message } = error as { code?: string; message: string };
    if (code && expected.has(code)) return "refused";
    if (code === "40P01" && deletesFromBothEnds.has(operation.name)) return "refused";
    return `FAULT ${code} ${message}`;
  }
}

it(
  `after ${seconds} s of ${connections} connections doing everything at once, all counters, seats and journals are right`,
  async () => {
    const tally = new Map<string, number>();
    const deadline = Date.now() + seconds * 1000;
    await Promise.all(Array.from({ length: connections }, () => storm(deadline, tally)));
    const done = [...tally].filter(([key]) => key.endsWith(": done"));
    console.log(
      `${done.reduce((sum, [, n]) => sum + n, 0)} operations succeeded, ${[...tally.values()].reduce((a, b) => a + b, 0)} attempted`,
    );
    expect([...tally].filter(([key]) => key.includes("FAULT"))).toEqual([]);
    // Every operation must have succeeded at least once.
    expect(operations.map(({ name }) => name).filter((name) => !tally.has(`${name}: done`))).toEqual([]);
    expect(await wrongCounters(watcher)).toEqual([]);
    const { rows } = await watcher.query("select * from ticket_private.missing_entries");
    expect(rows).toEqual([]);
  },
  (seconds + 120) * 1000,
);
