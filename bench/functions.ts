import { resolve } from "node:path";
import { sign } from "hono/jwt";
import type pg from "pg";
import { makeKeys, readConfig, startApi } from "../stack/index.ts";
import { FakeStripe } from "../tests/support/providers/fake-stripe.ts";
import { connections } from "./pgbench.ts";

const root = resolve(import.meta.dirname, "..");
const event = "c0000000-0000-4000-8000-0000000ffffe";
const requests = 400;

/** Measures checkouts and notices over HTTP with 16 clients, against a fake Stripe server on the same machine. */
export async function benchFunctions(client: pg.Client, url: string): Promise<void> {
  await client.query(
    `insert into event_service.events (id, title, start_time, end_time, ticketing_enabled, price, max_attendees)
     values ($1, 'HTTP', now() + interval '2 days', now() + interval '3 days', true, 50000, 1000000)`,
    [event],
  );
  // Unlike the other people, these have accounts in auth.users: the functions verify the caller's token.
  const { rows: people } = await client.query<{ id: string }>(
    "insert into auth.users (id, raw_user_meta_data) select gen_random_uuid(), '{}' from generate_series(1, $1) returning id",
    [requests],
  );
  const keys = makeKeys();
  const stripe = await FakeStripe.start();
  const api = await startApi({
    databaseUrl: url,
    keys,
    config: readConfig(resolve(root, "supabase/config.toml")),
    connections: 8,
    functionsDir: resolve(root, "supabase/functions"),
    functionsEnv: {
      STRIPE_SECRET_KEY: stripe.secretKey,
      STRIPE_WEBHOOK_SECRET: stripe.webhookSecret,
      STRIPE_API_URL: stripe.url,
    },
  });
  const post = async (name: string, headers: Record<string, string>, body: string) => {
    const response = await fetch(`${api.url}/functions/v1/${name}`, { method: "POST", headers, body });
    if (!response.ok) throw new Error(`${name}: ${response.status} ${await response.text()}`);
    return (await response.json()) as { data: { checkout_url: string } };
  };
  const exp = Math.floor(Date.now() / 1000) + 3600;
  const buy = async (n: number) => {
    const sub = people[n]!.id;
    const token = await sign({ sub, role: "authenticated", aud: "authenticated", exp }, keys.jwtSecret, "HS256");
    const headers = { Authorization: `Bearer ${token}`, "Idempotency-Key": crypto.randomUUID() };
    return post("ticket-checkout", headers, JSON.stringify({ event_id: event, payment_method: "stripe" }));
  };
  try {
    console.log(`\nEdge functions with ${connections} clients, ${requests} requests each`);
    const urls: string[] = [];
    const checkouts = await measure(client, async (n) => {
      urls.push((await buy(n)).data.checkout_url);
    });
    const notices = await Promise.all(
      urls.map((page) => stripe.notice("checkout.session.completed", stripe.pay(page.split("/").at(-1)!))),
    );
    const webhooks = await measure(client, async (n) => {
      const { headers, body } = notices[n]!;
      await post("payment-webhook/stripe", headers, body);
    });
    console.table({ "ticket-checkout": checkouts, "payment-webhook": webhooks });
  } finally {
    await api.stop();
    await stripe.stop();
  }
}

/** Requests per second, and database transactions per request, including those that verify the caller. */
async function measure(client: pg.Client, request: (n: number) => Promise<void>) {
  const before = await transactions(client);
  const started = performance.now();
  let next = 0;
  const work = async () => {
    while (next < requests) await request(next++);
  };
  await Promise.all(Array.from({ length: connections }, work));
  const seconds = (performance.now() - started) / 1000;
  const used = (await transactions(client)) - before;
  return { "per second": Math.round(requests / seconds), "transactions per request": (used / requests).toFixed(1) };
}

async function transactions(client: pg.Client): Promise<number> {
  // PostgreSQL sessions report their statistics about once a second.
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  const { rows } = await client.query(
    "select xact_commit + xact_rollback as n from pg_stat_database where datname = current_database()",
  );
  return Number(rows[0].n);
}
