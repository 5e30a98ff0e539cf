import { resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import ws from "ws";
import { type Api, makeKeys, prepareDatabase, readConfig, startApi, startEmbeddedPostgres } from "../../stack/index.ts";
import { compile } from "../support/compiler.ts";
import { connect, target } from "../support/database.ts";
import { createDatabase, dropDatabase } from "../support/server.ts";
import { root } from "./support/catalogue.ts";
import { makeScope, type Scope } from "./support/example-scope.ts";
import { readExamples, run, sourcesOf } from "./support/examples.ts";

const examples = readExamples();
const failures: string[] = [];
let database: { url: string; stop(): Promise<void> };
let api: Api;
let scope: Scope;

beforeAll(async () => {
  database = await startDatabase();
  await prepareDatabase({
    url: database.url,
    migrationsDir: resolve(root, "supabase/migrations"),
    seedFile: resolve(root, "supabase/seed.sql"),
  });
  const keys = makeKeys();
  api = await startApi({
    databaseUrl: database.url,
    keys,
    config: readConfig(resolve(root, "supabase/config.toml")),
    connections: target().serverUrl ? 8 : 1,
    functionsDir: resolve(root, "supabase/functions"),
  });
  // Node 20 has no WebSocket.
  vi.stubGlobal("WebSocket", ws);
  vi.stubGlobal("location", { href: "" });
  // Examples do not look at every error, and one that is answered an empty list shows nothing.
  vi.stubGlobal(
    "fetch",
    record(({ ok }) => !ok),
  );
  const client = await connect(database.url);
  scope = await makeScope(
    api.url,
    keys,
    client,
    record((_, body) => body === "[]"),
  );
  await client.end();
});

afterAll(async () => {
  vi.unstubAllGlobals();
  await api?.stop();
  await database?.stop();
});

/** A new database, which the seed may fill: other suites count what is in theirs. */
async function startDatabase() {
  const { serverUrl } = target();
  if (!serverUrl) return startEmbeddedPostgres();
  const name = `anigmaa_docs_${process.pid}`;
  return { url: await createDatabase(serverUrl, name), stop: () => dropDatabase(serverUrl, name) };
}

/** A `fetch` that records the answers that an example should not get. */
function record(isFailure: (response: Response, body: string) => boolean): typeof fetch {
  const original = fetch;
  return async (...request) => {
    const response = await original(...request);
    const body = await response.clone().text();
    if (isFailure(response, body)) failures.push(`${request[0]}: ${response.status} ${body}`);
    return response;
  };
}

describe("the examples in README.md and docs/", () => {
  test.each(examples.filter(({ runs }) => runs))("$name runs without a refused request", async (example) => {
    failures.length = 0;
    await run(example, { ...scope, email: `${crypto.randomUUID()}@example.com` });
    expect(failures).toEqual([]);
  });

  // Last, because the compiler blocks for seconds, after which the idle connections above are closed.
  test("compile", () => {
    expect(compile(sourcesOf(examples, Object.keys(scope)))).toEqual([]);
  });
});
