import { randomUUID } from "node:crypto";
import type { Sql } from "postgres";
import { type AuthContext, inTransaction } from "./call.ts";
import { confirmEmail, findUser, json, saveIdentity, type User } from "./users.ts";

export type NewUser = {
  id?: string;
  email?: string;
  phone?: string;
  password?: string;
  /** A bcrypt hash, in place of a password. */
  passwordHash?: string;
  isEmailConfirmed?: boolean;
  isPhoneConfirmed?: boolean;
  aud?: string;
  role?: string;
  userMetadata?: Record<string, unknown>;
  appMetadata?: Record<string, unknown>;
  bannedUntil?: Date | null;
};

/** Creates a user with an identity for each address. Triggers of the project may create more, or refuse. */
export async function createUser({ sql }: AuthContext, wanted: NewUser): Promise<User> {
  const { id = randomUUID(), email, phone, userMetadata, appMetadata } = wanted;
  const providers = [email && "email", phone && "phone"].filter(Boolean);
  await inTransaction(sql, async (tx) => {
    await tx`
      insert into auth.users (instance_id, id, aud, role, email, phone, encrypted_password, phone_confirmed_at, banned_until,
        confirmation_token, recovery_token, email_change, email_change_token_new, email_change_token_current,
        raw_app_meta_data, raw_user_meta_data, created_at, updated_at)
      values (${NO_INSTANCE}, ${id}, ${wanted.aud || "authenticated"}, ${wanted.role || "authenticated"}, ${email ?? null},
        ${phone ?? null}, ${passwordHash(tx, wanted)}, ${wanted.isPhoneConfirmed ? new Date() : null}, ${wanted.bannedUntil ?? null},
        '', '', '', '', '', ${json({ provider: providers[0], providers, ...appMetadata })}::text::jsonb,
        ${json(userMetadata)}::text::jsonb,
        now(), now())`;
    if (email) await saveIdentity(tx, id, "email", { email });
    if (phone) await saveIdentity(tx, id, "phone", { phone, phone_verified: wanted.isPhoneConfirmed ?? false });
    if (email && wanted.isEmailConfirmed) await confirmEmail(tx, id);
  });
  return (await findUser(sql, "id", id))!;
}

/** Supabase's value for its single instance. */
const NO_INSTANCE = "00000000-0000-0000-0000-000000000000";

/** The SQL of a bcrypt hash; null for a user who cannot sign in with a password. */
export function passwordHash(sql: Sql, { password, passwordHash: hash }: Pick<NewUser, "password" | "passwordHash">) {
  return password ? sql`extensions.crypt(${password}, extensions.gen_salt('bf', 10))` : sql`${hash ?? null}::text`;
}
