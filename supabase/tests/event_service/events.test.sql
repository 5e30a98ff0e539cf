begin;
set local search_path = extensions, public;
select no_plan();

select tests.make_people();
select tests.make_person('attendee');
select tests.make_person('invitee');
select tests.make_event('open'), tests.make_event('secret', 'owner', '{"privacy": "private"}'), tests.make_event('circle', 'owner', '{"privacy": "friends_only"}');
insert into event_service.event_attendees (event_id, user_id, status) values
  (tests.id('secret'), tests.id('attendee'), 'confirmed'), (tests.id('secret'), tests.id('stranger'), 'cancelled'), (tests.id('circle'), tests.id('attendee'), 'confirmed');
insert into user_service.invitations (inviter_id, invitee_id, event_id) values (tests.id('owner'), tests.id('invitee'), tests.id('secret')), (tests.id('owner'), tests.id('invitee'), tests.id('circle'));

-- Visibility.
select is(tests.may('owner', 'event_service.events'),
  'select, insert (host_id, title, description, category, start_time, end_time, location_name, location_address, location_lat, location_lng, max_attendees, price, currency, privacy, requirements, ticketing_enabled), '
  'update (title, description, category, start_time, end_time, location_name, location_address, location_lat, location_lng, max_attendees, price, currency, status, privacy, requirements, ticketing_enabled), delete',
  'clients cannot set counters, derived columns and times, and cannot change the host');
select is(tests.may('anonymous', 'event_service.events'), 'select', 'anonymous visitors may read events');
select tests.outcomes($$ select from event_service.events where id = tests.id('open') $$,
  'owner 1, mutual 1, follower 1, stranger 1, attendee 1, invitee 1, anonymous 1, blocked 0, blocker 0, service 1', 'a public event is visible to everyone, except across a block with the host');
select tests.outcomes($$ select from event_service.events where id = tests.id('circle') $$,
  'owner 1, mutual 1, follower 0, followed 0, stranger 0, attendee 0, invitee 0, anonymous 0, blocked 0, blocker 0', 'a friends-only event is visible to mutual followers of the host');
select tests.outcomes($$ select from event_service.events where id = tests.id('secret') $$,
  'owner 1, attendee 1, invitee 1, mutual 0, follower 0, stranger 0, anonymous 0, blocked 0, blocker 0', 'a private event is visible to host, attendees and invitees');
insert into user_service.blocks (blocker_id, blocked_id) values (tests.id('owner'), tests.id('attendee')), (tests.id('invitee'), tests.id('owner'));
insert into user_service.invitations (inviter_id, invitee_id, event_id) values (tests.id('mutual'), tests.id('invitee'), tests.id('secret'));
select tests.outcomes($$ select from event_service.events where id = tests.id('secret') $$, 'attendee 0, invitee 0', 'a block with the host hides a private event from attendees and invitees');
delete from user_service.blocks where tests.id('attendee') = blocked_id or tests.id('invitee') = blocker_id;
select tests.outcomes($$ select from event_private.visible_events $$, 'owner 42501/grant, anonymous 42501/grant', 'clients cannot reach private schemas');

-- Hosting.
select tests.outcomes(
  $$ insert into event_service.events (title, start_time, end_time) values ('New', now() + interval '1 hour', now() + interval '2 hours') $$,
  'owner 1, stranger 1, gone account_gone/401, anonymous 42501/grant', 'everyone with an account can host');
select tests.outcomes(
  $$ insert into event_service.events (host_id, title, start_time, end_time) values (tests.id('owner'), 'New', now() + interval '1 hour', now() + interval '2 hours') $$,
  'owner 1, mutual 42501/policy', 'the host must be the caller');
select tests.outcomes(
  $$ insert into event_service.events (title, start_time, end_time, attendees_count) values ('New', now() + interval '1 hour', now() + interval '2 hours', 100) $$,
  'owner 42501/grant', 'clients cannot set counters');
