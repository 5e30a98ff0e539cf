-- Counters of a person, and the mechanism that keeps them exact under concurrency (add_to_counter, fold_counters).

create table if not exists user_service.user_stats (
  user_id uuid primary key default auth.uid() references user_service.users (id) on delete cascade,
  events_attended int not null default 0,
  events_created int not null default 0,
  followers_count int not null default 0,
  following_count int not null default 0 constraint following_at_most_5000 check (following_count <= 5000
    or user_private.refuse('too_many_followed', 'You can follow at most 5,000 people. Unfollow someone first.', 409)),
  reviews_given int not null default 0,
  average_rating numeric(3,2) not null default 0,
  posts_count int not null default 0,
  invites_successful_count int not null default 0,
  ratings_count int not null default 0,
  ratings_sum int not null default 0
);
comment on table user_service.user_stats is 'Counters, the same for every viewer. Maintained by triggers; under contention a counter may lag by a second (see user_private.add_to_counter).';
comment on column user_service.user_stats.events_attended is 'Events that the person attended: started, not cancelled, attendance confirmed, and checked in if ticketed.';
comment on column user_service.user_stats.average_rating is 'Average rating of the person''s events, 0 if there is none: ratings_sum / ratings_count.';
comment on column user_service.user_stats.invites_successful_count is 'Invitations sent that succeeded (see user_private.successful_invitations).';

alter table user_service.user_stats enable row level security;

drop policy if exists user_stats_select_visible on user_service.user_stats;
create policy user_stats_select_visible on user_service.user_stats for select to anon, authenticated
  using (exists (select 1 from user_private.visible_people p where p.id = user_stats.user_id));

-- Writing is not granted: triggers maintain the counters.
revoke all on user_service.user_stats from anon, authenticated;
grant select on user_service.user_stats to anon, authenticated;
grant all on user_service.user_stats to service_role;

-- Counters of an imported row are ignored: they are counted from the imported data instead.
create or replace function user_private.tg_user_stats__reset_counters()
returns trigger language plpgsql volatile set search_path = '' as $$
begin
  if exists (select 1 from user_service.user_stats where user_id = new.user_id) then
    return null;
  end if;
  new.events_attended = 0; new.events_created = 0; new.followers_count = 0; new.following_count = 0;
  new.reviews_given = 0; new.average_rating = 0; new.posts_count = 0; new.invites_successful_count = 0;
  new.ratings_count = 0; new.ratings_sum = 0;
  return new;
end $$;
create or replace trigger user_stats_reset_counters before insert on user_service.user_stats
  for each row execute function user_private.tg_user_stats__reset_counters();

create or replace function user_private.tg_user_stats__compute_average_rating()
returns trigger language plpgsql volatile set search_path = '' as $$
begin
  -- Sum and count change in separate statements, so the quotient may be out of range between them.
  new.average_rating = case when new.ratings_count > 0 then least(greatest(round(new.ratings_sum::numeric / new.ratings_count, 2), 0), 5) else 0 end;
  return new;
end $$;
create or replace trigger user_stats_compute_average_rating before update of ratings_count, ratings_sum on user_service.user_stats
  for each row execute function user_private.tg_user_stats__compute_average_rating();

create table if not exists user_private.counter_deltas (
  id bigint generated always as identity primary key,
  user_id uuid not null,
  counter name not null,
  delta int not null
);
comment on table user_private.counter_deltas is 'Changes of user_stats whose row was locked, until fold_counters() applies them.';
create index if not exists counter_deltas_user_id on user_private.counter_deltas (user_id);
alter table user_private.counter_deltas enable row level security;

-- Definer: clients may not write counters. Updates the row if it is free; appends a delta if it is locked or deltas are
-- already waiting for it, so that no request waits for a counter.
create or replace function user_private.add_to_counter(person uuid, counter name, delta int)
returns void language plpgsql volatile security definer set search_path = '' as $$
declare
  updated int;
