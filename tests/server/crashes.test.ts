import { resolve } from "node:path";
import { Hono } from "hono";
import type pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { FunctionRunner } from "../../stack/functions/runner.ts";
import { makeConfig } from "../../stack/index.ts";
import { events, host as hostEvent, inHours } from "../api/support/scenes.ts";
import { connect, target } from "../support/database.ts";
import { type Person, signUp } from "../support/people.ts";
import { FakeMidtrans } from "../support/providers/fake-midtrans.ts";
import { type FakeServer, listen } from "../support/providers/fake-server.ts";
import { FakeStripe } from "../support/providers/fake-stripe.ts";

// Kills the functions' process, or its database connections, at every step of an operation. Whether or not the client
// retries with the same key, maintenance must then restore a consistent state.

/** Runs `end` at a function's `at`-th outgoing call: before the call arrives, or after it was answered. */
type Trap = { at: number; phase: "before" | "after"; end: (call: Promise<Response>) => Promise<void> };

let stripe: FakeStripe;
let midtrans: FakeMidtrans;
let proxy: FakeServer;
let functions: FunctionRunner;
let db: pg.Client;
let host: Person;
let trap: Trap | undefined;
let calls = 0;

/** Forwards a function's call, unless the trap is set for it. */
async function passing(send: () => Promise<Response>): Promise<Response> {
  calls += 1;
  const set = trap?.at === calls ? trap : undefined;
  if (!set) return send();
  trap = undefined;
  if (set.phase === "before") {
    await set.end(Promise.resolve(new Response()));
    return new Response(null, { status: 503 });
  }
  const answer = send();
  await set.end(answer);
  return answer;
}

beforeAll(async () => {
  db = await connect();
  host = await signUp("host");
  [stripe, midtrans] = [await FakeStripe.start(), await FakeMidtrans.start()];
  const app = new Hono();
  app.all("*", async (c) => {
    const url = new URL(c.req.url);
    const body = await c.req.arrayBuffer();
    const forward = () =>
      fetch(new URL(url.pathname + url.search, target().apiUrl), {
        method: c.req.method,
        headers: c.req.raw.headers,
        ...(body.byteLength > 0 && { body }),
        // A request behind a terminated connection might never return.
        signal: AbortSignal.timeout(5_000),
      }).catch(() => new Response(null, { status: 503 }));
    const answer = await passing(forward);
    const headers = new Headers(answer.headers);
    for (const name of ["content-encoding", "content-length", "transfer-encoding"]) headers.delete(name);
    return new Response(answer.body, { status: answer.status, headers });
  });
  proxy = await listen(app);
  functions = new FunctionRunner({
    functionsDir: resolve(import.meta.dirname, "../../supabase/functions"),
    config: makeConfig({
      functions: Object.fromEntries(
        ["ticket-checkout", "payment-webhook", "ticket-refund", "event-cancel", "maintenance"].map((name) => [
          name,
          { verify_jwt: false },
        ]),
      ),
    }).functions,
    keys: target(),
    apiUrl: proxy.url,
    databaseUrl: target().databaseUrl,
    siteUrl: "http://127.0.0.1:3000",
    env: {
      STRIPE_SECRET_KEY: stripe.secretKey,
      STRIPE_WEBHOOK_SECRET: stripe.webhookSecret,
      STRIPE_API_URL: stripe.url,
      MIDTRANS_SERVER_KEY: midtrans.serverKey,
      MIDTRANS_APP_URL: midtrans.url,
      MIDTRANS_API_URL: midtrans.url,
    },
    log: () => {},
  });
  stripe.before = (request) => passing(() => stripe.receive(request));
  midtrans.before = (request) => passing(() => midtrans.receive(request));
});
afterAll(async () => {
  await functions?.stop();
  await Promise.all([proxy?.stop(), stripe?.stop(), midtrans?.stop()]);
  await db.end();
});
beforeEach(() => {
  trap = undefined;
});

type Answer = { status: number; data?: Record<string, unknown>; error?: { code: string } };

async function ask(name: string, headers: Record<string, string>, body?: string): Promise<Answer> {
  calls = 0;
  const request = new Request(`http://localhost/functions/v1/${name}`, { method: "POST", headers, body });
  const response = await functions.fetch(request);
  return { status: response.status, ...((await response.json().catch(() => ({}))) as object) };
}

const asPerson = (name: string, { token }: Person, body: object, key: string) =>
  ask(name, { Authorization: `Bearer ${token}`, "Idempotency-Key": key }, JSON.stringify(body));

