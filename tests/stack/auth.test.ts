import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import { decodeJwt } from "jose";
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import ws from "ws";
import { type Api, startApi } from "../../stack/index.ts";
import { runSql } from "./support/databases.ts";
import { type Desk, deskConfig, startDesk } from "./support/desk.ts";
import { Mailbox } from "./support/mailbox.ts";

const PASSWORD = "a good password";
const SITE = "http://127.0.0.1:3000";
const settings = {
  site_url: SITE,
  additional_redirect_urls: ["https://*.example.org/app/**", "myapp://login"],
  email: { max_frequency: "0s" },
};

let mailbox: Mailbox;
let desk: Desk;
/** A second API on the database: one that confirms addresses at sign-up. */
let strict: Api;
beforeAll(async () => {
  mailbox = new Mailbox();
  desk = await startDesk({ auth: settings });
  const { url: databaseUrl, connections } = desk.database;
  const config = deskConfig({
    ...settings,
    email: { max_frequency: "1h", enable_confirmations: true, otp_expiry: 60 },
  });
  strict = await startApi({ databaseUrl, connections, keys: desk.api.keys, config });
}, 60_000);
afterAll(async () => {
  await strict?.stop();
  await desk?.stop();
});

type ClientOptions = { api?: Api; key?: string; flowType?: "implicit" | "pkce" };

function client({ api = desk.api, key = api.keys.publishableKey, flowType }: ClientOptions = {}) {
  const entries = new Map<string, string>();
  const storage = {
    getItem: (name: string) => entries.get(name) ?? null,
    setItem: (name: string, value: string) => void entries.set(name, value),
    removeItem: (name: string) => void entries.delete(name),
  };
  return createClient(api.url, key, {
    auth: { autoRefreshToken: false, storage, flowType },
    db: { schema: "desk" },
    realtime: { transport: ws as never },
  }) as unknown as SupabaseClient<never, "desk">;
}

const admin = () => client({ key: desk.api.keys.secretKey }).auth.admin;

async function signUp(name: string, supabase = client()) {
  const email = `${name}@example.org`;
  const { data, error } = await supabase.auth.signUp({ email, password: PASSWORD, options: { data: { name } } });
  expect(error).toBeNull();
  return { email, supabase, auth: supabase.auth, id: data.user!.id, session: data.session! };
}

async function query(text: TemplateStringsArray, ...values: string[]) {
  const sql = postgres(desk.database.url, { max: 1, onnotice: () => {} });
  const rows = await sql(text, ...values);
  await sql.end();
  return rows;
}

/** Where a link in a mail leads. */
async function follow(link: string): Promise<URL> {
  const response = await fetch(link, { redirect: "manual" });
  expect(response.status).toBe(303);
  return new URL(response.headers.get("location")!);
}

const fragment = (url: URL) => Object.fromEntries(new URLSearchParams(url.hash.slice(1)));

