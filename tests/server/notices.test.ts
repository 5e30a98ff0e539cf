import { randomUUID } from "node:crypto";
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect } from "../support/database.ts";

// The order and the number of a payment's notices do not change the outcome. Each sequence runs in its own transaction,
// with a fixed clock and from the same initial state, and is rolled back.

const payment = (state: string) => ({
  payments: [{ id: "pay", state, amount: 50_000, currency: "IDR", method: "card" }],
});
const refund = (id: string, state: string, amount: number, more = {}) => ({
  refunds: [{ id, payment_id: "pay", state, amount, currency: "IDR", ...more }],
});
const dispute = (more: object) => ({
  disputes: [{ id: "dispute", payment_id: "pay", amount: 50_000, currency: "IDR", ...more }],
});

const NOTICES = {
  pending: payment("pending"),
  expired: payment("expired"),
  failed: payment("failed"),
  paid: payment("paid"),
  paid_less: { payments: [{ id: "pay2", state: "paid", amount: 40_000, currency: "IDR", method: "card" }] },
  less_reversed: { payments: [{ id: "pay2", state: "reversed", amount: 40_000, currency: "IDR", method: "card" }] },
  reversed: payment("reversed"),
  page_expired: { payments: [{ id: "page", state: "expired" }] },
  refund_sent: refund("part", "sent", 20_000),
  refund_succeeded: refund("part", "succeeded", 20_000),
  refund_failed: refund("part", "failed", 20_000),
  whole_refund: refund("rest", "succeeded", 30_000),
  dispute_opened: dispute({}),
  withdrawn: dispute({ withdrawn: true }),
  reinstated: dispute({ reinstated: true }),
} as const;
type Notice = keyof typeof NOTICES;

/** Notices of a payment of which we requested a refund before the sequence starts. */
const OURS = {
  paid: payment("paid"),
  reversed: payment("reversed"),
  sent: refund("ours", "sent", 50_000, { our_id: "$refund" }),
  requires_action: refund("ours", "requires_action", 50_000, { our_id: "$refund" }),
  succeeded: refund("ours", "succeeded", 50_000, { our_id: "$refund" }),
  failed: refund("ours", "failed", 50_000, { our_id: "$refund" }),
  withdrawn: dispute({ withdrawn: true }),
  reinstated: dispute({ reinstated: true }),
} as const;

/** Our refund and a partial refund made at the provider: both may succeed, and both may fail later. */
const BOTH = {
  succeeded: refund("ours", "succeeded", 50_000, { our_id: "$refund" }),
  sent: refund("ours", "sent", 50_000, { our_id: "$refund" }),
  requires_action: refund("ours", "requires_action", 50_000, { our_id: "$refund" }),
  failed: refund("ours", "failed", 50_000, { our_id: "$refund" }),
  part_sent: refund("part", "sent", 20_000),
  part_succeeded: refund("part", "succeeded", 20_000),
  part_failed: refund("part", "failed", 20_000),
  withdrawn: dispute({ withdrawn: true }),
  reinstated: dispute({ reinstated: true }),
} as const;

/** A full refund made at the provider, which may fail later. */
const WHOLE = {
  paid: payment("paid"),
  reversed: payment("reversed"),
  succeeded: refund("rest", "succeeded", 50_000),
  failed: refund("rest", "failed", 50_000),
  withdrawn: dispute({ withdrawn: true }),
  reinstated: dispute({ reinstated: true }),
} as const;

const host = randomUUID();
const buyers = [randomUUID(), randomUUID()];
const events: string[] = [];
let clients: pg.Client[];

beforeAll(async () => {
  clients = [await connect(), await connect()];
  const [owner] = clients;
  for (const id of [host, ...buyers]) {
    await owner!.query("insert into auth.users (id, raw_user_meta_data) values ($1, '{}')", [id]);
  }
  for (const client of clients) {
    const { rows } = await owner!.query(
      `insert into event_service.events (host_id, title, start_time, end_time, ticketing_enabled, price, max_attendees, location_lat, location_lng)
       values ($1, 'Notices', now() + interval '2 days', now() + interval '3 days', true, 50000, 5, -80, 0) returning id`,
      [host],
    );
    events.push(rows[0].id);
    await client.query(PLAY);
  }
});
afterAll(async () => {
  await clients[0]!.query("delete from event_service.events where id = any ($1)", [events]);
  await clients[0]!.query("delete from auth.users where id = any ($1)", [[host, ...buyers]]);
  await Promise.all(clients.map((client) => client.end()));
});

