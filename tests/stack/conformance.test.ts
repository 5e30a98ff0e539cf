import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeConfig, prepareDatabase } from "../../stack/index.ts";
import { type Postgrest, startPostgrest } from "../../stack/rest/postgrest.ts";
import { runSql, startTestDatabase, type TestDatabase } from "./support/databases.ts";
import { personToken } from "./support/tokens.ts";

type Recorded = {
  name: string;
  request: {
    method: string;
    path: string;
    headers: Record<string, string>;
    /** The person whose token is sent, or `service`. */
    as?: "ani" | "budi" | "service";
    /** An unusual Authorization header, by its name in `unusualHeader`. */
    token?: string;
    body?: unknown;
    bodyBase64?: string;
  };
  response: { status: number; headers: Record<string, string>; body: string };
};

const read = (name: string) => readFileSync(new URL(`./fixtures/postgrest/${name}`, import.meta.url), "utf8");

/** Requests that the packaged PostgREST 12.0.2 answers otherwise than 12.2.12, each with the reason. */
const differences = JSON.parse(read("differences.json")) as Record<string, string>;

const ANI = "00000000-0000-0000-0000-00000000000a";
const PEOPLE = { ani: ANI, budi: "00000000-0000-0000-0000-00000000000b" };
const SECRET = "a secret of at least thirty-two characters";

// The recordings are PostgREST 12.2.12 on a PostgreSQL server; here the stack's PostgREST runs on the embedded database.
describe.each([
  { file: "recorded.json", schema: "schema.sql", schemas: ["shop", "public"] as [string, ...string[]] },
  {
    file: "recorded-more.json",
    schema: "schema-more.sql",
    schemas: ["lab", "annex", "public"] as [string, ...string[]],
  },
])("PostgREST answers as in $file", ({ file, schema, schemas }) => {
  const recorded = JSON.parse(read(file)) as Recorded[];
  let database: TestDatabase;
  let postgrest: Postgrest;
  const answers = new Map<string, { status: number; contentRange: string | null; body: unknown }>();

  beforeAll(async () => {
    database = await startTestDatabase();
    await prepareDatabase({ url: database.url, migrationsDir: "none" });
    await runSql(database.url, read(schema));
    postgrest = await startPostgrest({
      databaseUrl: database.url,
      config: makeConfig({ api: { schemas } }).api,
      jwtSecret: SECRET,
      connections: database.connections,
      publicUrl: "http://127.0.0.1:54321",
      log: () => {},
    });
    // In order, because later requests depend on what earlier ones wrote.
    for (const { name, request } of recorded) {
      const response = await postgrest.fetch({
        method: request.method,
        path: escaped(request.path),
        headers: new Headers({ ...request.headers, ...(await authorization(request)), ...contentType(request) }),
        body: bodyOf(request),
      });
      answers.set(name, comparable(response.status, response.headers.get("content-range"), await response.text()));
    }
  }, 120_000);

  afterAll(async () => {
    await postgrest?.stop();
    await database?.stop();
  });

  test.each(recorded.map((entry) => [entry.name, entry] as const))("%s", (name, { response }) => {
    const expected = comparable(response.status, response.headers["content-range"] ?? null, response.body);
    if (differences[name])
      expect(answers.get(name), "the same now: remove it from differences.json").not.toEqual(expected);
    else expect(answers.get(name)).toEqual(expected);
  });
});

test("each difference between the versions has a reason", () => {
  for (const reason of Object.values(differences)) expect(reason.length).toBeGreaterThan(15);
});

/** The path and query as `fetch` would send them. */
function escaped(path: string): string {
  const { pathname, search } = new URL(`http://127.0.0.1${path}`);
  return pathname + search;
}

function bodyOf({ body, bodyBase64 }: Recorded["request"]): Uint8Array<ArrayBuffer> | undefined {
  if (bodyBase64 !== undefined) return Uint8Array.from(Buffer.from(bodyBase64, "base64"));
  if (body === undefined) return undefined;
  return Uint8Array.from(Buffer.from(typeof body === "string" ? body : JSON.stringify(body)));
}

function contentType({ headers, body, bodyBase64 }: Recorded["request"]): Record<string, string> {
  const isSet = Object.keys(headers).some((name) => name.toLowerCase() === "content-type");
  return isSet || (body === undefined && bodyBase64 === undefined) ? {} : { "Content-Type": "application/json" };
}

async function authorization({ as, token }: Recorded["request"]): Promise<Record<string, string>> {
  if (token !== undefined) return { Authorization: await unusualHeader(token) };
  if (as === "service") return { Authorization: `Bearer ${sign({ role: "service_role", ...times() })}` };
  return as ? { Authorization: `Bearer ${await personToken(SECRET, PEOPLE[as])}` } : {};
}

const times = () => {
  const now = Math.floor(Date.now() / 1000);
  return { iat: now, exp: now + 3600 };
};

const base64 = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");

function sign(claims: object, alg = "HS256", secret = SECRET): string {
  const signed = `${base64({ alg, typ: "JWT" })}.${base64(claims)}`;
  const hash = { HS256: "sha256", HS512: "sha512" }[alg];
  return `${signed}.${hash ? createHmac(hash, secret).update(signed).digest("base64url") : ""}`;
}

async function unusualHeader(name: string): Promise<string> {
  const claims = { sub: ANI, aud: "authenticated", role: "authenticated", ...times() };
  const hour = 3600;
  const tokens: Record<string, string> = {
    expired: sign({ ...claims, exp: claims.iat - hour }),
    malformed: "abc",
    "two-parts": sign(claims).split(".").slice(0, 2).join("."),
    "wrong-signature": sign(claims, "HS256", "another secret of at least thirty-two characters"),
    "alg-none": sign(claims, "none"),
    "no-role": sign({ ...claims, role: undefined }),
    "unknown-role": sign({ ...claims, role: "nobody_here" }),
    "not-yet": sign({ ...claims, nbf: claims.iat + hour }),
    "future-iat": sign({ ...claims, iat: claims.iat + hour }),
    "wrong-aud": sign({ ...claims, aud: "somebody-else" }),
    "aud-array": sign({ ...claims, aud: ["authenticated", "other"] }),
    empty: "",
    hs512: sign(claims, "HS512"),
    "exp-text": sign({ ...claims, exp: "soon" }),
    "sub-no-uuid": sign({ ...claims, sub: "not-a-uuid" }),
  };
  if (name === "basic") return "Basic YW5pOmFuaQ==";
  if (name === "lowercase-bearer") return `bearer ${sign(claims)}`;
  return `Bearer ${tokens[name]}`;
}

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
