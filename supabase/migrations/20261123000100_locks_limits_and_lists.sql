-- Attendance and capacity are locked in one order, so that nobody waits in a circle. Refusals for what only a lock can see
-- (a first vote, places already taken, an eleventh picture). Lists that read less. Scheduled work in a transaction for each
-- step, called by the owner alone.
drop trigger event_attendees_settle on event_service.event_attendees;
drop function event_private.tg_event_attendees__settle();
drop index event_service.events_location_geom;
drop function event_private.run_scheduled_work();
drop function post_private.cursor_number(jsonb, text);
revoke execute on function event_private.advance_event_status(int) from service_role;
revoke execute on function user_private.fold_counters(int), event_private.fold_counters(int), post_private.fold_counters(int) from service_role;
revoke select on user_private.accepts_followers from anon;

-- In bytes, since their indexes are bounded in bytes.
alter table user_service.users drop constraint avatar_url_is_bounded, add constraint avatar_url_is_bounded
  check ((octet_length(avatar_url) <= 1000) is not false or user_private.refuse('text_too_long', 'An image path has at most 1,000 bytes.'));
alter table event_service.event_images drop constraint image_url_is_given_and_bounded, add constraint image_url_is_given_and_bounded
  check (octet_length(image_url) between 1 and 1000 or event_private.refuse('text_too_long', 'An image path has 1 to 1,000 bytes.'));
alter table post_service.post_images drop constraint image_url_is_given_and_bounded, add constraint image_url_is_given_and_bounded
  check (octet_length(image_url) between 1 and 1000 or post_private.refuse('text_too_long', 'An image path has 1 to 1,000 bytes.'));

-- Amounts of money have no more decimals than any currency needs.
alter table event_service.events drop constraint price_in_range, add constraint price_in_range
  check (price >= 0 and price < 1e12 and price = round(price, 4)
    or event_private.refuse('price_out_of_range', 'A price is 0 or more, less than 1,000,000,000,000, and has at most four decimals.'));
alter table ticket_service.tickets drop constraint price_paid_in_range, add constraint price_paid_in_range
  check (price_paid >= 0 and price_paid < 1e12 and price_paid = round(price_paid, 4)
    or ticket_private.refuse('price_out_of_range', 'A price is 0 or more, less than 1,000,000,000,000, and has at most four decimals.'));

create or replace trigger users_updated_at
  before update of email, name, username, bio, avatar_url, phone, date_of_birth, gender, location, interests, is_verified on user_service.users
  for each row execute function user_service.update_updated_at_column();

-- Imported settings replace the ones that came with the account, unless the person has changed those.
create or replace function user_private.tg_user_settings__replace_default()
returns trigger language plpgsql volatile set search_path = '' as $$
begin
  delete from user_service.user_settings s
  where s.user_id = new.user_id
    and (s.push_notifications, s.email_notifications, s.dark_mode, s.language, s.location_enabled, s.show_online_status)
      = (true, true, false, 'id', true, true);
  return new;
end $$;

create or replace function user_private.tg_user_privacy__replace_default()
returns trigger language plpgsql volatile set search_path = '' as $$
begin
  delete from user_service.user_privacy p
  where p.user_id = new.user_id
    and (p.profile_visible, p.events_visible, p.allow_followers, p.show_email, p.show_location) = (true, true, true, false, true);
  return new;
end $$;

-- Definer: it reads blocks, of which the blocked may not know. A policy looks at the statement's snapshot; this looks
-- again under a lock, so that a follow and a block sent at the same moment do not both stand.
create or replace function user_private.tg_follows__refuse_blocked()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  perform user_private.lock_pair(new.follower_id, new.following_id);
  if exists (select 1 from user_service.blocks b
    where (b.blocker_id, b.blocked_id) in ((new.follower_id, new.following_id), (new.following_id, new.follower_id)))
  then
    perform user_private.refuse('person_not_found', 'There is no such person.', 404);
  end if;
  return null;
end $$;

create or replace trigger follows_refuse_blocked after insert on user_service.follows
  for each row execute function user_private.tg_follows__refuse_blocked();

-- Definer: it counts for both people.
create or replace function user_private.tg_follows__count_for_both()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  if tg_op <> 'INSERT' then
    perform user_private.count_for(old.follower_id, 'following_count', -1);
    perform user_private.count_for(old.following_id, 'followers_count', -1);
  end if;
  if tg_op <> 'DELETE' then
    -- At once and waiting for its row, since following_at_most_5000 must see every follow. Nobody but the follower's
    -- own requests and the folding of counters holds that row for long.
    update user_service.user_stats set following_count = following_count + 1 where user_id = new.follower_id;
    perform user_private.count_for(new.following_id, 'followers_count', 1);
  end if;
  return null;
