begin;
set local search_path = extensions, public;
select no_plan();

select tests.make_people();
select tests.make_person('attendee'), tests.make_person('shy'), tests.make_person('hidden');
update user_service.user_privacy set events_visible = false where user_id = tests.id('shy');
update user_service.user_privacy set profile_visible = false where user_id = tests.id('hidden');
select tests.make_event('open'), tests.make_event('secret', 'owner', '{"privacy": "private"}'), tests.make_event('ticketed', 'owner', '{"ticketing_enabled": true, "price": 10}');
insert into event_service.event_attendees (event_id, user_id) values
  (tests.id('open'), tests.id('attendee')), (tests.id('open'), tests.id('shy')), (tests.id('open'), tests.id('hidden')), (tests.id('secret'), tests.id('attendee'));
insert into ticket_service.tickets (id, user_id, event_id, status) values (tests.id('ticket'), tests.id('attendee'), tests.id('ticketed'), 'active');

-- Visibility.
select is(tests.may('owner', 'event_service.event_attendees'), 'select, insert (event_id, user_id, status), update (event_id, user_id, status), delete', 'clients may set only event_id, user_id and status');
select is(tests.may('anonymous', 'event_service.event_attendees'), 'nothing', 'anonymous visitors have no access to attendance');
select tests.outcomes(
  $$ select from event_service.event_attendees where event_id = tests.id('open') and user_id = tests.id('attendee') $$,
  'attendee 1, owner 1, stranger 1, mutual 1, blocked 0, blocker 0, anonymous 42501/grant, service 1', 'attendance is visible to everyone signed in who sees the event and the person');
select tests.outcomes(
  $$ select from event_service.event_attendees where event_id = tests.id('open') and user_id = tests.id('shy') $$,
  'shy 1, owner 1, stranger 0, attendee 0', 'attendance of a person who hides it is visible to the host only');
select tests.outcomes(
  $$ select from event_service.event_attendees where event_id = tests.id('open') and user_id = tests.id('hidden') $$,
  'hidden 1, owner 0, stranger 0', 'attendance of a hidden person is visible to mutual followers only');
select tests.outcomes(
  $$ select from event_service.event_attendees where event_id = tests.id('secret') $$, 'attendee 1, owner 1, stranger 0, mutual 0', 'attendance of an event is hidden from people who cannot see the event');
insert into user_service.blocks (blocker_id, blocked_id) values (tests.id('stranger'), tests.id('attendee')), (tests.id('owner'), tests.id('shy'));
select tests.outcomes(
  $$ select from event_service.event_attendees where event_id = tests.id('open') and user_id = tests.id('attendee') $$, 'stranger 0, mutual 1', 'a block hides attendance');
select tests.outcomes(
  $$ select from event_service.event_attendees where event_id = tests.id('open') and user_id = tests.id('shy') $$, 'shy 1, owner 0', 'a person always sees their own attendance');
delete from user_service.blocks where blocked_id in (tests.id('attendee'), tests.id('shy'));

-- Joining.
select tests.outcomes(
  $$ insert into event_service.event_attendees (event_id) values (tests.id('open')) $$,
  'stranger 1, owner 1, blocked event_not_found/404, blocker event_not_found/404, gone account_gone/401, anonymous 42501/grant, attendee 23505/attendance_is_unique', 'a caller joins a visible event, once');
select tests.outcomes(
  $$ insert into event_service.event_attendees (event_id) values (tests.id('secret')) $$, 'owner 1, stranger event_not_found/404', 'a private event cannot be joined without an invitation');
select tests.outcomes(
  $$ insert into event_service.event_attendees (event_id) values (tests.id('nothing')) $$, 'stranger event_not_found/404', 'an event that does not exist is refused');
select tests.outcomes(
  $$ insert into event_service.event_attendees (event_id, user_id) values (tests.id('open'), tests.id('stranger')) $$, 'stranger 1, owner 42501/policy', 'callers join only for themselves, the host included');
select tests.outcomes(
  $$ insert into event_service.event_attendees (event_id, has_attended) values (tests.id('open'), true) $$, 'stranger 42501/grant', 'clients cannot set has_attended');
