import { expect } from "vitest";
import { client, mailbox, PASSWORD, SITE, signUpSomebody } from "../support/auth-desk.ts";
import { nothing, type Works, withSession, withUser } from "./walk-shapes.ts";

/** What works. A method with several ways to call it has the way in parentheses. */
export const WORKS: Record<string, Works> = {
  "signUp (email)": {
    works: async () => client().auth.signUp({ email: "new@example.org", password: PASSWORD }),
    shape: withSession,
  },
  "signInWithPassword (email)": {
    works: async () => client().auth.signInWithPassword({ email: (await signUpSomebody()).email, password: PASSWORD }),
    shape: withSession,
  },
  "signInWithOtp (email)": {
    works: async () => client().auth.signInWithOtp({ email: "otp@example.org" }),
    shape: nothing,
  },
  "verifyOtp (email)": {
    works: async () => {
      const { email } = await signUpSomebody();
      await client().auth.signInWithOtp({ email });
      return client().auth.verifyOtp({ email, token: mailbox.last(email).code, type: "email" });
    },
    shape: withSession,
  },
  exchangeCodeForSession: {
    works: async () => {
      const { email } = await signUpSomebody();
      const supabase = client({ flowType: "pkce" });
      await supabase.auth.signInWithOtp({ email, options: { emailRedirectTo: SITE } });
      const { headers } = await fetch(mailbox.last(email).link, { redirect: "manual" });
      return supabase.auth.exchangeCodeForSession(new URL(headers.get("location")!).searchParams.get("code")!);
    },
    shape: withSession,
  },
  reauthenticate: {
    works: async () => {
      const { email, auth } = await signUpSomebody();
      const answer = await auth.reauthenticate();
      expect(mailbox.last(email).code).toMatch(/^\d{6}$/);
      return answer;
    },
    shape: nothing,
  },
  "resend (email)": {
    works: async () => client().auth.resend({ type: "signup", email: (await signUpSomebody()).email }),
    shape: nothing,
  },
  resetPasswordForEmail: {
    works: async () => client().auth.resetPasswordForEmail((await signUpSomebody()).email),
    shape: nothing,
  },
  getUser: { works: async () => (await signUpSomebody()).auth.getUser(), shape: withUser },
  getUserIdentities: {
    works: async () => (await signUpSomebody()).auth.getUserIdentities(),
    shape: { data: { identities: [expect.objectContaining({ provider: "email" })] }, error: null },
  },
  "updateUser (data, password, email)": {
    works: async () => (await signUpSomebody()).auth.updateUser({ data: { name: "Wi" }, password: "another password" }),
    shape: {
      data: { user: expect.objectContaining({ user_metadata: expect.objectContaining({ name: "Wi" }) }) },
      error: null,
    },
  },
  setSession: { works: async () => client().auth.setSession((await signUpSomebody()).session), shape: withSession },
  refreshSession: { works: async () => (await signUpSomebody()).auth.refreshSession(), shape: withSession },
  signOut: {
    works: async () => {
      const { auth, session } = await signUpSomebody();
      const answer = await auth.signOut();
      expect((await client().auth.getUser(session.access_token)).error?.code).toBe(undefined);
      expect((await client().auth.getUser(session.access_token)).data.user).toBeNull();
      return answer;
    },
    shape: { error: null },
  },
  getClaims: {
    works: async () => (await signUpSomebody()).auth.getClaims(),
    shape: {
      data: expect.objectContaining({ claims: expect.objectContaining({ aal: "aal1", is_anonymous: false }) }),
      error: null,
    },
  },
  "mfa.listFactors": {
    works: async () => (await signUpSomebody()).auth.mfa.listFactors(),
    shape: { data: { all: [], totp: [], phone: [], webauthn: [] }, error: null },
  },
  "mfa.getAuthenticatorAssuranceLevel": {
    works: async () => (await signUpSomebody()).auth.mfa.getAuthenticatorAssuranceLevel(),
    shape: {
      data: {
        currentLevel: "aal1",
        nextLevel: "aal1",
        currentAuthenticationMethods: [{ method: "password", timestamp: expect.any(Number) }],
      },
      error: null,
    },
  },
};
