begin;
set local search_path = extensions, public;
select no_plan();

select tests.make_people();
select tests.make_person('hidden');
select tests.make_person('aloof');
update user_service.user_privacy set profile_visible = false where user_id = tests.id('hidden');
update user_service.user_privacy set allow_followers = false where user_id = tests.id('aloof');

-- Who sees that one follows another: signed-in people who see them both.
select tests.outcomes(
  $$ select from user_service.follows where follower_id = tests.id('follower') and following_id = tests.id('owner') $$,
  'owner 1, follower 1, mutual 1, stranger 1, blocked 0, blocker 0, anonymous 42501/grant',
  'whoever sees both people sees the follow');
insert into user_service.follows (follower_id, following_id) values
  (tests.id('hidden'), tests.id('owner')), (tests.id('owner'), tests.id('hidden')), (tests.id('hidden'), tests.id('stranger'));
select tests.outcomes(
  $$ select from user_service.follows where follower_id = tests.id('hidden') and following_id = tests.id('owner') $$,
  'hidden 1, owner 1, mutual 0, stranger 0',
  'a hidden follower is seen by mutual followers alone');
select tests.outcomes(
  $$ select from user_service.follows where follower_id = tests.id('owner') and following_id = tests.id('hidden') $$,
  'hidden 1, owner 1, mutual 0, stranger 0',
  'a hidden person who is followed is seen by mutual followers alone');

-- Following.
select tests.outcomes(
  $$ insert into user_service.follows (following_id) values (tests.id('stranger')) $$,
  'follower 1, owner 1, stranger self_follow/400, anonymous 42501/grant, gone account_gone/401',
  'one follows whom one sees, but not oneself');
select tests.outcomes(
  $$ insert into user_service.follows (following_id) values (tests.id('owner')) $$,
  'stranger 1, blocked person_not_found/404, blocker person_not_found/404, follower 23505/follows_are_unique',
  'a block hides people from both sides, and one follows once');
select tests.outcomes(
  $$ insert into user_service.follows (following_id) values (tests.id('nobody')) $$,
  'owner person_not_found/404', 'who does not exist is refused like who is hidden');
select tests.outcomes(
  $$ insert into user_service.follows (following_id) values (tests.id('hidden')) $$,
  'stranger person_not_found/404, mutual person_not_found/404', 'a hidden person is not there to be followed');
select tests.outcomes(
  $$ insert into user_service.follows (following_id) values (tests.id('aloof')) $$,
  'stranger follow_refused/403, aloof self_follow/400', 'who accepts no followers gets none');
select tests.outcomes(
  $$ insert into user_service.follows (follower_id, following_id) values (tests.id('stranger'), tests.id('mutual')) $$,
  'stranger 1, owner 42501/policy', 'one follows for oneself alone');
select tests.outcomes(
  $$ insert into user_service.follows (following_id, created_at) values (tests.id('stranger'), '2001-01-01') $$,
  'owner 42501/grant, service 23502', 'when it began is the database''s to say');
select tests.outcomes(
  $$ insert into user_service.follows (id, following_id) values (gen_random_uuid(), tests.id('stranger')) $$,
  'owner 42501/grant', 'so is the id');

-- A follow is there or not.
select tests.outcomes(
  $$ update user_service.follows set following_id = tests.id('stranger') where follower_id = tests.id('follower') and following_id = tests.id('owner') $$,
  'follower 42501/grant, anonymous 42501/grant, service 1', 'a follow cannot be changed');
select tests.outcomes(
  $$ delete from user_service.follows where follower_id = tests.id('follower') and following_id = tests.id('owner') $$,
  'follower 1, owner 1, mutual 0, stranger 0, anonymous 42501/grant', 'both sides can end it, nobody else');

-- The database's own rules.
select tests.outcomes(
  $$ insert into user_service.follows (follower_id, following_id) values (tests.id('owner'), tests.id('owner')) $$,
  'database self_follow/400', 'nobody follows themselves');
select tests.outcomes(
  $$ insert into user_service.follows (follower_id, following_id) values (tests.id('nobody'), tests.id('owner')) $$,
  'database 23503/follows_follower_id_fkey', 'a follower exists');
select tests.outcomes(
  $$ insert into user_service.follows (follower_id, following_id) values (tests.id('owner'), tests.id('nobody')) $$,
  'database 23503/follows_following_id_fkey', 'who is followed exists');
select tests.outcomes(
  $$ insert into user_service.follows (follower_id, following_id) values (tests.id('blocked'), tests.id('owner')) $$,
  'database person_not_found/404', 'follows_refuse_blocked looks at blocks that the statement did not see');
