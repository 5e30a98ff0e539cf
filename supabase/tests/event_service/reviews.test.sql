begin;
set local search_path = extensions, public;
select no_plan();

select tests.make_people();
select tests.make_person('attendee'), tests.make_person('hidden');
update user_service.user_privacy set profile_visible = false where user_id = tests.id('hidden');
select tests.make_event('going', 'owner', jsonb_build_object('start_time', now() - interval '1 hour')), tests.make_event('coming'),
  tests.make_event('off', 'owner', jsonb_build_object('start_time', now() - interval '1 hour', 'status', 'cancelled')),
  tests.make_event('secret', 'owner', jsonb_build_object('start_time', now() - interval '1 hour', 'privacy', 'private')),
  tests.make_event('other', 'mutual', jsonb_build_object('start_time', now() - interval '1 hour'));
insert into event_service.event_attendees (event_id, user_id, status)
select tests.id(event), tests.id(person), 'confirmed' from unnest(array['going', 'coming', 'off', 'other']) event, unnest(array['attendee', 'hidden', 'stranger', 'owner']) person;
insert into event_service.event_attendees (event_id, user_id, status) values
  (tests.id('going'), tests.id('follower'), 'cancelled'), (tests.id('going'), tests.id('followed'), 'pending'), (tests.id('secret'), tests.id('attendee'), 'confirmed'), (tests.id('coming'), tests.id('mutual'), 'confirmed');

select is(tests.may('owner', 'event_service.reviews'), 'select, insert (event_id, reviewer_id, rating, comment), update (event_id, reviewer_id, rating, comment), delete', 'clients cannot set host_id or timestamps');
select is(tests.may('anonymous', 'event_service.reviews'), 'select', 'anonymous visitors may read reviews');

-- Reviewing.
select tests.outcomes(
  $$ insert into event_service.reviews (event_id, rating) values (tests.id('going'), 4) $$,
  'attendee 1, owner own_event/403, mutual not_attended/403, follower not_attended/403, followed not_attended/403, blocked event_not_found/404, gone account_gone/401, anonymous 42501/grant',
  'only confirmed attendees other than the host can review');
select tests.outcomes($$ insert into event_service.reviews (event_id, rating) values (tests.id('coming'), 4) $$, 'attendee event_not_started/409', 'an event cannot be reviewed before it starts');
select tests.outcomes($$ insert into event_service.reviews (event_id, rating) values (tests.id('off'), 4) $$, 'attendee event_not_started/409', 'a cancelled event cannot be reviewed');
select tests.outcomes($$ insert into event_service.reviews (event_id, rating) values (tests.id('secret'), 4) $$, 'attendee 1, stranger event_not_found/404', 'a private event can be reviewed by its attendees only');
select tests.outcomes(
  $$ insert into event_service.reviews (event_id, reviewer_id, rating) values (tests.id('going'), tests.id('attendee'), 4) $$, 'attendee 1, stranger 42501/policy', 'the reviewer must be the caller');
select tests.outcomes(
  $$ insert into event_service.reviews (event_id, rating, host_id) values (tests.id('going'), 4, null) $$, 'attendee 42501/grant', 'clients cannot set host_id');
select tests.does('attendee', $$ insert into event_service.reviews (event_id, rating, comment) values (tests.id('going'), 4, 'Nice') $$);
select tests.does('hidden', $$ insert into event_service.reviews (event_id, rating) values (tests.id('going'), 1) $$);
select tests.does('attendee', $$ insert into event_service.reviews (event_id, rating) values (tests.id('secret'), 5) $$);
update event_service.reviews set id = tests.id(case when event_id = tests.id('secret') then 'secret review' when reviewer_id = tests.id('hidden') then 'hidden review' else 'review' end)
where reviewer_id in (tests.id('attendee'), tests.id('hidden'));
select tests.outcomes($$ insert into event_service.reviews (event_id, rating) values (tests.id('going'), 4) $$, 'attendee 23505/reviews_are_unique', 'a second review of an event is refused');
select tests.make_event('ticketed', 'owner', jsonb_build_object('start_time', now() - interval '1 hour', 'ticketing_enabled', true));
insert into ticket_service.tickets (event_id, user_id, status) values (tests.id('ticketed'), tests.id('attendee'), 'active'), (tests.id('ticketed'), tests.id('follower'), 'refunded');
select tests.outcomes($$ insert into event_service.reviews (event_id, rating) values (tests.id('ticketed'), 2) $$, 'attendee 1, follower not_attended/403', 'a ticket is enough to review, even without check-in');

