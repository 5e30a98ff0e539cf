import { decodeJwt } from "jose";
import { describe, expect, test } from "vitest";
import { admin, client, desk, PASSWORD, signUp } from "../support/auth-desk.ts";
import { runSql } from "../support/databases.ts";

export function tokenTests(): void {
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
}
