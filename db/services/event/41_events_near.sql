-- events_near(): events by distance.

create or replace function event_private.cursor_number(keys jsonb, key text)
returns double precision language plpgsql immutable set search_path = '' as $$
begin
  if keys is not null and (keys ->> key)::double precision is null then
    perform event_private.refuse('malformed_cursor', 'This is not a cursor of this list. Start again without a cursor.');
  end if;
  return (keys ->> key)::double precision;
exception when data_exception then
  perform event_private.refuse('malformed_cursor', 'This is not a cursor of this list. Start again without a cursor.');
  return null;
end $$;
comment on function event_private.cursor_number(jsonb, text) is 'Reads a number from the keys of a cursor. Refuses anything else with malformed_cursor.';

create or replace function event_private.point_at(lat double precision, lng double precision)
returns extensions.geography language plpgsql immutable set search_path = '' as $$
begin
  if lat is null or lng is null then
    perform event_private.refuse('incomplete_location', 'Give both lat and lng, in degrees.');
  elsif not lat between -90 and 90 then
    perform event_private.refuse('latitude_out_of_range', 'A latitude is between -90 and 90 degrees.');
  elsif not lng between -180 and 180 then
    perform event_private.refuse('longitude_out_of_range', 'A longitude is between -180 and 180 degrees.');
  end if;
  return extensions.st_setsrid(extensions.st_makepoint(lng, lat), 4326)::extensions.geography;
end $$;
comment on function event_private.point_at(double precision, double precision) is 'Converts degrees into a point. Refuses coordinates that are out of range.';
revoke execute on function event_private.point_at(double precision, double precision) from public;

-- Definer: reads visible_events, because PostGIS and full-text search cannot use their indexes under a policy.
create or replace function event_private.events_near(
  lat double precision, lng double precision, radius_m double precision, categories event_service.event_category[],
  starts_after timestamptz, starts_before timestamptz, max_price numeric, query text, cursor text, page_size int)
returns setof event_service.event_card language plpgsql stable security definer set search_path = '' as $$
declare
  here extensions.geography := event_private.point_at(lat, lng);
  after jsonb := event_private.read_cursor(cursor, 'near');
  words tsquery := case when query is not null then event_private.search_query(query) end;
  after_distance double precision;
begin
  if not coalesce(radius_m, 0) between 1 and 100000 then
    perform event_private.refuse('radius_out_of_range', 'radius_m is between 1 and 100,000.');
  end if;
  after_distance := event_private.cursor_number(after, 'distance');
  -- Not ordered by the operator <->: its index scan fails where index and distance round differently, as at the
  -- antimeridian. The radius bounds the sort.
  return query
    with nearest as (
      select e.id, extensions.st_distance(e.location_geom, here, false) as distance
      from event_private.visible_events e
      where extensions.st_dwithin(e.location_geom, here, radius_m, false)
        and e.status in ('upcoming', 'ongoing') and e.end_time > now()
        and (categories is null or e.category = any (categories))
        and (starts_after is null or e.start_time >= starts_after)
        and (starts_before is null or e.start_time < starts_before)
        and (max_price is null or e.price <= max_price)
        and (words is null or event_private.event_document(e.title, e.description, e.location_name) @@ words)
        and (after is null or (extensions.st_distance(e.location_geom, here, false), e.id) > (after_distance, (after ->> 'id')::uuid))
      order by extensions.st_distance(e.location_geom, here, false), e.id
      limit event_private.page_size(events_near.page_size))
    select c.*, n.distance, event_private.write_cursor(jsonb_build_object('kind', 'near', 'distance', n.distance, 'id', n.id))
    from nearest n join event_private.event_cards c on c.id = n.id
    order by n.distance, n.id;
end $$;
revoke execute on function event_private.events_near(double precision, double precision, double precision, event_service.event_category[], timestamptz, timestamptz, numeric, text, text, int) from public;
grant execute on function event_private.events_near(double precision, double precision, double precision, event_service.event_category[], timestamptz, timestamptz, numeric, text, text, int) to anon, authenticated, service_role;

create or replace function event_service.events_near(
  lat double precision, lng double precision, radius_m double precision default 5000,
  categories event_service.event_category[] default null, starts_after timestamptz default null, starts_before timestamptz default null,
  max_price numeric default null, query text default null, cursor text default null, page_size int default 20)
returns setof event_service.event_card language sql stable security invoker set search_path = ''
begin atomic
  select * from event_private.events_near(lat, lng, radius_m, categories, starts_after, starts_before, max_price, query, cursor, page_size);
end;
comment on function event_service.events_near(double precision, double precision, double precision, event_service.event_category[], timestamptz, timestamptz, numeric, text, text, int) is
  'Events within radius_m metres (100,000 at most) of a point in degrees that are not over, nearest first; optionally filtered by category, start time, price and words. Keyset: pass the cursor of the last row for the next page; at most 100 rows.';
