import { beforeAll, describe, expect, test } from "vitest";
import { type Person, signUp } from "../support/people.ts";
import { type Answer, expectRefusal, ok, statusAndError } from "./support/answers.ts";
import {
  ask,
  befriend,
  comment,
  events,
  follow,
  hide,
  host,
  join,
  nobody,
  poll,
  post,
  posts,
  users,
} from "./support/scenes.ts";

// A row that the caller cannot see does not exist for them: the answer is the same as for an unknown id.
let ani: Person;
let friend: Person;
let stranger: Person;
let blocked: Person;
const hidden = {
  followers: "",
  original: "",
  private: "",
  comment: "",
  question: "",
  event: "",
  poll: "",
  option: "",
  person: "",
};

beforeAll(async () => {
  ani = await signUp("ani");
  friend = await signUp("friend");
  stranger = await signUp("stranger");
  blocked = await signUp("blocked");
  await befriend(ani, friend);
  ok(await users(ani).from("blocks").insert({ blocked_id: blocked.id }));
  hidden.followers = await post(ani, { visibility: "followers" });
  hidden.original = await post(ani, { visibility: "followers" });
  hidden.private = await post(ani, { visibility: "private" });
  hidden.comment = await comment(friend, hidden.followers);
  hidden.event = await host(ani, { privacy: "friends_only" });
  hidden.question = await ask(friend, hidden.event);
  const { id, options } = await poll(ani, { visibility: "followers" });
  Object.assign(hidden, { poll: id, option: options[0] });
  const shy = await signUp("shy");
  await befriend(shy, friend);
  ok(await hide(shy));
  hidden.person = shy.id;
});

type Way = [string, keyof typeof hidden, (who: Person, id: string) => PromiseLike<Answer>];

const like = (type: "post" | "comment") => (who: Person, id: string) =>
  posts(who).from("likes").insert({ likeable_type: type, likeable_id: id });

const ways: Way[] = [
  ["liking a post", "followers", like("post")],
  ["liking a comment", "comment", like("comment")],
  ["commenting", "followers", (who, post_id) => posts(who).from("comments").insert({ post_id, content: "Hm" })],
  ["reposting", "followers", (who, post_id) => posts(who).from("reposts").insert({ post_id })],
  [
    "posting a repost",
    "original",
    (who, id) => posts(who).from("posts").insert({ type: "repost", original_post_id: id }),
  ],
  ["bookmarking", "followers", (who, post_id) => posts(who).from("bookmarks").insert({ post_id })],
  ["sharing", "followers", (who, post_id) => posts(who).from("shares").insert({ post_id, platform: "x" })],
  ["voting", "poll", (who, post_id) => posts(who).from("poll_votes").insert({ post_id, option_id: hidden.option })],
  ["joining", "event", (who, id) => join(who, id)],
  ["asking", "event", (who, event_id) => events(who).from("event_qna").insert({ event_id, question: "When?" })],
  ["upvoting", "question", (who, question_id) => events(who).from("qna_upvotes").insert({ question_id })],
  ["posting about an event", "event", (who, event_id) => posts(who).from("posts").insert({ content: "Oh", event_id })],
  [
    "attaching an event",
    "event",
    (who, id) => posts(who).rpc("publish_post", { content: "Oh", attached_event_id: id }),
  ],
  [
    "inviting to an event",
    "event",
    (who, event_id) => users(who).from("invitations").insert({ invitee_id: ani.id, event_id }),
  ],
  ["listing friends who go", "event", (who, event_id) => events(who).rpc("friends_who_go", { event_id })],
  ["following", "person", (who, id) => follow(who, id)],
  ["blocking", "person", (who, blocked_id) => users(who).from("blocks").insert({ blocked_id })],
  ["listing someone's posts", "person", (who, author_id) => posts(who).rpc("posts_by", { author_id })],
];

describe("a hidden row is answered like an unknown id:", () => {
  test.each(ways)("%s", async (_, what, attempt) => {
    const unknown = await attempt(stranger, nobody());
    expect(statusAndError(await attempt(stranger, hidden[what]))).toEqual(statusAndError(unknown));
    expect((await attempt(stranger, hidden[what])).data ?? []).toEqual([]);
  });

  test.each(ways.filter(([, what]) => what !== "person"))(
    "%s, when the owner has blocked the caller",
    async (_, what, attempt) => {
      expect(statusAndError(await attempt(blocked, hidden[what]))).toEqual(
        statusAndError(await attempt(blocked, nobody())),
      );
    },
  );

  // A friend of a hidden person already follows them.
  test.each(ways.filter(([way]) => way !== "following"))("%s, while a friend succeeds", async (_, what, attempt) => {
    ok(await attempt(friend, hidden[what]));
  });
});

test("a reply to a hidden comment is refused like a reply to an unknown one", async () => {
  const post_id = await post(ani);
  const shy = await signUp("shy");
  const said = await comment(shy, post_id);
  ok(await hide(shy));
  const reply = (parent_comment_id: string) =>
    posts(stranger).from("comments").insert({ post_id, parent_comment_id, content: "Who?" });
  expectRefusal(await reply(said), "comment_not_found");
  expect(statusAndError(await reply(said))).toEqual(statusAndError(await reply(nobody())));
  ok(await hide(shy, true));
  ok(await reply(said));
});

test("a private post is unknown to a friend, too", async () => {
  expect(statusAndError(await like("post")(friend, hidden.private))).toEqual(
    statusAndError(await like("post")(friend, nobody())),
  );
  ok(await like("post")(ani, hidden.private));
});

test("upserts, updates and deletes do not reveal a hidden row", async () => {
  const upsert = (id: string) =>
    posts(stranger)
      .from("posts")
      .upsert({ id, content: "Mine now" } as never, { ignoreDuplicates: true })
      .select("id");
  expect(statusAndError(await upsert(hidden.followers))).toEqual(statusAndError(await upsert(nobody())));
  for (const id of [hidden.followers, nobody()]) {
    const table = posts(stranger).from("posts");
    expect(statusAndError(await table.update({ content: "Mine now" }).eq("id", id).select("id"))).toEqual({
      status: 200,
      error: null,
    });
    expect(statusAndError(await table.delete().eq("id", id).select("id"))).toEqual({ status: 200, error: null });
  }
  const left = ok(await posts(ani).from("posts").select("content").eq("id", hidden.followers));
  expect(left).toEqual([{ content: "Kopi tubruk, anyone?" }]);
});
