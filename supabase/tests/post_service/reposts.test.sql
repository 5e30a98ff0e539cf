begin;
set local search_path = extensions, public;
select no_plan();

select tests.make_people();
select tests.make_person('reposter');
select tests.make_post('open'), tests.make_post('for followers', 'owner', '{"visibility": "followers"}'), tests.make_post('diary', 'owner', '{"visibility": "private"}');

select is(tests.may('owner', 'post_service.reposts'), 'select, insert (user_id, post_id, quote_content), update (quote_content), delete', 'which post it is is the database''s to choose');
select is(tests.may('anonymous', 'post_service.reposts'), 'nothing', 'visitors see none');

select tests.outcomes($$ insert into post_service.reposts (post_id) values (tests.id('open')) returning id $$, 'reposter 1', 'a repost comes back from its insert');

-- A row of reposts makes the post.
select tests.does('reposter', $$ insert into post_service.reposts (post_id, quote_content) values (tests.id('open'), 'Look') $$);
select is((select array[p.author_id::text, p.type::text, p.original_post_id::text, p.content] from post_service.posts p join post_service.reposts r on r.repost_id = p.id where r.user_id = tests.id('reposter')),
  array[tests.id('reposter')::text, 'repost', tests.id('open')::text, 'Look'], 'a repost makes a post of type repost');
select is((select reposts_count from post_service.posts where id = tests.id('open')), 1, 'and is counted');
select tests.outcomes($$ select from post_service.reposts where user_id = tests.id('reposter') $$,
  'reposter 1, owner 1, stranger 1, blocked 0, blocker 0, anonymous 42501/grant, service 1', 'whoever sees the post, the repost and the person');
select tests.does('reposter', $$ update post_service.reposts set quote_content = 'Look here' where post_id = tests.id('open') $$);
select is((select content from post_service.posts where author_id = tests.id('reposter')), 'Look here', 'a new quote changes the post');
select tests.does('reposter', $$ update post_service.posts set content = 'And here' where type = 'repost' $$);
select is((select quote_content from post_service.reposts where user_id = tests.id('reposter')), 'And here', 'and the other way round');
select tests.outcomes($$ update post_service.reposts set quote_content = 'Mine' where post_id = tests.id('open') $$, 'reposter 1, owner 0, mutual 0, anonymous 42501/grant', 'only one''s own is changed');
select tests.outcomes($$ delete from post_service.reposts where post_id = tests.id('open') $$, 'reposter 1, owner 0, mutual 0, anonymous 42501/grant', 'or taken back');
select tests.does('reposter', $$ delete from post_service.reposts where post_id = tests.id('open') $$);
select is((select count(*)::int from post_service.posts where author_id = tests.id('reposter')), 0, 'which takes the post back');
select is((select reposts_count from post_service.posts where id = tests.id('open')), 0, 'and is counted off');

-- A post of type repost makes the row.
select tests.does('reposter', $$ insert into post_service.posts (type, original_post_id, content) values ('repost', tests.id('open'), 'Quote') $$);
set constraints all immediate;
set constraints all deferred;
select is((select array[user_id::text, post_id::text, quote_content] from post_service.reposts where user_id = tests.id('reposter')), array[tests.id('reposter')::text, tests.id('open')::text, 'Quote'], 'a post of type repost is a repost');
select is((select reposts_count from post_service.posts where id = tests.id('open')), 1, 'and counted once');
select tests.outcomes($$ insert into post_service.reposts (post_id) values (tests.id('open')) $$, 'reposter 23505/reposts_are_unique, stranger 1', 'one reposts once');
select tests.outcomes($$ insert into post_service.posts (type, original_post_id) values ('repost', tests.id('open')) $$, 'reposter 23505/reposts_are_unique, stranger 1', 'either way');
select tests.does('reposter', $$ update post_service.posts set visibility = 'private' where type = 'repost' $$);
select tests.outcomes($$ select from post_service.reposts where user_id = tests.id('reposter') $$, 'reposter 1, owner 0, stranger 0', 'a repost that is not seen is not seen here');
select tests.does('reposter', $$ update post_service.posts set visibility = 'public' where type = 'repost' $$);
update user_service.user_privacy set profile_visible = false where user_id = tests.id('reposter');
update post_service.posts set author_is_private = false where author_id = tests.id('reposter');
select tests.outcomes($$ select from post_service.reposts where user_id = tests.id('reposter') $$, 'reposter 1, owner 0, stranger 0', 'nor by a hidden person');
update user_service.user_privacy set profile_visible = true where user_id = tests.id('reposter');
select tests.does('reposter', $$ delete from post_service.posts where type = 'repost' $$);
set constraints all immediate;
set constraints all deferred;
select is((select count(*)::int from post_service.reposts where user_id = tests.id('reposter')) + (select reposts_count from post_service.posts where id = tests.id('open')), 0, 'deleting the post takes the repost back');

