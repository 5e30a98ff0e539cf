import type { Sql } from "postgres";
import { milliseconds } from "../durations.ts";
import { type AuthContext, type Call, emailOf, inTransaction, refuseTooLarge, refuseTooLongPassword } from "./call.ts";
import { createUser, passwordHash } from "./create-user.ts";
import { NO_TOKENS } from "./mails.ts";
import { AuthProblem, emailExists, invalid } from "./problems.ts";
import { endSessions } from "./sessions.ts";
import {
  confirmEmail,
  findUser,
  isUuid,
  json,
  obfuscate,
  requireUser,
  saveIdentity,
  type User,
  userColumns,
  userJson,
} from "./users.ts";

/** `auth.admin.createUser`. */
export async function adminCreate(auth: AuthContext, { body }: Call): Promise<Response> {
  const attributes = attributesOf(body);
  const { id, password_hash } = body;
  if (!attributes.email && !attributes.phone) throw invalid("Cannot create a user without either an email or phone");
  if (attributes.email && (await findUser(auth.sql, "email", attributes.email))) throw emailExists();
  if (body.password && password_hash) throw invalid("Only a password or a password hash should be provided");
  if (password_hash && !/^\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}$/.test(password_hash)) {
    throw invalid("The password hash must be a bcrypt hash");
  }
  if (id && (!isUuid(id) || /^[0-]+$/.test(id))) {
    throw invalid("ID must conform to the uuid v4 format");
  }
  const user = await createUser(auth, {
    ...attributes,
    id: id || undefined,
    passwordHash: password_hash ?? undefined,
    aud: body.aud ?? undefined,
  });
  return Response.json(userJson(user));
}

function attributesOf(body: Call["body"]) {
  const { email, phone, password, role } = body;
  const digits = phone?.replace(/^\+/, "").replaceAll(" ", "");
  if (digits && !/^[1-9]\d{1,14}$/.test(digits)) throw invalid("Invalid phone number format (E.164 required)");
  refuseTooLongPassword(password);
  return {
    email: email ? emailOf(email) : undefined,
    phone: digits || undefined,
    password: password || undefined,
    role: role?.trim() || undefined,
    isEmailConfirmed: body.email_confirm ?? false,
    isPhoneConfirmed: body.phone_confirm ?? false,
    userMetadata: body.user_metadata ?? {},
    appMetadata: body.app_metadata ?? {},
    bannedUntil: body.ban_duration ? banEnd(body.ban_duration) : undefined,
  };
}

function banEnd(duration: string): Date | null {
  const length = duration === "none" ? 0 : milliseconds(duration);
  const end = new Date(Date.now() + length);
  if (Number.isNaN(end.getTime())) throw invalid(`invalid format for ban duration: "${duration}"`);
  return length === 0 ? null : end;
}

/** `auth.admin.listUsers`: newest first, with the total and the pages in headers. */
export async function adminList({ sql }: AuthContext, { request, query }: Call): Promise<Response> {
  const [page, perPage] = [query.get("page") || "1", query.get("per_page") || "50"];
  if (![page, perPage].every((number) => /^[1-9]\d{0,8}$/.test(number))) {
    throw invalid("Bad Pagination Parameters: page and per_page are positive numbers");
  }
  const filter = query.get("filter") ?? "";
  const match = sql`from auth.users u where u.aud = 'authenticated' and not u.is_sso_user
    and (${filter} = '' or strpos(u.email, ${filter}) > 0 or strpos(lower(u.raw_user_meta_data ->> 'full_name'), lower(${filter})) > 0)`;
  const [row] = await sql`select count(*)::int as total ${match}`;
  const users = await sql<User[]>`
    select ${userColumns(sql)}
    ${match} order by u.created_at desc, u.id desc limit ${perPage} offset ${(Number(page) - 1) * Number(perPage)}`;
  const last = Math.ceil(row!.total / Number(perPage));
  // auth-js reads the page after the first `=`.
  const others = [...query].filter(([name]) => name !== "page");
  const link = (to: number, rel: string) =>
    `<${new URL(request.url).pathname}?${new URLSearchParams([["page", String(to)], ...others])}>; rel="${rel}"`;
  const links = [...(last > Number(page) ? [link(Number(page) + 1, "next")] : []), link(last, "last")];
  return Response.json(
    { users: users.map(userJson), aud: "authenticated" },
    { headers: { "X-Total-Count": String(row!.total), Link: links.join(", ") } },
  );
}