/** Plays each sequence (indexes of notices) and returns the final states, as `[[sequence, end]]`. */
const PLAY = `
  create procedure pg_temp.play(buyer uuid, event uuid, notices jsonb, paid jsonb, refunded boolean, sequences jsonb, inout ends jsonb) language plpgsql as $play$
  declare
    sequence jsonb;
    attempt jsonb;
    refund text;
    ticket uuid;
    leads_to text;
    results jsonb[] := '{}';
  begin
    for sequence in select * from jsonb_array_elements(sequences) loop
      attempt := ticket_service.begin_checkout(buyer, 'key', 'hash', event, 'sandbox', null) -> 'attempt';
      ticket := (attempt ->> 'ticket_id')::uuid;
      if refunded then
        perform ticket_service.record_notice('sandbox', null, (attempt ->> 'id')::uuid, paid);
        refund := ticket_service.begin_refund(buyer, 'refund', 'hash', ticket) #>> '{refund,id}';
      end if;
      for step in 0 .. jsonb_array_length(sequence) - 1 loop
        perform ticket_service.record_notice('sandbox', null, (attempt ->> 'id')::uuid,
          replace((notices -> (sequence ->> step)::int)::text, '$refund', coalesce(refund, ''))::jsonb);
      end loop;
      set constraints all immediate;
      select jsonb_build_object(
        'ticket', (select t.status from ticket_service.tickets t where t.id = ticket),
        'seats', (select array[s.held, s.sold] from ticket_private.event_seats s where s.event_id = event),
        'attempt', (select a.state from ticket_private.attempts a where a.ticket_id = ticket),
        'payments', (select jsonb_agg(jsonb_build_array(p.provider_id, p.state, p.outcome) order by p.provider_id) from ticket_private.payments p where p.ticket_id = ticket),
        'transactions', (select jsonb_agg(jsonb_build_array(x.kind, x.transaction_id, x.amount, x.status, x.outcome) order by x.kind, x.transaction_id, x.amount)
          from ticket_service.ticket_transactions x where x.ticket_id = ticket and not exists (select from ticket_private.refunds r where r.id = x.id and r.is_overtaken and not r.is_done)),
        -- Ignores refunds that were overtaken before they were sent: whether they exist depends on the order of notices.
        'refunds', (select jsonb_agg(jsonb_build_array(r.origin, r.provider_id, r.amount, r.state, r.is_excess) order by r.origin, r.provider_id, r.amount)
          from ticket_private.refunds r where r.ticket_id = ticket and (r.is_done or not r.is_overtaken)),
        'journal', (select jsonb_agg(jsonb_build_array(j.kind, j.amount) order by j.kind)
          from (select e.kind, sum(e.amount) as amount from ticket_private.journal_entries e where e.ticket_id = ticket group by e.kind having sum(e.amount) <> 0) j))::text
      into leads_to;
      rollback;
      results := results || jsonb_build_array(sequence::text, leads_to);
    end loop;
    ends := to_jsonb(results);
  end $play$`;

async function play(notices: object, refunded: boolean, sequences: number[][]): Promise<Map<string, string>> {
  // Two sequences run concurrently, and a provider's ids must be unique.
  const list = (what: unknown, n: number) =>
    JSON.stringify(what).replace(/"(pay|pay2|page|part|rest|ours|dispute)"/g, `"$1~${n}"`);
  const halves = clients.map((_, n) => sequences.filter((_, place) => place % clients.length === n));
  const results = await Promise.all(
    halves.map((half, n) =>
      clients[n]!.query<{ ends: [string, string][] }>("call pg_temp.play($1, $2, $3, $4, $5, $6, null)", [
        buyers[n],
        events[n],
        list(Object.values(notices), n),
        list(payment("paid"), n),
        refunded,
        JSON.stringify(half),
      ]),
    ),
  );
  return new Map(
    results.flatMap(({ rows }) =>
      rows[0]!.ends.map(([sequence, end]): [string, string] => [
        sequence.replaceAll(" ", ""),
        end.replaceAll(/~\d/g, ""),
      ]),
    ),
  );
}

