import { type Person, service, signUp } from "../../support/people.ts";
import { ok } from "../support/answers.ts";
import {
  ask,
  asOwner,
  befriend,
  comment,
  events,
  hide,
  host,
  join,
  poll,
  post,
  posts,
  underWay,
  users,
} from "../support/scenes.ts";
import type { Ids } from "./values.ts";

/** Part of every text that only its owners may read: no answer may contain it. */
export const SECRET = `secret-${crypto.randomUUID()}`;

export type Victims = { vera: Person; wira: Person };

/**
 * Two friends with rows in every table. Wira is hidden. Vera is visible, and has both private rows and public ones
 * that strangers may like, join and ask about.
 */
export async function makeVictims(blocked: Person): Promise<Victims> {
  const vera = await signUp("vera");
  const wira = await signUp("wira");
  await befriend(vera, wira);
  ok(
    await users(vera)
      .from("users")
      .update({ phone: SECRET.slice(0, 32), interests: [SECRET] })
      .eq("id", vera.id),
  );
  ok(await users(wira).from("users").update({ bio: SECRET, name: SECRET }).eq("id", wira.id));
  ok(await hide(wira));
  ok(await users(vera).from("blocks").insert({ blocked_id: blocked.id }));
  const open = await host(vera, { max_attendees: 50, location_lat: -6.2, location_lng: 106.8 });
  const secret = await host(vera, {
    privacy: "private",
    title: SECRET,
    description: SECRET,
    location_lat: -6.2,
    location_lng: 106.8,
  });
  ok(await users(vera).from("invitations").insert({ invitee_id: wira.id, event_id: secret }));
  ok(await users(wira).from("invitations").update({ status: "accepted" }).eq("event_id", secret));
  await attend(vera, wira, [open, secret]);
  await write(vera, wira, open);
  const sold = ok(
    await service()
      .schema("ticket_service")
      .from("tickets")
      .insert({
        user_id: wira.id,
        event_id: await host(vera, { ticketing_enabled: true }),
        status: "active",
        attendance_code: Array.from({ length: 8 }, () => "23456789ABCDEFGHJK"[Math.floor(Math.random() * 18)]).join(""),
      })
      .select("id")
      .single(),
  );
  ok(
    await service()
      .schema("ticket_service")
      .from("ticket_transactions")
      .insert({ ticket_id: sold.id, amount: 5, status: "success", payment_method: SECRET }),
  );
  return { vera, wira };
}

async function attend(vera: Person, wira: Person, [open, secret]: string[]): Promise<void> {
  for (const event of [open!, secret!]) {
    ok(await join(wira, event));
    ok(
      await events(vera)
        .from("event_images")
        .insert({ event_id: event, image_url: `${vera.id}/${event === secret ? SECRET : "open"}.png` }),
    );
    const question = await ask(wira, event, SECRET);
    ok(await events(vera).from("event_qna").update({ answer: "Yes." }).eq("id", question));
    ok(await events(wira).from("qna_upvotes").insert({ question_id: question }));
  }
  const begun = await host(vera, underWay);
  ok(await join(wira, begun));
  ok(await events(wira).from("reviews").insert({ event_id: begun, rating: 4, comment: SECRET }));
}

async function write(vera: Person, wira: Person, event: string): Promise<void> {
  const text = await post(vera, { attached_event_id: event, image_urls: [] });
  await post(vera, { visibility: "private", content: SECRET, image_urls: [`${vera.id}/${SECRET}.png`] });
  await post(wira, { content: SECRET });
  const { id, options } = await poll(vera);
  ok(await posts(wira).from("poll_votes").insert({ post_id: id, option_id: options[0]! }));
  const said = await comment(vera, text);
  ok(await posts(wira).from("comments").insert({ post_id: text, parent_comment_id: said, content: SECRET }));
  ok(await posts(wira).from("likes").insert({ likeable_type: "post", likeable_id: text }));
  ok(await posts(wira).from("likes").insert({ likeable_type: "comment", likeable_id: said }));
  ok(await posts(wira).from("reposts").insert({ post_id: text, quote_content: SECRET }));
  ok(await posts(vera).from("bookmarks").insert({ post_id: text }));
  ok(
    await posts(vera)
      .from("shares")
      .insert({ post_id: text, platform: SECRET.slice(0, 50) }),
  );
}

/** The ids of all their rows, for use in requests. */
export async function idsOf({ vera, wira }: Victims): Promise<Ids> {
  const people = [vera.id, wira.id];
  const ids = async (sql: string) => (await asOwner<{ id: string }>(sql, [people])).map((row) => row.id);
  return {
    people,
    events: await ids("select id from event_service.events where host_id = any ($1)"),
    questions: await ids("select id from event_service.event_qna where user_id = any ($1)"),
    posts: await ids("select id from post_service.posts where author_id = any ($1)"),
    comments: await ids("select id from post_service.comments where author_id = any ($1)"),
    options: await ids(
      "select o.id from post_service.poll_options o join post_service.posts p on p.id = o.post_id where p.author_id = any ($1)",
    ),
  };
}
