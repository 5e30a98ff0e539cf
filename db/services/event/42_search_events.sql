-- search_events(): events by words.

-- Definer: reads visible_events, because full-text search cannot use its index under a policy.
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
  -- Common words: scan the next events by time. Two matches in the first 200 rows suggest a full page in 5,000.
  foreach window_end in array array[200, 5000] loop
    ids := ids || array(
      select next.id
      from (
        -- Only one of the two branches runs, each with its own index.
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
  -- Rare words: use the index. Materialized, because the planner does not know how rare the words are.
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
revoke execute on function event_private.search_events(text, event_service.event_category[], boolean, text, int) from public;
grant execute on function event_private.search_events(text, event_service.event_category[], boolean, text, int) to anon, authenticated, service_role;

create or replace function event_service.search_events(
  query text, categories event_service.event_category[] default null, include_past boolean default false, cursor text default null, page_size int default 20)
returns setof event_service.event_card language sql stable security invoker set search_path = ''
begin atomic
  select * from event_private.search_events(query, categories, include_past, cursor, page_size);
end;
comment on function event_service.search_events(text, event_service.event_category[], boolean, text, int) is
  'Events whose title, place or description contains words with these prefixes, by start time; past events only with include_past. Keyset: pass the cursor of the last row for the next page; at most 100 rows.';
