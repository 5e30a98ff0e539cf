import type { ErrorCode } from "../../../types/index.ts";
import { type Person, service } from "../../support/people.ts";
import { type Answer, ok } from "../support/answers.ts";
import { asOwner, host, inHours, nobody, tickets, users } from "../support/scenes.ts";
import type { Attempt } from "./attempt.ts";

const server = service().schema("ticket_service");

/** A refusal that was stored as the answer to an idempotency key, as the edge function returns it. */
function handedOn<T extends { data: unknown }>(answer: T): T | Answer {
  const kept = answer.data as { status?: number; answer?: { error: { code: string; message: string } } } | null;
  if (!kept?.status || kept.status < 400) return answer;
  return { ...answer, data: null, status: kept.status, error: kept.answer!.error } as unknown as Answer;
}
const priced = { ticketing_enabled: true, price: 50_000, start_time: inHours(48), end_time: inHours(50) };

const begin = async (
  { id }: Person,
  event_id: string,
  { key = nobody() as string, hash = "hash", method = "sandbox" as string | null } = {},
) =>
  handedOn(
    await server.rpc("begin_checkout", {
      person: id,
      idempotency_key: key,
      request_hash: hash,
      event_id,
      ...(method && { payment_method: method }),
    }),
  );

/** Buys and pays for a ticket. */
async function bought(buyer: Person, event_id: string, amount = 50_000): Promise<string> {
  const { attempt } = ok(await begin(buyer, event_id)) as { attempt: { id: string; ticket_id: string } };
  const payments = [{ id: nobody(), state: "paid", amount, currency: "IDR" }];
  ok(
    await server.rpc("record_notice", {
      provider: "sandbox",
      notice_id: nobody(),
      attempt_id: attempt.id,
      facts: { payments },
    }),
  );
  return attempt.ticket_id;
}

const refund = async ({ id }: Person, ticket_id: string, amount?: number) =>
  handedOn(
    await server.rpc("begin_refund", {
      person: id,
      idempotency_key: nobody(),
      request_hash: "hash",
      ticket_id,
      ...(amount !== undefined && { amount }),
    }),
  );

const setPolicy = (person: Person, event_id: string, policy: object) =>
  tickets(person)
    .from("refund_policies")
    .insert({ event_id, ...policy });

const invite = (person: Person, event_id: string, invitees: string[]) =>
  users(person).rpc("invite", { event_id, invitees });

async function withPolicy(ani: Person, cannot: object, can: object): Promise<{ cannot: Answer; can: Answer }> {
  const answers = {
    cannot: await setPolicy(ani, await host(ani), cannot),
    can: await setPolicy(ani, await host(ani), can),
  };
  return { ...answers, can: { ...answers.can, data: true } };
}

