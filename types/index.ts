import type { Point } from "geojson";
import type { Database as Generated } from "./database.ts";
import type { CheckInAnswer, GuestCard, SalesLine, TicketCard, WaitlistCard } from "./tickets.ts";

export type { Json } from "./database.ts";
export * from "./errors.ts";
export * from "./tickets.ts";

/** A GeoJSON point: `coordinates` is [longitude, latitude] in degrees (RFC 7946). */
export type Location = Point;

/** The position of a row in a list. Opaque: pass it unchanged to the function that returned it. */
export type Cursor = string & { readonly cursor?: unique symbol };

/** A file on a card: a path in its bucket, to be signed, or the URL of an imported row. */
export type StoredFile = { path: string; url: null } | { path: null; url: string };

/** A person on a card. `avatar_path` is a path in the bucket `avatars`, `avatar_url` the URL of an imported row. */
export type PersonSummary = {
  id: string;
  username: string;
  name: string | null;
  avatar_path: string | null;
  avatar_url: string | null;
  is_verified: boolean;
};

type Enums<S extends keyof Generated> = Generated[S] extends { Enums: infer E } ? E : never;
type Event = Generated["event_service"]["Tables"]["events"]["Row"];
type Post = Generated["post_service"]["Tables"]["posts"]["Row"];
type Profile = Generated["user_service"]["Tables"]["profiles"]["Row"];
type Stats = Generated["user_service"]["Tables"]["user_stats"]["Row"];

/** An event in a list. `distance_m`: metres from the requested point, in `events_near` only. */
export type EventCard = Pick<
  Event,
  | "id"
  | "title"
  | "description"
  | "category"
  | "start_time"
  | "end_time"
  | "location_name"
  | "location_address"
  | "requirements"
  | "max_attendees"
  | "attendees_count"
  | "tickets_sold"
  | "price"
  | "currency"
  | "is_free"
  | "status"
  | "privacy"
  | "ticketing_enabled"
> & {
  host: PersonSummary | null;
  location: Location | null;
  /** In the bucket `event-images`. */
  images: StoredFile[];
  my_attendance: Enums<"event_service">["attendee_status"] | null;
  /** The caller's ticket, if it is held or sold. */
  my_ticket: {
    id: string;
    status: "pending" | "active";
    /** When the hold of a pending ticket ends. */
    held_until: string | null;
    /** Whether it is an offer from the waiting list. */
    is_offer: boolean;
    is_checked_in: boolean;
  } | null;
  /** Whether the caller is on the waiting list. */
  i_wait: boolean;
  distance_m: number | null;
  cursor: Cursor;
};

export type FriendCard = PersonSummary & { joined_at: string; cursor: Cursor };

export type PersonCard = Pick<Profile, "id" | "username" | "name" | "bio" | "location" | "is_verified" | "is_private"> &
  Pick<PersonSummary, "avatar_path" | "avatar_url"> &
  Pick<Stats, "followers_count" | "following_count" | "posts_count" | "events_created" | "average_rating"> & {
    i_follow: boolean;
    follows_me: boolean;
    cursor: Cursor;
  };

export type Poll = {
  closes_at: string | null;
  my_option_id: string | null;
  options: { id: string; label: string; votes_count: number }[];
};

/** A post in a list. */
export type PostCard = Pick<
  Post,
  | "id"
  | "content"
  | "type"
  | "visibility"
  | "created_at"
  | "updated_at"
  | "likes_count"
  | "comments_count"
  | "reposts_count"
  | "shares_count"
> & {
  author: PersonSummary;
  /** In the bucket `post-images`. */
  images: StoredFile[];
  event: Pick<Event, "id" | "title" | "category" | "start_time" | "location_name" | "status"> | null;
  original: (Pick<Post, "id" | "content" | "type" | "created_at"> & Pick<PostCard, "author" | "images">) | null;
  poll: Poll | null;
  i_like: boolean;
  i_bookmarked: boolean;
  i_reposted: boolean;
  /** In `home_feed`: the newest three of the caller and the people they follow who reposted it. */
  reposted_by: PersonSummary[] | null;
  cursor: Cursor;
};

/** The composite types, whose generated columns are all nullable, as their functions return them. */
type Cards = {
  person_card: PersonCard;
  event_card: EventCard;
  friend_card: FriendCard;
  post_card: PostCard;
  check_in_answer: CheckInAnswer;
  guest_card: GuestCard;
  sales_line: SalesLine;
  ticket_card: TicketCard;
  waitlist_card: WaitlistCard;
};

/** A card of a function that is not a list. */
export type Single<Card> = Omit<Card, "cursor"> & { cursor: null };
type CardOf<Name, Card> = Name extends "event" | "post" | "profile" | "publish_post" ? Single<Card> : Card;

type WithCard<Name, Function> = Function extends {
  SetofOptions: { to: infer To extends keyof Cards; isSetofReturn: infer Many };
}
  ? Omit<Function, "Returns"> & { Returns: Many extends true ? CardOf<Name, Cards[To]>[] : CardOf<Name, Cards[To]> }
  : Function;

type Schema<S extends keyof Generated, Tables = Generated[S]["Tables"]> = {
  Tables: Tables;
  Views: Generated[S]["Views"];
  Functions: { [F in keyof Generated[S]["Functions"]]: WithCard<F, Generated[S]["Functions"][F]> };
  Enums: Generated[S]["Enums"];
  CompositeTypes: Generated[S]["CompositeTypes"];
};

/** The four schemas, for `createClient<Database>()`. `Insert` and `Update` have what a signed-in person may write. */
export type Database = { [S in keyof Generated]: Schema<S> };

type Writable<Table> = Table extends { Row: infer Row }
  ? Omit<Table, "Insert" | "Update"> & { Insert: Partial<Row>; Update: Partial<Row> }
  : never;

/** For a client with the secret key, which may write every column. */
export type ServiceDatabase = {
  [S in keyof Generated]: Schema<S, { [T in keyof Generated[S]["Tables"]]: Writable<Generated[S]["Tables"][T]> }>;
};
