import { z } from "zod";
import { answer, readBody, readKey, Refusal } from "../_shared/http.ts";
import { LOOPBACK, type Payments, providerNamed } from "../_shared/settings.ts";
import type { Supabase } from "../_shared/supabase.ts";
import { available, begin, inProgress, type Next, settleAttempt } from "../_shared/work.ts";

export type Dependencies = { db: Supabase; payments: Payments };

const shape = z.strictObject({
  event_id: z.uuid(),
  payment_method: z.string().max(50).optional(),
  return_url: z.url().max(2000).optional(),
});

/**
 * Buys a ticket: `{event_id, payment_method, return_url?}` with an `Idempotency-Key`. Returns
 * `{data: {ticket, transaction, checkout_url, expires_at}}`; the last three are null if the event is free.
 */
export async function handle(request: Request, { db, payments }: Dependencies): Promise<Response> {
  const caller = await db.requireCaller(request);
  const body = await readBody(request, shape);
  const key = await readKey(request, body);
  const provider = body.payment_method === undefined ? undefined : providerNamed(payments, body.payment_method);
  const who = { person: caller.id, idempotency_key: key.idempotency_key };
  const return_url = body.return_url ? allowed(body.return_url, payments.returnHosts) : payments.returnUrl;
  const ask = () => db.call<Next>("begin_checkout", { person: caller.id, ...key, ...body, return_url });

  const next = await begin(db, payments, ask);
  if (next.next === "answer") return answer(next);
  if (next.next !== "pay" || !provider) throw inProgress();

  const { attempt } = next;
  let checkout: { session_id: string; checkout_url: string };
  try {
    checkout = await available(() => provider.createCheckout(attempt));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { status, code, message } = error;
    const failed = { ...who, attempt_id: attempt.id, status, answer: { error: { code, message } } };
    return answer(await db.call<{ status: number; answer: unknown }>("fail_checkout", failed));
  }
  const finished = await db.call<Next>("finish_checkout", { ...who, attempt_id: attempt.id, ...checkout });
  if (finished.next === "answer") return answer(finished);
  if (finished.next === "expire") await settleAttempt(db, payments, finished.attempt, true);
  throw inProgress();
}

/** The URL as parsed here, so that no later parser can read another host from it. */
function allowed(address: string, hosts: Set<string>): string {
  const { protocol, host, hostname, username, password, href } = new URL(address);
  const isSafe = protocol === "https:" || protocol === "http:" && LOOPBACK.has(hostname);
  const isOfApp = !protocol.startsWith("http") && hosts.has(`${protocol}//`);
  if (username || password || !(isSafe && hosts.has(host) || isOfApp)) {
    throw new Refusal(
      400,
      "return_url_not_allowed",
      "This return_url is not allowed. Operators list the allowed hosts and schemes in CHECKOUT_RETURN_HOSTS.",
    );
  }
  return href;
}