begin
  -- An account that is being deleted is not counted: its row is deleted too.
  if person is null or delta = 0 or person::text = current_setting('user_private.deleting_account', true) then
    return;
  end if;
  if not exists (select 1 from user_private.counter_deltas d where d.user_id = person) then
    execute format(
      'update user_service.user_stats set %1$I = %1$I + $2
       where user_id = (select user_id from user_service.user_stats where user_id = $1 for no key update skip locked)', counter)
    using person, delta;
    get diagnostics updated = row_count;
    if updated = 1 then
      return;
    end if;
  end if;
  insert into user_private.counter_deltas (user_id, counter, delta)
  select person, counter, delta
  where exists (select 1 from user_service.user_stats s where s.user_id = person);
end $$;
comment on function user_private.add_to_counter(uuid, name, int) is 'Adds delta to a counter of a person. All counters in user_stats are changed through it, except following_count on a follow.';
revoke execute on function user_private.add_to_counter(uuid, name, int) from public;

-- Definer: clients may not write counters. Never waits: deltas of a locked row stay for the next run.
create or replace function user_private.fold_counters(batch int default 10000)
returns int language plpgsql volatile security definer set search_path = '' as $$
declare
  change record;
  updated int;
  folded int := 0;
begin
  if not pg_try_advisory_xact_lock(hashtext('user_private.fold_counters')) then
    return 0;
  end if;
  for change in
    with taken as (
      delete from user_private.counter_deltas
      where id in (select id from user_private.counter_deltas order by id limit batch)
      returning user_id, counter, delta)
    select user_id, counter, sum(delta)::int as delta, count(*)::int as parts
    from taken group by user_id, counter
  loop
    execute format(
      'update user_service.user_stats set %1$I = %1$I + $2
       where user_id = (select user_id from user_service.user_stats where user_id = $1 for no key update skip locked)', change.counter)
    using change.user_id, change.delta;
    get diagnostics updated = row_count;
    if updated = 0 then
      insert into user_private.counter_deltas (user_id, counter, delta)
      select change.user_id, change.counter, change.delta
      where exists (select 1 from user_service.user_stats s where s.user_id = change.user_id);
    else
      folded := folded + change.parts;
    end if;
  end loop;
  return folded;
end $$;
comment on function user_private.fold_counters(int) is 'Applies waiting deltas to their counters and returns how many. To be run every second.';
revoke execute on function user_private.fold_counters(int) from public;

-- Effects of other services' rows, attached to the table itself in one database (db/one_database/20_effects.sql) and to
-- its replicated copy in four. Definer: they change counters of other people.
create or replace function user_private.tg_posts__count_for_author()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  if tg_op <> 'INSERT' then
    perform user_private.add_to_counter(old.author_id, 'posts_count', -1);
  end if;
  if tg_op <> 'DELETE' then
    perform user_private.add_to_counter(new.author_id, 'posts_count', 1);
  end if;
  return null;
end $$;
revoke execute on function user_private.tg_posts__count_for_author() from public;

create or replace function user_private.tg_events__count_for_host()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  if tg_op <> 'INSERT' then
    perform user_private.add_to_counter(old.host_id, 'events_created', -1);
  end if;
  if tg_op <> 'DELETE' then
    perform user_private.add_to_counter(new.host_id, 'events_created', 1);
  end if;
  return null;
end $$;
revoke execute on function user_private.tg_events__count_for_host() from public;

create or replace function user_private.tg_event_attendees__count_for_attendee()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  if tg_op <> 'INSERT' and old.has_attended then
    perform user_private.add_to_counter(old.user_id, 'events_attended', -1);
  end if;
  if tg_op <> 'DELETE' and new.has_attended then
    perform user_private.add_to_counter(new.user_id, 'events_attended', 1);
  end if;
  return null;
end $$;
revoke execute on function user_private.tg_event_attendees__count_for_attendee() from public;

create or replace function user_private.tg_reviews__count_for_both()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  if tg_op <> 'INSERT' then
    perform user_private.add_to_counter(old.reviewer_id, 'reviews_given', -1);
    perform user_private.add_to_counter(old.host_id, 'ratings_sum', -old.rating);
    perform user_private.add_to_counter(old.host_id, 'ratings_count', -1);
  end if;
  if tg_op <> 'DELETE' then
    perform user_private.add_to_counter(new.reviewer_id, 'reviews_given', 1);
    perform user_private.add_to_counter(new.host_id, 'ratings_sum', new.rating);
    perform user_private.add_to_counter(new.host_id, 'ratings_count', 1);
  end if;
  return null;
end $$;
revoke execute on function user_private.tg_reviews__count_for_both() from public;
create or replace function user_service.stats(user_service.profiles)
returns setof user_service.user_stats rows 1 language sql stable
begin atomic
  select s.* from user_service.user_stats s where s.user_id = $1.id;
end;
comment on function user_service.stats(user_service.profiles) is 'Relationship: profiles?select=username,stats(followers_count).';
