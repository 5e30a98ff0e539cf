begin;
set local search_path = extensions, public;
select no_plan();

select tests.make_people();
select tests.make_post('open');

-- Counters with waiting deltas.
select is(tests.may('owner', 'post_private.counter_deltas'), 'nothing', 'clients have no access to deltas');
select is(tests.may('anonymous', 'post_private.counter_deltas'), 'nothing', 'anonymous visitors have no access to deltas');
insert into post_private.counter_deltas (counted, target_id, counter, delta) values ('posts', tests.id('open'), 'likes_count', 5);
update post_service.posts set updated_at = '2001-01-01' where id = tests.id('open');
select tests.does('stranger', $$ insert into post_service.likes (likeable_type, likeable_id) values ('post', tests.id('open')) $$);
select is((select likes_count from post_service.posts where id = tests.id('open')), 0, 'the counter lags behind while deltas wait');
select is((select sum(delta)::int from post_private.counter_deltas where target_id = tests.id('open')), 6, 'the counter plus its deltas is exact');
select tests.does('stranger', $$ delete from post_service.likes where likeable_id = tests.id('open') $$);
select ok(tests.fold_counters() >= 3, 'a fold applies the waiting deltas');
select is((select array[likes_count::text, updated_at::date::text] from post_service.posts where id = tests.id('open')), array['5', '2001-01-01'], 'a fold does not change updated_at');
insert into post_private.counter_deltas (counted, target_id, counter, delta) values ('posts', tests.id('nothing'), 'likes_count', 5);
select tests.fold_counters();
select is((select count(*)::int from post_private.counter_deltas where target_id in (tests.id('open'), tests.id('nothing'))), 0, 'deltas of a deleted post are deleted');
-- A post with waiting deltas that is deleted with its likes.
insert into post_service.likes (user_id, likeable_type, likeable_id) values (tests.id('stranger'), 'post', tests.id('open'));
insert into post_private.counter_deltas (counted, target_id, counter, delta) values ('posts', tests.id('open'), 'likes_count', 1);
select tests.does('owner', $$ delete from post_service.posts where id = tests.id('open') $$);
select is((select sum(delta)::int from post_private.counter_deltas where target_id = tests.id('open')), 1, 'no delta is written for a deleted post');
select is((select array_agg(has_function_privilege(role, 'post_private.add_to_counter(name, uuid, name, integer)', 'execute') or has_function_privilege(role, 'post_private.fold_counters(integer)', 'execute'))
  from unnest(array['anon', 'authenticated']) role), array[false, false], 'clients cannot execute functions of counters');

select * from finish();
rollback;