describe("tokens", () => {
  test("have the claims of Supabase, also when refreshed, and policies see them", async () => {
    await runSql(
      desk.database.url,
      `create function desk.plan() returns text language sql stable as $$ select auth.jwt() -> 'app_metadata' ->> 'plan' $$;
       grant execute on function desk.plan() to authenticated`,
    );
    const { auth, supabase, session, id } = await signUp("ani");
    const claims = {
      iss: `${desk.api.url}/auth/v1`,
      sub: id,
      aud: "authenticated",
      role: "authenticated",
      email: "ani@example.org",
      phone: "",
      app_metadata: { provider: "email", providers: ["email"] },
      user_metadata: expect.objectContaining({ name: "ani" }),
      aal: "aal1",
      amr: [{ method: "password", timestamp: expect.any(Number) }],
      session_id: expect.any(String),
      is_anonymous: false,
      iat: expect.any(Number),
      exp: expect.any(Number),
    };
    expect(decodeJwt(session.access_token)).toEqual(claims);
    expect((await supabase.rpc("plan" as never)).data).toBeNull();
    await admin().updateUserById(id, { app_metadata: { plan: "gold" } });
    const { data: refreshed } = await auth.refreshSession();
    expect(decodeJwt(refreshed.session!.access_token)).toEqual({
      ...claims,
      app_metadata: { ...claims.app_metadata, plan: "gold" },
    });
    expect((await supabase.rpc("plan" as never)).data).toBe("gold");
  });

  test("a change of password ends the other sessions", async () => {
    const { auth, email, session } = await signUp("budi");
    const other = client();
    await other.auth.signInWithPassword({ email, password: PASSWORD });
    expect((await auth.updateUser({ password: "another password" })).error).toBeNull();
    expect((await other.auth.refreshSession()).data.session).toBeNull();
    expect((await client().auth.getUser(session.access_token)).error).toBeNull();
  });

  test("users cannot change their app_metadata", async () => {
    const { session } = await signUp("rudi");
    const response = await fetch(`${desk.api.url}/auth/v1/user`, {
      method: "PUT",
      headers: { apikey: desk.api.keys.publishableKey, Authorization: `Bearer ${session.access_token}` },
      body: JSON.stringify({ app_metadata: { plan: "gold" } }),
    });
    expect(response.status).toBe(403);
  });
});

describe("links in mails", () => {
  test.each([
    ["http://127.0.0.1:3000/hello?from=mail", true],
    ["http://127.0.0.1:5173/other-port-on-loopback", true],
    ["https://eu.example.org/app/deep/page", true],
    ["myapp://login", true],
    ["https://eu.evil.org/app/deep/page", false],
    ["https://a.b.example.org/app/page", false],
    ["https://eu.example.org/other", false],
    ["https://evil.org/?https://eu.example.org/app/x", false],
    ["http://2130706433/", true],
    ["http://10.0.0.1/app", false],
    ["javascript:alert(1)", false],
    ["myapp://login/more", false],
  ])("lead to %s: %s", async (target, isAllowed) => {
    const { email } = await signUp(`link-${Math.random()}`);
    await client().auth.resetPasswordForEmail(email, { redirectTo: target });
    const url = await follow(mailbox.last(email).link);
    const expected = new URL(isAllowed ? target : SITE);
    expect(url.href.startsWith(expected.href)).toBe(true);
    expect(fragment(url)).toMatchObject({
      type: "recovery",
      access_token: expect.any(String),
      refresh_token: expect.any(String),
    });
    const again = await follow(mailbox.last(email).link);
    expect(fragment(again)).toMatchObject({ error: "access_denied", error_code: "otp_expired" });
  });

  test("give a PKCE client a code, which only it can exchange, and once", async () => {
    const { email } = await signUp("citra");
    const pkce = client({ flowType: "pkce" });
    await pkce.auth.signInWithOtp({ email, options: { emailRedirectTo: `${SITE}/app` } });
    const url = await follow(mailbox.last(email).link);
    const code = url.searchParams.get("code")!;
    expect([url.pathname, url.hash, code.length]).toEqual(["/app", "", 36]);
    const other = client({ flowType: "pkce" });
    await other.auth.signInWithOtp({ email: "somebody@example.org" });
    expect((await other.auth.exchangeCodeForSession(code)).error?.code).toBe("bad_code_verifier");
    const { data, error } = await pkce.auth.exchangeCodeForSession(code);
    expect(error).toBeNull();
    expect(decodeJwt(data.session!.access_token).amr).toMatchObject([{ method: "magiclink" }]);
    await pkce.auth.signInWithOtp({ email });
    expect((await pkce.auth.exchangeCodeForSession(code)).error?.code).toBe("flow_state_not_found");
    // The code in the mail works for a PKCE client too.
    const { error: refusal } = await pkce.auth.verifyOtp({ email, token: mailbox.last(email).code, type: "email" });
    expect(refusal).toBeNull();
  });
});

