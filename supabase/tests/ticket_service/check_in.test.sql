begin;
set local search_path = extensions, public;
select no_plan();

select tests.make_people();
select tests.make_event('show', 'owner', '{"ticketing_enabled": true, "price": 10}'), tests.make_event('other show', 'stranger', '{"ticketing_enabled": true, "price": 10}');
insert into ticket_service.tickets (id, user_id, event_id, status, attendance_code) values
  (tests.id('ticket'), tests.id('mutual'), tests.id('show'), 'active', 'ABCDEFGH'), (tests.id('held'), tests.id('follower'), tests.id('show'), 'pending', 'HELDHELD'),
  (tests.id('refunded'), tests.id('stranger'), tests.id('show'), 'refunded', 'REFUNDED'), (tests.id('elsewhere'), tests.id('mutual'), tests.id('other show'), 'active', 'ELSEWHER');

-- Staff.
select is(tests.may('owner', 'ticket_service.event_staff'), 'select, insert (event_id, user_id), delete', 'clients may insert and delete staff, but not update them');
select is(tests.may('anonymous', 'ticket_service.event_staff'), 'nothing', 'anonymous visitors have no access to staff');
select tests.outcomes($$ insert into ticket_service.event_staff (event_id, user_id) values (tests.id('show'), tests.id('followed')) $$, 'owner 1, stranger event_not_found/404, followed event_not_found/404, nobody account_gone/401', 'only the host adds staff');
select tests.outcomes($$ insert into ticket_service.event_staff (event_id, user_id) values (tests.id('show'), tests.id('blocked')) $$, 'owner person_not_found/404', 'staff must be people whom the host sees');
select tests.outcomes($$ insert into ticket_service.event_staff (event_id, user_id) values (tests.id('nothing'), tests.id('followed')) $$, 'owner event_not_found/404', 'the event must exist');
select tests.does('owner', $$ insert into ticket_service.event_staff (event_id, user_id) values (tests.id('show'), tests.id('followed')) $$);
select tests.outcomes($$ insert into ticket_service.event_staff (event_id, user_id) values (tests.id('show'), tests.id('followed')) $$, 'owner 23505/event_staff_are_unique', 'a person is staff of an event once');
select tests.outcomes($$ select from ticket_service.event_staff s, ticket_service.person(s) p, ticket_service.event(s) e where p.id = tests.id('followed') and e.id = tests.id('show') $$, 'owner 1, followed 1, stranger 0', 'person() and event() return whom and what');
select tests.outcomes($$ select from ticket_service.event_staff $$, 'owner 1, followed 1, stranger 0, mutual 0', 'only the host and the person see staff');
select tests.outcomes($$ delete from ticket_service.event_staff $$, 'owner 1, followed 1, stranger 0, mutual 0', 'the host or the person deletes staff');

-- Check-in.
select tests.outcomes($$ select ticket_service.check_in(tests.id('show'), 'ABCDEFGH') $$, 'owner 1, followed 1, mutual not_staff/403, stranger not_staff/403, nobody not_staff/403, anonymous 42501/grant', 'only host and staff check in tickets');
select tests.outcomes(format($$ select ticket_service.check_in(tests.id(%L), %L) $$, event, code), outcome, event || ' ' || coalesce(code, 'null'))
from (values ('show', ' abcdefgh ', 'owner 1'), ('show', 'ABCDEFGG', 'owner ticket_not_found/404'), ('show', 'HELDHELD', 'owner ticket_not_found/404'), ('show', 'REFUNDED', 'owner ticket_ended/409'),
  ('show', 'ELSEWHER', 'owner ticket_not_found/404'), ('show', null, 'owner ticket_not_found/404'), ('other show', 'ELSEWHER', 'owner not_staff/403, stranger 1'), ('nothing', 'ABCDEFGH', 'owner not_staff/403')) scans (event, code, outcome);
select tests.act_as('followed');
create temporary table scans as select 1 as number, (ticket_service.check_in(tests.id('show'), 'ABCDEFGH')).*;
grant all on scans to authenticated;
select tests.act_as('owner');
insert into scans select 2, (ticket_service.check_in(tests.id('show'), 'ABCDEFGH')).*;
select tests.act_as('database');
select is((select array_agg(result::text order by number) from scans), array['checked_in', 'already_checked_in'], 'a second check-in reports that the ticket is checked in');
select is((select array_agg(checked_in_by order by number) from scans), array['tap_followed', 'tap_followed'], 'both report who checked in the ticket');
select is((select array_agg(checked_in_at order by number) from scans), array[now(), now()], 'both report when the ticket was checked in');
select is((select holder ->> 'username' from scans where number = 2), 'tap_mutual', 'check-in returns the holder');
select is((select array[is_checked_in::text, checked_in_by::text] from ticket_service.tickets where id = tests.id('ticket')), array['true', tests.id('followed')::text], 'the ticket has who checked it in');
select isnt((select checked_in_at from event_service.event_attendees where event_id = tests.id('show') and user_id = tests.id('mutual')), null, 'attendance has the time of check-in');

-- Tickets that ended, and limits of check-in.
select tests.outcomes($$ select ticket_service.revoked_tickets(tests.id('show')) $$, 'owner 1, followed 1, stranger not_staff/403, anonymous 42501/grant', 'only host and staff list revoked tickets');
select tests.act_as('owner');
select is(ticket_service.revoked_tickets(tests.id('show')), array[tests.id('refunded')], 'revoked tickets are those that ended');
select tests.act_as('database');
savepoint before;
update event_service.events set start_time = now() - interval '7 hours', end_time = now() - interval '5 hours 59 minutes' where id = tests.id('show');
select tests.outcomes($$ select ticket_service.check_in(tests.id('show'), 'ABCDEFGH') $$, 'owner 1, followed 1', 'staff can check in tickets until six hours after the end');
rollback to before;
update event_service.events set start_time = now() - interval '8 hours', end_time = now() - interval '6 hours' where id = tests.id('show');
select tests.outcomes($$ select ticket_service.check_in(tests.id('show'), 'ABCDEFGH') $$, 'owner 1, followed not_staff/403', 'after six hours only the host can');
rollback to before;
update event_service.events set status = 'cancelled' where id = tests.id('show');
select tests.outcomes($$ select ticket_service.check_in(tests.id('show'), 'ABCDEFGH') $$, 'owner event_not_open/409', 'tickets of a cancelled event cannot be checked in');
rollback to before;
delete from ticket_service.tickets where event_id = tests.id('show');
delete from event_service.events where id = tests.id('show');
select is((select count(*)::int from ticket_service.event_staff), 0, 'staff are deleted with their event');
rollback to before;
delete from auth.users where id = tests.id('followed');
select is((select checked_in_by from ticket_service.tickets where id = tests.id('ticket')), null, 'checked_in_by is null after the account deletion of the staff member');

select * from finish();
rollback;