select tests.outcomes(
  $$ insert into user_service.follows (follower_id, following_id) values (tests.id('owner'), tests.id('blocked')) $$,
  'database person_not_found/404', 'from both sides');

-- Counters.
select is((select array[followers_count, following_count] from user_service.user_stats where user_id = tests.id('owner')), array[3, 3],
  'followers and followed are counted');
select tests.does('stranger', $$ insert into user_service.follows (following_id) values (tests.id('owner')) $$);
select is((select followers_count from user_service.user_stats where user_id = tests.id('owner')), 4, 'a new follower counts for the followed');
select is((select following_count from user_service.user_stats where user_id = tests.id('stranger')), 2, 'and for the follower');
update user_service.follows set following_id = tests.id('mutual') where follower_id = tests.id('stranger') and following_id = tests.id('owner');
select is((select array[(select followers_count from user_service.user_stats where user_id = tests.id('owner')),
  (select followers_count from user_service.user_stats where user_id = tests.id('mutual'))]), array[3, 2], 'a follow that moves takes its count along');
select tests.does('stranger', $$ delete from user_service.follows where follower_id = tests.id('stranger') and following_id = tests.id('mutual') $$);
select is((select array[(select followers_count from user_service.user_stats where user_id = tests.id('mutual')),
  (select following_count from user_service.user_stats where user_id = tests.id('stranger'))]), array[1, 1], 'one that ends is counted off');
update user_service.user_stats set following_count = 5000 where user_id = tests.id('stranger');
select tests.outcomes(
  $$ insert into user_service.follows (following_id) values (tests.id('owner')) $$,
  'stranger too_many_followed/409', 'one follows 5,000 at most');
update user_service.user_stats set following_count = 4999 where user_id = tests.id('stranger');
select tests.outcomes(
  $$ insert into user_service.follows (following_id) values (tests.id('owner')) $$,
  'stranger 1', 'and the 5,000th one can');

-- For somebody else, blocked or not: a refusal that differs would tell who has blocked whom.
select tests.outcomes(format($$ insert into user_service.follows (follower_id, following_id) values (tests.id('owner'), tests.id(%L)) $$, other), 'stranger 42501/policy', 'nobody follows for another, ' || other)
from unnest(array['blocked', 'blocker', 'acquaintance']) other;

-- Followers whom one does not see.
update user_service.user_privacy set profile_visible = false where user_id in (tests.id('follower'), tests.id('mutual'));
select tests.outcomes($$ delete from user_service.follows where following_id = tests.id('owner') and follower_id = tests.id('follower') $$, 'owner 0', 'who cannot be seen cannot be removed by name');
select tests.outcomes($$ select user_service.remove_hidden_followers() $$, 'owner 1, anonymous 42501/grant', 'but altogether');
create temp table followers_before as select followers_count from user_service.user_stats where user_id = tests.id('owner');
select tests.does('stranger', $$ select user_service.remove_hidden_followers() $$);
select is((select followers_count from user_service.user_stats where user_id = tests.id('owner')), (select followers_count from followers_before), 'nobody removes another''s');
select tests.does('owner', $$ select user_service.remove_hidden_followers() $$);
select is((select array_agg(tests.id(name) in (select follower_id from user_service.follows where following_id = tests.id('owner'))) from unnest(array['follower', 'mutual']) name),
  array[false, true], 'those hidden from one go, and friends stay, hidden or not');
select is((select followers_count from user_service.user_stats where user_id = tests.id('owner')), (select followers_count - 1 from followers_before), 'and that counts');
update user_service.user_privacy set profile_visible = true where user_id in (tests.id('follower'), tests.id('mutual'));
insert into user_service.follows (follower_id, following_id) values (tests.id('follower'), tests.id('owner'));

-- Embedding.
select tests.outcomes(
  $$ select f.follower from (select user_service.follower(f) from user_service.follows f where f.follower_id = tests.id('follower') and f.following_id = tests.id('owner')) f $$,
  'mutual 1, blocked 0, anonymous 42501/grant', 'follower() is the follower as the caller sees them');
select tests.outcomes(
  $$ select user_service.following(f) from user_service.follows f where f.follower_id = tests.id('follower') and f.following_id = tests.id('owner') $$,
  'mutual 1, blocked 0, anonymous 42501/grant', 'following() is the followed as the caller sees them');
select is((select (user_service.follower(f)).username from user_service.follows f where f.follower_id = tests.id('follower') and f.following_id = tests.id('owner')), 'tap_follower', 'follower() is the right one');
select is((select (user_service.following(f)).username from user_service.follows f where f.follower_id = tests.id('follower') and f.following_id = tests.id('owner')), 'tap_owner', 'following() is the right one');

select * from finish();
rollback;
