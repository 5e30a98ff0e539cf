begin;
set local search_path = extensions, public;
select no_plan();

select tests.make_people();
select tests.make_post('open'), tests.make_post('for followers', 'owner', '{"visibility": "followers"}');

select is(tests.may('owner', 'post_service.shares'), 'select, insert (user_id, post_id, platform)', 'clients may insert shares, but not update or delete them');
select is(tests.may('anonymous', 'post_service.shares'), 'nothing', 'anonymous visitors have no access to shares');
select tests.outcomes($$ insert into post_service.shares (post_id, platform) values (tests.id('for followers'), 'whatsapp') $$,
  'follower 1, owner 1, stranger post_not_found/404, gone account_gone/401, anonymous 42501/grant', 'a caller shares a visible post');
select tests.outcomes($$ insert into post_service.shares (user_id, post_id) values (tests.id('stranger'), tests.id('open')) $$, 'stranger 1, owner 42501/policy', 'callers share only for themselves');
select tests.outcomes($$ insert into post_service.shares (post_id, platform) values (tests.id('open'), repeat('a', 51)) $$, 'stranger text_too_long/400', 'a platform of 51 characters is refused');
select tests.outcomes($$ insert into post_service.shares (post_id, platform) values (tests.id('open'), repeat('a', 50)) $$, 'stranger 1', 'a platform of 50 characters is accepted');
select tests.does('stranger', $$ insert into post_service.shares (post_id) values (tests.id('open')), (tests.id('open')) $$);
select tests.does('follower', $$ insert into post_service.shares (post_id) values (tests.id('for followers')) $$);
select tests.outcomes($$ select from post_service.shares $$, 'stranger 2, follower 1, owner 0, mutual 0, anonymous 42501/grant', 'a person sees only their own shares, even the author of the post');
select tests.outcomes($$ delete from post_service.shares $$, 'stranger 42501/grant, anonymous 42501/grant', 'clients cannot delete shares');
delete from user_service.follows where follower_id = tests.id('follower');
select tests.outcomes($$ select from post_service.shares $$, 'follower 0', 'a share of a post that is no longer visible is hidden');

select is((select shares_count from post_service.posts where id = tests.id('open')), 2, 'every share is counted');
update post_service.shares set post_id = tests.id('open') where post_id = tests.id('for followers');
select is((select array_agg(shares_count order by id = tests.id('open')) from post_service.posts where author_id = tests.id('owner')), array[0, 3], 'a share with another post moves its count');
delete from post_service.shares where user_id = tests.id('stranger');
select is((select shares_count from post_service.posts where id = tests.id('open')), 1, 'a deleted share is no longer counted');

select tests.outcomes($$ insert into post_service.shares (user_id, post_id) values (tests.id('nobody'), tests.id('open')) $$, 'database 23503/shares_user_id_fkey', 'the person must exist');
select tests.outcomes($$ insert into post_service.shares (user_id, post_id) values (tests.id('owner'), tests.id('nothing')) $$, 'database 23503/shares_post_id_fkey', 'the post must exist');
select tests.outcomes($$ insert into post_service.shares (id, user_id, post_id) select id, user_id, post_id from post_service.shares where user_id = tests.id('follower') $$, 'database 23505/shares_pkey', 'a taken id is refused');
delete from post_service.posts where id = tests.id('open');
select is((select count(*)::int from post_service.shares where post_id = tests.id('open')), 0, 'shares are deleted with their post');

select * from finish();
rollback;
