import { randomBytes } from "node:crypto";
import { decodeJwt, SignJWT } from "jose";
import type { Sql } from "postgres";
import type { AuthContext, Call } from "./call.ts";
import { openFlow } from "./pkce.ts";
import { userBanned } from "./problems.ts";
import { findUser, isBanned, type User, userJson } from "./users.ts";

type Session = { access_token: string; [field: string]: unknown };
type Claims = { sub: string; session_id: string };

/** How a session was started, as tokens list it in `amr`. Undefined for a refreshed one. */
export type Method = "password" | "otp" | "recovery" | "magiclink" | "email/signup" | "email_change" | "invite";

/** Completes lite's answer: its tokens lack half of the claims, and it does not know that users can be banned. */
export async function completeSession(auth: AuthContext, response: Response, method?: Method): Promise<Response> {
  if (!response.ok) return response;
  const session = (await response.json()) as Session;
  const claims = decodeJwt<Claims>(session.access_token);
  const user = await findUser(auth.sql, "id", claims.sub!);
  if (!user || isBanned(user)) {
    await auth.sql`delete from auth.sessions where id = ${claims.session_id}`;
    throw userBanned(400);
  }
  const access_token = await new SignJWT({
    iss: `${auth.apiUrl}/auth/v1`,
    ...claims,
    email: user.email ?? "",
    phone: user.phone ?? "",
    app_metadata: user.raw_app_meta_data ?? {},
    user_metadata: user.raw_user_meta_data ?? {},
    aal: "aal1",
    amr: await methodsOf(auth.sql, claims.session_id, method),
    is_anonymous: user.is_anonymous,
  })
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .sign(auth.jwtSecret);
  return Response.json({ ...session, access_token, user: userJson(user) });
}

/** Notes how the session was started, if now, and returns what was noted. */
async function methodsOf(
  sql: Sql,
  sessionId: string,
  method?: Method,
): Promise<{ method: string; timestamp: number }[]> {
  if (method) {
    await sql`
      insert into auth.mfa_amr_claims (id, session_id, authentication_method, created_at, updated_at)
      values (gen_random_uuid(), ${sessionId}, ${method}, now(), now())
      on conflict (session_id, authentication_method) do update set updated_at = now()`;
  }
  return sql<{ method: string; timestamp: number }[]>`
    select authentication_method as method, extract(epoch from updated_at)::int as timestamp
    from auth.mfa_amr_claims where session_id = ${sessionId} order by updated_at desc`;
}

/** Starts a session for a user who proved an address, through lite's exchange of a code. */
export async function startSession(auth: AuthContext, call: Call, user: User): Promise<Response> {
  const verifier = randomBytes(32).toString("hex");
  const code = await openFlow(auth.sql, user.id, "otp", { value: verifier, method: "plain" });
  const response = await call.lite("POST", "token?grant_type=pkce", { auth_code: code, code_verifier: verifier });
  return completeSession(auth, response, "otp");
}

/** Ends the user's sessions, but not the one to keep. Their refresh tokens go with them. */
export async function endSessions(sql: Sql, userId: string, keep?: string): Promise<void> {
  await sql`delete from auth.sessions where user_id = ${userId} and id is distinct from ${keep ?? null}::uuid`;
}
