begin;
set local search_path = extensions, public;
select no_plan();

select tests.make_people();
select tests.make_post('open'), tests.make_post('for followers', 'owner', '{"visibility": "followers"}'), tests.make_post('diary', 'owner', '{"visibility": "private"}');

-- Who sees what.
select is(tests.may('owner', 'post_service.posts'),
  'select, insert (author_id, event_id, content, type, attached_event_id, original_post_id, visibility, poll_closes_at), update (content, visibility), delete',
  'counters and author_is_private are the database''s; what a post is about does not change');
select is(tests.may('anonymous', 'post_service.posts'), 'select', 'visitors read');
select tests.outcomes($$ select from post_service.posts where id = tests.id('open') $$,
  'owner 1, mutual 1, follower 1, followed 1, stranger 1, anonymous 1, blocked 0, blocker 0, service 1', 'a public post');
select tests.outcomes($$ select from post_service.posts where id = tests.id('for followers') $$,
  'owner 1, mutual 1, follower 1, followed 0, stranger 0, anonymous 0, blocked 0, blocker 0', 'one for followers');
select tests.outcomes($$ select from post_service.posts where id = tests.id('diary') $$,
  'owner 1, mutual 0, follower 0, stranger 0, anonymous 0, blocked 0', 'one for oneself');
select tests.does('owner', $$ update user_service.user_privacy set profile_visible = false where user_id = auth.uid() $$);
select is((select array_agg(author_is_private) from post_service.posts where author_id = tests.id('owner')), array[true, true, true], 'the author''s privacy is copied');
select tests.outcomes($$ select from post_service.posts where author_id = tests.id('owner') $$,
  'owner 3, mutual 2, follower 0, followed 0, stranger 0, anonymous 0, blocked 0', 'what a hidden person posts is seen by mutual followers alone');
select tests.does('owner', $$ insert into post_service.posts (content) values ('Hidden') $$);
select ok((select author_is_private from post_service.posts where author_id = tests.id('owner') and content = 'Hidden'), 'also of a new post');
insert into user_service.blocks (blocker_id, blocked_id) values (tests.id('mutual'), tests.id('owner'));
insert into user_service.follows (follower_id, following_id)
  select a, b from (values (tests.id('owner'), tests.id('stranger')), (tests.id('stranger'), tests.id('owner'))) pairs (a, b);
select tests.outcomes($$ select from post_service.posts where author_id = tests.id('owner') $$, 'mutual 0, stranger 3', 'until a block parts them');
select tests.does('owner', $$ update user_service.user_privacy set profile_visible = true where user_id = auth.uid() $$);
select is((select array_agg(distinct author_is_private) from post_service.posts where author_id = tests.id('owner')), array[false], 'and back');
delete from user_service.follows where tests.id('stranger') in (follower_id, following_id);

