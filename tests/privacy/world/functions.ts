import type { Page } from "./cards.ts";
import { type Check, coming, events, list, posts } from "./lists.ts";
import { ask, differences, idDifferences, type Stage } from "./stage.ts";
import { type Viewer, WORD } from "./world.ts";

/** What a client can call, and the matrix does not. */
export const NOT_ASKED: Record<string, string> = {
  "user_service.delete_account": "tells nothing of others, and would take the world away",
  "user_service.remove_hidden_followers": "tells how many follow the caller unseen, and would take that away",
  "user_service.update_updated_at_column": "a trigger function: no statement can call it",
  "event_service.update_updated_at_column": "a trigger function: no statement can call it",
  "post_service.update_updated_at_column": "a trigger function: no statement can call it",
  "ticket_service.update_updated_at_column": "a trigger function: no statement can call it",
  "user_service.invite": "writes; whom it finds is in supabase/tests/user_service/invitations.test.sql",
  "ticket_service.check_in": "writes; who may is in supabase/tests/ticket_service/check_in.test.sql",
  "ticket_service.join_waitlist": "tells one's own place; of which events is in waitlist_entries.test.sql",
  "ticket_service.leave_waitlist": "tells nothing of others",
};

/** A function about an event that answers some alone: each event's answer, or its refusal, is as it should be. */
const perEvent =
  <T>(call: string, code: string, allowed: (stage: Stage, viewer: Viewer, event: string) => T[] | undefined): Check =>
  async (stage, viewer) => {
    const found: string[] = [];
    const { events, tickets } = stage.world.tables;
    const sold = new Set(tickets.map((ticket) => ticket.event_id));
    const own = events.filter((event) => event.host_id === viewer).slice(0, 3);
    for (const { id } of [...events.filter((event) => sold.has(event.id)), ...events.slice(0, 5), ...own]) {
      const rows = await ask<{ answer: T }>(stage, viewer, `select to_jsonb(f) as answer from ${call} f`, [id]);
      const expected = allowed(stage, viewer, id);
      const told = Array.isArray(rows) ? rows.map(({ answer }) => JSON.stringify(answer)) : [rows.message];
      const meant = expected?.map((answer) => JSON.stringify(answer));
      if (meant) found.push(...differences(call, meant, told));
      else if (Array.isArray(rows) || (viewer && !rows.message.includes(code))) found.push(`${call} of ${id}: ${told}`);
    }
    return found;
  };

const mayScan = ({ world, oracle }: Stage, viewer: Viewer, event: string) =>
  oracle.hosts(viewer, event) ||
  world.tables.event_staff.some((staff) => staff.user_id === viewer && staff.event_id === event);

type PersonCard = Page & { username: string; location: string | null; i_follow: boolean; follows_me: boolean };

const personTexts = ({ world, oracle }: Stage, viewer: Viewer, rows: PersonCard[]) =>
  rows.flatMap(({ id, location, i_follow, follows_me }) => {
    const told = [location !== null, i_follow ?? false, follows_me ?? false].join();
    const meant = [
      world.people.get(id)!.showsLocation,
      oracle.follows(viewer, id),
      viewer !== null && oracle.follows(id, viewer),
    ].join();
    return told === meant ? [] : [`${world.describe(id)}: location, i_follow, follows_me: ${told}, meant ${meant}`];
  });

const PLACE = "lat => -60, lng => -150";
const PAGE = "cursor => $1, page_size => 50";

const NEAR = `event_service.events_near(${PLACE}, radius_m => 100000, ${PAGE})`;
const SEARCH_EVENTS = `event_service.search_events('${WORD}', ${PAGE})`;
const SEARCH_PAST = `event_service.search_events('${WORD}', include_past => true, ${PAGE})`;
export const TRENDING = `event_service.discover_events('trending', ${PLACE}, ${PAGE})`;
const FOR_YOU = `event_service.discover_events('for_you', ${PLACE}, ${PAGE})`;
const QUIET = `event_service.discover_events('quiet', ${PLACE}, ${PAGE})`;
const FEED = `post_service.home_feed(${PAGE})`;
const SEARCH_POSTS = `post_service.search_posts('${WORD}', ${PAGE})`;

export const LISTS = [NEAR, SEARCH_EVENTS, SEARCH_PAST, TRENDING, FOR_YOU, QUIET, FEED, SEARCH_POSTS];

