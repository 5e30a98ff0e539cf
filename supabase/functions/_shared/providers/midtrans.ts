import { z } from "zod";
import { digest, isSame } from "../digests.ts";
import { Refusal } from "../http.ts";
import { toMinor } from "../money.ts";
import {
  type Attempt,
  type Facts,
  type Notice,
  type PaymentFact,
  type Provider,
  ProviderRefused,
  ProviderUnavailable,
  type Refund,
  type RefundResult,
} from "./provider.ts";

export type MidtransSettings = {
  serverKey: string;
  /** Where checkouts are made: https://app.midtrans.com, or https://app.sandbox.midtrans.com. */
  appUrl: string;
  /** Where everything else is: https://api.midtrans.com, or https://api.sandbox.midtrans.com. */
  apiUrl: string;
  /** Ways of paying that buyers are offered, as Snap calls them. */
  payments: string[];
  returnUrl: string;
};

/** Those that can be refunded by the API: bank transfers and counters cannot. */
export const REFUNDABLE_PAYMENTS = [
  "credit_card",
  "gopay",
  "shopeepay",
  "dana",
  "ovo",
  "other_qris",
  "kredivo",
  "akulaku",
];
const REFUNDABLE_TYPES = new Set(["credit_card", "gopay", "shopeepay", "dana", "ovo", "qris", "kredivo", "akulaku"]);

/** Bad request, not allowed, unknown, or more than is left. */
const FINAL_REFUSALS = new Set([400, 401, 402, 403, 404, 413]);

const TIMEOUT_MS = 15_000;
const amount = z.union([z.string(), z.number()]).transform(Number).pipe(z.number().finite());

const noticeShape = z.looseObject({
  order_id: z.string().max(50),
  status_code: z.string(),
  // As received: the signature is of this text.
  gross_amount: z.string(),
  signature_key: z.string(),
});
const statusShape = z.looseObject({
  order_id: z.string(),
  transaction_id: z.string(),
  transaction_status: z.string(),
  fraud_status: z.string().optional(),
  payment_type: z.string().optional(),
  approval_code: z.string().optional(),
  settlement_time: z.string().optional(),
  gross_amount: amount,
  currency: z.string().default("IDR"),
  refund_amount: amount.optional(),
  refunds: z.array(z.looseObject({
    refund_chargeback_id: z.union([z.string(), z.number()]).transform(String),
    refund_amount: amount,
    refund_key: z.string().optional(),
  })).default([]),
});
type Status = z.infer<typeof statusShape>;

