begin;
set local search_path = extensions, public;
select no_plan();

select tests.make_people();
select tests.make_event('upcoming'), tests.make_event('completed', 'owner', jsonb_build_object('start_time', now() - interval '2 days', 'end_time', now() - interval '1 day')),
  tests.make_event('of another', 'mutual'), tests.make_event('past of another', 'mutual', jsonb_build_object('start_time', now() - interval '2 days', 'end_time', now() - interval '1 day'));
insert into event_service.event_attendees (event_id, user_id) values
  (tests.id('of another'), tests.id('owner')), (tests.id('of another'), tests.id('stranger')), (tests.id('past of another'), tests.id('owner'));
insert into event_service.event_qna (id, event_id, user_id, question, answer, answered_by) values
  (tests.id('unanswered'), tests.id('of another'), tests.id('owner'), 'Parking?', null, null), (tests.id('answered'), tests.id('of another'), tests.id('owner'), 'Food?', 'Yes.', tests.id('mutual')),
  (tests.id('question of another'), tests.id('of another'), tests.id('stranger'), 'Drinks?', null, null);
insert into event_service.reviews (id, event_id, reviewer_id, rating) values (tests.id('review'), tests.id('past of another'), tests.id('owner'), 4);

-- The profile is deleted with the account.
delete from user_service.profiles where id = tests.id('owner');
select is((select array_agg(status || ' ' || coalesce(host_id::text, '-') order by start_time) from event_service.events where id in (tests.id('upcoming'), tests.id('completed'))), array['completed -', 'cancelled -'],
  'the person''s upcoming events are cancelled, completed ones stay, both without a host');
select is((select status::text from event_service.events where id = tests.id('of another')), 'upcoming', 'events of others are not cancelled');
select is((select array_agg(user_id) from event_service.event_attendees where event_id in (tests.id('of another'), tests.id('past of another'))), array[tests.id('stranger')], 'only the person''s attendance is deleted');
select is((select array[e.attendees_count, c.taken] from event_service.events e join event_private.event_capacity c on c.event_id = e.id where e.id = tests.id('of another')), array[1, 1], 'their places are free again');
select is((select array_agg(question || ' ' || coalesce(user_id::text, '-') order by question) from event_service.event_qna where event_id = tests.id('of another')),
  array['Drinks? ' || tests.id('stranger'), 'Food? -'], 'unanswered questions are deleted, answered ones stay without their author');
select is((select array_agg(rating || ' ' || coalesce(reviewer_id::text, '-')) from event_service.reviews where id = tests.id('review')), array['4 -'], 'reviews stay without their reviewer');

select * from finish();
rollback;
