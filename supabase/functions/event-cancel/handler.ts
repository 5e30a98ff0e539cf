import { z } from "zod";
import { data, readBody } from "../_shared/http.ts";
import type { Payments } from "../_shared/settings.ts";
import { type Supabase, unwrap } from "../_shared/supabase.ts";
import { continueWork } from "../_shared/work.ts";

export type Dependencies = { db: Supabase; payments: Payments };

const shape = z.strictObject({ event_id: z.uuid(), reason: z.string().trim().min(1).max(500) });

/** How long a request sends refunds; `maintenance` sends the rest. */
const PATIENCE_MS = 5_000;

/**
 * Cancels an event of the caller and refunds its tickets: `{event_id, reason}`. Returns `{data: {event_id, reason,
 * tickets_to_end, refunds, refunds_succeeded, refunds_under_way, refunds_for_an_operator}}`. A repetition continues.
 */
export async function handle(request: Request, { db, payments }: Dependencies): Promise<Response> {
  const caller = await db.requireCaller(request);
  const { event_id, reason } = await readBody(request, shape);
  // As the caller, so that row-level security applies. A trigger ends the tickets, whoever cancels the event.
  const events = caller.client.schema("event_service").from("events");
  unwrap(await events.update({ status: "cancelled" }).eq("id", event_id).in("status", ["upcoming", "ongoing"]));
  const progress = () =>
    db.call<{ refunds_under_way: number }>("cancellation_progress", { person: caller.id, event_id, reason });
  const begun = await progress();
  if (begun.refunds_under_way === 0) return data(begun);
  await continueWork(db, payments, Date.now() + PATIENCE_MS, event_id);
  return data(await progress());
}