/** Lets time pass and runs the scheduler: scheduled work becomes due, and holds expire. */
async function heal(): Promise<void> {
  for (const _ of [1, 2]) {
    await db.query("update ticket_private.attempts set check_at = now() where check_at is not null");
    await db.query("update ticket_private.refunds set send_at = now() where send_at is not null");
    await useAllConnections();
    let status = 0;
    for (let tries = 0; tries < 20 && status !== 200; tries++) {
      ({ status } = await ask("maintenance", { apikey: target().secretKey }));
    }
    expect(status).toBe(200);
  }
  await db.query("update ticket_service.tickets set held_until = now() where status = 'pending'");
  await db.query("select ticket_private.expire_holds()");
}

/**
 * PostgREST and Auth replace a terminated connection when a request has used it: sends PostgREST more at once than its pool
 * has, and Auth one after another until a dozen have succeeded.
 */
async function useAllConnections(): Promise<void> {
  const { apiUrl, publishableKey: apikey } = target();
  const send = async (path: string, headers: Record<string, string>) =>
    (
      await fetch(apiUrl + path, { headers: { apikey, ...headers }, signal: AbortSignal.timeout(5_000) }).catch(
        () => undefined,
      )
    )?.status ?? 503;
  const read = () => send("/rest/v1/events?select=id&limit=1", { "Accept-Profile": "event_service" });
  for (const _ of [1, 2]) await Promise.all(Array.from({ length: 32 }, read));
  for (let tries = 0, good = 0; tries < 40 && good < 12; tries++) {
    good = (await send("/auth/v1/user", { Authorization: `Bearer ${host.token}` })) < 500 ? good + 1 : 0;
  }
}

/** Inconsistencies in the money, seats and idempotency keys of an event. */
async function inconsistencies(event: string): Promise<string[]> {
  const found: string[] = [];
  const { rows } = await db.query<{ kind: string; amount: number }>(
    `select e.kind::text, sum(e.amount)::float as amount from ticket_private.journal_entries e
     join ticket_service.tickets t on t.id = e.ticket_id where t.event_id = $1 group by e.kind`,
    [event],
  );
  const booked = Object.fromEntries(rows.map(({ kind, amount }) => [kind, amount]));
  const { rows: attempts } = await db.query<{ id: string }>(
    "select a.id from ticket_private.attempts a join ticket_service.tickets t on t.id = a.ticket_id where t.event_id = $1",
    [event],
  );
  const ours = new Set(attempts.map(({ id }) => id));
  const sum = (amounts: number[]) => amounts.reduce((total, amount) => total + amount, 0) / 100;
  const paid = [...stripe.intents.values()].filter(({ metadata }) => ours.has(metadata.attempt_id!));
  const settled = [...midtrans.transactions.values()].filter(({ order_id }) => ours.has(order_id));
  const taken = sum([
    ...paid.map(({ amount }) => amount),
    ...settled.map(({ gross_amount }) => Number(gross_amount) * 100),
  ]);
  const refunded = sum([
    ...stripe.refunds.filter(({ metadata }) => ours.has(metadata.attempt_id!)).map(({ amount }) => amount),
    ...settled.flatMap(({ refunds = [] }) => refunds.map(({ refund_amount }) => Number(refund_amount) * 100)),
  ]);
  if (taken !== (booked.captured ?? 0))
    found.push(`${taken} captured by the providers, ${booked.captured} in the journal`);
  if (refunded !== (booked.refunded ?? 0))
    found.push(`${refunded} refunded by the providers, ${booked.refunded} in the journal`);
  const seats = await db.query(
    `select s.held, s.sold, count(t.id) filter (where t.status = 'pending')::int as pending, count(t.id) filter (where t.status = 'active')::int as active
     from ticket_private.event_seats s left join ticket_service.tickets t on t.event_id = s.event_id where s.event_id = $1 group by s.event_id`,
    [event],
  );
  const { held, sold, pending, active } = seats.rows[0];
  if (held !== pending || sold !== active || held > 0)
    found.push(`seats ${held} held, ${sold} sold, tickets ${pending} and ${active}`);
  if (sold * 50_000 !== taken - refunded) found.push(`${sold} sold for ${taken - refunded}`);
  for (const [key, effects] of [...stripe.effects, ...midtrans.effects])
    if (effects > 1) found.push(`${key} had ${effects} effects`);
  return found;
}

const sell = () =>
  hostEvent(host, {
    ticketing_enabled: true,
    price: 50_000,
    max_attendees: 4,
    start_time: inHours(48),
    end_time: inHours(50),
  });

type Scene = { event: string; buyers: Person[]; key: string };
const bodyOf = (event: string, payment_method = "stripe") => ({ event_id: event, payment_method });