describe("one-time passwords", () => {
  test("sign up with the given data, once, and with the right code only", async () => {
    const email = "dewi@example.org";
    expect((await client().auth.signInWithOtp({ email, options: { shouldCreateUser: false } })).error?.code).toBe(
      "otp_disabled",
    );
    await client().auth.signInWithOtp({ email, options: { data: { username: "dewi" } } });
    const { code } = mailbox.last(email);
    const wrong = await client().auth.verifyOtp({
      email,
      token: code === "000000" ? "111111" : "000000",
      type: "email",
    });
    expect(wrong.error?.code).toBe("otp_expired");
    expect((await client().auth.verifyOtp({ email, token: code, type: "recovery" })).error).toBeNull();
    expect((await client().auth.verifyOtp({ email, token: code, type: "email" })).error?.code).toBe("otp_expired");
    const [row] =
      await query`select raw_user_meta_data ->> 'username' as username from auth.users where email = ${email}`;
    expect(row?.username).toBe("dewi");
  });

  test("with confirmations, sign-up needs the link or code, and tells nobody who has an account", async () => {
    const email = "eka@example.org";
    const { auth } = client({ api: strict });
    const { data } = await auth.signUp({ email, password: PASSWORD, options: { emailRedirectTo: `${SITE}/welcome` } });
    expect([data.session, data.user?.email]).toEqual([null, email]);
    expect((await auth.signInWithPassword({ email, password: PASSWORD })).error?.code).toBe("email_not_confirmed");
    expect((await auth.resend({ type: "signup", email })).error).toMatchObject({
      status: 429,
      code: "over_email_send_rate_limit",
    });
    expect((await client().auth.resend({ type: "signup", email })).error).toBeNull();
    expect(mailbox.count(email)).toBe(2);
    const { error } = await client({ api: strict }).auth.verifyOtp({
      email,
      token: mailbox.last(email).code,
      type: "email",
    });
    expect(error).toBeNull();
    const repeated = await auth.signUp({ email, password: PASSWORD });
    expect(repeated.data.user).toMatchObject({ email, identities: [] });
    expect(repeated.data.user?.id).not.toBe(data.user?.id);
    expect(mailbox.count(email)).toBe(2);
  });

  test("expire", async () => {
    const { email } = await signUp("fajar");
    await client({ api: strict }).auth.resetPasswordForEmail(email);
    await query`update auth.users set recovery_sent_at = now() - interval '61 seconds' where email = ${email}`;
    const { auth } = client({ api: strict });
    const verified = await auth.verifyOtp({ email, token: mailbox.last(email).code, type: "recovery" });
    expect(verified.error?.code).toBe("otp_expired");
  });
});

