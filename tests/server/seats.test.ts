import { randomUUID } from "node:crypto";
import { sign } from "hono/jwt";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CheckoutAnswer } from "../../types/index.ts";
import { call, newKey, press } from "../api/support/edge.ts";
import { connect, target } from "../support/database.ts";
import { type Person, signUp } from "../support/people.ts";

// Many buyers who want the same seats at the same time.
const CROWD = 500;
const SEATS = 100;

let owner: pg.Client;
let host: Person;
let event: string;
const people = Array.from({ length: CROWD }, () => randomUUID());

beforeAll(async () => {
  owner = await connect();
  host = await signUp("host");
  await owner.query("insert into auth.users (id, raw_user_meta_data) select id, '{}' from unnest($1::uuid[]) id", [
    people,
  ]);
});
afterAll(async () => {
  await owner.query("delete from auth.users where id = any ($1)", [people]);
  await owner.end();
});

async function open(price: number): Promise<string> {
  const { rows } = await owner.query(
    `insert into event_service.events (host_id, title, start_time, end_time, ticketing_enabled, price, max_attendees, location_lat, location_lng)
     values ($1, 'Crowd', now() + interval '2 days', now() + interval '3 days', true, $2, $3, -80, 0) returning id`,
    [host.id, price, SEATS],
  );
  return rows[0].id;
}

async function seats(): Promise<{ held: number; sold: number; tickets: number }> {
  const { rows } = await owner.query(
    `select s.held, s.sold, (select count(*)::int from ticket_service.tickets t where t.event_id = s.event_id and t.status in ('pending', 'active')) as tickets
     from ticket_private.event_seats s where s.event_id = $1`,
    [event],
  );
  return rows[0];
}

/** Runs the statement for every buyer over 50 connections, and counts the answers of each kind. */
async function everyone(sql: string): Promise<Record<string, number>> {
  const pool = new pg.Pool({ connectionString: target().databaseUrl, max: 50 });
  const answers = await Promise.all(
    people.map((person) =>
      pool
        .query(sql, [person, event])
        .then(({ rows }) => (rows[0]?.begin_checkout?.answer?.error?.code as string) ?? "sold")
        .catch((error: Error) => JSON.parse(error.message).code as string),
    ),
  );
  await pool.end();
  return Object.fromEntries(
    [...new Set(answers)].sort().map((answer) => [answer, answers.filter((one) => one === answer).length]),
  );
}

describe("500 concurrent buyers get exactly 100 seats", () => {
  it("as holds through SQL", async () => {
    event = await open(50_000);
    const asked = "select ticket_service.begin_checkout($1, gen_random_uuid()::text, 'hash', $2, 'sandbox', null)";
    expect(await everyone(asked)).toEqual({ sold: SEATS, sold_out: CROWD - SEATS });
    expect(await seats()).toEqual({ held: SEATS, sold: 0, tickets: SEATS });
  });

  it("as free tickets through SQL", async () => {
    event = await open(0);
    const asked = "select ticket_service.begin_checkout($1, gen_random_uuid()::text, 'hash', $2)";
    expect(await everyone(asked)).toEqual({ sold: SEATS, sold_out: CROWD - SEATS });
    expect(await seats()).toEqual({ held: 0, sold: SEATS, tickets: SEATS });
  });

  it("as rows that the table owner inserts directly", async () => {
    event = await open(50_000);
    const asked = "insert into ticket_service.tickets (user_id, event_id, status) values ($1, $2, 'active')";
    expect(await everyone(asked)).toEqual({ sold: SEATS, sold_out: CROWD - SEATS });
    expect(await seats()).toEqual({ held: 0, sold: SEATS, tickets: SEATS });
  });

  it("as holds through HTTP that are then paid", async () => {
    event = await open(50_000);
    const exp = Math.floor(Date.now() / 1000) + 3600;
    const tokens = await Promise.all(
      people.map((sub) => sign({ sub, role: "authenticated", aud: "authenticated", exp }, target().jwtSecret, "HS256")),
    );
    const answers = await Promise.all(
      tokens.map((token) =>
        call("ticket-checkout", { token }, { body: { event_id: event, payment_method: "sandbox" }, key: newKey() }),
      ),
    );
    const of = (status: number) => answers.filter((answer) => answer.status === status);
    expect([of(200).length, of(409).length]).toEqual([SEATS, CROWD - SEATS]);
    expect(new Set(of(409).map(({ error }) => error?.code))).toEqual(new Set(["sold_out"]));
    expect(await seats()).toEqual({ held: SEATS, sold: 0, tickets: SEATS });
    await Promise.all(of(200).map(({ data }) => press((data as CheckoutAnswer).checkout_url!, "pay")));
    expect(await seats()).toEqual({ held: 0, sold: SEATS, tickets: SEATS });
  });
});

it("when two devices scan a ticket at once, one checks it in and the other learns who did", async () => {
  event = await open(0);
  await owner.query(
    "insert into ticket_service.tickets (user_id, event_id, status, attendance_code) select id, $2, 'active', $3 from unnest($1::uuid[]) id",
    [[people[0]], event, "SCANNED2"],
  );
  const scanners = await Promise.all([connect(), connect()]);
  for (const scanner of scanners) {
    await scanner.query("select set_config('request.jwt.claims', $1, false)", [
      JSON.stringify({ sub: host.id, role: "authenticated" }),
    ]);
  }
  const scans = await Promise.all(
    scanners.map((scanner) =>
      scanner.query("select result::text, checked_in_by from ticket_service.check_in($1, 'SCANNED2')", [event]),
    ),
  );
  await Promise.all(scanners.map((scanner) => scanner.end()));
  expect(scans.map(({ rows }) => rows[0].result).sort()).toEqual(["already_checked_in", "checked_in"]);
  expect(new Set(scans.map(({ rows }) => rows[0].checked_in_by))).toEqual(new Set([host.username]));
});
