import { createHash } from "node:crypto";

/** The id of the caller, or null for an anonymous visitor. */
export type Viewer = string | null;
export type EventPrivacy = "public" | "friends_only" | "private";
export type PostVisibility = "public" | "followers" | "private";

export type Person = {
  id: string;
  username: string;
  hidden: boolean;
  hidesAttendance: boolean;
  refusesFollowers: boolean;
  showsEmail: boolean;
  showsLocation: boolean;
};

/** The rows of each table by column name, without columns that the database fills in. */
export type Tables = {
  follows: { id: string; follower_id: string; following_id: string }[];
  blocks: { id: string; blocker_id: string; blocked_id: string }[];
  invitations: { id: string; inviter_id: string; invitee_id: string; event_id: string; status: string }[];
  events: {
    id: string;
    host_id: string | null;
    title: string;
    privacy: EventPrivacy;
    max_attendees: number | null;
    start_time: string;
    end_time: string;
    location_lat: number;
    location_lng: number;
  }[];
  event_attendees: { id: string; event_id: string; user_id: string; status: "confirmed" | "pending" | "cancelled" }[];
  event_images: { id: string; event_id: string; image_url: string }[];
  event_qna: {
    id: string;
    event_id: string;
    user_id: string | null;
    question: string;
    answer: string | null;
    answered_by: string | null;
  }[];
  qna_upvotes: { id: string; question_id: string; user_id: string }[];
  reviews: { id: string; event_id: string; reviewer_id: string | null; rating: number }[];
  posts: {
    id: string;
    author_id: string;
    content: string;
    type: "text" | "text_with_event" | "poll" | "repost";
    visibility: PostVisibility;
    event_id: string | null;
    attached_event_id: string | null;
    original_post_id: string | null;
    created_at: string;
  }[];
  post_images: { id: string; post_id: string; image_url: string }[];
  poll_options: { id: string; post_id: string; label: string; order_index: number }[];
  poll_votes: { id: string; post_id: string; option_id: string; user_id: string }[];
  comments: {
    id: string;
    post_id: string;
    author_id: string | null;
    parent_comment_id: string | null;
    content: string | null;
  }[];
  likes: { id: string; user_id: string; likeable_type: "post" | "comment"; likeable_id: string }[];
  reposts: { id: string; user_id: string; post_id: string; repost_id: string; quote_content: string }[];
  bookmarks: { id: string; user_id: string; post_id: string }[];
  shares: { id: string; user_id: string; post_id: string; platform: string }[];
  tickets: { id: string; user_id: string | null; event_id: string; status: string }[];
  ticket_transactions: { id: string; ticket_id: string; transaction_id: string; amount: number; status: string }[];
  waitlist_entries: { id: string; event_id: string; user_id: string }[];
  event_staff: { id: string; event_id: string; user_id: string }[];
  refund_policies: { id: string; event_id: string }[];
  event_cancellations: { id: string; event_id: string }[];
};

export type TableName = keyof Tables;
export type Row<T extends TableName> = Tables[T][number];

/** A word in every title, post and name of the world, so that searches find only its rows. */
export const WORD = "zzmatrix";

/** All rows of the test data, described without a database. */
export class World {
  readonly people = new Map<string, Person>();
  /** A description of each row for messages, by id. */
  readonly labels = new Map<string, string>();
  readonly tables: Tables = {
    follows: [],
    blocks: [],
    invitations: [],
    events: [],
    event_attendees: [],
    event_images: [],
    event_qna: [],
    qna_upvotes: [],
    reviews: [],
    posts: [],
    post_images: [],
    poll_options: [],
    poll_votes: [],
    comments: [],
    likes: [],
    reposts: [],
    bookmarks: [],
    shares: [],
    tickets: [],
    ticket_transactions: [],
    waitlist_entries: [],
    event_staff: [],
    refund_policies: [],
    event_cancellations: [],
  };

  /** Derives an id from a label, the same in every run. */
  name(label: string): string {
    const hex = createHash("sha256").update(`${WORD} ${label}`).digest("hex");
    const id = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
    if (this.labels.has(id)) throw new Error(`duplicate label: ${label}`);
    this.labels.set(id, label);
    return id;
  }

  addPerson(name: string, flags: Partial<Person> = {}): Person {
    const person: Person = {
      id: this.name(name),
      username: `zz_${name}`,
      hidden: false,
      hidesAttendance: false,
      refusesFollowers: false,
      showsEmail: false,
      showsLocation: true,
      ...flags,
    };
    this.people.set(person.id, person);
    return person;
  }

  /** Adds a row and returns its id. */
  add<T extends TableName>(table: T, label: string, row: Omit<Row<T>, "id">): string {
    const id = this.name(`${table}: ${label}`);
    (this.tables[table] as Row<T>[]).push({ id, ...row } as Row<T>);
    return id;
  }

  describe(id: string | null): string {
    return id === null ? "nobody" : (this.labels.get(id) ?? id);
  }
}
