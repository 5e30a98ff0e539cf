begin;
set local search_path = extensions, public;
select no_plan();

select tests.make_people();
select tests.make_person('reposter');
select tests.make_post('open'), tests.make_post('for followers', 'owner', '{"visibility": "followers"}'), tests.make_post('diary', 'owner', '{"visibility": "private"}');

select is(tests.may('owner', 'post_service.reposts'), 'select, insert (user_id, post_id, quote_content), update (user_id, post_id, quote_content), delete', 'clients cannot set repost_id');
select is(tests.may('anonymous', 'post_service.reposts'), 'nothing', 'anonymous visitors have no access to reposts');

select tests.outcomes($$ insert into post_service.reposts (post_id) values (tests.id('open')) returning id $$, 'reposter 1', 'an insert can return the new repost');

-- A row of reposts creates its post.
select tests.does('reposter', $$ insert into post_service.reposts (post_id, quote_content) values (tests.id('open'), 'Look') $$);
select is((select array[p.author_id::text, p.type::text, p.original_post_id::text, p.content] from post_service.posts p join post_service.reposts r on r.repost_id = p.id where r.user_id = tests.id('reposter')),
  array[tests.id('reposter')::text, 'repost', tests.id('open')::text, 'Look'], 'a row of reposts creates a post of type repost');
select is((select reposts_count from post_service.posts where id = tests.id('open')), 1, 'a repost is counted');
select tests.outcomes($$ select from post_service.reposts where user_id = tests.id('reposter') $$,
  'reposter 1, owner 1, stranger 1, blocked 0, blocker 0, anonymous 42501/grant, service 1', 'a repost is visible to everyone signed in who sees the original, the repost and the person');
select tests.does('reposter', $$ update post_service.reposts set quote_content = 'Look here' where post_id = tests.id('open') $$);
select is((select content from post_service.posts where author_id = tests.id('reposter')), 'Look here', 'an update of the quote updates the post');
select tests.does('reposter', $$ update post_service.posts set content = 'And here' where type = 'repost' $$);
select is((select quote_content from post_service.reposts where user_id = tests.id('reposter')), 'And here', 'an update of the post updates the quote');
select tests.outcomes($$ update post_service.reposts set quote_content = 'Mine' where post_id = tests.id('open') $$, 'reposter 1, owner 0, mutual 0, anonymous 42501/grant', 'a person updates only their own repost');
select tests.outcomes($$ insert into post_service.reposts (post_id, user_id, quote_content) values (tests.id('open'), auth.uid(), 'Again')
  on conflict (user_id, post_id) do update set post_id = excluded.post_id, user_id = excluded.user_id, quote_content = excluded.quote_content $$, 'reposter 1, owner 1, blocked post_not_found/404', 'an upsert reposts, or changes the quote');
select tests.outcomes($$ update post_service.reposts set post_id = tests.id('for followers') where post_id = tests.id('open') $$, 'reposter row_cannot_move/409', 'a repost cannot be moved to another post');
select tests.outcomes($$ update post_service.reposts set user_id = tests.id('mutual') where post_id = tests.id('open') $$, 'reposter 42501/policy', 'nor be given to another person');
select tests.outcomes($$ delete from post_service.reposts where post_id = tests.id('open') $$, 'reposter 1, owner 0, mutual 0, anonymous 42501/grant', 'a person deletes only their own repost');
select tests.does('reposter', $$ delete from post_service.reposts where post_id = tests.id('open') $$);
select is((select count(*)::int from post_service.posts where author_id = tests.id('reposter')), 0, 'deleting a repost deletes its post');
select is((select reposts_count from post_service.posts where id = tests.id('open')), 0, 'a deleted repost is no longer counted');

-- A post of type repost creates its row.
select tests.does('reposter', $$ insert into post_service.posts (type, original_post_id, content) values ('repost', tests.id('open'), 'Quote') $$);
set constraints all immediate;
set constraints all deferred;
select is((select array[user_id::text, post_id::text, quote_content] from post_service.reposts where user_id = tests.id('reposter')), array[tests.id('reposter')::text, tests.id('open')::text, 'Quote'], 'a post of type repost creates a row of reposts');
select is((select reposts_count from post_service.posts where id = tests.id('open')), 1, 'such a repost is counted once');
select tests.outcomes($$ insert into post_service.reposts (post_id) values (tests.id('open')) $$, 'reposter 23505/reposts_are_unique, stranger 1', 'a second repost of a post is refused');
select tests.outcomes($$ insert into post_service.posts (type, original_post_id) values ('repost', tests.id('open')) $$, 'reposter 23505/reposts_are_unique, stranger 1', 'as a row of reposts or as a post');
select tests.does('reposter', $$ update post_service.posts set visibility = 'private' where type = 'repost' $$);
select tests.outcomes($$ select from post_service.reposts where user_id = tests.id('reposter') $$, 'reposter 1, owner 0, stranger 0', 'a repost whose post is hidden is hidden');
select tests.does('reposter', $$ update post_service.posts set visibility = 'public' where type = 'repost' $$);
update user_service.user_privacy set profile_visible = false where user_id = tests.id('reposter');
update post_service.posts set author_is_private = false where author_id = tests.id('reposter');
select tests.outcomes($$ select from post_service.reposts where user_id = tests.id('reposter') $$, 'reposter 1, owner 0, stranger 0', 'reposts of a hidden person are hidden');
update user_service.user_privacy set profile_visible = true where user_id = tests.id('reposter');
select tests.does('reposter', $$ delete from post_service.posts where type = 'repost' $$);
set constraints all immediate;
set constraints all deferred;
select is((select count(*)::int from post_service.reposts where user_id = tests.id('reposter')) + (select reposts_count from post_service.posts where id = tests.id('open')), 0, 'deleting the post deletes the repost');

