begin;
set local search_path = extensions, public;
select no_plan();

select tests.make_people();
select tests.make_post('open'), tests.make_post('for followers', 'owner', '{"visibility": "followers"}');

select is(tests.may('owner', 'post_service.bookmarks'), 'select, insert (user_id, post_id), delete', 'a bookmark is there or not');
select is(tests.may('anonymous', 'post_service.bookmarks'), 'nothing', 'visitors have none');
select tests.outcomes($$ insert into post_service.bookmarks (post_id) values (tests.id('for followers')) $$,
  'follower 1, owner 1, stranger post_not_found/404, gone account_gone/401, anonymous 42501/grant', 'one saves what one sees');
select tests.outcomes($$ insert into post_service.bookmarks (user_id, post_id) values (tests.id('stranger'), tests.id('open')) $$, 'stranger 1, owner 42501/policy', 'for oneself alone');
select tests.does('follower', $$ insert into post_service.bookmarks (post_id) values (tests.id('for followers')) $$);
select tests.does('stranger', $$ insert into post_service.bookmarks (post_id) values (tests.id('open')) $$);
select tests.outcomes($$ insert into post_service.bookmarks (post_id) values (tests.id('open')) $$, 'stranger 23505/bookmarks_are_unique, mutual 1', 'once');
select tests.outcomes($$ select from post_service.bookmarks $$, 'follower 1, stranger 1, owner 0, mutual 0, anonymous 42501/grant', 'nobody else sees them');
select tests.outcomes($$ delete from post_service.bookmarks $$, 'follower 1, stranger 1, owner 0, anonymous 42501/grant', 'or takes them away');
delete from user_service.follows where follower_id = tests.id('follower');
select tests.outcomes($$ select from post_service.bookmarks $$, 'follower 0, stranger 1', 'a post that one does not see any more is not among them');
-- A delete without a condition asks the delete policy alone.
select tests.outcomes($$ delete from post_service.bookmarks $$, 'follower 1, mutual 0', 'but one can still clear them');

select tests.outcomes($$ insert into post_service.bookmarks (user_id, post_id) values (tests.id('nobody'), tests.id('open')) $$, 'database 23503/bookmarks_user_id_fkey', 'somebody''s');
select tests.outcomes($$ insert into post_service.bookmarks (user_id, post_id) values (tests.id('owner'), tests.id('nothing')) $$, 'database 23503/bookmarks_post_id_fkey', 'of a post');
select tests.outcomes($$ insert into post_service.bookmarks (id, user_id, post_id) select id, tests.id('owner'), post_id from post_service.bookmarks where post_id = tests.id('open') $$, 'database 23505/bookmarks_pkey', 'an id that is taken');
delete from post_service.posts where id = tests.id('open');
select is((select count(*)::int from post_service.bookmarks where post_id = tests.id('open')), 0, 'bookmarks go with their post');

select * from finish();
rollback;