end $$;

-- Definer: the follows that it removes are not the caller's to see.
create or replace function user_private.remove_hidden_followers()
returns int language plpgsql volatile security definer set search_path = '' as $$
declare
  removed int;
begin
  delete from user_service.follows f
  where f.following_id = (select auth.uid())
    and not exists (select 1 from user_private.visible_people p where p.id = f.follower_id);
  get diagnostics removed = row_count;
  return removed;
end $$;
revoke execute on function user_private.remove_hidden_followers() from public;
grant execute on function user_private.remove_hidden_followers() to authenticated, service_role;

create or replace function user_service.remove_hidden_followers()
returns int language sql volatile security invoker set search_path = ''
begin atomic
  select user_private.remove_hidden_followers();
end;
comment on function user_service.remove_hidden_followers() is 'Removes those of the caller''s followers whom the caller does not see, who would go on reading posts for followers; returns how many. To keep them from coming back, set allow_followers to false.';
revoke execute on function user_service.remove_hidden_followers() from public;
grant execute on function user_service.remove_hidden_followers() to authenticated, service_role;

-- Of those that are not over, since nobody looks for the others by place.
create index events_to_come_location_geom on event_service.events using gist (location_geom) where status in ('upcoming', 'ongoing');

create index events_not_over on event_service.events (start_time, id) where status <> 'completed';

-- Definer: clients may not write capacity.
create or replace function event_private.tg_events__set_capacity()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
declare
  places int := case when new.ticketing_enabled then null else new.max_attendees end;
  already_taken int;
begin
  select c.taken into already_taken from event_private.event_capacity c where c.event_id = new.id for update;
  if places < already_taken then
    perform event_private.refuse('places_are_taken', 'More people than that have a place. Set max_attendees to their number at least.', 409);
  end if;
  insert into event_private.event_capacity (event_id, capacity) values (new.id, places)
  on conflict (event_id) do update set capacity = excluded.capacity;
  return null;
end $$;

-- Definer: it changes other people's attendance. It waits for nobody's row: who has one locked here is waiting for the
-- capacity, and event_attendees_take_place looks again once it is theirs.
create or replace function event_private.tg_events__settle_attendance()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  perform from event_private.event_capacity c where c.event_id = new.id for update;
  update event_service.event_attendees a
  set has_attended = not a.has_attended
  where a.id in (
    select w.id from event_service.event_attendees w
    where w.event_id = new.id
      and w.has_attended <> event_private.counts_as_attended(w.status, w.checked_in_at, new.status, new.ticketing_enabled)
    for update skip locked);
  return null;
end $$;

-- Definer: it reads other people's attendance. Not tickets_sold, which may lag.
create or replace function event_private.tg_events__keep_sold()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  if exists (select from event_service.event_attendees a where a.event_id = old.id and a.by_ticket and a.status = 'confirmed') then
    perform event_private.refuse('has_sold_tickets', 'Tickets to this event are sold. Cancel it instead of deleting it.', 409);
  end if;
  return old;
end $$;

-- Definer: clients may not write capacity, counters or has_attended. Everyone locks the attendance first and the
-- capacity after, as updating and deleting a row cannot but do, so nobody waits in a circle. What is read of the event
-- under the capacity's lock holds until the transaction ends; a policy has only the statement's snapshot, and the event
-- may have begun, been cancelled or ticketed since.
create or replace function event_private.tg_event_attendees__take_place()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  perform from event_private.event_capacity c where c.event_id in (old.event_id, new.event_id) order by c.event_id for update;
  if tg_op <> 'DELETE' and new.status <> 'cancelled' and not new.by_ticket and (select auth.uid()) is not null then
    perform event_private.require_open(new.event_id);
  end if;
  if tg_op <> 'INSERT' and old.status = 'confirmed' and (tg_op = 'DELETE' or new.status <> 'confirmed' or new.event_id <> old.event_id) then
    update event_private.event_capacity set taken = taken - 1 where event_id = old.event_id;
    perform event_private.count_on('events', old.event_id, 'attendees_count', -1);
  end if;
  if tg_op <> 'DELETE' and new.status = 'confirmed' and (tg_op = 'INSERT' or old.status <> 'confirmed' or new.event_id <> old.event_id) then
    update event_private.event_capacity set taken = taken + 1 where event_id = new.event_id;
    perform event_private.count_on('events', new.event_id, 'attendees_count', 1);
  end if;
  if tg_op <> 'DELETE' then
    update event_service.event_attendees a
    set has_attended = not a.has_attended
    from event_service.events e
    where a.id = new.id and e.id = a.event_id
      and a.has_attended <> event_private.counts_as_attended(a.status, a.checked_in_at, e.status, e.ticketing_enabled);
  end if;
  return null;
