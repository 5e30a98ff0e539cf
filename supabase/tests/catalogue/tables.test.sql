begin;
set local search_path = extensions, public;
select no_plan();

create temp view our_schemas as
  select oid, nspname as name, nspname like '%\_private' as is_private from pg_namespace
  where nspname in ('user_service', 'event_service', 'post_service', 'ticket_service', 'user_private', 'event_private', 'post_private', 'ticket_private');
create temp view our_constraints as
  select k.*, k.conrelid::regclass::text as relation from pg_constraint k join our_schemas s on s.oid = k.connamespace where k.conrelid <> 0;

select is_empty($$ select c.oid::regclass from pg_class c join our_schemas s on s.oid = c.relnamespace
  where (c.relkind in ('r', 'p') or c.relkind = 'v' and not s.is_private) and obj_description(c.oid, 'pg_class') is null $$, 'every table and every exposed view has a comment');
select is_empty($$ select name from our_schemas where obj_description(oid, 'pg_namespace') is null $$, 'every schema has a comment');
select is_empty($$ select t.oid::regtype from pg_type t join our_schemas s on s.oid = t.typnamespace join pg_class c on c.oid = t.typrelid
  where c.relkind = 'c' and not s.is_private and obj_description(t.oid, 'pg_type') is null $$, 'every exposed row type has a comment');
select is_empty($$ select c.oid::regclass from pg_class c join our_schemas s on s.oid = c.relnamespace where c.relkind in ('r', 'p')
  and not exists (select from our_constraints k where k.conrelid = c.oid and k.contype = 'p') $$, 'every table has a primary key');
select is_empty($$ select c.oid::regclass, a.attname from pg_attribute a join pg_class c on c.oid = a.attrelid join our_schemas s on s.oid = c.relnamespace
  where c.relkind in ('r', 'p') and a.atttypid = 'timestamp'::regtype $$, 'every timestamp has a time zone');
select is_empty($$ select c.oid::regclass, k.conname from our_constraints k join pg_class c on c.oid = k.conrelid join pg_attribute a on a.attrelid = c.oid and a.attnum = k.conkey[1]
  join our_schemas s on s.oid = c.relnamespace where k.contype = 'p' and not s.is_private and (a.atttypid <> 'uuid'::regtype or not a.atthasdef) $$, 'keys of exposed tables are uuids with a default');
select is_empty($$ select relation, conname from our_constraints where contype in ('c', 'u') and conname ~ '_(check|key)\d*$' $$, 'check and unique constraints have explicit names');
select is_empty($$ select relation, conname from our_constraints where not convalidated $$, 'every constraint is validated');
select is_empty($$ select relation, conname from our_constraints where contype = 'c' and pg_get_constraintdef(oid) ~ 'refuse\(' and pg_get_constraintdef(oid) !~ 'IS NOT FALSE|IS NULL|IS NOT NULL|COALESCE'
  and exists (select from pg_attribute a where a.attrelid = conrelid and a.attnum = any (conkey) and not a.attnotnull) $$, 'checks with a refusal handle null explicitly');
select is_empty($$ select relation, conname from our_constraints where contype = 'f' and confdeltype = 'a' $$, 'every foreign key has an explicit action on delete');
select is_empty(
  $$ select k.relation, k.conname from our_constraints k
     where k.contype = 'f' and not exists (
       select from pg_index i
       where i.indrelid = k.conrelid and i.indisvalid and (i.indkey::int2[])[0:cardinality(k.conkey) - 1] @> k.conkey
         and (i.indpred is null or pg_get_expr(i.indpred, i.indrelid) ~ 'IS NOT NULL')) $$, 'every foreign key has an index');
select is_empty($$ select c.oid::regclass from pg_class c join our_schemas s on s.oid = c.relnamespace
  where c.relkind = 'v' and not s.is_private and not (c.reloptions @> array['security_invoker=true'] and c.reloptions @> array['security_barrier=true']) $$,
  'exposed views are security invokers and security barriers');
