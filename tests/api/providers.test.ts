import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Payments, startPayments } from "../support/payments.ts";
import { type Person, signUp } from "../support/people.ts";
import { ok } from "./support/answers.ts";
import { checkout, done, newKey, refund } from "./support/edge.ts";
import { asOwner, host, inHours, tickets } from "./support/scenes.ts";

const priced = {
  ticketing_enabled: true,
  price: 75_000,
  max_attendees: 10,
  start_time: inHours(48),
  end_time: inHours(50),
};

let payments: Payments;
let owner: Person;
let buyer: Person;
let event: string;

beforeAll(async () => {
  payments = await startPayments();
  owner = await signUp("host");
});
afterAll(() => payments?.stop());
beforeEach(async () => {
  payments.stripe.before = payments.midtrans.before = async () => undefined;
  payments.stripe.refundStatus = "succeeded";
  payments.midtrans.refundAnswer = { status_code: "200", confirmed: true };
  buyer = await signUp("buyer");
  event = await host(owner, priced);
});

const begin = (payment_method: string, key = newKey(), more = {}) =>
  checkout(buyer, event, { payment_method, ...more }, key, payments.api.url);
const refundTicket = (person: Person, ticket: string, more = {}) =>
  refund(person, ticket, more, newKey(), payments.api.url);
const mine = async () => ok(await tickets(buyer).rpc("my_tickets"))[0]!;
const sessionOf = (url: string) => url.split("/").at(-1)!;
/** Makes all scheduled checks and refunds due. */
const later = () =>
  asOwner(
    `with mine as (select id from ticket_service.tickets where event_id = $1),
       attempts as (update ticket_private.attempts set check_at = now() where check_at is not null and ticket_id in (table mine))
     update ticket_private.refunds set send_at = now() where send_at is not null and ticket_id in (table mine)`,
    [event],
  );
const journal = async (ticket: string) =>
  (
    await asOwner<{ kind: string; amount: string }>(
      "select kind::text, sum(amount)::text as amount from ticket_private.journal_entries where ticket_id = $1 group by kind",
      [ticket],
    )
  ).map(({ kind, amount }) => `${kind} ${Number(amount)}`);

