import { z } from "zod";
import { answer, readBody, readKey } from "../_shared/http.ts";
import type { Payments } from "../_shared/settings.ts";
import type { Supabase } from "../_shared/supabase.ts";
import { begin, inProgress, type Next, sendRefund } from "../_shared/work.ts";

export type Dependencies = { db: Supabase; payments: Payments };

const shape = z.strictObject({
  ticket_id: z.uuid(),
  amount: z.number().finite().optional(),
  reason: z.string().trim().min(1).max(500).optional(),
});

/**
 * Refunds a ticket: `{ticket_id, reason?}` by its buyer, `{ticket_id, amount?, reason?}` by the host, amount in major
 * units, with an `Idempotency-Key`. Returns `{data: {ticket: {id, event_id, status}, refund: {id, amount, currency,
 * fee, status, is_manual} | null}}`; status is pending, success or failed; is_manual: an operator pays it.
 */
export async function handle(request: Request, { db, payments }: Dependencies): Promise<Response> {
  const caller = await db.requireCaller(request);
  const body = await readBody(request, shape);
  const key = await readKey(request, body);
  const ask = () => db.call<Next>("begin_refund", { person: caller.id, ...key, ...body });

  const next = await begin(db, payments, ask);
  if (next.next === "answer") return answer(next);
  if (next.next !== "refund") throw inProgress();
  const asked = { person: caller.id, idempotency_key: key.idempotency_key };
  return answer(await sendRefund(db, payments, next.refund, asked) as { status: number; answer: unknown });
}
