import type { SupabaseClient } from "@supabase/supabase-js";
import type { ServiceDatabase } from "../../types/index.ts";
import { events, posts, tickets, users } from "./support.ts";

const event = { title: "Ngopi", start_time: "2027-01-02T03:00:00Z", end_time: "2027-01-02T05:00:00Z" };

// What a signed-in person may write.
events.from("events").insert({ ...event, max_attendees: 12, price: 25_000, privacy: "private" });
events.from("events").insert([event, event]);
events.from("events").update({ title: "Kopi", status: "cancelled" });
events.from("event_attendees").upsert({ event_id: "", status: "pending" }, { onConflict: "event_id,user_id" });
posts.from("posts").insert({ content: "Halo", visibility: "followers" });
posts.from("comments").update({ content: "Halo" });
users.from("users").update({ bio: "Kopi" });
users.from("invitations").update({ status: "accepted" });
tickets.from("refund_policies").upsert({ event_id: "", fee_percent: 10 }, { onConflict: "event_id" });

// What is missing or of another type.
// @ts-expect-error: an event has an end
events.from("events").insert({ title: "Ngopi", start_time: event.start_time });
// @ts-expect-error: no such privacy
events.from("events").insert({ ...event, privacy: "secret" });

// Ids, timestamps, counters, statuses and derived columns, which the database sets.
// @ts-expect-error: the database chooses the id
events.from("events").insert({ ...event, id: "" });
// @ts-expect-error: the database sets timestamps
events.from("events").insert([{ ...event, created_at: "" }]);
// @ts-expect-error: the database counts attendees
events.from("events").insert({ ...event, attendees_count: 5 });
// @ts-expect-error: an event begins as upcoming, and then follows the clock
events.from("events").insert({ ...event, status: "completed" });
// @ts-expect-error: the database counts tickets
events.from("events").upsert({ ...event, tickets_sold: 5 });
// @ts-expect-error: derived from the price
events.from("events").update({ is_free: true });
// @ts-expect-error: an event stays with its host
events.from("events").update({ host_id: "" });
// @ts-expect-error: the database counts likes
posts.from("posts").update({ likes_count: 5 });
// @ts-expect-error: operators verify people
users.from("users").update({ is_verified: true });
// @ts-expect-error: only the invitee answers
users.from("invitations").insert({ event_id: "", invitee_id: "", status: "accepted" });

// Tables and views that nobody inserts into, or updates.
// @ts-expect-error: only a checkout makes a ticket
tickets.from("tickets").insert({ event_id: "" });
// @ts-expect-error: only the server changes a ticket
tickets.from("tickets").update({ status: "active" });
// @ts-expect-error: sign-up makes the account
users.from("users").insert({ username: "ani" });
// @ts-expect-error: triggers keep the counters
users.from("user_stats").update({ followers_count: 5 });
// @ts-expect-error: a like has nothing to change
posts.from("likes").update({ likeable_id: "" });
// @ts-expect-error: a view for embedding
events.from("people").insert({ username: "ani" });
// @ts-expect-error: a view for embedding
events.from("people").update({ username: "ani" });

// The secret key writes them all.
declare const service: SupabaseClient<ServiceDatabase>;
service.schema("ticket_service").from("tickets").insert({ event_id: "", status: "active" });
service.schema("user_service").from("users").update({ is_verified: true });
// @ts-expect-error: no such column
service.schema("user_service").from("users").update({ is_admin: true });