describe("stripe", () => {
  /** A paid checkout and its notice. */
  async function paid() {
    const { ticket, checkout_url } = done(await begin("stripe"));
    const session = payments.stripe.pay(sessionOf(checkout_url!));
    const notice = await payments.stripe.notice("checkout.session.completed", session);
    return { ticket, session, notice };
  }

  test("creates one session for each key, in minor units, with published parameters", async () => {
    const key = newKey();
    const first = done(await begin("stripe", key, { return_url: "https://app.anigmaa.test/tickets" }));
    const session = payments.stripe.sessions.get(sessionOf(first.checkout_url!))!;
    expect(session).toMatchObject({
      amount_total: 7_500_000,
      currency: "idr",
      metadata: { attempt_id: first.transaction!.id },
    });
    expect(session.expires_at * 1000).toBe(Math.floor(Date.parse(first.expires_at!) / 1000) * 1000);
    expect(Date.parse(first.ticket.held_until!) - Date.parse(first.expires_at!)).toBe(10 * 60_000);
    expect(done(await begin("stripe", key, { return_url: "https://app.anigmaa.test/tickets" }))).toEqual(first);
    expect(payments.stripe.asked.get("allowed_payment_method_types[0]")).toBe("card");
    expect(payments.stripe.effects.get(first.transaction!.id)).toBe(1);
  });

  test("returns to a deep link with the scheme of an app that the operator allows, and no other", async () => {
    done(await begin("stripe", newKey(), { return_url: "anigmaa://tickets" }));
    expect(payments.stripe.asked.get("success_url")).toBe("anigmaa://tickets");
    for (const return_url of ["another://tickets", "javascript://anigmaa", "http://app.anigmaa.test/"]) {
      expect((await begin("stripe", newKey(), { return_url })).error?.code).toBe("return_url_not_allowed");
    }
  });

  test("accepts only signed notices", async () => {
    const { notice } = await paid();
    const edited = { ...notice, body: notice.body.replace('"amount_total":7500000', '"amount_total":1') };
    expect(edited.body).not.toBe(notice.body);
    expect(await payments.deliver("stripe", edited)).toEqual({ status: 401, code: "bad_signature" });
    expect(await payments.deliver("stripe", { ...notice, headers: {} })).toEqual({
      status: 401,
      code: "bad_signature",
    });
    expect((await mine()).status).toBe("pending");
    expect(await payments.deliver("stripe", notice)).toEqual({ status: 200, result: "recorded" });
    expect(await payments.deliver("stripe", notice)).toEqual({ status: 200, result: "repeated" });
    expect((await mine()).status).toBe("active");
    expect(await payments.deliver("stripe", await payments.stripe.notice("customer.created", { id: "cus_1" }))).toEqual(
      {
        status: 200,
        result: "ignored",
      },
    );
  });

  test("may report a payment or its failure later", async () => {
    const { ticket, checkout_url } = done(await begin("stripe"));
    const session = payments.stripe.pay(sessionOf(checkout_url!), { paid: false });
    await payments.deliver("stripe", await payments.stripe.notice("checkout.session.completed", session));
    expect((await mine()).status).toBe("pending");
    session.payment_status = "paid";
    await payments.deliver("stripe", await payments.stripe.notice("checkout.session.async_payment_succeeded", session));
    expect(await mine()).toMatchObject({ id: ticket.id, status: "active" });

    const other = await signUp("other");
    const second = done(await checkout(other, event, { payment_method: "stripe" }, newKey(), payments.api.url));
    const failing = payments.stripe.pay(sessionOf(second.checkout_url!), { paid: false });
    await payments.deliver("stripe", await payments.stripe.notice("checkout.session.async_payment_failed", failing));
    expect(ok(await tickets(other).rpc("my_tickets"))[0]).toMatchObject({
      status: "expired",
      payment: { status: "failed" },
    });

    buyer = await signUp("forgotten");
    const third = done(await begin("stripe"));
    const forgotten = payments.stripe.pay(sessionOf(third.checkout_url!), { paid: false });
    await payments.deliver("stripe", await payments.stripe.notice("checkout.session.completed", forgotten));
    payments.stripe.intents.get(forgotten.payment_intent!)!.status = "requires_payment_method";
    await later();
    await payments.maintain();
    expect((await mine()).status).toBe("expired");
  });

  test("keeps the hold while the buyer may try another card", async () => {
    const { checkout_url } = done(await begin("stripe"));
    const session = payments.stripe.sessions.get(sessionOf(checkout_url!))!;
    const declined = {
      status: "requires_payment_method",
      amount: 7_500_000,
      currency: "idr",
      metadata: session.metadata,
    };
    payments.stripe.intents.set("pi_declined", { id: "pi_declined", ...declined });
    session.payment_intent = "pi_declined";
    await later();
    await payments.maintain();
    expect((await mine()).status).toBe("pending");
    session.payment_intent = null;
    await payments.deliver(
      "stripe",
      await payments.stripe.notice("checkout.session.completed", payments.stripe.pay(session.id)),
    );
    expect((await mine()).status).toBe("active");
  });

  test("is queried about a payment whose notice never arrived", async () => {
    await paid();
    await later();
    expect(await payments.maintain()).toMatchObject({ problems: 0 });
    expect((await mine()).status).toBe("active");
  });

  test("expires its checkout page before the hold is cancelled or paid with another provider", async () => {
    const first = done(await begin("stripe"));
    const second = done(await begin("midtrans"));
    expect(second.ticket.id).toBe(first.ticket.id);
    expect(payments.stripe.sessions.get(sessionOf(first.checkout_url!))!.status).toBe("expired");
    expect(done(await refundTicket(buyer, first.ticket.id))).toMatchObject({
      ticket: { status: "cancelled" },
      refund: null,
    });
  });

  test("keeps a paid ticket when another provider is tried", async () => {
    await paid();
    expect(await begin("midtrans")).toMatchObject({ status: 409, error: { code: "already_has_ticket" } });
    expect((await mine()).status).toBe("active");
  });

  test("refunds once, whatever it answers and however often the request is sent", async () => {
    const { ticket, notice } = await paid();
    await payments.deliver("stripe", notice);
    let asked = 0;
    payments.stripe.before = async (request) => {
      if (request.method !== "POST" || !request.url.endsWith("/v1/refunds")) return undefined;
      asked += 1;
      return new Response("{}", { status: 503 });
    };
    expect(done(await refundTicket(buyer, ticket.id))).toMatchObject({
      ticket: { status: "refunded" },
      refund: { status: "pending", amount: 75_000 },
    });
    expect([asked > 0, await journal(ticket.id)]).toEqual([true, ["captured 75000"]]);
    payments.stripe.before = async () => undefined;
    for (const _ of [1, 2]) {
      await later();
      await payments.maintain();
    }
    expect((await journal(ticket.id)).sort()).toEqual(["captured 75000", "refunded 75000"]);
    expect([...payments.stripe.effects.values()].every((effects) => effects === 1)).toBe(true);
  });

  test("may delay a refund, and may fail it, which an operator then handles", async () => {
    const { ticket, notice } = await paid();
    await payments.deliver("stripe", notice);
    payments.stripe.refundStatus = "pending";
    expect(done(await refundTicket(buyer, ticket.id)).refund?.status).toBe("pending");
    const made = payments.stripe.refunds.at(-1)!;
    made.status = "requires_action";
    await payments.deliver("stripe", await payments.stripe.notice("refund.updated", made));
    expect((await mine()).refunds).toMatchObject([{ status: "pending" }]);
    made.status = "failed";
    await payments.deliver(
      "stripe",
      await payments.stripe.notice("refund.failed", { ...made, failure_reason: "expired_or_canceled_card" }),
    );
    const owed = await asOwner("select problem from ticket_service.operator_queue() where ticket_id = $1", [ticket.id]);
    expect(owed).toEqual([{ problem: "expired_or_canceled_card" }]);
  });

  test("is queried before a refund is sent again after a day", async () => {
    const { ticket, notice } = await paid();
    await payments.deliver("stripe", notice);
    // The refund succeeds but every answer is lost, and its key has expired when it is sent again.
    payments.stripe.before = async (request) => {
      if (request.method !== "POST" || !request.url.endsWith("/v1/refunds")) return undefined;
      payments.stripe.before = async (other) =>
        other.method === "POST" ? new Response("upstream failed", { status: 503 }) : undefined;
      const headers = { ...Object.fromEntries(request.headers), "idempotency-key": "forgotten" };
      await payments.stripe.receive(new Request(request.url, { method: "POST", headers, body: await request.text() }));
      return new Response("upstream failed", { status: 503 });
    };
    expect(done(await refundTicket(buyer, ticket.id)).refund?.status).toBe("pending");
    await asOwner(
      "update ticket_private.refunds set sent_at = now() - interval '21 hours', send_at = now() where ticket_id = $1",
      [ticket.id],
    );
    const before = payments.stripe.refunds.length;
    await payments.maintain();
    expect([payments.stripe.refunds.length, (await journal(ticket.id)).sort()]).toEqual([
      before,
      ["captured 75000", "refunded 75000"],
    ]);
  });

  test("a dispute cancels the ticket, and winning it returns the money", async () => {
    const { ticket, session, notice } = await paid();
    await payments.deliver("stripe", notice);
    const dispute = {
      id: "dp_1",
      object: "dispute",
      amount: 7_500_000,
      currency: "idr",
      payment_intent: session.payment_intent,
    };
    await payments.deliver(
      "stripe",
      await payments.stripe.notice("charge.dispute.created", { ...dispute, id: `dp_${ticket.id}` }),
    );
    expect((await mine()).status).toBe("active");
    await payments.deliver(
      "stripe",
      await payments.stripe.notice("charge.dispute.funds_withdrawn", { ...dispute, id: `dp_${ticket.id}` }),
    );
    expect(await mine()).toMatchObject({ status: "cancelled", payment: { outcome: "disputed" } });
    await payments.deliver(
      "stripe",
      await payments.stripe.notice("charge.dispute.funds_reinstated", { ...dispute, id: `dp_${ticket.id}` }),
    );
    expect((await journal(ticket.id)).sort()).toEqual([
      "captured 75000",
      "charge_back_returned 75000",
      "charged_back 75000",
    ]);
  });

  test("a lost dispute returns no money, and disputes of unknown payments are ignored", async () => {
    const { ticket, session, notice } = await paid();
    await payments.deliver("stripe", notice);
    const dispute = {
      id: `dp_${ticket.id}`,
      object: "dispute",
      amount: 7_500_000,
      currency: "idr",
      payment_intent: session.payment_intent,
    };
    for (const [type, status] of [
      ["charge.dispute.funds_withdrawn", "under_review"],
      ["charge.dispute.funds_reinstated", "lost"],
    ] as const) {
      await payments.deliver("stripe", await payments.stripe.notice(type, { ...dispute, status }));
    }
    expect((await journal(ticket.id)).sort()).toEqual(["captured 75000", "charged_back 75000"]);
    const foreign = { ...dispute, payment_intent: "pi_of_another_shop" };
    expect(
      await payments.deliver("stripe", await payments.stripe.notice("charge.dispute.funds_withdrawn", foreign)),
    ).toEqual({ status: 200, result: "ignored" });
  });

  test("retries a refused refund, and queues it for an operator after two days", async () => {
    const { ticket, notice } = await paid();
    await payments.deliver("stripe", notice);
    payments.stripe.before = async (request) =>
      request.method === "POST"
        ? Response.json({ error: { type: "invalid_request_error", code: "balance_insufficient" } }, { status: 400 })
        : undefined;
    expect(done(await refundTicket(buyer, ticket.id)).refund?.status).toBe("pending");
    const queue = () =>
      asOwner("select problem from ticket_service.operator_queue() where ticket_id = $1", [ticket.id]);
    expect(await queue()).toEqual([]);
    await asOwner(
      "update ticket_private.refunds set sent_at = now() - interval '49 hours', send_at = now() where ticket_id = $1",
      [ticket.id],
    );
    await payments.maintain();
    expect(await queue()).toEqual([{ problem: "balance_insufficient" }]);
  });

  test("keeps seats and money unchanged while it is not configured", async () => {
    const off = await startPayments({ env: { STRIPE_SECRET_KEY: "" } });
    try {
      const { ticket: sold, notice } = await paid();
      await payments.deliver("stripe", notice);
      expect(done(await refund(buyer, sold.id, {}, newKey(), off.api.url)).refund?.status).toBe("pending");
      buyer = await signUp("holder");
      const { ticket: held } = done(await begin("stripe"));
      expect(await refund(buyer, held.id, {}, newKey(), off.api.url)).toMatchObject({
        status: 502,
        error: { code: "provider_failed" },
      });
      expect((await mine()).status).toBe("pending");
      await later();
      await payments.maintain();
      expect((await journal(sold.id)).sort()).toEqual(["captured 75000", "refunded 75000"]);
      expect(done(await refundTicket(buyer, held.id)).ticket.status).toBe("cancelled");
    } finally {
      await off.stop();
    }
  });

  test("a failed checkout releases the hold, and a repetition gets the same answer", async () => {
    payments.stripe.before = async () => new Response("{}", { status: 500 });
    const key = newKey();
    const failed = await begin("stripe", key);
    expect(failed).toMatchObject({ status: 502, error: { code: "provider_failed" } });
    payments.stripe.before = async () => undefined;
    expect(await begin("stripe", key)).toEqual(failed);
    expect(await asOwner("select held from ticket_private.event_seats where event_id = $1", [event])).toEqual([
      { held: 0 },
    ]);
    expect((await begin("stripe")).status).toBe(200);
  });
});

