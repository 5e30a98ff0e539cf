import { z } from "zod";
import { data, readBody } from "../_shared/http.ts";
import { type Supabase, unwrap } from "../_shared/supabase.ts";

export type Dependencies = { db: Supabase };

const shape = z.strictObject({
  event_id: z.uuid(),
  invitees: z.array(z.string().trim().min(1).max(100)).min(1).max(50),
});

/**
 * Invites people to an event: `{event_id, invitees: [ids or usernames]}`. Returns `{data: {invitations: [{invitee,
 * invitation_id, result}]}}`; result is invited, already_invited or person_not_found.
 */
export async function handle(request: Request, { db }: Dependencies): Promise<Response> {
  const { client } = await db.requireCaller(request);
  const body = await readBody(request, shape);
  return data({ invitations: unwrap(await client.schema("user_service").rpc("invite", body)) });
}
