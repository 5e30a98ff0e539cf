import { z } from "zod";
import { digest, isSame } from "../digests.ts";
import { Refusal } from "../http.ts";
import { toMinor } from "../money.ts";
import { factsOf, refundFactOf, type Status, statusShape } from "./midtrans-status.ts";
import {
  type Attempt,
  type Facts,
  isRefusedForGood,
  type Notice,
  type Provider,
  ProviderRefused,
  ProviderUnavailable,
  type Refund,
  type RefundResult,
} from "./provider.ts";

export type MidtransSettings = {
  serverKey: string;
  /** Snap, which creates checkouts: https://app.midtrans.com, or https://app.sandbox.midtrans.com. */
  appUrl: string;
  /** The core API, for everything else: https://api.midtrans.com, or https://api.sandbox.midtrans.com. */
  apiUrl: string;
  /** Payment methods offered to buyers, by their Snap names. */
  payments: string[];
};

/**
 * Methods that the API can refund and that need no data we lack: Kredivo and Akulaku require the buyer's address, and
 * a DANA payment whose notice is lost cannot be found by its order.
 */
export const DEFAULT_PAYMENTS = ["credit_card", "gopay", "shopeepay", "ovo", "other_qris"];
const REFUNDABLE_TYPES = new Set(["credit_card", "gopay", "shopeepay", "dana", "ovo", "qris", "kredivo", "akulaku"]);
const REFUNDED_WHOLE = new Set(["shopeepay", "ovo"]);

// https://docs.midtrans.com/reference/code-4xx: an invalid request, an unknown transaction, or a duplicate.
const FINAL_REFUSALS = new Set([400, 402, 404, 413]);
const DENIED_BY_BANK = 202;
const KEY_REFUSED = new Set([401, 403]);

/** Midtrans waits 15 s for the response to a notice, and we request the transaction's status before responding. */
const TIMEOUT_MS = 8_000;

const noticeShape = z.looseObject({
  order_id: z.string().max(50),
  transaction_id: z.string().max(100),
  status_code: z.string(),
  // Kept as text, because the signature covers its exact form.
  gross_amount: z.string(),
  signature_key: z.string(),
});

