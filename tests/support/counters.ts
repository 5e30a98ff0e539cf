import type pg from "pg";

/** Every stored counter with the query that recomputes it. */
const counted: { counter: string; stored: string; truth: string }[] = [
  ...stats("followers_count", "select count(*) from user_service.follows f where f.following_id = t.user_id"),
  ...stats("following_count", "select count(*) from user_service.follows f where f.follower_id = t.user_id"),
  ...stats("posts_count", "select count(*) from post_service.posts p where p.author_id = t.user_id"),
  ...stats("events_created", "select count(*) from event_service.events e where e.host_id = t.user_id"),
  ...stats(
    "events_attended",
    `select count(*) from event_service.event_attendees a join event_service.events e on e.id = a.event_id
     where a.user_id = t.user_id and a.status = 'confirmed' and e.status in ('ongoing', 'completed')
       and (not e.ticketing_enabled or a.checked_in_at is not null)`,
  ),
  ...stats("reviews_given", "select count(*) from event_service.reviews r where r.reviewer_id = t.user_id"),
  ...stats(
    "average_rating",
    `select coalesce(round(avg(r.rating), 2), 0) from event_service.reviews r
     join event_service.events e on e.id = r.event_id where e.host_id = t.user_id`,
  ),
  ...stats(
    "invites_successful_count",
    `select count(*) from user_service.invitations i
     where i.inviter_id = t.user_id
       and i.id = (select f.id from user_service.invitations f
         where f.invitee_id = i.invitee_id and f.event_id = i.event_id and f.status = 'accepted'
           and f.invited_at <= (select a.joined_at from event_service.event_attendees a where a.event_id = f.event_id and a.user_id = f.invitee_id)
         order by f.invited_at, f.id limit 1)
       and exists (select from event_service.event_attendees a
         where a.event_id = i.event_id and a.user_id = i.invitee_id and a.status = 'confirmed')
       and exists (select from user_service.users u where u.id = i.invitee_id and u.is_email_verified)
       and exists (select from event_service.events e where e.id = i.event_id and e.status <> 'cancelled')`,
  ),
  row(
    "event_service.events",
    "attendees_count",
    "event_service.event_attendees c where c.event_id = t.id and c.status = 'confirmed'",
  ),
  row(
    "event_service.events",
    "tickets_sold",
    "ticket_service.tickets c where c.event_id = t.id and c.status = 'active'",
  ),
  row("event_service.event_qna", "upvotes_count", "event_service.qna_upvotes c where c.question_id = t.id"),
  row(
    "post_service.posts",
    "likes_count",
    "post_service.likes c where c.likeable_type = 'post' and c.likeable_id = t.id",
  ),
  row("post_service.posts", "comments_count", "post_service.comments c where c.post_id = t.id"),
  row("post_service.posts", "reposts_count", "post_service.reposts c where c.post_id = t.id"),
  row("post_service.posts", "shares_count", "post_service.shares c where c.post_id = t.id"),
  row(
    "post_service.comments",
    "likes_count",
    "post_service.likes c where c.likeable_type = 'comment' and c.likeable_id = t.id",
  ),
  row("post_service.poll_options", "votes_count", "post_service.poll_votes c where c.option_id = t.id"),
  {
    counter: "event_private.event_capacity.taken",
    stored: "select event_id as id, taken as stored from event_private.event_capacity",
    truth: "select count(*) from event_service.event_attendees c where c.event_id = t.id and c.status = 'confirmed'",
  },
  {
    counter: "ticket_private.event_seats.held",
    stored: "select event_id as id, held as stored from ticket_private.event_seats",
    truth: "select count(*) from ticket_service.tickets c where c.event_id = t.id and c.status = 'pending'",
  },
  {
    counter: "ticket_private.event_seats.sold",
    stored: "select event_id as id, sold as stored from ticket_private.event_seats",
    truth: "select count(*) from ticket_service.tickets c where c.event_id = t.id and c.status = 'active'",
  },
];

function stats(counter: string, truth: string) {
  const stored = `select user_id as id, ${counter} as stored from user_service.user_stats`;
  return [{ counter: `user_service.user_stats.${counter}`, stored, truth: truth.replaceAll("t.user_id", "t.id") }];
}

function row(table: string, counter: string, from: string) {
  return {
    counter: `${table}.${counter}`,
    stored: `select id, ${counter} as stored from ${table}`,
    truth: `select count(*) from ${from}`,
  };
}

/** Folds all deltas, then lists every row whose stored counter is wrong. Must run as the database's owner. */
export async function wrongCounters(client: pg.Client): Promise<string[]> {
  for (const service of ["user", "event", "post"])
    await client.query(`select ${service}_private.fold_counters(1000000)`);
  const wrong: string[] = [];
  for (const { counter, stored, truth } of counted) {
    const { rows } = await client.query(`
      select * from (select t.id, t.stored::numeric as stored, (${truth})::numeric as counted from (${stored}) t) compared
      where stored <> counted`);
    wrong.push(...rows.map(({ id, stored, counted }) => `${counter} of ${id}: stored ${stored}, counted ${counted}`));
  }
  for (const service of ["user", "event", "post"]) {
    const { rows } = await client.query(`select count(*)::int as waiting from ${service}_private.counter_deltas`);
    if (rows[0].waiting > 0) wrong.push(`${service}_private.counter_deltas: ${rows[0].waiting} left after folding`);
  }
  return wrong;
}
