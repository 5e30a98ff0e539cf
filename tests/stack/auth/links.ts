import { decodeJwt } from "jose";
import { describe, expect, test } from "vitest";
import { client, follow, fragment, mailbox, SITE, signUp } from "../support/auth-desk.ts";

export function linkTests(): void {
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
      ["javascript://127.0.0.1/%0aalert(1)", false],
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
      // The code is for the latest request.
      await pkce.auth.signInWithOtp({ email });
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
}
