import { decodeJwt } from "jose";
import { type AuthContext, type Call, emailOf, refuseTooLarge } from "./call.ts";
import { mailEmailChange, NO_TOKENS, refuseTooEarly } from "./mails.ts";
import { AuthProblem, emailExists } from "./problems.ts";
import { endSessions } from "./sessions.ts";
import { mailOptions } from "./sign-in.ts";
import { findUser, refuseBanned, requireUser, type User, userJson } from "./users.ts";

/** The user of the token, which lite checks, or lite's refusal. */
async function caller(auth: AuthContext, call: Call): Promise<User | Response> {
  const response = await call.lite("GET", "user");
  if (!response.ok) return response;
  const user = await requireUser(auth.sql, ((await response.json()) as { id: string }).id);
  refuseBanned(user, 403);
  return user;
}

export async function getUser(auth: AuthContext, call: Call): Promise<Response> {
  const user = await caller(auth, call);
  return user instanceof Response ? user : Response.json(userJson(user));
}

/** Password and metadata change at once, the email address when its owner has confirmed it. */
export async function updateUser(auth: AuthContext, call: Call): Promise<Response> {
  const user = await caller(auth, call);
  if (user instanceof Response) return user;
  const { email, password, data, app_metadata } = call.body;
  if (app_metadata) throw new AuthProblem(403, "not_admin", "Updating app_metadata requires admin privileges");
  refuseTooLarge(JSON.stringify({ ...user.raw_user_meta_data, ...data }));
  const options = mailOptions(auth, call);
  const address = email ? emailOf(email) : user.email;
  if (address && address !== user.email) {
    if (await findUser(auth.sql, "email", address)) throw emailExists();
    refuseTooEarly(auth, user.email_change_sent_at);
  }
  if (typeof password === "string" || data) {
    const response = await call.lite("PUT", "user", { password: password ?? undefined, data: data ?? undefined });
    if (!response.ok) return response;
  }
  if (typeof password === "string") await forgetProofs(auth, user, sessionOf(call));
  if (address && address !== user.email) await mailEmailChange(auth, user, address, options);
  return Response.json(userJson(await requireUser(auth.sql, user.id)));
}

/** After a change of password, other sessions and codes that were mailed before are worth nothing. */
async function forgetProofs({ sql }: AuthContext, user: User, session: string | undefined): Promise<void> {
  await sql`
    update auth.users set ${sql({ ...NO_TOKENS, reauthentication_token: "" })}
    where id = ${user.id}`;
  await endSessions(sql, user.id, session);
}

function sessionOf({ request }: Call): string | undefined {
  const token = request.headers.get("Authorization")!.replace(/^bearer\s+/i, "");
  return decodeJwt<{ session_id?: string }>(token).session_id;
}
