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

// Its type demands every code: one that is added to types/errors.ts is not tested until it is brought about here.
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

describe("what docs/errors.md says is refused is refused so, and what differs in one thing is not", () => {
  test.each(Object.keys(attempts).sort() as ErrorCode[])("%s", async (code) => {
    const { cannot, can } = await attempts[code](cast);
    expectRefusal(cannot, code);
    ok(can);
  });
});

test("a publication of which one part is refused leaves nothing behind", async () => {
  expect(await publishNothing(cast)).toBe(0);
});
