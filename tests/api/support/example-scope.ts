import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import type { Client } from "pg";
import type { Keys } from "../../../stack/index.ts";
import type { Database, ServiceDatabase } from "../../../types/index.ts";

/** The id of a seeded row, whose first digit says of what. */
const seeded = (kind: "a" | "b" | "e", number: number) =>
  `${kind}0000000-0000-4000-8000-${`${number}`.padStart(12, "0")}`;

export type Scope = Awaited<ReturnType<typeof makeScope>>;

/** What examples in the documentation may name: clients, and rows of supabase/seed.sql. */
export async function makeScope(url: string, keys: Keys, database: Client, fetchRows: typeof fetch) {
  const options = { auth: { persistSession: false, autoRefreshToken: false }, global: { fetch: fetchRows } };
  const supabase = createClient<Database>(url, keys.publishableKey, options);
  const { error } = await supabase.auth.signInWithPassword({
    email: "ayu_prameswari@anigmaa.test",
    password: "anigmaa-demo",
  });
  if (error) throw error;
  const photo = new File([Buffer.from("ffd8ffe000104a46494600010100000100010000ffd9", "hex")], "me.jpg", {
    type: "image/jpeg",
  });
  await publishPicture(supabase, photo);
  return {
    url,
    publishableKey: keys.publishableKey,
    secretKey: keys.secretKey,
    /** A client of Ayu, who hosts events; of an anonymous visitor; with the secret key. */
    supabase,
    visitor: createClient<Database>(url, keys.publishableKey, options),
    service: createClient<ServiceDatabase>(url, keys.secretKey, options),
    /** For the sign-up of somebody new. */
    email: "ani@example.com",
    password: "correct horse battery",
    ...rows,
    ...(await lookUp(database)),
    photo,
  };
}

/** A post of Ayu's with a stored picture: the seeded ones have URLs. */
async function publishPicture(supabase: SupabaseClient<Database>, photo: File): Promise<void> {
  const path = `${rows.userId}/feed.jpg`;
  await supabase.storage.from("post-images").upload(path, photo);
  await supabase
    .schema("post_service")
    .rpc("publish_post", { content: "Look", image_urls: [path] })
    .throwOnError();
}

const rows = {
  /** Ayu, a friend, the host of `eventId`, and the author of `postId` with her username. Ayu follows them. */
  userId: seeded("a", 1),
  friendId: seeded("a", 2),
  hostId: seeded("a", 31),
  authorId: seeded("a", 35),
  username: "rara_ayunda",
  /** Someone whom Ayu does not follow. */
  strangerId: seeded("a", 6),
  /** Events to come of others: a free one, one with tickets, and one without seats left. Ayu has no place at them. */
  eventId: seeded("e", 24),
  ticketedEventId: seeded("e", 54),
  soldOutEventId: seeded("e", 79),
  /** An event of Ayu's with sold tickets. */
  myEventId: seeded("e", 4),
  /** Posts of others: one with comments, and an open poll. */
  postId: seeded("b", 89),
  pollId: seeded("b", 114),
};

/** Ids that the seed leaves to chance. */
async function lookUp(database: Client) {
  const { soldOutEventId, userId, myEventId, postId, pollId, strangerId, friendId } = rows;
  await database.query("update event_service.events set max_attendees = tickets_sold where id = $1", [soldOutEventId]);
  for (const [table, person] of Object.entries({ waitlist_entries: strangerId, event_staff: friendId })) {
    await database.query(`insert into ticket_service.${table} (event_id, user_id) values ($1, $2)`, [
      myEventId,
      person,
    ]);
  }
  const found = await database.query(
    `select
      (select id from user_service.invitations where invitee_id = $1 and status = 'pending' limit 1) as "invitationId",
      (select id from ticket_service.tickets where user_id = $1 and status = 'active' limit 1) as "ticketId",
      (select attendance_code from ticket_service.tickets where event_id = $2 and status = 'active' limit 1) as "attendanceCode",
      (select id from post_service.comments where post_id = $3 order by created_at limit 1) as "commentId",
      (select id from post_service.poll_options where post_id = $4 order by order_index limit 1) as "optionId",
      -- A question to Ayu, and an event that she has attended and not reviewed.
      (select q.id from event_service.event_qna q join event_service.events e on e.id = q.event_id
        where e.host_id = $1 and not is_answered limit 1) as "questionId",
      (select e.id from event_service.event_attendees a join event_service.events e on e.id = a.event_id
        where a.user_id = $1 and a.status = 'confirmed' and e.status = 'completed' and not exists (
          select from event_service.reviews r where r.event_id = e.id and r.reviewer_id = $1) limit 1) as "attendedEventId"`,
    [userId, myEventId, postId, pollId],
  );
  const ids: Record<string, string | null> = found.rows[0];
  const missing = Object.keys(ids).filter((name) => ids[name] === null);
  if (missing.length > 0) throw new Error(`supabase/seed.sql has no ${missing.join(", ")}`);
  type Found =
    | "invitationId"
    | "ticketId"
    | "attendanceCode"
    | "commentId"
    | "optionId"
    | "questionId"
    | "attendedEventId";
  return ids as Record<Found, string>;
}