select tests.outcomes(
  $$ insert into event_service.events (title, start_time, end_time, status) values ('New', now() + interval '1 hour', now() + interval '2 hours', 'ongoing') $$,
  'owner 42501/grant', 'clients cannot set the status of a new event');
select tests.outcomes(
  $$ update event_service.events set title = 'Renamed' where id = tests.id('open') $$,
  'owner 1, mutual 0, stranger 0, blocked 0, anonymous 42501/grant, service 1', 'only the host updates an event');
select tests.outcomes($$ update event_service.events set title = 'Renamed' $$, 'stranger 1', 'an unconditional update changes only the caller''s events');
select tests.outcomes($$ update event_service.events set host_id = tests.id('mutual') where id = tests.id('open') $$, 'owner 42501/grant', 'clients cannot change the host');
select tests.outcomes($$ update event_service.events set tickets_sold = 0 where id = tests.id('open') $$, 'owner 42501/grant', 'clients cannot change counters');
select tests.outcomes(
  $$ delete from event_service.events where id = tests.id('open') $$, 'owner 1, mutual 0, stranger 0, anonymous 42501/grant', 'only the host deletes an event');

-- Constraints, with a value beyond and one at the bound.
select tests.outcomes(format($$ update event_service.events set %s where id = tests.id('open') $$, change), 'owner ' || outcome, left(change, 60))
from (values
  ('title = ''''', 'invalid_title/400'), ('title = '' ''', 'invalid_title/400'), ('title = repeat(''a'', 201)', 'invalid_title/400'), ('title = repeat(''a'', 200)', '1'),
  ('description = repeat(''a'', 20001)', 'text_too_long/400'), ('description = repeat(''a'', 20000)', '1'),
  ('location_name = repeat(''a'', 201)', 'text_too_long/400'), ('location_name = repeat(''a'', 200)', '1'),
  ('location_address = repeat(''a'', 501)', 'text_too_long/400'), ('location_address = repeat(''a'', 500)', '1'),
  ('requirements = repeat(''a'', 5001)', 'text_too_long/400'), ('requirements = repeat(''a'', 5000)', '1'),
  ('location_lat = 91, location_lng = 0', 'latitude_out_of_range/400'), ('location_lat = -90.1, location_lng = 0', 'latitude_out_of_range/400'), ('location_lat = 90, location_lng = 0', '1'),
  ('location_lat = 0, location_lng = 181', 'longitude_out_of_range/400'), ('location_lat = 0, location_lng = -180.1', 'longitude_out_of_range/400'), ('location_lat = 0, location_lng = -180', '1'),
  ('location_lat = 1, location_lng = null', 'incomplete_location/400'), ('location_lat = null, location_lng = 1', 'incomplete_location/400'), ('location_lat = null, location_lng = null', '1'),
  ('max_attendees = 0', 'invalid_capacity/400'), ('max_attendees = 1', '1'), ('max_attendees = null', '1'),
  ('price = -1', 'price_out_of_range/400'), ('price = 1e12', 'price_out_of_range/400'), ('price = ''NaN''', 'price_out_of_range/400'), ('price = 1e12 - 0.01', '1'), ('price = 0.0001', '1'), ('price = 0.00001', 'price_out_of_range/400'),
  ('currency = ''rupiah''', 'invalid_currency/400'), ('currency = ''eur''', 'invalid_currency/400'), ('currency = ''EUR''', '1'),
  ('end_time = start_time', 'event_ends_before_start/400'), ('end_time = start_time - interval ''1 minute''', 'event_ends_before_start/400'), ('end_time = start_time + interval ''1 minute''', '1'),
  ('end_time = start_time + interval ''367 days''', 'event_too_long/400'), ('end_time = start_time + interval ''366 days''', '1'),
  ('start_time = ''infinity'', end_time = ''infinity''', 'event_ends_before_start/400'), ('end_time = ''infinity''', 'event_too_long/400'),
  ('title = null', '23502'), ('start_time = null', '23502')
) changes (change, outcome);
select tests.outcomes(
  $$ insert into event_service.events (id, title, start_time, end_time) values (tests.id('open'), 'Twice', now() + interval '1 hour', now() + interval '2 hours') $$,
  'owner 42501/grant, service 23505/events_pkey', 'clients cannot set the id, and a taken id is refused');
