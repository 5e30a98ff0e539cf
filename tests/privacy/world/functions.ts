import { eventTexts, type Page, postTexts } from "./cards.ts";
import { type Check, coming, events, list, posts } from "./lists.ts";
import { ask, differences, idDifferences, type Stage } from "./stage.ts";
import { type Viewer, WORD } from "./world.ts";

/** Functions that a client can call but this suite does not, each with the reason. */
export const NOT_TESTED: Record<string, string> = {
  "user_service.delete_account": "returns nothing about others, and would delete the test world",
  "user_service.remove_hidden_followers":
    "returns only how many hidden followers the caller had, and would remove them",
  "user_service.update_updated_at_column": "a trigger function, which no statement can call",
  "event_service.update_updated_at_column": "a trigger function, which no statement can call",
  "post_service.update_updated_at_column": "a trigger function, which no statement can call",
  "ticket_service.update_updated_at_column": "a trigger function, which no statement can call",
  "user_service.invite": "writes; tested in supabase/tests/user_service/invitations.test.sql",
  "ticket_service.check_in": "writes; tested in supabase/tests/ticket_service/check_in.test.sql",
  "ticket_service.join_waitlist": "returns only the caller's position; tested in waitlist_entries.test.sql",
  "ticket_service.leave_waitlist": "returns nothing about others",
};

/** Checks a function of an event that only some may call: its rows, or its refusal with `code`. */
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
      const actual = Array.isArray(rows) ? rows.map(({ answer }) => JSON.stringify(answer)) : [rows.message];
      const wanted = expected?.map((answer) => JSON.stringify(answer));
      if (wanted) found.push(...differences(call, wanted, actual));
      else if (Array.isArray(rows) || (viewer && !rows.message.includes(code)))
        found.push(`${call} of ${id}: ${actual}`);
    }
    return found;
  };

const mayScan = ({ world, oracle }: Stage, viewer: Viewer, event: string) =>
  oracle.hosts(viewer, event) ||
  world.tables.event_staff.some((staff) => staff.user_id === viewer && staff.event_id === event);

type PersonCard = Page & { username: string; location: string | null; i_follow: boolean; follows_me: boolean };

const personTexts = ({ world, oracle }: Stage, viewer: Viewer, rows: PersonCard[]) =>
  rows.flatMap(({ id, location, i_follow, follows_me }) => {
    const actual = [location !== null, i_follow ?? false, follows_me ?? false].join();
    const wanted = [
      world.people.get(id)!.showsLocation,
      oracle.follows(viewer, id),
      viewer !== null && oracle.follows(id, viewer),
    ].join();
    return actual === wanted
      ? []
      : [`${world.describe(id)}: location, i_follow, follows_me: ${actual}, expected ${wanted}`];
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

const LATEST = `post_service.latest_posts(${PAGE})`;

export const LISTS = [NEAR, SEARCH_EVENTS, SEARCH_PAST, TRENDING, FOR_YOU, QUIET, FEED, SEARCH_POSTS, LATEST];

/** Calls a function of an id with every id of a table, and checks the cards that it returns. */
const each =
  <T extends Page>(
    call: string,
    table: "events" | "posts",
    texts: (stage: Stage, viewer: Viewer, rows: T[]) => string[],
    sees: (stage: Stage, viewer: Viewer, id: string) => boolean,
  ): Check =>
  async (stage, viewer) => {
    const ids = stage.world.tables[table].map((row) => row.id);
    const rows = await ask<{ row: T }>(
      stage,
      viewer,
      `select to_jsonb(f) as row from unnest($1::uuid[]) id cross join lateral ${call}(id) f`,
      [ids],
    );
    if (!Array.isArray(rows)) return [`${call}: ${rows.message}`];
    const cards = rows.map(({ row }) => row);
    const expected = ids.filter((id) => sees(stage, viewer, id));
    return [
      ...idDifferences(
        stage.world,
        call,
        expected,
        cards.map((card) => card.id),
      ),
      ...texts(stage, viewer, cards),
    ];
  };

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
  // Usernames are unique across all people, so this answers the same for every viewer.
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
  "event_service.event": each("event_service.event", "events", eventTexts, ({ oracle }, viewer, id) =>
    oracle.event(viewer, id),
  ),
  "event_service.events_near": events(NEAR, coming),
  "event_service.search_events": async (stage, viewer) => [
    ...(await events(SEARCH_EVENTS, coming)(stage, viewer)),
    ...(await events(SEARCH_PAST, () => true)(stage, viewer)),
  ],
  "event_service.discover_events": async (stage, viewer) => [
    // The trending list is shared, so it has only public events. Nobody is recommended their own event.
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
    if (!viewer) return ["friends_who_go: answers an anonymous visitor"];
    const { world, oracle } = stage;
    const label = (event: string, person: string) => `${world.describe(person)} at ${world.describe(event)}`;
    const going = world.tables.event_attendees.filter(
      (row) =>
        row.status === "confirmed" &&
        oracle.mutual(viewer, row.user_id) &&
        oracle.event(viewer, row.event_id) &&
        oracle.attendance(viewer, row),
    );
    return differences(
      "friends_who_go",
      going.map((row) => label(row.event_id, row.user_id)),
      rows.map((row) => label(row.event, row.id)),
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
    return rows[0]!.sent === sent ? [] : [`invitation_success: ${rows[0]!.sent} sent, expected ${sent}`];
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
  "ticket_service.event_waitlist": perEvent(
    "(select w.id as entry, w.person ->> 'id' as person from ticket_service.event_waitlist($1, page_size => 100) w)",
    "event_not_found",
    ({ world, oracle }, viewer, event) =>
      oracle.hosts(viewer, event)
        ? world.tables.waitlist_entries
            .filter((entry) => entry.event_id === event)
            .map(({ id, user_id }) => ({ entry: id, person: oracle.person(viewer, user_id) ? user_id : null }))
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
  // Posts of the caller and of people whom they follow, and originals that these reposted without a quote.
  "post_service.home_feed": posts(
    FEED,
    ({ oracle, world }, viewer, post) => {
      const inFeed = ({ author_id }: { author_id: string }) =>
        author_id === viewer || oracle.follows(viewer, author_id);
      const isPlain = ({ id, content }: { id: string; content: string | null }) =>
        oracle.originalOf(id) !== null && !content;
      return (
        (inFeed(post) && !isPlain(post)) ||
        world.tables.posts.some(
          (other) =>
            isPlain(other) && oracle.originalOf(other.id) === post.id && inFeed(other) && oracle.post(viewer, other.id),
        )
      );
    },
    false,
  ),
  "post_service.latest_posts": posts(
    LATEST,
    ({ oracle, world }, _, post) =>
      post.visibility === "public" &&
      !world.people.get(post.author_id)!.hidden &&
      (oracle.originalOf(post.id) === null || Boolean(post.content)),
  ),
  "post_service.post": each("post_service.post", "posts", postTexts, ({ oracle }, viewer, id) =>
    oracle.post(viewer, id),
  ),
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
  // Returns the caller's own new post. The error tests cover hidden events.
  "post_service.publish_post": async (stage, viewer) => {
    const rows = await ask<{ author: string; content: string }>(
      stage,
      viewer,
      "select author ->> 'id' as author, content from post_service.publish_post('Mine.')",
    );
    if (!Array.isArray(rows)) return viewer ? [`publish_post: ${rows.message}`] : [];
    if (!viewer) return ["publish_post: publishes for an anonymous visitor"];
    return differences(
      "publish_post",
      [`${viewer} Mine.`],
      rows.map((row) => `${row.author} ${row.content}`),
    );
  },
};
