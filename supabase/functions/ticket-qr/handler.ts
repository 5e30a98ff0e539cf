import { exportJWK, SignJWT } from "jose";
import { renderSVG } from "uqr";
import { z } from "zod";
import { data, readQuery, Refusal } from "../_shared/http.ts";
import { type Supabase, unwrap } from "../_shared/supabase.ts";
import { eventKey } from "./keys.ts";

export type Dependencies = { db: Supabase; secret: string };

/** Width of the white border in modules, as ISO/IEC 18004 requires. */
const QUIET_ZONE = 4;

const shape = z.union([z.strictObject({ ticket_id: z.uuid() }), z.strictObject({ event_id: z.uuid() })], {
  error: "Send either a ticket_id or an event_id.",
});

type Ticket = { id: string; event_id: string; attendance_code: string; status: string };

/**
 * `?ticket_id=` gives the owner of an active ticket `{data: {token, svg}}`: an Ed25519-signed JWT (`ticket`, `event`,
 * `code`) and its QR code, which prove that the ticket was issued. `?event_id=` gives host and staff
 * `{data: {public_key, revoked}}` to verify tokens offline: a JWK, and the ids of tickets that have since ended.
 */
export async function handle(request: Request, { db, secret }: Dependencies): Promise<Response> {
  const { client, id } = await db.requireCaller(request);
  const asked = readQuery(request, shape);
  if (secret.length < 32) {
    throw new Refusal(
      503,
      "signing_unavailable",
      "Tickets cannot be signed: TICKET_SIGNING_SECRET is not set.",
    );
  }
  const service = client.schema("ticket_service");
  if ("event_id" in asked) {
    const revoked = unwrap(await service.rpc("revoked_tickets", asked));
    // Keys are derived from the id in lower case, as the database writes it.
    const { publicKey, kid } = await eventKey(secret, asked.event_id.toLowerCase());
    return data({ public_key: { ...(await exportJWK(publicKey)), kid, alg: "EdDSA", use: "sig" }, revoked });
  }
  const columns = "id,event_id,attendance_code,status";
  const [ticket] = unwrap(
    await service.from("tickets").select(columns).eq("id", asked.ticket_id).eq("user_id", id),
  ) as Ticket[];
  if (!ticket) throw new Refusal(404, "ticket_not_found", "There is no such ticket.");
  if (ticket.status !== "active") {
    throw new Refusal(409, "ticket_not_active", "Only an active ticket has a QR code.");
  }
  const { privateKey, kid } = await eventKey(secret, ticket.event_id);
  const token = await new SignJWT({ ticket: ticket.id, event: ticket.event_id, code: ticket.attendance_code })
    .setProtectedHeader({ alg: "EdDSA", kid, typ: "JWT" })
    .setIssuedAt()
    .sign(privateKey);
  return data({ token, svg: renderSVG(token, { border: QUIET_ZONE }) });
}
