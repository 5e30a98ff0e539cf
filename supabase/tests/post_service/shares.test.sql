begin;
set local search_path = extensions, public;
select no_plan();

select tests.make_people();
select tests.make_post('open'), tests.make_post('for followers', 'owner', '{"visibility": "followers"}');

select is(tests.may('owner', 'post_service.shares'), 'select, insert (user_id, post_id, platform)', 'a share has happened');
select is(tests.may('anonymous', 'post_service.shares'), 'nothing', 'visitors see none');
select tests.outcomes($$ insert into post_service.shares (post_id, platform) values (tests.id('for followers'), 'whatsapp') $$,
  'follower 1, owner 1, stranger post_not_found/404, gone account_gone/401, anonymous 42501/grant', 'one passes on what one sees');
select tests.outcomes($$ insert into post_service.shares (user_id, post_id) values (tests.id('stranger'), tests.id('open')) $$, 'stranger 1, owner 42501/policy', 'for oneself alone');
select tests.outcomes($$ insert into post_service.shares (post_id, platform) values (tests.id('open'), repeat('a', 51)) $$, 'stranger text_too_long/400', 'a platform of 51 characters');
select tests.outcomes($$ insert into post_service.shares (post_id, platform) values (tests.id('open'), repeat('a', 50)) $$, 'stranger 1', 'one of 50');
select tests.does('stranger', $$ insert into post_service.shares (post_id) values (tests.id('open')), (tests.id('open')) $$);
select tests.does('follower', $$ insert into post_service.shares (post_id) values (tests.id('for followers')) $$);
select tests.outcomes($$ select from post_service.shares $$, 'stranger 2, follower 1, owner 0, mutual 0, anonymous 42501/grant', 'nobody sees who, not even the author');
select tests.outcomes($$ delete from post_service.shares $$, 'stranger 42501/grant, anonymous 42501/grant', 'what has happened stays');
delete from user_service.follows where follower_id = tests.id('follower');
select tests.outcomes($$ select from post_service.shares $$, 'follower 0', 'unless the post is not seen any more');

select is((select shares_count from post_service.posts where id = tests.id('open')), 2, 'shares are counted, each time');
update post_service.shares set post_id = tests.id('open') where post_id = tests.id('for followers');
select is((select array_agg(shares_count order by id = tests.id('open')) from post_service.posts where author_id = tests.id('owner')), array[0, 3], 'one that moves takes its count along');
delete from post_service.shares where user_id = tests.id('stranger');
select is((select shares_count from post_service.posts where id = tests.id('open')), 1, 'one that goes is counted off');

select tests.outcomes($$ insert into post_service.shares (user_id, post_id) values (tests.id('nobody'), tests.id('open')) $$, 'database 23503/shares_user_id_fkey', 'by somebody');
select tests.outcomes($$ insert into post_service.shares (user_id, post_id) values (tests.id('owner'), tests.id('nothing')) $$, 'database 23503/shares_post_id_fkey', 'of a post');
select tests.outcomes($$ insert into post_service.shares (id, user_id, post_id) select id, user_id, post_id from post_service.shares where user_id = tests.id('follower') $$, 'database 23505/shares_pkey', 'an id that is taken');
delete from post_service.posts where id = tests.id('open');
select is((select count(*)::int from post_service.shares where post_id = tests.id('open')), 0, 'shares go with their post');

select * from finish();
rollback;
