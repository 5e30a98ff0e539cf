begin;
set local search_path = extensions, public;
select no_plan();

select tests.make_people();
select tests.make_event('show', 'owner', '{"ticketing_enabled": true, "price": 10, "max_attendees": 3}'), tests.make_event('other', 'owner', '{"ticketing_enabled": true, "price": 10}');
insert into ticket_service.tickets (id, user_id, event_id, status, price_paid) values (tests.id('ticket'), tests.id('mutual'), tests.id('show'), 'active', 10);

-- Access. Only the server writes tickets.
select is(tests.may('owner', 'ticket_service.tickets'), 'select', 'clients cannot write tickets');
select is(tests.may('anonymous', 'ticket_service.tickets'), 'nothing', 'anonymous visitors have no access to tickets');
select tests.outcomes($$ select from ticket_service.tickets where id = tests.id('ticket') $$, 'mutual 1, owner 0, stranger 0, anonymous 42501/grant, service 1', 'only the buyer sees a ticket');
select tests.outcomes($$ insert into ticket_service.tickets (user_id, event_id, status) values (tests.id('stranger'), tests.id('show'), 'active') $$,
  'stranger 42501/grant, owner 42501/grant, anonymous 42501/grant, service 1', 'only the server inserts tickets');
select tests.outcomes($$ update ticket_service.tickets set price_paid = 0 where id = tests.id('ticket') $$, 'mutual 42501/grant, service 1', 'only the server updates tickets');
select tests.outcomes($$ delete from ticket_service.tickets where id = tests.id('ticket') $$, 'mutual 42501/grant, service 1', 'only the server deletes tickets');

-- Constraints and their bounds.
select tests.outcomes(format($$ update ticket_service.tickets set %s where id = tests.id('ticket') $$, change), 'database ' || outcome, change)
from (values
  ('attendance_code = ''23456789''', '1'), ('attendance_code = ''ABCD''', '1'), ('attendance_code = ''A0O1''', '1'), ('attendance_code = ''2345678''', 'invalid_attendance_code/400'), ('attendance_code = ''2345678O''', 'invalid_attendance_code/400'),
  ('attendance_code = ''2345678I''', 'invalid_attendance_code/400'), ('attendance_code = ''23456780''', 'invalid_attendance_code/400'), ('attendance_code = ''abcdefgh''', 'invalid_attendance_code/400'), ('attendance_code = null', '23502'),
  ('price_paid = -1', 'price_out_of_range/400'), ('price_paid = 1e12', 'price_out_of_range/400'), ('price_paid = ''NaN''', 'price_out_of_range/400'), ('price_paid = 0', '1'),
  ('currency = ''rp''', 'invalid_currency/400'), ('currency = ''EUR''', '1'),
  ('status = ''used''', '22P02')
) changes (change, outcome);
select tests.outcomes($$ insert into ticket_service.tickets (event_id, attendance_code) select event_id, attendance_code from ticket_service.tickets where id = tests.id('ticket') $$, 'database 23505/attendance_codes_are_unique', 'an attendance code is unique');
select tests.outcomes($$ insert into ticket_service.tickets (id, event_id) values (tests.id('ticket'), tests.id('show')) $$, 'database 23505/tickets_pkey', 'a taken id is refused');
select tests.outcomes($$ insert into ticket_service.tickets (user_id, event_id) values (tests.id('nobody'), tests.id('show')) $$, 'database 23503/tickets_user_id_fkey', 'the buyer must exist');
select tests.outcomes($$ insert into ticket_service.tickets (user_id, event_id, status) values (tests.id('mutual'), tests.id('nothing'), 'cancelled') $$, 'database 23503/tickets_event_id_fkey', 'the event must exist');
delete from ticket_private.event_seats where event_id = tests.id('other');
select tests.outcomes($$ insert into ticket_service.tickets (user_id, event_id, status) values (tests.id('mutual'), tests.id('other'), 'active') $$, 'database event_not_found/404', 'an event without seats is refused');
insert into ticket_private.event_seats (event_id) values (tests.id('other'));
select ok(bool_and(ticket_private.new_attendance_code() ~ '^[2-9A-HJ-NP-Z]{8}$'), 'attendance codes have eight characters without look-alikes') from generate_series(1, 200);
select ok(count(distinct ticket_private.new_attendance_code()) = 200, 'attendance codes are random') from generate_series(1, 200);
select is((select array_agg(has_function_privilege(role, 'ticket_private.new_attendance_code()', 'execute')) from unnest(array['anon', 'authenticated']) role), array[false, false], 'clients cannot execute new_attendance_code()');