select tests.outcomes(
  $$ insert into event_service.event_attendees (event_id, by_ticket) values (tests.id('ticketed'), true) $$, 'stranger 42501/grant', 'clients cannot set by_ticket');
select tests.outcomes(
  $$ insert into event_service.event_attendees (event_id) values (tests.id('ticketed')) $$, 'stranger ticket_required/409', 'a ticketed event cannot be joined without a ticket');
select tests.outcomes(
  $$ insert into event_service.event_attendees (event_id, status) values (tests.id('ticketed'), 'pending') $$, 'stranger ticket_required/409', 'not even with status pending');
select tests.make_event('over', 'owner', jsonb_build_object('start_time', now() - interval '2 days', 'end_time', now() - interval '1 day')), tests.make_event('off', 'owner', '{"status": "cancelled"}'),
  tests.make_event('late');
update event_service.events set start_time = now() - interval '2 hours', end_time = now() - interval '1 minute' where id = tests.id('late');
select tests.outcomes(
  format($$ insert into event_service.event_attendees (event_id) values (tests.id(%L)) $$, event), 'stranger event_not_open/409', 'refuses joining an event that is ' || event)
from unnest(array['over', 'off', 'late']) event;
select tests.outcomes(
  $$ insert into event_service.event_attendees (event_id, status) values (tests.id('over'), 'cancelled') $$, 'stranger 1', 'attendance with status cancelled is accepted at an event that is over');

-- Changing and deleting.
select tests.outcomes(
  $$ update event_service.event_attendees set status = 'cancelled' where event_id = tests.id('open') and user_id = tests.id('attendee') $$,
  'attendee 1, owner 0, stranger 0, anonymous 42501/grant', 'a person updates only their own attendance');
select tests.outcomes($$ insert into event_service.event_attendees (event_id, user_id, status) values (tests.id('open'), auth.uid(), 'pending')
  on conflict (event_id, user_id) do update set event_id = excluded.event_id, user_id = excluded.user_id, status = excluded.status $$, 'attendee 1, stranger 1', 'an upsert joins, or changes the status');
select tests.outcomes($$ update event_service.event_attendees set event_id = tests.id('ticketed') where event_id = tests.id('open') and user_id = tests.id('attendee') $$, 'attendee row_cannot_move/409', 'attendance cannot be moved to another event');
select tests.outcomes($$ update event_service.event_attendees set user_id = tests.id('stranger') where event_id = tests.id('open') and user_id = tests.id('attendee') $$, 'attendee 42501/policy', 'nor be given to another person');
select tests.outcomes($$ update event_service.event_attendees set status = 'cancelled' where event_id = tests.id('open') $$, 'attendee 1, owner 0', 'an update of all attendance of an event changes only the caller''s row');
select tests.outcomes(
  $$ update event_service.event_attendees set status = 'cancelled' where event_id = tests.id('ticketed') $$, 'attendee 0', 'attendance by ticket cannot be updated');
select tests.outcomes(
  $$ delete from event_service.event_attendees where event_id = tests.id('ticketed') $$, 'attendee 0, owner 0', 'attendance by ticket cannot be deleted');
select tests.outcomes(
  $$ delete from event_service.event_attendees where event_id = tests.id('open') and user_id = tests.id('attendee') $$,
  'attendee 1, owner 1, stranger 0, mutual 0, anonymous 42501/grant', 'the attendee or the host deletes attendance');
select tests.does('attendee', $$ update event_service.event_attendees set status = 'cancelled' where event_id = tests.id('secret') $$);
select tests.outcomes(
  $$ update event_service.event_attendees set status = 'confirmed' where event_id = tests.id('secret') $$, 'attendee event_not_found/404', 'cancelled attendance does not show a private event any more');
select tests.outcomes(
  $$ update event_service.event_attendees set status = 'cancelled' where event_id = tests.id('secret') $$, 'attendee 1', 'cancelled attendance can be cancelled again');
