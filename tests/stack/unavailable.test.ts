import { expect, test } from "vitest";
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
