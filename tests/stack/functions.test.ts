import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { FunctionRunner } from "../../stack/functions/runner.ts";
import { makeConfig, makeKeys } from "../../stack/index.ts";
import { personToken } from "./support/tokens.ts";

const keys = makeKeys();
const copy = mkdtempSync(join(tmpdir(), "anigmaa-functions-"));
let functions: FunctionRunner;

beforeAll(() => {
  process.env.STACK_TEST_SECRET = "not for functions";
  cpSync(fileURLToPath(new URL("./fixtures/functions", import.meta.url)), copy, { recursive: true });
  writeFileSync(join(copy, ".env"), "OWN_VARIABLE=mine\n");
  const open = { verify_jwt: false };
  functions = new FunctionRunner({
    functionsDir: copy,
    config: makeConfig({ functions: { hello: open, crash: open, broken: open } }).functions,
    keys,
    apiUrl: "http://127.0.0.1:54321",
    databaseUrl: "postgresql://db",
    siteUrl: "http://127.0.0.1:3000",
    log: () => {},
  });
});

afterAll(async () => {
  await functions.stop();
  rmSync(copy, { recursive: true, force: true });
});

const call = (path: string, init?: RequestInit) =>
  functions.fetch(new Request(`http://127.0.0.1:54321/functions/v1/${path}`, init));

const codeOf = async (response: Response) => ((await response.json()) as { code: string }).code;

test("the function receives method, path, query, headers, body and variables, and its answer is returned", async () => {
  const response = await call("hello/a/b?c=d", { method: "POST", body: "the body", headers: { "x-custom": "x" } });
  expect([response.status, response.headers.get("x-answer")]).toEqual([200, "yes"]);
  expect(await response.json()).toEqual({
    greeting: "hello",
    method: "POST",
    path: "/hello/a/b?c=d",
    custom: "x",
    body: "the body",
    env: {
      url: "http://127.0.0.1:54321",
      anon: keys.publishableKey,
      service: keys.secretKey,
      database: "postgresql://db",
      own: "mine",
      secret: null,
    },
  });
});

test("a function requires a signed-in person's token unless config.toml disables it; preflights always pass", async () => {
  const withToken = (token: string) => call("secured", { headers: { Authorization: `Bearer ${token}` } });
  expect((await call("secured")).status).toBe(401);
  expect((await withToken(keys.publishableKey)).status).toBe(401);
  expect((await withToken(await personToken("another secret", "a"))).status).toBe(401);
  expect((await withToken(await personToken(keys.jwtSecret, "a", { exp: 1 }))).status).toBe(401);
  expect((await call("secured", { method: "OPTIONS" })).status).toBe(200);
  const good = await withToken(await personToken(keys.jwtSecret, "a"));
  expect([good.status, await good.text()]).toEqual([200, "for signed-in people"]);
  expect((await call("hello", { method: "OPTIONS" })).headers.get("x-preflight")).toBe("mine");
});

test("an unknown name, a shared folder and a path traversal are answered with 404", async () => {
  for (const path of ["nope", "_shared", "..", "%2e%2e/hello", ""]) {
    const response = await call(path);
    expect([path, response.status, await codeOf(response)]).toEqual([path, 404, "NOT_FOUND"]);
  }
});

test("a function that crashes is answered with 502, and restarts at the next request", async () => {
  expect(await (await call("crash")).text()).toBe("alive");
  const crashed = await call("crash?now");
  expect([crashed.status, await codeOf(crashed)]).toEqual([502, "WORKER_ERROR"]);
  await vi.waitFor(async () => expect(await (await call("crash")).text()).toBe("alive"), 5_000);
});

test("a function that cannot start is answered with 503", async () => {
  const response = await call("broken");
  expect([response.status, await codeOf(response)]).toEqual([503, "BOOT_ERROR"]);
});

test("a change to an imported file takes effect at the next request", async () => {
  writeFileSync(join(copy, "_shared", "greeting.ts"), 'export const greeting = "good evening";\n');
  await vi.waitFor(
    async () => expect(await (await call("hello")).json()).toMatchObject({ greeting: "good evening" }),
    5_000,
  );
});

test("no process remains after the runner has stopped", async () => {
  const count = () => execFileSync("ps", ["-eo", "args"], { encoding: "utf8" }).split(copy).length - 1;
  expect(await (await call("crash")).text()).toBe("alive");
  expect(count()).toBeGreaterThan(0);
  await functions.stop();
  expect(count()).toBe(0);
});

test("an idle function's process ends, one that answers does not, and the next request starts another", async () => {
  const folder = mkdtempSync(join(tmpdir(), "anigmaa-idle-"));
  mkdirSync(join(folder, "slow"));
  writeFileSync(
    join(folder, "slow", "index.ts"),
    `Deno.serve(() => new Response(new ReadableStream({
       start(controller) {
         controller.enqueue(new TextEncoder().encode(Deno.pid + " "));
         setTimeout(() => { controller.enqueue(new TextEncoder().encode("end")); controller.close(); }, 1500);
       },
     })));`,
  );
  const config = makeConfig({ functions: { slow: { verify_jwt: false } } }).functions;
  const options = { functionsDir: folder, config, keys, apiUrl: "", databaseUrl: "", siteUrl: "", log: () => {} };
  const runner = new FunctionRunner({ ...options, idleLimitMs: 500 });
  const ask = async () => (await runner.fetch(new Request("http://127.0.0.1/functions/v1/slow"))).text();
  const answers = [await ask(), ...(await Promise.all([ask(), ask()]))].map((text) => text.split(" "));
  expect(answers.map(([, end]) => end)).toEqual(["end", "end", "end"]);
  const pid = Number(answers[0]![0]);
  expect(answers.map(([first]) => Number(first))).toEqual([pid, pid, pid]);
  await expect.poll(() => isAlive(pid), { timeout: 5_000 }).toBe(false);
  expect(Number((await ask()).split(" ")[0])).not.toBe(pid);
  await runner.stop();
  rmSync(folder, { recursive: true });
}, 30_000);

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
