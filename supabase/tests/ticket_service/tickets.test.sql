begin;
set local search_path = extensions, public;
select no_plan();

select tests.make_people();
select tests.make_event('show', 'owner', '{"ticketing_enabled": true, "price": 10, "max_attendees": 3}'), tests.make_event('other', 'owner', '{"ticketing_enabled": true, "price": 10}');
insert into ticket_service.tickets (id, user_id, event_id, status, price_paid) values (tests.id('ticket'), tests.id('mutual'), tests.id('show'), 'active', 10);

-- Only the server moves money, and a ticket is money.
select is(tests.may('owner', 'ticket_service.tickets'), 'select', 'clients write no tickets');
select is(tests.may('anonymous', 'ticket_service.tickets'), 'nothing', 'visitors have none');
select tests.outcomes($$ select from ticket_service.tickets where id = tests.id('ticket') $$, 'mutual 1, owner 0, stranger 0, anonymous 42501/grant, service 1', 'only the buyer sees it');
select tests.outcomes($$ insert into ticket_service.tickets (user_id, event_id, status) values (tests.id('stranger'), tests.id('show'), 'active') $$,
  'stranger 42501/grant, owner 42501/grant, anonymous 42501/grant, service 1', 'nobody gives themselves a ticket');
select tests.outcomes($$ update ticket_service.tickets set price_paid = 0 where id = tests.id('ticket') $$, 'mutual 42501/grant, service 1', 'or changes its price');
select tests.outcomes($$ delete from ticket_service.tickets where id = tests.id('ticket') $$, 'mutual 42501/grant, service 1', 'or throws it away');

-- What a ticket may be.
select tests.outcomes(format($$ update ticket_service.tickets set %s where id = tests.id('ticket') $$, change), 'database ' || outcome, change)
from (values
  ('attendance_code = ''23456789''', '1'), ('attendance_code = ''ABCD''', '1'), ('attendance_code = ''A0O1''', '1'), ('attendance_code = ''2345678''', 'invalid_attendance_code/400'), ('attendance_code = ''2345678O''', 'invalid_attendance_code/400'),
  ('attendance_code = ''2345678I''', 'invalid_attendance_code/400'), ('attendance_code = ''23456780''', 'invalid_attendance_code/400'), ('attendance_code = ''abcdefgh''', 'invalid_attendance_code/400'), ('attendance_code = null', '23502'),
  ('price_paid = -1', 'price_out_of_range/400'), ('price_paid = 1e12', 'price_out_of_range/400'), ('price_paid = ''NaN''', 'price_out_of_range/400'), ('price_paid = 0', '1'),
  ('currency = ''rp''', 'invalid_currency/400'), ('currency = ''EUR''', '1'),
  ('status = ''used''', '22P02')
) changes (change, outcome);
select tests.outcomes($$ insert into ticket_service.tickets (event_id, attendance_code) select event_id, attendance_code from ticket_service.tickets where id = tests.id('ticket') $$, 'database 23505/attendance_codes_are_unique', 'a code twice');
select tests.outcomes($$ insert into ticket_service.tickets (id, event_id) values (tests.id('ticket'), tests.id('show')) $$, 'database 23505/tickets_pkey', 'an id that is taken');
select tests.outcomes($$ insert into ticket_service.tickets (user_id, event_id) values (tests.id('nobody'), tests.id('show')) $$, 'database 23503/tickets_user_id_fkey', 'a buyer exists');
select tests.outcomes($$ insert into ticket_service.tickets (user_id, event_id, status) values (tests.id('mutual'), tests.id('nothing'), 'cancelled') $$, 'database 23503/tickets_event_id_fkey', 'so does the event');
delete from ticket_private.event_seats where event_id = tests.id('other');
select tests.outcomes($$ insert into ticket_service.tickets (user_id, event_id, status) values (tests.id('mutual'), tests.id('other'), 'active') $$, 'database event_not_found/404', 'which has seats');
insert into ticket_private.event_seats (event_id) values (tests.id('other'));
select ok(bool_and(ticket_private.new_attendance_code() ~ '^[2-9A-HJ-NP-Z]{8}$'), 'codes have eight characters without look-alikes') from generate_series(1, 200);
select ok(count(distinct ticket_private.new_attendance_code()) = 200, 'and are drawn by chance') from generate_series(1, 200);
select is((select array_agg(has_function_privilege(role, 'ticket_private.new_attendance_code()', 'execute')) from unnest(array['anon', 'authenticated']) role), array[false, false], 'by the server');

