begin;
set local search_path = extensions, public;
select no_plan();

select tests.make_people();
select tests.make_event('hit ' || n, 'owner', jsonb_build_object('location_lat', -75 - n * 0.001, 'location_lng', 100, 'title', 'Hit ' || n, 'category', 'music')) from generate_series(1, 4) n;
select tests.make_event('secret', 'owner', '{"location_lat": -75, "location_lng": 100, "title": "Secret", "privacy": "private"}'),
  tests.make_event('circle', 'owner', '{"location_lat": -75, "location_lng": 100, "title": "Circle", "privacy": "friends_only"}'),
  tests.make_event('off', 'owner', '{"location_lat": -75, "location_lng": 100, "title": "Off", "status": "cancelled"}'),
  tests.make_event('far', 'owner', '{"location_lat": -75.6, "location_lng": 100, "title": "Far"}'),
  tests.make_event('later', 'owner', jsonb_build_object('location_lat', -75, 'location_lng', 100, 'title', 'Later', 'start_time', now() + interval '31 days', 'end_time', now() + interval '32 days')),
  tests.make_event('small', 'owner', '{"location_lat": -75.002, "location_lng": 100, "title": "Small", "max_attendees": 20, "category": "art"}'),
  tests.make_event('big', 'owner', '{"location_lat": -75.002, "location_lng": 100, "title": "Big", "max_attendees": 21}');
insert into event_service.event_attendees (event_id, user_id) select tests.id('hit 3'), tests.id(person) from unnest(array['follower', 'followed', 'blocker']) person;
insert into event_service.event_attendees (event_id, user_id) values (tests.id('hit 2'), tests.id('follower'));

-- Mode trending.
select tests.outcomes($$ select from event_service.discover_events('trending', -75, 100) $$,
  'owner 6, mutual 6, stranger 6, anonymous 6, blocked 0, blocker 0, service 6', 'public events of the next thirty days within 50 km');
select tests.act_as('stranger');
select is((select (array_agg(title))[1:2] from event_service.discover_events('trending', -75, 100)), array['Hit 3', 'Hit 2'], 'events with the most attendees are first');
select is((select array_agg(title) from event_service.discover_events('trending', -75, 100, '{art}')), array['Small'], 'trending events can be filtered by category');

-- A generation keeps its order while scores change.
create temp table page_1 as select * from event_service.discover_events('trending', -75, 100, page_size => 2);
create temp table all_of_it as select * from event_service.discover_events('trending', -75, 100);
select tests.act_as('database');
select is((select count(*)::int from event_private.rankings where area = '-75.0,100.0' and viewer_id is null), 1, 'one generation serves all callers');
insert into event_service.event_attendees (event_id, user_id) select tests.id('hit 1'), tests.id(person) from unnest(array['follower', 'followed', 'blocker', 'mutual', 'owner']) person;
select tests.make_event('new', 'owner', '{"location_lat": -75, "location_lng": 100, "title": "New"}');
select tests.act_as('stranger');
select is((select array_agg(title) from (select title from page_1 union all
    select title from event_service.discover_events('trending', -75, 100, cursor => (select cursor from page_1 offset 1))) pages),
  (select array_agg(title) from all_of_it), 'pages of a generation neither repeat nor skip events');
select tests.act_as('database');
select tests.does('owner', $$ update event_service.events set privacy = 'private' where id = tests.id('hit 4') $$);
select tests.outcomes(format($$ select from event_service.discover_events('trending', -75, 100, cursor => %L) where title = 'Hit 4' $$, (select cursor from page_1 limit 1)), 'stranger 0, owner 1', 'a page shows only what the caller sees now');
update event_private.rankings set made_at = now() - interval '6 minutes' where area = '-75.0,100.0';
select tests.outcomes($$ select from event_service.discover_events('trending', -75, 100) where title = 'New' $$, 'stranger 1', 'a new generation is made after five minutes');
select tests.outcomes(format($$ select from event_service.discover_events('trending', -75, 100, cursor => %L) $$, (select cursor from page_1 offset 1)), 'stranger 3, anonymous 3', 'cursors of the previous generation stay valid');
update event_private.rankings set made_at = now() - interval '61 minutes' where area = '-75.0,100.0';
select tests.outcomes(format($$ select from event_service.discover_events('trending', -75, 100, cursor => %L) $$, (select cursor from page_1 offset 1)),
  'stranger cursor_expired/410, anonymous cursor_expired/410', 'cursors expire after an hour');
