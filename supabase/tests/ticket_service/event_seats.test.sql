begin;
set local search_path = extensions, public;
select no_plan();

select tests.make_people();
select is(tests.may('owner', 'ticket_private.event_seats'), 'nothing', 'seats are not for clients');
select is(tests.may('anonymous', 'ticket_private.event_seats'), 'nothing', 'nor for visitors');
select tests.make_event('show', 'owner', '{"ticketing_enabled": true, "price": 10, "max_attendees": 2}'), tests.make_event('endless', 'owner', '{"ticketing_enabled": true, "price": 10}');
create function pg_temp.seats(event text) returns int[] language sql as $$ select array[capacity, held, sold] from ticket_private.event_seats where event_id = tests.id(event) $$;
select is(array[pg_temp.seats('show'), pg_temp.seats('endless')], array[[2, 0, 0], [null, 0, 0]], 'each event has its seats');

-- Whoever writes a ticket takes the seat with it.
insert into ticket_service.tickets (id, user_id, event_id, status) values (tests.id('held'), tests.id('mutual'), tests.id('show'), 'pending'), (tests.id('sold'), tests.id('follower'), tests.id('show'), 'active');
select is(pg_temp.seats('show'), array[2, 1, 1], 'pending is held, active is sold');
select tests.outcomes(format($$ insert into ticket_service.tickets (user_id, event_id, status) values (tests.id('stranger'), tests.id('show'), %L) $$, status), 'database ' || outcome, 'one more that is ' || status)
from (values ('pending', 'sold_out/409'), ('active', 'sold_out/409'), ('cancelled', '1'), ('expired', '1'), ('refunded', '1')) tickets (status, outcome);
select tests.outcomes($$ insert into ticket_service.tickets (user_id, event_id, status) values (tests.id('stranger'), tests.id('endless'), 'active') $$, 'database 1', 'without a limit there is room');
update ticket_service.tickets set status = 'active' where id = tests.id('held');
select is(pg_temp.seats('show'), array[2, 0, 2], 'what was held is sold without a free seat');
update ticket_service.tickets set status = 'pending' where id = tests.id('held');
select is(pg_temp.seats('show'), array[2, 1, 1], 'and back');
update ticket_service.tickets set status = 'expired' where id = tests.id('held');
select is(pg_temp.seats('show'), array[2, 0, 1], 'what expires is free');
update ticket_service.tickets set status = 'refunded' where id = tests.id('sold');
select is(pg_temp.seats('show'), array[2, 0, 0], 'so is what is refunded');
update ticket_service.tickets set status = 'active' where id in (tests.id('held'), tests.id('sold'));
select is(pg_temp.seats('show'), array[2, 0, 2], 'a ticket that lives again takes a seat');
insert into ticket_service.tickets (id, user_id, event_id, status) values (tests.id('ended'), tests.id('stranger'), tests.id('show'), 'cancelled');
select tests.outcomes($$ update ticket_service.tickets set status = 'active' where id = tests.id('ended') $$, 'database sold_out/409', 'if there is one');
update ticket_service.tickets set event_id = tests.id('endless') where id = tests.id('sold');
select is(array[pg_temp.seats('show'), pg_temp.seats('endless')], array[[2, 0, 1], [null, 0, 1]], 'one that moves takes its seat along');
delete from ticket_service.tickets where id = tests.id('held');
select is(pg_temp.seats('show'), array[2, 0, 0], 'one that goes frees it');

-- Capacity is the event's.
insert into ticket_service.tickets (user_id, event_id, status) values (tests.id('mutual'), tests.id('show'), 'pending'), (tests.id('followed'), tests.id('show'), 'active');
select tests.outcomes($$ update event_service.events set max_attendees = 1 where id = tests.id('show') $$, 'owner places_are_taken/409', 'not below what is taken');
select tests.does('owner', $$ update event_service.events set max_attendees = 3 where id = tests.id('show') $$);
select is(pg_temp.seats('show'), array[3, 1, 1], 'max_attendees is copied');
select tests.outcomes($$ insert into ticket_private.event_seats (event_id) values (tests.id('show')) $$, 'database 23505/event_seats_pkey', 'one row for each event');
select tests.outcomes($$ update ticket_private.event_seats set held = -1 where event_id = tests.id('show') $$, 'database 23514/seats_are_not_negative', 'no seat is held less than never');
select tests.outcomes($$ update ticket_private.event_seats set sold = -1 where event_id = tests.id('show') $$, 'database 23514/seats_are_not_negative', 'nor sold');
select tests.outcomes($$ update ticket_private.event_seats set held = 3 where event_id = tests.id('show') $$, 'database sold_out/409', 'nor are there more than there are');
delete from ticket_service.tickets where event_id = tests.id('show');
delete from event_service.events where id = tests.id('show');
select is(pg_temp.seats('show'), null, 'seats go with their event');

select * from finish();
rollback;