describe("a change of the email address", () => {
  test("needs the consent of both addresses, in either order", async () => {
    for (const order of [
      ["old", "new"],
      ["new", "old"],
    ]) {
      const { auth, email, id } = await signUp(`gita-${order[0]}`);
      const address = `new.${email}`;
      const { data } = await auth.updateUser({ email: address }, { emailRedirectTo: `${SITE}/settings` });
      expect(data.user).toMatchObject({ email, new_email: address });
      const mails = { old: mailbox.last(email), new: mailbox.last(address) };
      const half = await follow(mails[order[0] as "old"].link);
      expect([half.pathname, fragment(half).access_token]).toEqual(["/settings", undefined]);
      expect(fragment(half).message).toMatch(/other email/);
      expect((await admin().getUserById(id)).data.user?.email).toBe(email);
      const whole = await follow(mails[order[1] as "old"].link);
      expect(fragment(whole)).toMatchObject({ type: "email_change", access_token: expect.any(String) });
      const { data: changed } = await admin().getUserById(id);
      expect(changed.user).toMatchObject({ email: address, identities: [{ identity_data: { email: address } }] });
      expect((await client().auth.signInWithPassword({ email: address, password: PASSWORD })).error).toBeNull();
    }
  });

  test("is refused if another user has the address", async () => {
    const { auth } = await signUp("hana");
    const { email } = await signUp("indah");
    expect((await auth.updateUser({ email })).error?.code).toBe("email_exists");
  });
});

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
    const signedIn = await client().auth.signInWithPassword({ email: "kartika@example.org", password: "anigmaa-demo" });
    expect(signedIn.error).toBeNull();
    expect((await admin().createUser({ email: "kartika@example.org" })).error?.code).toBe("email_exists");
    expect((await admin().createUser({ phone: "62812345678" })).error?.code).toBe("phone_exists");
    expect((await admin().createUser({ id, email: "x@example.org" })).error?.status).toBe(422);
    expect((await admin().createUser({})).error?.status).toBe(400);
    expect((await admin().createUser({ email: "y@example.org", password: "short" })).error?.code).toBe("weak_password");
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
      identities: [{ identity_data: { email: "made.baru@example.org" } }],
    });
    expect(data.user?.user_metadata).toMatchObject({ city: "Denpasar" });
    expect(data.user?.user_metadata).not.toHaveProperty("name");
    expect((await auth.refreshSession()).data.session).toBeNull();
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
      await client()
        .auth.setSession(session)
        .then(() => auth.refreshSession()),
      await client().auth.verifyOtp({ email, token: mailbox.last(email).code, type: "email" }),
    ];
    expect(refusals.map(({ error }) => error?.code)).toEqual(Array(4).fill("user_banned"));
    await admin().updateUserById(id, { ban_duration: "none" });
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

  test("invites by mail, and the code of the invitation signs in", async () => {
    const email = "ratna@example.org";
    const { data } = await admin().inviteUserByEmail(email, { data: { team: "door" }, redirectTo: `${SITE}/join` });
    expect(data.user).toMatchObject({ email, invited_at: expect.any(String), user_metadata: { team: "door" } });
    expect(new URL(mailbox.last(email).link).searchParams.get("redirect_to")).toBe(`${SITE}/join`);
    const { data: joined } = await client().auth.verifyOtp({ email, token: mailbox.last(email).code, type: "invite" });
    expect(joined.user).toMatchObject({ email, email_confirmed_at: expect.any(String) });
    expect((await admin().inviteUserByEmail(email)).error?.code).toBe("email_exists");
  });

  test("generates every kind of link, and mails none", async () => {
    const { email } = await signUp("sari");
    const links = [
      { type: "signup", email: "sari.signup@example.org", password: PASSWORD },
      { type: "invite", email: "sari.invite@example.org" },
      { type: "magiclink", email },
      { type: "magiclink", email: "sari.unknown@example.org" },
      { type: "recovery", email },
    ] as const;
    for (const link of links) {
      const { data, error } = await admin().generateLink({ ...link, options: { redirectTo: `${SITE}/made` } });
      expect(error).toBeNull();
      const { hashed_token: token_hash, verification_type, redirect_to } = data.properties!;
      expect([link, redirect_to]).toEqual([link, `${SITE}/made`]);
      const verified = await client().auth.verifyOtp({ token_hash, type: verification_type as "magiclink" });
      expect(verified.data.user?.email).toBe(link.email);
      expect(mailbox.count(link.email)).toBe(0);
    }
    const newEmail = "sari.new@example.org";
    const { data: current } = await admin().generateLink({ type: "email_change_current", email, newEmail });
    const { data: next } = await admin().generateLink({ type: "email_change_new", email, newEmail });
    for (const { properties } of [current, next]) await follow(properties!.action_link);
    expect((await client().auth.signInWithPassword({ email: newEmail, password: PASSWORD })).error).toBeNull();
    const unknown = await admin().generateLink({ type: "recovery", email: "nobody@example.org" });
    expect(unknown.error).toMatchObject({ status: 404, code: "user_not_found" });
  });
});

