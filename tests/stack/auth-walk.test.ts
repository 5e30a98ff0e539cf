import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import { afterAll, beforeAll, expect, test } from "vitest";
import ws from "ws";
import { MISSING } from "../../stack/auth/refusals.ts";
import { type Desk, startDesk } from "./support/desk.ts";
import { Mailbox } from "./support/mailbox.ts";

const PASSWORD = "a good password";
const NOBODY = "00000000-0000-4000-8000-000000000000";
const TARGET = "http://127.0.0.1:3000/hello";

let desk: Desk;
let mailbox: Mailbox;
beforeAll(async () => {
  mailbox = new Mailbox();
  desk = await startDesk({ auth: { email: { max_frequency: "0s" } } });
}, 60_000);
afterAll(() => desk?.stop());

function client(options: { key?: string; flowType?: "pkce" } = {}): SupabaseClient {
  const entries = new Map<string, string>();
  const storage = {
    getItem: (key: string) => entries.get(key) ?? null,
    setItem: (key: string, value: string) => void entries.set(key, value),
    removeItem: (key: string) => void entries.delete(key),
  };
  return createClient(desk.api.url, options.key ?? desk.api.keys.publishableKey, {
    auth: { autoRefreshToken: false, storage, flowType: options.flowType, experimental: { passkey: true } },
    realtime: { transport: ws as never },
  });
}

const admin = () => client({ key: desk.api.keys.secretKey }).auth.admin;

/** A new person who is signed in. */
async function person(supabase = client()) {
  const email = `walker${++walkers}@example.org`;
  const { data, error } = await supabase.auth.signUp({ email, password: PASSWORD, options: { data: { name: "Wa" } } });
  expect(error).toBeNull();
  return { email, supabase, auth: supabase.auth, user: data.user!, session: data.session! };
}
let walkers = 0;

/** What a method answers, or the name of what is missing. */
type Answer = { data?: unknown; error: unknown };
type Walk =
  | { works: () => Promise<unknown>; shape: unknown }
  | { missing: string; call: () => Promise<Answer> }
  | { local: string };

const aUser = {
  id: expect.any(String),
  email: expect.any(String),
  app_metadata: { provider: "email", providers: ["email"] },
};
const aSession = {
  access_token: expect.any(String),
  refresh_token: expect.any(String),
  token_type: "bearer",
  user: expect.objectContaining(aUser),
};
const withUser = { data: { user: expect.objectContaining(aUser) }, error: null };
const withSession = { data: expect.objectContaining({ session: expect.objectContaining(aSession) }), error: null };
const nothing = expect.objectContaining({ error: null });

const MFA = "Multi-factor authentication";
const OAUTH_SERVER = "The OAuth server";
const PASSKEYS = "Passkeys";
const PHONE = "Sign-in by phone";
const LINKING = "Linking identities";
const CUSTOM = "Custom OAuth providers";