/** Sequences of the same notices that lead to different final states. */
function disagreements(notices: object, ends: Map<string, string>): string[] {
  const names = Object.keys(notices);
  const bySet = new Map<string, [string, string]>();
  const found: string[] = [];
  for (const [sequence, end] of ends) {
    const words = (JSON.parse(sequence) as number[]).map((n) => names[n]).join(", ");
    const set = [...new Set(JSON.parse(sequence) as number[])].sort((a, b) => a - b).join();
    const known = bySet.get(set);
    if (!known) bySet.set(set, [words, end]);
    else if (known[1] !== end) found.push(`${known[0]}\n  ${known[1]}\n${words}\n  ${end}`);
  }
  return found;
}

/** Every sequence of these notices up to a length, including repetitions. */
function sequencesOf(notices: number[], longest: number): number[][] {
  let last: number[][] = [[]];
  const all: number[][] = [];
  for (let length = 1; length <= longest; length++) {
    last = last.flatMap((sequence) => notices.map((notice) => [...sequence, notice]));
    all.push(...last);
  }
  return all;
}

const numbersOf = (names: Notice[]) => names.map((name) => Object.keys(NOTICES).indexOf(name));

describe("a payment's notices lead to the same final state", () => {
  it("in every sequence of up to five, of five kinds of notice", async () => {
    const kinds = numbersOf(["pending", "failed", "paid", "reversed", "refund_succeeded"]);
    const ends = await play(NOTICES, false, sequencesOf(kinds, 5));
    expect(ends.size).toBe(5 + 5 ** 2 + 5 ** 3 + 5 ** 4 + 5 ** 5);
    expect(disagreements(NOTICES, ends).slice(0, 3)).toEqual([]);
    // Different notices lead to different states, so the comparison is meaningful.
    expect(new Set(ends.values()).size).toBeGreaterThan(8);
  });

  it("in every sequence of up to three of all notices", async () => {
    const ends = await play(
      NOTICES,
      false,
      sequencesOf(
        Object.keys(NOTICES).map((_, n) => n),
        3,
      ),
    );
    expect(disagreements(NOTICES, ends).slice(0, 3)).toEqual([]);
  });

  it("in every sequence of up to three after a refund that we requested", async () => {
    const ends = await play(
      OURS,
      true,
      sequencesOf(
        Object.keys(OURS).map((_, n) => n),
        3,
      ),
    );
    expect(disagreements(OURS, ends).slice(0, 3)).toEqual([]);
  });

  it("in every sequence of up to three with our refund and a partial refund at the provider", async () => {
    const ends = await play(
      BOTH,
      true,
      sequencesOf(
        Object.keys(BOTH).map((_, n) => n),
        3,
      ),
    );
    expect(disagreements(BOTH, ends).slice(0, 3)).toEqual([]);
  });

  it("in every sequence of up to four when money is refunded twice", async () => {
    const names: (keyof typeof BOTH)[] = ["succeeded", "failed", "part_succeeded", "part_failed"];
    const kinds = names.map((name) => Object.keys(BOTH).indexOf(name));
    const ends = await play(BOTH, true, sequencesOf(kinds, 4));
    expect(disagreements(BOTH, ends).slice(0, 3)).toEqual([]);
  });

  it("in every sequence of up to four with a full refund at the provider", async () => {
    const ends = await play(
      WHOLE,
      false,
      sequencesOf(
        Object.keys(WHOLE).map((_, n) => n),
        4,
      ),
    );
    expect(disagreements(WHOLE, ends).slice(0, 3)).toEqual([]);
  });

  it("in ten thousand random sequences", { timeout: 600_000 }, async () => {
    // A fixed seed makes the runs repeatable. Each sequence is compared with its notices in order.
    let seed = 20261123;
    const random = (below: number) => {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      return Math.floor((seed / 2 ** 32) * below);
    };
    const kinds = Object.keys(NOTICES).length;
    const sequences = Array.from({ length: 10_000 }, () => {
      const some = Array.from({ length: 2 + random(4) }, () => random(kinds));
      return Array.from({ length: 4 + random(5) }, () => some[random(some.length)]!);
    });
    const inOrder = sequences.map((sequence) => [...new Set(sequence)].sort((a, b) => a - b));
    const ends = await play(NOTICES, false, [
      ...new Map([...sequences, ...inOrder].map((one) => [one.join(), one])).values(),
    ]);
    expect(disagreements(NOTICES, ends).slice(0, 3)).toEqual([]);
  });
});