end $$;

create or replace trigger event_attendees_take_place
  after insert or delete or update of event_id, user_id, status, checked_in_at on event_service.event_attendees
  for each row execute function event_private.tg_event_attendees__take_place();

-- Definer: the lock is on a row that clients may not lock. Under it, since two may add the tenth at once. An operator who
-- imports may bring more.
create or replace function event_private.tg_event_images__at_most_ten()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  if (select auth.uid()) is not null then
    perform from event_service.events e where e.id = new.event_id for no key update;
    if (select count(*) from event_service.event_images i where i.event_id = new.event_id) > 10 then
      perform event_private.refuse('too_many_images', 'There are ten pictures already, which is the most.', 409);
    end if;
  end if;
  return null;
end $$;
revoke execute on function event_private.tg_event_images__at_most_ten() from public;

create or replace trigger event_images_at_most_ten after insert on event_service.event_images
  for each row execute function event_private.tg_event_images__at_most_ten();

drop policy event_qna_update_asker_or_host on event_service.event_qna;
create policy event_qna_update_asker_or_host on event_service.event_qna for update to authenticated
  -- The event too, since an update that reads no column asks no policy for reading.
  using (user_id = (select auth.uid()) and exists (select 1 from event_private.visible_events e where e.id = event_qna.event_id)
    or exists (select 1 from event_private.my_events e where e.id = event_qna.event_id))
  with check (user_id = (select auth.uid()) or exists (select 1 from event_private.my_events e where e.id = event_qna.event_id));

-- Definer: it asks whose event it is. A policy sees one side of an update, and so not which column changed.
create or replace function event_private.tg_event_qna__settle()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
declare
  caller uuid := (select auth.uid());
begin
  if tg_op = 'INSERT' then
    new.upvotes_count = 0;
    new.is_answered = new.answer is not null;
    return new;
  end if;
  if new.question is distinct from old.question and caller is distinct from old.user_id and caller is not null then
    perform event_private.refuse('not_your_question', 'Only who asked a question can change it.', 403);
  elsif new.question is distinct from old.question and old.is_answered and caller is not null then
    perform event_private.refuse('question_answered', 'This question is answered. Ask another one.', 409);
  end if;
  if new.answer is distinct from old.answer then
    if caller is not null and not exists (select 1 from event_private.my_events e where e.id = old.event_id) then
      perform event_private.refuse('not_your_event', 'Only the host of the event can answer.', 403);
    end if;
    new.is_answered = new.answer is not null;
    new.answered_by = case when new.is_answered then coalesce(caller, new.answered_by) end;
    new.answered_at = case when new.is_answered then now() end;
  end if;
  return new;
end $$;

drop policy reviews_update_own on event_service.reviews;
create policy reviews_update_own on event_service.reviews for update to authenticated
  using (reviewer_id = (select auth.uid()) and exists (select 1 from event_private.visible_events e where e.id = reviews.event_id))
  with check (reviewer_id = (select auth.uid()));

-- Definer: it changes rows of everyone's. Someone left: what is theirs goes, what others need stays without them.
-- Attendance before capacity, as everyone locks them, and capacity in the order of events.
create or replace function event_private.tg_profiles__forget_person()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  update event_service.events set status = 'cancelled' where host_id = old.id and status in ('upcoming', 'ongoing');
  update event_service.events set host_id = null where host_id = old.id;
  perform from event_service.event_attendees a where a.user_id = old.id for update;
  perform from event_private.event_capacity c
  where c.event_id in (select a.event_id from event_service.event_attendees a where a.user_id = old.id)
  order by c.event_id for update;
  delete from event_service.event_attendees where user_id = old.id;
  delete from event_service.qna_upvotes where user_id = old.id;
  delete from event_service.event_qna where user_id = old.id and not is_answered;
  update event_service.event_qna set user_id = null where user_id = old.id;
  update event_service.event_qna set answered_by = null where answered_by = old.id;
  update event_service.reviews set reviewer_id = null where reviewer_id = old.id;
  update event_service.reviews set host_id = null where host_id = old.id;
  return null;
