import { beforeAll, describe, expect, test } from "vitest";
import type { ErrorCode } from "../../types/index.ts";
import { signUp } from "../support/people.ts";
import type { Attempt, Cast } from "./refusals/attempt.ts";
import { publishingEvents, takingPart } from "./refusals/events.ts";
import { finding } from "./refusals/finding.ts";
import { people } from "./refusals/people.ts";
import { posting, publishNothing } from "./refusals/posts.ts";
import { server } from "./refusals/server.ts";
import { selling } from "./refusals/tickets.ts";
import { expectRefusal, ok } from "./support/answers.ts";
import { readCatalogue } from "./support/catalogue.ts";

// The type requires an attempt for every code in types/errors.ts.
const attempts: Record<ErrorCode, Attempt> = {
  ...people,
  ...publishingEvents,
  ...takingPart,
  ...finding,
  ...posting,
  ...server,
  ...selling,
};

let cast: Cast;

beforeAll(async () => {
  cast = { ani: await signUp("ani"), budi: await signUp("budi"), citra: await signUp("citra") };
});

describe("refuses as in docs/errors.md, and grants a request that differs in a single detail:", () => {
  test.each(Object.keys(attempts).sort() as ErrorCode[])("%s", async (code) => {
    const { cannot, can } = await attempts[code](cast);
    expectRefusal(cannot, code);
    ok(can);
  });
});

test("every code of docs/errors.md has an attempt", () => {
  expect(Object.keys(attempts).sort()).toEqual([...readCatalogue().keys()]);
});

test("publish_post creates nothing if any part is refused", async () => {
  expect(await publishNothing(cast)).toBe(0);
});
