import postgres from "postgres";
import { expect, test } from "vitest";
import { refusalBehind } from "../../stack/api/refusals.ts";
import { problemOfDatabase } from "../../stack/auth/problems.ts";
import { as, startDesk } from "./support/desk.ts";

test("while the database is stopped, Auth and Storage answer 503 with Retry-After, whatever they would ask it", async () => {
  const desk = await startDesk();
  const headers = { ...(await as(desk.api, "anonymous")), "Content-Type": "application/json" };
  const ask = async (path: string, body: object) => {
    const response = await fetch(desk.api.url + path, { method: "POST", headers, body: JSON.stringify(body) });
    return {
      status: response.status,
      retry: response.headers.get("Retry-After"),
      ...((await response.json()) as object),
    };
  };
  const email = "gone@example.org";
  const requests: [string, object][] = [
    ["/auth/v1/recover", { email }],
    ["/auth/v1/otp", { email }],
    ["/auth/v1/magiclink", { email }],
    ["/auth/v1/signup", { email, password: "a good password" }],
    ["/auth/v1/token?grant_type=password", { email, password: "a good password" }],
    ["/auth/v1/token?grant_type=refresh_token", { refresh_token: "x" }],
    ["/storage/v1/object/list/walk", { prefix: "" }],
  ];
  try {
    expect(await ask(...requests[0]!)).toMatchObject({ status: 200 });
    await desk.database.stop();
    for (const request of requests) {
      const answer = { path: request[0], ...(await ask(...request)) };
      expect(answer).toMatchObject({
        path: request[0],
        status: 503,
        retry: "1",
        message: expect.stringMatching(/not available/),
      });
    }
  } finally {
    await desk.api.stop();
  }
}, 60_000);

const failure = (code: string) => Object.assign(new Error("lost"), { code });

test.each([
  "08006",
  "53300",
  "57P01",
  "57P03",
  "CONNECTION_CLOSED",
  "CONNECT_TIMEOUT",
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
])("%s is a 503 in Auth", (code) =>
  expect(problemOfDatabase(failure(code))).toMatchObject({ status: 503, code: "database_unavailable" }),
);

test.each(["ENOENT", "XX000"])("%s is none", (code) => expect(problemOfDatabase(failure(code))).toBeUndefined());

/** An error as PostgreSQL raises it. */
const raised = (code: string) =>
  Object.assign(new postgres.PostgresError("refused" as never), { code, severity: "ERROR" });

test("a statement that takes too long is a 504 in Auth", () => {
  expect(problemOfDatabase(raised("57014"))).toMatchObject({ status: 504, code: "request_timeout" });
});

const FAULTS = ["XX000", "P0002", "25001", "53100", "54001", "58030", "40001", "42P17"];
const statuses: [string, number | undefined][] = [
  ["23503", 409],
  ["23505", 409],
  ["42501", 400],
  ["28P01", 403],
  ["0L000", 403],
  ["25006", 405],
  ["42P01", 404],
  ["22P02", 400],
  ["P0001", 400],
  ["57014", 504],
  ["57P01", 503],
  ["53300", 503],
  ...FAULTS.map((code): [string, undefined] => [code, undefined]),
];

test.each(statuses)("%s of a statement of Storage is %s", (code, status) => {
  expect(refusalBehind([raised(code)])?.status).toBe(status);
});