test("an ordinary Supabase seed loads, and its person can sign in", async () => {
  await runSql(
    desk.database.url,
    `insert into auth.users (instance_id, id, aud, role, email, encrypted_password, email_confirmed_at, recovery_sent_at,
       last_sign_in_at, raw_app_meta_data, raw_user_meta_data, is_super_admin, created_at, updated_at, confirmation_token, email_change,
       email_change_token_new, recovery_token)
     select '00000000-0000-0000-0000-000000000000', gen_random_uuid(), 'authenticated', 'authenticated', name || '@example.org',
       crypt('password123', gen_salt('bf')), now(), now(), now(), '{"provider":"email","providers":["email"]}', '{}', false, now(),
       now(), '', '', '', ''
     from unnest(array['tari', 'umar']) name;
     insert into auth.identities (id, user_id, identity_data, provider, provider_id, last_sign_in_at, created_at, updated_at)
     select gen_random_uuid(), id, format('{"sub":"%s","email":"%s"}', id, email)::jsonb, 'email', id::text, now(), now(), now()
     from auth.users where email in ('tari@example.org', 'umar@example.org')`,
  );
  const { data, error } = await client().auth.signInWithPassword({
    email: "tari@example.org",
    password: "password123",
  });
  expect(error).toBeNull();
  expect(data.user?.identities).toHaveLength(1);
});

describe("invalid requests", () => {
  const post = (path: string, body: string, headers: Record<string, string> = {}) =>
    fetch(`${desk.api.url}/auth/v1/${path}`, {
      method: "POST",
      headers: { apikey: desk.api.keys.publishableKey, ...headers },
      body,
    });

  test("5 MB of metadata are refused at once", async () => {
    const startedAt = performance.now();
    const data = { blob: "x".repeat(5_000_000) };
    expect((await post("signup", JSON.stringify({ email: "v@example.org", password: PASSWORD, data }))).status).toBe(
      413,
    );
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    const small = { blob: "x".repeat(60_000) };
    expect(
      (await post("signup", JSON.stringify({ email: "v@example.org", password: PASSWORD, data: small }))).status,
    ).toBe(200);
  });

  test.each(["signup", "token?grant_type=password", "otp", "recover", "resend", "verify", "magiclink"])(
    "%s: 4xx",
    async (path) => {
      const bodies = [
        { email: ["a@example.org"], password: PASSWORD },
        { email: { $ne: 1 }, password: PASSWORD },
        { email: "a@example.org", password: ["x"] },
        { email: "a@example.org", password: PASSWORD, data: "text" },
        { email: "not an address", password: PASSWORD, type: "email", token: "123456" },
        { email: "w@example.org", password: PASSWORD, data: { name: "a\u0000b" }, code_challenge: "short", type: "x" },
        {
          email: "w@example.org",
          password: PASSWORD,
          code_challenge: "x".repeat(43),
          code_challenge_method: "md5",
          type: "x",
        },
      ];
      const raw = ["", "[]", "null", "5", "{not json", '"text"'];
      for (const body of [...bodies.map((one) => JSON.stringify(one)), ...raw]) {
        const response = await post(path, body);
        expect([body, Math.floor(response.status / 100)]).toEqual([body, 4]);
        expect(await response.json()).toMatchObject({ error_code: expect.any(String), msg: expect.any(String) });
      }
    },
  );

  test("an unknown path or key is refused as JSON, in every encoding of the path", async () => {
    expect((await post("nothing", "{}")).status).toBe(404);
    expect((await post("signup/", "{}")).status).toBe(404);
    expect((await post("%73ignup", "{}")).status).toBe(501);
    expect((await post("admin%2Fusers", "{}")).status).toBe(403);
    expect((await post("//signup", "{}")).status).toBe(404);
    expect((await post("signup", "{}", { apikey: "" })).status).toBe(401);
    expect((await post("signup", "{}", { apikey: "sb_publishable_wrong" })).status).toBe(401);
  });
});