-- A person has one live ticket to an event.
select tests.outcomes(format($$ insert into ticket_service.tickets (user_id, event_id, status) values (tests.id('mutual'), tests.id('show'), %L) $$, status), 'database ' || outcome, 'a second ticket that is ' || status)
from (values ('pending', '23505/one_live_ticket_each'), ('active', '23505/one_live_ticket_each'), ('cancelled', '1'), ('refunded', '1'), ('expired', '1')) tickets (status, outcome);
update ticket_service.tickets set status = 'refunded' where id = tests.id('ticket');
select tests.outcomes($$ insert into ticket_service.tickets (user_id, event_id, status) values (tests.id('mutual'), tests.id('show'), 'active') $$, 'database 1', 'a buyer can buy again after a refund');
update ticket_service.tickets set status = 'active' where id = tests.id('ticket');

-- Time of check-in.
update ticket_service.tickets set is_checked_in = true where id = tests.id('ticket');
select is((select checked_in_at from ticket_service.tickets where id = tests.id('ticket')), now(), 'check-in sets checked_in_at');
update ticket_service.tickets set checked_in_at = '2026-01-01' where id = tests.id('ticket');
select is((select checked_in_at from ticket_service.tickets where id = tests.id('ticket')), '2026-01-01', 'checked_in_at can be given');
update ticket_service.tickets set is_checked_in = false where id = tests.id('ticket');
select is((select checked_in_at from ticket_service.tickets where id = tests.id('ticket')), null, 'undoing a check-in resets checked_in_at');
update ticket_service.tickets set checked_in_at = now() where id = tests.id('ticket');
select is((select checked_in_at from ticket_service.tickets where id = tests.id('ticket')), null, 'checked_in_at stays null without check-in');

alter table ticket_service.tickets disable trigger tickets_set_derived_columns;
select tests.outcomes($$ update ticket_service.tickets set checked_in_at = now() where id = tests.id('ticket') $$, 'database 23514/checked_in_at_a_time', 'a constraint requires check-in for checked_in_at');
alter table ticket_service.tickets enable trigger tickets_set_derived_columns;

-- Tickets and attendance.
select is((select array[a.status::text, a.by_ticket::text, e.tickets_sold::text, e.attendees_count::text] from event_service.event_attendees a join event_service.events e on e.id = a.event_id where a.user_id = tests.id('mutual')),
  array['confirmed', 'true', '1', '1'], 'an active ticket creates confirmed attendance');
insert into ticket_service.tickets (id, user_id, event_id, status) values (tests.id('held'), tests.id('follower'), tests.id('show'), 'pending');
select is((select count(*)::int from event_service.event_attendees where user_id = tests.id('follower')), 0, 'a pending ticket creates no attendance');
update ticket_service.tickets set status = 'active' where id = tests.id('held');
select is((select array[tickets_sold, attendees_count] from event_service.events where id = tests.id('show')), array[2, 2], 'attendance is counted once the ticket is active');
update ticket_service.tickets set status = 'refunded' where id = tests.id('held');
select is((select array[tickets_sold, attendees_count] from event_service.events where id = tests.id('show')), array[1, 1], 'a refunded ticket is no longer counted');
select is((select status::text from event_service.event_attendees where user_id = tests.id('follower')), 'cancelled', 'a refunded ticket cancels attendance');
update ticket_service.tickets set status = 'active' where id = tests.id('held');
update ticket_service.tickets set user_id = tests.id('stranger') where id = tests.id('held');
select is((select array_agg(status::text order by user_id = tests.id('stranger')) from event_service.event_attendees where user_id in (tests.id('follower'), tests.id('stranger')) and event_id = tests.id('show')), array['cancelled', 'confirmed'], 'a ticket with another buyer moves attendance');
update ticket_service.tickets set event_id = tests.id('other') where id = tests.id('held');
select is((select array_agg(tickets_sold order by id = tests.id('other')) from event_service.events where id in (tests.id('show'), tests.id('other'))), array[1, 1], 'a ticket with another event moves its count');
delete from ticket_service.tickets where id = tests.id('held');
select is((select array[tickets_sold, attendees_count] from event_service.events where id = tests.id('other')), array[0, 0], 'a deleted ticket is no longer counted');