-- Posting.
select tests.make_event('party', 'owner', '{"privacy": "private"}');
select tests.outcomes($$ insert into post_service.posts (content) values ('New') $$, 'owner 1, stranger 1, gone account_gone/401, anonymous 42501/grant', 'anyone with an account posts');
select tests.outcomes($$ insert into post_service.posts (author_id, content) values (tests.id('owner'), 'New') $$, 'owner 1, stranger 42501/policy', 'for themselves alone');
select tests.outcomes($$ insert into post_service.posts (content, likes_count) values ('New', 100) $$, 'owner 42501/grant', 'nobody likes themselves');
select tests.outcomes($$ insert into post_service.posts (content, author_is_private) values ('New', false) $$, 'owner 42501/grant', 'nor says how private they are');
select tests.outcomes($$ insert into post_service.posts (content, created_at) values ('New', '2001-01-01') $$, 'owner 42501/grant', 'nor when it was');
select tests.outcomes($$ insert into post_service.posts (content, event_id) values ('New', tests.id('party')) $$, 'owner 1, stranger event_not_found/404', 'about an event that one sees');
select tests.outcomes($$ insert into post_service.posts (type, attached_event_id) values ('text_with_event', tests.id('party')) $$, 'owner 1, stranger event_not_found/404', 'showing an event that one sees');
select tests.outcomes($$ insert into post_service.posts (content, attached_event_id) values ('New', tests.id('nothing')) $$, 'owner event_not_found/404', 'no such event');
select tests.outcomes($$ insert into post_service.posts (content, type) values ('New', 'text_with_event') $$, 'owner event_required/400', 'an event is to be shown, but none is named');
select tests.outcomes($$ insert into post_service.posts (type, original_post_id) values ('repost', tests.id('for followers')) $$, 'owner 1, follower 1, stranger post_not_found/404', 'one reposts what one sees');
select tests.outcomes(format($$ insert into post_service.posts (%s) values (%s) $$, columns, given), 'owner ' || outcome, columns || ': ' || left(given, 40))
from (values
  ('content', '''''', 'empty_post/400'), ('content', ''' ''', 'empty_post/400'), ('content', 'null', 'empty_post/400'), ('content', 'repeat(''a'', 10001)', 'text_too_long/400'), ('content', 'repeat(''a'', 10000)', '1'),
  ('type, content', '''poll'', '' ''', 'empty_post/400'), ('type, content', '''text_with_images'', null', '1'),
  ('type', '''repost''', 'original_required/400'), ('content, original_post_id', '''New'', tests.id(''open'')', 'original_required/400'),
  ('content, poll_closes_at', '''New'', now() + interval ''1 day''', 'not_a_poll/400'), ('type, content, poll_closes_at', '''poll'', ''Which?'', now() + interval ''1 day''', '1')
) inserts (columns, given, outcome);

select tests.outcomes($$ insert into post_service.posts (id, author_id, content) values (tests.id('open'), tests.id('owner'), 'Twice') $$, 'owner 42501/grant, service 23505/posts_pkey', 'ids are the database''s to choose');

-- Changing.
select tests.outcomes($$ update post_service.posts set content = 'Changed' where id = tests.id('open') $$, 'owner 1, mutual 0, stranger 0, anonymous 42501/grant, service 1', 'the author changes the words');
select tests.outcomes($$ update post_service.posts set visibility = 'private' $$, 'stranger 1', 'and nobody else''s along with it');
select tests.outcomes($$ update post_service.posts set event_id = null where id = tests.id('open') $$, 'owner 42501/grant', 'not what it is about');
select tests.outcomes($$ update post_service.posts set author_id = tests.id('stranger') where id = tests.id('open') $$, 'owner 42501/grant', 'nor whose it is');
select tests.outcomes($$ delete from post_service.posts where id = tests.id('open') $$, 'owner 1, mutual 0, stranger 0, anonymous 42501/grant', 'the author deletes it');
update post_service.posts set updated_at = '2001-01-01' where id = tests.id('open');
update post_service.posts set likes_count = 0, author_is_private = false where id = tests.id('open');
select is((select updated_at from post_service.posts where id = tests.id('open')), '2001-01-01', 'counting is no change');
select tests.does('owner', $$ update post_service.posts set visibility = 'public' where id = tests.id('open') $$);
select is((select updated_at from post_service.posts where id = tests.id('open')), now(), 'who may see it is');

-- Figures.
select tests.make_post('imported', 'follower', '{"likes_count": 7, "comments_count": 7, "reposts_count": 7, "shares_count": 7, "author_is_private": true}');
select is((select array[likes_count, comments_count, reposts_count, shares_count, author_is_private::int] from post_service.posts where id = tests.id('imported')), array[0, 0, 0, 0, 0], 'imported counts and flags are not believed');
select is((select posts_count from user_service.user_stats where user_id = tests.id('follower')), 1, 'posts count for their author');
update post_service.posts set author_id = tests.id('followed') where id = tests.id('imported');
select is((select array_agg(posts_count order by user_id = tests.id('followed')) from user_service.user_stats where user_id in (tests.id('follower'), tests.id('followed'))), array[0, 1], 'whoever that is');
delete from post_service.posts where id = tests.id('imported');
select is((select posts_count from user_service.user_stats where user_id = tests.id('followed')), 0, 'until they are gone');

-- The database's own rules.
select tests.outcomes($$ insert into post_service.posts (author_id, content) values (tests.id('nobody'), 'New') $$, 'database 23503/posts_author_id_fkey', 'an author exists');
select tests.outcomes($$ insert into post_service.posts (author_id, content, event_id) values (tests.id('owner'), 'New', tests.id('nothing')) $$, 'database 23503/posts_event_id_fkey', 'what it is about exists');
select tests.outcomes($$ insert into post_service.posts (author_id, content, attached_event_id) values (tests.id('owner'), 'New', tests.id('nothing')) $$, 'database 23503/posts_attached_event_id_fkey', 'what it shows exists');
select tests.outcomes($$ insert into post_service.posts (author_id, type, original_post_id) values (tests.id('owner'), 'repost', tests.id('nothing')) $$, 'database 23503/posts_original_post_id_fkey', 'what it repeats exists');
select tests.make_post('about it', 'owner', jsonb_build_object('event_id', tests.id('party'), 'attached_event_id', tests.id('party')));

-- Embedding.
select tests.outcomes($$ select from post_service.posts p, post_service.event(p) where p.id = tests.id('about it') $$, 'owner 1, stranger 0, anonymous 0', 'event() is what the caller sees of it');
select tests.outcomes($$ select from post_service.posts p, post_service.attached_event(p) where p.id = tests.id('about it') $$, 'owner 1, stranger 0, anonymous 0', 'so is attached_event()');
select tests.outcomes($$ select from post_service.posts p, post_service.author(p) a where p.id = tests.id('open') and a.username = 'tap_owner' $$, 'owner 1, stranger 1, anonymous 1', 'author() is the author');
select tests.act_as('owner');
select is((select array[(post_service.event(p)).title, (post_service.attached_event(p)).title] from post_service.posts p where id = tests.id('about it')), array['Party', 'Party'], 'the right ones');
select tests.act_as('database');
delete from event_service.events where id = tests.id('party');
select is((select array[event_id, attached_event_id] from post_service.posts where id = tests.id('about it')), array[null, null]::uuid[], 'a post outlives its event');

-- Counters, where changes are waiting already.
select is(tests.may('owner', 'post_private.counter_deltas'), 'nothing', 'deltas are not for clients');
select is(tests.may('anonymous', 'post_private.counter_deltas'), 'nothing', 'nor for visitors');
insert into post_private.counter_deltas (counted, target_id, counter, delta) values ('posts', tests.id('open'), 'likes_count', 5);
update post_service.posts set updated_at = '2001-01-01' where id = tests.id('open');
select tests.does('stranger', $$ insert into post_service.likes (likeable_type, likeable_id) values ('post', tests.id('open')) $$);
select is((select likes_count from post_service.posts where id = tests.id('open')), 0, 'the column alone lags');
select is((select sum(delta)::int from post_private.counter_deltas where target_id = tests.id('open')), 6, 'the column plus what waits is exact');
select tests.does('stranger', $$ delete from post_service.likes where likeable_id = tests.id('open') $$);
select ok(tests.fold_counters() >= 3, 'folding adds what waits');
select is((select array[likes_count::text, updated_at::date::text] from post_service.posts where id = tests.id('open')), array['5', '2001-01-01'], 'and touches nothing else');
insert into post_private.counter_deltas (counted, target_id, counter, delta) values ('posts', tests.id('nothing'), 'likes_count', 5);
select tests.fold_counters();
select is((select count(*)::int from post_private.counter_deltas where target_id in (tests.id('open'), tests.id('nothing'))), 0, 'deltas of a post that is gone go');
-- A post that goes while its counts are waiting takes what hangs on it along.
insert into post_service.likes (user_id, likeable_type, likeable_id) values (tests.id('stranger'), 'post', tests.id('open'));
insert into post_private.counter_deltas (counted, target_id, counter, delta) values ('posts', tests.id('open'), 'likes_count', 1);
select tests.does('owner', $$ delete from post_service.posts where id = tests.id('open') $$);
select is((select sum(delta)::int from post_private.counter_deltas where target_id = tests.id('open')), 1, 'nothing is counted off what is gone');
select is((select array_agg(has_function_privilege(role, 'post_private.count_on(name, uuid, name, integer)', 'execute') or has_function_privilege(role, 'post_private.fold_counters(integer)', 'execute'))
  from unnest(array['anon', 'authenticated']) role), array[false, false], 'clients neither count nor fold');

select * from finish();
rollback;
