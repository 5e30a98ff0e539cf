import { spawnSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runSql } from "./support/databases.ts";
import { ANI, as, type Desk, startDesk } from "./support/desk.ts";

let desk: Desk;
beforeAll(async () => {
  desk = await startDesk();
}, 60_000);
afterAll(() => desk?.stop());

async function call(path: string, init: RequestInit = {}, who = ANI) {
  const response = await fetch(`${desk.api.url}/rest/v1${path}`, {
    ...init,
    headers: { ...(await as(desk.api, who)), "Content-Type": "application/json", ...init.headers },
  });
  return { status: response.status, text: await response.text(), headers: response.headers };
}

const write = (body: object) => call("/notes", { method: "POST", body: JSON.stringify(body) });

describe("PostgREST is killed", () => {
  test("20 times under load: reads succeed, each write happened once or was answered with 503, and none is half done", async () => {
    const answered: { status: number; body: string }[] = [];
    let stop = false;
    const load = Array.from({ length: 4 }, async (_, worker) => {
      for (let i = 0; !stop; i++) {
        const body = `load ${worker} ${i}`;
        answered.push({ status: (await write({ body })).status, body });
        expect((await call("/numbers?n=eq.1")).status).toBe(200);
      }
    });
    for (let time = 0; time < 20; time++) {
      await new Promise((resolve) => setTimeout(resolve, 150));
      const pid = desk.api.postgrestPid();
      if (pid !== undefined) process.kill(pid, "SIGKILL");
    }
    stop = true;
    await Promise.all(load);
    expect((await call("/numbers?n=eq.1")).text).toBe('[{"n":1}]');
    const statuses = new Set(answered.map(({ status }) => status));
    statuses.delete(201);
    statuses.delete(503);
    expect([...statuses]).toEqual([]);
    const stored = JSON.parse((await call("/notes?select=body&body=like.load*&limit=1000")).text) as { body: string }[];
    const counts = new Map<string, number>();
    for (const { body } of stored) counts.set(body, (counts.get(body) ?? 0) + 1);
    for (const { status, body } of answered.filter((one) => stored.length < 1000 || counts.has(one.body))) {
      if (status === 201) expect([body, counts.get(body)]).toEqual([body, 1]);
      else expect(counts.get(body) ?? 0, body).toBeLessThanOrEqual(1);
    }
  }, 60_000);
});

describe("what the gateway adds", () => {
  test("a write without a filter is 400 21000, with one it is carried out", async () => {
    for (const [method, verb] of [
      ["PATCH", "UPDATE"],
      ["DELETE", "DELETE"],
    ] as const) {
      const body = method === "PATCH" ? JSON.stringify({ body: "changed" }) : undefined;
      const refused = await call("/notes?select=id&order=id&limit=1", { method, body });
      expect([refused.status, JSON.parse(refused.text)]).toEqual([
        400,
        { code: "21000", details: null, hint: null, message: `${verb} requires a WHERE clause` },
      ]);
      expect((await call("/notes?id=eq.0", { method, body }, "service")).status).toBe(204);
    }
  });

  test.each([
    "x",
    "id",
    "id&id",
    "or",
    "and",
    "%00",
    "x%26y",
    ";",
    "a;b",
    "a;select=id",
    "x#=1",
    "notes.id=eq.1",
    "=eq.1",
  ])("a parameter that PostgREST does not take for a filter is none: %s", async (query) => {
    for (const method of ["PATCH", "DELETE"]) {
      const body = method === "PATCH" ? JSON.stringify({ body: "changed" }) : undefined;
      const { status, text } = await call(`/notes?${query}`, { method, body }, "service");
      expect([method, status, JSON.parse(text).code]).toEqual([method, 400, "21000"]);
    }
    expect((await call("/notes?body=eq.changed", {}, "service")).text).toBe("[]");
  });

  test("a filter may be logical", async () => {
    for (const query of ["not.and=(id.is.null,id.eq.0)", "or=(id.eq.-1,id.eq.-2)", "and=(id.eq.-1)"]) {
      const { status } = await call(`/notes?${query}&id=eq.-1`, { method: "DELETE" }, "service");
      expect([query, status]).toEqual([query, 204]);
    }
  });

  test("a key that is not ours is refused, also with a valid token and as a token with a wrong signature", async () => {
    const token = (await as(desk.api, ANI)).Authorization!;
    const forged = `${token.split(" ")[1]!.split(".").slice(0, 2).join(".")}.c2lnbmF0dXJl`;
    for (const apikey of ["a.b.c", forged, token.split(" ")[1]!, ""]) {
      for (const Authorization of [token, "Basic x", ""]) {
        const response = await fetch(`${desk.api.url}/rest/v1/numbers`, { headers: { apikey, Authorization } });
        expect([apikey, Authorization, response.status]).toEqual([apikey, Authorization, 401]);
      }
    }
  });

  test("a function may set any status and several cookies, and the stack survives", async () => {
    await runSql(
      desk.database.url,
      `create function desk.answer(status text) returns void language sql as $$
        select set_config('response.status', status, true),
          set_config('response.headers', '[{"Set-Cookie":"a=1"},{"Set-Cookie":"b=2"}]', true) $$`,
    );
    const statuses: [string, number][] = [
      ["205", 205],
      ["418", 418],
      ["100", 502],
      ["103", 502],
      ["199", 502],
      ["700", 500],
    ];
    for (const [status, expected] of statuses) {
      const answer = await call("/rpc/answer", { method: "POST", body: JSON.stringify({ status }) });
      expect([status, answer.status]).toEqual([status, expected]);
      if (expected < 500) expect(answer.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
    }
    expect((await call("/users%00")).status).toBe(400);
    expect((await call("/numbers?n=eq.1")).status).toBe(200);
  });

  test("the API key may be a parameter, which PostgREST does not see", async () => {
    const url = `${desk.api.url}/rest/v1/numbers?n=eq.1&apikey=${desk.api.keys.publishableKey}`;
    expect(await (await fetch(url)).json()).toEqual([{ n: 1 }]);
  });

  test("new functions are found at their first calls, also by concurrent ones", async () => {
    for (const name of ["fresh", "fresher"]) {
      await runSql(desk.database.url, `create function desk.${name}() returns int language sql as 'select 7'`);
      const answers = await Promise.all([1, 2, 3, 4].map(() => call(`/rpc/${name}`, { method: "POST", body: "{}" })));
      expect(answers.map(({ text }) => text)).toEqual(["7", "7", "7", "7"]);
    }
  });
});

test("PostgREST exits with the process that started it, even if that is killed", () => {
  const script = `
    import { startEmbeddedPostgres } from "./stack/index.ts";
    import { makeConfig } from "./stack/index.ts";
    import { startPostgrest } from "./stack/rest/postgrest.ts";
    const { url } = await startEmbeddedPostgres();
    const postgrest = await startPostgrest({ databaseUrl: url, config: makeConfig({ api: { schemas: ["public"] } }).api,
      jwtSecret: "x".repeat(40), connections: 1, publicUrl: "http://127.0.0.1", log: () => {} });
    console.log(postgrest.pid());
    process.kill(process.pid, "SIGKILL");`;
  const { stdout } = spawnSync("npx", ["tsx", "--input-type=module", "-e", script], { encoding: "utf8" });
  const pid = Number(stdout.trim().split("\n").at(-1));
  expect(pid).toBeGreaterThan(1);
  spawnSync("sleep", ["1"]);
  expect(() => process.kill(pid, 0)).toThrow(/ESRCH/);
});
