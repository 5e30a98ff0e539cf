begin;
set local search_path = extensions, public;
select no_plan();

select tests.make_people();
select tests.make_event('show', 'owner', '{"ticketing_enabled": true, "price": 10}'), tests.make_event('other show', 'stranger', '{"ticketing_enabled": true, "price": 10}');
insert into ticket_service.tickets (id, user_id, event_id, status, attendance_code) values
  (tests.id('ticket'), tests.id('mutual'), tests.id('show'), 'active', 'ABCDEFGH'), (tests.id('held'), tests.id('follower'), tests.id('show'), 'pending', 'HELDHELD'),
  (tests.id('refunded'), tests.id('stranger'), tests.id('show'), 'refunded', 'REFUNDED'), (tests.id('elsewhere'), tests.id('mutual'), tests.id('other show'), 'active', 'ELSEWHER');

-- Staff.
select is(tests.may('owner', 'ticket_service.event_staff'), 'select, insert (event_id, user_id), delete', 'hosts name staff');
select is(tests.may('anonymous', 'ticket_service.event_staff'), 'nothing', 'visitors do not');
select tests.outcomes($$ insert into ticket_service.event_staff (event_id, user_id) values (tests.id('show'), tests.id('followed')) $$, 'owner 1, stranger event_not_found/404, followed event_not_found/404, nobody account_gone/401', 'of their own events');
select tests.outcomes($$ insert into ticket_service.event_staff (event_id, user_id) values (tests.id('show'), tests.id('blocked')) $$, 'owner person_not_found/404', 'whom they see');
select tests.outcomes($$ insert into ticket_service.event_staff (event_id, user_id) values (tests.id('nothing'), tests.id('followed')) $$, 'owner event_not_found/404', 'of events that there are');
select tests.does('owner', $$ insert into ticket_service.event_staff (event_id, user_id) values (tests.id('show'), tests.id('followed')) $$);
select tests.outcomes($$ insert into ticket_service.event_staff (event_id, user_id) values (tests.id('show'), tests.id('followed')) $$, 'owner 23505/event_staff_are_unique', 'once');
select tests.outcomes($$ select from ticket_service.event_staff $$, 'owner 1, followed 1, stranger 0, mutual 0', 'the two see it');
select tests.outcomes($$ delete from ticket_service.event_staff $$, 'owner 1, followed 1, stranger 0, mutual 0', 'and may end it');

-- Who scans what.
select tests.outcomes($$ select ticket_service.check_in(tests.id('show'), 'ABCDEFGH') $$, 'owner 1, followed 1, mutual not_staff/403, stranger not_staff/403, nobody not_staff/403, anonymous 42501/grant', 'host and staff check tickets');
select tests.outcomes(format($$ select ticket_service.check_in(tests.id(%L), %L) $$, event, code), outcome, event || ' ' || coalesce(code, 'nothing'))
from (values ('show', ' abcdefgh ', 'owner 1'), ('show', 'ABCDEFGG', 'owner ticket_not_found/404'), ('show', 'HELDHELD', 'owner ticket_not_found/404'), ('show', 'REFUNDED', 'owner ticket_ended/409'),
  ('show', 'ELSEWHER', 'owner ticket_not_found/404'), ('show', null, 'owner ticket_not_found/404'), ('other show', 'ELSEWHER', 'owner not_staff/403, stranger 1'), ('nothing', 'ABCDEFGH', 'owner not_staff/403')) scans (event, code, outcome);
select tests.act_as('followed');
create temporary table scans as select 1 as number, (ticket_service.check_in(tests.id('show'), 'ABCDEFGH')).*;
grant all on scans to authenticated;
select tests.act_as('owner');
insert into scans select 2, (ticket_service.check_in(tests.id('show'), 'ABCDEFGH')).*;
select tests.act_as('database');
select is((select array_agg(result::text order by number) from scans), array['checked_in', 'already_checked_in'], 'a second scan is told');
select is((select array_agg(checked_in_by order by number) from scans), array['tap_followed', 'tap_followed'], 'by whom the first was');
select is((select array_agg(checked_in_at order by number) from scans), array[now(), now()], 'and when');
select is((select holder ->> 'username' from scans where number = 2), 'tap_mutual', 'and whose it is');
select is((select array[is_checked_in::text, checked_in_by::text] from ticket_service.tickets where id = tests.id('ticket')), array['true', tests.id('followed')::text], 'the ticket says so');
select isnt((select checked_in_at from event_service.event_attendees where event_id = tests.id('show') and user_id = tests.id('mutual')), null, 'so does the attendance');

-- Staff's power ends.
select tests.outcomes($$ select ticket_service.revoked_tickets(tests.id('show')) $$, 'owner 1, followed 1, stranger not_staff/403, anonymous 42501/grant', 'offline scanners are told what has ended');
select tests.act_as('owner');
select is(ticket_service.revoked_tickets(tests.id('show')), array[tests.id('refunded')], 'which is that');
select tests.act_as('database');
savepoint before;
update event_service.events set start_time = now() - interval '7 hours', end_time = now() - interval '5 hours 59 minutes' where id = tests.id('show');
select tests.outcomes($$ select ticket_service.check_in(tests.id('show'), 'ABCDEFGH') $$, 'owner 1, followed 1', 'a few hours after the event');
rollback to before;
update event_service.events set start_time = now() - interval '8 hours', end_time = now() - interval '6 hours' where id = tests.id('show');
select tests.outcomes($$ select ticket_service.check_in(tests.id('show'), 'ABCDEFGH') $$, 'owner 1, followed not_staff/403', 'no more after six');
rollback to before;
update event_service.events set status = 'cancelled' where id = tests.id('show');
select tests.outcomes($$ select ticket_service.check_in(tests.id('show'), 'ABCDEFGH') $$, 'owner event_not_open/409', 'nobody comes to what was cancelled');
rollback to before;
delete from ticket_service.tickets where event_id = tests.id('show');
delete from event_service.events where id = tests.id('show');
select is((select count(*)::int from ticket_service.event_staff), 0, 'no staff of an event that is gone');
rollback to before;
delete from auth.users where id = tests.id('followed');
select is((select checked_in_by from ticket_service.tickets where id = tests.id('ticket')), null, 'who left is not named');

select * from finish();
rollback;
