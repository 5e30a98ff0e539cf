import { describe, expect, test } from "vitest";
import { admin, client, follow, mailbox, PASSWORD, SITE, signUp } from "../support/auth-desk.ts";

export function adminLinkTests(): void {
  describe("auth.admin", () => {
    test("invites by mail, and the code of the invitation signs in", async () => {
      const email = "ratna@example.org";
      const { data } = await admin().inviteUserByEmail(email, { data: { team: "door" }, redirectTo: `${SITE}/join` });
      expect(data.user).toMatchObject({ email, invited_at: expect.any(String), user_metadata: { team: "door" } });
      expect(new URL(mailbox.last(email).link).searchParams.get("redirect_to")).toBe(`${SITE}/join`);
      const { data: joined } = await client().auth.verifyOtp({
        email,
        token: mailbox.last(email).code,
        type: "invite",
      });
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
}
