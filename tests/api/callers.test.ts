import { beforeAll, describe, expect, test } from "vitest";
import { anonymous, type Client, type Person, service, signUp } from "../support/people.ts";
import { expectDenial, expectRefusal, ok, statusAndError } from "./support/answers.ts";
import {
  anEvent,
  comment,
  events,
  follow,
  host,
  inHours,
  nobody,
  poll,
  post,
  posts,
  underWay,
  users,
} from "./support/scenes.ts";

let ani: Person;
let budi: Person;

beforeAll(async () => {
  ani = await signUp("ani");
  budi = await signUp("budi");
});

const table = (client: Client, path: string) => {
  const [schema, name] = path.split(".") as ["post_service", "posts"];
  return client.schema(schema).from(name);
};

describe("an anonymous visitor", () => {
  test("reads public events, posts, comments, profiles and counters", async () => {
    const visitor = { client: anonymous() };
    const [event, text] = [await host(ani), await post(ani)];
    const said = await comment(budi, text);
    expect(ok(await events(visitor).from("events").select("id").eq("id", event))).toHaveLength(1);
    expect(ok(await posts(visitor).from("posts").select("id").eq("id", text))).toHaveLength(1);
    expect(ok(await posts(visitor).from("comments").select("id").eq("id", said))).toHaveLength(1);
    expect(
      ok(await users(visitor).from("profiles").select("username,stats(posts_count)").eq("id", ani.id)),
    ).toHaveLength(1);
  });

  test.each([
    "user_service.users",
    "user_service.user_settings",
    "user_service.user_privacy",
    "user_service.follows",
    "user_service.blocks",
    "user_service.invitations",
    "event_service.event_attendees",
    "event_service.qna_upvotes",
    "post_service.likes",
    "post_service.reposts",
    "post_service.bookmarks",
    "post_service.shares",
    "post_service.poll_votes",
    "ticket_service.tickets",
    "ticket_service.ticket_transactions",
  ])("may not read %s, while a signed-in person may", async (path) => {
    expectDenial(await table(anonymous(), path).select("*").limit(1), "42501", 401);
    ok(await table(ani.client, path).select("*").limit(1));
  });

  test("may not write, or call functions for signed-in people", async () => {
    const visitor = { client: anonymous() };
    const denied = [
      await posts(visitor).from("posts").insert({ content: "Hi" }),
      await posts(visitor).from("posts").insert({ content: "Hi", author_id: ani.id }),
      await events(visitor).from("events").insert(anEvent()),
      await users(visitor).from("follows").insert({ following_id: ani.id, follower_id: budi.id }),
      await posts(visitor).from("posts").update({ content: "Hi" }).eq("author_id", ani.id),
      await posts(visitor).from("posts").delete().eq("author_id", ani.id),
      await posts(visitor).rpc("home_feed"),
      await posts(visitor).rpc("publish_post", { content: "Hi" }),
      await events(visitor).rpc("friends_who_go", { event_id: nobody() }),
      await users(visitor).rpc("delete_account"),
    ];
    for (const answer of denied) expectDenial(answer, "42501", 401);
  });
});

describe("a person may not write", () => {
  const forbidden: [string, (who: Person) => Record<string, unknown>][] = [
    ["event_service.events", () => ({ ...anEvent(), attendees_count: 5 })],
    ["event_service.events", () => ({ ...anEvent(), tickets_sold: 5 })],
    ["event_service.events", () => ({ ...anEvent(), status: "completed" })],
    ["event_service.events", () => ({ ...anEvent(), created_at: inHours(-24) })],
    ["event_service.events", () => anEvent({ host_id: ani.id })],
    ["post_service.posts", () => ({ content: "Hi", likes_count: 5 })],
    ["post_service.posts", () => ({ content: "Hi", author_is_private: false })],
    ["post_service.posts", () => ({ content: "Hi", author_id: ani.id })],
    ["post_service.posts", () => ({ content: "Hi", created_at: inHours(24) })],
    ["user_service.follows", () => ({ following_id: budi.id, follower_id: ani.id })],
    ["user_service.users", () => ({ username: "second_me" })],
    ["user_service.profiles", (who) => ({ id: who.id, username: "second_me" })],
    ["user_service.user_stats", (who) => ({ user_id: who.id, followers_count: 9 })],
    ["user_service.user_privacy", (who) => ({ user_id: who.id })],
    ["ticket_service.tickets", (who) => ({ event_id: nobody(), user_id: who.id, status: "active" })],
    ["ticket_service.ticket_transactions", () => ({ ticket_id: nobody(), amount: 1 })],
  ];
  test.each(forbidden)("columns of %s that the database sets, or another person's id (%#)", async (path, row) => {
    expectDenial(await table(budi.client, path).insert(row(budi) as never), "42501", 403);
  });

  test.each([
    ["user_service.users", { is_verified: true }],
    ["user_service.users", { email: "else@example.test" }],
    ["user_service.users", { is_email_verified: true }],
    ["user_service.user_stats", { followers_count: 1e6 }],
    ["user_service.profiles", { is_verified: true }],
    ["event_service.events", { host_id: "11111111-1111-4111-8111-111111111111" }],
    ["event_service.events", { attendees_count: 0 }],
    ["event_service.event_attendees", { has_attended: true }],
    ["event_service.event_attendees", { by_ticket: true }],
    ["event_service.event_qna", { upvotes_count: 99 }],
    ["event_service.reviews", { host_id: "11111111-1111-4111-8111-111111111111" }],
    ["post_service.posts", { likes_count: 99 }],
    ["post_service.poll_options", { votes_count: 99 }],
    ["post_service.comments", { post_id: "11111111-1111-4111-8111-111111111111" }],
    ["ticket_service.tickets", { status: "active" }],
  ])("over columns of %s that the database sets: %j", async (path, change) => {
    const key = path === "user_service.user_stats" ? "user_id" : "id";
    expectDenial(
      await table(ani.client, path)
        .update(change as never)
        .not(key, "is", null),
      "42501",
      403,
    );
  });

  test("by a function that only the secret key may call", async () => {
    expectDenial(await users(ani).rpc("files_to_delete"), "42501", 403);
    expectDenial(await users({ client: anonymous() }).rpc("files_to_delete"), "42501", 401);
    ok(await service().schema("user_service").rpc("files_to_delete"));
  });
});