-- A ticketed event is attended by check-in.
update event_service.events set start_time = now() - interval '1 hour' where id = tests.id('show');
select ok(event_private.advance_event_status() >= 1, 'the event starts');
select is((select events_attended from user_service.user_stats where user_id = tests.id('mutual')), 0, 'a ticket without check-in does not count as attended');
create temp table event_before as select ctid as at from event_service.events where id = tests.id('show');
update ticket_service.tickets set is_checked_in = true where id = tests.id('ticket');
select is((select ctid from event_service.events where id = tests.id('show')), (select at from event_before), 'check-in does not update the event, so that check-ins do not wait for each other');
select is((select array[a.has_attended::text, (a.checked_in_at = now())::text, s.events_attended::text] from event_service.event_attendees a join user_service.user_stats s on s.user_id = a.user_id where a.user_id = tests.id('mutual')),
  array['true', 'true', '1'], 'check-in counts as attended');
update ticket_service.tickets set is_checked_in = false where id = tests.id('ticket');
select is((select events_attended from user_service.user_stats where user_id = tests.id('mutual')), 0, 'undoing a check-in is no longer counted');

-- Account deletion.
select tests.make_event('small show', 'owner', '{"ticketing_enabled": true, "price": 10, "max_attendees": 2}');
insert into ticket_service.tickets (id, user_id, event_id, status) values (tests.id('held small'), tests.id('nuisance'), tests.id('small show'), 'pending');
delete from auth.users where id = tests.id('nuisance');
select is((select array[held::text, t.status::text] from ticket_private.event_seats s join ticket_service.tickets t on t.event_id = s.event_id where s.event_id = tests.id('small show')), array['0', 'cancelled'], 'a hold ends with the account of its buyer');
insert into ticket_service.tickets (id, user_id, event_id, status, price_paid, is_checked_in) values
  (tests.id('free ticket'), tests.id('acquaintance'), tests.id('small show'), 'active', 0, false);
savepoint account_deletion;
delete from auth.users where id = tests.id('acquaintance');
select is((select array[s.sold::text, t.status::text] from ticket_private.event_seats s join ticket_service.tickets t on t.event_id = s.event_id where t.id = tests.id('free ticket')), array['0', 'cancelled'], 'a free ticket ends with the account');
rollback to account_deletion;
update ticket_service.tickets set price_paid = 10 where id = tests.id('free ticket');
delete from auth.users where id = tests.id('acquaintance');
select is((select status::text from ticket_service.tickets where id = tests.id('free ticket')), 'active', 'a paid ticket stays active');
rollback to account_deletion;
update event_service.events set start_time = now() - interval '2 hours', end_time = now() - interval '1 hour' where id = tests.id('small show');
select event_private.advance_event_status();
delete from auth.users where id = tests.id('acquaintance');
select is((select status::text from ticket_service.tickets where id = tests.id('free ticket')), 'active', 'a ticket to a completed event stays active');
rollback to account_deletion;
update ticket_service.tickets set is_checked_in = true where id = tests.id('free ticket');
delete from auth.users where id = tests.id('acquaintance');
select is((select status::text from ticket_service.tickets where id = tests.id('free ticket')), 'active', 'a checked-in ticket stays active');
rollback to account_deletion;
select tests.outcomes(format($$ update ticket_service.tickets set refund_fee = %s where id = tests.id('free ticket') $$, fee), 'database ' || outcome, 'a refund fee of ' || fee)
from (values ('-1', '23514/refund_fee_in_range'), ('1e12', '23514/refund_fee_in_range'), ('''NaN''', '23514/refund_fee_in_range'), ('0.01', '1')) fees (fee, outcome);

select * from finish();
rollback;