-- Who may.
select tests.outcomes($$ insert into post_service.reposts (post_id) values (tests.id('open')) $$,
  'stranger 1, owner 1, blocked post_not_found/404, gone account_gone/401, anonymous 42501/grant', 'one reposts what one sees');
select tests.outcomes($$ insert into post_service.reposts (post_id) values (tests.id('for followers')) $$, 'follower 1, stranger post_not_found/404', 'and nothing else');
select tests.outcomes($$ insert into post_service.reposts (user_id, post_id) values (tests.id('reposter'), tests.id('open')) $$, 'reposter 1, owner 42501/policy', 'for oneself alone');
select tests.outcomes($$ insert into post_service.reposts (post_id, repost_id) values (tests.id('open'), tests.id('repost')) $$, 'reposter 42501/grant', 'which post it is is not theirs to say');
select tests.outcomes($$ insert into post_service.reposts (post_id, quote_content) values (tests.id('open'), repeat('a', 10001)) $$, 'reposter text_too_long/400', 'a quote of 10,001 characters');
select throws_like($$ insert into post_service.reposts (user_id, post_id, quote_content) values (tests.id('reposter'), tests.id('open'), repeat('a', 10001)) $$, '%A quote has at most 10,000 characters.%', 'is called a quote');
select tests.outcomes($$ insert into post_service.reposts (post_id, quote_content) values (tests.id('open'), repeat('a', 10000)) $$, 'reposter 1', 'one of 10,000');
select tests.does('follower', $$ insert into post_service.reposts (post_id) values (tests.id('for followers')) $$);
select tests.outcomes($$ select from post_service.reposts where user_id = tests.id('follower') $$, 'follower 1, owner 1, mutual 1, stranger 0', 'who does not see the original does not see who reposted it');

-- The database's own rules.
select tests.outcomes($$ insert into post_service.reposts (user_id, post_id) values (tests.id('owner'), tests.id('nothing')) $$, 'database 23503/reposts_post_id_fkey', 'of a post');
select tests.outcomes($$ insert into post_service.reposts (user_id, post_id) values (tests.id('nobody'), tests.id('open')) $$, 'database 23503/reposts_user_id_fkey', 'by somebody');
select tests.make_post('plain', 'reposter');
select tests.outcomes($$ update post_service.reposts set repost_id = tests.id('nothing') where user_id = tests.id('follower') $$, 'database 23503/repost_has_its_post', 'which has its post');
select tests.outcomes($$ update post_service.reposts set user_id = tests.id('nobody') where user_id = tests.id('follower') $$, 'database 23503/reposts_user_id_fkey', 'and its person');
select tests.outcomes($$ update post_service.reposts set post_id = tests.id('nothing') where user_id = tests.id('follower') $$, 'database 23503/reposts_post_id_fkey', 'and its original');
select tests.does('stranger', $$ insert into post_service.reposts (post_id) values (tests.id('open')) $$);
select tests.outcomes($$ update post_service.reposts set repost_id = (select repost_id from post_service.reposts where user_id = tests.id('stranger')) where user_id = tests.id('follower') $$, 'database 23505/a_repost_is_one_post', 'one post each');
select tests.outcomes($$ update post_service.reposts set id = (select id from post_service.reposts where user_id = tests.id('stranger')) where user_id = tests.id('follower') $$, 'database 23505/reposts_pkey', 'an id that is taken');
update post_service.reposts set post_id = tests.id('diary') where user_id = tests.id('stranger');
select is((select array_agg(reposts_count order by id = tests.id('diary')) from post_service.posts where id in (tests.id('open'), tests.id('diary'))), array[0, 1], 'one that moves takes its count along');

select tests.act_as('mutual');
select is((select (post_service.reposter(r)).username from post_service.reposts r where user_id = tests.id('follower')), 'tap_follower', 'reposter() is who reposted');
select tests.act_as('database');
delete from post_service.posts where id = tests.id('for followers');
select is((select count(*)::int from post_service.reposts where user_id = tests.id('follower')) + (select count(*)::int from post_service.posts where author_id = tests.id('follower')), 0, 'reposts go with their original');

-- An update that reads no column asks no policy for reading.
select tests.make_person('unwelcome');
insert into post_service.reposts (post_id, user_id, quote_content) values (tests.id('open'), tests.id('unwelcome'), 'Hi');
select tests.outcomes($$ update post_service.reposts set quote_content = 'Rude' $$, 'unwelcome 1', 'one''s own words are changed');
insert into user_service.blocks (blocker_id, blocked_id) values (tests.id('owner'), tests.id('unwelcome'));
select tests.outcomes($$ update post_service.reposts set quote_content = 'Rude' $$, 'unwelcome 0', 'but not on what one does not see any more');

select * from finish();
rollback;