export async function adminGet({ sql }: AuthContext, call: Call): Promise<Response> {
  return Response.json(userJson(await requireUser(sql, idOf(call))));
}

/** `auth.admin.updateUserById`. */
export async function adminUpdate(auth: AuthContext, call: Call): Promise<Response> {
  const user = await requireUser(auth.sql, idOf(call));
  const { email, phone, password, role, bannedUntil, ...rest } = attributesOf(call.body);
  const { raw_user_meta_data, raw_app_meta_data } = user;
  refuseTooLarge(
    JSON.stringify({ ...raw_user_meta_data, ...rest.userMetadata, ...raw_app_meta_data, ...rest.appMetadata }),
  );
  const { minimum_password_length: minimum } = auth.settings;
  if (password && password.length < minimum) {
    throw new AuthProblem(422, "weak_password", `Password should be at least ${minimum} characters.`);
  }
  await inTransaction(auth.sql, async (sql) => {
    await sql`
      update auth.users set updated_at = now(),
        email = coalesce(${email ?? null}, email), phone = coalesce(${phone ?? null}, phone), role = coalesce(${role ?? null}, role),
        encrypted_password = coalesce(${passwordHash(sql, { password })}, encrypted_password),
        phone_confirmed_at = case when ${rest.isPhoneConfirmed} then now() else phone_confirmed_at end,
        banned_until = case when ${bannedUntil === undefined} then banned_until else ${bannedUntil ?? null}::timestamptz end,
        raw_user_meta_data = ${merged(sql, "raw_user_meta_data", rest.userMetadata)},
        raw_app_meta_data = ${merged(sql, "raw_app_meta_data", rest.appMetadata)}
      where id = ${user.id}`;
    if (email) await saveIdentity(sql, user.id, "email", { email, email_verified: rest.isEmailConfirmed });
    if (phone) await saveIdentity(sql, user.id, "phone", { phone, phone_verified: rest.isPhoneConfirmed });
    if (rest.isEmailConfirmed) await confirmEmail(sql, user.id);
    if (password) await endSessions(sql, user.id);
  });
  return Response.json(userJson(await requireUser(auth.sql, user.id)));
}

/** Sets keys of metadata. A null removes the key. */
function merged(sql: Sql, column: string, updates: Record<string, unknown>) {
  const removed = Object.keys(updates).filter((key) => updates[key] === null);
  return sql`(coalesce(${sql(column)}, '{}') || ${json(updates)}::text::jsonb)
    - array(select jsonb_array_elements_text(${json(removed)}::text::jsonb))`;
}

/** `auth.admin.deleteUser`. Triggers of the project delete what belongs to the user, or refuse. */
export async function adminDelete({ sql }: AuthContext, call: Call): Promise<Response> {
  const { id, email, phone } = await requireUser(sql, idOf(call));
  if (!call.body.should_soft_delete) await sql`delete from auth.users where id = ${id}`;
  else {
    await inTransaction(sql, async (tx) => {
      await tx`
        update auth.users set email = ${email && obfuscate(id, email)}, phone = ${phone && obfuscate(id, phone).slice(0, 15)},
          encrypted_password = null, email_change = '', ${tx(NO_TOKENS)}, raw_user_meta_data = '{}', raw_app_meta_data = '{}',
          deleted_at = now()
        where id = ${id} and deleted_at is null`;
      await tx`
        update auth.identities set identity_data = '{}', provider_id = encode(sha256(convert_to(provider_id, 'UTF8')), 'hex')
        where user_id = ${id} and identity_data <> '{}'`;
      await endSessions(tx, id);
    });
  }
  return Response.json({});
}

function idOf({ path }: Call): string {
  return path.split("/")[2] ?? "";
}
