import { beforeAll, describe, expect, test } from "vitest";
import { type Person, signUp } from "../support/people.ts";
import { expectDenial, expectRefusal, ok } from "./support/answers.ts";
import { asOwner, events, host, post, posts, users } from "./support/scenes.ts";

let ani: Person;

beforeAll(async () => {
  ani = await signUp("ani");
  await host(ani);
});

describe("limits", () => {
  const word = `limit${crypto.randomUUID().slice(0, 8)}`;

  beforeAll(async () => {
    await asOwner(
      "insert into post_service.posts (author_id, content) select $1, $2 || ' ' || n from generate_series(1, 1100) n",
      [ani.id, word],
    );
  });

  test.each([
    [1_000_000, 100],
    [101, 100],
    [99, 99],
    [1, 1],
    [0, 1],
    [-5, 1],
    [undefined, 20],
  ])("a page_size of %s returns %s rows", async (page_size, expected) => {
    expect(ok(await posts(ani).rpc("posts_by", { author_id: ani.id, page_size }))).toHaveLength(expected);
    expect(ok(await posts(ani).rpc("search_posts", { query: word, page_size }))).toHaveLength(expected);
  });

  test("refuses a page_size out of the range of integer", async () => {
    expectDenial(await posts(ani).rpc("posts_by", { author_id: ani.id, page_size: 3e9 }), "22003", 400);
  });

  test("a table returns at most 1,000 rows, whatever the limit, but counts all", async () => {
    const mine = () => posts(ani).from("posts").select("id", { count: "exact" }).like("content", `${word}%`);
    const answers = [await mine().limit(1_000_000), await mine(), await mine().range(0, 999_999)];
    for (const answer of answers) {
      expect(ok(answer)).toHaveLength(1000);
      expect(answer.count).toBe(1100);
    }
  });

  const megabytes = (count: number) => "x".repeat(count * 2 ** 20);

  test.each([
    [
      "a post",
      (text: string) => posts(ani).from("posts").insert({ content: text }),
      "A post has at most 10,000 characters.",
    ],
    [
      "a bio",
      (text: string) => users(ani).from("users").update({ bio: text }).eq("id", ani.id),
      "A bio has at most 1,000 characters.",
    ],
    [
      "requirements",
      (text: string) => events(ani).from("events").update({ requirements: text }).eq("host_id", ani.id),
      "Requirements have at most 5,000 characters.",
    ],
  ])("refuses %s of 9 MB as too long, and of 11 MB as too large a request", async (_, write, message) => {
    expectRefusal(await write(megabytes(9)), "text_too_long", message);
    expectDenial(await write(megabytes(11)), "413", 413);
  });

  test("accepts a search for 9 MB of text", async () => {
    ok(await posts(ani).rpc("search_posts", { query: `${word} ${megabytes(9)}` }));
  });

  test("a username of 9 MB is neither available nor accepted", async () => {
    const { data } = await users(ani).rpc("username_available", { username: megabytes(9) });
    expect(data).toBe(false);
    expectRefusal(
      await users(ani)
        .from("users")
        .update({ username: megabytes(9) })
        .eq("id", ani.id),
      "invalid_username",
    );
  });

  test("accepts a post of exactly the maximum length", async () => {
    expect(await post(ani, { content: "é".repeat(10_000) })).toBeTruthy();
    expectRefusal(
      await posts(ani).rpc("publish_post", { content: "é".repeat(10_001) }),
      "text_too_long",
      "A post has at most 10,000 characters.",
    );
  });
});