test("the secret key bypasses every policy", async () => {
  const server = service();
  expect(ok(await server.schema("user_service").from("users").select("email").eq("id", ani.id))).toEqual([
    { email: ani.email },
  ]);
  const secret = await post(ani, { visibility: "private" });
  expect(ok(await server.schema("post_service").from("posts").select("id").eq("id", secret))).toEqual([{ id: secret }]);
  ok(await server.schema("user_service").from("users").update({ is_verified: true }).eq("id", ani.id));
  expect(ok(await users(budi).from("profiles").select("is_verified").eq("id", ani.id))).toEqual([
    { is_verified: true },
  ]);
  ok(await server.schema("ticket_service").from("tickets").select("id").limit(1));
});

describe("a token of a deleted account", () => {
  let gone: Person;
  const of = { event: "", question: "", post: "", option: "" };

  beforeAll(async () => {
    gone = await signUp("gone");
    of.event = await host(ani, underWay);
    of.post = (await poll(ani)).id;
    of.option = ok(await posts(ani).from("poll_options").select("id").eq("post_id", of.post))[0]!.id;
    of.question = ok(
      await events(budi).from("event_qna").insert({ event_id: of.event, question: "?" }).select("id").single(),
    ).id;
    ok(await follow(gone, ani.id));
    await post(gone, { content: "Mine", visibility: "private" });
    ok(await users(gone).rpc("delete_account"));
  });

  const writes: [string, (who: Person) => Record<string, unknown>][] = [
    ["user_service.follows", () => ({ following_id: ani.id })],
    ["user_service.blocks", () => ({ blocked_id: ani.id })],
    ["user_service.invitations", () => ({ invitee_id: ani.id, event_id: of.event })],
    ["event_service.events", () => anEvent()],
    ["event_service.event_attendees", () => ({ event_id: of.event })],
    ["event_service.event_qna", () => ({ event_id: of.event, question: "Anyone?" })],
    ["event_service.qna_upvotes", () => ({ question_id: of.question })],
    ["event_service.reviews", () => ({ event_id: of.event, rating: 5 })],
    ["event_service.event_images", () => ({ event_id: of.event, image_url: "https://example.test/1.jpg" })],
    ["post_service.posts", () => ({ content: "Still here" })],
    ["post_service.comments", () => ({ post_id: of.post, content: "Still here" })],
    ["post_service.likes", () => ({ likeable_type: "post", likeable_id: of.post })],
    ["post_service.reposts", () => ({ post_id: of.post })],
    ["post_service.bookmarks", () => ({ post_id: of.post })],
    ["post_service.shares", () => ({ post_id: of.post })],
    ["post_service.poll_votes", () => ({ post_id: of.post, option_id: of.option })],
    ["post_service.poll_options", () => ({ post_id: of.post, label: "Mine" })],
    ["post_service.post_images", () => ({ post_id: of.post, image_url: "https://example.test/1.jpg" })],
  ];
  test.each(writes)("may not insert into %s", async (path, row) => {
    expectRefusal(await table(gone.client, path).insert(row(gone) as never), "account_gone");
  });

  test("may not publish a post or delete the account again", async () => {
    expectRefusal(await posts(gone).rpc("publish_post", { content: "Still here" }), "account_gone");
    expectRefusal(await users(gone).rpc("delete_account"), "account_gone");
  });

  test("updates and deletes no rows", async () => {
    const change = { content: "Changed" };
    expect(ok(await posts(gone).from("posts").update(change).not("id", "is", null).select("id"))).toEqual([]);
    expect(ok(await posts(gone).from("comments").delete().not("id", "is", null).select("id"))).toEqual([]);
  });

  test("reads only what a stranger reads", async () => {
    const stranger = await signUp("stranger");
    const followers = await post(ani, { visibility: "followers" });
    const mine = async (who: Person) =>
      statusAndError(await posts(who).from("posts").select("content,visibility").in("id", [of.post, followers]));
    expect(await mine(gone)).toEqual(await mine(stranger));
    expect(ok(await posts(gone).from("posts").select("id").eq("author_id", gone.id))).toEqual([]);
    expect(ok(await posts(gone).from("posts").select("id").eq("id", of.post))).toHaveLength(1);
    expect(ok(await posts(gone).from("posts").select("id").eq("id", followers))).toEqual([]);
    expect(ok(await users(gone).from("users").select("id"))).toEqual([]);
    expect(ok(await users(gone).from("follows").select("id").eq("follower_id", gone.id))).toEqual([]);
  });

  test("cannot be renewed by signing in", async () => {
    const { error } = await anonymous().auth.signInWithPassword({ email: gone.email, password: gone.password });
    expect(error?.status).toBe(400);
  });
});