/** Every method of auth-js. One with several ways to call it is listed once for each, with the way in parentheses. */
const METHODS: Record<string, Walk> = {
  "signUp (email)": {
    works: async () => client().auth.signUp({ email: "new@example.org", password: PASSWORD }),
    shape: withSession,
  },
  "signUp (phone)": { missing: PHONE, call: () => client().auth.signUp({ phone: "+6281234567", password: PASSWORD }) },
  signInAnonymously: { missing: "Anonymous sign-in", call: () => client().auth.signInAnonymously() },
  "signInWithPassword (email)": {
    works: async () => client().auth.signInWithPassword({ email: (await person()).email, password: PASSWORD }),
    shape: withSession,
  },
  "signInWithPassword (phone)": {
    missing: PHONE,
    call: () => client().auth.signInWithPassword({ phone: "+6281234567", password: PASSWORD }),
  },
  signInWithOAuth: {
    missing: "Sign-in with an OAuth provider",
    call: async () => {
      const { data } = await client().auth.signInWithOAuth({
        provider: "github",
        options: { skipBrowserRedirect: true },
      });
      const response = await fetch(data.url!, { redirect: "manual" });
      return { error: { status: response.status, ...((await response.json()) as object) } };
    },
  },
  signInWithIdToken: {
    missing: "Sign-in with an ID token",
    call: () => client().auth.signInWithIdToken({ provider: "google", token: "a.b.c" }),
  },
  signInWithWeb3: {
    missing: "Sign-in with a Web3 wallet",
    call: () => client().auth.signInWithWeb3({ chain: "solana", message: "hello", signature: new Uint8Array(64) }),
  },
  signInWithEthereum: { local: "called by signInWithWeb3" },
  signInWithSolana: { local: "called by signInWithWeb3" },
  "signInWithOtp (email)": {
    works: async () => client().auth.signInWithOtp({ email: "otp@example.org" }),
    shape: nothing,
  },
  "signInWithOtp (phone)": { missing: PHONE, call: () => client().auth.signInWithOtp({ phone: "+6281234567" }) },
  "verifyOtp (email)": {
    works: async () => {
      const { email } = await person();
      await client().auth.signInWithOtp({ email });
      return client().auth.verifyOtp({ email, token: mailbox.last(email).code, type: "email" });
    },
    shape: withSession,
  },
  "verifyOtp (phone)": {
    missing: PHONE,
    call: () => client().auth.verifyOtp({ phone: "+6281234567", token: "123456", type: "sms" }),
  },
  signInWithSSO: { missing: "Single sign-on", call: () => client().auth.signInWithSSO({ domain: "example.org" }) },
  exchangeCodeForSession: {
    works: async () => {
      const { email } = await person();
      const supabase = client({ flowType: "pkce" });
      await supabase.auth.signInWithOtp({ email, options: { emailRedirectTo: TARGET } });
      const { headers } = await fetch(mailbox.last(email).link, { redirect: "manual" });
      return supabase.auth.exchangeCodeForSession(new URL(headers.get("location")!).searchParams.get("code")!);
    },
    shape: withSession,
  },
  reauthenticate: {
    works: async () => {
      const { email, auth } = await person();
      const answer = await auth.reauthenticate();
      expect(mailbox.last(email).code).toMatch(/^\d{6}$/);
      return answer;
    },
    shape: nothing,
  },
  "resend (email)": {
    works: async () => client().auth.resend({ type: "signup", email: (await person()).email }),
    shape: nothing,
  },
  "resend (phone)": { missing: PHONE, call: () => client().auth.resend({ type: "sms", phone: "+6281234567" }) },
  resetPasswordForEmail: {
    works: async () => client().auth.resetPasswordForEmail((await person()).email),
    shape: nothing,
  },
  getUser: { works: async () => (await person()).auth.getUser(), shape: withUser },
  getUserIdentities: {
    works: async () => (await person()).auth.getUserIdentities(),
    shape: { data: { identities: [expect.objectContaining({ provider: "email" })] }, error: null },
  },
  "updateUser (data, password, email)": {
    works: async () => (await person()).auth.updateUser({ data: { name: "Wi" }, password: "another password" }),
    shape: {
      data: { user: expect.objectContaining({ user_metadata: expect.objectContaining({ name: "Wi" }) }) },
      error: null,
    },
  },
  "updateUser (phone)": {
    missing: PHONE,
    call: async () => (await person()).auth.updateUser({ phone: "+6281234567" }),
  },
  setSession: { works: async () => client().auth.setSession((await person()).session), shape: withSession },
  refreshSession: { works: async () => (await person()).auth.refreshSession(), shape: withSession },
  signOut: {
    works: async () => {
      const { auth, session } = await person();
      const answer = await auth.signOut();
      expect((await client().auth.getUser(session.access_token)).error?.code).toBe(undefined);
      expect((await client().auth.getUser(session.access_token)).data.user).toBeNull();
      return answer;
    },
    shape: { error: null },
  },
  getClaims: {
    works: async () => (await person()).auth.getClaims(),
    shape: {
      data: expect.objectContaining({ claims: expect.objectContaining({ aal: "aal1", is_anonymous: false }) }),
      error: null,
    },
  },
  linkIdentity: { missing: LINKING, call: async () => (await person()).auth.linkIdentity({ provider: "github" }) },
  linkIdentityOAuth: { local: "called by linkIdentity" },
  linkIdentityIdToken: { local: "called by linkIdentity" },
  unlinkIdentity: {
    missing: LINKING,
    call: async () => {
      const { auth, user } = await person();
      return auth.unlinkIdentity(user.identities![0]!);
    },
  },
  "mfa.enroll": { missing: MFA, call: async () => (await person()).auth.mfa.enroll({ factorType: "totp" }) },
  "mfa.challenge": { missing: MFA, call: async () => (await person()).auth.mfa.challenge({ factorId: NOBODY }) },
  "mfa.verify": {
    missing: MFA,
    call: async () => (await person()).auth.mfa.verify({ factorId: NOBODY, challengeId: NOBODY, code: "123456" }),
  },
  "mfa.challengeAndVerify": {
    missing: MFA,
    call: async () => (await person()).auth.mfa.challengeAndVerify({ factorId: NOBODY, code: "123456" }),
  },
  "mfa.unenroll": { missing: MFA, call: async () => (await person()).auth.mfa.unenroll({ factorId: NOBODY }) },
  "mfa.listFactors": {
    works: async () => (await person()).auth.mfa.listFactors(),
    shape: { data: { all: [], totp: [], phone: [], webauthn: [] }, error: null },
  },
  "mfa.getAuthenticatorAssuranceLevel": {
    works: async () => (await person()).auth.mfa.getAuthenticatorAssuranceLevel(),
    shape: {
      data: {
        currentLevel: "aal1",
        nextLevel: "aal1",
        currentAuthenticationMethods: [{ method: "password", timestamp: expect.any(Number) }],
      },
      error: null,
    },
  },
  "mfa.webauthn.enroll": {
    missing: MFA,
    call: async () => ({
      error: await (await person()).auth.mfa.webauthn.enroll({ friendlyName: "key" }).then(({ error }) => error),
    }),
  },
  "mfa.webauthn.challenge": { local: "calls mfa.challenge and asks the browser for a key" },
  "mfa.webauthn.verify": { local: "calls mfa.verify" },
  "mfa.webauthn.authenticate": { local: "asks the browser for a key, with mfa.challenge and mfa.verify" },
  "mfa.webauthn.register": { local: "asks the browser for a key, with mfa.enroll" },
  "oauth.getAuthorizationDetails": {
    missing: OAUTH_SERVER,
    call: async () => (await person()).auth.oauth.getAuthorizationDetails("id"),
  },
  "oauth.approveAuthorization": {
    missing: OAUTH_SERVER,
    call: async () => (await person()).auth.oauth.approveAuthorization("id"),
  },
  "oauth.denyAuthorization": {
    missing: OAUTH_SERVER,
    call: async () => (await person()).auth.oauth.denyAuthorization("id"),
  },
  "oauth.listGrants": { missing: OAUTH_SERVER, call: async () => (await person()).auth.oauth.listGrants() },
  "oauth.revokeGrant": {
    missing: OAUTH_SERVER,
    call: async () => (await person()).auth.oauth.revokeGrant({ clientId: NOBODY }),
  },
  "passkey.startRegistration": {
    missing: PASSKEYS,
    call: async () => (await person()).auth.passkey.startRegistration(),
  },
  "passkey.verifyRegistration": {
    missing: PASSKEYS,
    call: async () =>
      (await person()).auth.passkey.verifyRegistration({ challengeId: NOBODY, credential: {} as never }),
  },
  "passkey.startAuthentication": { missing: PASSKEYS, call: () => client().auth.passkey.startAuthentication() },
  "passkey.verifyAuthentication": {
    missing: PASSKEYS,
    call: () => client().auth.passkey.verifyAuthentication({ challengeId: NOBODY, credential: {} as never }),
  },
  "passkey.list": { missing: PASSKEYS, call: async () => (await person()).auth.passkey.list() },
  "passkey.update": {
    missing: PASSKEYS,
    call: async () => (await person()).auth.passkey.update({ passkeyId: NOBODY, friendlyName: "x" }),
  },
  "passkey.delete": {
    missing: PASSKEYS,
    call: async () => (await person()).auth.passkey.delete({ passkeyId: NOBODY }),
  },
  signInWithPasskey: { local: "asks the browser for a key, and calls passkey.startAuthentication" },
  registerPasskey: { local: "asks the browser for a key, and calls passkey.startRegistration" },
  initialize: { local: "reads the session from storage or the page's address" },
  getSession: { local: "reads the session from storage" },
  onAuthStateChange: { local: "registers a listener" },
  startAutoRefresh: { local: "starts a timer that calls refreshSession" },
  stopAutoRefresh: { local: "stops the timer" },
  dispose: { local: "ends timers and listeners" },
  fetchJwk: { local: "reads .well-known/jwks.json for getClaims" },
  isThrowOnErrorEnabled: { local: "reads an option" },
  "admin.createUser": {
    works: () => admin().createUser({ email: "made@example.org", password: PASSWORD, email_confirm: true }),
    shape: withUser,
  },
  "admin.listUsers": {
    works: () => admin().listUsers({ page: 1, perPage: 1 }),
    shape: {
      data: {
        users: [expect.anything()],
        aud: "authenticated",
        nextPage: 2,
        lastPage: expect.any(Number),
        total: expect.any(Number),
      },
      error: null,
    },
  },
  "admin.getUserById": { works: async () => admin().getUserById((await person()).user.id), shape: withUser },
  "admin.updateUserById": {
    works: async () => admin().updateUserById((await person()).user.id, { app_metadata: { plan: "gold" } }),
    shape: {
      data: { user: expect.objectContaining({ app_metadata: expect.objectContaining({ plan: "gold" }) }) },
      error: null,
    },
  },
  "admin.deleteUser": {
    works: async () => {
      const { user } = await person();
      const answer = await admin().deleteUser(user.id);
      expect((await admin().getUserById(user.id)).error?.status).toBe(404);
      return answer;
    },
    shape: nothing,
  },
  "admin.inviteUserByEmail": { works: () => admin().inviteUserByEmail("invited@example.org"), shape: withUser },
  "admin.generateLink": {
    works: async () => admin().generateLink({ type: "magiclink", email: (await person()).email }),
    shape: {
      data: {
        user: expect.objectContaining(aUser),
        properties: {
          action_link: expect.stringContaining("/auth/v1/verify?token="),
          email_otp: expect.stringMatching(/^\d{6}$/),
          hashed_token: expect.any(String),
          verification_type: "magiclink",
          redirect_to: "http://127.0.0.1:3000",
        },
      },
      error: null,
    },
  },
  "admin.signOut": {
    works: async () => {
      const { session } = await person();
      const answer = await admin().signOut(session.access_token, "global");
      expect((await client().auth.setSession(session)).data.session).toBeNull();
      return answer;
    },
    shape: { data: null, error: null },
  },
  "admin.mfa.listFactors": { missing: MFA, call: () => admin().mfa.listFactors({ userId: NOBODY }) },
  "admin.mfa.deleteFactor": { missing: MFA, call: () => admin().mfa.deleteFactor({ userId: NOBODY, id: NOBODY }) },
  "admin.oauth.listClients": { missing: OAUTH_SERVER, call: () => admin().oauth.listClients() },
  "admin.oauth.createClient": {
    missing: OAUTH_SERVER,
    call: () => admin().oauth.createClient({ client_name: "x", redirect_uris: [TARGET] }),
  },
  "admin.oauth.getClient": { missing: OAUTH_SERVER, call: () => admin().oauth.getClient(NOBODY) },
  "admin.oauth.updateClient": { missing: OAUTH_SERVER, call: () => admin().oauth.updateClient(NOBODY, {}) },
  "admin.oauth.deleteClient": { missing: OAUTH_SERVER, call: () => admin().oauth.deleteClient(NOBODY) },
  "admin.oauth.regenerateClientSecret": {
    missing: OAUTH_SERVER,
    call: () => admin().oauth.regenerateClientSecret(NOBODY),
  },
  "admin.customProviders.listProviders": { missing: CUSTOM, call: () => admin().customProviders.listProviders() },
  "admin.customProviders.createProvider": {
    missing: CUSTOM,
    call: () => admin().customProviders.createProvider({} as never),
  },
  "admin.customProviders.getProvider": { missing: CUSTOM, call: () => admin().customProviders.getProvider("x") },
  "admin.customProviders.updateProvider": {
    missing: CUSTOM,
    call: () => admin().customProviders.updateProvider("x", {}),
  },
  "admin.customProviders.deleteProvider": { missing: CUSTOM, call: () => admin().customProviders.deleteProvider("x") },
  "admin.passkey.listPasskeys": { missing: PASSKEYS, call: () => admin().passkey.listPasskeys({ userId: NOBODY }) },
  "admin.passkey.deletePasskey": {
    missing: PASSKEYS,
    call: () => admin().passkey.deletePasskey({ userId: NOBODY, passkeyId: NOBODY }),
  },
};

