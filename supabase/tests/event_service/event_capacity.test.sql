begin;
set local search_path = extensions, public;
select no_plan();

select tests.make_people();
select is(tests.may('owner', 'event_private.event_capacity'), 'nothing', 'clients have no access to capacity');
select is(tests.may('anonymous', 'event_private.event_capacity'), 'nothing', 'anonymous visitors have no access to capacity');
select tests.make_event('small', 'owner', '{"max_attendees": 2}'), tests.make_event('endless');
select is((select array_agg(capacity order by event_id = tests.id('small')) from event_private.event_capacity where event_id in (tests.id('small'), tests.id('endless'))), array[null, 2], 'capacity is max_attendees, or null for no limit');

select tests.does('mutual', $$ insert into event_service.event_attendees (event_id) values (tests.id('small')) $$);
select tests.does('follower', $$ insert into event_service.event_attendees (event_id) values (tests.id('small')) $$);
select tests.outcomes(
  $$ insert into event_service.event_attendees (event_id) values (tests.id('small')) $$, 'stranger event_full/409, owner event_full/409', 'a full event cannot be joined');
select tests.outcomes(
  $$ insert into event_service.event_attendees (event_id) values (tests.id('endless')) $$, 'stranger 1', 'an event without a limit can be joined');
select tests.outcomes(
  $$ insert into event_service.event_attendees (event_id, user_id) values (tests.id('small'), tests.id('stranger')) $$, 'database event_full/409, service event_full/409', 'a full event cannot be joined by the server');
select tests.outcomes(
  $$ insert into event_service.event_attendees (event_id, status) values (tests.id('small'), 'pending') $$, 'stranger 1', 'a pending attendee takes no place');
select tests.does('stranger', $$ insert into event_service.event_attendees (event_id, status) values (tests.id('small'), 'pending') $$);
select tests.outcomes($$ update event_service.event_attendees set status = 'confirmed' where event_id = tests.id('small') $$, 'stranger event_full/409', 'a pending attendee cannot be confirmed while the event is full');
select tests.does('mutual', $$ update event_service.event_attendees set status = 'cancelled' where event_id = tests.id('small') $$);
select tests.outcomes($$ update event_service.event_attendees set status = 'confirmed' where event_id = tests.id('small') $$, 'stranger 1', 'a pending attendee can be confirmed after a cancellation');
select tests.does('stranger', $$ update event_service.event_attendees set status = 'confirmed' where event_id = tests.id('small') $$);
select tests.outcomes($$ update event_service.event_attendees set status = 'confirmed' where event_id = tests.id('small') $$, 'mutual event_full/409', 'a cancelled attendee cannot be confirmed again while the event is full');

select tests.outcomes(format($$ update event_service.events set max_attendees = %s where id = tests.id('small') $$, places), 'owner ' || outcome, 'max_attendees = ' || places)
from (values ('1', 'places_are_taken/409'), ('2', '1'), ('3', '1'), ('null', '1')) changes (places, outcome);
select tests.does('owner', $$ update event_service.events set max_attendees = 3 where id = tests.id('small') $$);
select is((select array[capacity, taken] from event_private.event_capacity where event_id = tests.id('small')), array[3, 2], 'capacity follows max_attendees');
select tests.outcomes($$ update event_service.events set ticketing_enabled = true where id = tests.id('small') $$, 'owner has_attendees/409', 'an event with attendees cannot become ticketed');
select tests.does('owner', $$ update event_service.events set ticketing_enabled = true, max_attendees = 5 where id = tests.id('endless') $$);
select is((select capacity from event_private.event_capacity where event_id = tests.id('endless')), null, 'capacity of a ticketed event is null');
select tests.does('owner', $$ update event_service.events set ticketing_enabled = false where id = tests.id('endless') $$);
select is((select capacity from event_private.event_capacity where event_id = tests.id('endless')), 5, 'capacity is restored when ticketing is disabled');

-- Constraints.
select tests.outcomes($$ update event_private.event_capacity set taken = -1 where event_id = tests.id('small') $$, 'database 23514/taken_is_not_negative', 'taken places cannot be negative');
select tests.outcomes($$ update event_private.event_capacity set taken = 4 where event_id = tests.id('small') $$, 'database event_full/409', 'taken places cannot exceed capacity');
select tests.outcomes($$ insert into event_private.event_capacity (event_id) values (tests.id('small')) $$, 'database 23505/event_capacity_pkey', 'an event has one row');
select tests.outcomes($$ insert into event_private.event_capacity (event_id) values (tests.id('nothing')) $$, 'database 23503/event_capacity_event_id_fkey', 'the event must exist');

select * from finish();
rollback;
