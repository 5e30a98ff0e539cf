import { admin, client, PASSWORD, SITE, signUpSomebody } from "../support/auth-desk.ts";

/** A method that is refused: by the name of what is missing. */
export type Missing = { missing: string; call: () => Promise<{ data?: unknown; error: unknown }> };

const MFA = "Multi-factor authentication";
const OAUTH_SERVER = "The OAuth server";
const PASSKEYS = "Passkeys";
const PHONE = "Sign-in by phone";
const LINKING = "Linking identities";
const CUSTOM = "Custom OAuth providers";

/** An id of nothing. */
const NOBODY = "00000000-0000-4000-8000-000000000000";

export const MISSING_METHODS: Record<string, Missing> = {
  "signUp (phone)": { missing: PHONE, call: () => client().auth.signUp({ phone: "+6281234567", password: PASSWORD }) },
  signInAnonymously: { missing: "Anonymous sign-in", call: () => client().auth.signInAnonymously() },
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
  "signInWithOtp (phone)": { missing: PHONE, call: () => client().auth.signInWithOtp({ phone: "+6281234567" }) },
  "verifyOtp (phone)": {
    missing: PHONE,
    call: () => client().auth.verifyOtp({ phone: "+6281234567", token: "123456", type: "sms" }),
  },
  signInWithSSO: { missing: "Single sign-on", call: () => client().auth.signInWithSSO({ domain: "example.org" }) },
  "resend (phone)": { missing: PHONE, call: () => client().auth.resend({ type: "sms", phone: "+6281234567" }) },
  "updateUser (phone)": {
    missing: PHONE,
    call: async () => (await signUpSomebody()).auth.updateUser({ phone: "+6281234567" }),
  },
  linkIdentity: {
    missing: LINKING,
    call: async () => (await signUpSomebody()).auth.linkIdentity({ provider: "github" }),
  },
  unlinkIdentity: {
    missing: LINKING,
    call: async () => {
      const { auth, user } = await signUpSomebody();
      return auth.unlinkIdentity(user.identities![0]!);
    },
  },
  "mfa.enroll": { missing: MFA, call: async () => (await signUpSomebody()).auth.mfa.enroll({ factorType: "totp" }) },
  "mfa.challenge": {
    missing: MFA,
    call: async () => (await signUpSomebody()).auth.mfa.challenge({ factorId: NOBODY }),
  },
  "mfa.verify": {
    missing: MFA,
    call: async () =>
      (await signUpSomebody()).auth.mfa.verify({ factorId: NOBODY, challengeId: NOBODY, code: "123456" }),
  },
  "mfa.challengeAndVerify": {
    missing: MFA,
    call: async () => (await signUpSomebody()).auth.mfa.challengeAndVerify({ factorId: NOBODY, code: "123456" }),
  },
  "mfa.unenroll": { missing: MFA, call: async () => (await signUpSomebody()).auth.mfa.unenroll({ factorId: NOBODY }) },
  "mfa.webauthn.enroll": {
    missing: MFA,
    call: async () => ({
      error: await (await signUpSomebody()).auth.mfa.webauthn
        .enroll({ friendlyName: "key" })
        .then(({ error }) => error),
    }),
  },
  "oauth.getAuthorizationDetails": {
    missing: OAUTH_SERVER,
    call: async () => (await signUpSomebody()).auth.oauth.getAuthorizationDetails("id"),
  },
  "oauth.approveAuthorization": {
    missing: OAUTH_SERVER,
    call: async () => (await signUpSomebody()).auth.oauth.approveAuthorization("id"),
  },
  "oauth.denyAuthorization": {
    missing: OAUTH_SERVER,
    call: async () => (await signUpSomebody()).auth.oauth.denyAuthorization("id"),
  },
  "oauth.listGrants": { missing: OAUTH_SERVER, call: async () => (await signUpSomebody()).auth.oauth.listGrants() },
  "oauth.revokeGrant": {
    missing: OAUTH_SERVER,
    call: async () => (await signUpSomebody()).auth.oauth.revokeGrant({ clientId: NOBODY }),
  },
  "passkey.startRegistration": {
    missing: PASSKEYS,
    call: async () => (await signUpSomebody()).auth.passkey.startRegistration(),
  },
  "passkey.verifyRegistration": {
    missing: PASSKEYS,
    call: async () =>
      (await signUpSomebody()).auth.passkey.verifyRegistration({ challengeId: NOBODY, credential: {} as never }),
  },
  "passkey.startAuthentication": { missing: PASSKEYS, call: () => client().auth.passkey.startAuthentication() },
  "passkey.verifyAuthentication": {
    missing: PASSKEYS,
    call: () => client().auth.passkey.verifyAuthentication({ challengeId: NOBODY, credential: {} as never }),
  },
  "passkey.list": { missing: PASSKEYS, call: async () => (await signUpSomebody()).auth.passkey.list() },
  "passkey.update": {
    missing: PASSKEYS,
    call: async () => (await signUpSomebody()).auth.passkey.update({ passkeyId: NOBODY, friendlyName: "x" }),
  },
  "passkey.delete": {
    missing: PASSKEYS,
    call: async () => (await signUpSomebody()).auth.passkey.delete({ passkeyId: NOBODY }),
  },
  "admin.mfa.listFactors": { missing: MFA, call: () => admin().mfa.listFactors({ userId: NOBODY }) },
  "admin.mfa.deleteFactor": { missing: MFA, call: () => admin().mfa.deleteFactor({ userId: NOBODY, id: NOBODY }) },
  "admin.oauth.listClients": { missing: OAUTH_SERVER, call: () => admin().oauth.listClients() },
  "admin.oauth.createClient": {
    missing: OAUTH_SERVER,
    call: () => admin().oauth.createClient({ client_name: "x", redirect_uris: [SITE] }),
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
