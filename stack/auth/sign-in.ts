import { randomBytes, randomUUID } from "node:crypto";
import { type AuthContext, type Call, emailOf, refuseTooLongPassword } from "./call.ts";
import { createUser } from "./create-user.ts";
import { mailEmailChange, mailProof, refuseTooEarly } from "./mails.ts";
import { challengeOf } from "./pkce.ts";
import { AuthProblem, invalid } from "./problems.ts";
import { redirectTarget } from "./redirects.ts";
import { completeSession, type Method } from "./sessions.ts";
import { findUser, refuseBanned, type User, userJson } from "./users.ts";

const done = () => Response.json({});

/** Where this request's mail leads. */
export function mailOptions({ settings }: AuthContext, call: Call) {
  return { redirectTo: redirectTarget(settings, call), challenge: challengeOf(call.body) };
}

const maySignUp = ({ enable_signup, email }: AuthContext["settings"]) => enable_signup && email.enable_signup;

export async function signUp(auth: AuthContext, call: Call): Promise<Response> {
  const { settings, sql } = auth;
  const email = emailOf(call.body.email);
  const { password, data } = call.body;
  const options = mailOptions(auth, call);
  const isWeak = !password || password.length < settings.minimum_password_length;
  const mayExist = settings.email.enable_confirmations && maySignUp(settings) && !isWeak;
  const known = mayExist ? await findUser(sql, "email", email) : undefined;
  if (known) return known.email_confirmed_at ? pretendToSignUp(email, data) : confirmAgain(auth, known, options);
  refuseTooLongPassword(password);
  const response = await call.lite("POST", "signup", { email, password, data: data ?? {} });
  if (!response.ok) return response;
  if (!settings.email.enable_confirmations) return completeSession(auth, response, "password");
  const user = await findUser(sql, "email", email);
  await mailProof(auth, user!, "signup", options);
  return Response.json(userJson((await findUser(sql, "email", email))!));
}

/** Does not tell that the address has an account: only its owner may know. */
function pretendToSignUp(email: string, data: Call["body"]["data"]): Response {
  const now = new Date().toISOString();
  return Response.json({
    id: randomUUID(),
    aud: "authenticated",
    role: "",
    email,
    phone: "",
    confirmation_sent_at: now,
    app_metadata: { provider: "email", providers: ["email"] },
    user_metadata: data ?? {},
    identities: [],
    created_at: now,
    updated_at: now,
    is_anonymous: false,
  });
}

async function confirmAgain(auth: AuthContext, user: User, options: ReturnType<typeof mailOptions>): Promise<Response> {
  refuseTooEarly(auth, user.confirmation_sent_at);
  await mailProof(auth, user, "signup", options);
  return Response.json(userJson({ ...user, confirmation_sent_at: new Date() }));
}

/** `token`: a password, a refresh token, or the code of a PKCE client. */
export async function issueToken(auth: AuthContext, call: Call): Promise<Response> {
  const { sql } = auth;
  const grant = call.query.get("grant_type");
  const { email, password, refresh_token, auth_code, code_verifier } = call.body;
  if (grant === "password") {
    const response = await call.lite("POST", "token?grant_type=password", { email, password });
    return completeSession(auth, response, "password");
  }
  if (grant === "refresh_token") {
    const [user] = await sql<Pick<User, "banned_until">[]>`
      select u.banned_until from auth.refresh_tokens t join auth.users u on u.id = t.user_id where t.token = ${refresh_token ?? ""}`;
    if (user) refuseBanned(user, 400);
    return completeSession(auth, await call.lite("POST", "token?grant_type=refresh_token", { refresh_token }));
  }
  if (grant === "pkce") {
    const [flow] =
      await sql`select authentication_method as method from auth.flow_state where auth_code = ${auth_code ?? ""}`;
    const method = flow?.method === "signup" ? "email/signup" : (flow?.method as Method | undefined);
    const response = await call.lite("POST", "token?grant_type=pkce", { auth_code, code_verifier });
    return completeSession(auth, response, method);
  }
  throw new AuthProblem(400, "invalid_credentials", "unsupported_grant_type");
}

/** `signInWithOtp`: mails a code and link, and signs up who is new. */
export async function signInWithOtp(auth: AuthContext, call: Call): Promise<Response> {
  const { settings, sql } = auth;
  if (!call.body.email) throw invalid("One of email or phone must be set");
  const email = emailOf(call.body.email);
  const options = mailOptions(auth, call);
  let user = await findUser(sql, "email", email);
  if (!user && call.body.create_user === false)
    throw new AuthProblem(422, "otp_disabled", "Signups not allowed for otp");
  if (!user && !maySignUp(settings)) {
    throw new AuthProblem(422, "signup_disabled", "Signups not allowed for this instance");
  }
  const isConfirmed = !settings.email.enable_confirmations;
  user ??= await createPerson(auth, email, isConfirmed, call.body.data ?? {});
  const purpose = user.email_confirmed_at || isConfirmed ? "magiclink" : "signup";
  refuseTooEarly(auth, purpose === "signup" ? user.confirmation_sent_at : user.recovery_sent_at);
  await mailProof(auth, user, purpose, options);
  return done();
}

/** As sign-up does, with a password that nobody knows. */
function createPerson(auth: AuthContext, email: string, isEmailConfirmed: boolean, data: object): Promise<User> {
  const id = randomUUID();
  const userMetadata = { ...data, sub: id, email, email_verified: false, phone_verified: false };
  return createUser(auth, { id, email, password: randomBytes(32).toString("hex"), isEmailConfirmed, userMetadata });
}

/** `resetPasswordForEmail`. Does not tell whether the address has an account. */
export async function recover(auth: AuthContext, call: Call): Promise<Response> {
  const email = emailOf(call.body.email);
  const options = mailOptions(auth, call);
  const user = await findUser(auth.sql, "email", email);
  if (!user) return done();
  refuseTooEarly(auth, user.recovery_sent_at);
  await mailProof(auth, user, "recovery", options);
  return done();
}

export async function resend(auth: AuthContext, call: Call): Promise<Response> {
  const { type } = call.body;
  if (type !== "signup" && type !== "email_change") {
    throw invalid("Missing one of these types: signup, email_change, sms, phone_change");
  }
  const email = emailOf(call.body.email);
  const options = mailOptions(auth, call);
  const user = await findUser(auth.sql, "email", email);
  if (!user) return done();
  if (type === "signup" && !user.email_confirmed_at) {
    refuseTooEarly(auth, user.confirmation_sent_at);
    await mailProof(auth, user, "signup", options);
  }
  if (type === "email_change" && user.email_change) {
    refuseTooEarly(auth, user.email_change_sent_at);
    await mailEmailChange(auth, user, user.email_change, options);
  }
  return done();
}
