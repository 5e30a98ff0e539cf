import { beforeAll, describe, expect, expectTypeOf, test } from "vitest";
import type { Location, PersonCard, Single } from "../../types/index.ts";
import { anonymous, type Person, signUp } from "../support/people.ts";
import { ok } from "./support/answers.ts";
import {
  anEvent,
  ask,
  comment,
  events,
  follow,
  host,
  join,
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

describe("a row", () => {
  test("is inserted, read, updated and deleted by its owner", async () => {
    const table = events(ani).from("events");
    const made = ok(
      await table
        .insert(anEvent({ price: 25_000.5, max_attendees: 12 }))
        .select()
        .single(),
    );
    expect(made).toMatchObject({
      host_id: ani.id,
      price: 25_000.5,
      is_free: false,
      attendees_count: 0,
      status: "upcoming",
    });
    expect(ok(await table.select("title").eq("id", made.id))).toEqual([{ title: "Ngopi pagi" }]);
    const changed = ok(
      await table.update({ price: 0, title: "Gratis" }).eq("id", made.id).select("title,is_free,updated_at").single(),
    );
    expect(changed).toMatchObject({ title: "Gratis", is_free: true });
    expect(Date.parse(changed.updated_at)).toBeGreaterThan(Date.parse(made.updated_at));
    expect(ok(await table.delete().eq("id", made.id).select("id"))).toEqual([{ id: made.id }]);
    expect(ok(await table.select("id").eq("id", made.id))).toEqual([]);
  });

  test("is not updated or deleted by someone else, who gets an empty result", async () => {
    const id = await host(ani);
    const table = events(budi).from("events");
    expect(ok(await table.update({ title: "Mine" }).eq("id", id).select("id"))).toEqual([]);
    expect(ok(await table.delete().eq("id", id).select("id"))).toEqual([]);
    expect(ok(await table.select("title").eq("id", id))).toEqual([{ title: "Ngopi pagi" }]);
  });

  test("is not duplicated by an upsert that ignores duplicates; a second insert is refused", async () => {
    const like = { likeable_type: "post", likeable_id: await post(ani) } as const;
    const likes = posts(budi).from("likes");
    const options = { onConflict: "user_id,likeable_type,likeable_id", ignoreDuplicates: true };
    for (let i = 0; i < 3; i++) ok(await likes.upsert({ ...like, user_id: budi.id }, options));
    const again = await likes.insert(like);
    expect([again.status, again.error?.code]).toEqual([409, "23505"]);
    const { likes_count } = ok(
      await posts(ani).from("posts").select("likes_count").eq("id", like.likeable_id).single(),
    );
    expect(likes_count).toBe(1);
  });

  test("is inserted or changed by a plain upsert", async () => {
    const event_id = await host(ani, underWay);
    const attendance = events(budi).from("event_attendees");
    const join = (status: "pending" | "confirmed") =>
      attendance.upsert({ event_id, user_id: budi.id, status }, { onConflict: "event_id,user_id" }).select("status");
    expect(ok(await join("pending"))).toEqual([{ status: "pending" }]);
    expect(ok(await join("confirmed"))).toEqual([{ status: "confirmed" }]);
    const review = (rating: number) =>
      events(budi)
        .from("reviews")
        .upsert({ event_id, reviewer_id: budi.id, rating }, { onConflict: "event_id,reviewer_id" })
        .select("rating");
    expect([ok(await review(3)), ok(await review(5))]).toEqual([[{ rating: 3 }], [{ rating: 5 }]]);
    const { id: post_id, options } = await poll(ani);
    for (const option_id of options) {
      const vote = { post_id, option_id, user_id: budi.id };
      ok(await posts(budi).from("poll_votes").upsert(vote, { onConflict: "post_id,user_id" }));
    }
    for (const quote_content of ["Look", "Look again"]) {
      const repost = { post_id, quote_content, user_id: budi.id };
      ok(await posts(budi).from("reposts").upsert(repost, { onConflict: "user_id,post_id" }));
    }
    expect(ok(await posts(budi).from("poll_votes").select("option_id").eq("post_id", post_id))).toEqual([
      { option_id: options.at(-1) },
    ]);
    const counted = ok(
      await posts(ani).from("posts").select("reposts_count,poll_options(votes_count)").eq("id", post_id).single(),
    );
    expect(counted.reposts_count).toBe(1);
    expect(counted.poll_options.reduce((sum, option) => sum + option.votes_count, 0)).toBe(1);
  });

  test("is counted by count=exact only if the caller sees it", async () => {
    await host(ani, { title: "Counted" });
    await host(ani, { title: "Counted", privacy: "private" });
    const count = async (who: Pick<Person, "client">) => {
      const { count, error } = await events(who)
        .from("events")
        .select("id", { count: "exact", head: true })
        .match({ host_id: ani.id, title: "Counted" });
      expect(error).toBeNull();
      return count;
    };
    expect([await count(ani), await count(budi), await count({ client: anonymous() })]).toEqual([2, 1, 1]);
  });
});

describe("responses", () => {
  test("`*` returns and types only columns; computed columns and embeds must be selected", async () => {
    const id = await host(ani, { location_lat: -6.175392, location_lng: 106.827153 });
    const event = ok(await events(budi).from("events").select().eq("id", id).single());
    expectTypeOf(event).not.toHaveProperty("location");
    expectTypeOf(event).not.toHaveProperty("host");
    expect(Object.keys(event)).not.toContain("location");
    const selected = ok(await events(budi).from("events").select("location,host(username)").eq("id", id).single());
    expectTypeOf(selected).toEqualTypeOf<{ location: Location | null; host: { username: string } | null }>();
    expect(selected.host?.username).toBe(ani.username);
    const written = await post(ani);
    const row = ok(await posts(budi).from("posts").select().eq("id", written).single());
    expectTypeOf(row).not.toHaveProperty("author");
    expect(Object.keys(row)).not.toContain("author");
    const comments = ok(await posts(budi).from("comments").select("*,author(username)").eq("post_id", written));
    expectTypeOf<(typeof comments)[number]["author"]>().toEqualTypeOf<{ username: string } | null>();
  });

  test("inserting a repost returns it, and repeating the insert does nothing", async () => {
    const post_id = await post(ani);
    const made = ok(await posts(budi).from("reposts").insert({ post_id, quote_content: "Look" }).select().single());
    expect(made).toMatchObject({ post_id, user_id: budi.id, quote_content: "Look" });
    const again = { onConflict: "user_id,post_id", ignoreDuplicates: true };
    expect(ok(await posts(budi).from("reposts").upsert({ post_id }, again).select())).toEqual([]);
    expect(ok(await posts(ani).from("posts").select("reposts_count").eq("id", post_id).single()).reposts_count).toBe(1);
  });

  test("numbers are JSON numbers, times ISO 8601 with an offset, locations GeoJSON", async () => {
    const id = await host(ani, { price: 0.1, location_lat: -6.175392, location_lng: 106.827153, max_attendees: 3 });
    const event = ok(await events(budi).from("events").select("*,location").eq("id", id).single());
    expectTypeOf(event.location).toExtend<Location | null>();
    expect(event).toMatchObject({
      price: 0.1,
      location_lat: -6.175392,
      location_lng: 106.827153,
      max_attendees: 3,
      is_free: false,
      description: null,
      location: { type: "Point", coordinates: [106.827153, -6.175392] },
    });
    for (const time of [event.start_time, event.created_at])
      expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+00:00$/);
    const without = ok(
      await events(budi)
        .from("events")
        .select("location")
        .eq("id", await host(ani))
        .single(),
    );
    expect(without.location).toBeNull();
  });

  test("dates have no time, arrays are JSON arrays, averages are numbers", async () => {
    const change = { date_of_birth: "1994-03-12", interests: ["kopi, tubruk", 'so-called "art"', "NULL", ""] };
    const account = ok(
      await users(ani).from("users").update(change).eq("id", ani.id).select("date_of_birth,interests").single(),
    );
    expect(account).toEqual(change);
    const citra = await signUp("citra");
    const event_id = await host(citra, underWay);
    ok(await join(budi, event_id));
    ok(await events(budi).from("reviews").insert({ event_id, rating: 4 }));
    const { average_rating } = ok(
      await users(budi).from("user_stats").select("average_rating").eq("user_id", citra.id).single(),
    );
    expect(average_rating).toBe(4);
  });

  test("functions return rows as arrays, distances as numbers, people and locations as JSON", async () => {
    const here = { lat: 3.5952, lng: 98.6722 };
    const id = await host(ani, { location_lat: 3.6, location_lng: 98.6722, price: 12_500.25 });
    const [card] = ok(await events(budi).rpc("events_near", here));
    expect(card).toMatchObject({
      id,
      price: 12_500.25,
      distance_m: expect.closeTo(533.7, 0),
      location: { type: "Point", coordinates: [98.6722, 3.6] },
      host: {
        id: ani.id,
        username: ani.username,
        name: "ani",
        avatar_path: null,
        avatar_url: null,
        is_verified: false,
      },
    });
    const profiles = ok(await users(budi).rpc("profile", { username: ani.username.toUpperCase() }));
    expectTypeOf(profiles).toExtend<Single<PersonCard>[]>();
    expect(profiles).toMatchObject([{ id: ani.id, i_follow: false, cursor: null }]);
  });
});

