begin;
set local search_path = extensions, public;
select no_plan();

select tests.make_people();
select tests.make_event('found ' || n, 'owner', jsonb_build_object('title', 'Penguinology ' || n, 'start_time', now() + n * interval '1 day', 'end_time', now() + n * interval '1 day' + interval '1 hour'))
from generate_series(1, 4) n;
select tests.make_event('secret', 'owner', '{"title": "Penguinology", "privacy": "private"}'), tests.make_event('circle', 'owner', '{"title": "Penguinology", "privacy": "friends_only"}'),
  tests.make_event('over', 'owner', jsonb_build_object('title', 'Penguinology past', 'start_time', now() - interval '2 days', 'end_time', now() - interval '1 day'));
update event_service.events set description = 'About quokkas', location_name = 'Wombatville', category = 'study' where id = tests.id('found 3');

select tests.outcomes($$ select from event_service.search_events('penguinology') $$, 'owner 6, mutual 5, stranger 4, anonymous 4, blocked 0, blocker 0, service 4', 'a search finds only visible events');
select tests.act_as('stranger');
select is((select array_agg(title) from event_service.search_events('PENGU')), array(select 'Penguinology ' || n from generate_series(1, 4) n), 'words match the beginning of words, and events are sorted by start');
select is((select array_agg(title) from event_service.search_events('penguinology', include_past => true)), array(select 'Penguinology ' || n from unnest(array['past', '1', '2', '3', '4']) n), 'past events are found on request');
select is((select array_agg(title) from event_service.search_events('quokka wombat pengu')), array['Penguinology 3'], 'words match title, place and description');
select is((select array_agg(title) from event_service.search_events('penguinology', '{study}')), array['Penguinology 3'], 'events can be filtered by category');
select is((select count(*)::int from event_service.search_events('penguinology zebra')), 0, 'every word must match');
select tests.outcomes($$ select from event_service.search_events(' ') $$, 'stranger empty_search/400, anonymous empty_search/400', 'a search without words is refused');

create temp table page_1 as select * from event_service.search_events('penguinology', page_size => 2);
select tests.act_as('database');
select tests.make_event('sooner', 'owner', jsonb_build_object('title', 'Penguinology sooner', 'start_time', now() + interval '1 hour')),
  tests.make_event('between', 'owner', jsonb_build_object('title', 'Penguinology between', 'start_time', now() + interval '3 days 1 hour', 'end_time', now() + interval '4 days'));
select tests.act_as('stranger');
select is((select array_agg(title) from event_service.search_events('penguinology', cursor => (select cursor from page_1 where title = 'Penguinology 2'))),
  array(select 'Penguinology ' || n from unnest(array['3', 'between', '4']) n), 'the next page follows its cursor, whatever was added before it');
select tests.act_as('database');
select tests.make_event('same ' || n, 'owner', '{"title": "Wombatini"}') from generate_series(1, 101) n;
select tests.outcomes($$ select from event_service.search_events('wombatini', page_size => 1000000) $$, 'stranger 100', 'a page has at most 100 rows');
select tests.act_as('stranger');
create temp table page_of_same as select * from event_service.search_events('wombatini', page_size => 60);
select is((select count(distinct id)::int from (select id from page_of_same union all
  select id from event_service.search_events('wombatini', page_size => 60, cursor => (select cursor from page_of_same offset 59))) pages), 101, 'two pages with the same start neither repeat nor skip events');
select tests.act_as('database');
select tests.outcomes(format($$ select from event_service.search_events('penguinology', cursor => %L) $$, cursor), 'stranger malformed_cursor/400', 'refuses the cursor ' || cursor)
from (values ('nonsense'), (event_private.write_cursor('{"kind": "events", "id": "00000000-0000-0000-0000-000000000000"}')),
  (event_private.write_cursor('{"kind": "events", "id": "00000000-0000-0000-0000-000000000000", "time": "soon"}')),
  (event_private.write_cursor('{"kind": "near", "id": "00000000-0000-0000-0000-000000000000", "time": "2026-01-01"}'))) cursors (cursor);

select * from finish();
rollback;