/** The public methods of an object and of the namespaces in it. */
function methodsOf(object: object, prefix = ""): string[] {
  const names = new Set<string>();
  for (let level = object; level !== Object.prototype; level = Object.getPrototypeOf(level)) {
    for (const name of Object.getOwnPropertyNames(level)) {
      if (name.startsWith("_") || SETTINGS.has(name)) continue;
      const value = (object as Record<string, unknown>)[name];
      if (typeof value === "function") names.add(prefix + name);
      else if (value !== null && typeof value === "object" && !Array.isArray(value)) {
        for (const inner of methodsOf(value, `${prefix}${name}.`)) names.add(inner);
      }
    }
  }
  return [...names];
}

/** Properties that are no API. */
const SETTINGS = new Set([
  "constructor",
  "fetch",
  "logger",
  "lock",
  "storage",
  "client",
  "initializePromise",
  "stateChangeEmitters",
]);

test("the walk lists every method of the installed auth-js", () => {
  const { auth } = client();
  const listed = Object.keys(METHODS).map((name) => name.replace(/ \(.*/, ""));
  expect([...new Set(listed)].sort()).toEqual(methodsOf(auth).sort());
});

test("what the walk finds missing is what stack/auth/refusals.ts lists, but for what auth-js does not call", () => {
  const found = Object.values(METHODS).flatMap((walk) => ("missing" in walk ? [walk.missing] : []));
  const listed = MISSING.map(({ what }) => what).filter((what) => what !== "SCIM" && what !== "The audit log");
  expect([...new Set(found)].sort()).toEqual(listed.sort());
});

const walks = Object.entries(METHODS);

test.each(walks.flatMap(([name, walk]) => ("works" in walk ? [{ name, ...walk }] : [])))(
  "$name works",
  async ({ works, shape }) => {
    expect(await works()).toEqual(shape);
  },
);

test.each(walks.flatMap(([name, walk]) => ("missing" in walk ? [{ name, ...walk }] : [])))(
  "$name is refused: $missing",
  async ({ missing, call }) => {
    const { error } = await call();
    expect(error).toMatchObject({
      message: expect.stringMatching(`^${missing} is not in the embedded stack. Use .*supabase start`),
    });
    const { code, error_code, status } = error as Record<string, unknown>;
    expect(error_code ?? code).toBe("not_in_embedded_stack");
    expect([422, 501]).toContain(status);
  },
);
