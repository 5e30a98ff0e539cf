begin;
set local search_path = extensions, public;
select no_plan();

select tests.make_people();
select tests.make_event('coming'), tests.make_event('going', 'owner', jsonb_build_object('start_time', now() - interval '1 hour')),
  tests.make_event('gone', 'owner', jsonb_build_object('start_time', now() - interval '2 days', 'end_time', now() - interval '1 day')),
  tests.make_event('off', 'owner', '{"status": "cancelled"}'),
  tests.make_event('wrong', 'owner', '{"status": "completed"}');
select is((select array_agg(status::text order by id) from event_service.events where host_id = tests.id('owner')),
  (select array_agg(status order by id) from (values (tests.id('coming'), 'upcoming'), (tests.id('going'), 'ongoing'), (tests.id('gone'), 'completed'),
    (tests.id('off'), 'cancelled'), (tests.id('wrong'), 'upcoming')) expected (id, status)), 'the status of a new event follows the clock');
delete from event_service.events where id = tests.id('wrong');

-- Times that pass.
insert into event_service.event_attendees (event_id, user_id) values (tests.id('coming'), tests.id('mutual'));
insert into event_service.event_attendees (event_id, user_id, status) values (tests.id('coming'), tests.id('follower'), 'pending');
select is((select events_attended from user_service.user_stats where user_id = tests.id('mutual')), 0, 'an attendee of an upcoming event has not attended');
update event_service.events set start_time = now() - interval '1 hour', end_time = now() + interval '1 hour' where id = tests.id('coming');
select ok(event_private.advance_event_status() >= 1, 'events that are due change their status');
select is((select status::text from event_service.events where id = tests.id('coming')), 'ongoing', 'an upcoming event becomes ongoing');
select is((select array_agg(has_attended order by status = 'pending') from event_service.event_attendees where event_id = tests.id('coming')), array[true, false], 'confirmed attendees of an ongoing event have attended, pending ones have not');
select is((select array_agg(events_attended order by user_id = tests.id('follower')) from user_service.user_stats where user_id in (tests.id('mutual'), tests.id('follower'))),
  array[1, 0], 'attended events are counted');
update event_service.events set end_time = now() where id in (tests.id('coming'), tests.id('going'));
select is(event_private.advance_event_status(1), 1, 'a run is limited to its batch');
select ok(event_private.advance_event_status() >= 1, 'the next run changes the rest');
select is((select array_agg(status::text) from event_service.events where id in (tests.id('coming'), tests.id('going'))), array['completed', 'completed'], 'an ongoing event becomes completed');
select is((select events_attended from user_service.user_stats where user_id = tests.id('mutual')), 1, 'attendance is not counted twice');
select is(event_private.advance_event_status(), 0, 'nothing is left to change');
select tests.make_event('short');
update event_service.events set start_time = now() - interval '2 hours', end_time = now() - interval '1 hour' where id = tests.id('short');
select event_private.advance_event_status();
select is((select status::text from event_service.events where id = tests.id('short')), 'completed', 'an upcoming event whose end has passed becomes completed');
select tests.outcomes($$ select event_private.advance_event_status() $$, 'owner 42501/grant, anonymous 42501/grant', 'clients cannot execute advance_event_status()');
select is((select array_agg(has_function_privilege(role, fn, 'execute') order by role, fn) from unnest(array['anon', 'authenticated', 'service_role']) role,
  unnest(array['event_private.advance_event_status(integer)', 'event_private.run_scheduled_work()']) fn), array[false, false, false, false, false, false], 'only the owner of the database may execute it and run_scheduled_work()');

-- Hosts may only cancel.
select tests.make_event('next'), tests.make_event('now', 'owner', jsonb_build_object('start_time', now() - interval '1 hour'));
select tests.outcomes(format($$ update event_service.events set %s where id = tests.id(%L) $$, change, event), 'owner ' || outcome, event || ': ' || change)
from (values
  ('next', 'status = ''cancelled''', '1'), ('next', 'status = ''ongoing''', 'status_follows_time/409'), ('next', 'status = ''completed''', 'status_follows_time/409'),
  ('next', 'status = ''upcoming''', '1'),
  ('now', 'status = ''cancelled''', '1'), ('now', 'status = ''upcoming''', 'status_follows_time/409'), ('now', 'status = ''completed''', 'status_follows_time/409'),
  ('gone', 'status = ''cancelled''', 'event_over/409'), ('gone', 'status = ''ongoing''', 'event_over/409'),
  ('off', 'status = ''upcoming''', 'event_over/409'), ('off', 'title = ''Still off''', '1'),
  ('next', 'start_time = start_time + interval ''1 hour''', '1'), ('now', 'start_time = start_time + interval ''1 minute''', 'event_started/409'),
  ('gone', 'start_time = start_time - interval ''1 hour''', 'event_started/409'),
  ('now', 'end_time = end_time + interval ''1 hour''', '1'), ('gone', 'end_time = end_time + interval ''1 hour''', 'event_over/409'),
  ('off', 'end_time = end_time + interval ''1 hour''', 'event_over/409'), ('gone', 'title = ''Looking back''', '1')
) changes (event, change, outcome);

-- A cancellation resets attendance.
insert into event_service.event_attendees (event_id, user_id) values (tests.id('now'), tests.id('mutual'));
select is((select events_attended from user_service.user_stats where user_id = tests.id('mutual')), 2, 'an attendee of an ongoing event has attended');
select tests.does('owner', $$ update event_service.events set status = 'cancelled' where id = tests.id('now') $$);
select is((select has_attended from event_service.event_attendees where event_id = tests.id('now')), false, 'nobody has attended a cancelled event');
select is((select events_attended from user_service.user_stats where user_id = tests.id('mutual')), 1, 'attendance of a cancelled event is no longer counted');

select * from finish();
rollback;
