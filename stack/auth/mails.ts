import { createHash, randomInt } from "node:crypto";
import { milliseconds } from "../durations.ts";
import type { AuthContext } from "./call.ts";
import { type Challenge, openFlow } from "./pkce.ts";
import { AuthProblem } from "./problems.ts";
import type { Key, User } from "./users.ts";

/** What a mail's code and link prove, by the name that `verifyOtp` has for it. */
export type Purpose = "signup" | "invite" | "magiclink" | "recovery";

export type Proof = { code: string; hash: string; link: string };

export type MailOptions = {
  /** Where the link leads in the end. */
  redirectTo: string;
  challenge?: Challenge;
};

/** When the token in a column was mailed. */
export const SENT_AT = {
  confirmation_token: "confirmation_sent_at",
  recovery_token: "recovery_sent_at",
  email_change_token_current: "email_change_sent_at",
  email_change_token_new: "email_change_sent_at",
} as const satisfies Partial<Record<Key, keyof User>>;

export type TokenColumn = keyof typeof SENT_AT;

/** What voids all codes and links that were mailed to a user. */
export const NO_TOKENS = Object.fromEntries(Object.keys(SENT_AT).map((column) => [column, ""]));

/** The columns in which each type of token may be. */
export const TOKEN_COLUMNS = {
  signup: ["confirmation_token"],
  invite: ["confirmation_token"],
  magiclink: ["recovery_token"],
  recovery: ["recovery_token"],
  email: ["confirmation_token", "recovery_token"],
  email_change: ["email_change_token_current", "email_change_token_new"],
} as const satisfies Record<Purpose | "email" | "email_change", readonly TokenColumn[]>;

const SUBJECTS = {
  signup: "Confirm your sign-up",
  invite: "You have been invited",
  magiclink: "Sign in",
  recovery: "Reset your password",
  email_change: "Confirm the change of your email address",
  reauthentication: "Confirm that it is you",
};

/** What is stored of a code: the same as lite stores. */
export function hashOf(email: string, code: string): string {
  return createHash("sha256")
    .update(email.toLowerCase() + code)
    .digest("hex");
}

function newCode({ settings }: AuthContext): string {
  return Array.from({ length: settings.email.otp_length }, () => randomInt(10)).join("");
}

function makeProof(auth: AuthContext, email: string, type: string, { redirectTo, challenge }: MailOptions): Proof {
  const code = newCode(auth);
  // The prefix says that the link leads to a code instead of a session.
  const hash = (challenge ? "pkce_" : "") + hashOf(email, code);
  const query = new URLSearchParams({ token: hash, type, redirect_to: redirectTo });
  return { code, hash, link: `${auth.apiUrl}/auth/v1/verify?${query}` };
}

/** Makes and stores a code and link. The one before becomes invalid. */
export async function issueProof(
  auth: AuthContext,
  user: User,
  purpose: Purpose,
  options: MailOptions,
): Promise<Proof> {
  const { sql } = auth;
  const [token] = TOKEN_COLUMNS[purpose];
  const proof = makeProof(auth, user.email!, purpose, options);
  if (options.challenge) await openFlow(sql, user.id, purpose, options.challenge);
  await sql`
    update auth.users set ${sql(token)} = ${proof.hash}, ${sql(SENT_AT[token])} = now(), updated_at = now()
      ${purpose === "invite" ? sql`, invited_at = now()` : sql``}
    where id = ${user.id}`;
  return proof;
}

/** Mails a code and link to the user's address. */
export async function mailProof(auth: AuthContext, user: User, purpose: Purpose, options: MailOptions): Promise<void> {
  await send(auth, user.email!, purpose, await issueProof(auth, user, purpose, options));
}

/** Refuses a second mail within `max_frequency`. */
export function refuseTooEarly({ settings }: AuthContext, sentAt: Date | null): void {
  const wait = sentAt ? sentAt.getTime() + milliseconds(settings.email.max_frequency) - Date.now() : 0;
  if (!(wait > 0)) return;
  const seconds = Math.ceil(wait / 1000);
  const message = `For security purposes, you can only request this after ${seconds} seconds.`;
  throw new AuthProblem(429, "over_email_send_rate_limit", message);
}

/** With `double_confirm_changes`, the change needs the consent of both addresses. */
export function addressesToConfirm({ settings }: AuthContext, user: User): ("current" | "new")[] {
  return settings.email.double_confirm_changes && user.email ? ["current", "new"] : ["new"];
}

/** Stores the wanted address and the proofs that it needs. */
export async function issueEmailChange(
  auth: AuthContext,
  user: User,
  address: string,
  options: MailOptions,
  which = addressesToConfirm(auth, user),
): Promise<(Proof & { to: string })[]> {
  const { sql } = auth;
  const proofs = which.map((one) => {
    const to = one === "new" ? address : user.email!;
    return { to, column: `email_change_token_${one}`, ...makeProof(auth, to, "email_change", options) };
  });
  if (options.challenge) await openFlow(sql, user.id, "email_change", options.challenge);
  const tokens = Object.fromEntries(proofs.map(({ column, hash }) => [column, hash]));
  await sql`
    update auth.users set ${sql({ email_change: address, email_change_confirm_status: 0, ...tokens })},
      email_change_sent_at = now(), updated_at = now()
    where id = ${user.id}`;
  return proofs;
}

/** Mails the proofs of a change to the addresses concerned. */
export async function mailEmailChange(
  auth: AuthContext,
  user: User,
  address: string,
  options: MailOptions,
): Promise<void> {
  for (const proof of await issueEmailChange(auth, user, address, options)) {
    await send(auth, proof.to, "email_change", proof);
  }
}

/** Sends what a client quotes as `nonce`; lite makes and stores the code. */
export async function mailNonce(auth: AuthContext, to: string, code: string): Promise<void> {
  await auth.mail({ to, subject: SUBJECTS.reauthentication, text: `Your code: ${code}` });
}

async function send(
  auth: AuthContext,
  to: string,
  subject: keyof typeof SUBJECTS,
  { code, link }: Proof,
): Promise<void> {
  await auth.mail({ to, subject: SUBJECTS[subject], text: `Your code: ${code}\nOr follow this link: ${link}` });
}
