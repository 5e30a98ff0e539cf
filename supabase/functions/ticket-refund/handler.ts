import { z } from "zod";
import { answer, data, readBody, readKey, Refusal } from "../_shared/http.ts";
import type { Payments } from "../_shared/settings.ts";
import type { Supabase } from "../_shared/supabase.ts";
import { type Next, sendRefund, settleAttempt } from "../_shared/work.ts";

export type Dependencies = { db: Supabase; payments: Payments };

const shape = z.strictObject({
  ticket_id: z.uuid(),
  amount: z.number().finite().optional(),
  reason: z.string().trim().min(1).max(500).optional(),
});

/**
 * Gives a ticket back: `{ticket_id, reason?}` by its buyer, `{ticket_id, amount?, reason?}` by the host, amount in major
 * units, with an `Idempotency-Key`. Answers `{data: {ticket: {id, event_id, status}, refund: {id, amount, currency, fee,
 * status} | null}}`; status is sent, requires_action, succeeded, failed, manual (an operator pays it) or cancelled.
 */
export async function handle(request: Request, { db, payments }: Dependencies): Promise<Response> {
  const caller = await db.whoAsks(request);
  const body = await readBody(request, shape);
  const key = await readKey(request, body);
  const begin = () => db.call<Next>("begin_refund", { person: caller.id, ...key, ...body });

  let next = await begin();
  if (next.next === "expire") {
    await settleAttempt(db, payments, next.attempt, true);
    next = await begin();
  }
  if (next.next === "answer") return answer(next);
  if (next.next !== "refund") {
    throw new Refusal(
      409,
      "request_in_progress",
      "Another request of yours for this ticket is going on. Ask again in a moment.",
    );
  }
  const request_of = { person: caller.id, idempotency_key: key.idempotency_key };
  const sent = await sendRefund(db, payments, next.refund, request_of) as
    | { status: number; answer: unknown }
    | undefined;
  return sent ? answer(sent) : data(next.kept);
}