select tests.does('stranger', $$ select from event_service.discover_events('trending', -75, 100) $$);
select is((select count(*)::int from event_private.rankings where made_at < now() - interval '1 hour'), 0, 'expired generations are deleted');

-- Mode for_you.
select tests.outcomes($$ select from event_service.discover_events('for_you', -75, 100) $$, 'anonymous sign_in_required/401, gone sign_in_required/401', 'for_you requires an account');
select tests.outcomes($$ select from event_service.discover_events('for_you', -75, 100) where title in ('Circle', 'Hit 1') $$, 'owner 0, mutual 2, stranger 1', 'for_you has events that the caller sees, without the caller''s own');
select tests.make_person('friend');
insert into user_service.follows (follower_id, following_id) values (tests.id('stranger'), tests.id('friend')), (tests.id('friend'), tests.id('stranger'));
insert into event_service.event_attendees (event_id, user_id) values (tests.id('big'), tests.id('friend'));
insert into event_service.event_attendees (event_id, user_id) select tests.id('hit 2'), tests.id(person) from unnest(array['blocked']) person;
select tests.act_as('stranger');
select is((select title from event_service.discover_events('for_you', -75, 100) limit 1), 'Big', 'events that friends attend are first');
create temp table my_page as select * from event_service.discover_events('for_you', -75, 100, page_size => 1);
select tests.act_as('database');
select tests.outcomes(format($$ select from event_service.discover_events('for_you', -75, 100, cursor => %L) $$, (select cursor from my_page)), 'mutual cursor_expired/410', 'a cursor of another person''s list has expired');
select is((select count(*)::int from event_private.rankings where viewer_id = tests.id('stranger')), 1, 'a person has one list of their own');
update event_private.rankings set made_at = now() - interval '10 minutes' where viewer_id is not null;
update user_service.user_privacy set events_visible = false where user_id = tests.id('friend');
select tests.act_as('stranger');
select isnt((select title from event_service.discover_events('for_you', -75, 100) limit 1), 'Big', 'attendance of a friend who hides it does not count');
select tests.act_as('database');

select tests.make_event('followed ' || n, case n when 2 then 'followed' else 'nuisance' end, '{"location_lat": -70, "location_lng": 100}') from generate_series(1, 3) n;
select tests.act_as('owner');
select is((select title from event_service.discover_events('for_you', -70, 100) limit 1), 'Followed 2', 'events of hosts whom the caller follows are first');
select tests.act_as('mutual');
create temp table unmoved as select title from event_service.discover_events('for_you', -70, 100) with ordinality list where ordinality = 1;
select tests.act_as('database');
select is((select title from unmoved), (select initcap(name) from unnest(array['followed 1', 'followed 2', 'followed 3']) name order by tests.id(name) limit 1), 'hosts whom others follow do not count');

-- Categories that the caller attends.
select tests.make_event('kind ' || kind, 'nuisance', jsonb_build_object('location_lat', -65, 'location_lng', 100, 'category', kind)) from unnest(array['art', 'food', 'study']) kind;
select tests.make_event('attended ' || kind, 'nuisance', jsonb_build_object('category', kind, 'start_time', now() - interval '1 hour')) from unnest(array['art', 'food', 'study']) kind;
insert into event_service.event_attendees (event_id, user_id) select tests.id('attended ' || kind), tests.id(person)
from (values ('art', 'owner'), ('food', 'mutual'), ('study', 'follower')) going (kind, person);
select tests.act_as('owner');
select is((select title from event_service.discover_events('for_you', -65, 100) limit 1), 'Kind Art', 'events of a category that the caller attends are first');
select tests.act_as('mutual');
select is((select title from event_service.discover_events('for_you', -65, 100) limit 1), 'Kind Food', 'categories that others attend do not count');
select tests.act_as('database');

-- A generation is ranked from the centre of its area, not from the point of the first caller.
select tests.make_event('middle', 'nuisance', '{"location_lat": -60, "location_lng": 100}'), tests.make_event('edge', 'nuisance', '{"location_lat": -60.04, "location_lng": 100.04}');
select is((select array_agg(title) from event_service.discover_events('trending', -60.04, 100.04)), array['Middle', 'Edge'], 'the nearest event to the centre of the area is first');

