begin;
set local search_path = extensions, public;
select no_plan();

select tests.make_people();
select tests.make_post('open'), tests.make_post('for followers', 'owner', '{"visibility": "followers"}');

select is(tests.may('owner', 'post_service.bookmarks'), 'select, insert (user_id, post_id), delete', 'clients may insert and delete bookmarks, but not update them');
select is(tests.may('anonymous', 'post_service.bookmarks'), 'nothing', 'anonymous visitors have no access to bookmarks');
select tests.outcomes($$ insert into post_service.bookmarks (post_id) values (tests.id('for followers')) $$,
  'follower 1, owner 1, stranger post_not_found/404, gone account_gone/401, anonymous 42501/grant', 'a caller bookmarks a visible post');
select tests.outcomes($$ insert into post_service.bookmarks (user_id, post_id) values (tests.id('stranger'), tests.id('open')) $$, 'stranger 1, owner 42501/policy', 'callers bookmark only for themselves');
select tests.does('follower', $$ insert into post_service.bookmarks (post_id) values (tests.id('for followers')) $$);
select tests.does('stranger', $$ insert into post_service.bookmarks (post_id) values (tests.id('open')) $$);
select tests.outcomes($$ insert into post_service.bookmarks (post_id) values (tests.id('open')) $$, 'stranger 23505/bookmarks_are_unique, mutual 1', 'a second bookmark of a post is refused');
select tests.outcomes($$ select from post_service.bookmarks $$, 'follower 1, stranger 1, owner 0, mutual 0, anonymous 42501/grant', 'a person sees only their own bookmarks');
select tests.outcomes($$ delete from post_service.bookmarks $$, 'follower 1, stranger 1, owner 0, anonymous 42501/grant', 'a person deletes only their own bookmarks');
delete from user_service.follows where follower_id = tests.id('follower');
select tests.outcomes($$ select from post_service.bookmarks $$, 'follower 0, stranger 1', 'a bookmark of a post that is no longer visible is hidden');
-- The select policy does not apply to a delete without a condition.
select tests.outcomes($$ delete from post_service.bookmarks $$, 'follower 1, mutual 0', 'a bookmark of a post that is no longer visible can be deleted');

select tests.outcomes($$ insert into post_service.bookmarks (user_id, post_id) values (tests.id('nobody'), tests.id('open')) $$, 'database 23503/bookmarks_user_id_fkey', 'the person must exist');
select tests.outcomes($$ insert into post_service.bookmarks (user_id, post_id) values (tests.id('owner'), tests.id('nothing')) $$, 'database 23503/bookmarks_post_id_fkey', 'the post must exist');
select tests.outcomes($$ insert into post_service.bookmarks (id, user_id, post_id) select id, tests.id('owner'), post_id from post_service.bookmarks where post_id = tests.id('open') $$, 'database 23505/bookmarks_pkey', 'a taken id is refused');
delete from post_service.posts where id = tests.id('open');
select is((select count(*)::int from post_service.bookmarks where post_id = tests.id('open')), 0, 'bookmarks are deleted with their post');

select * from finish();
rollback;
