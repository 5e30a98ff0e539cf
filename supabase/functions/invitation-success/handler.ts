import { z } from "zod";
import { data, readQuery } from "../_shared/http.ts";
import { type Supabase, unwrap } from "../_shared/supabase.ts";

export type Dependencies = { db: Supabase };

const shape = z.strictObject({ event_id: z.uuid().optional() });

/**
 * The outcome of the caller's invitations, for all events or for `?event_id=`: `{data: {sent, accepted, declined,
 * successful, rate, by_event: [{event_id, sent, accepted, declined, successful, rate}]}}`.
 */
export async function handle(request: Request, { db }: Dependencies): Promise<Response> {
  const { client } = await db.requireCaller(request);
  const { event_id } = readQuery(request, shape);
  return data(unwrap(await client.schema("user_service").rpc("invitation_success", event_id ? { event_id } : {})));
}