end $$;

-- Definer: a sale is another person's attendance. A live ticket confirms it, one that ends takes it back.
create or replace function event_private.tg_tickets__make_attendee()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  if tg_op <> 'INSERT' and old.status = 'active'
    and (tg_op = 'DELETE' or new.status <> 'active' or new.user_id is distinct from old.user_id or new.event_id <> old.event_id)
  then
    perform event_private.count_on('events', old.event_id, 'tickets_sold', -1);
    update event_service.event_attendees a set status = 'cancelled', checked_in_at = null
    where a.event_id = old.event_id and a.user_id = old.user_id and a.by_ticket;
  end if;
  if tg_op <> 'DELETE' and new.status = 'active' then
    if tg_op = 'INSERT' or old.status <> 'active' or new.user_id is distinct from old.user_id or new.event_id <> old.event_id then
      perform event_private.count_on('events', new.event_id, 'tickets_sold', 1);
    end if;
    if new.user_id is not null then
      insert into event_service.event_attendees as a (event_id, user_id, joined_at, status, by_ticket, checked_in_at)
      values (new.event_id, new.user_id, new.purchased_at, 'confirmed', true, new.checked_in_at)
      on conflict (event_id, user_id) do update
        set status = 'confirmed', by_ticket = true, checked_in_at = excluded.checked_in_at;
    end if;
  end if;
  return null;
end $$;

-- Definer: reads visible_events, as events_near does.
create or replace function event_private.search_events(query text, categories event_service.event_category[], include_past boolean, cursor text, page_size int)
returns setof event_service.event_card language plpgsql stable security definer set search_path = '' as $$
declare
  size int := event_private.page_size(page_size);
  words tsquery := event_private.search_query(query);
  after jsonb := event_private.read_cursor(cursor, 'events');
  after_time timestamptz := coalesce(event_private.cursor_time(after, 'time'), '-infinity');
  after_id uuid := coalesce((after ->> 'id')::uuid, '00000000-0000-0000-0000-000000000000');
  ids uuid[] := array[]::uuid[];
  looked_at int := 0;
  window_end int;
begin
  -- Words that many events have are found soonest among the next. Two hits in 200 promise a page in some thousands.
  foreach window_end in array array[200, 5000] loop
    ids := ids || array(
      select next.id
      from (
        -- One of the two, each by its index; the other one is not run.
        (select e.id, e.start_time, e.title, e.description, e.location_name from event_private.visible_events e
          where not include_past and e.status <> 'completed' and e.end_time > now()
            and (e.start_time, e.id) > (after_time, after_id) and (categories is null or e.category = any (categories))
          order by e.start_time, e.id offset looked_at limit window_end - looked_at)
        union all
        (select e.id, e.start_time, e.title, e.description, e.location_name from event_private.visible_events e
          where include_past
            and (e.start_time, e.id) > (after_time, after_id) and (categories is null or e.category = any (categories))
          order by e.start_time, e.id offset looked_at limit window_end - looked_at)) next
      where event_private.event_document(next.title, next.description, next.location_name) @@ words
      order by next.start_time, next.id
      limit size - cardinality(ids));
    exit when cardinality(ids) < 2 or cardinality(ids) >= size;
    looked_at := window_end;
  end loop;
  -- Words that few events have are found soonest by the index. Materialized, since the planner does not know how many
  -- events have a word, and would rather read all of them by time.
  if cardinality(ids) < size then
    ids := array(
      with matching as materialized (
        select e.id from event_service.events e
        where event_private.event_document(e.title, e.description, e.location_name) @@ words)
      select v.id from matching
      join event_private.visible_events v on v.id = matching.id
      where (v.start_time, v.id) > (after_time, after_id)
        and (include_past or v.end_time > now()) and (categories is null or v.category = any (categories))
      order by v.start_time, v.id
      limit size);
  end if;
  return query
    select c.*, null::double precision, event_private.write_cursor(jsonb_build_object('kind', 'events', 'time', c.start_time, 'id', c.id))
    from event_private.event_cards c
    where c.id = any (ids)
    order by c.start_time, c.id;
end $$;

