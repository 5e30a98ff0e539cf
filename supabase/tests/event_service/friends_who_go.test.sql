begin;
set local search_path = extensions, public;
select no_plan();

select tests.make_people();
select tests.make_person('friend ' || n) from generate_series(1, 3) n;
select tests.make_person('shy'), tests.make_person('hidden'), tests.make_person('pending');
insert into user_service.follows (follower_id, following_id)
select pair.a, pair.b from unnest(array['friend 1', 'friend 2', 'friend 3', 'shy', 'hidden', 'pending']) friend,
  lateral (values (tests.id(friend), tests.id('stranger')), (tests.id('stranger'), tests.id(friend))) pair (a, b);
insert into user_service.follows (follower_id, following_id) values (tests.id('stranger'), tests.id('followed'));
update user_service.user_privacy set events_visible = false where user_id = tests.id('shy');
update user_service.user_privacy set profile_visible = false where user_id = tests.id('hidden');
select tests.make_event('open'), tests.make_event('secret', 'owner', '{"privacy": "private"}'), tests.make_event('mine', 'stranger');
insert into event_service.event_attendees (event_id, user_id, joined_at)
select tests.id(event), tests.id(person), now() - place * interval '1 hour'
from unnest(array['open', 'secret', 'mine']) event, unnest(array['friend 3', 'friend 2', 'friend 1', 'shy', 'hidden', 'followed']) with ordinality people (person, place);
insert into event_service.event_attendees (event_id, user_id, status) values (tests.id('open'), tests.id('pending'), 'pending');

select tests.act_as('stranger');
select is((select array_agg(username::text) from event_service.friends_who_go(tests.id('open'))), array['tap_hidden', 'tap_friend_1', 'tap_friend_2', 'tap_friend_3'],
  'returns mutual followers with visible confirmed attendance, in the order of joining');
select is((select array_agg(username::text) from event_service.friends_who_go(tests.id('mine'))), array['tap_hidden', 'tap_shy', 'tap_friend_1', 'tap_friend_2', 'tap_friend_3'], 'the host sees friends who hide their attendance');
select is((select count(*)::int from event_service.friends_who_go(tests.id('secret'))), 0, 'returns nothing for an event that the caller cannot see');
create temp table page_1 as select * from event_service.friends_who_go(tests.id('open'), page_size => 2);
select is((select array_agg(username::text) from event_service.friends_who_go(tests.id('open'), (select cursor from page_1 offset 1))), array['tap_friend_2', 'tap_friend_3'], 'the next page follows its cursor');
select is((select count(*)::int from event_service.friends_who_go(tests.id('open'), page_size => 0)), 1, 'a page has at least one row');
select tests.act_as('database');
select tests.outcomes($$ select from event_service.friends_who_go(tests.id('open')) $$, 'mutual 0, blocked 0, anonymous 42501/grant', 'friends of other people are not returned');
select tests.outcomes($$ select from event_service.friends_who_go(tests.id('open'), 'nonsense') $$, 'stranger malformed_cursor/400', 'refuses a malformed cursor');
insert into user_service.blocks (blocker_id, blocked_id) values (tests.id('friend 1'), tests.id('owner'));
select tests.outcomes($$ select from event_service.friends_who_go(tests.id('open')) $$, 'stranger 4', 'blocks between other people do not matter');
insert into user_service.users (id, username) select tests.id('many ' || n), 'tap_many_' || n from generate_series(1, 101) n;
insert into user_service.follows (follower_id, following_id)
select pair.a, pair.b from generate_series(1, 101) n, lateral (values (tests.id('many ' || n), tests.id('stranger')), (tests.id('stranger'), tests.id('many ' || n))) pair (a, b);
insert into event_service.event_attendees (event_id, user_id) select tests.id('open'), tests.id('many ' || n) from generate_series(1, 101) n;
select tests.outcomes($$ select from event_service.friends_who_go(tests.id('open'), page_size => 1000000) $$, 'stranger 100', 'a page has at most 100 rows');

select * from finish();
rollback;