export function createMidtrans({ serverKey, appUrl, apiUrl, payments }: MidtransSettings): Provider {
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
      // The core API always answers HTTP 200; the actual status is in the body.
      const status = Number(answer.status_code ?? response.status);
      const code = response.status >= 400 ? response.status : status;
      if (code >= 500 || code === 429 || KEY_REFUSED.has(code)) throw new Error(`status ${code}`);
      return { status, body: answer };
    } catch (error) {
      throw new ProviderUnavailable(`Midtrans: ${error instanceof Error ? error.message : "no response"}`);
    }
  };

  const createCheckout = async (attempt: Attempt) => {
    if (attempt.currency !== "IDR") throw new Refusal(409, "price_not_payable", "Midtrans accepts only prices in IDR.");
    const gross = toMinor(attempt.amount, 0);
    const lasts = minutesBetween(Date.parse(attempt.started_at), Date.parse(attempt.expires_at));
    const left = minutesBetween(Date.now(), Date.parse(attempt.expires_at));
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
      // Otherwise a dashboard setting could charge the buyer more than the price.
      customer_imposed_payment_fee: { enable: false },
      expiry: { start_time: jakartaTime(attempt.started_at), unit: "minutes", duration: lasts },
      page_expiry: { unit: "minutes", duration: left },
      callbacks: { finish: attempt.return_url },
    });
    if (status >= 400 || typeof body.token !== "string" || typeof body.redirect_url !== "string") {
      throw new ProviderRefused(messageOf(body));
    }
    return { session_id: body.token, checkout_url: body.redirect_url };
  };

  /** Looks up a transaction, or an order's latest one; undefined until the buyer has chosen a payment method. */
  const statusOf = async (id: string): Promise<Status | undefined> => {
    const { status, body } = await send(apiUrl, `/v2/${encodeURIComponent(id)}/status`);
    if (status === 404) return undefined;
    const read = statusShape.safeParse(body);
    if (!read.success || ![read.data.order_id, read.data.transaction_id].includes(id)) {
      throw new ProviderUnavailable(`Midtrans: status ${status}`);
    }
    return read.data;
  };

  const ask = async (attempt: Attempt): Promise<Facts> => {
    const status = await statusOf(attempt.id);
    const isOver = Date.parse(attempt.expires_at) <= Date.now();
    if (status) return factsOf(status, isOver);
    // A page on which no method was chosen expires without a notice.
    return isOver ? { payments: [{ id: attempt.id, state: "expired" }] } : {};
  };

  const expire = async (attempt: Attempt): Promise<Facts> => {
    const status = await statusOf(attempt.id);
    const verb = status && { pending: "expire", authorize: "cancel" }[status.transaction_status];
    if (verb) {
      const path = `/v2/${encodeURIComponent(status.transaction_id)}`;
      // Some payment methods cannot be expired early, but can be cancelled.
      const ended = await send(apiUrl, `${path}/${verb}`, {});
      if (ended.status >= 400) await send(apiUrl, `${path}/cancel`, {});
    }
    // Cancel the page last: Midtrans refuses that while a payment is pending. The status decides, not this response.
    if (attempt.session_id) {
      await send(appUrl, `/snap/v1/transactions/${encodeURIComponent(attempt.session_id)}/cancel`, {});
    }
    const standing = await statusOf(attempt.id);
    return standing ? factsOf(standing, true) : { payments: [{ id: attempt.id, state: "expired" }] };
  };

  const refund = async (wanted: Refund): Promise<RefundResult> => {
    const status = await statusOf(wanted.payment_id);
    if (!status) return { state: "sent", is_manual: true, problem: "Midtrans does not know this payment." };
    const known = knownRefund(status, wanted);
    if (known) return known;
    const path = `/v2/${encodeURIComponent(wanted.payment_id)}`;
    const isWhole = wanted.amount === wanted.paid;
    const manual = (problem: string): RefundResult => ({ state: "sent", is_manual: true, problem });
    if (status.transaction_status === "capture" || status.transaction_status === "cancel") {
      // An unsettled payment can only be cancelled in full; a partial refund has to wait for the settlement.
      if (!isWhole) return { state: "sent", problem: "waiting for the settlement" };
      const cancelled = status.transaction_status === "cancel" ||
        (await send(apiUrl, `${path}/cancel`, {})).status === 200;
      return cancelled ? { state: "succeeded" } : { state: "sent", problem: "not cancelled" };
    }
    const method = status.payment_type ?? "this payment method";
    if (!REFUNDABLE_TYPES.has(method)) return manual(`Midtrans cannot refund ${method}.`);
    if (!isWhole && REFUNDED_WHOLE.has(method)) return manual(`Midtrans can refund ${method} only in full.`);
    const answer = await send(apiUrl, `${path}/refund`, {
      refund_key: wanted.id,
      amount: toMinor(wanted.amount, 0),
      reason: "Ticket refund",
    });
    if (answer.status === 200) {
      const after = await statusOf(wanted.payment_id);
      return after && knownRefund(after, wanted) || { state: "sent" };
    }
    if (answer.status === DENIED_BY_BANK || FINAL_REFUSALS.has(answer.status) || isRefusedForGood(wanted)) {
      return manual(messageOf(answer.body));
    }
    return { state: "sent", problem: messageOf(answer.body) };
  };

  const readNotice = async (_headers: Headers, body: string): Promise<Notice | undefined> => {
    const refused = new Refusal(401, "bad_signature", "The notice has no valid Midtrans signature.");
    let notice: z.infer<typeof noticeShape>;
    try {
      notice = noticeShape.parse(JSON.parse(body));
    } catch {
      throw refused;
    }
    const { order_id, transaction_id, status_code, gross_amount, signature_key } = notice;
    const expected = await digest("SHA-512", `${order_id}${status_code}${gross_amount}${serverKey}`);
    if (!(await isSame(expected, signature_key.toLowerCase()))) throw refused;
    // Not one of our orders, such as the dashboard's test notice.
    if (!z.uuid().safeParse(order_id).success) return undefined;
    // The signature does not cover the status, so request the status itself.
    const status = await statusOf(transaction_id);
    if (status?.order_id !== order_id) {
      throw new ProviderUnavailable("Midtrans: no status for the notice's transaction");
    }
    const facts = factsOf(status, false);
    return { id: await digest("SHA-256", JSON.stringify([transaction_id, facts])), attempt_id: order_id, facts };
  };

  return { createCheckout, expire, ask, refund, readNotice };
}

/** The result of our refund, if Midtrans has it. */
function knownRefund(status: Status, wanted: Refund): RefundResult | undefined {
  const known = status.refunds.find(({ refund_key }) => refund_key === wanted.id);
  if (!known) return undefined;
  const { id, state } = refundFactOf(status, known);
  return { state, provider_id: id, ...(state === "sent" && { problem: "The bank has not confirmed it yet." }) };
}

const minutesBetween = (from: number, to: number) => Math.floor((to - from) / 60_000);

/** Midtrans' time format: `2026-01-31 19:00:00 +0700`. */
function jakartaTime(moment: string): string {
  const there = new Date(Date.parse(moment) + 7 * 3_600_000).toISOString();
  return `${there.slice(0, 10)} ${there.slice(11, 19)} +0700`;
}

function messageOf(body: Record<string, unknown>): string {
  const messages = Array.isArray(body.error_messages) ? body.error_messages.join("; ") : body.status_message;
  return typeof messages === "string" && messages ? messages.slice(0, 200) : "refused by Midtrans";
}
