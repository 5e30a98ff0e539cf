import { describe, expect, test } from "vitest";
import {
  admin,
  client,
  follow,
  fragment,
  mailbox,
  PASSWORD,
  query,
  SITE,
  signUp,
  strict,
} from "../support/auth-desk.ts";

export function codeTests(): void {
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

    test("are void after ten wrong ones", async () => {
      const email = "fitri@example.org";
      const verify = (token: string) => client().auth.verifyOtp({ email, token, type: "email" });
      for (const [wrong, code] of [
        [9, undefined],
        [10, "otp_expired"],
      ] as const) {
        await client().auth.signInWithOtp({ email });
        const right = mailbox.last(email).code;
        const other = right === "000000" ? "111111" : "000000";
        for (let i = 0; i < wrong; i++) expect((await verify(other)).error?.code).toBe("otp_expired");
        expect((await verify(right)).error?.code).toBe(code);
        await query`update auth.users set recovery_sent_at = null, confirmation_sent_at = null where email = ${email}`;
      }
    });

    test("with confirmations, sign-up needs the link or code, and tells nobody who has an account", async () => {
      const email = "eka@example.org";
      const { auth } = client({ api: strict });
      const { data } = await auth.signUp({
        email,
        password: PASSWORD,
        options: { emailRedirectTo: `${SITE}/welcome` },
      });
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
}
