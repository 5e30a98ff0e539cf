import { randomUUID } from "node:crypto";
import { type AuthContext, type Call, emailOf } from "./call.ts";
import { createUser } from "./create-user.ts";
import { addressesToConfirm, issueEmailChange, issueProof, mailProof, type Proof, type Purpose } from "./mails.ts";
import { AuthProblem, emailExists, invalid } from "./problems.ts";
import { isAllowedRedirect, redirectTarget } from "./redirects.ts";
import { findUser, requireUser, type User, userJson } from "./users.ts";

/** `auth.admin.inviteUserByEmail`. An unconfirmed user can be invited again. */
export async function invite(auth: AuthContext, call: Call): Promise<Response> {
  const user = await invited(auth, emailOf(call.body.email), call.body.data ?? {});
  await mailProof(auth, user, "invite", { redirectTo: redirectTarget(auth.settings, call) });
  return Response.json(userJson(await requireUser(auth.sql, user.id)));
}

async function invited(auth: AuthContext, email: string, data: object, password?: string): Promise<User> {
  const known = await findUser(auth.sql, "email", email);
  if (known?.email_confirmed_at) throw emailExists();
  return known ?? createUser(auth, { id: randomUUID(), email, password, userMetadata: { ...data } });
}

/** `auth.admin.generateLink`: what a mail would contain, for the caller to send. */
export async function generateLink(auth: AuthContext, call: Call): Promise<Response> {
  const { body } = call;
  const email = emailOf(body.email);
  const wanted = body.redirect_to;
  const redirectTo = wanted && isAllowedRedirect(auth.settings, wanted) ? wanted : redirectTarget(auth.settings, call);
  const known = await findUser(auth.sql, "email", email);
  // A magic link for an unknown address signs up.
  const type = body.type === "magiclink" && !known ? "signup" : body.type;
  const [user, proof] = await proofFor(auth, call, { type, email, known, redirectTo });
  return Response.json({
    ...userJson(await requireUser(auth.sql, user.id)),
    action_link: proof.link,
    email_otp: proof.code,
    hashed_token: proof.hash,
    verification_type: type,
    redirect_to: redirectTo,
  });
}

type Wanted = { type: string | null | undefined; email: string; known: User | undefined; redirectTo: string };

async function proofFor(auth: AuthContext, { body }: Call, wanted: Wanted): Promise<[User, Proof]> {
  const { type, email, known, redirectTo } = wanted;
  const issue = async (user: User, purpose: Purpose): Promise<[User, Proof]> => [
    user,
    await issueProof(auth, user, purpose, { redirectTo }),
  ];
  if (type === "signup") {
    if (body.type === "signup" && !body.password && !known) throw invalid("Signup requires a valid password");
    return issue(await invited(auth, email, body.data ?? {}, body.password ?? randomUUID()), "signup");
  }
  if (type === "invite") return issue(await invited(auth, email, body.data ?? {}), "invite");
  if (!/^(magiclink|recovery|email_change_current|email_change_new)$/.test(type ?? "")) {
    throw invalid(`Invalid email action link type requested: ${type}`);
  }
  if (!known) throw new AuthProblem(404, "user_not_found", "User with this email not found");
  if (type === "magiclink" || type === "recovery") return issue(known, type);
  const which = type === "email_change_new" ? "new" : "current";
  if (!addressesToConfirm(auth, known).includes(which)) {
    throw invalid("Enable secure email change to generate link for current email");
  }
  const address = emailOf(body.new_email);
  if (await findUser(auth.sql, "email", address)) throw emailExists();
  const [proof] = await issueEmailChange(auth, known, address, { redirectTo }, [which]);
  return [known, proof!];
}