export function createMidtrans(settings: MidtransSettings): Provider {
  const { serverKey, appUrl, apiUrl, payments, returnUrl } = settings;

  const send = async (
    base: string,
    path: string,
    body?: unknown,
  ): Promise<{ status: number; body: Record<string, unknown> }> => {
    let response: Response;
    try {
      response = await fetch(new URL(path, base), {
        method: body === undefined ? "GET" : "POST",
        headers: {
          Accept: "application/json",
          "Content-Type": "application/json",
          Authorization: `Basic ${btoa(`${serverKey}:`)}`,
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      const answer = await response.json() as Record<string, unknown>;
      // The core API answers 200 to everything and says in the body how it went.
      const status = Number(answer.status_code ?? response.status);
      if (response.status >= 500 || response.status === 429 || status >= 500 || status === 429) {
        throw new Error(`status ${status}`);
      }
      return { status, body: answer };
    } catch (error) {
      throw new ProviderUnavailable(`Midtrans: ${error instanceof Error ? error.message : "no answer"}`);
    }
  };

  const createCheckout = async (attempt: Attempt) => {
    if (attempt.currency !== "IDR") throw new ProviderRefused("Midtrans takes rupiah alone");
    const gross = toMinor(attempt.amount, 0);
    const lasts = Math.floor((Date.parse(attempt.expires_at) - Date.parse(attempt.started_at)) / 60_000);
    const left = Math.floor((Date.parse(attempt.expires_at) - Date.now()) / 60_000);
    if (left < 1) throw new ProviderRefused("expired");
    const { status, body } = await send(appUrl, "/snap/v1/transactions", {
      transaction_details: { order_id: attempt.id, gross_amount: gross },
      item_details: [{
        id: attempt.ticket_id,
        price: gross,
        quantity: 1,
        name: [...attempt.title].slice(0, 50).join(""),
      }],
      enabled_payments: payments,
      credit_card: { secure: true },
      expiry: { start_time: jakartaTime(attempt.started_at), unit: "minutes", duration: lasts },
      page_expiry: { unit: "minutes", duration: left },
      callbacks: { finish: attempt.return_url ?? returnUrl },
    });
    if (status >= 400 || typeof body.token !== "string" || typeof body.redirect_url !== "string") {
      throw new ProviderRefused(messageOf(body));
    }
    return { session_id: body.token, checkout_url: body.redirect_url };
  };

  /** The transaction of an order, or undefined while its buyer has chosen no way of paying. */
  const statusOf = async (order: string): Promise<Status | undefined> => {
    const { status, body } = await send(apiUrl, `/v2/${encodeURIComponent(order)}/status`);
    if (status === 404) return undefined;
    const read = statusShape.safeParse(body);
    if (!read.success || read.data.order_id !== order) throw new ProviderUnavailable(`Midtrans: status ${status}`);
    return read.data;
  };

  const ask = async (attempt: Attempt): Promise<Facts> => {
    const status = await statusOf(attempt.id);
    const isOver = Date.parse(attempt.expires_at) <= Date.now();
    if (status) return factsOf(status, isOver);
    // A page on which nothing was chosen ends with its time, and tells nobody.
    return isOver ? { payments: [{ id: attempt.id, state: "expired" }] } : {};
  };

  const expire = async (attempt: Attempt): Promise<Facts> => {
    const status = await statusOf(attempt.id);
    // The page itself cannot be ended. Who pays on it all the same is late, and has the money back or a seat.
    if (!status) return { payments: [{ id: attempt.id, state: "expired" }] };
    if (["pending", "authorize"].includes(status.transaction_status)) {
      await send(
        apiUrl,
        `/v2/${encodeURIComponent(attempt.id)}/${status.transaction_status === "pending" ? "expire" : "cancel"}`,
        {},
      );
    }
    const ended = await statusOf(attempt.id);
    return factsOf(ended ?? status, true);
  };

  const refund = async (wanted: Refund): Promise<RefundResult> => {
    const status = await statusOf(wanted.attempt_id);
    if (!status) return { state: "sent", is_manual: true, problem: "Midtrans does not know this payment." };
    const known = status.refunds.find(({ refund_key }) => refund_key === wanted.id);
    if (known) return { state: "succeeded", provider_id: known.refund_chargeback_id };
    const path = `/v2/${encodeURIComponent(wanted.attempt_id)}`;
    if (status.transaction_status === "capture" || status.transaction_status === "cancel") {
      // What is not settled is cancelled, which goes in whole alone; a part has to wait for the settlement.
      if (wanted.amount !== wanted.paid) return { state: "sent", problem: "waits for the settlement" };
      const cancelled = status.transaction_status === "cancel" ||
        (await send(apiUrl, `${path}/cancel`, {})).status === 200;
      return cancelled ? { state: "succeeded" } : { state: "sent", problem: "not cancelled" };
    }
    if (!REFUNDABLE_TYPES.has(status.payment_type ?? "")) {
      return {
        state: "sent",
        is_manual: true,
        problem: `Midtrans does not refund ${status.payment_type ?? "this way of paying"}.`,
      };
    }
    const answer = await send(apiUrl, `${path}/refund`, {
      refund_key: wanted.id,
      amount: toMinor(wanted.amount, 0),
      reason: "Ticket refund",
    });
    if (answer.status === 200) {
      const id = answer.body.refund_chargeback_id;
      return { state: "succeeded", ...(id !== undefined && { provider_id: String(id) }) };
    }
    // Some answers change with the hour (ShopeePay takes no refunds at night): only these are final.
    return { state: "sent", is_manual: FINAL_REFUSALS.has(answer.status), problem: messageOf(answer.body) };
  };

  const readNotice = async (_headers: Headers, body: string): Promise<Notice | undefined> => {
    const refused = new Refusal(401, "bad_signature", "The signature of this notice is not Midtrans'.");
    let notice: z.infer<typeof noticeShape>;
    try {
      notice = noticeShape.parse(JSON.parse(body));
    } catch {
      throw refused;
    }
    const { order_id, status_code, gross_amount, signature_key } = notice;
    const expected = await digest("SHA-512", `${order_id}${status_code}${gross_amount}${serverKey}`);
    if (!(await isSame(expected, signature_key.toLowerCase()))) throw refused;
    // The signature does not cover the status, so what a notice says is a hint to ask.
    const status = await statusOf(order_id);
    if (!status) return undefined;
    const facts = factsOf(status, false);
    return { id: await digest("SHA-256", JSON.stringify([status.transaction_id, facts])), attempt_id: order_id, facts };
  };

  return { createCheckout, expire, ask, refund, readNotice };
}

/** isOver: nothing more can be paid, so what was denied will not be tried again. */
function factsOf(status: Status, isOver: boolean): Facts {
  const { transaction_id: id, gross_amount, currency, payment_type: method, refunds } = status;
  const payment: PaymentFact = {
    id,
    state: stateOf(status, isOver),
    amount: gross_amount,
    currency,
    ...(method && { method }),
  };
  const money = { payment_id: id, currency };
  const facts: Facts = { payments: [payment] };
  if (/chargeback$/.test(status.transaction_status)) {
    facts.disputes = [{
      id: `${id}:chargeback`,
      ...money,
      amount: status.refund_amount ?? gross_amount,
      withdrawn: true,
    }];
  } else if (refunds.length > 0) {
    facts.refunds = refunds.map((refund) => ({
      id: refund.refund_chargeback_id,
      ...money,
      amount: refund.refund_amount,
      state: "succeeded",
      ...(refund.refund_key && { our_id: refund.refund_key }),
    }));
  }
  return facts;
}

/** What a status says about the money. https://docs.midtrans.com/docs/transaction-status-cycle */
function stateOf(status: Status, isOver: boolean): PaymentFact["state"] {
  const { transaction_status, fraud_status, settlement_time, approval_code } = status;
  const hadArrived = settlement_time !== undefined || approval_code !== undefined && fraud_status === "accept";
  switch (transaction_status) {
    case "settlement":
    case "refund":
    case "partial_refund":
    case "chargeback":
    case "partial_chargeback":
      return "paid";
    case "capture":
      return fraud_status === "accept" ? "paid" : fraud_status === "deny" && isOver ? "failed" : "pending";
    case "deny":
      // The page lets a buyer try another card, under the same order.
      return hadArrived ? "reversed" : isOver ? "failed" : "pending";
    case "cancel":
      return hadArrived ? "reversed" : "failed";
    case "expire":
      return "expired";
    case "failure":
      return isOver ? "failed" : "pending";
    default:
      return "pending";
  }
}

/** Midtrans reads times as `2026-01-31 19:00:00 +0700`. */
function jakartaTime(moment: string): string {
  const there = new Date(Date.parse(moment) + 7 * 3_600_000).toISOString();
  return `${there.slice(0, 10)} ${there.slice(11, 19)} +0700`;
}

function messageOf(body: Record<string, unknown>): string {
  const messages = Array.isArray(body.error_messages) ? body.error_messages.join("; ") : body.status_message;
  return typeof messages === "string" && messages ? messages.slice(0, 200) : "refused by Midtrans";
}
