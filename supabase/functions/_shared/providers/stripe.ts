import Stripe from "stripe";
import { Refusal } from "../http.ts";
import { decimalsAtStripe as decimals, fromMinor, toMinor } from "../money.ts";
import {
  type Attempt,
  type DisputeFact,
  type Facts,
  isRefusedForGood,
  type Notice,
  type PaymentFact,
  type Provider,
  ProviderRefused,
  ProviderUnavailable,
  type Refund,
  type RefundFact,
  type RefundResult,
} from "./provider.ts";

export type StripeSettings = {
  secretKey: string;
  webhookSecret: string;
  /** Payment methods offered to buyers, by their Stripe names. */
  payments: string[];
  /** Defaults to Stripe's API. */
  apiUrl?: string;
};

const major = (minor: number, currency: string) => fromMinor(minor, decimals(currency));

/** Stripe forgets idempotency keys after 24 h. An older refund is looked up before it is sent again. */
const KEY_LIFETIME_MS = 20 * 3_600_000;
const FINAL_REFUSALS = new Set(["charge_already_refunded", "resource_missing"]);

export function createStripe({ secretKey, webhookSecret, payments, apiUrl }: StripeSettings): Provider {
  const url = apiUrl ? new URL(apiUrl) : undefined;
  const stripe = new Stripe(secretKey, {
    httpClient: Stripe.createFetchHttpClient(),
    telemetry: false,
    timeout: 20_000,
    maxNetworkRetries: 1,
    ...(url && { host: url.hostname, port: url.port, protocol: url.protocol.slice(0, -1) as "http" | "https" }),
  });
  const verifier = Stripe.createSubtleCryptoProvider();

  const createCheckout = async (attempt: Attempt) => {
    const session = await ask(() =>
      stripe.checkout.sessions.create(
        {
          mode: "payment",
          allowed_payment_method_types: payments as Stripe.Checkout.SessionCreateParams.AllowedPaymentMethodType[],
          // Charge exactly the price, in the event's currency.
          adaptive_pricing: { enabled: false },
          client_reference_id: attempt.id,
          expires_at: Math.floor(Date.parse(attempt.expires_at) / 1000),
          line_items: [{
            quantity: 1,
            price_data: {
              currency: attempt.currency.toLowerCase(),
              unit_amount: toMinor(attempt.amount, decimals(attempt.currency)),
              product_data: { name: attempt.title },
            },
          }],
          metadata: { attempt_id: attempt.id },
          payment_intent_data: { metadata: { attempt_id: attempt.id } },
          success_url: attempt.return_url,
          cancel_url: attempt.return_url,
        },
        { idempotencyKey: attempt.id },
      )
    );
    if (!session.url) throw new ProviderRefused("the session has no URL");
    return { session_id: session.id, checkout_url: session.url };
  };

  const standing = async (attempt: Attempt): Promise<Facts> => {
    // No buyer was given the URL of a session that was not stored.
    if (!attempt.session_id) return { payments: [{ id: attempt.id, state: "expired" }] };
    const session = await ask(() =>
      stripe.checkout.sessions.retrieve(attempt.session_id!, { expand: ["payment_intent"] })
    );
    return { payments: paymentsOf(session) };
  };

  const expire = async (attempt: Attempt): Promise<Facts> => {
    if (attempt.session_id) {
      try {
        await ask(() => stripe.checkout.sessions.expire(attempt.session_id!));
      } catch (error) {
        // A session that is already over cannot be expired. Its state decides.
        if (!(error instanceof ProviderRefused)) throw error;
      }
    }
    return standing(attempt);
  };

  const refund = async (wanted: Refund): Promise<RefundResult> => {
    const old = wanted.sent_at !== null && Date.now() - Date.parse(wanted.sent_at) > KEY_LIFETIME_MS;
    if (wanted.provider_id !== null || old) {
      const known = await findRefund(wanted);
      if (known) return resultOf(known);
    }
    try {
      return resultOf(
        await ask(() =>
          stripe.refunds.create(
            {
              payment_intent: wanted.payment_id,
              amount: toMinor(wanted.amount, decimals(wanted.currency)),
              metadata: { attempt_id: wanted.attempt_id, refund_id: wanted.id },
            },
            { idempotencyKey: wanted.id },
          )
        ),
      );
    } catch (error) {
      if (!(error instanceof ProviderRefused)) throw error;
      const known = await findRefund(wanted);
      if (known) return resultOf(known);
      return {
        state: "sent",
        is_manual: FINAL_REFUSALS.has(error.message) || isRefusedForGood(wanted),
        problem: error.message,
      };
    }
  };

  const findRefund = async (wanted: Refund): Promise<Stripe.Refund | undefined> => {
    if (wanted.provider_id !== null) return ask(() => stripe.refunds.retrieve(wanted.provider_id!));
    let page = await ask(() => stripe.refunds.list({ payment_intent: wanted.payment_id, limit: 100 }));
    while (true) {
      const found = page.data.find(({ metadata }) => metadata?.refund_id === wanted.id);
      if (found || !page.has_more) return found;
      const starting_after = page.data.at(-1)!.id;
      page = await ask(() => stripe.refunds.list({ payment_intent: wanted.payment_id, limit: 100, starting_after }));
    }
  };

  const readNotice = async (headers: Headers, body: string): Promise<Notice | undefined> => {
    const signature = headers.get("stripe-signature") ?? "";
    let event: Stripe.Event;
    try {
      event = await stripe.webhooks.constructEventAsync(body, signature, webhookSecret, undefined, verifier);
    } catch {
      throw new Refusal(401, "bad_signature", "The notice has no valid Stripe signature.");
    }
    const read = await factsOf(event);
    return read && { id: event.id, ...read };
  };

  const factsOf = async (event: Stripe.Event): Promise<Omit<Notice, "id"> | undefined> => {
    switch (event.type) {
      case "checkout.session.completed":
      case "checkout.session.async_payment_succeeded":
      case "checkout.session.async_payment_failed":
      case "checkout.session.expired": {
        const session = event.data.object;
        const failed = event.type === "checkout.session.async_payment_failed";
        return about(session.metadata?.attempt_id, { payments: paymentsOf(session, failed) });
      }
      case "refund.created":
      case "refund.updated":
      case "refund.failed":
      case "charge.refund.updated": {
        const { metadata, payment_intent } = event.data.object;
        const attempt = metadata?.attempt_id ?? await attemptOf(payment_intent);
        return about(attempt, { refunds: [refundFact(event.data.object)] });
      }
      case "charge.dispute.funds_withdrawn":
      case "charge.dispute.funds_reinstated":
        return about(await attemptOf(event.data.object.payment_intent), {
          disputes: [disputeFact(event.data.object, event.type)],
        });
    }
  };

  /** The attempt of a payment intent. Disputes, and refunds made in the dashboard, lack our metadata. */
  const attemptOf = async (intent: string | Stripe.PaymentIntent | null): Promise<string | undefined> =>
    intent ? (await ask(() => stripe.paymentIntents.retrieve(idOf(intent)))).metadata.attempt_id : undefined;

  return { createCheckout, expire, ask: standing, refund, readNotice };
}