-- Definer: writes a table that clients may not. Candidates are the events of the next thirty days, so the work does
-- not grow with the events of the past; a generation serves five minutes, so neither does it grow with its readers.
create or replace function event_private.rank_events(mode event_service.discovery_mode, lat double precision, lng double precision)
returns uuid language plpgsql volatile security definer set search_path = '' as $$
declare
  asked extensions.geography := case when lat is not null or lng is not null then event_private.point_at(lat, lng) end;
  square text := case when asked is null then '' else round(lat::numeric, 1) || ',' || round(lng::numeric, 1) end;
  -- The middle of the square, and not where the one who happens to ask first stands.
  here extensions.geography := case when asked is not null then event_private.point_at(round(lat::numeric, 1)::float8, round(lng::numeric, 1)::float8) end;
  viewer uuid := case when mode = 'for_you' then (select auth.uid()) end;
  ranking uuid;
begin
  select r.id into ranking from event_private.rankings r
  where r.mode = rank_events.mode and r.viewer_id is not distinct from viewer and r.area = square and r.made_at > now() - interval '5 minutes'
  order by r.made_at desc limit 1;
  if found then
    return ranking;
  end if;
  delete from event_private.rankings where made_at < now() - interval '1 hour';
  -- A list for all is made of what is public, whoever happens to ask first; each page is of what its reader sees.
  insert into event_private.rankings (mode, viewer_id, area, event_ids)
  select rank_events.mode, viewer, square, array_agg(s.id order by s.score desc, s.id)
  from (
    select e.id,
      ln(1 + e.attendees_count)
      - extract(epoch from e.start_time - now()) / 86400 * 0.1
      - case when here is null or e.location_geom is null then 0 else least(extensions.st_distance(e.location_geom, here, false) / 10000, 5) end
      + case when viewer is null then 0 else
          2 * (select count(*) from event_private.my_mutuals m
            join event_service.event_attendees a on a.user_id = m.user_id and a.event_id = e.id and a.status = 'confirmed'
            join event_private.visible_people p on p.id = m.user_id and p.shows_attendance)
          + case when exists (select 1 from event_private.my_following f where f.user_id = e.host_id) then 2 else 0 end
          + least((select count(*) from event_private.my_attendance a join event_service.events past on past.id = a.event_id and past.category = e.category), 3)
        end as score
    from event_service.events e
    where e.start_time between now() and now() + interval '30 days' and e.status = 'upcoming'
      and case when viewer is null then e.privacy = 'public'
        else e.host_id is distinct from viewer and exists (select 1 from event_private.visible_events v where v.id = e.id) end
      and (here is null or extensions.st_dwithin(e.location_geom, here, 50000, false))
    order by score desc, e.id
    limit 500
  ) s
  having count(*) > 0
  returning id into ranking;
  return ranking;
end $$;

-- Quiet events are small ones, soonest first: an order that does not move, so it needs no generation. Definer:
-- reads visible_events, as events_near does.
create or replace function event_private.quiet_events(
  lat double precision, lng double precision, categories event_service.event_category[], after jsonb, page_size int)
returns setof event_service.event_card language plpgsql stable security definer set search_path = '' as $$
declare
  here extensions.geography := case when lat is not null or lng is not null then event_private.point_at(lat, lng) end;
  after_time timestamptz := event_private.cursor_time(after, 'time');
begin
  return query
    with page as (
      select e.id, e.start_time from event_private.visible_events e
      where e.status = 'upcoming' and e.start_time between now() and now() + interval '30 days' and e.max_attendees <= 20
        and (categories is null or e.category = any (categories))
        and (here is null or extensions.st_dwithin(e.location_geom, here, 50000, false))
        and (after is null or (e.start_time, e.id) > (after_time, (after ->> 'id')::uuid))
      order by e.start_time, e.id
      limit event_private.page_size(quiet_events.page_size))
    select c.*, null::double precision, event_private.write_cursor(jsonb_build_object('kind', 'quiet', 'time', p.start_time, 'id', p.id))
    from page p join event_private.event_cards c on c.id = p.id
    order by p.start_time, p.id;
end $$;
comment on function event_service.discover_events(event_service.discovery_mode, double precision, double precision, event_service.event_category[], text, int) is
  'Events of the next thirty days, within about 50 km of a point if one is given: trending, for_you (friends who go, hosts one follows, kinds one attends; needs sign-in), or quiet (at most 20 places, soonest first). Ranked lists keep their order for an hour by their cursor, then refuse it with cursor_expired. Call by POST; at most 100 rows.';