/** Buys and pays for a ticket without a trap. */
async function bought(event: string, buyer: Person): Promise<string> {
  const { data } = await asPerson("ticket-checkout", buyer, bodyOf(event), crypto.randomUUID());
  await pay(data as { checkout_url: string });
  return (data as { ticket: { id: string } }).ticket.id;
}
async function pay({ checkout_url }: { checkout_url: string }): Promise<Answer> {
  const session = stripe.pay(checkout_url.split("/").at(-1)!);
  const { headers, body } = await stripe.notice("checkout.session.completed", session);
  return ask("payment-webhook/stripe", headers, body);
}

/** The operations that are interrupted, and that the client may then repeat. */
const SCENES: Record<string, (scene: Scene) => Promise<() => Promise<Answer>>> = {
  checkout:
    async ({ event, buyers: [buyer], key }) =>
    () =>
      asPerson("ticket-checkout", buyer!, bodyOf(event), key),
  webhook: async ({ event, buyers: [buyer], key }) => {
    const { data } = await asPerson("ticket-checkout", buyer!, bodyOf(event), key);
    const session = stripe.pay((data as { checkout_url: string }).checkout_url.split("/").at(-1)!);
    const { headers, body } = await stripe.notice("checkout.session.completed", session);
    return () => ask("payment-webhook/stripe", headers, body);
  },
  "cancelling a hold": async ({ event, buyers: [buyer], key }) => {
    const { data } = await asPerson("ticket-checkout", buyer!, bodyOf(event), crypto.randomUUID());
    const ticket_id = (data as { ticket: { id: string } }).ticket.id;
    return () => asPerson("ticket-refund", buyer!, { ticket_id }, key);
  },
  refund: async ({ event, buyers: [buyer], key }) => {
    const ticket_id = await bought(event, buyer!);
    return () => asPerson("ticket-refund", buyer!, { ticket_id }, key);
  },
  "checkout by midtrans":
    async ({ event, buyers: [buyer], key }) =>
    () =>
      asPerson("ticket-checkout", buyer!, bodyOf(event, "midtrans"), key),
  "refund by midtrans": async ({ event, buyers: [buyer], key }) => {
    const { data } = await asPerson("ticket-checkout", buyer!, bodyOf(event, "midtrans"), crypto.randomUUID());
    const { ticket, transaction } = data as { ticket: { id: string }; transaction: { id: string } };
    midtrans.pay(transaction.id);
    const { headers, body } = midtrans.notice(transaction.id);
    await ask("payment-webhook/midtrans", headers, body);
    return () => asPerson("ticket-refund", buyer!, { ticket_id: ticket.id }, key);
  },
  "mass refund": async ({ event, buyers, key }) => {
    for (const buyer of buyers) await bought(event, buyer);
    return () => asPerson("event-cancel", host, { event_id: event, reason: "Rain" }, key);
  },
  "refunds by maintenance": async ({ event, buyers }) => {
    for (const buyer of buyers) await bought(event, buyer);
    await events(host).from("events").update({ status: "cancelled" }).eq("id", event);
    return () => ask("maintenance", { apikey: target().secretKey });
  },
};

/** Sends SIGKILL, as an out-of-memory killer would. */
const killFunctions = async (call: Promise<Response>) => {
  await call.catch(() => undefined);
  await functions.stop();
};

/** Terminates every connection of the API to the database. */
const killConnections = async () => {
  await db.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
  );
};

describe.each([
  ["the functions' process", killFunctions],
  ["the database's connections", killConnections],
] as const)("%s killed at each step of", (_, end) => {
  it.each(Object.keys(SCENES))("%s", { timeout: 300_000 }, async (name) => {
    const buyers = await Promise.all(
      (name.includes("mass") || name.includes("maintenance") ? [1, 2] : [1]).map(() => signUp("buyer")),
    );
    let steps = 0;
    for (let at = 1; ; at++) {
      let reached = false;
      for (const phase of ["before", "after"] as const) {
        const scene = { event: await sell(), buyers, key: crypto.randomUUID() };
        const act = await SCENES[name]!(scene);
        trap = { at, phase, end };
        const first = await act();
        if (trap) break;
        reached = true;
        steps += 1;
        trap = undefined;
        // In one case the client retries, in the other it does not.
        if (phase === "after") await act();
        await heal();
        expect(await inconsistencies(scene.event), `${phase} step ${at}, answered ${first.status}`).toEqual([]);
      }
      trap = undefined;
      if (!reached) break;
    }
    expect(steps).toBeGreaterThan(1);
  });
});