const about = (attempt_id: string | undefined, facts: Facts) => attempt_id ? { attempt_id, facts } : undefined;
const idOf = (object: string | { id: string }) => typeof object === "string" ? object : object.id;

/** Intent states of a complete session whose delayed payment failed. */
const FAILED_INTENTS = new Set(["requires_payment_method", "canceled"]);

/** A complete session may be unpaid, since some payment methods take days. An open one yields no facts yet. */
function paymentsOf(session: Stripe.Checkout.Session, failed = false): PaymentFact[] {
  if (session.status === "expired") return [{ id: session.id, state: "expired" }];
  if (session.status !== "complete" || !session.payment_intent) return [];
  const hasFailed = failed ||
    typeof session.payment_intent !== "string" && FAILED_INTENTS.has(session.payment_intent.status);
  const state = session.payment_status === "paid" ? "paid" : hasFailed ? "failed" : "pending";
  const currency = session.currency ?? "";
  return [{ id: idOf(session.payment_intent), state, amount: major(session.amount_total ?? 0, currency), currency }];
}

const REFUND_STATES: Record<string, RefundFact["state"]> = {
  pending: "sent",
  requires_action: "requires_action",
  succeeded: "succeeded",
  failed: "failed",
  // No money was sent, so the refund is still owed.
  canceled: "failed",
};

function refundFact(refund: Stripe.Refund): RefundFact {
  const { id, amount, currency, metadata, payment_intent, failure_reason, pending_reason } = refund;
  const problem = failure_reason ?? (refund.status === "pending" ? pending_reason : undefined);
  return {
    id,
    payment_id: payment_intent ? idOf(payment_intent) : "",
    state: REFUND_STATES[refund.status ?? ""] ?? "sent",
    amount: major(amount, currency),
    currency,
    ...(metadata?.refund_id && { our_id: metadata.refund_id }),
    ...(problem && { problem }),
  };
}

function resultOf(refund: Stripe.Refund): RefundResult {
  const { id, state, problem } = refundFact(refund);
  return { provider_id: id, state, ...(problem && { problem }) };
}

function disputeFact(dispute: Stripe.Dispute, type: string): DisputeFact {
  return {
    id: dispute.id,
    payment_id: dispute.payment_intent ? idOf(dispute.payment_intent) : "",
    amount: major(dispute.amount, dispute.currency),
    currency: dispute.currency,
    withdrawn: true,
    // For a lost dispute, Stripe reinstates only what had been refunded before it.
    reinstated: type === "charge.dispute.funds_reinstated" && dispute.status !== "lost",
  };
}

/** Distinguishes requests that Stripe refuses from those whose outcome is unknown. */
async function ask<T extends object>(request: () => Promise<Stripe.Response<T>>): Promise<T> {
  try {
    const answer = await request();
    // The SDK accepts any JSON without `error`, even an error page from a proxy.
    if (answer.lastResponse.statusCode >= 400) {
      throw new ProviderUnavailable(`status ${answer.lastResponse.statusCode}`);
    }
    return answer;
  } catch (error) {
    if (error instanceof Refusal || error instanceof ProviderUnavailable) throw error;
    const { StripeCardError, StripeError, StripeInvalidRequestError } = Stripe.errors;
    if (error instanceof StripeInvalidRequestError || error instanceof StripeCardError) {
      throw new ProviderRefused(error.code ?? "refused by Stripe");
    }
    throw new ProviderUnavailable(error instanceof StripeError ? error.type : "Stripe did not respond");
  }
}
