import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type pg from "pg";
import { median } from "./compare.ts";
import { connections, perSecond, rounds, seconds } from "./pgbench.ts";

const events = { sale: "c0000000-0000-4000-8000-0000000fffff", ticket: "c0000000-0000-4000-8000-0000000ffffd" };

/**
 * Measures a flash sale of one event over 16 connections: whole checkouts, and bare inserts of tickets, which also take
 * a seat, alternating with updates of a single row on the same server.
 */
export async function benchTickets(client: pg.Client, url: string, directory: string, pgbench: string): Promise<void> {
  await client.query(
    `insert into event_service.events (id, title, start_time, end_time, ticketing_enabled, price, max_attendees)
     select id, 'hot', now() + interval '2 days', now() + interval '3 days', true, 50000, 1000000 from unnest($1::uuid[]) id`,
    [Object.values(events)],
  );
  await client.query("create sequence public.bench_sale start 2; create sequence public.bench_ticket start 2");
  await client.query(
    "create table public.bench_row (id int primary key, n int not null); insert into public.bench_row values (1, 0)",
  );
  const buyerOf = (kind: keyof typeof events) =>
    `('a0000000-0000-4000-8000-' || lpad(to_hex(nextval('public.bench_${kind}')::int), 12, '0'))::uuid`;
  const scripts = {
    // A refused checkout divides by zero, which aborts the benchmark.
    sale: `select 1 / (ticket_service.begin_checkout(${buyerOf("sale")}, 'key', 'hash', '${events.sale}', 'sandbox', null) ->> 'next' = 'pay')::int;`,
    ticket: `insert into ticket_service.tickets (user_id, event_id, status) values (${buyerOf("ticket")}, '${events.ticket}', 'pending');`,
    bare: "update public.bench_row set n = n + 1 where id = 1;",
  };
  const rates = { sale: [] as number[], ticket: [] as number[], bare: [] as number[] };
  for (let round = 0; round < rounds; round++) {
    for (const kind of ["sale", "ticket", "bare"] as const) {
      const script = join(directory, `${kind}.sql`);
      writeFileSync(script, `${scripts[kind]}\n`);
      rates[kind].push(await perSecond(pgbench, url, script));
    }
  }
  const ratioOf = (kind: "sale" | "ticket") => rates[kind].map((rate, round) => rate / rates.bare[round]!);
  const shown = (ratios: number[]) => ratios.map((ratio) => ratio.toFixed(2));
  console.log(
    `\nSeats of one event per second over ${connections} connections (${rounds} alternating rounds of ${seconds} s)`,
  );
  console.table({
    "held by begin_checkout": rates.sale.map(Math.round),
    "tickets inserted": rates.ticket.map(Math.round),
    "single row updated": rates.bare.map(Math.round),
    "checkout / single row": shown(ratioOf("sale")),
    "ticket / single row": shown(ratioOf("ticket")),
  });
  console.log(`Median ratios ${median(ratioOf("sale")).toFixed(2)} and ${median(ratioOf("ticket")).toFixed(2)}`);
}
