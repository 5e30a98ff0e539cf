-- Baseline, built by `npm run db:build` until the first release, from db/one_database/.

-- db/one_database/10_foreign_keys.sql
-- Foreign keys between services. Four databases have none.

do $$
declare
  link record;
begin
  for link in
    select * from (values
      ('event_service.events', 'host_id', 'user_service.users', 'set null'),
      ('event_service.event_attendees', 'user_id', 'user_service.users', 'cascade'),
      ('event_service.event_qna', 'user_id', 'user_service.users', 'set null'),
      ('event_service.event_qna', 'answered_by', 'user_service.users', 'set null'),
      ('event_service.reviews', 'reviewer_id', 'user_service.users', 'set null'),
      ('post_service.posts', 'author_id', 'user_service.users', 'cascade'),
      ('post_service.posts', 'event_id', 'event_service.events', 'set null'),
      ('post_service.posts', 'attached_event_id', 'event_service.events', 'set null'),
      ('post_service.comments', 'author_id', 'user_service.users', 'set null'),
      ('post_service.likes', 'user_id', 'user_service.users', 'cascade'),
      ('post_service.reposts', 'user_id', 'user_service.users', 'cascade'),
      ('post_service.bookmarks', 'user_id', 'user_service.users', 'cascade'),
      ('post_service.shares', 'user_id', 'user_service.users', 'cascade'),
      ('ticket_service.tickets', 'user_id', 'user_service.users', 'set null'),
      ('ticket_service.tickets', 'event_id', 'event_service.events', 'restrict'),
      -- Not in the original app.
      ('user_service.invitations', 'event_id', 'event_service.events', 'cascade'),
      ('event_service.qna_upvotes', 'user_id', 'user_service.users', 'cascade'),
      ('event_service.reviews', 'host_id', 'user_service.users', 'set null'),
      ('post_service.poll_votes', 'user_id', 'user_service.users', 'cascade'),
      ('ticket_service.tickets', 'checked_in_by', 'user_service.users', 'set null'),
      ('ticket_service.waitlist_entries', 'user_id', 'user_service.users', 'cascade'),
      ('ticket_service.event_staff', 'user_id', 'user_service.users', 'cascade')
    ) as links (source, source_column, target, on_delete)
  loop
    if not exists (
      select from pg_catalog.pg_constraint
      where conrelid = link.source::regclass and conname = split_part(link.source, '.', 2) || '_' || link.source_column || '_fkey')
    then
      execute format('alter table %s add constraint %I foreign key (%I) references %s (id) on delete %s',
        link.source, split_part(link.source, '.', 2) || '_' || link.source_column || '_fkey', link.source_column, link.target, link.on_delete);
    end if;
  end loop;
end $$;

-- db/one_database/20_effects.sql
-- Effects: a trigger function of one service, attached to the table of another whose changes it follows.

create or replace trigger posts_count_for_author after insert or delete or update of author_id on post_service.posts
  for each row execute function user_private.tg_posts__count_for_author();
create or replace trigger events_count_for_host after insert or delete or update of host_id on event_service.events
  for each row execute function user_private.tg_events__count_for_host();
create or replace trigger event_attendees_count_for_attendee
  after insert or delete or update of user_id, status, checked_in_at, has_attended on event_service.event_attendees
  for each row execute function user_private.tg_event_attendees__count_for_attendee();
create or replace trigger event_attendees_resolve_successful_invitation after insert or delete or update of event_id, user_id, status on event_service.event_attendees
  for each row execute function user_private.tg_event_attendees__resolve_successful_invitation();
create or replace trigger events_resolve_successful_invitations after update of status on event_service.events
  for each row when (old.status is distinct from new.status and new.status = 'cancelled') execute function user_private.tg_events__resolve_successful_invitations();
create or replace trigger reviews_count_for_both after insert or delete or update of rating, reviewer_id, event_id, host_id on event_service.reviews
  for each row execute function user_private.tg_reviews__count_for_both();

create or replace trigger profiles_remove_from_events after delete on user_service.profiles
  for each row execute function event_private.tg_profiles__remove_person();
create or replace trigger tickets_make_attendee
  after insert or delete or update of status, user_id, event_id, is_checked_in, checked_in_at on ticket_service.tickets
  for each row execute function event_private.tg_tickets__make_attendee();

create or replace trigger profiles_remove_from_posts after delete on user_service.profiles
  for each row execute function post_private.tg_profiles__remove_person();