-- Reposting.
select tests.outcomes($$ insert into post_service.reposts (post_id) values (tests.id('open')) $$,
  'stranger 1, owner 1, blocked post_not_found/404, gone account_gone/401, anonymous 42501/grant', 'a caller reposts a visible post');
select tests.outcomes($$ insert into post_service.reposts (post_id) values (tests.id('for followers')) $$, 'follower 1, stranger post_not_found/404', 'a post that is not visible is refused');
select tests.outcomes($$ insert into post_service.reposts (user_id, post_id) values (tests.id('reposter'), tests.id('open')) $$, 'reposter 1, owner 42501/policy', 'callers repost only for themselves');
select tests.outcomes($$ insert into post_service.reposts (post_id, repost_id) values (tests.id('open'), tests.id('repost')) $$, 'reposter 42501/grant', 'clients cannot choose the post of a repost');
select tests.outcomes($$ insert into post_service.reposts (post_id, quote_content) values (tests.id('open'), repeat('a', 10001)) $$, 'reposter text_too_long/400', 'a quote of 10,001 characters is refused');
select throws_like($$ insert into post_service.reposts (user_id, post_id, quote_content) values (tests.id('reposter'), tests.id('open'), repeat('a', 10001)) $$, '%A quote has at most 10,000 characters.%', 'the refusal names the quote');
select tests.outcomes($$ insert into post_service.reposts (post_id, quote_content) values (tests.id('open'), repeat('a', 10000)) $$, 'reposter 1', 'a quote of 10,000 characters is accepted');
select tests.does('follower', $$ insert into post_service.reposts (post_id) values (tests.id('for followers')) $$);
select tests.outcomes($$ select from post_service.reposts where user_id = tests.id('follower') $$, 'follower 1, owner 1, mutual 1, stranger 0', 'a repost is hidden from people who cannot see the original');

-- Constraints.
select tests.outcomes($$ insert into post_service.reposts (user_id, post_id) values (tests.id('owner'), tests.id('nothing')) $$, 'database 23503/reposts_post_id_fkey', 'the original must exist');
select tests.outcomes($$ insert into post_service.reposts (user_id, post_id) values (tests.id('nobody'), tests.id('open')) $$, 'database 23503/reposts_user_id_fkey', 'the person must exist');
select tests.make_post('plain', 'reposter');
select tests.outcomes($$ update post_service.reposts set repost_id = tests.id('nothing') where user_id = tests.id('follower') $$, 'database 23503/repost_has_its_post', 'the post of a repost must exist');
select tests.outcomes($$ update post_service.reposts set user_id = tests.id('nobody') where user_id = tests.id('follower') $$, 'database 23503/reposts_user_id_fkey', 'the person must exist after an update');
select tests.outcomes($$ update post_service.reposts set post_id = tests.id('nothing') where user_id = tests.id('follower') $$, 'database 23503/reposts_post_id_fkey', 'the original must exist after an update');
select tests.does('stranger', $$ insert into post_service.reposts (post_id) values (tests.id('open')) $$);
select tests.outcomes($$ update post_service.reposts set repost_id = (select repost_id from post_service.reposts where user_id = tests.id('stranger')) where user_id = tests.id('follower') $$, 'database 23505/a_repost_is_one_post', 'a post belongs to one repost');
select tests.outcomes($$ update post_service.reposts set id = (select id from post_service.reposts where user_id = tests.id('stranger')) where user_id = tests.id('follower') $$, 'database 23505/reposts_pkey', 'a taken id is refused');
update post_service.reposts set post_id = tests.id('diary') where user_id = tests.id('stranger');
select is((select array_agg(reposts_count order by id = tests.id('diary')) from post_service.posts where id in (tests.id('open'), tests.id('diary'))), array[0, 1], 'a repost with another original moves its count');

select tests.act_as('mutual');
select is((select (post_service.reposter(r)).username from post_service.reposts r where user_id = tests.id('follower')), 'tap_follower', 'reposter() returns the person');
select tests.act_as('database');
delete from post_service.posts where id = tests.id('for followers');
select is((select count(*)::int from post_service.reposts where user_id = tests.id('follower')) + (select count(*)::int from post_service.posts where author_id = tests.id('follower')), 0, 'reposts are deleted with their original');

-- The select policy does not apply to an update that reads no column.
select tests.make_person('unwelcome');
insert into post_service.reposts (post_id, user_id, quote_content) values (tests.id('open'), tests.id('unwelcome'), 'Hi');
select tests.outcomes($$ update post_service.reposts set quote_content = 'Rude' $$, 'unwelcome 1', 'a person updates their own quote');
insert into user_service.blocks (blocker_id, blocked_id) values (tests.id('owner'), tests.id('unwelcome'));
select tests.outcomes($$ update post_service.reposts set quote_content = 'Rude' $$, 'unwelcome 0', 'a person cannot update a quote of a post that is no longer visible');

select * from finish();
rollback;
