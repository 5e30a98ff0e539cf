begin;
set local search_path = extensions, public;
select no_plan();

select tests.make_people();
select tests.make_person('liker'), tests.make_person('hidden');
update user_service.user_privacy set profile_visible = false where user_id = tests.id('hidden');
select tests.make_post('open'), tests.make_post('diary', 'owner', '{"visibility": "private"}'), tests.make_post('other');
insert into post_service.comments (id, post_id, author_id, content) values
  (tests.id('comment'), tests.id('open'), tests.id('owner'), 'Nice'), (tests.id('diary comment'), tests.id('diary'), tests.id('owner'), 'Secret'), (tests.id('hidden comment'), tests.id('open'), tests.id('hidden'), 'Hidden');
insert into post_service.likes (user_id, likeable_type, likeable_id) values
  (tests.id('liker'), 'post', tests.id('open')), (tests.id('liker'), 'post', tests.id('diary')), (tests.id('liker'), 'comment', tests.id('comment')),
  (tests.id('liker'), 'comment', tests.id('diary comment')), (tests.id('hidden'), 'post', tests.id('open'));

select is(tests.may('owner', 'post_service.likes'), 'select, insert (user_id, likeable_type, likeable_id), delete', 'clients may insert and delete likes, but not update them');
select is(tests.may('anonymous', 'post_service.likes'), 'nothing', 'anonymous visitors have no access to likes');
select tests.outcomes($$ select from post_service.likes where user_id = tests.id('liker') and likeable_id = tests.id('open') $$,
  'liker 1, owner 1, stranger 1, blocked 0, blocker 0, anonymous 42501/grant, service 1', 'a like is visible to everyone signed in who sees its target and the person');
select tests.outcomes($$ select from post_service.likes where user_id = tests.id('liker') and likeable_id = tests.id('comment') $$, 'owner 1, stranger 1, blocked 0', 'so is a like of a comment');
select tests.outcomes($$ select from post_service.likes where user_id = tests.id('liker') and likeable_id in (tests.id('diary'), tests.id('diary comment')) $$, 'owner 2, stranger 0, liker 0', 'likes of a post are hidden from people who cannot see the post');
select tests.outcomes($$ select from post_service.likes where user_id = tests.id('hidden') $$, 'hidden 1, stranger 0, owner 0', 'likes of a hidden person are hidden');
insert into user_service.blocks (blocker_id, blocked_id) values (tests.id('liker'), tests.id('stranger'));
select tests.outcomes($$ select from post_service.likes where user_id = tests.id('liker') and likeable_id = tests.id('open') $$, 'stranger 0, mutual 1', 'a block hides likes');

select tests.outcomes($$ insert into post_service.likes (likeable_type, likeable_id) values ('post', tests.id('open')) $$,
  'mutual 1, owner 1, liker 23505/likes_are_unique, blocked post_not_found/404, gone account_gone/401, anonymous 42501/grant', 'a caller likes a visible post, once');
select tests.outcomes($$ insert into post_service.likes (likeable_type, likeable_id) values ('comment', tests.id('comment')) $$, 'mutual 1, blocked comment_not_found/404', 'a caller likes a visible comment');
select tests.outcomes($$ insert into post_service.likes (likeable_type, likeable_id) values ('post', tests.id('diary')) $$, 'owner 1, mutual post_not_found/404', 'a post that is not visible is refused');
select tests.outcomes($$ insert into post_service.likes (likeable_type, likeable_id) values ('comment', tests.id('hidden comment')) $$, 'hidden 1, mutual comment_not_found/404', 'a comment that is not visible is refused');
select tests.outcomes($$ insert into post_service.likes (likeable_type, likeable_id) values ('comment', tests.id('open')) $$, 'mutual comment_not_found/404', 'a post is not accepted as a comment');
select tests.outcomes($$ insert into post_service.likes (likeable_type, likeable_id) values ('post', tests.id('comment')) $$, 'mutual post_not_found/404', 'a comment is not accepted as a post');
select tests.outcomes($$ insert into post_service.likes (user_id, likeable_type, likeable_id) values (tests.id('mutual'), 'post', tests.id('open')) $$, 'mutual 1, owner 42501/policy', 'callers like only for themselves');
select tests.outcomes($$ delete from post_service.likes where user_id = tests.id('liker') and likeable_id = tests.id('open') $$, 'liker 1, owner 0, mutual 0, anonymous 42501/grant', 'a person deletes only their own like');

select is((select likes_count from post_service.posts where id = tests.id('open')), 2, 'likes of posts are counted');
select is((select likes_count from post_service.comments where id = tests.id('comment')), 1, 'likes of comments are counted');
update post_service.likes set likeable_id = tests.id('other') where user_id = tests.id('liker') and likeable_id = tests.id('open');
select is((select array_agg(likes_count order by id = tests.id('other')) from post_service.posts where id in (tests.id('open'), tests.id('other'))), array[1, 1], 'a like with another target moves its count');
select tests.does('liker', $$ delete from post_service.likes where likeable_id in (tests.id('other'), tests.id('comment')) $$);
select is((select likes_count from post_service.posts where id = tests.id('other')) + (select likes_count from post_service.comments where id = tests.id('comment')), 0, 'a deleted like is no longer counted');

select tests.outcomes($$ insert into post_service.likes (user_id, likeable_type, likeable_id) values (tests.id('owner'), 'post', tests.id('nothing')) $$, 'database 23503/liked_post_exists', 'the post must exist');
select tests.outcomes($$ insert into post_service.likes (user_id, likeable_type, likeable_id) values (tests.id('owner'), 'comment', tests.id('nothing')) $$, 'database 23503/liked_comment_exists', 'the comment must exist');
select tests.outcomes($$ insert into post_service.likes (user_id, likeable_type, likeable_id) values (tests.id('nobody'), 'post', tests.id('open')) $$, 'database 23503/likes_user_id_fkey', 'the person must exist');
select tests.outcomes($$ insert into post_service.likes (id, user_id, likeable_type, likeable_id) select id, tests.id('mutual'), 'post', tests.id('other') from post_service.likes where user_id = tests.id('hidden') $$,
  'database 23505/likes_pkey', 'a taken id is refused');

select tests.act_as('mutual');
select is((select (post_service.liker(l)).username from post_service.likes l where likeable_id = tests.id('open') and user_id = tests.id('mutual')), null, 'liker() returns nothing without a like');
select tests.act_as('database');
select tests.does('follower', $$ insert into post_service.likes (likeable_type, likeable_id) values ('post', tests.id('open')) $$);
select tests.act_as('mutual');
select is((select (post_service.liker(l)).username from post_service.likes l where likeable_id = tests.id('open')), 'tap_follower', 'liker() returns the person');
select tests.act_as('database');
delete from post_service.posts where id in (tests.id('open'), tests.id('diary'));
select is((select count(*)::int from post_service.likes where user_id in (tests.id('liker'), tests.id('hidden'), tests.id('follower'))), 0, 'likes are deleted with their target');

select * from finish();
rollback;