-- Definer: votes are secret.
create or replace function post_private.tg_posts__keep_voted()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  if exists (select 1 from post_service.poll_votes v where v.post_id = old.id) then
    perform post_private.refuse('poll_has_votes', 'Somebody has voted, so the poll stays as it is.', 409);
  end if;
  return new;
end $$;
revoke execute on function post_private.tg_posts__keep_voted() from public;

create or replace trigger posts_keep_voted before update of content on post_service.posts
  for each row when (old.type = 'poll' and old.content is distinct from new.content) execute function post_private.tg_posts__keep_voted();

-- Definer: the lock is on a row that clients may not lock. Under it, since two may add the tenth at once. An operator who
-- imports may bring more.
create or replace function post_private.tg_post_images__at_most_ten()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  if (select auth.uid()) is not null then
    perform from post_service.posts p where p.id = new.post_id for no key update;
    if (select count(*) from post_service.post_images i where i.post_id = new.post_id) > 10 then
      perform post_private.refuse('too_many_images', 'There are ten pictures already, which is the most.', 409);
    end if;
  end if;
  return null;
end $$;
revoke execute on function post_private.tg_post_images__at_most_ten() from public;

create or replace trigger post_images_at_most_ten after insert on post_service.post_images
  for each row execute function post_private.tg_post_images__at_most_ten();

-- Definer: votes are secret. The policy has only the statement's snapshot, and the first vote may have come while the
-- statement waited for the option; going with its post, an option takes its votes with it.
create or replace function post_private.tg_poll_options__keep_voted()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  if exists (select from post_service.posts p join post_service.poll_votes v on v.post_id = p.id where p.id = old.post_id) then
    perform post_private.refuse('poll_has_votes', 'Somebody has voted, so the poll stays as it is.', 409);
  end if;
  return old;
end $$;
revoke execute on function post_private.tg_poll_options__keep_voted() from public;

create or replace trigger poll_options_keep_voted before delete on post_service.poll_options
  for each row execute function post_private.tg_poll_options__keep_voted();

drop policy comments_update_own on post_service.comments;
create policy comments_update_own on post_service.comments for update to authenticated
  -- The post too, since an update that reads no column asks no policy for reading.
  using (author_id = (select auth.uid()) and exists (select 1 from post_private.visible_posts p where p.id = comments.post_id))
  with check (author_id = (select auth.uid()));

drop policy reposts_select_visible on post_service.reposts;
create policy reposts_select_visible on post_service.reposts for select to authenticated
  using (
    exists (select 1 from post_private.visible_posts p where p.id = reposts.post_id)
    -- One's own also before its post is made, or it could not be inserted and returned at once.
    and (user_id = (select auth.uid())
      or exists (select 1 from post_private.visible_posts p where p.id = reposts.repost_id)
        and exists (select 1 from post_private.visible_people p where p.id = reposts.user_id)));

drop policy reposts_update_own on post_service.reposts;
create policy reposts_update_own on post_service.reposts for update to authenticated
  using (user_id = (select auth.uid()) and exists (select 1 from post_private.visible_posts p where p.id = reposts.post_id))
  with check (user_id = (select auth.uid()));

create or replace view post_private.post_cards as
  select p.id,
    -- Who sees a post sees its author: the predicate of visible_posts implies that of visible_people.
    jsonb_build_object('id', a.id, 'username', a.username, 'name', a.name, 'avatar_url', a.avatar_url, 'is_verified', a.is_verified) as author,
    p.content, p.type, p.visibility, p.created_at, p.updated_at, p.likes_count, p.comments_count, p.reposts_count, p.shares_count,
    array(select i.image_url from post_service.post_images i where i.post_id = p.id order by i.order_index, i.id) as images,
    (select jsonb_build_object('id', e.id, 'title', e.title, 'category', e.category, 'start_time', e.start_time,
        'location_name', e.location_name, 'status', e.status)
      from post_private.visible_events e where e.id = coalesce(p.attached_event_id, p.event_id)) as event,
    (select jsonb_build_object('id', o.id, 'content', o.content, 'type', o.type, 'created_at', o.created_at,
        'author', jsonb_build_object('id', oa.id, 'username', oa.username, 'name', oa.name, 'avatar_url', oa.avatar_url, 'is_verified', oa.is_verified))
      from post_private.visible_posts o
      join user_service.profiles oa on oa.id = o.author_id
      where o.id = p.original_post_id) as original,
    case p.type when 'poll' then jsonb_build_object(
      'closes_at', p.poll_closes_at,
      'my_option_id', (select pv.option_id from post_service.poll_votes pv where pv.post_id = p.id and pv.user_id = (select auth.uid())),
      'options', (select coalesce(jsonb_agg(jsonb_build_object('id', po.id, 'label', po.label, 'votes_count', po.votes_count) order by po.order_index), '[]')
        from post_service.poll_options po where po.post_id = p.id)) end as poll,
    exists (select 1 from post_service.likes l
      where l.user_id = (select auth.uid()) and l.likeable_type = 'post' and l.likeable_id = p.id) as i_like,
    exists (select 1 from post_service.bookmarks b where b.user_id = (select auth.uid()) and b.post_id = p.id) as i_bookmarked,
    exists (select 1 from post_service.reposts r where r.user_id = (select auth.uid()) and r.post_id = p.id) as i_reposted
  from post_service.posts p
  join user_service.profiles a on a.id = p.author_id;