create or replace trigger profiles_mirror_privacy after update of is_private on user_service.profiles
  for each row when (old.is_private is distinct from new.is_private) execute function post_private.tg_profiles__mirror_privacy();

create or replace trigger events_cancel_tickets after update of status on event_service.events
  for each row when (old.status is distinct from new.status and new.status = 'cancelled') execute function ticket_private.tg_events__cancel_tickets();
create or replace trigger events_refuse_ticketing_change before update of ticketing_enabled on event_service.events
  for each row when (old.ticketing_enabled and not new.ticketing_enabled) execute function ticket_private.tg_events__refuse_ticketing_change();
create or replace trigger events_allot_seats after insert or delete or update of max_attendees on event_service.events
  for each row execute function ticket_private.tg_events__allot_seats();

-- db/one_database/30_later_services.sql
-- What services know of later ones: views that are empty in a database of their own.

create or replace view user_private.visible_events as
  select e.id, e.host_id, e.title, e.category::text as category, e.start_time, e.end_time, e.location_name, e.status::text as status, e.privacy::text as privacy
  from event_private.visible_events e;

create or replace view user_private.invitable_events as
  select e.id, case e.privacy when 'friends_only' then e.host_id end as friends_of
  from event_private.visible_events e
  where e.status in ('upcoming', 'ongoing')
    and (e.privacy <> 'private' or e.host_id = (select auth.uid()));

create or replace view user_private.attendance as
  select a.event_id, a.user_id, a.joined_at from event_service.event_attendees a join event_service.events e on e.id = a.event_id
  where a.status = 'confirmed' and e.status <> 'cancelled';

create or replace view event_private.my_tickets as
  select t.event_id, jsonb_build_object('id', t.id, 'status', t.status, 'held_until', t.held_until,
      'is_offer', ticket_private.is_offer(t),
      'is_checked_in', t.is_checked_in) as ticket
  from ticket_service.tickets t
  where t.user_id = (select auth.uid()) and t.status in ('pending', 'active');

create or replace view event_private.my_waitlists as
  select w.event_id from ticket_service.waitlist_entries w where w.user_id = (select auth.uid());

-- db/one_database/40_account_deletion.sql
-- Account deletion across services: what is refused, which locks are taken, and which files are queued for deletion.

create or replace function user_private.require_no_live_tickets(host uuid)
returns void language plpgsql volatile set search_path = '' as $$
begin
  if exists (
    select from event_service.events e
    join ticket_service.tickets t on t.event_id = e.id and t.status in ('pending', 'active')
    where e.host_id = host and e.status in ('upcoming', 'ongoing'))
  then
    perform user_private.refuse('has_sold_tickets', 'You host an upcoming event with sold tickets. Cancel the event, wait for its refunds, then delete your account.', 409);
  end if;
end $$;
comment on function user_private.require_no_live_tickets(uuid) is 'Refuses hosts of upcoming or ongoing events with live tickets.';
revoke execute on function user_private.require_no_live_tickets(uuid) from public;

-- Locks rows of several events, each kind in the order of events. Omits rows that only account deletion locks.
create or replace function user_private.lock_account(person uuid)
returns void language plpgsql volatile set search_path = '' as $$
declare
  hosted uuid[];
  ticketed uuid[];
  attended uuid[];
begin
  perform from user_service.profiles p where p.id = person for update;
  perform user_private.require_no_live_tickets(person);
  -- Deletes posts and questions before it takes the locks that others wait for, because this may take long.
  perform set_config('user_private.deleting_account', person::text, true);
  perform post_private.delete_contributions(person), event_private.delete_questions(person);
  hosted := array(
    select e.id from event_service.events e where e.host_id = person and e.status in ('upcoming', 'ongoing') order by e.id for no key update);
  -- Includes ended tickets: a late payment may be reactivating one.
  perform from ticket_service.tickets t where t.user_id = person order by t.id for no key update;
  ticketed := array(select t.event_id from ticket_service.tickets t where t.user_id = person and t.status in ('pending', 'active'));
  perform from ticket_service.waitlist_entries w where w.user_id = person order by w.event_id for update;
  perform from ticket_private.event_seats s where s.event_id = any (hosted || ticketed) order by s.event_id for update;
  attended := array(select a.event_id from event_service.event_attendees a where a.user_id = person order by a.id for update);
  perform from user_service.invitations i where person in (i.inviter_id, i.invitee_id) order by i.id for update;
  perform user_private.lock_invitations(i.invitee_id, i.event_id)
  from (select distinct i.event_id, i.invitee_id from user_service.invitations i where person in (i.inviter_id, i.invitee_id) order by 1, 2) i;
  perform from event_private.event_capacity c where c.event_id = any (hosted || attended) order by c.event_id for update;
  perform from user_service.user_stats s where s.user_id = person for update;
