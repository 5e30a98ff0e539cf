begin;
set local search_path = extensions, public;
select no_plan();

select tests.make_people();
select tests.make_person('hidden');
select tests.make_person('aloof');
update user_service.user_privacy set profile_visible = false where user_id = tests.id('hidden');
update user_service.user_privacy set allow_followers = false where user_id = tests.id('aloof');

-- A follow is visible to signed-in callers who see both people.
select tests.outcomes(
  $$ select from user_service.follows where follower_id = tests.id('follower') and following_id = tests.id('owner') $$,
  'owner 1, follower 1, mutual 1, stranger 1, blocked 0, blocker 0, anonymous 42501/grant',
  'a follow is visible to everyone signed in who sees both people');
insert into user_service.follows (follower_id, following_id) values
  (tests.id('hidden'), tests.id('owner')), (tests.id('owner'), tests.id('hidden')), (tests.id('hidden'), tests.id('stranger'));
select tests.outcomes(
  $$ select from user_service.follows where follower_id = tests.id('hidden') and following_id = tests.id('owner') $$,
  'hidden 1, owner 1, mutual 0, stranger 0',
  'the follow of a hidden follower is visible to mutual followers only');
select tests.outcomes(
  $$ select from user_service.follows where follower_id = tests.id('owner') and following_id = tests.id('hidden') $$,
  'hidden 1, owner 1, mutual 0, stranger 0',
  'a follow of a hidden person is visible to mutual followers only');

-- Following.
select tests.outcomes(
  $$ insert into user_service.follows (following_id) values (tests.id('stranger')) $$,
  'follower 1, owner 1, stranger self_follow/400, anonymous 42501/grant, gone account_gone/401',
  'a caller follows a visible person, but not themselves');
select tests.outcomes(
  $$ insert into user_service.follows (following_id) values (tests.id('owner')) $$,
  'stranger 1, blocked person_not_found/404, blocker person_not_found/404, follower 23505/follows_are_unique',
  'a block prevents follows in both directions, and a second follow is refused');
select tests.outcomes(
  $$ insert into user_service.follows (following_id) values (tests.id('nobody')) $$,
  'owner person_not_found/404', 'a person who does not exist cannot be followed, with the same code as a hidden one');
select tests.outcomes(
  $$ insert into user_service.follows (following_id) values (tests.id('hidden')) $$,
  'stranger person_not_found/404, mutual person_not_found/404', 'a hidden person cannot be followed');
select tests.outcomes(
  $$ insert into user_service.follows (following_id) values (tests.id('aloof')) $$,
  'stranger follow_refused/403, aloof self_follow/400', 'a person who does not allow followers cannot be followed');
select tests.outcomes(
  $$ insert into user_service.follows (follower_id, following_id) values (tests.id('stranger'), tests.id('mutual')) $$,
  'stranger 1, owner 42501/policy', 'the follower must be the caller');
select tests.outcomes(
  $$ insert into user_service.follows (following_id, created_at) values (tests.id('stranger'), '2001-01-01') $$,
  'owner 42501/grant, service 23502', 'clients cannot set created_at, and it cannot be null');
select tests.outcomes(
  $$ insert into user_service.follows (id, following_id) values (gen_random_uuid(), tests.id('stranger')) $$,
  'owner 42501/grant', 'clients cannot set the id');

-- Updates and deletes.
select tests.outcomes(
  $$ update user_service.follows set following_id = tests.id('stranger') where follower_id = tests.id('follower') and following_id = tests.id('owner') $$,
  'follower 42501/grant, anonymous 42501/grant, service 1', 'clients cannot update a follow');
select tests.outcomes(
  $$ delete from user_service.follows where follower_id = tests.id('follower') and following_id = tests.id('owner') $$,
  'follower 1, owner 1, mutual 0, stranger 0, anonymous 42501/grant', 'either side deletes a follow, nobody else does');

-- Constraints.
select tests.outcomes(
  $$ insert into user_service.follows (follower_id, following_id) values (tests.id('owner'), tests.id('owner')) $$,
  'database self_follow/400', 'a follow of oneself is refused');
select tests.outcomes(
  $$ insert into user_service.follows (follower_id, following_id) values (tests.id('nobody'), tests.id('owner')) $$,
  'database 23503/follows_follower_id_fkey', 'the follower must exist');
select tests.outcomes(
  $$ insert into user_service.follows (follower_id, following_id) values (tests.id('owner'), tests.id('nobody')) $$,
  'database 23503/follows_following_id_fkey', 'the followed person must exist');
select tests.outcomes(
  $$ insert into user_service.follows (follower_id, following_id) values (tests.id('blocked'), tests.id('owner')) $$,
  'database person_not_found/404', 'a trigger refuses a follow of a person who blocked the follower');
