import { describe, expect, test } from "vitest";
import { runSql } from "../support/databases.ts";
import { ANI, as, BUDI, type Desk, MAX_ROWS } from "../support/desk.ts";
import { personToken } from "../support/tokens.ts";

export function restTests(desk: () => Desk): void {
  async function call(who: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
    const response = await fetch(`${desk().api.url}/rest/v1${path}`, {
      method: body === undefined ? "GET" : "POST",
      headers: { ...(await as(desk().api, who)), "Content-Type": "application/json", ...headers },
      body: body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, json: text ? JSON.parse(text) : undefined };
  }

  describe("a session that all requests share", () => {
    test("300 concurrent requests of four callers each run as their own caller", async () => {
      const callers = [ANI, BUDI, "anonymous", "service"];
      const expected: Record<string, unknown> = {
        [ANI]: { role: "authenticated", sub: ANI, claims: ANI },
        [BUDI]: { role: "authenticated", sub: BUDI, claims: BUDI },
        anonymous: { role: "anon", sub: null, claims: null },
        service: { role: "service_role", sub: null, claims: null },
      };
      const answers = await Promise.all(
        Array.from({ length: 300 }, async (_, index) => {
          const who = callers[index % callers.length]!;
          return { who, answer: (await call(who, "/rpc/who_am_i", {})).json };
        }),
      );
      expect(answers.filter(({ who, answer }) => JSON.stringify(answer) !== JSON.stringify(expected[who]))).toEqual([]);
    });

    test("a request's search path is that of PostgREST: its schema, then the extra ones", async () => {
      expect((await call("anonymous", "/rpc/search_path")).json).toBe('"desk", "public", "extensions"');
    });
  });

  describe("grants stay as the migrations made them", () => {
    test("a table with row-level security but no grant is refused, one with a grant is read", async () => {
      expect((await call("anonymous", "/numbers?limit=1")).json).toEqual([{ n: 1 }]);
      const refused = await call(ANI, "/sealed");
      expect([refused.status, refused.json.code]).toEqual([403, "42501"]);
      expect((await call("anonymous", "/sealed")).status).toBe(401);
      const { status, json } = await call(ANI, "/notes", { body: "x", owner_id: BUDI });
      expect([status, json.code]).toEqual([403, "42501"]);
      expect((await call(ANI, "/notes", { body: "x" })).status).toBe(201);
    });
  });

  describe("refusals", () => {
    test.each([
      ["P0001", 400],
      ["AN001", 400],
      ["23514", 400],
      ["22023", 400],
      ["P0002", 500],
      ["28000", 403],
      ["PT418", 418],
      ["42501", 401],
    ])("%s has status %i and keeps code, message, detail and hint", async (code, status) => {
      const answer = await call("anonymous", "/rpc/refuse", { code });
      expect(answer.status).toBe(status);
      expect(answer.json).toEqual({ code, message: "refused", details: "a detail", hint: "a hint" });
    });

    test("constraints: 409 for a conflict or a missing reference, 400 for an invalid value", async () => {
      expect((await call(ANI, "/notes", { body: "one", code: "A" })).status).toBe(201);
      const unique = await call(ANI, "/notes", { body: "two", code: "A" });
      expect([unique.status, unique.json.code]).toEqual([409, "23505"]);
      expect(unique.json.message).toContain("code_is_unique");
      const foreign = await call(ANI, "/notes", { body: "three", parent_id: 999 });
      expect([foreign.status, foreign.json.code]).toEqual([409, "23503"]);
      const check = await call(ANI, "/notes", { body: "" });
      expect([check.status, check.json.code]).toEqual([400, "23514"]);
      expect(check.json.message).toContain("body_is_not_blank");
    });
  });

  describe("bad input", () => {
    test("malformed JSON, a NUL, a broken percent-encoding: 400", async () => {
      expect((await call(ANI, "/notes", "{not json")).status).toBe(400);
      expect((await call(ANI, "/notes", { body: "a\u0000b" })).status).toBe(400);
      expect((await call("anonymous", "/numbers?n=eq.%00")).status).toBe(400);
      expect((await call("anonymous", "/%E0%A4%A")).status).toBe(400);
      expect((await call("anonymous", "/rpc/%ff", {})).status).toBe(400);
      expect((await call("anonymous", "/numbers?n=eq.%ff")).status).toBe(400);
    });

    test("nesting beyond 100 is 400, a URL beyond 32 KB 414, an unknown method 405", async () => {
      const nested = (depth: number) => `${"(".repeat(depth)}a${")".repeat(depth)}`;
      for (const depth of [101, 5_000, 10_000]) {
        expect((await call("anonymous", `/numbers?n=fts.${nested(depth)}`)).status).toBe(400);
        expect((await call("anonymous", `/numbers?or=${"(and".repeat(depth / 2)}(n.eq.1)`)).status).toBe(400);
        expect((await call("anonymous", `/numbers?x=%ff&n=fts.${"%28".repeat(depth)}a`)).status).toBe(400);
      }
      expect((await call("anonymous", `/numbers?n=in.(${"1,".repeat(17_000)}1)`)).status).toBe(414);
      expect((await call("anonymous", `/numbers?limit=1&n=in.(${"1,".repeat(10_000)}1)`)).status).toBe(200);
      expect(
        (await call("anonymous", `/numbers?x=eq.${")".repeat(5_000)}&or=${"(and".repeat(2_000)}(n.eq.1)`)).status,
      ).toBe(400);
      const deep = (depth: number) => `{"body":${"[".repeat(depth)}${"]".repeat(depth)}}`;
      expect((await call(ANI, "/notes", deep(200_000))).status).toBe(400);
      expect((await call(ANI, "/notes", { body: `"${"[".repeat(1000)}\\` })).status).toBe(201);
      for (const method of ["PROPFIND", "LINK"]) {
        const response = await fetch(`${desk().api.url}/rest/v1/numbers`, {
          method,
          headers: await as(desk().api, "anonymous"),
        });
        expect(response.status).toBe(405);
      }
    });

    test("a body above 10 MB is 413, sent at once or in chunks; a smaller one is not", async () => {
      expect((await call(ANI, "/notes", { body: "x".repeat(11_000_000) })).status).toBe(413);
      const pieces = new ReadableStream({
        start(controller) {
          for (let i = 0; i < 11; i++) controller.enqueue(new Uint8Array(1_000_000).fill(0x20));
          controller.close();
        },
      });
      const init = { method: "POST", headers: await as(desk().api, ANI), body: pieces, duplex: "half" };
      expect((await fetch(`${desk().api.url}/rest/v1/notes`, init as RequestInit)).status).toBe(413);
      expect((await call(ANI, "/rpc/note_length", { body: "x".repeat(9_000_000) })).json).toBe(9_000_000);
    });

    test("max_rows caps any limit, and requests without one", async () => {
      expect((await call("anonymous", "/numbers?limit=1000000")).json).toHaveLength(MAX_ROWS);
      expect((await call("anonymous", "/numbers")).json).toHaveLength(MAX_ROWS);
      expect((await call("anonymous", "/numbers?limit=3")).json).toHaveLength(3);
    });

    test("without a key 401, with a wrong key 401, with a broken or foreign token 401", async () => {
      const { url } = desk().api;
      expect((await fetch(`${url}/rest/v1/numbers`)).status).toBe(401);
      expect((await fetch(`${url}/rest/v1/numbers`, { headers: { apikey: "sb_publishable_wrong" } })).status).toBe(401);
      const headers = { ...(await as(desk().api, "anonymous")), Authorization: "Bearer not.a.token" };
      expect((await fetch(`${url}/rest/v1/numbers`, { headers })).status).toBe(401);
    });

    test("a secret key from a browser is refused, unless it is a legacy one", async () => {
      const { url, keys } = desk().api;
      const status = async (apikey: string, agent: string) =>
        (await fetch(`${url}/rest/v1/numbers?limit=1`, { headers: { apikey, "User-Agent": agent } })).status;
      const legacy = await personToken(keys.jwtSecret, "", { role: "service_role" });
      expect(await status(keys.secretKey, "Mozilla/5.0")).toBe(401);
      expect(await status(keys.secretKey, "node")).toBe(200);
      expect(await status(keys.publishableKey, "Mozilla/5.0")).toBe(200);
      expect(await status(legacy, "Mozilla/5.0")).toBe(200);
    });
  });

  test("a changed schema is read again at the first unknown name", async () => {
    await runSql(desk().database.url, "create table desk.late (id int); grant select on desk.late to anon");
    expect((await call("anonymous", "/late")).json).toEqual([]);
    expect((await call("anonymous", "/never")).status).toBe(404);
  });
}
