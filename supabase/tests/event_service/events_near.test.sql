begin;
set local search_path = extensions, public;
select no_plan();

select tests.make_people();
-- Events from elsewhere in this database get no location.
update event_service.events set location_lat = null, location_lng = null where location_lat is not null;
-- Along a meridian in the Antarctic, a hundredth of a degree (1,117 m) apart.
select tests.make_event('near ' || n, 'owner', jsonb_build_object('location_lat', -75 - n * 0.01, 'location_lng', 100, 'title', 'Penguinology ' || n)) from generate_series(1, 6) n;
select tests.make_event('secret', 'owner', '{"location_lat": -75, "location_lng": 100, "privacy": "private"}');
select tests.make_event('circle', 'owner', '{"location_lat": -75.001, "location_lng": 100, "privacy": "friends_only"}');
select tests.make_event('off', 'owner', '{"location_lat": -75, "location_lng": 100, "status": "cancelled"}');
select tests.make_event('over', 'owner', jsonb_build_object('location_lat', -75, 'location_lng', 100, 'start_time', now() - interval '2 days', 'end_time', now() - interval '1 day'));
select tests.make_event('late', 'owner', '{"location_lat": -75, "location_lng": 100}');
update event_service.events set start_time = now() - interval '2 hours', end_time = now() - interval '1 minute' where id = tests.id('late');
select tests.make_event('nowhere', 'owner');

select tests.outcomes($$ select from event_service.events_near(-75, 100, 10000) $$,
  'owner 8, mutual 7, stranger 6, anonymous 6, blocked 0, blocker 0, service 6', 'returns visible events that are not over');
select tests.act_as('stranger');
select is((select array_agg(title) from event_service.events_near(-75, 100, 10000)), array(select 'Penguinology ' || n from generate_series(1, 6) n), 'events are sorted by distance');
select is((select array_agg(title) from event_service.events_near(-75, 100, 2500)), array['Penguinology 1', 'Penguinology 2'], 'events within the radius');
select is((select array_agg(title) from event_service.events_near(-75, 100)), array['Penguinology 1', 'Penguinology 2', 'Penguinology 3', 'Penguinology 4'], 'the radius is five kilometres by default');
select is((select array[round(distance_m / 100)::text, location::text, host ->> 'username', is_free::text, (cursor is not null)::text] from event_service.events_near(-75, 100, 1200)),
  array['11', '{"type": "Point", "coordinates": [100, -75.01]}', 'tap_owner', 'true', 'true'], 'a card has distance, location and host');

-- Filters.
select tests.act_as('database');
update event_service.events set category = 'coffee', price = 5 where id = tests.id('near 2');
update event_service.events set category = 'food', price = 10, start_time = now() + interval '5 days', end_time = now() + interval '6 days', location_name = 'Pole station' where id = tests.id('near 3');
select tests.act_as('stranger');
select is((select array_agg(title) from event_service.events_near(-75, 100, 10000, array['coffee', 'food']::event_service.event_category[])), array['Penguinology 2', 'Penguinology 3'], 'events can be filtered by category');
select is((select array_agg(title) from event_service.events_near(-75, 100, 10000, starts_after => now() + interval '3 days')), array['Penguinology 3'], 'events can be filtered by starts_after');
select is((select count(*)::int from event_service.events_near(-75, 100, 10000, starts_before => now() + interval '3 days')), 5, 'events can be filtered by starts_before');
select is((select array_agg(title) from event_service.events_near(-75, 100, 10000, max_price => 5, starts_before => now() + interval '3 days', categories => '{coffee}')), array['Penguinology 2'], 'events can be filtered by several criteria');
select is((select count(*)::int from event_service.events_near(-75, 100, 10000, max_price => 5)), 5, 'max_price excludes more expensive events');
select is((select array_agg(title) from event_service.events_near(-75, 100, 10000, query => 'pole STAT')), array['Penguinology 3'], 'events can be filtered by words');
select tests.outcomes(format($$ select from event_service.events_near(%s) $$, arguments), 'stranger ' || outcome || ', anonymous ' || outcome, arguments)
from (values
  ('91, 0', 'latitude_out_of_range/400'), ('-90.001, 0', 'latitude_out_of_range/400'), ('90, 0', '0'), ('''NaN'', 0', 'latitude_out_of_range/400'),
  ('0, 181', 'longitude_out_of_range/400'), ('0, -180.001', 'longitude_out_of_range/400'), ('0, 180', '0'), ('0, ''infinity''', 'longitude_out_of_range/400'),
  ('null, 0', 'incomplete_location/400'), ('0, null', 'incomplete_location/400'),
  ('-75, 0, 0', 'radius_out_of_range/400'), ('-75, 0, -1', 'radius_out_of_range/400'), ('-75, 0, 100001', 'radius_out_of_range/400'), ('-75, 0, ''NaN''', 'radius_out_of_range/400'),
  ('-75, 0, null', 'radius_out_of_range/400'), ('-75, 0, 100000', '0'), ('-75, 0, 1', '0'),
  ('-75, 0, 1000, query => ''!''', 'empty_search/400')
) calls (arguments, outcome);

-- Pages.
create temp table page_1 as select * from event_service.events_near(-75, 100, 10000, page_size => 2);
select tests.act_as('database');
select tests.make_event('nearer', 'owner', '{"location_lat": -75.001, "location_lng": 100, "title": "Nearer"}'),
  tests.make_event('between', 'owner', '{"location_lat": -75.035, "location_lng": 100, "title": "Between"}');
select tests.act_as('stranger');
select is((select array_agg(title) from event_service.events_near(-75, 100, 10000, page_size => 3, cursor => (select cursor from page_1 where title = 'Penguinology 2'))),
  array['Penguinology 3', 'Between', 'Penguinology 4'], 'the next page follows its cursor, whatever was added before it');
select is((select count(*)::int from event_service.events_near(-75, 100, 10000, page_size => 0)), 1, 'a page has at least one row');
select tests.act_as('database');
-- At the same distance, the id decides.
select tests.make_event('same ' || n, 'owner', '{"location_lat": -80, "location_lng": 100}') from generate_series(1, 101) n;
select tests.outcomes($$ select from event_service.events_near(-80, 100, page_size => 1000000) $$, 'stranger 100', 'a page has at most 100 rows');
select tests.act_as('stranger');
create temp table page_of_same as select * from event_service.events_near(-80, 100, page_size => 60);
select is((select count(distinct id)::int from (select id from page_of_same union all
  select id from event_service.events_near(-80, 100, page_size => 60, cursor => (select cursor from page_of_same offset 59))) pages), 101, 'two pages at the same distance neither repeat nor skip events');
select tests.act_as('database');
select tests.outcomes(format($$ select from event_service.events_near(-75, 100, cursor => %L) $$, cursor), 'stranger malformed_cursor/400', 'refuses the cursor ' || cursor)
from (values ('nonsense'), (event_private.write_cursor('{"kind": "near", "id": "00000000-0000-0000-0000-000000000000"}')),
  (event_private.write_cursor('{"kind": "near", "id": "00000000-0000-0000-0000-000000000000", "distance": "far"}')),
  (event_private.write_cursor('{"kind": "events", "id": "00000000-0000-0000-0000-000000000000", "distance": 1}'))) cursors (cursor);

select * from finish();
rollback;
