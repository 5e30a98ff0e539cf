-- discover_events(): trending, for you, and quiet events.

do $$
begin
  if to_regtype('event_service.discovery_mode') is null then
    create type event_service.discovery_mode as enum ('trending', 'for_you', 'quiet');
  end if;
end $$;

create table if not exists event_private.rankings (
  id uuid primary key default gen_random_uuid(),
  mode event_service.discovery_mode not null,
  viewer_id uuid,
  area text not null,
  made_at timestamptz not null default now(),
  event_ids uuid[] not null
);
comment on table event_private.rankings is 'Generations of ranked lists. A cursor names its generation, so that pages neither repeat nor skip events while scores change. Kept for an hour.';
comment on column event_private.rankings.viewer_id is 'The reader of a for_you list. Null for lists that are the same for everyone.';
comment on column event_private.rankings.area is 'The square of about 10 km for which the list was made. Empty without a location.';
create index if not exists rankings_lookup on event_private.rankings (mode, viewer_id, area, made_at desc);
create index if not exists rankings_made_at on event_private.rankings (made_at);
alter table event_private.rankings enable row level security;

-- Definer: clients may not write rankings. Only events of the next thirty days are ranked, and a generation is reused
-- for five minutes, so the work depends neither on past events nor on the number of readers.
create or replace function event_private.rank_events(mode event_service.discovery_mode, lat double precision, lng double precision)
returns uuid language plpgsql volatile security definer set search_path = '' as $$
declare
  asked extensions.geography := case when lat is not null or lng is not null then event_private.point_at(lat, lng) end;
  square text := case when asked is null then '' else round(lat::numeric, 1) || ',' || round(lng::numeric, 1) end;
  -- The centre of the square, because the list is shared by all callers in it.
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
  -- A shared list ranks public events only. Each page is filtered by what its reader sees.
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
comment on function event_private.rank_events(event_service.discovery_mode, double precision, double precision) is 'The current generation of a list, created if there is none from the last five minutes. Null if there is no event to list, so that areas without events create no rows.';
revoke execute on function event_private.rank_events(event_service.discovery_mode, double precision, double precision) from public;

-- Definer: clients may not read rankings. A page shows what the caller sees now.
create or replace function event_private.discover_events(
  mode event_service.discovery_mode, lat double precision, lng double precision, categories event_service.event_category[], cursor text, page_size int)
returns setof event_service.event_card language plpgsql volatile security definer set search_path = '' as $$
declare
  after jsonb := event_private.read_cursor(cursor, mode::text);
  generation uuid;
  viewer uuid := (select auth.uid());
begin
  if mode is null then
    perform event_private.refuse('invalid_mode', 'mode is "trending", "for_you" or "quiet".');
  elsif mode = 'quiet' then
    return query select * from event_private.quiet_events(lat, lng, categories, after, page_size);
    return;
  elsif mode = 'for_you' and not exists (select 1 from event_private.me) then
    perform event_private.refuse('sign_in_required', 'Sign in to see events for you.', 401);
  end if;
  if after is null then
    generation := event_private.rank_events(mode, lat, lng);
  else
    select r.id into generation from event_private.rankings r
    where r.id = (after ->> 'id')::uuid and r.mode = discover_events.mode and (r.viewer_id is null or r.viewer_id = viewer)
      and r.made_at > now() - interval '1 hour';
    if not found then
      perform event_private.refuse('cursor_expired', 'This list is older than an hour. Start again without a cursor.', 410);
    end if;
  end if;
  return query
    with page as (
      select e.id, ranked.place
      from event_private.rankings r
      cross join lateral unnest(r.event_ids) with ordinality ranked (event_id, place)
      join event_private.visible_events e on e.id = ranked.event_id
      where r.id = generation and e.status = 'upcoming'
        and ranked.place > coalesce(event_private.cursor_number(after, 'place'), 0)
        and (categories is null or e.category = any (categories))
      order by ranked.place
      limit event_private.page_size(discover_events.page_size))
    select c.*, null::double precision, event_private.write_cursor(jsonb_build_object('kind', discover_events.mode, 'place', p.place, 'id', generation))
    from page p join event_private.event_cards c on c.id = p.id
    order by p.place;
end $$;
revoke execute on function event_private.discover_events(event_service.discovery_mode, double precision, double precision, event_service.event_category[], text, int) from public;
grant execute on function event_private.discover_events(event_service.discovery_mode, double precision, double precision, event_service.event_category[], text, int) to anon, authenticated, service_role;

-- Sorted by time, which does not change, so it needs no generation. Definer: reads visible_events.
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
revoke execute on function event_private.quiet_events(double precision, double precision, event_service.event_category[], jsonb, int) from public;

create or replace function event_service.discover_events(
  mode event_service.discovery_mode default 'trending', lat double precision default null, lng double precision default null,
  categories event_service.event_category[] default null, cursor text default null, page_size int default 20)
returns setof event_service.event_card language sql volatile security invoker set search_path = ''
begin atomic
  select * from event_private.discover_events(mode, lat, lng, categories, cursor, page_size);
end;
comment on function event_service.discover_events(event_service.discovery_mode, double precision, double precision, event_service.event_category[], text, int) is
  'Events of the next thirty days, within about 50 km of a point if given: trending, for_you (friends who attend, hosts the caller follows, categories the caller attends; requires sign-in), or quiet (20 places at most, by start time). A cursor of a ranked list is valid for an hour, then refused with cursor_expired. Call by POST; at most 100 rows.';