select is_empty($$ select c.oid::regclass from pg_class c join our_schemas s on s.oid = c.relnamespace where c.relkind in ('m', 'f', 'S') and not s.is_private $$, 'exposed schemas have no materialized views, foreign tables or sequences');

-- Nullable columns.
select set_eq(
  $$ select c.oid::regclass::text, string_agg(a.attname, ', ' order by a.attname)
     from pg_class c join our_schemas s on s.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid
     where c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped and not a.attnotnull group by c.oid $$,
  $$ values
    ('event_private.event_capacity', 'capacity'),
    ('event_private.rankings', 'viewer_id'),
    ('event_service.event_attendees', 'checked_in_at'),
    ('event_service.event_qna', 'answer, answered_at, answered_by, user_id'),
    ('event_service.events', 'description, host_id, location_address, location_geom, location_lat, location_lng, location_name, max_attendees, requirements'),
    ('event_service.reviews', 'comment, host_id, reviewer_id'),
    ('post_service.comments', 'author_id, content, parent_comment_id'),
    ('post_service.likes', 'comment_id, post_id'),
    ('post_service.posts', 'attached_event_id, content, event_id, original_post_id, poll_closes_at'),
    ('post_service.reposts', 'quote_content'),
    ('post_service.shares', 'platform'),
    ('ticket_private.event_seats', 'capacity'),
    ('ticket_private.attempts', 'check_at, checkout_url, event_start_time, refund_deadline, refund_fee, return_url, session_id'),
    ('ticket_private.idempotency_keys', 'answer, locked_until, status'),
    ('ticket_private.payments', 'amount, currency, method, outcome, transaction_id'),
    ('ticket_private.refunds', 'asked_of, closed_at, closing_reference, problem, provider_id, reason, send_at, sent_at'),
    ('ticket_service.event_cancellations', 'reason, tickets_ended_at'),
    ('ticket_service.ticket_transactions', 'completed_at, outcome, payment_method, refund_of, transaction_id'),
    ('ticket_service.tickets', 'activated_at, checked_in_at, checked_in_by, event_start_time, held_until, refund_deadline, user_id'),
    ('user_service.invitations', 'responded_at'),
    ('user_service.profiles', 'avatar_url, bio, email, location, name'),
    ('user_service.users', 'avatar_url, bio, date_of_birth, email, gender, last_login_at, location, name, phone') $$,
  'the nullable columns are these');