-- One live ticket for a person and an event.
select tests.outcomes(format($$ insert into ticket_service.tickets (user_id, event_id, status) values (tests.id('mutual'), tests.id('show'), %L) $$, status), 'database ' || outcome, 'a second one that is ' || status)
from (values ('pending', '23505/one_live_ticket_each'), ('active', '23505/one_live_ticket_each'), ('cancelled', '1'), ('refunded', '1'), ('expired', '1')) tickets (status, outcome);
update ticket_service.tickets set status = 'refunded' where id = tests.id('ticket');
select tests.outcomes($$ insert into ticket_service.tickets (user_id, event_id, status) values (tests.id('mutual'), tests.id('show'), 'active') $$, 'database 1', 'one can buy again after a refund');
update ticket_service.tickets set status = 'active' where id = tests.id('ticket');

-- Checking in.
update ticket_service.tickets set is_checked_in = true where id = tests.id('ticket');
select is((select checked_in_at from ticket_service.tickets where id = tests.id('ticket')), now(), 'checking in is stamped');
update ticket_service.tickets set checked_in_at = '2026-01-01' where id = tests.id('ticket');
select is((select checked_in_at from ticket_service.tickets where id = tests.id('ticket')), '2026-01-01', 'with another time where one is given');
update ticket_service.tickets set is_checked_in = false where id = tests.id('ticket');
select is((select checked_in_at from ticket_service.tickets where id = tests.id('ticket')), null, 'and taken back');
update ticket_service.tickets set checked_in_at = now() where id = tests.id('ticket');
select is((select checked_in_at from ticket_service.tickets where id = tests.id('ticket')), null, 'not without checking in');

alter table ticket_service.tickets disable trigger tickets_stamp;
select tests.outcomes($$ update ticket_service.tickets set checked_in_at = now() where id = tests.id('ticket') $$, 'database 23514/checked_in_at_a_time', 'a constraint says so too');
alter table ticket_service.tickets enable trigger tickets_stamp;

-- A ticket makes an attendee.
select is((select array[a.status::text, a.by_ticket::text, e.tickets_sold::text, e.attendees_count::text] from event_service.event_attendees a join event_service.events e on e.id = a.event_id where a.user_id = tests.id('mutual')),
  array['confirmed', 'true', '1', '1'], 'who has a ticket comes');
insert into ticket_service.tickets (id, user_id, event_id, status) values (tests.id('held'), tests.id('follower'), tests.id('show'), 'pending');
select is((select count(*)::int from event_service.event_attendees where user_id = tests.id('follower')), 0, 'who is paying does not yet');
update ticket_service.tickets set status = 'active' where id = tests.id('held');
select is((select array[tickets_sold, attendees_count] from event_service.events where id = tests.id('show')), array[2, 2], 'once it is paid they do');
update ticket_service.tickets set status = 'refunded' where id = tests.id('held');
select is((select array[tickets_sold, attendees_count] from event_service.events where id = tests.id('show')), array[1, 1], 'until it is refunded');
select is((select status::text from event_service.event_attendees where user_id = tests.id('follower')), 'cancelled', 'which cancels their coming');
update ticket_service.tickets set status = 'active' where id = tests.id('held');
update ticket_service.tickets set user_id = tests.id('stranger') where id = tests.id('held');
select is((select array_agg(status::text order by user_id = tests.id('stranger')) from event_service.event_attendees where user_id in (tests.id('follower'), tests.id('stranger')) and event_id = tests.id('show')), array['cancelled', 'confirmed'], 'a ticket that changes hands changes who comes');
update ticket_service.tickets set event_id = tests.id('other') where id = tests.id('held');
select is((select array_agg(tickets_sold order by id = tests.id('other')) from event_service.events where id in (tests.id('show'), tests.id('other'))), array[1, 1], 'one that moves to another event moves its count');
delete from ticket_service.tickets where id = tests.id('held');
select is((select array[tickets_sold, attendees_count] from event_service.events where id = tests.id('other')), array[0, 0], 'one that goes is counted off');

