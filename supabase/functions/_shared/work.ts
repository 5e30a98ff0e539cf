import type { Supabase } from "./supabase.ts";
import {
  type Attempt,
  type Provider,
  ProviderRefused,
  ProviderUnavailable,
  type Refund,
} from "./providers/provider.ts";
import { Refusal } from "./http.ts";
import type { Payments } from "./settings.ts";

/** The next step of a request, as a database function returns it. */
export type Next =
  | { next: "answer"; status: number; answer: unknown }
  | { next: "pay"; attempt: Attempt }
  | { next: "expire"; attempt: Attempt }
  | { next: "refund"; refund: Refund };

/** Begins a request in the database; if an attempt must first be ended at its provider, ends it and begins again. */
export async function begin(db: Supabase, payments: Payments, ask: () => Promise<Next>): Promise<Next> {
  const next = await ask();
  if (next.next !== "expire") return next;
  await settleAttempt(db, payments, next.attempt, true);
  const then = await ask();
  if (then.next === "expire") {
    throw new Refusal(
      409,
      "payment_in_progress",
      "A payment for this seat is still being processed. my_tickets shows its outcome.",
    );
  }
  return then;
}

/** For a request that lost to a concurrent one of the same person. */
export const inProgress = () =>
  new Refusal(
    409,
    "request_in_progress",
    "Another request of yours for this ticket is in progress. Try again in a moment.",
  );

/** Records an attempt's state at its provider, after ending it there if `end` is set. */
export async function settleAttempt(db: Supabase, payments: Payments, attempt: Attempt, end: boolean): Promise<void> {
  const facts = await available(async () => {
    const provider = providerOf(payments, attempt.provider);
    return await (end ? provider.expire(attempt) : provider.ask(attempt));
  });
  await db.call("record_notice", { provider: attempt.provider, notice_id: null, attempt_id: attempt.id, facts });
}

/**
 * Sends a refund and records the result, also as the response to the request for it. `maintenance` retries a refund
 * whose outcome is unknown: it is owed until it is known to be paid.
 */
export async function sendRefund(
  db: Supabase,
  payments: Payments,
  refund: Refund,
  request: { person?: string; idempotency_key?: string } = {},
): Promise<unknown> {
  const result = await outcome(payments, refund);
  return db.call("record_refund", { refund_id: refund.id, ...result, ...request });
}

async function outcome(payments: Payments, refund: Refund) {
  try {
    return await providerOf(payments, refund.provider).refund(refund);
  } catch (error) {
    if (error instanceof ProviderUnavailable) return { state: "sent", problem: error.message };
    if (error instanceof ProviderRefused || error instanceof Refusal) {
      return { state: "sent", is_manual: true, problem: error.message };
    }
    throw error;
  }
}

/** The provider of existing work. One that is no longer configured may return, so it counts as unavailable. */
function providerOf(payments: Payments, name: string): Provider {
  const provider = payments.providers.get(name);
  if (!provider) throw new ProviderUnavailable(`${name} is not configured`);
  return provider;
}

/** Runs a provider call and turns its failure into a refusal with 502. */
export async function available<T>(speak: () => Promise<T>): Promise<T> {
  try {
    return await speak();
  } catch (error) {
    if (error instanceof ProviderUnavailable || error instanceof ProviderRefused) {
      // The provider's message is for operators, not for buyers.
      console.error(`provider_failed: ${error.message}`);
      throw new Refusal(
        502,
        "provider_failed",
        "The payment provider did not accept the request. Try again, or use another payment method.",
      );
    }
    throw error;
  }
}

const BATCH = 20;

/**
 * Sends due refunds and settles due attempts of one event or all, until none is due or `until` (ms) has passed.
 * `claim_work` gives each item to one caller at a time, and again later if it fails.
 */
export async function continueWork(
  db: Supabase,
  payments: Payments,
  until: number,
  event: string | null = null,
): Promise<{ refunds: number; attempts: number; problems: number }> {
  const done = { refunds: 0, attempts: 0, problems: 0 };
  while (Date.now() < until) {
    const work = await db.call<{ refunds: Refund[]; attempts: (Attempt & { expire: boolean })[] }>("claim_work", {
      batch: BATCH,
      event,
    });
    const steps = [
      ...work.refunds.map((refund) => async () => {
        await sendRefund(db, payments, refund);
        done.refunds++;
      }),
      ...work.attempts.map((attempt) => async () => {
        await settleAttempt(db, payments, attempt, attempt.expire);
        done.attempts++;
      }),
    ];
    const results = await Promise.allSettled(steps.map((step) => step()));
    for (const result of results) {
      if (result.status === "fulfilled") continue;
      done.problems++;
      console.error(`maintenance: ${result.reason instanceof Refusal ? result.reason.code : result.reason?.name}`);
    }
    if (steps.length < BATCH) break;
  }
  return done;
}
