import { z } from "zod";
import { data, readBody } from "../_shared/http.ts";
import type { Payments } from "../_shared/settings.ts";
import { type Supabase, unwrap } from "../_shared/supabase.ts";
import { continueWork } from "../_shared/work.ts";

export type Dependencies = { db: Supabase; payments: Payments };

const shape = z.strictObject({ event_id: z.uuid(), reason: z.string().trim().min(1).max(500) });

/** How long one request goes on sending refunds; maintenance sends the rest. */
const PATIENCE_MS = 5_000;

/**
 * Cancels an event of the caller's and refunds everyone: `{event_id, reason}`. Answers `{data: {event_id, reason,
 * tickets_to_end, refunds, refunds_succeeded, refunds_under_way, refunds_for_an_operator}}`, and again when asked again.
 */
export async function handle(request: Request, { db, payments }: Dependencies): Promise<Response> {
  const caller = await db.whoAsks(request);
  const { event_id, reason } = await readBody(request, shape);
  // As the caller, so that the policies decide whose event it is; its tickets follow by a trigger, whoever cancels it.
  const events = caller.client.schema("event_service").from("events");
  unwrap(await events.update({ status: "cancelled" }).eq("id", event_id).in("status", ["upcoming", "ongoing"]));
  const progress = () =>
    db.call<{ refunds_under_way: number }>("cancellation_progress", { person: caller.id, event_id, reason });
  const begun = await progress();
  if (begun.refunds_under_way === 0) return data(begun);
  await continueWork(db, payments, Date.now() + PATIENCE_MS, event_id);
  return data(await progress());
}