-- Foreign keys and their actions. Some are implied by others, so that no row could show that they are missing.
select set_eq(
  $$ select relation || ' ' || (select string_agg(a.attname, ', ' order by k.place) from unnest(conkey) with ordinality k (attnum, place) join pg_attribute a on a.attrelid = conrelid and a.attnum = k.attnum) as key,
       confrelid::regclass || ' ' || case confdeltype when 'c' then 'cascade' when 'n' then 'set null' when 'r' then 'restrict' end as target
     from our_constraints where contype = 'f' $$,
  $$ values
    ('event_private.event_capacity event_id', 'event_service.events cascade'),
    ('event_service.event_attendees event_id', 'event_service.events cascade'),
    ('event_service.event_attendees user_id', 'user_service.users cascade'),
    ('event_service.event_images event_id', 'event_service.events cascade'),
    ('event_service.event_qna answered_by', 'user_service.users set null'),
    ('event_service.event_qna event_id', 'event_service.events cascade'),
    ('event_service.event_qna user_id', 'user_service.users set null'),
    ('event_service.events host_id', 'user_service.users set null'),
    ('event_service.qna_upvotes question_id', 'event_service.event_qna cascade'),
    ('event_service.qna_upvotes user_id', 'user_service.users cascade'),
    ('event_service.reviews event_id', 'event_service.events cascade'),
    ('event_service.reviews host_id', 'user_service.users set null'),
    ('event_service.reviews reviewer_id', 'user_service.users set null'),
    ('post_service.bookmarks post_id', 'post_service.posts cascade'),
    ('post_service.bookmarks user_id', 'user_service.users cascade'),
    ('post_service.comments author_id', 'user_service.users set null'),
    ('post_service.comments parent_comment_id, post_id', 'post_service.comments cascade'),
    ('post_service.comments post_id', 'post_service.posts cascade'),
    ('post_service.likes comment_id', 'post_service.comments cascade'),
    ('post_service.likes post_id', 'post_service.posts cascade'),
    ('post_service.likes user_id', 'user_service.users cascade'),
    ('post_service.poll_options post_id', 'post_service.posts cascade'),
    ('post_service.poll_votes option_id, post_id', 'post_service.poll_options cascade'),
    ('post_service.poll_votes post_id', 'post_service.posts cascade'),
    ('post_service.poll_votes user_id', 'user_service.users cascade'),
    ('post_service.post_images post_id', 'post_service.posts cascade'),
    ('post_service.posts attached_event_id', 'event_service.events set null'),
    ('post_service.posts author_id', 'user_service.users cascade'),
    ('post_service.posts event_id', 'event_service.events set null'),
    ('post_service.posts original_post_id', 'post_service.posts cascade'),
    ('post_service.reposts post_id', 'post_service.posts cascade'),
    ('post_service.reposts repost_id', 'post_service.posts cascade'),
    ('post_service.reposts user_id', 'user_service.users cascade'),
    ('post_service.shares post_id', 'post_service.posts cascade'),
    ('post_service.shares user_id', 'user_service.users cascade'),
    ('ticket_private.attempts id', 'ticket_service.ticket_transactions restrict'),
    ('ticket_private.attempts ticket_id', 'ticket_service.tickets restrict'),
    ('ticket_private.disputes attempt_id', 'ticket_service.ticket_transactions restrict'),
    ('ticket_private.disputes ticket_id', 'ticket_service.tickets restrict'),
    ('ticket_private.payments attempt_id', 'ticket_service.ticket_transactions restrict'),
    ('ticket_private.payments ticket_id', 'ticket_service.tickets restrict'),
    ('ticket_private.payments transaction_id', 'ticket_service.ticket_transactions restrict'),
    ('ticket_private.refunds attempt_id', 'ticket_service.ticket_transactions restrict'),
    ('ticket_private.refunds ticket_id', 'ticket_service.tickets restrict'),
    ('ticket_service.event_staff user_id', 'user_service.users cascade'),
    ('ticket_service.tickets checked_in_by', 'user_service.users set null'),
    ('ticket_service.waitlist_entries user_id', 'user_service.users cascade'),
    ('user_private.invitations_sent inviter_id', 'user_service.users cascade'),
    ('ticket_private.journal_entries ticket_id', 'ticket_service.tickets restrict'),
    ('ticket_private.journal_entries transaction_id', 'ticket_service.ticket_transactions restrict'),
    ('ticket_service.ticket_transactions refund_of', 'ticket_service.ticket_transactions restrict'),
    ('ticket_service.ticket_transactions ticket_id', 'ticket_service.tickets restrict'),
    ('ticket_service.tickets event_id', 'event_service.events restrict'),
    ('ticket_service.tickets user_id', 'user_service.users set null'),
    ('user_service.blocks blocked_id', 'user_service.users cascade'),
    ('user_service.blocks blocker_id', 'user_service.users cascade'),
    ('user_service.follows follower_id', 'user_service.users cascade'),
    ('user_service.follows following_id', 'user_service.users cascade'),
    ('user_service.invitations event_id', 'event_service.events cascade'),
    ('user_service.invitations invitee_id', 'user_service.users cascade'),
    ('user_service.invitations inviter_id', 'user_service.users cascade'),
    ('user_service.profiles id', 'user_service.users cascade'),
    ('user_service.user_privacy user_id', 'user_service.users cascade'),
    ('user_service.user_settings user_id', 'user_service.users cascade'),
    ('user_service.user_stats user_id', 'user_service.users cascade') $$,
  'the foreign keys are these');

select * from finish();
rollback;
