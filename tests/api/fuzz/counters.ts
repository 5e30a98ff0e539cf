import { asOwner } from "../support/scenes.ts";

/** Each counter: the table and its key, the column, and what it is to equal. `of` is the row. */
const COUNTERS: [table: string, key: string, column: string, counted: string][] = [
  [
    "user_service.user_stats",
    "user_id",
    "followers_count",
    "select count(*) from user_service.follows where following_id = of.user_id",
  ],
  [
    "user_service.user_stats",
    "user_id",
    "following_count",
    "select count(*) from user_service.follows where follower_id = of.user_id",
  ],
  [
    "user_service.user_stats",
    "user_id",
    "posts_count",
    "select count(*) from post_service.posts where author_id = of.user_id",
  ],
  [
    "user_service.user_stats",
    "user_id",
    "events_created",
    "select count(*) from event_service.events where host_id = of.user_id",
  ],
  [
    "user_service.user_stats",
    "user_id",
    "events_attended",
    "select count(*) from event_service.event_attendees where user_id = of.user_id and has_attended",
  ],
  [
    "user_service.user_stats",
    "user_id",
    "reviews_given",
    "select count(*) from event_service.reviews where reviewer_id = of.user_id",
  ],
  [
    "user_service.user_stats",
    "user_id",
    "average_rating",
    "select coalesce(round(avg(rating), 2), 0) from event_service.reviews where host_id = of.user_id",
  ],
  [
    "user_service.user_stats",
    "user_id",
    "invites_successful_count",
    "select count(*) from user_service.invitations where inviter_id = of.user_id and status = 'accepted'",
  ],
  [
    "event_service.events",
    "host_id",
    "attendees_count",
    "select count(*) from event_service.event_attendees where event_id = of.id and status = 'confirmed'",
  ],
  [
    "event_service.events",
    "host_id",
    "tickets_sold",
    "select count(*) from ticket_service.tickets where event_id = of.id and status = 'active'",
  ],
  [
    "event_service.event_qna",
    "user_id",
    "upvotes_count",
    "select count(*) from event_service.qna_upvotes where question_id = of.id",
  ],
  ["post_service.posts", "author_id", "likes_count", "select count(*) from post_service.likes where post_id = of.id"],
  [
    "post_service.posts",
    "author_id",
    "comments_count",
    "select count(*) from post_service.comments where post_id = of.id",
  ],
  [
    "post_service.posts",
    "author_id",
    "reposts_count",
    "select count(*) from post_service.reposts where post_id = of.id",
  ],
  ["post_service.posts", "author_id", "shares_count", "select count(*) from post_service.shares where post_id = of.id"],
  [
    "post_service.comments",
    "author_id",
    "likes_count",
    "select count(*) from post_service.likes where comment_id = of.id",
  ],
];

/** Counters of what these people own that do not equal what they count. */
export async function miscounted(people: string[]): Promise<string[]> {
  for (const schema of ["user_private", "event_private", "post_private"])
    await asOwner(`select ${schema}.fold_counters()`);
  const wrong: string[] = [];
  for (const [table, key, column, counted] of COUNTERS) {
    const rows = await asOwner<{ of: string; stored: string; actual: string }>(
      `select of.${key} as of, of.${column}::text as stored, (${counted})::text as actual
       from ${table} of where of.${key} = any ($1) and of.${column} <> (${counted})`,
      [people],
    );
    wrong.push(...rows.map((row) => `${table}.${column} of ${row.of} is ${row.stored}, counted ${row.actual}`));
  }
  return wrong;
}
