import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Api, makeConfig, makeKeys, prepareDatabase, startApi } from "../../stack/index.ts";
import { runSql, startTestDatabase, type TestDatabase } from "./support/databases.ts";
import { personToken } from "./support/tokens.ts";

type Recorded = {
  name: string;
  request: { method: string; path: string; headers: Record<string, string>; as?: keyof typeof PEOPLE; body?: unknown };
  response: { status: number; headers: Record<string, string>; body: string };
};

const fixture = (name: string) => new URL(`./fixtures/postgrest/${name}`, import.meta.url);
const recorded = JSON.parse(readFileSync(fixture("recorded.json"), "utf8")) as Recorded[];
const tolerated = JSON.parse(readFileSync(fixture("tolerated.json"), "utf8")) as Record<string, string>;

const PEOPLE = { ani: "00000000-0000-0000-0000-00000000000a", budi: "00000000-0000-0000-0000-00000000000b" };

/** The requests run in order, because later ones write; each response is a test of its own. */
describe("recorded requests get the responses of PostgREST", () => {
  let database: TestDatabase;
  let api: Api;
  const answers = new Map<string, { status: number; headers: Headers; body: string }>();

  beforeAll(async () => {
    database = await startTestDatabase();
    await prepareDatabase({ url: database.url, migrationsDir: "none" });
    await runSql(database.url, readFileSync(fixture("schema.sql"), "utf8"));
    api = await startApi({
      databaseUrl: database.url,
      keys: makeKeys(),
      config: makeConfig({ api: { schemas: ["shop", "public"] } }),
      connections: database.connections,
    });
    for (const { name, request } of recorded) {
      const response = await send(request);
      answers.set(name, { status: response.status, headers: response.headers, body: await response.text() });
    }
  }, 60_000);

  afterAll(async () => {
    await api?.stop();
    await database?.stop();
  });

  async function send({ method, path, headers, as, body }: Recorded["request"]): Promise<Response> {
    const all = new Headers({ ...headers, apikey: api.keys.publishableKey });
    if (as) all.set("Authorization", `Bearer ${await personToken(api.keys.jwtSecret, PEOPLE[as])}`);
    if (body !== undefined) all.set("Content-Type", "application/json");
    const text = typeof body === "string" || body === undefined ? body : JSON.stringify(body);
    return fetch(`${api.url}/rest/v1${path}`, { method, headers: all, body: text });
  }

  test.each(recorded.map((entry) => [entry.name, entry] as const))("%s", (name, { response }) => {
    const answer = answers.get(name)!;
    const actual = comparable(answer.status, answer.headers.get("content-range"), answer.body);
    const expected = comparable(response.status, response.headers["content-range"] ?? null, response.body);
    if (tolerated[name]) expect(actual, "it is the same now: strike it off tolerated.json").not.toEqual(expected);
    else expect(actual).toEqual(expected);
  });

  test("each tolerated difference is in the recording and has a reason", () => {
    const names = new Set(recorded.map((entry) => entry.name));
    for (const [name, reason] of Object.entries(tolerated)) {
      expect(names).toContain(name);
      expect(reason.length).toBeGreaterThan(20);
    }
  });
});

/** Compares JSON as JavaScript reads it, as clients do. */
function comparable(status: number, contentRange: string | null, body: string) {
  return { status, contentRange, body: parsed(body) };
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}
