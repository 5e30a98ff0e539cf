begin;
set local search_path = extensions, public;
select no_plan();

select tests.make_people();
select tests.make_post('open'), tests.make_post('for followers', 'owner', '{"visibility": "followers"}'), tests.make_post('diary', 'owner', '{"visibility": "private"}');

-- Visibility.
select is(tests.may('owner', 'post_service.posts'),
  'select, insert (author_id, event_id, content, type, attached_event_id, original_post_id, visibility, poll_closes_at), update (content, visibility), delete',
  'clients cannot set counters and author_is_private, and may update only content and visibility');
select is(tests.may('anonymous', 'post_service.posts'), 'select', 'anonymous visitors may read posts');
select tests.outcomes($$ select from post_service.posts where id = tests.id('open') $$,
  'owner 1, mutual 1, follower 1, followed 1, stranger 1, anonymous 1, blocked 0, blocker 0, service 1', 'a public post is visible to everyone, except across a block');
select tests.outcomes($$ select from post_service.posts where id = tests.id('for followers') $$,
  'owner 1, mutual 1, follower 1, followed 0, stranger 0, anonymous 0, blocked 0, blocker 0', 'a post for followers is visible to followers');
select tests.outcomes($$ select from post_service.posts where id = tests.id('diary') $$,
  'owner 1, mutual 0, follower 0, stranger 0, anonymous 0, blocked 0', 'a private post is visible to its author only');
select tests.does('owner', $$ update user_service.user_privacy set profile_visible = false where user_id = auth.uid() $$);
select is((select array_agg(author_is_private) from post_service.posts where author_id = tests.id('owner')), array[true, true, true], 'author_is_private follows the privacy of the author');
select tests.outcomes($$ select from post_service.posts where author_id = tests.id('owner') $$,
  'owner 3, mutual 2, follower 0, followed 0, stranger 0, anonymous 0, blocked 0', 'posts of a hidden person are visible to mutual followers only');
select tests.does('owner', $$ insert into post_service.posts (content) values ('Hidden') $$);
select ok((select author_is_private from post_service.posts where author_id = tests.id('owner') and content = 'Hidden'), 'author_is_private is set for a new post');
insert into user_service.blocks (blocker_id, blocked_id) values (tests.id('mutual'), tests.id('owner'));
insert into user_service.follows (follower_id, following_id)
  select a, b from (values (tests.id('owner'), tests.id('stranger')), (tests.id('stranger'), tests.id('owner'))) pairs (a, b);
select tests.outcomes($$ select from post_service.posts where author_id = tests.id('owner') $$, 'mutual 0, stranger 3', 'a block hides posts of a hidden person from a mutual follower');
select tests.does('owner', $$ update user_service.user_privacy set profile_visible = true where user_id = auth.uid() $$);
select is((select array_agg(distinct author_is_private) from post_service.posts where author_id = tests.id('owner')), array[false], 'author_is_private is reset');
delete from user_service.follows where tests.id('stranger') in (follower_id, following_id);

