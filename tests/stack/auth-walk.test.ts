import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { MISSING } from "../../stack/auth/refusals.ts";
import { ADMIN_WORKS } from "./auth/walk-admin.ts";
import { LOCAL } from "./auth/walk-local.ts";
import { MISSING_METHODS } from "./auth/walk-missing.ts";
import { WORKS } from "./auth/walk-works.ts";
import { client, desk, startAuthDesk, stopAuthDesk } from "./support/auth-desk.ts";

beforeAll(startAuthDesk, 60_000);
afterAll(stopAuthDesk);

/** The public methods of an object and of the namespaces in it. */
function methodsOf(object: object, prefix = ""): string[] {
  const names = new Set<string>();
  for (let level = object; level !== Object.prototype; level = Object.getPrototypeOf(level)) {
    for (const name of Object.getOwnPropertyNames(level)) {
      if (name.startsWith("_") || SETTINGS.has(name)) continue;
      const value = (object as Record<string, unknown>)[name];
      if (typeof value === "function") names.add(prefix + name);
      else if (value !== null && typeof value === "object" && !Array.isArray(value)) {
        for (const inner of methodsOf(value, `${prefix}${name}.`)) names.add(inner);
      }
    }
  }
  return [...names];
}

/** Properties that are no API. */
const SETTINGS = new Set([
  "constructor",
  "fetch",
  "logger",
  "lock",
  "storage",
  "client",
  "initializePromise",
  "stateChangeEmitters",
]);

test("the walk lists every method of the installed auth-js", () => {
  const listed = Object.keys({ ...WORKS, ...ADMIN_WORKS, ...MISSING_METHODS, ...LOCAL });
  const names = new Set(listed.map((name) => name.replace(/ \(.*/, "")));
  expect([...names].sort()).toEqual(methodsOf(client().auth).sort());
});

test("docs/auth.md has what stack/auth/refusals.ts refuses, and the walk finds it, but for what auth-js has no method for", () => {
  const documented = readFileSync(new URL("../../docs/auth.md", import.meta.url), "utf8").matchAll(
    /^\| ([A-Z].*?) \|/gm,
  );
  const refused = MISSING.map(({ what }) => what);
  expect([...documented].map(([, what]) => what)).toEqual(refused);
  const found = new Set(Object.values(MISSING_METHODS).map(({ missing }) => missing));
  expect([...found, "The audit log", "SCIM"].sort()).toEqual(refused.toSorted());
});

test.each(Object.entries({ ...WORKS, ...ADMIN_WORKS }))("%s works", async (_, { works, shape }) => {
  expect(await works()).toEqual(shape);
});

test.each(Object.entries(MISSING_METHODS))("%s is refused by name", async (_, { missing, call }) => {
  const { error } = await call();
  expect(error).toMatchObject({
    message: expect.stringMatching(`^Not in the embedded stack: ${missing}. Use .*supabase start`),
  });
  const { code, error_code, status } = error as Record<string, unknown>;
  expect(error_code ?? code).toBe("not_in_embedded_stack");
  expect([422, 501]).toContain(status);
});

test.each(["factors", "passkeys/registration/options", "sso", "signup", "token?grant_type=id_token", "admin/audit"])(
  "%s is 501 for other clients than auth-js",
  async (path) => {
    const { url, keys } = desk.api;
    const [method, body] = path === "admin/audit" ? ["GET"] : ["POST", "{}"];
    const response = await fetch(`${url}/auth/v1/${path}`, { method, headers: { apikey: keys.secretKey }, body });
    expect(response.status).toBe(501);
    expect(await response.json()).toMatchObject({
      code: 501,
      error_code: "not_in_embedded_stack",
      msg: expect.any(String),
    });
  },
);