-- Mode quiet.
select tests.make_event(name, 'nuisance', jsonb_build_object('location_lat', -55, 'location_lng', 100, 'max_attendees', 5, 'start_time', now() + away, 'end_time', now() + interval '40 days'))
from (values ('soon enough', interval '30 days'), ('too late', interval '30 days 1 minute')) events (name, away);
select is((select array_agg(title) from event_service.discover_events('quiet', -55, 100)), array['Soon Enough'], 'quiet events start within thirty days');
select tests.outcomes($$ select from event_service.discover_events('quiet', -75, 100) $$, 'stranger 1, anonymous 1, blocked 0', 'quiet events have at most twenty places');
select tests.make_event('tiny ' || n, 'owner', jsonb_build_object('location_lat', -75, 'location_lng', 100, 'title', 'Tiny ' || n, 'max_attendees', 5, 'start_time', now() + n * interval '1 hour')) from generate_series(1, 3) n;
select tests.act_as('stranger');
create temp table quiet_page as select * from event_service.discover_events('quiet', -75, 100, page_size => 2);
select is((select array_agg(title) from quiet_page), array['Tiny 1', 'Tiny 2'], 'quiet events are sorted by start');
select tests.act_as('database');
select tests.make_event('tiny 0', 'owner', jsonb_build_object('location_lat', -75, 'location_lng', 100, 'title', 'Tiny 0', 'max_attendees', 5, 'start_time', now() + interval '1 minute'));
select tests.act_as('stranger');
select is((select array_agg(title) from event_service.discover_events('quiet', -75, 100, cursor => (select cursor from quiet_page offset 1))), array['Tiny 3', 'Small'], 'the next page follows its cursor');
select is((select array_agg(title) from event_service.discover_events('quiet', -75, 100, '{art}')), array['Small'], 'quiet events can be filtered by category');
select tests.act_as('database');

-- Refusals and bounds.
select tests.outcomes(format($$ select from event_service.discover_events(%s) $$, arguments), 'stranger ' || outcome, arguments)
from (values
  ('''trending'', 91, 0', 'latitude_out_of_range/400'), ('''quiet'', 0, 181', 'longitude_out_of_range/400'), ('''for_you'', 0, null', 'incomplete_location/400'),
  ('''quiet'', null, 0', 'incomplete_location/400'), ('null', 'invalid_mode/400'), ('''loud''', '22P02'),
  ('''trending'', cursor => ''nonsense''', 'malformed_cursor/400'), ('''quiet'', cursor => ''nonsense''', 'malformed_cursor/400'),
  (format('''quiet'', cursor => %L', (select cursor from page_1 limit 1)), 'malformed_cursor/400'),
  (format('''for_you'', cursor => %L', (select cursor from page_1 limit 1)), 'malformed_cursor/400'),
  (format('''trending'', cursor => %L', event_private.write_cursor('{"kind": "trending", "place": 1, "id": "00000000-0000-0000-0000-000000000000"}')), 'cursor_expired/410'),
  (format('''trending'', cursor => %L', event_private.write_cursor(jsonb_build_object('kind', 'trending', 'id', (select id from event_private.rankings where mode = 'trending' limit 1)))), 'malformed_cursor/400')
) calls (arguments, outcome);
select tests.make_event('crowd ' || n, 'owner', '{"location_lat": -85, "location_lng": 100, "max_attendees": 5}') from generate_series(1, 101) n;
select tests.outcomes($$ select from event_service.discover_events('quiet', -85, 100, page_size => 1000000) $$, 'stranger 100', 'a page has at most 100 rows');
select tests.outcomes($$ select from event_service.discover_events('trending', -85, 100, page_size => 1000000) $$, 'stranger 100', 'a ranked page has at most 100 rows');
select is(tests.may('owner', 'event_private.rankings'), 'nothing', 'clients have no access to rankings');
select is(tests.may('anonymous', 'event_private.rankings'), 'nothing', 'anonymous visitors have no access to rankings');
select tests.outcomes($$ insert into event_private.rankings (id, mode, area, event_ids) select id, mode, area, event_ids from event_private.rankings limit 1 $$, 'database 23505/rankings_pkey', 'a taken id is refused');

select * from finish();
rollback;