select tests.does('attendee', $$ update event_service.event_attendees set status = 'cancelled' where event_id = tests.id('open') $$);
update event_service.events set status = 'cancelled' where id = tests.id('open');
select tests.outcomes(
  $$ update event_service.event_attendees set status = 'confirmed' where event_id = tests.id('open') $$, 'attendee event_not_open/409', 'attendance of a cancelled event cannot be confirmed');

-- Counters.
select tests.make_event('counted');
select tests.does('stranger', $$ insert into event_service.event_attendees (event_id) values (tests.id('counted')) $$);
select tests.does('mutual', $$ insert into event_service.event_attendees (event_id, status) values (tests.id('counted'), 'pending') $$);
select is((select attendees_count from event_service.events where id = tests.id('counted')), 1, 'confirmed attendees are counted, pending ones are not');
select tests.does('mutual', $$ update event_service.event_attendees set status = 'confirmed' where event_id = tests.id('counted') $$);
select is((select attendees_count from event_service.events where id = tests.id('counted')), 2, 'an attendee is counted once confirmed');
select tests.does('mutual', $$ update event_service.event_attendees set status = 'confirmed' where event_id = tests.id('counted') $$);
select is((select attendees_count from event_service.events where id = tests.id('counted')), 2, 'a second confirmation does not count again');
select tests.does('owner', $$ delete from event_service.event_attendees where event_id = tests.id('counted') and user_id = tests.id('stranger') $$);
select tests.does('mutual', $$ update event_service.event_attendees set status = 'cancelled' where event_id = tests.id('counted') $$);
select is((select array[e.attendees_count, c.taken] from event_service.events e join event_private.event_capacity c on c.event_id = e.id where e.id = tests.id('counted')), array[0, 0], 'deleted and cancelled attendance is no longer counted');
update event_service.event_attendees set event_id = tests.id('late'), status = 'confirmed' where event_id = tests.id('counted');
select is((select array_agg(attendees_count order by id = tests.id('late')) from event_service.events where id in (tests.id('counted'), tests.id('late'))), array[0, 1], 'attendance with another event moves its count');

-- has_attended is derived, whatever is imported.
insert into event_service.event_attendees (event_id, user_id, has_attended) values (tests.id('late'), tests.id('stranger'), true), (tests.id('over'), tests.id('mutual'), false);
select is((select array_agg(has_attended order by user_id = tests.id('mutual')) from event_service.event_attendees
  where user_id in (tests.id('stranger'), tests.id('mutual')) and event_id in (tests.id('over'), tests.id('late')) and status = 'confirmed' and (user_id, event_id) <> (tests.id('mutual'), tests.id('late'))),
  array[false, true], 'has_attended is derived from the event');
select is((select events_attended from user_service.user_stats where user_id = tests.id('mutual')), 1, 'attended events are counted for the attendee');
update event_service.event_attendees set user_id = tests.id('follower') where event_id = tests.id('over') and user_id = tests.id('mutual');
select is((select array_agg(events_attended order by user_id = tests.id('follower')) from user_service.user_stats where user_id in (tests.id('mutual'), tests.id('follower'))), array[0, 1], 'attendance with another person moves its count');

-- Constraints.
select tests.outcomes(
  $$ insert into event_service.event_attendees (event_id, user_id) values (tests.id('counted'), tests.id('nobody')) $$, 'database 23503/event_attendees_user_id_fkey', 'the attendee must exist');
select tests.outcomes(
  $$ insert into event_service.event_attendees (event_id, user_id) values (tests.id('nothing'), tests.id('owner')) $$, 'database 23503/event_attendees_event_id_fkey', 'the event must exist');
delete from event_service.events where id = tests.id('over');
select is((select count(*)::int from event_service.event_attendees where event_id = tests.id('over')), 0, 'attendance is deleted with its event');
select is((select events_attended from user_service.user_stats where user_id = tests.id('follower')), 0, 'deleted attendance is no longer counted');

-- attendee()
select tests.act_as('owner');
select is((select (event_service.attendee(a)).username from event_service.event_attendees a where event_id = tests.id('ticketed')), 'tap_attendee', 'attendee() returns the attendee');
select tests.act_as('database');

select * from finish();
rollback;
