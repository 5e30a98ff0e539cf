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
  /** Where checkouts are made: https://app.midtrans.com, or https://app.sandbox.midtrans.com. */
  appUrl: string;
  /** Where everything else is: https://api.midtrans.com, or https://api.sandbox.midtrans.com. */
  apiUrl: string;
  /** Ways of paying that buyers are offered, as Snap calls them. */
  payments: string[];
};

/**
 * Those that can be refunded by the API and need nothing that we do not know: Kredivo and Akulaku want the buyer's
 * address, and a DANA payment whose notice is lost cannot be found by its order.
 */
export const DEFAULT_PAYMENTS = ["credit_card", "gopay", "shopeepay", "ovo", "other_qris"];
const REFUNDABLE_TYPES = new Set(["credit_card", "gopay", "shopeepay", "dana", "ovo", "qris", "kredivo", "akulaku"]);
const REFUNDED_WHOLE = new Set(["shopeepay", "ovo"]);

// https://docs.midtrans.com/reference/code-4xx: a request that is wrong, is about nothing, or would be done twice.
const FINAL_REFUSALS = new Set([400, 402, 404, 413]);
const DENIED_BY_BANK = 202;
const KEY_REFUSED = new Set([401, 403]);

/** Midtrans waits fifteen seconds for the answer to a notice, in which its status is asked for. */
const TIMEOUT_MS = 8_000;

const noticeShape = z.looseObject({
  order_id: z.string().max(50),
  transaction_id: z.string().max(100),
  status_code: z.string(),
  // As received: the signature is of this text.
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
      // The core API answers 200 to everything and says in the body how it went.
      const status = Number(answer.status_code ?? response.status);
      const code = response.status >= 400 ? response.status : status;
      if (code >= 500 || code === 429 || KEY_REFUSED.has(code)) throw new Error(`status ${code}`);
      return { status, body: answer };
    } catch (error) {
      throw new ProviderUnavailable(`Midtrans: ${error instanceof Error ? error.message : "no answer"}`);
    }
  };

  const createCheckout = async (attempt: Attempt) => {
    if (attempt.currency !== "IDR") throw new Refusal(409, "price_not_payable", "Midtrans takes rupiah alone.");
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
      // Or a switch of the dashboard's raises what arrives above what was asked for.
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

  /** A transaction by its id, or the last one of an order; undefined while its buyer has chosen no way of paying. */
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
    // A page on which nothing was chosen ends with its time, and tells nobody.
    return isOver ? { payments: [{ id: attempt.id, state: "expired" }] } : {};
  };

  const expire = async (attempt: Attempt): Promise<Facts> => {
    const status = await statusOf(attempt.id);
    const verb = status && { pending: "expire", authorize: "cancel" }[status.transaction_status];
    if (verb) {
      const path = `/v2/${encodeURIComponent(status.transaction_id)}`;
      // Ways of paying that cannot be ended early can be cancelled.
      const ended = await send(apiUrl, `${path}/${verb}`, {});
      if (ended.status >= 400) await send(apiUrl, `${path}/cancel`, {});
    }
    // The page last, since it is refused while somebody is paying. Its answer does not matter: how it stands does.
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
      // What is not settled is cancelled, which goes in whole alone; a part has to wait for the settlement.
      if (!isWhole) return { state: "sent", problem: "waits for the settlement" };
      const cancelled = status.transaction_status === "cancel" ||
        (await send(apiUrl, `${path}/cancel`, {})).status === 200;
      return cancelled ? { state: "succeeded" } : { state: "sent", problem: "not cancelled" };
    }
    const method = status.payment_type ?? "this way of paying";
    if (!REFUNDABLE_TYPES.has(method)) return manual(`Midtrans does not refund ${method}.`);
    if (!isWhole && REFUNDED_WHOLE.has(method)) return manual(`Midtrans refunds ${method} in whole alone.`);
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
    const refused = new Refusal(401, "bad_signature", "The signature of this notice is not Midtrans'.");
    let notice: z.infer<typeof noticeShape>;
    try {
      notice = noticeShape.parse(JSON.parse(body));
    } catch {
      throw refused;
    }
    const { order_id, transaction_id, status_code, gross_amount, signature_key } = notice;
    const expected = await digest("SHA-512", `${order_id}${status_code}${gross_amount}${serverKey}`);
    if (!(await isSame(expected, signature_key.toLowerCase()))) throw refused;
    // Not of ours, such as the test that the dashboard sends.
    if (!z.uuid().safeParse(order_id).success) return undefined;
    // The signature does not cover the status, so what a notice says is a hint to ask.
    const status = await statusOf(transaction_id);
    if (status?.order_id !== order_id) {
      throw new ProviderUnavailable("Midtrans: no status of this notice's transaction");
    }
    const facts = factsOf(status, false);
    return { id: await digest("SHA-256", JSON.stringify([transaction_id, facts])), attempt_id: order_id, facts };
  };

  return { createCheckout, expire, ask, refund, readNotice };
}

/** What became of a refund of ours, if Midtrans has it. */
function knownRefund(status: Status, wanted: Refund): RefundResult | undefined {
  const known = status.refunds.find(({ refund_key }) => refund_key === wanted.id);
  if (!known) return undefined;
  const { id, state } = refundFactOf(status, known);
  return { state, provider_id: id, ...(state === "sent" && { problem: "The bank has not confirmed it yet." }) };
}

const minutesBetween = (from: number, to: number) => Math.floor((to - from) / 60_000);

/** Midtrans reads times as `2026-01-31 19:00:00 +0700`. */
function jakartaTime(moment: string): string {
  const there = new Date(Date.parse(moment) + 7 * 3_600_000).toISOString();
  return `${there.slice(0, 10)} ${there.slice(11, 19)} +0700`;
}

function messageOf(body: Record<string, unknown>): string {
  const messages = Array.isArray(body.error_messages) ? body.error_messages.join("; ") : body.status_message;
  return typeof messages === "string" && messages ? messages.slice(0, 200) : "refused by Midtrans";
}
