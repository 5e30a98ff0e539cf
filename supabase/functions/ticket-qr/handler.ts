import { exportJWK, SignJWT } from "jose";
import { renderSVG } from "uqr";
import { z } from "zod";
import { data, readQuery, Refusal } from "../_shared/http.ts";
import { type Supabase, unwrap } from "../_shared/supabase.ts";
import { eventKey } from "./keys.ts";

export type Dependencies = { db: Supabase; secret: string };

/** Modules around the code that stay white, by ISO/IEC 18004. */
const QUIET_ZONE = 4;

const shape = z.union([z.strictObject({ ticket_id: z.uuid() }), z.strictObject({ event_id: z.uuid() })], {
  error: "Give a ticket_id or an event_id.",
});

type Ticket = { id: string; event_id: string; attendance_code: string; status: string };

/**
 * `?ticket_id=` gives the owner of an active ticket `{data: {token, svg}}`: a token signed with Ed25519 (a JWT with
 * `ticket`, `event`, `code`, and `kid` in its header) and its QR code. It proves that the ticket was issued, not that it
 * still holds. `?event_id=` gives host and staff `{data: {public_key, revoked}}` to check tokens without a network:
 * a JWK, and the ids of tickets that have ended since.
 */
export async function handle(request: Request, { db, secret }: Dependencies): Promise<Response> {
  const { client, id } = await db.whoAsks(request);
  const asked = readQuery(request, shape);
  if (secret.length < 32) {
    throw new Refusal(
      503,
      "signing_unavailable",
      "Tickets cannot be signed here: the operator has not set TICKET_SIGNING_SECRET.",
    );
  }
  const service = client.schema("ticket_service");
  if ("event_id" in asked) {
    const revoked = unwrap(await service.rpc("revoked_tickets", asked));
    // As the database writes it: of other letters another key would come.
    const { publicKey, kid } = await eventKey(secret, asked.event_id.toLowerCase());
    return data({ public_key: { ...(await exportJWK(publicKey)), kid, alg: "EdDSA", use: "sig" }, revoked });
  }
  const columns = "id,event_id,attendance_code,status";
  const [ticket] = unwrap(
    await service.from("tickets").select(columns).eq("id", asked.ticket_id).eq("user_id", id),
  ) as Ticket[];
  if (!ticket) throw new Refusal(404, "ticket_not_found", "There is no such ticket.");
  if (ticket.status !== "active") {
    throw new Refusal(409, "ticket_not_active", "Only an active ticket has a code to show.");
  }
  const { privateKey, kid } = await eventKey(secret, ticket.event_id);
  const token = await new SignJWT({ ticket: ticket.id, event: ticket.event_id, code: ticket.attendance_code })
    .setProtectedHeader({ alg: "EdDSA", kid, typ: "JWT" })
    .setIssuedAt()
    .sign(privateKey);
  return data({ token, svg: renderSVG(token, { border: QUIET_ZONE }) });
}
