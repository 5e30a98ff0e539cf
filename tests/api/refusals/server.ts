import { type Client as Connection, DatabaseError } from "pg";
import type { ErrorCode, ServiceDatabase } from "../../../types/index.ts";
import { connect, inRolledBackTransaction } from "../../support/database.ts";
import { type Person, service } from "../../support/people.ts";
import { type Answer, ok } from "../support/answers.ts";
import { host, poll, posts } from "../support/scenes.ts";
import type { Attempt, Cast } from "./attempt.ts";

type Table = ServiceDatabase["ticket_service"]["Tables"];

const asServer = () => service().schema("ticket_service");

async function ticket(host_: Person, given: Partial<Table["tickets"]["Insert"]> = {}): Promise<string> {
  const event_id = given.event_id ?? (await host(host_, { ticketing_enabled: true }));
  return ok(
    await asServer()
      .from("tickets")
      .insert({ ...given, event_id })
      .select("id")
      .single(),
  ).id;
}

async function payment(ticket_id: string): Promise<string> {
  const paid = { ticket_id, amount: 50_000, status: "success" } as const;
  return ok(await asServer().from("ticket_transactions").insert(paid).select("id").single()).id;
}

const refund = (ticket_id: string, refund_of: string, amount: number, currency = "IDR") =>
  asServer()
    .from("ticket_transactions")
    .insert({ ticket_id, refund_of, amount, currency, kind: "refund", status: "success" });

/** No client can reach the journal, so this runs as the owner and returns errors as PostgREST would. */
async function inJournal({ ani }: Cast, work: (db: Connection, ticket: string) => Promise<unknown>): Promise<Answer> {
  const id = await ticket(ani);
  const db = await connect();
  try {
    return await inRolledBackTransaction(db, async () => {
      await work(db, id);
      await db.query("set constraints all immediate");
      return { data: null, status: 200, error: null };
    });
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    return { data: null, error: JSON.parse(error.message), status: JSON.parse(error.detail ?? "").status };
  } finally {
    await db.end();
  }
}

/** Records a payment of one amount at the provider, and a journal entry of another. */
async function book(db: Connection, ticket: string, reported: number, entered: number): Promise<void> {
  const { rows } = await db.query(
    "insert into ticket_service.ticket_transactions (ticket_id, amount, status) values ($1, $2, 'success') returning id",
    [ticket, reported],
  );
  await db.query(
    `insert into ticket_private.payments (provider, provider_id, attempt_id, ticket_id, transaction_id, state, amount, currency)
     values ('test', $1::text, $1::text::uuid, $2, $1::text::uuid, 'paid', $3, 'IDR')`,
    [rows[0].id, ticket, reported],
  );
  await db.query(
    `insert into ticket_private.journal_entries (ticket_id, transaction_id, kind, amount, currency)
     values ($2, $1, 'captured', $3, 'IDR')`,
    [rows[0].id, ticket, entered],
  );
}

export const server = {
  invalid_attendance_code: async ({ ani }) => {
    const event_id = await host(ani, { ticketing_enabled: true });
    const issue = (attendance_code: string) => asServer().from("tickets").insert({ event_id, attendance_code });
    const code = Array.from({ length: 8 }, () => "23456789ABCDEFGH"[Math.floor(Math.random() * 16)]).join("");
    return { cannot: await issue(`${code.slice(0, 7)}I`), can: await issue(code) };
  },
  sold_out: async ({ ani, budi, citra }) => {
    const event_id = await host(ani, { ticketing_enabled: true, max_attendees: 1 });
    const sell = ({ id }: Person) => asServer().from("tickets").insert({ event_id, user_id: id, status: "active" });
    const can = await sell(budi);
    return { can, cannot: await sell(citra) };
  },
  poll_has_votes: async ({ ani, budi }) => {
    const [voted, open] = [await poll(ani), await poll(ani)];
    ok(await posts(budi).from("poll_votes").insert({ post_id: voted.id, option_id: voted.options[0]! }));
    const remove = (option: string) => service().schema("post_service").from("poll_options").delete().eq("id", option);
    return { cannot: await remove(voted.options[1]!), can: await remove(open.options[1]!) };
  },
  refund_exceeds_payment: async ({ ani }) => {
    const id = await ticket(ani);
    const paid = await payment(id);
    return { cannot: await refund(id, paid, 50_001), can: await refund(id, paid, 50_000) };
  },
  refund_mismatch: async ({ ani }) => {
    const id = await ticket(ani);
    const paid = await payment(id);
    return { cannot: await refund(id, paid, 10, "EUR"), can: await refund(id, paid, 10) };
  },
  journal_is_append_only: async (cast) => ({
    cannot: await inJournal(cast, async (db, id) => {
      await book(db, id, 10, 10);
      await db.query("update ticket_private.journal_entries set amount = 20 where ticket_id = $1", [id]);
    }),
    can: await inJournal(cast, async (db, id) => {
      await book(db, id, 10, 10);
      await book(db, id, 20, 20);
    }),
  }),
  journal_out_of_balance: async (cast) => ({
    cannot: await inJournal(cast, (db, id) => book(db, id, 10, 11)),
    can: await inJournal(cast, (db, id) => book(db, id, 10, 10)),
  }),
} satisfies Partial<Record<ErrorCode, Attempt>>;