select tests.outcomes(
  $$ insert into user_service.follows (follower_id, following_id) values (tests.id('owner'), tests.id('blocked')) $$,
  'database person_not_found/404', 'and of a person whom the follower blocked');

-- Counters.
select is((select array[followers_count, following_count] from user_service.user_stats where user_id = tests.id('owner')), array[3, 3],
  'followers and followed people are counted');
select tests.does('stranger', $$ insert into user_service.follows (following_id) values (tests.id('owner')) $$);
select is((select followers_count from user_service.user_stats where user_id = tests.id('owner')), 4, 'a new follow counts for the followed person');
select is((select following_count from user_service.user_stats where user_id = tests.id('stranger')), 2, 'a new follow counts for the follower');
update user_service.follows set following_id = tests.id('mutual') where follower_id = tests.id('stranger') and following_id = tests.id('owner');
select is((select array[(select followers_count from user_service.user_stats where user_id = tests.id('owner')),
  (select followers_count from user_service.user_stats where user_id = tests.id('mutual'))]), array[3, 2], 'a follow with another target moves its count');
select tests.does('stranger', $$ delete from user_service.follows where follower_id = tests.id('stranger') and following_id = tests.id('mutual') $$);
select is((select array[(select followers_count from user_service.user_stats where user_id = tests.id('mutual')),
  (select following_count from user_service.user_stats where user_id = tests.id('stranger'))]), array[1, 1], 'a deleted follow is no longer counted');
update user_service.user_stats set following_count = 5000 where user_id = tests.id('stranger');
select tests.outcomes(
  $$ insert into user_service.follows (following_id) values (tests.id('owner')) $$,
  'stranger too_many_followed/409', 'a person follows at most 5,000 people');
update user_service.user_stats set following_count = 4999 where user_id = tests.id('stranger');
select tests.outcomes(
  $$ insert into user_service.follows (following_id) values (tests.id('owner')) $$,
  'stranger 1', 'the 5,000th follow is accepted');

-- Another code for blocked people would reveal who blocked whom.
select tests.outcomes(format($$ insert into user_service.follows (follower_id, following_id) values (tests.id('owner'), tests.id(%L)) $$, other), 'stranger 42501/policy', 'a follow on behalf of another person is refused alike, ' || other)
from unnest(array['blocked', 'blocker', 'acquaintance']) other;

-- Followers whom the person cannot see.
update user_service.user_privacy set profile_visible = false where user_id in (tests.id('follower'), tests.id('mutual'));
select tests.outcomes($$ delete from user_service.follows where following_id = tests.id('owner') and follower_id = tests.id('follower') $$, 'owner 0', 'a hidden follower cannot be removed by id');
select tests.outcomes($$ select user_service.remove_hidden_followers() $$, 'owner 1, anonymous 42501/grant', 'remove_hidden_followers() removes hidden followers');
create temp table followers_before as select followers_count from user_service.user_stats where user_id = tests.id('owner');
select tests.does('stranger', $$ select user_service.remove_hidden_followers() $$);
select is((select followers_count from user_service.user_stats where user_id = tests.id('owner')), (select followers_count from followers_before), 'a caller does not remove followers of other people');
select tests.does('owner', $$ select user_service.remove_hidden_followers() $$);
select is((select array_agg(tests.id(name) in (select follower_id from user_service.follows where following_id = tests.id('owner'))) from unnest(array['follower', 'mutual']) name),
  array[false, true], 'hidden followers are removed, hidden mutual followers stay');
select is((select followers_count from user_service.user_stats where user_id = tests.id('owner')), (select followers_count - 1 from followers_before), 'followers_count follows');
update user_service.user_privacy set profile_visible = true where user_id in (tests.id('follower'), tests.id('mutual'));
insert into user_service.follows (follower_id, following_id) values (tests.id('follower'), tests.id('owner'));

-- Embedding.
select tests.outcomes(
  $$ select f.follower from (select user_service.follower(f) from user_service.follows f where f.follower_id = tests.id('follower') and f.following_id = tests.id('owner')) f $$,
  'mutual 1, blocked 0, anonymous 42501/grant', 'follower() returns the follower if visible to the caller');
select tests.outcomes(
  $$ select user_service.following(f) from user_service.follows f where f.follower_id = tests.id('follower') and f.following_id = tests.id('owner') $$,
  'mutual 1, blocked 0, anonymous 42501/grant', 'following() returns the followed person if visible to the caller');
select is((select (user_service.follower(f)).username from user_service.follows f where f.follower_id = tests.id('follower') and f.following_id = tests.id('owner')), 'tap_follower', 'follower() returns the follower of the row');
select is((select (user_service.following(f)).username from user_service.follows f where f.follower_id = tests.id('follower') and f.following_id = tests.id('owner')), 'tap_owner', 'following() returns the followed person of the row');

select * from finish();
rollback;
