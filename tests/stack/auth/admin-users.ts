import { describe, expect, test } from "vitest";
import { admin, client, desk, mailbox, PASSWORD, query, signUp } from "../support/auth-desk.ts";
import { runSql } from "../support/databases.ts";
import { personToken } from "../support/tokens.ts";

export function adminUserTests(): void {
  describe("auth.admin", () => {
    const ask = (path: string, headers: Record<string, string>, init: RequestInit = {}) =>
      fetch(`${desk.api.url}/auth/v1/admin/${path}`, { ...init, headers });

    test("is for the secret key alone", async () => {
      const { publishableKey, secretKey } = desk.api.keys;
      const { session } = await signUp("joko");
      const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });
      const statuses = async (headers: Record<string, string>) =>
        Promise.all([
          ask("users", headers),
          ask("users/x", headers, { method: "DELETE" }),
          ask("sso/providers", headers),
        ]).then((responses) => responses.map(({ status }) => status));
      expect(await statuses({ apikey: secretKey })).toEqual([200, 404, 501]);
      expect(await statuses({ apikey: secretKey, ...bearer(secretKey) })).toEqual([200, 404, 501]);
      const legacy = await personToken(desk.api.keys.jwtSecret, "", { role: "service_role" });
      expect(await statuses({ apikey: legacy, ...bearer(legacy) })).toEqual([200, 404, 501]);
      expect(await statuses({ apikey: publishableKey, ...bearer(publishableKey) })).toEqual([401, 401, 401]);
      expect(await statuses({ apikey: publishableKey })).toEqual([403, 403, 403]);
      expect(await statuses({ apikey: publishableKey, ...bearer(session.access_token) })).toEqual([403, 403, 403]);
      expect(await statuses({ apikey: secretKey, ...bearer(session.access_token) })).toEqual([403, 403, 403]);
      expect(await statuses(bearer(secretKey))).toEqual([401, 401, 401]);
      expect(await statuses({ apikey: secretKey, "User-Agent": "Mozilla/5.0" })).toEqual([401, 401, 401]);
    });

    test("creates users who can sign in, with id, metadata, role, phone and imported hash", async () => {
      const id = "11111111-2222-4333-8444-555555555555";
      const { data, error } = await admin().createUser({
        id,
        email: "Kartika@Example.org",
        password_hash: "$2b$10$d3hYNywvFWkJQh.GBMvIz.I1bGhJg4XWuAHcXqvDs9I9tCgKRxLr2",
        email_confirm: true,
        phone: "+62 812345678",
        user_metadata: { name: "Kartika" },
        app_metadata: { plan: "gold" },
      });
      expect(error).toBeNull();
      expect(data.user).toMatchObject({
        id,
        email: "kartika@example.org",
        phone: "62812345678",
        email_confirmed_at: expect.any(String),
        app_metadata: { provider: "email", providers: ["email", "phone"], plan: "gold" },
        user_metadata: { name: "Kartika", email_verified: true },
      });
      const signedIn = await client().auth.signInWithPassword({
        email: "kartika@example.org",
        password: "anigmaa-demo",
      });
      expect(signedIn.error).toBeNull();
      expect((await admin().createUser({ email: "kartika@example.org" })).error?.code).toBe("email_exists");
      expect((await admin().createUser({ phone: "62812345678" })).error?.code).toBe("phone_exists");
      expect((await admin().createUser({ id, email: "x@example.org" })).error?.status).toBe(422);
      expect((await admin().createUser({})).error?.status).toBe(400);
    });

    test("lists users in pages, newest first", async () => {
      await signUp("lestari");
      const first = await ask("users?page=1&per_page=2", { apikey: desk.api.keys.secretKey });
      const { users } = (await first.json()) as { users: { email: string }[] };
      expect([users.length, users[0]?.email]).toEqual([2, "lestari@example.org"]);
      const total = Number(first.headers.get("x-total-count"));
      const last = Math.ceil(total / 2);
      expect(first.headers.get("link")).toBe(
        `</auth/v1/admin/users?page=2&per_page=2>; rel="next", </auth/v1/admin/users?page=${last}&per_page=2>; rel="last"`,
      );
      const seen = new Set<string>();
      for (let page = 1; page <= last; page++) {
        const { data } = await admin().listUsers({ page, perPage: 2 });
        for (const user of data.users) seen.add(user.id);
      }
      expect(seen.size).toBe(total);
      expect((await ask("users?page=-1", { apikey: desk.api.keys.secretKey })).status).toBe(400);
    });

    test("changes email, password and metadata, and confirms", async () => {
      const { id, auth } = await signUp("made");
      await query`insert into auth.identities (provider, provider_id, user_id, identity_data)
        values ('github', 'made', ${id}, '{"email":"made@elsewhere.org"}')`;
      const { data, error } = await admin().updateUserById(id, {
        email: "made.baru@example.org",
        email_confirm: true,
        password: "another password",
        role: "authenticated",
        user_metadata: { name: null, city: "Denpasar" },
      });
      expect(error).toBeNull();
      expect(data.user).toMatchObject({
        email: "made.baru@example.org",
        identities: [
          { identity_data: { email: "made.baru@example.org", email_verified: true } },
          { identity_data: { email: "made@elsewhere.org" } },
        ],
      });
      expect(data.user?.user_metadata).toMatchObject({ city: "Denpasar" });
      expect(data.user?.user_metadata).not.toHaveProperty("name");
      expect(data.user?.identities?.[1]?.identity_data).not.toHaveProperty("email_verified");
      expect((await auth.refreshSession()).data.session).toBeNull();
      expect((await admin().updateUserById(id, { password: "short" })).error?.code).toBe("weak_password");
      const signedIn = await client().auth.signInWithPassword({
        email: "made.baru@example.org",
        password: "another password",
      });
      expect(signedIn.error).toBeNull();
    });

    test("bans: no new session, no refresh, no link, and tokens are worth nothing to Auth", async () => {
      const { id, email, auth, session } = await signUp("nyoman");
      await client().auth.signInWithOtp({ email });
      expect((await admin().updateUserById(id, { ban_duration: "24h" })).data.user).toHaveProperty("banned_until");
      const refusals = [
        await client().auth.signInWithPassword({ email, password: PASSWORD }),
        await auth.getUser(session.access_token),
        await client().auth.refreshSession(session),
        await client().auth.verifyOtp({ email, token: mailbox.last(email).code, type: "email" }),
      ];
      expect(refusals.map(({ error }) => error?.code)).toEqual(Array(4).fill("user_banned"));
      await admin().updateUserById(id, { ban_duration: "none" });
      expect((await client().auth.refreshSession(session)).error).toBeNull();
      expect((await client().auth.signInWithPassword({ email, password: PASSWORD })).error).toBeNull();
      expect((await admin().updateUserById(id, { ban_duration: "forever" })).error?.status).toBe(400);
    });

    test("deletes users, softly if wanted, after which the address is free", async () => {
      for (const isSoft of [false, true]) {
        const { id, email, session } = await signUp("oka");
        expect((await admin().deleteUser(id, isSoft)).error).toBeNull();
        expect((await client().auth.signInWithPassword({ email, password: PASSWORD })).error?.code).toBe(
          "invalid_credentials",
        );
        expect((await client().auth.getUser(session.access_token)).data.user).toBeNull();
        const [row] = await query`select count(*)::int as rows from auth.users where id = ${id}`;
        expect(row?.rows).toBe(isSoft ? 1 : 0);
      }
      await signUp("oka");
    });

    test("tells why a trigger refuses a deletion", async () => {
      const { id } = await signUp("putu");
      await runSql(
        desk.database.url,
        `create function desk.keep_putu() returns trigger language plpgsql as $$
       begin
         raise sqlstate 'PGRST' using message = '{"code":"has_sold_tickets","message":"Cancel the events first.","details":null,"hint":null}',
           detail = '{"status":409,"headers":{}}';
       end $$;
       create trigger keep_putu before delete on auth.users for each row when (old.email = 'putu@example.org')
         execute function desk.keep_putu()`,
      );
      const { error } = await admin().deleteUser(id);
      expect(error).toMatchObject({ status: 409, code: "has_sold_tickets", message: "Cancel the events first." });
    });
  });
}
