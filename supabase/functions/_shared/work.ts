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

/** What a function of the database says is to happen next. */
export type Next =
  | { next: "answer"; status: number; answer: unknown }
  | { next: "pay"; attempt: Attempt }
  | { next: "expire"; attempt: Attempt }
  | { next: "refund"; refund: Refund };

/** Begins a request in the database, and once more if an attempt was to be ended at its provider first. */
export async function begin(db: Supabase, payments: Payments, ask: () => Promise<Next>): Promise<Next> {
  const next = await ask();
  if (next.next !== "expire") return next;
  await settleAttempt(db, payments, next.attempt, true);
  const then = await ask();
  if (then.next === "expire") {
    throw new Refusal(
      409,
      "payment_in_progress",
      "A payment for this seat is under way, and its provider has not decided yet. my_tickets tells when it has.",
    );
  }
  return then;
}

/** Another request of the same person's was quicker. */
export const inProgress = () =>
  new Refusal(
    409,
    "request_in_progress",
    "Another request of yours for this ticket is still being worked on. Ask again in a moment.",
  );

/** Records how an attempt stands at its provider, after ending it there if it is to be ended. */
export async function settleAttempt(db: Supabase, payments: Payments, attempt: Attempt, end: boolean): Promise<void> {
  const facts = await available(async () => {
    const provider = providerOf(payments, attempt.provider);
    return await (end ? provider.expire(attempt) : provider.ask(attempt));
  });
  await db.call("record_notice", { provider: attempt.provider, notice_id: null, attempt_id: attempt.id, facts });
}

/**
 * Sends a refund and records what became of it, also for the request that asked for it. One whose outcome is unknown is
 * left to maintenance: it is owed until it is known to be paid.
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

/** The provider that this work was begun with: one that was switched off since may be back. */
function providerOf(payments: Payments, name: string): Provider {
  const provider = payments.providers.get(name);
  if (!provider) throw new ProviderUnavailable(`${name} is not set up here`);
  return provider;
}

/** Runs what speaks to a provider; that it cannot is a refusal with 502. */
export async function available<T>(speak: () => Promise<T>): Promise<T> {
  try {
    return await speak();
  } catch (error) {
    if (error instanceof ProviderUnavailable || error instanceof ProviderRefused) {
      // What a provider says of a request, for its operator.
      console.error(`provider_failed: ${error.message}`);
      throw new Refusal(
        502,
        "provider_failed",
        "The payment provider did not take this. Try again, or pay another way.",
      );
    }
    throw error;
  }
}

const BATCH = 20;

/**
 * Sends refunds and asks about attempts until none is due or it is `until` (milliseconds). What is handed out to one is
 * not handed out to another at the same time; what fails is handed out again later. Of all events, or of one.
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