-- Posting.
select tests.make_event('party', 'owner', '{"privacy": "private"}');
select tests.outcomes($$ insert into post_service.posts (content) values ('New') $$, 'owner 1, stranger 1, gone account_gone/401, anonymous 42501/grant', 'everyone with an account can post');
select tests.outcomes($$ insert into post_service.posts (author_id, content) values (tests.id('owner'), 'New') $$, 'owner 1, stranger 42501/policy', 'the author must be the caller');
select tests.outcomes($$ insert into post_service.posts (content, likes_count) values ('New', 100) $$, 'owner 42501/grant', 'clients cannot set counters');
select tests.outcomes($$ insert into post_service.posts (content, author_is_private) values ('New', false) $$, 'owner 42501/grant', 'clients cannot set author_is_private');
select tests.outcomes($$ insert into post_service.posts (content, created_at) values ('New', '2001-01-01') $$, 'owner 42501/grant', 'clients cannot set created_at');
select tests.outcomes($$ insert into post_service.posts (content, event_id) values ('New', tests.id('party')) $$, 'owner 1, stranger event_not_found/404', 'event_id must be an event that the caller sees');
select tests.outcomes($$ insert into post_service.posts (type, attached_event_id) values ('text_with_event', tests.id('party')) $$, 'owner 1, stranger event_not_found/404', 'attached_event_id must be an event that the caller sees');
select tests.outcomes($$ insert into post_service.posts (content, attached_event_id) values ('New', tests.id('nothing')) $$, 'owner event_not_found/404', 'an attached event that does not exist is refused');
select tests.outcomes($$ insert into post_service.posts (content, type) values ('New', 'text_with_event') $$, 'owner event_required/400', 'the type text_with_event requires an event');
select tests.outcomes($$ insert into post_service.posts (type, original_post_id) values ('repost', tests.id('for followers')) $$, 'owner 1, follower 1, stranger post_not_found/404', 'a caller reposts a visible post');
select tests.outcomes(format($$ insert into post_service.posts (%s) values (%s) $$, columns, given), 'owner ' || outcome, columns || ': ' || left(given, 40))
from (values
  ('content', '''''', 'empty_post/400'), ('content', ''' ''', 'empty_post/400'), ('content', 'null', 'empty_post/400'), ('content', 'repeat(''a'', 10001)', 'text_too_long/400'), ('content', 'repeat(''a'', 10000)', '1'),
  ('type, content', '''poll'', '' ''', 'empty_post/400'), ('type, content', '''text_with_images'', null', '1'),
  ('type', '''repost''', 'original_required/400'), ('content, original_post_id', '''New'', tests.id(''open'')', 'original_required/400'),
  ('content, poll_closes_at', '''New'', now() + interval ''1 day''', 'not_a_poll/400'), ('type, content, poll_closes_at', '''poll'', ''Which?'', now() + interval ''1 day''', '1')
) inserts (columns, given, outcome);

select tests.outcomes($$ insert into post_service.posts (id, author_id, content) values (tests.id('open'), tests.id('owner'), 'Twice') $$, 'owner 42501/grant, service 23505/posts_pkey', 'clients cannot set the id, and a taken id is refused');

-- Changing and deleting.
select tests.outcomes($$ update post_service.posts set content = 'Changed' where id = tests.id('open') $$, 'owner 1, mutual 0, stranger 0, anonymous 42501/grant, service 1', 'only the author updates a post');
select tests.outcomes($$ update post_service.posts set visibility = 'private' $$, 'stranger 1', 'an unconditional update changes only the caller''s posts');
select tests.outcomes($$ update post_service.posts set event_id = null where id = tests.id('open') $$, 'owner 42501/grant', 'clients cannot change event_id');
select tests.outcomes($$ update post_service.posts set author_id = tests.id('stranger') where id = tests.id('open') $$, 'owner 42501/grant', 'clients cannot change the author');
select tests.outcomes($$ delete from post_service.posts where id = tests.id('open') $$, 'owner 1, mutual 0, stranger 0, anonymous 42501/grant', 'only the author deletes a post');
update post_service.posts set updated_at = '2001-01-01' where id = tests.id('open');
update post_service.posts set likes_count = 0, author_is_private = false where id = tests.id('open');
select is((select updated_at from post_service.posts where id = tests.id('open')), '2001-01-01', 'counting does not change updated_at');
select tests.does('owner', $$ update post_service.posts set visibility = 'public' where id = tests.id('open') $$);
select is((select updated_at from post_service.posts where id = tests.id('open')), now(), 'an update of the visibility sets updated_at');

-- Counters.
select tests.make_post('imported', 'follower', '{"likes_count": 7, "comments_count": 7, "reposts_count": 7, "shares_count": 7, "author_is_private": true}');
select is((select array[likes_count, comments_count, reposts_count, shares_count, author_is_private::int] from post_service.posts where id = tests.id('imported')), array[0, 0, 0, 0, 0], 'imported counters and flags are ignored');
select is((select posts_count from user_service.user_stats where user_id = tests.id('follower')), 1, 'posts are counted for their author');
update post_service.posts set author_id = tests.id('followed') where id = tests.id('imported');
select is((select array_agg(posts_count order by user_id = tests.id('followed')) from user_service.user_stats where user_id in (tests.id('follower'), tests.id('followed'))), array[0, 1], 'a post with another author moves its count');
delete from post_service.posts where id = tests.id('imported');
select is((select posts_count from user_service.user_stats where user_id = tests.id('followed')), 0, 'a deleted post is no longer counted');

-- Constraints.
select tests.outcomes($$ insert into post_service.posts (author_id, content) values (tests.id('nobody'), 'New') $$, 'database 23503/posts_author_id_fkey', 'the author must exist');
select tests.outcomes($$ insert into post_service.posts (author_id, content, event_id) values (tests.id('owner'), 'New', tests.id('nothing')) $$, 'database 23503/posts_event_id_fkey', 'the event must exist');
select tests.outcomes($$ insert into post_service.posts (author_id, content, attached_event_id) values (tests.id('owner'), 'New', tests.id('nothing')) $$, 'database 23503/posts_attached_event_id_fkey', 'the attached event must exist');
select tests.outcomes($$ insert into post_service.posts (author_id, type, original_post_id) values (tests.id('owner'), 'repost', tests.id('nothing')) $$, 'database 23503/posts_original_post_id_fkey', 'the original must exist');
select tests.make_post('about it', 'owner', jsonb_build_object('event_id', tests.id('party'), 'attached_event_id', tests.id('party')));

-- Embedding.
select tests.outcomes($$ select from post_service.posts p, post_service.event(p) where p.id = tests.id('about it') $$, 'owner 1, stranger 0, anonymous 0', 'event() returns the event if the caller sees it');
select tests.outcomes($$ select from post_service.posts p, post_service.attached_event(p) where p.id = tests.id('about it') $$, 'owner 1, stranger 0, anonymous 0', 'attached_event() returns the attached event if the caller sees it');
select tests.outcomes($$ select from post_service.posts p, post_service.author(p) a where p.id = tests.id('open') and a.username = 'tap_owner' $$, 'owner 1, stranger 1, anonymous 1', 'author() returns the author');
select tests.act_as('owner');
select is((select array[(post_service.event(p)).title, (post_service.attached_event(p)).title] from post_service.posts p where id = tests.id('about it')), array['Party', 'Party'], 'event() and attached_event() return the events of the post');
select tests.act_as('database');
delete from event_service.events where id = tests.id('party');
select is((select array[event_id, attached_event_id] from post_service.posts where id = tests.id('about it')), array[null, null]::uuid[], 'a post stays without its deleted event');

select * from finish();
rollback;
