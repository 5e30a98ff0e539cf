import { beforeAll, describe, expect, test } from "vitest";
import { type Person, signUp } from "../support/people.ts";
import { ok } from "./support/answers.ts";
import { type ListName, listNames, lists } from "./support/lists.ts";
import { anEvent, asOwner, befriend, events, follow, host, inHours, join, posts, users } from "./support/scenes.ts";

// A place and a word that no other suite uses, so that the lists contain only rows of this one.
const here = { lat: -2.5337, lng: 140.7181 };
const word = `paging${crypto.randomUUID().slice(0, 6)}`;
const PAGE = 3;
const ROWS = 10;

let ani: Person;
let reader: Person;
let party: string;
let all: ReturnType<typeof lists>;

/** Small events around the place, several of them at the same distance and time. */
const someEvents = (count: number, shift: number) =>
  Array.from({ length: count }, (_, i) =>
    anEvent({
      title: `${word} ${shift} ${i}`,
      location_lat: here.lat + Math.floor(i / 4) / 1000,
      location_lng: here.lng,
      start_time: inHours(24 + Math.floor(i / 3)),
      end_time: inHours(48),
      max_attendees: 10,
    }),
  );

// One request, so that all rows have the same time and only the id orders them.
const publishEvents = async (count: number, shift = 0) =>
  ok(await events(ani).from("events").insert(someEvents(count, shift)).select("id"));
const publishPosts = async (count: number) =>
  ok(
    await posts(ani)
      .from("posts")
      .insert(Array.from({ length: count }, (_, i) => ({ content: `${word} ${i}` })))
      .select("id"),
  );

async function guest(): Promise<Person> {
  const person = await signUp(word);
  await befriend(person, reader);
  ok(await join(person, party));
  return person;
}

beforeAll(async () => {
  ani = await signUp("ani");
  reader = await signUp("reader");
  ok(await follow(reader, ani.id));
  party = await host(ani, { location_lat: 5.5, location_lng: 95.3 });
  for (let i = 0; i < 5; i++) await guest();
  await asOwner("update event_service.event_attendees set joined_at = date_trunc('hour', now()) where event_id = $1", [
    party,
  ]);
  await publishEvents(ROWS);
  await publishPosts(4);
  await publishPosts(ROWS - 4);
  all = lists({ ...here, word, author_id: ani.id, event_id: party });
});

/** Reads all pages of a list. `meanwhile` runs after each page. */
async function readAll(name: ListName, page_size: number, meanwhile = async () => {}): Promise<string[]> {
  const ids: string[] = [];
  for (let cursor: string | undefined, pages = 0; pages < 50; pages++) {
    const page = ok(await all[name].get(reader.client, { page_size, cursor }));
    ids.push(...page.map((row) => row.id));
    if (page.length < page_size) return ids;
    cursor = page.at(-1)!.cursor!;
    await meanwhile();
  }
  throw new Error(`${name} does not end`);
}

let more = 0;
const insertSomething: Record<ListName, () => Promise<unknown>> = {
  search_people: () => signUp(`${word}${["0", "zz"][++more % 2]}`),
  events_near: () => publishEvents(5, ++more),
  search_events: () => publishEvents(5, ++more),
  trending_events: () => publishEvents(5, ++more),
  events_for_you: () => publishEvents(5, ++more),
  quiet_events: () => publishEvents(5, ++more),
  friends_who_go: () => guest(),
  home_feed: () => publishPosts(2),
  latest_posts: () => publishPosts(2),
  posts_by: () => publishPosts(2),
  search_posts: () => publishPosts(2),
};

describe("paging neither repeats nor skips rows", () => {
  test.each(listNames)("%s, without changes", async (name) => {
    const whole = await readAll(name, 100);
    expect(whole.length).toBeGreaterThan(PAGE);
    expect(new Set(whole).size).toBe(whole.length);
    expect(await readAll(name, PAGE)).toEqual(whole);
    expect(await readAll(name, 1)).toEqual(whole);
  });

  test.each(listNames)("%s, while rows are inserted", async (name) => {
    const before = await readAll(name, 100);
    let inserted = 0;
    const during = await readAll(name, PAGE, async () => {
      if (++inserted <= 2) await insertSomething[name]();
    });
    expect(inserted).toBeGreaterThan(0);
    expect(new Set(during).size).toBe(during.length);
    expect(during.filter((id) => before.includes(id))).toEqual(before);
  });
});

test("a ranking stays fixed for a caller who pages through it", async () => {
  const before = await readAll("trending_events", 100);
  let crowds = 0;
  const during = await readAll("trending_events", PAGE, async () => {
    // Makes the last event the most popular.
    if (++crowds === 1)
      await asOwner("update event_service.events set attendees_count = 9 where id = $1", [before.at(-1)]);
  });
  expect(during).toEqual(before);
  await asOwner("update event_service.events set attendees_count = 0 where id = $1", [before.at(-1)]);
});

test("a row that becomes hidden between pages is not returned", async () => {
  const [hidden] = (await readAll("home_feed", 100)).slice(-1);
  const during = await readAll("home_feed", PAGE, async () => {
    ok(await posts(ani).from("posts").update({ visibility: "private" }).eq("id", hidden!));
  });
  expect(during).not.toContain(hidden);
  expect(ok(await users(reader).from("profiles").select("id").eq("id", ani.id))).toHaveLength(1);
});
