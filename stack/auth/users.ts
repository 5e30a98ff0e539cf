import { createHash } from "node:crypto";
import type { Sql } from "postgres";
import { AuthProblem, userBanned } from "./problems.ts";

type Metadata = Record<string, unknown>;
type Identity = {
  id: string;
  provider_id: string;
  user_id: string;
  identity_data: Metadata;
  provider: string;
  email: string | null;
  last_sign_in_at: string;
  created_at: string;
  updated_at: string;
};

/** A row of auth.users with its identities. */
export type User = {
  id: string;
  aud: string;
  role: string;
  email: string | null;
  phone: string | null;
  encrypted_password: string | null;
  email_confirmed_at: Date | null;
  phone_confirmed_at: Date | null;
  confirmed_at: Date | null;
  invited_at: Date | null;
  confirmation_sent_at: Date | null;
  recovery_sent_at: Date | null;
  reauthentication_sent_at: Date | null;
  email_change: string | null;
  email_change_sent_at: Date | null;
  email_change_confirm_status: number;
  last_sign_in_at: Date | null;
  raw_app_meta_data: Metadata | null;
  raw_user_meta_data: Metadata | null;
  created_at: Date;
  updated_at: Date;
  banned_until: Date | null;
  deleted_at: Date | null;
  is_anonymous: boolean;
  identities: Identity[];
};

/** The columns that find a user: all are unique. */
export type Key =
  | "id"
  | "email"
  | "confirmation_token"
  | "recovery_token"
  | "email_change_token_current"
  | "email_change_token_new";

/** The columns of `User`, for a query of `auth.users u`. */
export const userColumns = (sql: Sql) => sql`
  u.*, coalesce((select json_agg(i order by i.created_at) from auth.identities i where i.user_id = u.id), '[]') as identities`;

export async function findUser(sql: Sql, key: Key, values: string | string[]): Promise<User | undefined> {
  const [user] = await sql<User[]>`
    select ${userColumns(sql)}
    from auth.users u where u.${sql(key)} in ${sql([values].flat())} and not u.is_sso_user`;
  return user;
}

export const isUuid = (text: string) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);

/** The user of an id in a path or a token. */
export async function requireUser(sql: Sql, id: string): Promise<User> {
  if (!isUuid(id)) throw new AuthProblem(404, "validation_failed", "user_id must be an UUID");
  const user = await findUser(sql, "id", id);
  if (!user) throw new AuthProblem(404, "user_not_found", "User not found");
  return user;
}

export function isBanned({ banned_until }: Pick<User, "banned_until">): boolean {
  return banned_until !== null && banned_until > new Date();
}

/** Refuses with 403 who is signed in, and with 400 who is not yet. */
export function refuseBanned(user: Pick<User, "banned_until">, status: 400 | 403): void {
  if (isBanned(user)) throw userBanned(status);
}

/** The object that clients see. Fields without a value are left out. */
export function userJson(user: User) {
  const { id, aud, role, email, phone, email_change } = user;
  return {
    id,
    aud,
    role,
    email: email ?? "",
    phone: phone ?? "",
    ...given({
      email_confirmed_at: user.email_confirmed_at,
      phone_confirmed_at: user.phone_confirmed_at,
      confirmed_at: user.confirmed_at,
      invited_at: user.invited_at,
      confirmation_sent_at: user.confirmation_sent_at,
      recovery_sent_at: user.recovery_sent_at,
      reauthentication_sent_at: user.reauthentication_sent_at,
      new_email: email_change,
      email_change_sent_at: user.email_change_sent_at,
      last_sign_in_at: user.last_sign_in_at,
    }),
    app_metadata: user.raw_app_meta_data ?? {},
    user_metadata: user.raw_user_meta_data ?? {},
    identities: user.identities.map(identityJson),
    created_at: user.created_at,
    updated_at: user.updated_at,
    ...given({ banned_until: user.banned_until, deleted_at: user.deleted_at }),
    is_anonymous: user.is_anonymous,
  };
}

function given<T extends object>(fields: T): Partial<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value)) as Partial<T>;
}

function identityJson({ id, provider_id, user_id, identity_data, provider, email, ...times }: Identity) {
  const iso = (time: string) => time && new Date(time).toISOString();
  return {
    identity_id: id,
    id: provider_id,
    user_id,
    identity_data,
    provider,
    last_sign_in_at: iso(times.last_sign_in_at),
    created_at: iso(times.created_at),
    updated_at: iso(times.updated_at),
    ...given({ email }),
  };
}

/** JSON as a parameter, without asking the database for its types. */
export const json = (value: unknown) => JSON.stringify(value ?? {});

/** Sets keys of an identity's data, or creates the identity, whose key is the user's id for `email` and `phone`. */
export async function saveIdentity(
  sql: Sql,
  userId: string,
  provider: "email" | "phone",
  data: Metadata,
): Promise<void> {
  await sql`
    insert into auth.identities (id, provider, provider_id, user_id, identity_data, last_sign_in_at, created_at, updated_at)
    values (gen_random_uuid(), ${provider}, ${userId}, ${userId},
      ${json({ sub: userId, email_verified: false, phone_verified: false, ...data })}::text::jsonb, now(), now(), now())
    on conflict (provider, provider_id) do update
    set identity_data = identities.identity_data || ${json(data)}::text::jsonb, updated_at = now()`;
}

/** Records that the address was proven, and voids the token that proved it. */
export async function confirmEmail(sql: Sql, userId: string): Promise<void> {
  await sql`
    update auth.users set email_confirmed_at = now(), confirmation_token = '', updated_at = now(),
      raw_user_meta_data = coalesce(raw_user_meta_data, '{}') || '{"email_verified": true}'
    where id = ${userId}`;
  await sql`
    update auth.identities i set identity_data = identity_data || '{"email_verified": true}', updated_at = now()
    from auth.users u where u.id = i.user_id and u.id = ${userId} and lower(u.email) = i.email`;
}

/** A value that identifies nobody, in place of an address of a user who was deleted softly. */
export function obfuscate(userId: string, value: string): string {
  return createHash("sha256")
    .update(userId + value)
    .digest("base64url");
}
