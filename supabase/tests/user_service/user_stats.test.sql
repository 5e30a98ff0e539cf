begin;
set local search_path = extensions, public;
select no_plan();

select tests.make_people();
select tests.make_person('hidden');
update user_service.user_privacy set profile_visible = false where user_id = tests.id('hidden');

select is(tests.may('owner', 'user_service.user_stats'), 'select', 'clients cannot write counters');
select is(tests.may('anonymous', 'user_service.user_stats'), 'select', 'anonymous visitors may read counters');
select tests.outcomes(
  $$ select from user_service.user_stats where user_id = tests.id('owner') $$,
  'owner 1, mutual 1, stranger 1, blocked 0, blocker 0, anonymous 1, service 1', 'counters are visible to everyone who sees the person');
select tests.outcomes(
  $$ select from user_service.user_stats where user_id = tests.id('hidden') $$, 'hidden 1, stranger 0, anonymous 0', 'counters of a hidden person are hidden');
select tests.outcomes(
  $$ update user_service.user_stats set followers_count = 1000000 where user_id = tests.id('owner') $$,
  'owner 42501/grant, anonymous 42501/grant, service 1', 'clients cannot update counters');

-- Constraints.
select tests.outcomes(
  $$ insert into user_service.user_stats (user_id) values (tests.id('nobody')) $$, 'database 23503/user_stats_user_id_fkey', 'the person must exist');
select tests.outcomes(
  $$ update user_service.user_stats set user_id = tests.id('mutual') where user_id = tests.id('owner') $$, 'database 23505/user_stats_pkey', 'a person has one row');

-- Imported counters are ignored.
insert into user_service.user_stats (user_id, followers_count, posts_count) values (tests.id('owner'), 777, 777);
select is((select array[followers_count, posts_count] from user_service.user_stats where user_id = tests.id('owner')), array[2, 0], 'an imported row does not replace counters');
delete from user_service.user_stats where user_id = tests.id('owner');
insert into user_service.user_stats (user_id, events_attended, events_created, followers_count, following_count, reviews_given, average_rating,
  posts_count, invites_successful_count, ratings_count, ratings_sum) values (tests.id('owner'), 1, 1, 1, 1, 1, 1, 1, 1, 1, 1);
select is((select to_jsonb(s) - 'user_id' from user_service.user_stats s where user_id = tests.id('owner')),
  '{"events_attended": 0, "events_created": 0, "followers_count": 0, "following_count": 0, "reviews_given": 0, "average_rating": 0,
    "posts_count": 0, "invites_successful_count": 0, "ratings_count": 0, "ratings_sum": 0}'::jsonb, 'counters of a new row start at zero');

-- Average rating.
select user_private.add_to_counter(tests.id('mutual'), 'ratings_sum', 14);
select user_private.add_to_counter(tests.id('mutual'), 'ratings_count', 3);
select is((select average_rating from user_service.user_stats where user_id = tests.id('mutual')), 4.67, 'the average is the sum divided by the count, rounded to two decimals');
select user_private.add_to_counter(tests.id('mutual'), 'ratings_sum', -14);
select user_private.add_to_counter(tests.id('mutual'), 'ratings_count', -3);
select is((select average_rating from user_service.user_stats where user_id = tests.id('mutual')), 0::numeric, 'the average is zero without ratings');

-- A counter of a row with waiting deltas is not updated: the change becomes a delta, which is folded later.
select is(tests.may('owner', 'user_private.counter_deltas'), 'nothing', 'clients have no access to deltas');
select is(tests.may('anonymous', 'user_private.counter_deltas'), 'nothing', 'anonymous visitors have no access to deltas');
insert into user_private.counter_deltas (user_id, counter, delta) values (tests.id('nuisance'), 'followers_count', 5);
select tests.does('mutual', $$ insert into user_service.follows (following_id) values (tests.id('nuisance')) $$);
select is((select followers_count from user_service.user_stats where user_id = tests.id('nuisance')), 0, 'the counter lags behind while deltas wait');
select is((select sum(delta)::int from user_private.counter_deltas where user_id = tests.id('nuisance')), 6, 'the counter plus its deltas is exact');
select tests.does('mutual', $$ delete from user_service.follows where following_id = tests.id('nuisance') $$);
select is((select sum(delta)::int from user_private.counter_deltas where user_id = tests.id('nuisance')), 5, 'a decrement becomes a delta too');
select ok(tests.fold_counters() >= 3, 'a fold applies the waiting deltas');
select is((select followers_count from user_service.user_stats where user_id = tests.id('nuisance')), 5, 'the counter is exact after the fold');
select is((select count(*)::int from user_private.counter_deltas where user_id = tests.id('nuisance')), 0, 'no delta waits after the fold');
insert into user_private.counter_deltas (user_id, counter, delta) values (tests.id('nobody'), 'followers_count', 5);
select ok(tests.fold_counters() >= 0, 'deltas of a deleted person can be folded');
select is((select count(*)::int from user_private.counter_deltas where user_id = tests.id('nobody')), 0, 'and are deleted');
insert into user_private.counter_deltas (user_id, counter, delta) values (tests.id('nuisance'), 'followers_count', 1), (tests.id('nuisance'), 'posts_count', 1);
select ok(user_private.fold_counters(1) <= 1, 'a fold is limited to its batch');
select tests.fold_counters();
select is((select array[followers_count, posts_count] from user_service.user_stats where user_id = tests.id('nuisance')), array[6, 1], 'the next fold applies the rest');
select user_private.add_to_counter(null, 'followers_count', 1);
select user_private.add_to_counter(tests.id('nobody'), 'followers_count', 1);
select is((select count(*)::int from user_private.counter_deltas), 0, 'no delta is written without a person');
select is((select array_agg(has_function_privilege(role, 'user_private.add_to_counter(uuid, name, integer)', 'execute') or has_function_privilege(role, 'user_private.fold_counters(integer)', 'execute'))
  from unnest(array['anon', 'authenticated']) role), array[false, false], 'clients cannot execute functions of counters');

select * from finish();
rollback;
