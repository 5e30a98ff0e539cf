/** An operation of the load test. $1 is the caller; targets are random among few rows, so that operations collide. */
export type Operation = { name: string; weight: number; sql: string; as: "person" | "owner" };

/**
 * Operations that may deadlock. A post and its comments, or the two rows of a repost, can be deleted from either side;
 * two callers who do so at once lock them in opposite orders, and PostgreSQL aborts one.
 */
export const deletesFromBothEnds = new Set(["delete a post", "delete comments", "remove a repost"]);

const anyPerson = "(select id from user_service.profiles where id <> $1 order by random() limit 1)";
const recent = (table: string, where = "true", rows = 12) =>
  `(select id from (select id from ${table} where ${where} order by created_at desc limit ${rows}) newest order by random() limit 1)`;
/** One of the caller's rows. Changing several events in one statement could deadlock. */
const one = (table: string, owner: string) => `(select id from ${table} where ${owner} = $1 order by random() limit 1)`;
const anyPost = recent("post_service.posts");
const hotPost = "(select id from post_service.posts order by created_at, id limit 1)";
const anyComment = recent("post_service.comments", "author_id is not null");
const anyEvent = recent("event_service.events", "status in ('upcoming', 'ongoing') and not ticketing_enabled");
const ticketedEvent = recent("event_service.events", "status = 'upcoming' and ticketing_enabled");
const myTicket =
  "(select id from ticket_service.tickets where user_id = $1 and status in ('pending', 'active') order by random() limit 1)";
const anyQuestion = recent("event_service.event_qna");

const event = (
  starts: string,
  ticketed: boolean,
) => `insert into event_service.events (title, start_time, end_time, max_attendees, ticketing_enabled, price)
  values ('Storm', now() ${starts}, now() + interval '1 day', 3 + (random() * 8)::int, ${ticketed}, case when ${ticketed} and random() < 0.7 then 50000 else 0 end)`;