describe("embeds", () => {
  test("an event embeds its host, images, questions with their askers, attendees and reviewers", async () => {
    const id = await host(ani, underWay);
    ok(
      await events(ani)
        .from("event_images")
        .insert({ event_id: id, image_url: "https://example.test/1.jpg", order_index: 1 }),
    );
    const question = await ask(budi, id);
    ok(await events(ani).from("event_qna").update({ answer: "Yes." }).eq("id", question));
    ok(await join(budi, id));
    ok(await events(budi).from("reviews").insert({ event_id: id, rating: 5 }));
    const event = ok(
      await events(budi)
        .from("events")
        .select(
          "title,host(username),event_images(image_url),event_qna(question,asker(username),answerer(username)),event_attendees(status,attendee(username)),reviews(rating,reviewer(username))",
        )
        .eq("id", id)
        .single(),
    );
    expectTypeOf(event.host).toEqualTypeOf<{ username: string } | null>();
    expectTypeOf(event.event_images).toEqualTypeOf<{ image_url: string }[]>();
    expect(event).toEqual({
      title: "Ngopi pagi",
      host: { username: ani.username },
      event_images: [{ image_url: "https://example.test/1.jpg" }],
      event_qna: [
        { question: "Is there oat milk?", asker: { username: budi.username }, answerer: { username: ani.username } },
      ],
      event_attendees: [{ status: "confirmed", attendee: { username: budi.username } }],
      reviews: [{ rating: 5, reviewer: { username: budi.username } }],
    });
  });

  test("a post embeds its author, event, options, comments with their authors, likes and reposts", async () => {
    const event = await host(ani);
    const { id, options } = await poll(ani, { event_id: event });
    const said = await comment(budi, id);
    ok(await posts(budi).from("likes").insert({ likeable_type: "post", likeable_id: id }));
    ok(await posts(budi).from("reposts").insert({ post_id: id, quote_content: "Look" }));
    const row = ok(
      await posts(budi)
        .from("posts")
        .select(
          "type,author(username),event(title),attached_event(title),poll_options(id,label),comments(id,author(username)),likes(liker(username)),reposts!reposts_post_id_fkey(quote_content,reposter(username))",
        )
        .eq("id", id)
        .order("order_index", { referencedTable: "poll_options" })
        .single(),
    );
    expect(row).toEqual({
      type: "poll",
      author: { username: ani.username },
      event: { title: "Ngopi pagi" },
      attached_event: null,
      poll_options: [
        { id: options[0], label: "Gayo" },
        { id: options[1], label: "Toraja" },
      ],
      comments: [{ id: said, author: { username: budi.username } }],
      likes: [{ liker: { username: budi.username } }],
      reposts: [{ quote_content: "Look", reposter: { username: budi.username } }],
    });
  });

  test("follows and invitations embed the people on both sides, with their counters", async () => {
    ok(await follow(budi, ani.id));
    const rows = ok(
      await users(budi)
        .from("follows")
        .select("follower(username),following(username,stats(followers_count))")
        .eq("follower_id", budi.id),
    );
    expect(rows).toEqual([
      { follower: { username: budi.username }, following: { username: ani.username, stats: { followers_count: 1 } } },
    ]);
    const event_id = await host(ani);
    ok(await users(ani).from("invitations").insert({ invitee_id: budi.id, event_id }));
    const invitations = ok(
      await users(budi)
        .from("invitations")
        .select("status,inviter(username),invitee(username),event(title)")
        .eq("event_id", event_id),
    );
    expect(invitations).toEqual([
      {
        status: "pending",
        inviter: { username: ani.username },
        invitee: { username: budi.username },
        event: { title: "Ngopi pagi" },
      },
    ]);
  });

  test("a comment embeds its parent and its replies, a repost its original", async () => {
    const post_id = await post(ani);
    const parent_comment_id = await comment(budi, post_id);
    ok(await posts(ani).from("comments").insert({ post_id, parent_comment_id, content: "Boleh" }));
    const rows = ok(
      await posts(budi)
        .from("comments")
        .select("content,parent(author(username)),replies(content)")
        .eq("post_id", post_id)
        .order("created_at"),
    );
    expect(rows).toEqual([
      { content: expect.any(String), parent: null, replies: [{ content: "Boleh" }] },
      { content: "Boleh", parent: { author: { username: budi.username } }, replies: [] },
    ]);
    ok(await posts(budi).from("reposts").insert({ post_id }));
    const repost = await posts(budi)
      .from("posts")
      .select("original(content,author(username))")
      .match({ author_id: budi.id, type: "repost", original_post_id: post_id })
      .single();
    expect(ok(repost).original).toMatchObject({ author: { username: ani.username } });
  });

  test("publish_post returns the post as a card, also through select", async () => {
    const published = ok(
      await posts(ani)
        .rpc("publish_post", { content: "Which?", poll_options: ["Gayo", "Toraja"] })
        .select("content,author,poll,images")
        .single(),
    );
    expect(published).toMatchObject({
      content: "Which?",
      author: { username: ani.username },
      poll: { my_option_id: null, options: [{ label: "Gayo", votes_count: 0 }, { label: "Toraja" }] },
      images: [],
    });
  });
});
