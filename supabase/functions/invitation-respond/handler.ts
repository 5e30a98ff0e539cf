import { z } from "zod";
import { data, kept, readBody, Refusal } from "../_shared/http.ts";
import { type Caller, type Supabase, unwrap } from "../_shared/supabase.ts";
import type { Payments } from "../_shared/settings.ts";
import { begin, inProgress, type Next } from "../_shared/work.ts";

export type Dependencies = { db: Supabase; payments: Payments };

const shape = z.strictObject({ invitation_id: z.uuid(), response: z.enum(["accepted", "declined"]) });

type Invitation = { id: string; event_id: string };
type Event = { id: string; ticketing_enabled: boolean; is_free: boolean };

/**
 * Responds to an invitation: `{invitation_id, response: accepted | declined}`. Accepting joins a free event. Returns
 * `{data: {invitation, next, ticket}}`; next is `checkout_required` if a ticket must be bought, else null.
 */
export async function handle(request: Request, { db, payments }: Dependencies): Promise<Response> {
  const caller = await db.requireCaller(request);
  const { invitation_id, response } = await readBody(request, shape);
  const invitations = caller.client.schema("user_service").from("invitations");
  const found = unwrap(
    await invitations.select("id,event_id").eq("id", invitation_id).eq("invitee_id", caller.id),
  ) as Invitation[];
  if (!found[0]) throw notFound();
  // Take the place first, so that an invitation to a full event stays unanswered. Each step can be repeated.
  const place = response === "accepted"
    ? await takePlace(db, payments, caller, found[0].event_id)
    : { next: null, ticket: null };
  const answered = await invitations.update({ status: response }).eq("id", invitation_id).eq("invitee_id", caller.id)
    .select();
  const [invitation] = unwrap(answered) as Invitation[];
  if (!invitation) throw notFound();
  return data({ invitation, ...place });
}

async function takePlace(
  db: Supabase,
  payments: Payments,
  caller: Caller,
  event_id: string,
): Promise<{ next: "checkout_required" | null; ticket: unknown }> {
  const service = caller.client.schema("event_service");
  const [event] = unwrap(
    await service.from("events").select("id,ticketing_enabled,is_free").eq("id", event_id),
  ) as Event[];
  if (!event) throw new Refusal(404, "event_not_found", "There is no such event.");
  if (!event.ticketing_enabled) {
    const row = { event_id, user_id: caller.id, status: "confirmed" };
    const mine = unwrap(
      await service.from("event_attendees").select("status").eq("event_id", event_id).eq("user_id", caller.id),
    ) as { status: string }[];
    // Another invitation to the event may be accepted concurrently.
    const once = { onConflict: "event_id,user_id", ignoreDuplicates: true };
    if (!mine[0]) unwrap(await service.from("event_attendees").upsert(row, once));
    else if (mine[0].status !== "confirmed") {
      unwrap(
        await service.from("event_attendees").update({ status: "confirmed" }).eq("event_id", event_id).eq(
          "user_id",
          caller.id,
        ),
      );
    }
    return { next: null, ticket: null };
  }
  const tickets = caller.client.schema("ticket_service").from("tickets");
  const mineQuery = () => tickets.select().eq("event_id", event_id).eq("user_id", caller.id).eq("status", "active");
  const [mine] = unwrap(await mineQuery()) as unknown[];
  if (mine) return { next: null, ticket: mine };
  if (!event.is_free) return { next: "checkout_required", ticket: null };
  try {
    return { next: null, ticket: await takeFreeTicket(db, payments, caller, event_id) };
  } catch (error) {
    // Another invitation to the event may have been accepted concurrently.
    const [other] = unwrap(await mineQuery()) as unknown[];
    if (!other) throw error;
    return { next: null, ticket: other };
  }
}

async function takeFreeTicket(db: Supabase, payments: Payments, caller: Caller, event_id: string): Promise<unknown> {
  const key = crypto.randomUUID();
  const who = { person: caller.id, idempotency_key: key, request_hash: key };
  const bought = await begin(db, payments, () => db.call<Next>("begin_checkout", { ...who, event_id }));
  if (bought.next !== "answer") throw inProgress();
  if (bought.status >= 400) throw kept(bought);
  return (bought.answer as { ticket: unknown }).ticket;
}

const notFound = () => new Refusal(404, "invitation_not_found", "You have no such invitation.");