select tests.outcomes(
  $$ insert into event_service.events (host_id, title, start_time, end_time) values (tests.id('nobody'), 'New', now(), now() + interval '2 hours') $$,
  'database 23503/events_host_id_fkey', 'the host must exist');

-- Derived columns.
update event_service.events set location_lat = -6.1754, location_lng = 106.8272, price = 50000, updated_at = '2001-01-01', is_free = true where id = tests.id('open');
select is((select st_asgeojson(location_geom) from event_service.events where id = tests.id('open')), '{"type":"Point","coordinates":[106.8272,-6.1754]}', 'location_geom is derived from the coordinates');
select is((select event_service.location(e) from event_service.events e where id = tests.id('open')), '{"type": "Point", "coordinates": [106.8272, -6.1754]}'::jsonb, 'location() is a GeoJSON point');
select is((select is_free from event_service.events where id = tests.id('open')), false, 'an event with a price is not free');
select is((select updated_at from event_service.events where id = tests.id('open')), now(), 'an update sets updated_at');
update event_service.events set updated_at = '2001-01-01' where id = tests.id('open');
update event_service.events set attendees_count = 0 where id = tests.id('open');
select is((select updated_at from event_service.events where id = tests.id('open')), '2001-01-01', 'counting does not change updated_at');
update event_service.events set price = 0, location_lat = null, location_lng = null where id = tests.id('open');
select is((select is_free and location_geom is null and event_service.location(e) is null from event_service.events e where id = tests.id('open')), true, 'derived columns follow when price and coordinates are removed');
update event_service.events set is_free = false, location_geom = 'point(1 1)' where id = tests.id('open');
select is((select is_free and location_geom is null from event_service.events where id = tests.id('open')), true, 'derived columns cannot be set');
select tests.make_event('counted', 'owner', '{"attendees_count": 7, "tickets_sold": 7}');
select is((select array[attendees_count, tickets_sold] from event_service.events where id = tests.id('counted')), array[0, 0], 'imported counters are ignored');

-- Counter events_created.
select is((select events_created from user_service.user_stats where user_id = tests.id('owner')), 4, 'events are counted for their host');
select tests.does('owner', $$ delete from event_service.events where id = tests.id('counted') $$);
select is((select events_created from user_service.user_stats where user_id = tests.id('owner')), 3, 'a deleted event is no longer counted');
update event_service.events set host_id = tests.id('mutual') where id = tests.id('circle');
select is((select array_agg(events_created order by user_id = tests.id('mutual')) from user_service.user_stats where user_id in (tests.id('owner'), tests.id('mutual'))), array[2, 1], 'an event with another host moves its count');
update event_service.events set host_id = tests.id('owner') where id = tests.id('circle');

-- host()
select tests.outcomes(
  $$ select from event_service.events e, event_service.host(e) where e.id = tests.id('open') $$, 'stranger 1, anonymous 1', 'host() returns the host');
update user_service.user_privacy set profile_visible = false where user_id = tests.id('owner');
select tests.outcomes($$ select from event_service.events where id = tests.id('open') $$, 'stranger 1, anonymous 1', 'an event of a hidden host stays visible');
select tests.outcomes(
  $$ select from event_service.events e, event_service.host(e) where e.id = tests.id('open') $$, 'mutual 1, stranger 0, anonymous 0', 'host() returns nothing if the host is hidden from the caller');
update user_service.user_privacy set profile_visible = true where user_id = tests.id('owner');

select * from finish();
rollback;