describe("midtrans", () => {
  async function begun() {
    const { ticket, transaction } = done(await begin("midtrans"));
    return { ticket, order: transaction!.id };
  }

  test("creates a checkout in rupiah, with published parameters and refundable payment methods", async () => {
    const { order } = await begun();
    expect(payments.midtrans.orders.get(order)).toMatchObject({
      transaction_details: { order_id: order, gross_amount: 75_000 },
      enabled_payments: expect.not.arrayContaining(["bca_va"]),
      expiry: { unit: "minutes", duration: 35 },
    });
  });

  test("is queried for the real status, so that an edited notice has no effect", async () => {
    const { ticket, order } = await begun();
    payments.midtrans.pay(order, { transaction_status: "pending", settlement_time: undefined });
    const forged = payments.midtrans.notice(order, { transaction_status: "settlement", fraud_status: "accept" });
    expect(await payments.deliver("midtrans", forged)).toEqual({ status: 200, result: "recorded" });
    expect((await mine()).status).toBe("pending");
    payments.midtrans.pay(order);
    expect(await payments.deliver("midtrans", payments.midtrans.notice(order))).toEqual({
      status: 200,
      result: "recorded",
    });
    expect(await mine()).toMatchObject({ id: ticket.id, status: "active" });
    const changed = payments.midtrans.notice(order, { gross_amount: "1.00" });
    expect(await payments.deliver("midtrans", changed)).toEqual({ status: 401, code: "bad_signature" });
    for (const body of [
      "",
      "[]",
      "{}",
      '{"order_id": 1}',
      JSON.stringify({ ...JSON.parse(changed.body), signature_key: "" }),
    ]) {
      expect(await payments.deliver("midtrans", { headers: {}, body })).toEqual({ status: 401, code: "bad_signature" });
    }
  });

  test("has to repeat a notice if it cannot be queried", async () => {
    const { order } = await begun();
    payments.midtrans.pay(order);
    const notice = payments.midtrans.notice(order);
    payments.midtrans.before = async () => new Response("{}", { status: 500 });
    expect(await payments.deliver("midtrans", notice)).toEqual({ status: 503, code: "provider_unavailable" });
    payments.midtrans.before = async () => undefined;
    expect(await payments.deliver("midtrans", notice)).toEqual({ status: 200, result: "recorded" });
  });

  test.each([
    [
      "capture and accept",
      { transaction_status: "capture", fraud_status: "accept", payment_type: "credit_card" },
      "active",
    ],
    [
      "capture and challenge",
      { transaction_status: "capture", fraud_status: "challenge", payment_type: "credit_card" },
      "pending",
    ],
    ["authorize", { transaction_status: "authorize", fraud_status: "accept" }, "pending"],
    ["deny", { transaction_status: "deny" }, "pending"],
    ["failure", { transaction_status: "failure" }, "pending"],
    ["PENDING, in capitals", { transaction_status: "PENDING" }, "pending"],
    ["SETTLEMENT, in capitals", { transaction_status: "SETTLEMENT" }, "active"],
    ["expire", { transaction_status: "expire" }, "pending"],
    ["cancel", { transaction_status: "cancel" }, "pending"],
  ])("status %s", async (_, state, status) => {
    const { order } = await begun();
    payments.midtrans.pay(order, { settlement_time: undefined, ...state });
    await payments.deliver("midtrans", payments.midtrans.notice(order));
    expect((await mine()).status).toBe(status);
  });

  test("lets a buyer whose first payment expired pay again on the same page", async () => {
    const { order } = await begun();
    payments.midtrans.pay(order, {
      payment_type: "ovo",
      transaction_status: "expire",
      settlement_time: undefined,
    });
    await payments.deliver("midtrans", payments.midtrans.notice(order));
    expect((await mine()).status).toBe("pending");
    payments.midtrans.pay(order, { payment_type: "gopay" });
    await payments.deliver("midtrans", payments.midtrans.notice(order));
    expect((await mine()).status).toBe("active");
  });

  test("keeps the hold while a payment is under review", async () => {
    const { ticket, order } = await begun();
    const looking = { transaction_status: "capture", fraud_status: "challenge", payment_type: "credit_card" };
    const transaction = payments.midtrans.pay(order, { ...looking, settlement_time: undefined });
    expect(await refundTicket(buyer, ticket.id)).toMatchObject({ status: 409, error: { code: "payment_in_progress" } });
    expect(await begin("stripe")).toMatchObject({ status: 409, error: { code: "payment_in_progress" } });
    expect((await mine()).status).toBe("pending");
    transaction.fraud_status = "accept";
    await payments.deliver("midtrans", payments.midtrans.notice(order));
    expect((await mine()).status).toBe("active");
  });

  test("ends the checkout page of an expired or cancelled hold", async () => {
    const { ticket, order } = await begun();
    expect(done(await refundTicket(buyer, ticket.id)).ticket.status).toBe("cancelled");
    expect(payments.midtrans.cancelled).toContain(`snap-${order}`);
    const late = await begun();
    payments.midtrans.pay(late.order, { transaction_status: "expire", settlement_time: undefined });
    await asOwner("update ticket_private.attempts set expires_at = now(), check_at = now() where id = $1", [
      late.order,
    ]);
    await payments.maintain();
    expect((await mine()).status).toBe("expired");
  });

  test("refunds the second of two payments on one page", async () => {
    const { ticket, order } = await begun();
    const first = payments.midtrans.pay(order);
    const second = payments.midtrans.pay(order, { payment_type: "dana" });
    await payments.deliver("midtrans", payments.midtrans.notice(order, {}, first));
    await payments.deliver("midtrans", payments.midtrans.notice(order, {}, second));
    await payments.maintain();
    expect([first.transaction_status, second.transaction_status]).toEqual(["settlement", "refund"]);
    expect((await journal(ticket.id)).sort()).toEqual(["captured 150000", "refunded 75000"]);
    expect((await mine()).status).toBe("active");
  });

  test("counts a refund once the bank has confirmed it", async () => {
    const { ticket, order } = await begun();
    payments.midtrans.pay(order);
    await payments.deliver("midtrans", payments.midtrans.notice(order));
    payments.midtrans.refundAnswer = { status_code: "200", confirmed: false };
    expect(done(await refundTicket(buyer, ticket.id)).refund?.status).toBe("pending");
    expect(await journal(ticket.id)).toEqual(["captured 75000"]);
    payments.midtrans.last(order)!.refunds![0]!.bank_confirmed_at = "2026-11-24 10:00:00";
    await later();
    await payments.maintain();
    expect((await journal(ticket.id)).sort()).toEqual(["captured 75000", "refunded 75000"]);
    expect(payments.midtrans.last(order)!.refunds).toHaveLength(1);
  });

  test.each([
    ["the bank denies", "gopay", "202", {}, { status: "pending", is_manual: true }],
    ["is refused temporarily", "gopay", "412", {}, { status: "pending", is_manual: false }],
    ["is refused permanently", "gopay", "400", {}, { status: "pending", is_manual: true }],
    ["is partial and by ShopeePay", "shopeepay", "200", { amount: 5_000 }, { status: "pending", is_manual: true }],
    ["is full and by ShopeePay", "shopeepay", "200", {}, { status: "success", is_manual: false }],
  ])("a refund that %s", async (_, payment_type, status_code, more, refund) => {
    const { ticket, order } = await begun();
    payments.midtrans.pay(order, { payment_type });
    await payments.deliver("midtrans", payments.midtrans.notice(order));
    payments.midtrans.refundAnswer = { status_code, confirmed: true };
    expect(done(await refundTicket(owner, ticket.id, more)).refund).toMatchObject(refund);
  });

  test("charges back only what was not refunded", async () => {
    const { ticket, order } = await begun();
    const transaction = payments.midtrans.pay(order);
    await payments.deliver("midtrans", payments.midtrans.notice(order));
    done(await refundTicket(owner, ticket.id, { amount: 5_000 }));
    transaction.transaction_status = "chargeback";
    await payments.deliver("midtrans", payments.midtrans.notice(order));
    expect((await journal(ticket.id)).sort()).toEqual(["captured 75000", "charged_back 70000", "refunded 5000"]);
    const left = await asOwner("select kind from ticket_service.operator_queue() where ticket_id = $1", [ticket.id]);
    expect(left).toEqual([]);
  });

  test("has to repeat a notice of a transaction that it does not know", async () => {
    const { order } = await begun();
    const transaction = payments.midtrans.pay(order);
    const notice = payments.midtrans.notice(order);
    payments.midtrans.transactions.delete(transaction.transaction_id);
    expect(await payments.deliver("midtrans", notice)).toEqual({ status: 503, code: "provider_unavailable" });
  });

  test.each([
    ["a settlement that is denied", {}, { transaction_status: "deny" }],
    [
      "a capture that is cancelled",
      { transaction_status: "capture", fraud_status: "accept", approval_code: "1", settlement_time: undefined },
      { transaction_status: "cancel" },
    ],
    ["a chargeback", {}, { transaction_status: "chargeback" }],
  ])("%s cancels the ticket and charges the money back", async (_, first, then) => {
    const { ticket, order } = await begun();
    const transaction = payments.midtrans.pay(order, first);
    await payments.deliver("midtrans", payments.midtrans.notice(order));
    expect((await mine()).status).toBe("active");
    Object.assign(transaction, then);
    await payments.deliver("midtrans", payments.midtrans.notice(order));
    expect((await mine()).status).toBe("cancelled");
    expect((await journal(ticket.id)).sort()).toEqual(["captured 75000", "charged_back 75000"]);
  });

  test("refunds settled payments, cancels unsettled ones, and leaves bank transfers to an operator", async () => {
    const { ticket, order } = await begun();
    payments.midtrans.pay(order);
    await payments.deliver("midtrans", payments.midtrans.notice(order));
    expect(done(await refundTicket(owner, ticket.id, { amount: 5_000 })).refund?.status).toBe("success");
    expect(done(await refundTicket(buyer, ticket.id)).refund).toMatchObject({ amount: 70_000, status: "success" });
    await payments.deliver("midtrans", payments.midtrans.notice(order));
    expect((await journal(ticket.id)).sort()).toEqual(["captured 75000", "refunded 75000"]);

    buyer = await signUp("card");
    const card = await begun();
    const capture = {
      transaction_status: "capture",
      fraud_status: "accept",
      approval_code: "1",
      payment_type: "credit_card",
    };
    payments.midtrans.pay(card.order, { ...capture, settlement_time: undefined });
    await payments.deliver("midtrans", payments.midtrans.notice(card.order));
    expect(done(await refundTicket(buyer, card.ticket.id)).refund?.status).toBe("success");
    expect(payments.midtrans.last(card.order)!.transaction_status).toBe("cancel");
    await payments.deliver("midtrans", payments.midtrans.notice(card.order));
    expect((await journal(card.ticket.id)).sort()).toEqual(["captured 75000", "refunded 75000"]);

    buyer = await signUp("transfer");
    const transfer = await begun();
    payments.midtrans.pay(transfer.order, { payment_type: "bank_transfer" });
    await payments.deliver("midtrans", payments.midtrans.notice(transfer.order));
    expect(done(await refundTicket(buyer, transfer.ticket.id)).refund).toMatchObject({
      status: "pending",
      is_manual: true,
    });
    expect((await mine()).refunds).toMatchObject([{ status: "pending" }]);
  });

  test("accepts only rupiah", async () => {
    event = await host(owner, { ...priced, price: 12.5, currency: "EUR" });
    expect(await begin("midtrans")).toMatchObject({ status: 409, error: { code: "price_not_payable" } });
    expect((await begin("stripe")).data.transaction).toMatchObject({ amount: 12.5, currency: "EUR" });
  });
});