end $$;

-- Definer: it reads tickets of others.
create or replace function user_private.tg_users__refuse_with_live_tickets()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  perform user_private.require_no_live_tickets(old.id);
  return old;
end $$;
revoke execute on function user_private.tg_users__refuse_with_live_tickets() from public;
create or replace trigger users_refuse_with_live_tickets before delete on user_service.users
  for each row execute function user_private.tg_users__refuse_with_live_tickets();

-- Definer: clients may read neither the queue nor storage.objects. Only the Storage API may delete files.
create or replace function user_private.tg_users__queue_files()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  if to_regclass('storage.objects') is not null then
    execute 'insert into user_private.files_to_delete (bucket_id, path)
      select o.bucket_id, o.name from storage.objects o
      where o.bucket_id in (''avatars'', ''event-images'', ''post-images'') and o.name like $1 || ''/%''
      on conflict do nothing' using old.id::text;
  end if;
  return null;
end $$;
revoke execute on function user_private.tg_users__queue_files() from public;
create or replace trigger users_queue_files after delete on user_service.users
  for each row execute function user_private.tg_users__queue_files();

-- db/one_database/50_event_deletion.sql
-- Deletion of an event with its unsold tickets. Refused if tickets were sold.

-- Definer: it reads and deletes tickets of others. Unpaid tickets that can no longer be paid are deleted with the
-- event, because otherwise a started checkout would prevent its deletion indefinitely.
create or replace function event_private.tg_events__remove_unsold_tickets()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  -- Locked before tickets, in the order of account deletion.
  perform from post_service.posts p where p.event_id = old.id or p.attached_event_id = old.id order by p.id for update;
  perform from event_service.qna_upvotes u join event_service.event_qna q on q.id = u.question_id where q.event_id = old.id order by u.question_id, u.user_id for update of u;
  perform from event_service.event_qna q where q.event_id = old.id order by q.id for update;
  if exists (
    select from ticket_service.tickets t
    where t.event_id = old.id
      and (t.status in ('pending', 'active', 'refunded')
        or exists (select from ticket_service.ticket_transactions x where x.ticket_id = t.id and x.status <> 'failed')
        or exists (select from ticket_private.payments p where p.ticket_id = t.id and p.state >= 'paid')
        -- The buyer may still pay on a checkout page.
        or exists (select from ticket_private.attempts a where a.ticket_id = t.id
          and (a.check_at is not null or a.checkout_url is not null and a.started_at > now() - interval '30 days'))))
  then
    perform event_private.refuse('has_sold_tickets', 'Tickets to this event are sold, or somebody may still be paying for one. Cancel it instead of deleting it.', 409);
  end if;
  delete from ticket_private.payments p using ticket_service.tickets t where t.id = p.ticket_id and t.event_id = old.id;
  delete from ticket_private.attempts a using ticket_service.tickets t where t.id = a.ticket_id and t.event_id = old.id;
  delete from ticket_service.ticket_transactions x using ticket_service.tickets t where t.id = x.ticket_id and t.event_id = old.id;
  delete from ticket_service.tickets t where t.event_id = old.id;
  return old;
end $$;
revoke execute on function event_private.tg_events__remove_unsold_tickets() from public;
create or replace trigger events_remove_unsold_tickets before delete on event_service.events
  for each row execute function event_private.tg_events__remove_unsold_tickets();

-- db/one_database/60_sign_up.sql
-- Synchronizes users with auth.users: sign-up creates a person, changes of the email address are copied, and deleting
-- one deletes the other. Not a foreign key, so that people can be imported before their logins.

create or replace function user_private.find_free_username(wanted text)
returns text language plpgsql volatile set search_path = '' as $$
declare
  base text := left(regexp_replace(left(coalesce(wanted, ''), 200), '[^a-zA-Z0-9_-]+', '_', 'g'), 50);
  candidate text;
begin
  if length(base) < 3 then
    base := 'user_' || base;
  end if;
  candidate := base;
  while exists (select from user_service.users u where lower(u.username) = lower(candidate)) loop
    candidate := left(base, 41) || '_' || left(md5(gen_random_uuid()::text), 8);
  end loop;
  return candidate;