-- Attendance of a ticketed event takes a check-in.
update event_service.events set start_time = now() - interval '1 hour' where id = tests.id('show');
select ok(event_private.advance_event_status() >= 1, 'the show begins');
select is((select events_attended from user_service.user_stats where user_id = tests.id('mutual')), 0, 'a ticket alone is no attendance');
create temp table event_before as select ctid as at from event_service.events where id = tests.id('show');
update ticket_service.tickets set is_checked_in = true where id = tests.id('ticket');
select is((select ctid from event_service.events where id = tests.id('show')), (select at from event_before), 'checking in does not touch the event, which everyone at the door would wait for');
select is((select array[a.has_attended::text, (a.checked_in_at = now())::text, s.events_attended::text] from event_service.event_attendees a join user_service.user_stats s on s.user_id = a.user_id where a.user_id = tests.id('mutual')),
  array['true', 'true', '1'], 'checking in is');
update ticket_service.tickets set is_checked_in = false where id = tests.id('ticket');
select is((select events_attended from user_service.user_stats where user_id = tests.id('mutual')), 0, 'and can be taken back');

-- Sold tickets keep their event.
select tests.outcomes($$ delete from event_service.events where id = tests.id('show') $$, 'owner has_sold_tickets/409, database has_sold_tickets/409', 'an event with sold tickets is cancelled, not deleted');
update ticket_service.tickets set status = 'refunded' where id = tests.id('ticket');
select tests.outcomes($$ delete from event_service.events where id = tests.id('show') $$, 'owner has_sold_tickets/409, database has_sold_tickets/409', 'refunded ones keep it too, for their journal');
select tests.outcomes($$ delete from event_service.events where id = tests.id('other') $$, 'owner 1', 'one without can go');
-- Where tickets are in a database of their own, the event knows them by whom they let in.
insert into event_service.event_attendees (event_id, user_id, by_ticket) values (tests.id('other'), tests.id('acquaintance'), true);
select tests.outcomes($$ delete from event_service.events where id = tests.id('other') $$, 'owner has_sold_tickets/409', 'who comes by a ticket keeps the event');
update event_service.event_attendees set status = 'cancelled' where event_id = tests.id('other') and user_id = tests.id('acquaintance');
select tests.outcomes($$ delete from event_service.events where id = tests.id('other') $$, 'owner 1', 'while they come');

-- Who leaves holds no seat.
select tests.make_event('left', 'owner', '{"ticketing_enabled": true, "price": 10, "max_attendees": 2}');
insert into ticket_service.tickets (id, user_id, event_id, status) values (tests.id('held by one who leaves'), tests.id('nuisance'), tests.id('left'), 'pending');
delete from auth.users where id = tests.id('nuisance');
select is((select array[held::text, t.status::text] from ticket_private.event_seats s join ticket_service.tickets t on t.event_id = s.event_id where s.event_id = tests.id('left')), array['0', 'cancelled'], 'a hold ends with the account');
insert into ticket_service.tickets (id, user_id, event_id, status, price_paid, is_checked_in) values
  (tests.id('theirs for nothing'), tests.id('acquaintance'), tests.id('left'), 'active', 0, false);
savepoint leaving;
delete from auth.users where id = tests.id('acquaintance');
select is((select array[s.sold::text, t.status::text] from ticket_private.event_seats s join ticket_service.tickets t on t.event_id = s.event_id where t.id = tests.id('theirs for nothing')), array['0', 'cancelled'], 'so does a free ticket');
rollback to leaving;
update ticket_service.tickets set price_paid = 10 where id = tests.id('theirs for nothing');
delete from auth.users where id = tests.id('acquaintance');
select is((select status::text from ticket_service.tickets where id = tests.id('theirs for nothing')), 'active', 'what was paid for stays sold');
rollback to leaving;
update event_service.events set start_time = now() - interval '2 hours', end_time = now() - interval '1 hour' where id = tests.id('left');
select event_private.advance_event_status();
delete from auth.users where id = tests.id('acquaintance');
select is((select status::text from ticket_service.tickets where id = tests.id('theirs for nothing')), 'active', 'as does what is past');
rollback to leaving;
update ticket_service.tickets set is_checked_in = true where id = tests.id('theirs for nothing');
delete from auth.users where id = tests.id('acquaintance');
select is((select status::text from ticket_service.tickets where id = tests.id('theirs for nothing')), 'active', 'and who was there was there');
rollback to leaving;
select tests.outcomes(format($$ update ticket_service.tickets set refund_fee = %s where id = tests.id('theirs for nothing') $$, fee), 'database ' || outcome, 'a fee of ' || fee)
from (values ('-1', '23514/refund_fee_in_range'), ('1e12', '23514/refund_fee_in_range'), ('''NaN''', '23514/refund_fee_in_range'), ('0.01', '1')) fees (fee, outcome);

select * from finish();
rollback;
