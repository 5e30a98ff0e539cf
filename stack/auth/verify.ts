import type { Sql } from "postgres";
import { type AuthContext, type Call, emailOf, inTransaction } from "./call.ts";
import { addressesToConfirm, hashOf, NO_TOKENS, SENT_AT, TOKEN_COLUMNS, type TokenColumn } from "./mails.ts";
import { issueCode } from "./pkce.ts";
import { AuthProblem, invalid } from "./problems.ts";
import { redirectTarget } from "./redirects.ts";
import { startSession } from "./sessions.ts";
import { confirmEmail, findUser, refuseBanned, saveIdentity, type User } from "./users.ts";

const HALF_WAY = "Confirmation link accepted. Please proceed to confirm link sent to the other email";

/** `verifyOtp`: exchanges a code, or the hash from a link, for a session. */
export async function verifyCode(auth: AuthContext, call: Call): Promise<Response> {
  const { type, token, token_hash, email } = call.body;
  if (!type) throw invalid("Verify requires a verification type");
  if (!token === !token_hash) throw invalid("Verify requires either a token or a token hash");
  if (token_hash && email) throw invalid("Only the token_hash and type should be provided");
  const refusal = "Token has expired or is invalid";
  const user = await (token_hash
    ? redeem(auth, type, [token_hash], refusal)
    : limitWrongCodes(auth, emailOf(email), (address) => redeem(auth, type, hashesOf(address, token!), refusal)));
  return user ? startSession(auth, call, user) : Response.json({ msg: HALF_WAY, code: "200" });
}

const MAX_WRONG_CODES = 10;
const MAX_COUNTED = 10_000;

/** Voids the codes mailed to an address after ten wrong ones, so that six digits cannot be guessed. */
async function limitWrongCodes<T>(
  { sql, wrongCodes }: AuthContext,
  email: string,
  redeemCode: (email: string) => Promise<T>,
): Promise<T> {
  try {
    const redeemed = await redeemCode(email);
    wrongCodes.delete(email);
    return redeemed;
  } catch (error) {
    if (!(error instanceof AuthProblem) || error.code !== "otp_expired") throw error;
    if (wrongCodes.size >= MAX_COUNTED) wrongCodes.clear();
    wrongCodes.set(email, (wrongCodes.get(email) ?? 0) + 1);
    if (wrongCodes.get(email)! >= MAX_WRONG_CODES) {
      wrongCodes.delete(email);
      await sql`update auth.users set ${sql(NO_TOKENS)} where email = ${email} or email_change = ${email}`;
    }
    throw error;
  }
}

/** A code of a PKCE client is stored with the prefix too. */
function hashesOf(email: string, code: string): string[] {
  const hash = hashOf(email, code);
  return [hash, `pkce_${hash}`];
}

/** A link in a mail: leads to the app with a session or, for a PKCE client, with a code for one. */
export async function followLink(auth: AuthContext, call: Call): Promise<Response> {
  const [type, token] = [call.query.get("type"), call.query.get("token")];
  if (!type) throw invalid("Verify requires a verification type");
  if (!token) throw invalid("Verify requires a token or a token hash");
  const target = redirectTarget(auth.settings, call);
  const isPkce = token.startsWith("pkce_");
  try {
    const user = await redeem(auth, type, [token], "Email link is invalid or has expired");
    if (!user) return leadTo(target, isPkce ? { message: HALF_WAY } : {}, { message: HALF_WAY });
    if (isPkce) return leadTo(target, { code: await issueCode(auth.sql, user.id, type) });
    const response = await startSession(auth, call, user);
    if (!response.ok) return response;
    const { user: _, ...session } = (await response.json()) as Record<string, string>;
    return leadTo(target, {}, { ...session, type });
  } catch (error) {
    if (!(error instanceof AuthProblem)) throw error;
    const problem = { error: "access_denied", error_code: error.code, error_description: error.message };
    return leadTo(target, isPkce ? problem : {}, problem);
  }
}

function leadTo(target: string, query: Record<string, string>, fragment?: Record<string, string>): Response {
  const url = new URL(target);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  if (fragment) url.hash = new URLSearchParams({ ...fragment, sb: "" }).toString();
  return new Response(null, { status: 303, headers: { Location: url.href } });
}

/** Uses up a token and does what it proves. Undefined while a change of address still needs the other address. */
async function redeem(auth: AuthContext, type: string, hashes: string[], refusal: string): Promise<User | undefined> {
  if (!isTokenType(type)) throw invalid("Unsupported verification type");
  return inTransaction(auth.sql, async (sql) => {
    const [column, user] = await findByToken({ ...auth, sql }, TOKEN_COLUMNS[type], hashes);
    if (!column || !user) throw new AuthProblem(403, "otp_expired", refusal);
    refuseBanned(user, 403);
    // Of two requests with a token, the second waits here and finds none.
    const [row] = await sql<Pick<User, "email_change" | "email_change_confirm_status">[]>`
      update auth.users set ${sql(column)} = '' where id = ${user.id} and ${sql(column)} in ${sql(hashes)}
      returning email_change, email_change_confirm_status`;
    if (!row) throw new AuthProblem(403, "otp_expired", refusal);
    if (type !== "email_change") {
      if (column === "confirmation_token" || !user.email_confirmed_at) await confirmEmail(sql, user.id);
      return user;
    }
    if (addressesToConfirm(auth, user).length > 1 && row.email_change_confirm_status === 0) {
      await sql`update auth.users set email_change_confirm_status = 1 where id = ${user.id}`;
      return undefined;
    }
    await changeEmail(sql, user.id, row.email_change!);
    return user;
  });
}

function isTokenType(type: string): type is keyof typeof TOKEN_COLUMNS {
  return Object.hasOwn(TOKEN_COLUMNS, type);
}

async function findByToken(
  { sql, settings }: AuthContext,
  columns: readonly TokenColumn[],
  hashes: string[],
): Promise<[TokenColumn?, User?]> {
  for (const column of columns) {
    const user = await findUser(sql, column, hashes);
    const sentAt = user?.[SENT_AT[column]];
    if (sentAt && sentAt.getTime() + settings.email.otp_expiry * 1000 > Date.now()) return [column, user];
  }
  return [];
}

async function changeEmail(sql: Sql, userId: string, email: string): Promise<void> {
  await sql`
    update auth.users set email = ${email}, email_change = '', email_change_token_current = '', email_change_token_new = '',
      email_change_confirm_status = 0, email_confirmed_at = coalesce(email_confirmed_at, now()), updated_at = now()
    where id = ${userId}`;
  await saveIdentity(sql, userId, "email", { email, email_verified: true });
}