export const FUNCTIONS: Record<string, Check> = {
  "user_service.search_people": list<PersonCard>(
    `user_service.search_people('${WORD}', cursor => $1, page_size => 5)`,
    personTexts,
    ({ oracle }, viewer) => oracle.people(viewer),
  ),
  "user_service.profile": async (stage, viewer) => {
    const rows = await ask<{ row: PersonCard }>(
      stage,
      viewer,
      "select to_jsonb(f) as row from unnest($1::text[]) name cross join lateral user_service.profile(upper(name)) f",
      [[...stage.world.people.values()].map((person) => person.username)],
    );
    if (!Array.isArray(rows)) return [`profile: ${rows.message}`];
    const people = rows.map(({ row }) => row);
    return [
      ...idDifferences(
        stage.world,
        "profile",
        stage.oracle.people(viewer),
        people.map((person) => person.id),
      ),
      ...personTexts(stage, viewer, people),
    ];
  },
  // Uniqueness tells, and tells everyone the same.
  "user_service.username_available": async (stage, viewer) => {
    const taken = [...stage.world.people.values()].map((person) => person.username);
    const rows = await ask<{ name: string }>(
      stage,
      viewer,
      "select name from unnest($1::text[]) name where user_service.username_available(name)",
      [[...taken, `${WORD}_free`]],
    );
    if (!Array.isArray(rows)) return [`username_available: ${rows.message}`];
    return differences(
      "username_available",
      [`${WORD}_free`],
      rows.map((row) => row.name),
    );
  },
  "event_service.events_near": events(NEAR, coming),
  "event_service.search_events": async (stage, viewer) => [
    ...(await events(SEARCH_EVENTS, coming)(stage, viewer)),
    ...(await events(SEARCH_PAST, () => true)(stage, viewer)),
  ],
  "event_service.discover_events": async (stage, viewer) => [
    // The same list for all, so there is nothing in it that not everyone may see; and nobody is recommended their own.
    ...(await events(TRENDING, (event) => coming(event) && event.privacy === "public")(stage, viewer)),
    ...(await events(FOR_YOU, (event) => coming(event) && event.host_id !== viewer, false)(stage, viewer)),
    ...(await events(QUIET, (event) => coming(event) && event.max_attendees !== null)(stage, viewer)),
  ],
  "event_service.friends_who_go": async (stage, viewer) => {
    const rows = await ask<{ event: string; id: string }>(
      stage,
      viewer,
      `select event::text, f.id from unnest($1::uuid[]) event
       cross join lateral event_service.friends_who_go(event, page_size => 100) f`,
      [stage.world.tables.events.map((event) => event.id)],
    );
    if (!Array.isArray(rows)) return viewer ? [`friends_who_go: ${rows.message}`] : [];
    if (!viewer) return ["friends_who_go: answers without a sign-in"];
    const { world, oracle } = stage;
    const words = (event: string, person: string) => `${world.describe(person)} at ${world.describe(event)}`;
    const going = world.tables.event_attendees.filter(
      (row) =>
        row.status === "confirmed" &&
        oracle.mutual(viewer, row.user_id) &&
        oracle.event(viewer, row.event_id) &&
        oracle.attendance(viewer, row),
    );
    return differences(
      "friends_who_go",
      going.map((row) => words(row.event_id, row.user_id)),
      rows.map((row) => words(row.event, row.id)),
    );
  },
  "user_service.invitation_success": async (stage, viewer) => {
    const rows = await ask<{ sent: number }>(
      stage,
      viewer,
      "select (user_service.invitation_success() ->> 'sent')::int as sent",
    );
    if (!Array.isArray(rows)) return viewer ? [`invitation_success: ${rows.message}`] : [];
    const sent = stage.world.tables.invitations.filter((row) => row.inviter_id === viewer).length;
    return rows[0]!.sent === sent ? [] : [`invitation_success: ${rows[0]!.sent} sent, meant ${sent}`];
  },
  "ticket_service.my_tickets": list<Page>(
    "ticket_service.my_tickets(cursor => $1, page_size => 2)",
    () => [],
    ({ oracle }, viewer) => oracle.ids("tickets", (row) => viewer !== null && row.user_id === viewer),
    false,
  ),
  "ticket_service.event_guests": perEvent(
    "(select g.id as ticket, g.guest ->> 'id' as guest from ticket_service.event_guests($1, page_size => 100) g)",
    "event_not_found",
    ({ world, oracle }, viewer, event) =>
      oracle.hosts(viewer, event)
        ? world.tables.tickets
            .filter((ticket) => ticket.event_id === event)
            .map(({ id, user_id }) => ({
              guest: user_id && oracle.person(viewer, user_id) ? user_id : null,
              ticket: id,
            }))
        : undefined,
  ),
  "ticket_service.event_sales": perEvent(
    "(select count(*)::int as lines from ticket_service.event_sales($1))",
    "event_not_found",
    ({ oracle }, viewer, event) => (oracle.hosts(viewer, event) ? [{ lines: 0 }] : undefined),
  ),
  "ticket_service.revoked_tickets": perEvent(
    "(select unnest(ticket_service.revoked_tickets($1)) as ticket)",
    "not_staff",
    (stage, viewer, event) =>
      mayScan(stage, viewer, event)
        ? stage.world.tables.tickets.filter((row) => row.event_id === event).map(({ id }) => ({ ticket: id }))
        : undefined,
  ),
  "post_service.home_feed": posts(FEED, ({ oracle }, viewer, post) => oracle.follows(viewer, post.author_id), false),
  "post_service.search_posts": posts(SEARCH_POSTS, (_, __, post) => post.content.includes(WORD)),
  "post_service.posts_by": async (stage, viewer) => {
    const found: string[] = [];
    const [open, , , hidden] = stage.subjects;
    for (const author of [stage.nora.id, open!.id, hidden!.id]) {
      const by = posts(`post_service.posts_by('${author}', ${PAGE})`, (_, __, post) => post.author_id === author);
      found.push(...(await by(stage, viewer)));
    }
    return found;
  },
  // It returns the caller's own new post; errors.test.ts says what it tells of events that one does not see.
  "post_service.publish_post": async (stage, viewer) => {
    const rows = await ask<{ author_id: string; content: string }>(
      stage,
      viewer,
      "select author_id, content from post_service.publish_post('Mine.')",
    );
    if (!Array.isArray(rows)) return viewer ? [`publish_post: ${rows.message}`] : [];
    if (!viewer) return ["publish_post: publishes without a sign-in"];
    return differences(
      "publish_post",
      [`${viewer} Mine.`],
      rows.map((row) => `${row.author_id} ${row.content}`),
    );
  },
};