end $$;
comment on function user_private.find_free_username(text) is 'A valid and free username, derived from the wanted one by replacing characters and adding a suffix.';
revoke execute on function user_private.find_free_username(text) from public;

-- Definer: Auth inserts users with a role of its own. Never fails on invalid data, because Auth would report a refusal
-- as an unspecific error: an invalid or taken username is changed instead.
create or replace function user_private.tg_auth_users__make_person()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
declare
  given jsonb := to_jsonb(new);
  asked jsonb := coalesce(nullif(given -> 'raw_user_meta_data', 'null'), '{}');
  address text := case when length(given ->> 'email') <= 320 then given ->> 'email' end;
begin
  for attempt in 1..5 loop
    begin
      insert into user_service.users (id, email, name, username, is_email_verified, created_at)
      values (new.id,
        case when not exists (select from user_service.users u where lower(u.email) = lower(address)) then address end,
        left(coalesce(asked ->> 'name', asked ->> 'full_name'), 100),
        user_private.find_free_username(coalesce(asked ->> 'username', split_part(address, '@', 1))),
        given ->> 'email_confirmed_at' is not null, coalesce((given ->> 'created_at')::timestamptz, now()))
      on conflict (id) do nothing;
      return null;
    exception when unique_violation then
      -- Somebody took the username or address concurrently. Try again.
      null;
    end;
  end loop;
  insert into user_service.users (id, username) values (new.id, 'user_' || replace(new.id::text, '-', '')) on conflict (id) do nothing;
  return null;
end $$;
revoke execute on function user_private.tg_auth_users__make_person() from public;

-- Definer: Auth updates users with a role of its own. An address that another person has is not copied.
create or replace function user_private.tg_auth_users__mirror_email()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
declare
  given jsonb := to_jsonb(new);
  address text := case when length(given ->> 'email') <= 320 then given ->> 'email' end;
  is_taken boolean := exists (select from user_service.users o where lower(o.email) = lower(address) and o.id <> new.id);
begin
  update user_service.users u set email = address
  where u.id = new.id and u.email is distinct from address and not is_taken;
  update user_service.users u set
    is_email_verified = given ->> 'email_confirmed_at' is not null,
    last_login_at = coalesce((given ->> 'last_sign_in_at')::timestamptz, u.last_login_at)
  where u.id = new.id
    and (u.is_email_verified, u.last_login_at) is distinct from
      (given ->> 'email_confirmed_at' is not null, coalesce((given ->> 'last_sign_in_at')::timestamptz, u.last_login_at));
  return null;
exception when unique_violation then
  return null;
end $$;
revoke execute on function user_private.tg_auth_users__mirror_email() from public;

-- Definer: Auth deletes users with a role of its own.
create or replace function user_private.tg_auth_users__remove_person()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  perform user_private.lock_account(old.id);
  delete from user_service.users where id = old.id;
  return old;
end $$;
revoke execute on function user_private.tg_auth_users__remove_person() from public;

-- Definer: clients may not delete from auth.users.
create or replace function user_private.tg_users__remove_login()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  delete from auth.users where id = old.id;
  return null;
end $$;
revoke execute on function user_private.tg_users__remove_login() from public;

do $$
begin
  if to_regclass('auth.users') is not null then
    create or replace trigger users_make_person after insert on auth.users
      for each row execute function user_private.tg_auth_users__make_person();
    create or replace trigger users_mirror_email after update on auth.users
      for each row execute function user_private.tg_auth_users__mirror_email();
    create or replace trigger users_remove_person after delete on auth.users
      for each row execute function user_private.tg_auth_users__remove_person();
    create or replace trigger users_remove_login after delete on user_service.users
      for each row execute function user_private.tg_users__remove_login();
  end if;
end $$;

-- db/one_database/70_scheduled_work.sql
-- Work that runs on a schedule in one database.

-- No `set search_path`: a procedure that has one cannot commit.
create or replace procedure event_private.run_scheduled_work()
language plpgsql security invoker as $$
begin
  perform event_private.advance_event_status();
  commit;
  perform user_private.fold_counters();
  commit;
  perform event_private.fold_counters();
  commit;
  perform post_private.fold_counters();
  commit;
  call ticket_private.run_scheduled_work();
end $$;
comment on procedure event_private.run_scheduled_work() is 'To be called every second by the owner of the database: updates the status of events, folds counters, expires holds and continues cancellations, each in its own transaction.';
revoke execute on procedure event_private.run_scheduled_work() from public;
