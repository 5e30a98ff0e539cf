import { describe, expect, test } from "vitest";
import { admin, client, desk, PASSWORD, signUp } from "../support/auth-desk.ts";
import { runSql } from "../support/databases.ts";

export function requestTests(): void {
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

    test("metadata that no token could hold are refused, and others stay usable", async () => {
      const large = JSON.stringify({
        email: "v@example.org",
        password: PASSWORD,
        data: { blob: "x".repeat(5_000_000) },
      });
      expect((await post("signup", large)).status).toBe(413);
      const { auth, supabase, id } = await signUp("vina");
      expect((await auth.updateUser({ data: { blob: "x".repeat(30_000) } })).error).toBeNull();
      await auth.refreshSession();
      expect((await supabase.rpc("who_am_i" as never)).data).toMatchObject({ sub: id });
      expect((await auth.updateUser({ data: { more: "x".repeat(10_000) } })).error?.status).toBe(413);
      expect((await admin().updateUserById(id, { app_metadata: { more: "x".repeat(10_000) } })).error?.status).toBe(
        413,
      );
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
          { email: "a\u001b[31m@example.org", password: PASSWORD, type: "email", token: "123456" },
          {
            email: "w@example.org",
            password: PASSWORD,
            data: { name: "a\u0000b" },
            code_challenge: "short",
            type: "x",
          },
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

    test("an unknown path, type or key is refused as JSON, in every encoding of the path", async () => {
      expect((await post("nothing", "{}")).status).toBe(404);
      expect((await post("verify", '{"type":"constructor","token_hash":"x"}')).status).toBe(400);
      expect((await post("signup/", "{}")).status).toBe(404);
      expect((await post("%73ignup", "{}")).status).toBe(501);
      expect((await post("admin%2Fusers", "{}")).status).toBe(403);
      expect((await post("//signup", "{}")).status).toBe(404);
      expect((await post("signup", "{}", { apikey: "" })).status).toBe(401);
      expect((await post("signup", "{}", { apikey: "sb_publishable_wrong" })).status).toBe(401);
    });
  });
}
