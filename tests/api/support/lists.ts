import type { Client } from "../../support/people.ts";

/** The paging arguments of every list function, and what its rows have in common. */
type Page = { cursor?: string; page_size?: number };
type Row = { id: string; cursor: string | null };
type List = (
  client: Client,
  page: Page,
) => PromiseLike<{
  data: Row[] | null;
  status: number;
  error: { code: string; message: string; details: string; hint: string } | null;
}>;

/** What the lists below search for. Each test uses its own values. */
export type Look = { lat: number; lng: number; word: string; author_id: string; event_id: string };

const everyList = ({ lat, lng, word, author_id, event_id }: Look) =>
  ({
    search_people: {
      kind: "people",
      get: (c, p) => c.schema("user_service").rpc("search_people", { query: word, ...p }),
    },
    events_near: { kind: "near", get: (c, p) => c.schema("event_service").rpc("events_near", { lat, lng, ...p }) },
    search_events: {
      kind: "events",
      get: (c, p) => c.schema("event_service").rpc("search_events", { query: word, ...p }),
    },
    trending_events: {
      kind: "trending",
      get: (c, p) => c.schema("event_service").rpc("discover_events", { mode: "trending", lat, lng, ...p }),
    },
    events_for_you: {
      kind: "for_you",
      get: (c, p) => c.schema("event_service").rpc("discover_events", { mode: "for_you", lat, lng, ...p }),
    },
    quiet_events: {
      kind: "quiet",
      get: (c, p) => c.schema("event_service").rpc("discover_events", { mode: "quiet", lat, lng, ...p }),
    },
    friends_who_go: {
      kind: "friends",
      get: (c, p) => c.schema("event_service").rpc("friends_who_go", { event_id, ...p }),
    },
    home_feed: { kind: "feed", get: (c, p) => c.schema("post_service").rpc("home_feed", p) },
    latest_posts: { kind: "latest", get: (c, p) => c.schema("post_service").rpc("latest_posts", p) },
    posts_by: { kind: "author", get: (c, p) => c.schema("post_service").rpc("posts_by", { author_id, ...p }) },
    search_posts: { kind: "posts", get: (c, p) => c.schema("post_service").rpc("search_posts", { query: word, ...p }) },
  }) as const satisfies Record<string, { kind: string; get: List }>;

export type ListName = keyof ReturnType<typeof everyList>;

/** Every paged list function, and the kind that its cursors carry. */
export const lists = (look: Look): Record<ListName, { kind: string; get: List }> => everyList(look);

export const listNames = Object.keys(
  everyList({ lat: 0, lng: 0, word: "", author_id: "", event_id: "" }),
) as ListName[];