export const selling = {
  already_has_ticket: async ({ ani, budi, citra }) => {
    const event = await host(ani, priced);
    await bought(budi, event);
    return { cannot: await begin(budi, event), can: await begin(citra, event) };
  },
  amount_is_for_hosts: async ({ ani, budi }) => {
    const ticket = await bought(budi, await host(ani, priced));
    return { cannot: await refund(budi, ticket, 1_000), can: await refund(ani, ticket, 1_000) };
  },
  deadline_out_of_range: ({ ani }) => withPolicy(ani, { closes_hours_before: 8761 }, { closes_hours_before: 8760 }),
  fee_out_of_range: ({ ani }) => withPolicy(ani, { fee_percent: 101 }, { fee_percent: 100 }),
  two_fees: ({ ani }) => withPolicy(ani, { fee_percent: 1, fee_fixed: 1 }, { fee_percent: 1 }),
  idempotency_key_reused: async ({ ani, budi }) => {
    const free = await host(ani, { ticketing_enabled: true });
    const key = nobody();
    const can = await begin(budi, free, { key });
    return { can, cannot: await begin(budi, free, { key, hash: "another" }) };
  },
  invalid_amount: async ({ ani, budi }) => {
    const ticket = await bought(budi, await host(ani, priced));
    return { cannot: await refund(ani, ticket, 0.5), can: await refund(ani, ticket, 5) };
  },
  invalid_idempotency_key: async ({ ani, budi }) => {
    const event = await host(ani, priced);
    return {
      cannot: await begin(budi, event, { key: "k".repeat(256) }),
      can: await begin(budi, event, { key: nobody().padEnd(255, "k") }),
    };
  },
  no_ticket_needed: async ({ ani, budi }) => ({
    cannot: await begin(budi, await host(ani)),
    can: await begin(budi, await host(ani, { ticketing_enabled: true })),
  }),
  not_staff: async ({ ani, budi }) => {
    const event_id = await host(ani, priced);
    const look = (person: Person) => tickets(person).rpc("revoked_tickets", { event_id });
    return { cannot: await look(budi), can: await look(ani) };
  },
  payment_method_required: async ({ ani, budi }) => {
    const event = await host(ani, priced);
    return { cannot: await begin(budi, event, { method: null }), can: await begin(budi, event) };
  },
  payment_not_set_aside: async ({ ani, budi, citra }) => {
    const event = await host(ani, priced);
    const transactionOf = async (ticket: string) =>
      (
        await asOwner<{ id: string }>("select id from ticket_service.ticket_transactions where ticket_id = $1", [
          ticket,
        ])
      )[0]!.id;
    const [right, less] = [await bought(budi, event), await bought(citra, event, 1)];
    return {
      cannot: await server.rpc("refund_rest", { transaction_id: await transactionOf(right) }),
      can: await server.rpc("refund_rest", { transaction_id: await transactionOf(less) }),
    };
  },
  item_not_open: async ({ ani, budi, citra }) => {
    const event = await host(ani, priced);
    const close = async (ticket: string) => {
      const [transaction] = await asOwner<{ id: string }>(
        "select id from ticket_service.ticket_transactions where ticket_id = $1",
        [ticket],
      );
      return server.rpc("close_item", { kind: "payment", id: transaction!.id, reference: "kept" });
    };
    return { cannot: await close(await bought(budi, event)), can: await close(await bought(citra, event, 1)) };
  },
  refund_deadline_passed: async ({ ani, budi }) => ({
    cannot: await refund(budi, await bought(budi, await host(ani, { ...priced, start_time: inHours(23) }))),
    can: await refund(budi, await bought(budi, await host(ani, { ...priced, start_time: inHours(25) }))),
  }),
  refund_not_open: async ({ ani, budi }) => {
    const begun = ok(await refund(ani, await bought(budi, await host(ani, priced)))) as { refund: { id: string } };
    const close = () => server.rpc("close_refund", { refund_id: begun.refund.id, reference: "transfer" });
    const cannot = await close();
    ok(await server.rpc("record_refund", { refund_id: begun.refund.id, state: "failed" }));
    return { cannot, can: { ...(await close()), data: true } };
  },
  request_in_progress: async ({ ani, budi }) => {
    const event = await host(ani, priced);
    const key = nobody();
    const can = await begin(budi, event, { key });
    return { can, cannot: await begin(budi, event, { key }) };
  },
  seats_available: async ({ ani, budi, citra }) => {
    const [open, sold] = [await host(ani, priced), await host(ani, { ...priced, max_attendees: 1 })];
    await bought(citra, sold);
    const wait = (event_id: string) => tickets(budi).rpc("join_waitlist", { event_id });
    return { cannot: await wait(open), can: await wait(sold) };
  },
  ticket_ended: async ({ ani, budi }) => {
    const ticket = await bought(budi, await host(ani, priced));
    const can = await refund(budi, ticket);
    return { can, cannot: await refund(budi, ticket) };
  },
  ticket_not_found: async ({ ani, budi, citra }) => {
    const ticket = await bought(budi, await host(ani, priced));
    return { cannot: await refund(citra, ticket), can: await refund(budi, ticket) };
  },
  ticket_not_paid: async ({ ani, budi }) => {
    const { attempt } = ok(await begin(budi, await host(ani, priced))) as { attempt: { ticket_id: string } };
    return { cannot: await refund(ani, attempt.ticket_id), can: await refund(budi, attempt.ticket_id) };
  },
  ticket_used: async ({ ani, budi }) => {
    const event_id = await host(ani, priced);
    const ticket = await bought(budi, event_id);
    const { attendance_code: code } = ok(await tickets(budi).from("tickets").select().eq("id", ticket).single());
    ok(await tickets(ani).rpc("check_in", { event_id, code }));
    return { cannot: await refund(budi, ticket), can: await refund(ani, ticket) };
  },
  too_many_attempts: async ({ ani, budi }) => {
    const event = await host(ani, priced);
    const setLock = () =>
      asOwner(`with made as (update ticket_private.attempts set checkout_url = 'https://pay.test' where idempotency_key = 'attempts')
        update ticket_private.idempotency_keys set locked_until = now() where key = 'attempts'`);
    const can = await begin(budi, event, { method: "first", key: "attempts" });
    for (const method of ["second", "third"]) {
      await setLock();
      ok(await begin(budi, event, { method, key: "attempts" }));
    }
    await setLock();
    return { can, cannot: await begin(budi, event, { method: "fourth", key: "attempts" }) };
  },
  too_many_holds: async ({ ani, budi }) => {
    const event = await host(ani, priced);
    const hold = async () => {
      const begun = await begin(budi, event);
      const { attempt } = ok(begun) as { attempt: { id: string; ticket_id: string } };
      await asOwner("update ticket_private.attempts set checkout_url = 'https://pay.test' where id = $1", [attempt.id]);
      await asOwner("update ticket_service.tickets set status = 'cancelled' where id = $1", [attempt.ticket_id]);
      return begun;
    };
    for (let n = 0; n < 4; n++) await hold();
    return { can: await hold(), cannot: await begin(budi, event) };
  },
  too_many_invitations: async ({ ani, budi, citra }) => {
    const event = await host(ani);
    ok(await invite(ani, event, [budi.username]));
    const setSent = (sent: number) =>
      asOwner("update user_private.invitations_sent set sent = $2 where inviter_id = $1", [ani.id, sent]);
    await setSent(99);
    const can = await invite(ani, event, [citra.username]);
    const cannot = await invite(ani, await host(ani), [citra.username]);
    await setSent(0);
    return { cannot, can };
  },
  too_many_invitees: async ({ ani }) => {
    const event = await host(ani);
    const people = (count: number) => Array.from({ length: count }, (_, n) => `nobody_${n}`);
    return { cannot: await invite(ani, event, people(51)), can: await invite(ani, event, people(50)) };
  },
} satisfies Partial<Record<ErrorCode, Attempt>>;
