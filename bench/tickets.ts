import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type pg from "pg";
import { median } from "./compare.ts";
import { connections, perSecond, rounds, seconds } from "./pgbench.ts";

const event = "c0000000-0000-4000-8000-0000000fffff";

/** A flash sale of one event at 16 connections, against an update of one bare row on the same server, in turn. */
export async function benchTickets(client: pg.Client, url: string, directory: string, pgbench: string): Promise<void> {
  await client.query(
    `insert into event_service.events (id, title, start_time, end_time, ticketing_enabled, price, max_attendees)
     values ($1, 'hot', now() + interval '2 days', now() + interval '3 days', true, 50000, 1000000)`,
    [event],
  );
  await client.query("create sequence public.bench_buyers start 2");
  await client.query(
    "create table public.bench_row (id int primary key, n int not null); insert into public.bench_row values (1, 0)",
  );
  const buyer = "('a0000000-0000-4000-8000-' || lpad(to_hex(nextval('public.bench_buyers')::int), 12, '0'))::uuid";
  const scripts = {
    sale: `select ticket_service.begin_checkout(${buyer}, 'key', 'hash', '${event}', 'sandbox', null);`,
    bare: "update public.bench_row set n = n + 1 where id = 1;",
  };
  const rates = { sale: [] as number[], bare: [] as number[] };
  for (let round = 0; round < rounds; round++) {
    for (const kind of ["sale", "bare"] as const) {
      const script = join(directory, `${kind}.sql`);
      writeFileSync(script, `${scripts[kind]}\n`);
      rates[kind].push(await perSecond(pgbench, url, script));
    }
  }
  const ratios = rates.sale.map((rate, round) => rate / rates.bare[round]!);
  console.log(
    `\nSeats of one event at ${connections} connections, per second (${rounds} rounds of ${seconds} s in turn)`,
  );
  console.table({
    "held by begin_checkout": rates.sale.map(Math.round),
    "a bare row updated": rates.bare.map(Math.round),
    ratio: ratios.map((ratio) => ratio.toFixed(2)),
  });
  console.log(`Median ratio ${median(ratios).toFixed(2)}`);
}