comment on view post_private.post_cards is 'Posts as cards without a cursor, for those who have asked visible_posts which ones the caller sees. What hangs on a post is shown as far as the caller sees it.';
comment on function post_private.cards_of(uuid[], text) is 'The cards of a page, newest first, with cursors of the list they are in. Does not ask whether the caller sees the posts: pass ids of visible_posts.';

-- Definer: reads visible_posts, which carries the policy's predicate, so that the feed can use its indexes.
create or replace function post_private.home_feed(cursor text, page_size int)
returns setof post_service.post_card language plpgsql stable security definer set search_path = '' as $$
declare
  size int := post_private.page_size(page_size);
  after jsonb := post_private.read_cursor(cursor, 'feed');
  before_time timestamptz := coalesce(post_private.cursor_time(after, 'time'), 'infinity');
  before_id uuid := coalesce((after ->> 'id')::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff');
  ids uuid[] := array[]::uuid[];
  looked_at int := 0;
  window_end int;
begin
  -- Who follows many finds a page among the newest posts of everyone. "is true" keeps the planner from making a join of
  -- it, for which it would take everyone to follow as many as people do on average.
  if (select count(*) from (select 1 from post_private.my_following limit 101) f) > 100 then
    foreach window_end in array array[400, 2000] loop
      ids := ids || array(
        select recent.id
        from (
          select v.id, v.author_id, v.created_at from post_private.visible_posts v
          where (v.created_at, v.id) < (before_time, before_id)
          order by v.created_at desc, v.id desc offset looked_at limit window_end - looked_at) recent
        where (exists (select 1 from post_private.my_following f where f.user_id = recent.author_id)) is true
        order by recent.created_at desc, recent.id desc
        limit size - cardinality(ids));
      exit when cardinality(ids) * 5 < size or cardinality(ids) >= size;
      looked_at := window_end;
    end loop;
  end if;
  -- Otherwise by the newest post of each: a page of n posts has posts of at most n people, and only of those whose own
  -- newest come first. So the work grows with whom one follows (5,000 at most) and never with the number of posts.
  if cardinality(ids) < size then
    ids := array(
      select p.id
      from (
        select f.user_id
        from post_private.my_following f
        cross join lateral (
          select v.created_at, v.id from post_private.visible_posts v
          where v.author_id = f.user_id and (v.created_at, v.id) < (before_time, before_id)
          order by v.created_at desc, v.id desc limit 1) newest
        order by newest.created_at desc, newest.id desc
        limit size) next_authors
      cross join lateral (
        select v.created_at, v.id from post_private.visible_posts v
        where v.author_id = next_authors.user_id and (v.created_at, v.id) < (before_time, before_id)
        order by v.created_at desc, v.id desc limit size) p
      order by p.created_at desc, p.id desc
      limit size);
  end if;
  return query select * from post_private.cards_of(ids, 'feed');
end $$;

-- Definer: reads visible_posts, so that words can use their index.
create or replace function post_private.search_posts(query text, cursor text, page_size int)
returns setof post_service.post_card language plpgsql stable security definer set search_path = '' as $$
declare
  size int := post_private.page_size(page_size);
  words tsquery := post_private.search_query(query);
  after jsonb := post_private.read_cursor(cursor, 'posts');
  before_time timestamptz := coalesce(post_private.cursor_time(after, 'time'), 'infinity');
  before_id uuid := coalesce((after ->> 'id')::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff');
  ids uuid[] := array[]::uuid[];
  looked_at int := 0;
  window_end int;
begin
  -- Words that many posts have are found soonest among the newest. Two hits in 200 promise a page in some thousands.
  foreach window_end in array array[200, 5000] loop
    ids := ids || array(
      select recent.id
      from (
        select v.id, v.created_at, v.content from post_private.visible_posts v
        where (v.created_at, v.id) < (before_time, before_id)
        order by v.created_at desc, v.id desc offset looked_at limit window_end - looked_at) recent
      where post_private.post_document(recent.content) @@ words
      order by recent.created_at desc, recent.id desc
      limit size - cardinality(ids));
    exit when cardinality(ids) < 2 or cardinality(ids) >= size;
    looked_at := window_end;
  end loop;
  -- Words that few posts have are found soonest by the index. Materialized, since the planner does not know how many
  -- posts have a word, and would rather read all of them by time.
  if cardinality(ids) < size then
    ids := array(
      with matching as materialized (
        select p.id from post_service.posts p where post_private.post_document(p.content) @@ words)
      select v.id from matching
      join post_private.visible_posts v on v.id = matching.id
      where (v.created_at, v.id) < (before_time, before_id)
      order by v.created_at desc, v.id desc
      limit size);
  end if;
  return query select * from post_private.cards_of(ids, 'posts');
end $$;

-- Definer: a host may not write seats but by changing max_attendees.
create or replace function ticket_private.tg_events__set_seats()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
declare
  already_taken int;
begin
  if tg_op = 'DELETE' then
    delete from ticket_private.event_seats where event_id = old.id;
  else
    select s.held + s.sold into already_taken from ticket_private.event_seats s where s.event_id = new.id for update;
    if new.max_attendees < already_taken then
      perform ticket_private.refuse('places_are_taken', 'More tickets than that are sold or held. Set max_attendees to their number at least.', 409);
    end if;
    insert into ticket_private.event_seats (event_id, capacity) values (new.id, new.max_attendees)
    on conflict (event_id) do update set capacity = excluded.capacity;
  end if;
  return null;
end $$;

-- Definer: the server's role has no way into this schema. Under the lock of the payment, so that of two refunds at once
-- the second sees the first; not a stronger lock, which the share that refund_of's foreign key has taken would turn into
-- a circle.
create or replace function ticket_private.tg_ticket_transactions__refund_within_capture()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
declare
  payment record;
  refunded numeric;
begin
  select t.* into payment from ticket_service.ticket_transactions t
  where t.id = coalesce(new.refund_of, new.id) for no key update;
  select coalesce(sum(t.amount), 0) into refunded from ticket_service.ticket_transactions t
  where t.refund_of = payment.id and t.status <> 'failed';
  if new.kind = 'refund' and (payment.kind <> 'payment' or payment.ticket_id <> new.ticket_id or payment.currency <> new.currency) then
    perform ticket_private.refuse('refund_mismatch', 'A refund is of a payment for the same ticket in the same currency.', 409);
  end if;
  if refunded > (case when payment.status in ('success', 'refunded') then payment.amount else 0 end) then
    perform ticket_private.refuse('refund_exceeds_payment', 'Refunds cannot exceed what was paid.', 409);
  end if;
  return null;
end $$;

-- Definer: it reads tickets of everyone's. Also those that are pending or have ended, of which the event service knows
-- nothing; the foreign key would refuse without saying why.
create or replace function event_private.tg_events__keep_ticketed()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  if exists (select from ticket_service.tickets t where t.event_id = old.id) then
    perform event_private.refuse('has_sold_tickets', 'Tickets to this event are sold. Cancel it instead of deleting it.', 409);
  end if;
  return old;
end $$;
revoke execute on function event_private.tg_events__keep_ticketed() from public;

create or replace trigger events_keep_ticketed before delete on event_service.events
  for each row execute function event_private.tg_events__keep_ticketed();

-- Definer: as above. Another person's address stays theirs: one that is taken is not mirrored.
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

-- No search_path is set, since a procedure that sets one may not commit.
create procedure event_private.run_scheduled_work()
language plpgsql security invoker as $$
begin
  perform event_private.advance_event_status();
  commit;
  perform user_private.fold_counters();
  commit;
  perform event_private.fold_counters();
  commit;
  perform post_private.fold_counters();
end $$;
comment on procedure event_private.run_scheduled_work() is 'What the database''s owner is to call each second: event status by the clock, and the folding of counters, each in a transaction of its own.';
revoke execute on procedure event_private.run_scheduled_work() from public;