-- Reading and changing.
select tests.outcomes($$ select from event_service.reviews where id = tests.id('review') $$,
  'attendee 1, owner 1, stranger 1, anonymous 1, blocked 0, blocker 0, service 1', 'a review is visible to everyone who sees the event and the reviewer');
select tests.outcomes($$ select from event_service.reviews where id = tests.id('hidden review') $$, 'hidden 1, owner 0, stranger 0, anonymous 0', 'reviews of a hidden person are hidden');
select tests.outcomes($$ select from event_service.reviews where id = tests.id('secret review') $$, 'owner 1, stranger 0, anonymous 0', 'reviews of an event are hidden from people who cannot see the event');
insert into event_service.reviews (id, event_id, reviewer_id, rating) values (tests.id('orphan'), tests.id('going'), null, 3);
select tests.outcomes($$ select from event_service.reviews where id = tests.id('orphan') $$, 'owner 1, stranger 1, anonymous 1', 'reviews of deleted accounts are visible');
delete from event_service.reviews where id = tests.id('orphan');
insert into user_service.blocks (blocker_id, blocked_id) values (tests.id('attendee'), tests.id('stranger'));
select tests.outcomes($$ select from event_service.reviews where id = tests.id('review') $$, 'stranger 0, mutual 1', 'a block hides reviews');
select tests.outcomes($$ update event_service.reviews set rating = 5 where id = tests.id('review') $$,
  'attendee 1, owner 0, mutual 0, anonymous 42501/grant, service 1', 'only the reviewer updates a review');
select tests.outcomes($$ update event_service.reviews set rating = 5 where event_id = tests.id('going') $$, 'attendee 1, owner 0', 'an update of all reviews of an event changes only the caller''s');
select tests.outcomes($$ insert into event_service.reviews (event_id, reviewer_id, rating) values (tests.id('going'), auth.uid(), 2)
  on conflict (event_id, reviewer_id) do update set event_id = excluded.event_id, reviewer_id = excluded.reviewer_id, rating = excluded.rating $$, 'attendee 1, mutual not_attended/403', 'an upsert reviews, or changes the review');
select tests.outcomes($$ update event_service.reviews set reviewer_id = tests.id('mutual') where id = tests.id('review') $$, 'attendee 42501/policy', 'a review cannot be given to another person');
select tests.outcomes($$ update event_service.reviews set event_id = tests.id('other') where id = tests.id('review') $$, 'attendee row_cannot_move/409, service 1', 'clients cannot move a review to another event');
select tests.outcomes($$ delete from event_service.reviews where id = tests.id('review') $$, 'attendee 1, owner 0, mutual 0, anonymous 42501/grant', 'only the reviewer deletes a review');

select tests.outcomes(format($$ update event_service.reviews set %s where id = tests.id('review') $$, change), 'attendee ' || outcome, left(change, 60))
from (values ('rating = 0', 'rating_out_of_range/400'), ('rating = 6', 'rating_out_of_range/400'), ('rating = 1', '1'), ('rating = 5', '1'), ('rating = null', '23502'),
  ('comment = repeat(''a'', 5001)', 'text_too_long/400'), ('comment = repeat(''a'', 5000)', '1'), ('comment = null', '1')) changes (change, outcome);

