import type {
  CheckInAnswer,
  EventCard,
  Location,
  PersonCard,
  PostCard,
  Single,
  TicketCard,
} from "../../types/index.ts";
import { events, posts, row, rows, tickets, users } from "./support.ts";

type Username = { username: string };
type Title = { title: string };

// People and events that relationship functions embed are null if the caller does not see them.
rows(users.from("profiles").select("username, stats(followers_count)")).toEqualTypeOf<{
  username: string;
  stats: { followers_count: number } | null;
}>();
rows(users.from("follows").select("follower(username), following(name)")).toEqualTypeOf<{
  follower: Username | null;
  following: { name: string | null } | null;
}>();
rows(users.from("invitations").select("status, inviter(username), invitee(username), event(title)")).toEqualTypeOf<{
  status: "pending" | "accepted" | "declined";
  inviter: Username | null;
  invitee: Username | null;
  event: Title | null;
}>();
rows(events.from("events").select("title, host(username)")).toEqualTypeOf<{ title: string; host: Username | null }>();
rows(events.from("event_attendees").select("attendee(username)")).toEqualTypeOf<{ attendee: Username | null }>();
rows(events.from("event_qna").select("question, asker(username), answerer(username)")).toEqualTypeOf<{
  question: string;
  asker: Username | null;
  answerer: Username | null;
}>();
rows(events.from("reviews").select("rating, reviewer(username)")).toEqualTypeOf<{
  rating: number;
  reviewer: Username | null;
}>();
rows(posts.from("posts").select("id, author(username), event(title), attached_event(title)")).toEqualTypeOf<{
  id: string;
  author: Username | null;
  event: Title | null;
  attached_event: Title | null;
}>();
rows(posts.from("comments").select("content, author(username)")).toEqualTypeOf<{
  content: string | null;
  author: Username | null;
}>();
rows(posts.from("likes").select("liker(username)")).toEqualTypeOf<{ liker: Username | null }>();
rows(posts.from("reposts").select("reposter(username)")).toEqualTypeOf<{ reposter: Username | null }>();

// An alias renames an embed, and `!inner` leaves out the rows without it.
rows(events.from("events").select("organizer:host!inner(username)")).toEqualTypeOf<{ organizer: Username }>();

// Embeds within embeds, and of the row that a function returns.
rows(
  events.from("events").select("title, event_images(image_url), event_qna(question, asker(username))"),
).toEqualTypeOf<{
  title: string;
  event_images: { image_url: string }[];
  event_qna: { question: string; asker: Username | null }[];
}>();
rows(posts.from("comments").select("content, parent(content), replies(id, author(username))")).toEqualTypeOf<{
  content: string | null;
  parent: { content: string | null } | null;
  replies: { id: string; author: Username | null }[];
}>();
rows(posts.from("posts").select("original(author(username))")).toEqualTypeOf<{
  original: { author: Username | null } | null;
}>();
rows(tickets.from("event_staff").select("person(username), event(title)")).toEqualTypeOf<{
  person: Username | null;
  event: Title | null;
}>();
rows(tickets.from("tickets").select("status, event(title)")).toEqualTypeOf<{
  status: "pending" | "active" | "cancelled" | "refunded" | "expired";
  event: Title | null;
}>();
row(posts.rpc("publish_post", { content: "" }).select("id, author, images")).toEqualTypeOf<
  Pick<PostCard, "id" | "author" | "images">
>();

// The parent of a row that is visible only with it is there.
rows(events.from("reviews").select("events(title)")).toEqualTypeOf<{ events: Title }>();
rows(events.from("qna_upvotes").select("event_qna(question)")).toEqualTypeOf<{ event_qna: { question: string } }>();
rows(posts.from("bookmarks").select("posts(content)")).toEqualTypeOf<{ posts: { content: string | null } }>();
rows(tickets.from("ticket_transactions").select("amount, tickets(is_checked_in)")).toEqualTypeOf<{
  amount: number;
  tickets: { is_checked_in: boolean };
}>();

// Another parent may be hidden, although its foreign key is never null: one's attendance at an event whose host has
// blocked one, and the account of another person.
rows(events.from("event_attendees").select("events(title)")).toEqualTypeOf<{ events: Title | null }>();
rows(events.from("event_attendees").select("event:event_id(title)")).toEqualTypeOf<{ event: Title | null }>();
rows(users.from("follows").select("users!follower_id(email)")).toEqualTypeOf<{
  users: { email: string | null } | null;
}>();

// A computed column is selected by name, and is not among `*`.
rows(events.from("events").select("title, location")).toEqualTypeOf<{ title: string; location: Location | null }>();
rows(events.from("events").select("*")).not.toHaveProperty("location");
rows(events.from("events").select("*")).toHaveProperty("location_lat").toEqualTypeOf<number | null>();

// Functions answer cards, and a client may ask for one row, or for some columns.
row(users.rpc("profile", { username: "ani" }).single()).toEqualTypeOf<Single<PersonCard>>();
rows(events.rpc("search_events", { query: "kopi" }).select("title, host")).toEqualTypeOf<
  Pick<EventCard, "title" | "host">
>();
rows(tickets.rpc("my_tickets")).toEqualTypeOf<TicketCard>();
row(tickets.rpc("check_in", { event_id: "", code: "" })).toEqualTypeOf<CheckInAnswer>();
