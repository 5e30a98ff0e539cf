begin;
set local search_path = extensions, public;
select no_plan();

select tests.make_people();
select is(tests.may('owner', 'ticket_private.event_seats'), 'nothing', 'clients have no access to seats');
select is(tests.may('anonymous', 'ticket_private.event_seats'), 'nothing', 'anonymous visitors have no access to seats');
select tests.make_event('show', 'owner', '{"ticketing_enabled": true, "price": 10, "max_attendees": 2}'), tests.make_event('endless', 'owner', '{"ticketing_enabled": true, "price": 10}');
create function pg_temp.seats(event text) returns int[] language sql as $$ select array[capacity, held, sold] from ticket_private.event_seats where event_id = tests.id(event) $$;
select is(array[pg_temp.seats('show'), pg_temp.seats('endless')], array[[2, 0, 0], [null, 0, 0]], 'capacity is max_attendees, or null for no limit');

-- Any write of a ticket updates the seats.
insert into ticket_service.tickets (id, user_id, event_id, status) values (tests.id('held'), tests.id('mutual'), tests.id('show'), 'pending'), (tests.id('sold'), tests.id('follower'), tests.id('show'), 'active');
select is(pg_temp.seats('show'), array[2, 1, 1], 'a pending ticket holds a seat, an active one is sold');
select tests.outcomes(format($$ insert into ticket_service.tickets (user_id, event_id, status) values (tests.id('stranger'), tests.id('show'), %L) $$, status), 'database ' || outcome, 'one more ticket that is ' || status)
from (values ('pending', 'sold_out/409'), ('active', 'sold_out/409'), ('cancelled', '1'), ('expired', '1'), ('refunded', '1')) tickets (status, outcome);
select tests.outcomes($$ insert into ticket_service.tickets (user_id, event_id, status) values (tests.id('stranger'), tests.id('endless'), 'active') $$, 'database 1', 'an event without a limit has seats');
update ticket_service.tickets set status = 'active' where id = tests.id('held');
select is(pg_temp.seats('show'), array[2, 0, 2], 'a pending ticket becomes active without a free seat');
update ticket_service.tickets set status = 'pending' where id = tests.id('held');
select is(pg_temp.seats('show'), array[2, 1, 1], 'an active ticket becomes pending without a free seat');
update ticket_service.tickets set status = 'expired' where id = tests.id('held');
select is(pg_temp.seats('show'), array[2, 0, 1], 'an expired ticket frees its seat');
update ticket_service.tickets set status = 'refunded' where id = tests.id('sold');
select is(pg_temp.seats('show'), array[2, 0, 0], 'a refunded ticket frees its seat');
update ticket_service.tickets set status = 'active' where id in (tests.id('held'), tests.id('sold'));
select is(pg_temp.seats('show'), array[2, 0, 2], 'reactivated tickets take seats');
insert into ticket_service.tickets (id, user_id, event_id, status) values (tests.id('ended'), tests.id('stranger'), tests.id('show'), 'cancelled');
select tests.outcomes($$ update ticket_service.tickets set status = 'active' where id = tests.id('ended') $$, 'database sold_out/409', 'a ticket cannot be reactivated without a free seat');
update ticket_service.tickets set event_id = tests.id('endless') where id = tests.id('sold');
select is(array[pg_temp.seats('show'), pg_temp.seats('endless')], array[[2, 0, 1], [null, 0, 1]], 'a ticket with another event moves its seat');
delete from ticket_service.tickets where id = tests.id('held');
select is(pg_temp.seats('show'), array[2, 0, 0], 'a deleted ticket frees its seat');

-- Capacity.
insert into ticket_service.tickets (user_id, event_id, status) values (tests.id('mutual'), tests.id('show'), 'pending'), (tests.id('followed'), tests.id('show'), 'active');
select tests.outcomes($$ update event_service.events set max_attendees = 1 where id = tests.id('show') $$, 'owner places_are_taken/409', 'max_attendees cannot be less than live tickets');
select tests.does('owner', $$ update event_service.events set max_attendees = 3 where id = tests.id('show') $$);
select is(pg_temp.seats('show'), array[3, 1, 1], 'capacity follows max_attendees');
select tests.outcomes($$ insert into ticket_private.event_seats (event_id) values (tests.id('show')) $$, 'database 23505/event_seats_pkey', 'an event has one row');
select tests.outcomes($$ update ticket_private.event_seats set held = -1 where event_id = tests.id('show') $$, 'database 23514/seats_are_not_negative', 'held seats cannot be negative');
select tests.outcomes($$ update ticket_private.event_seats set sold = -1 where event_id = tests.id('show') $$, 'database 23514/seats_are_not_negative', 'sold seats cannot be negative');
select tests.outcomes($$ update ticket_private.event_seats set held = 3 where event_id = tests.id('show') $$, 'database sold_out/409', 'held and sold seats cannot exceed capacity');
delete from ticket_service.tickets where event_id = tests.id('show');
delete from event_service.events where id = tests.id('show');
select is(pg_temp.seats('show'), null, 'seats are deleted with their event');

-- Ticketing cannot be disabled while there are live tickets.
select tests.make_event('new show', 'owner', '{"ticketing_enabled": true, "price": 100}');
select tests.outcomes($$ update event_service.events set ticketing_enabled = false where id = tests.id('new show') $$, 'owner 1', 'ticketing can be disabled without tickets');
select ticket_service.begin_checkout(tests.id('mutual'), 'new', 'hash', tests.id('new show'), 'sandbox', null);
select tests.outcomes($$ update event_service.events set ticketing_enabled = false where id = tests.id('new show') $$, 'owner has_attendees/409', 'ticketing cannot be disabled while a seat is held');

select * from finish();
rollback;
