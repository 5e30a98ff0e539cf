begin;
set local search_path = extensions, public;
select no_plan();

select tests.make_people();
select tests.make_event('open');

-- Counters with waiting deltas.
select is(tests.may('owner', 'event_private.counter_deltas'), 'nothing', 'clients have no access to deltas');
select is(tests.may('anonymous', 'event_private.counter_deltas'), 'nothing', 'anonymous visitors have no access to deltas');
insert into event_private.counter_deltas (counted, target_id, counter, delta) values ('events', tests.id('open'), 'attendees_count', 5);
update event_service.events set updated_at = '2001-01-01' where id = tests.id('open');
select tests.does('mutual', $$ insert into event_service.event_attendees (event_id) values (tests.id('open')) $$);
select is((select attendees_count from event_service.events where id = tests.id('open')), 0, 'the counter lags behind while deltas wait');
select is((select sum(delta)::int from event_private.counter_deltas where target_id = tests.id('open')), 6, 'the counter plus its deltas is exact');
select tests.does('mutual', $$ delete from event_service.event_attendees where event_id = tests.id('open') $$);
select ok(tests.fold_counters() >= 3, 'a fold applies the waiting deltas');
select is((select array[attendees_count::text, updated_at::date::text] from event_service.events where id = tests.id('open')), array['5', '2001-01-01'], 'a fold does not change updated_at');
insert into event_private.counter_deltas (counted, target_id, counter, delta) values ('events', tests.id('nothing'), 'attendees_count', 5);
select tests.fold_counters();
select is((select count(*)::int from event_private.counter_deltas where target_id in (tests.id('open'), tests.id('nothing'))), 0, 'deltas of a deleted event are deleted');
select event_private.add_to_counter('events', tests.id('nothing'), 'attendees_count', -1);
select is((select count(*)::int from event_private.counter_deltas where target_id = tests.id('nothing')), 0, 'no delta is written for a deleted event');
select is((select array_agg(has_function_privilege(role, 'event_private.add_to_counter(name, uuid, name, integer)', 'execute') or has_function_privilege(role, 'event_private.fold_counters(integer)', 'execute'))
  from unnest(array['anon', 'authenticated']) role), array[false, false], 'clients cannot execute functions of counters');

select * from finish();
rollback;