-- Counters.
select is((select array[average_rating, ratings_count, ratings_sum] from user_service.user_stats where user_id = tests.id('owner')), array[3.33, 3, 10], 'the host''s average follows reviews');
select is((select reviews_given from user_service.user_stats where user_id = tests.id('attendee')), 2, 'reviews are counted for the reviewer');
select is((select host_id from event_service.reviews where id = tests.id('review')), tests.id('owner'), 'host_id is set by a trigger');
update event_service.reviews set updated_at = '2001-01-01', host_id = tests.id('owner') where id = tests.id('review');
select tests.does('attendee', $$ update event_service.reviews set rating = 1 where id = tests.id('review') $$);
select is((select updated_at from event_service.reviews where id = tests.id('review')), now(), 'an update sets updated_at');
select is((select average_rating from user_service.user_stats where user_id = tests.id('owner')), 2.33, 'a changed rating changes the average');
update event_service.reviews set event_id = tests.id('other') where id = tests.id('review');
select is((select array_agg(average_rating order by user_id = tests.id('mutual')) from user_service.user_stats where user_id in (tests.id('owner'), tests.id('mutual'))), array[3.00, 1.00],
  'a review with another event counts for its host');
update event_service.reviews set event_id = tests.id('going') where id = tests.id('review');
select tests.does('attendee', $$ delete from event_service.reviews where reviewer_id = auth.uid() $$);
select tests.does('hidden', $$ delete from event_service.reviews where reviewer_id = auth.uid() $$);
select is((select array_agg(average_rating) from user_service.user_stats where user_id in (tests.id('owner'), tests.id('mutual'))), array[0.00, 0.00], 'the average is zero without reviews');
select is((select reviews_given from user_service.user_stats where user_id = tests.id('attendee')), 0, 'deleted reviews are no longer counted for the reviewer');

-- Constraints.
select tests.outcomes($$ insert into event_service.reviews (event_id, reviewer_id, rating) values (tests.id('nothing'), tests.id('owner'), 4) $$, 'database 23503/reviews_event_id_fkey', 'the event must exist');
select tests.outcomes($$ insert into event_service.reviews (event_id, reviewer_id, rating) values (tests.id('going'), tests.id('nobody'), 4) $$, 'database 23503/reviews_reviewer_id_fkey', 'the reviewer must exist');
insert into event_service.reviews (id, event_id, reviewer_id, rating) values (tests.id('review'), tests.id('going'), tests.id('attendee'), 4);
select tests.outcomes($$ update event_service.reviews set host_id = tests.id('nobody') where id = tests.id('review') $$, 'database 23503/reviews_host_id_fkey', 'the host must exist');
select tests.outcomes($$ insert into event_service.reviews (id, event_id, reviewer_id, rating) values (tests.id('review'), tests.id('going'), tests.id('mutual'), 4) $$, 'database 23505/reviews_pkey', 'a taken id is refused');
delete from event_service.events where id = tests.id('going');
select is((select count(*)::int from event_service.reviews where id = tests.id('review')), 0, 'reviews are deleted with their event');
select is((select ratings_count from user_service.user_stats where user_id = tests.id('owner')), 0, 'deleted reviews are no longer counted for the host');

-- reviewer()
insert into event_service.reviews (id, event_id, reviewer_id, rating) values (tests.id('review'), tests.id('other'), tests.id('attendee'), 4);
select tests.act_as('mutual');
select is((select (event_service.reviewer(r)).username from event_service.reviews r where id = tests.id('review')), 'tap_attendee', 'reviewer() returns the reviewer');
select tests.act_as('database');

-- The select policy does not apply to an update that reads no column.
select tests.make_person('unwelcome'), tests.make_event('newer', 'owner', jsonb_build_object('start_time', now() - interval '1 hour'));
insert into event_service.event_attendees (event_id, user_id) values (tests.id('newer'), tests.id('unwelcome'));
insert into event_service.reviews (event_id, reviewer_id, rating) values (tests.id('newer'), tests.id('unwelcome'), 3);
select tests.outcomes($$ update event_service.reviews set comment = 'Rude' $$, 'unwelcome 1', 'a reviewer updates their own review');
insert into user_service.blocks (blocker_id, blocked_id) values (tests.id('owner'), tests.id('unwelcome'));
select tests.outcomes($$ update event_service.reviews set comment = 'Rude' $$, 'unwelcome 0', 'a reviewer cannot update a review of an event that is no longer visible');

select * from finish();
rollback;