export const operations: Operation[] = [
  person("follow", 8, `insert into user_service.follows (following_id) values (${anyPerson})`),
  person("unfollow", 4, "delete from user_service.follows where follower_id = $1 and random() < 0.3"),
  person("block", 1, `insert into user_service.blocks (blocked_id) values (${anyPerson})`),
  person("unblock", 2, "delete from user_service.blocks where blocker_id = $1"),
  person("hide or show", 1, "update user_service.user_privacy set profile_visible = random() < 0.8 where user_id = $1"),
  person("post", 5, "insert into post_service.posts (content) values ('storm')"),
  person("poll", 2, "select post_service.publish_post('storm?', poll_options => array['yes', 'no'])"),
  person(
    "delete a post",
    2,
    "delete from post_service.posts where id = (select id from post_service.posts where author_id = $1 and random() < 0.5 limit 1)",
  ),
  person(
    "like the hot post",
    10,
    `insert into post_service.likes (likeable_type, likeable_id) values ('post', ${hotPost})`,
  ),
  person("like a post", 6, `insert into post_service.likes (likeable_type, likeable_id) values ('post', ${anyPost})`),
  person(
    "like a comment",
    5,
    `insert into post_service.likes (likeable_type, likeable_id) values ('comment', ${anyComment})`,
  ),
  person("unlike", 5, "delete from post_service.likes where user_id = $1 and random() < 0.3"),
  person("comment", 6, `insert into post_service.comments (post_id, content) values (${anyPost}, 'storm')`),
  person(
    "reply",
    5,
    `insert into post_service.comments (post_id, parent_comment_id, content) select c.post_id, c.id, 'storm' from post_service.comments c where c.id = ${anyComment}`,
  ),
  person("delete comments", 3, "delete from post_service.comments where author_id = $1 and random() < 0.3"),
  person("repost", 3, `insert into post_service.reposts (post_id) values (${anyPost})`),
  person(
    "repost as a post",
    2,
    `insert into post_service.posts (type, original_post_id) values ('repost', ${anyPost})`,
  ),
  person("remove a repost", 2, "delete from post_service.reposts where user_id = $1 and random() < 0.5"),
  person("share", 2, `insert into post_service.shares (post_id) values (${anyPost})`),
  person(
    "vote",
    4,
    "insert into post_service.poll_votes (post_id, option_id) select post_id, id from post_service.poll_options order by random() limit 1",
  ),
  person(
    "change a vote",
    2,
    "update post_service.poll_votes v set option_id = (select o.id from post_service.poll_options o where o.post_id = v.post_id order by random() limit 1) where v.user_id = $1",
  ),
  person("remove votes", 1, "delete from post_service.poll_votes where user_id = $1"),
  person("host", 3, event("+ interval '2 seconds'", false)),
  person("host, ticketed", 1, event("+ interval '3 seconds'", true)),
  person(
    "cancel",
    1,
    `update event_service.events set status = 'cancelled' where id = ${one("event_service.events", "host_id")} and status <> 'completed' and random() < 0.3`,
  ),
  person(
    "change capacity",
    1,
    `update event_service.events set max_attendees = 2 + (random() * 9)::int where id = ${one("event_service.events", "host_id")}`,
  ),
  person(
    "delete an event",
    1,
    `delete from event_service.events where id = ${one("event_service.events", "host_id")} and random() < 0.3`,
  ),
  person("join", 8, `insert into event_service.event_attendees (event_id) values (${anyEvent})`),
  person(
    "change attendance",
    4,
    `update event_service.event_attendees set status = (array['pending', 'confirmed', 'cancelled'])[1 + (random() * 2)::int]::event_service.attendee_status where id = ${one("event_service.event_attendees", "user_id")}`,
  ),
  person(
    "cancel attendance",
    3,
    `delete from event_service.event_attendees where id = ${one("event_service.event_attendees", "user_id")} and random() < 0.5`,
  ),
  person("ask", 3, `insert into event_service.event_qna (event_id, question) values (${anyEvent}, 'storm?')`),
  person("upvote", 4, `insert into event_service.qna_upvotes (question_id) values (${anyQuestion})`),
  person("remove upvotes", 2, "delete from event_service.qna_upvotes where user_id = $1 and random() < 0.4"),
  person(
    "review",
    4,
    "insert into event_service.reviews (event_id, rating) select a.event_id, 1 + (random() * 4)::int from event_service.event_attendees a where a.user_id = $1 and a.has_attended order by random() limit 1",
  ),
  person(
    "change a review",
    2,
    "update event_service.reviews set rating = 1 + (random() * 4)::int where reviewer_id = $1",
  ),
  person("delete a review", 1, "delete from event_service.reviews where reviewer_id = $1 and random() < 0.3"),
  person("invite", 4, `insert into user_service.invitations (invitee_id, event_id) values (${anyPerson}, ${anyEvent})`),
  person(
    "answer invitations",
    4,
    `update user_service.invitations set status = (array['accepted', 'declined'])[1 + (random())::int]::user_service.invitation_status where id = ${one("user_service.invitations", "invitee_id")}`,
  ),
  person("delete account", 1, "select user_service.delete_account()"),
  owner("sign up", 2, "insert into auth.users (id, raw_user_meta_data) values (gen_random_uuid(), '{}')"),
  owner(
    "sell a ticket",
    4,
    `insert into ticket_service.tickets (user_id, event_id, status) values ($1, ${ticketedEvent}, (array['pending', 'active'])[1 + (random())::int]::ticket_service.ticket_status)`,
  ),
  owner(
    "change a ticket's status",
    3,
    `update ticket_service.tickets set status = (array['active', 'cancelled', 'refunded', 'expired'])[1 + (random() * 3)::int]::ticket_service.ticket_status where id = ${myTicket}`,
  ),
  owner(
    "hold a seat",
    4,
    `select ticket_service.begin_checkout($1, gen_random_uuid()::text, 'hash', ${ticketedEvent}, 'sandbox')`,
  ),
  owner(
    "pay",
    6,
    `select ticket_service.record_notice('sandbox', null, a.id, jsonb_build_object('payments', jsonb_build_array(jsonb_build_object(
       'id', a.id, 'state', (array['paid', 'paid', 'failed', 'reversed'])[1 + (random() * 3)::int], 'amount', a.amount, 'currency', a.currency))))
     from (select * from ticket_private.attempts order by started_at desc limit 20) a order by random() limit 1`,
  ),
  owner(
    "finish checkout",
    3,
    `select ticket_service.finish_checkout(t.user_id, a.idempotency_key, a.id, 'session', 'https://pay.test')
     from (select * from ticket_private.attempts where state = 'creating' order by started_at desc limit 10) a
     join ticket_service.tickets t on t.id = a.ticket_id order by random() limit 1`,
  ),
  owner(
    "report a dispute",
    1,
    `select ticket_service.record_notice('sandbox', null, p.attempt_id, jsonb_build_object('disputes', jsonb_build_array(jsonb_build_object(
       'id', 'dispute ' || p.provider_id, 'payment_id', p.provider_id, 'amount', 20000, 'currency', p.currency, 'withdrawn', true, 'reinstated', random() < 0.5))))
     from (select * from ticket_private.payments order by first_told_at desc limit 20) p order by random() limit 1`,
  ),
  owner(
    "report a refund at the provider",
    1,
    `select ticket_service.record_notice('sandbox', null, p.attempt_id, jsonb_build_object('refunds', jsonb_build_array(jsonb_build_object(
       'id', 'refund ' || p.provider_id, 'payment_id', p.provider_id, 'amount', 20000, 'currency', p.currency,
       'state', (array['sent', 'succeeded', 'failed'])[1 + (random() * 2)::int]))))
     from (select * from ticket_private.payments order by first_told_at desc limit 20) p order by random() limit 1`,
  ),
  owner("claim work", 2, "select ticket_service.claim_work(3)"),
  owner(
    "record a refund",
    4,
    `select ticket_service.record_refund(r.id, (array['sent', 'succeeded', 'failed'])[1 + (random() * 2)::int], null, random() < 0.2)
     from (select * from ticket_private.refunds where origin <> 'provider' order by requested_at desc limit 20) r order by random() limit 1`,
  ),
  owner(
    "decide as an operator",
    2,
    `select case q.kind when 'refund' then ticket_service.close_refund(q.id, 'storm')::text else ticket_service.refund_rest(q.id)::text end
     from ticket_service.operator_queue() q where q.kind in ('refund', 'payment') order by random() limit 1`,
  ),
  owner("offer free seats", 2, "select ticket_private.offer_free_seats(5)"),
  person(
    "leave the waiting list",
    1,
    "select ticket_service.leave_waitlist(event_id) from ticket_service.waitlist_entries",
  ),
  person(
    "switch ticketing",
    1,
    "update event_service.events set ticketing_enabled = not ticketing_enabled where id = (select id from event_service.events where host_id = $1 and status = 'upcoming' limit 1)",
  ),
  owner("refund", 2, `select ticket_service.begin_refund($1, gen_random_uuid()::text, 'hash', ${myTicket})`),
  owner(
    "expire holds",
    2,
    `with old as (select id from ticket_service.tickets where status = 'pending' and random() < 0.2 for no key update skip locked),
       over as (update ticket_service.tickets t set held_until = now() from old where t.id = old.id)
     select ticket_private.expire_holds()`,
  ),
  owner("continue cancellations", 2, "select ticket_private.continue_cancellations(20)"),
  person("join the waiting list", 3, `select ticket_service.join_waitlist(${ticketedEvent})`),
  owner(
    "check in",
    2,
    `update ticket_service.tickets set is_checked_in = true where id = ${myTicket} and status = 'active'`,
  ),
  owner("advance event statuses", 2, "select event_private.advance_event_status()"),
  owner(
    "fold counters",
    2,
    "select user_private.fold_counters(), event_private.fold_counters(), post_private.fold_counters()",
  ),
];

function person(name: string, weight: number, sql: string): Operation {
  return { name, weight, sql, as: "person" };
}

function owner(name: string, weight: number, sql: string): Operation {
  return { name, weight, sql, as: "owner" };
}
