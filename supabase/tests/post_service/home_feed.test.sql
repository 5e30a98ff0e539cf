begin;
set local search_path = extensions, public;
select no_plan();

select tests.make_people();
select tests.make_person('hidden');
select tests.make_post('post ' || n, case when n % 2 = 0 then 'followed' else 'mutual' end, jsonb_build_object('created_at', now() - n * interval '1 hour')) from generate_series(1, 6) n;
select tests.make_post('mine'), tests.make_post('theirs', 'stranger'), tests.make_post('for followers', 'followed', jsonb_build_object('visibility', 'followers', 'created_at', now() - interval '10 hours')),
  tests.make_post('diary', 'followed', '{"visibility": "private"}'), tests.make_post('hidden', 'hidden');
insert into user_service.follows (follower_id, following_id) values (tests.id('owner'), tests.id('hidden'));
update user_service.user_privacy set profile_visible = false where user_id = tests.id('hidden');

select tests.outcomes($$ select from post_service.home_feed() $$, 'owner 7, stranger 0, mutual 1, anonymous 42501/grant', 'what those one follows post');
select tests.act_as('owner');
select is((select array_agg(content) from post_service.home_feed()), array(select 'Post ' || n from generate_series(1, 6) n) || array['For Followers'], 'newest first');
create temp table page_1 as select * from post_service.home_feed(page_size => 3);
select tests.act_as('database');
select tests.make_post('new', 'followed');
select tests.make_post('between', 'mutual', jsonb_build_object('created_at', now() - interval '3 hours 30 minutes'));
delete from post_service.posts where id = tests.id('post 3');
select tests.act_as('owner');
select is((select array_agg(content) from page_1), array['Post 1', 'Post 2', 'Post 3'], 'the first page');
select is((select array_agg(content) from post_service.home_feed((select cursor from page_1 offset 2), 3)), array['Between', 'Post 4', 'Post 5'], 'the next, whatever came before it or went meanwhile');
select is((select count(*)::int from post_service.home_feed(page_size => 0)), 1, 'a post at least');
select tests.act_as('database');
select tests.outcomes(format($$ select from post_service.home_feed(%L) $$, cursor), 'owner malformed_cursor/400', 'the cursor ' || cursor)
from (values ('nonsense'), (post_private.write_cursor('{"kind": "feed", "id": "00000000-0000-0000-0000-000000000000"}')),
  (post_private.write_cursor('{"kind": "feed", "id": "00000000-0000-0000-0000-000000000000", "time": "soon"}')),
  (post_private.write_cursor('{"kind": "posts", "id": "00000000-0000-0000-0000-000000000000", "time": "2026-01-01"}'))) cursors (cursor);
select tests.make_post('many ' || n, 'followed', jsonb_build_object('created_at', now() - interval '20 hours')) from generate_series(1, 101) n;
select tests.outcomes($$ select from post_service.home_feed(page_size => 1000000) $$, 'owner 100', 'a hundred at most');
select tests.act_as('owner');
create temp table pages as with recursive page (number, cursor, ids) as (
    select 1, (array_agg(cursor))[60], array_agg(id) from post_service.home_feed(page_size => 60)
    union all select number + 1, (select (array_agg(f.cursor))[60] from post_service.home_feed(page.cursor, 60) f), (select array_agg(f.id) from post_service.home_feed(page.cursor, 60) f)
    from page where page.cursor is not null)
  select unnest(ids) as id from page;
select is((select array[count(*), count(distinct id)] from pages), array[109, 109]::bigint[], 'posts of one moment neither repeat nor skip');
select tests.act_as('database');

-- Who follows more than a hundred gets the same feed by another way.
select tests.act_as('owner');
create temp table by_author as select row_number() over () as place, f.id from post_service.home_feed(page_size => 100) f;
create temp table by_author_next as select row_number() over () as place, f.id from post_service.home_feed((select (array_agg(cursor))[50] from post_service.home_feed(page_size => 50)), 10) f;
select tests.act_as('database');
insert into user_service.users (id, username) select tests.id('many ' || n), 'tap_many_' || n from generate_series(1, 100) n;
insert into user_service.follows (follower_id, following_id) select tests.id('owner'), tests.id('many ' || n) from generate_series(1, 100) n;
select tests.act_as('owner');
select results_eq('select row_number() over () as place, f.id from post_service.home_feed(page_size => 100) f', 'select * from by_author', 'in the same order');
select results_eq('select row_number() over () as place, f.id from post_service.home_feed((select (array_agg(cursor))[50] from post_service.home_feed(page_size => 50)), 10) f', 'select * from by_author_next', 'on the next page too');
select tests.act_as('database');

-- Cards.
select tests.make_event('party', 'owner', '{"privacy": "private"}');
insert into user_service.invitations (inviter_id, invitee_id, event_id) values (tests.id('owner'), tests.id('stranger'), tests.id('party'));
insert into user_service.follows (follower_id, following_id) values (tests.id('stranger'), tests.id('owner')), (tests.id('follower'), tests.id('followed'));
delete from post_service.posts where author_id = tests.id('owner');
select tests.make_post('poll', 'owner', '{"type": "poll"}');
insert into post_service.poll_options (id, post_id, label, order_index) values (tests.id('yes'), tests.id('poll'), 'Yes', 0), (tests.id('no'), tests.id('poll'), 'No', 1);
insert into post_service.poll_votes (post_id, option_id, user_id) values (tests.id('poll'), tests.id('no'), tests.id('stranger'));
select tests.make_post('with event', 'owner', jsonb_build_object('type', 'text_with_event', 'attached_event_id', tests.id('party')));
select tests.make_post('pictures', 'owner');
insert into post_service.post_images (post_id, image_url, order_index) values (tests.id('pictures'), 'b.png', 1), (tests.id('pictures'), 'a.png', 0);
insert into post_service.likes (user_id, likeable_type, likeable_id) values (tests.id('stranger'), 'post', tests.id('pictures'));
insert into post_service.bookmarks (user_id, post_id) values (tests.id('stranger'), tests.id('pictures'));
select tests.make_post('repost', 'owner', jsonb_build_object('type', 'repost', 'original_post_id', tests.id('theirs')));
select tests.make_post('hidden repost', 'owner', jsonb_build_object('type', 'repost', 'original_post_id', tests.id('hidden')));
select tests.does('stranger', $$ insert into post_service.reposts (post_id) values (tests.id('pictures')) $$);
select tests.act_as('stranger');
create temp table cards as select * from post_service.home_feed();
select is((select array[author ->> 'username', images::text, i_like::text, i_bookmarked::text, i_reposted::text, likes_count::text, reposts_count::text, poll::text, event::text, original::text] from cards where id = tests.id('pictures')),
  array['tap_owner', '{a.png,b.png}', 'true', 'true', 'true', '1', '1', null, null, null], 'a card has what belongs to the post');
select is((select poll from cards where id = tests.id('poll')), jsonb_build_object('closes_at', null, 'my_option_id', tests.id('no'), 'options', jsonb_build_array(
  jsonb_build_object('id', tests.id('yes'), 'label', 'Yes', 'votes_count', 0), jsonb_build_object('id', tests.id('no'), 'label', 'No', 'votes_count', 1))), 'a poll, with one''s own vote');
select is((select event ->> 'title' from cards where id = tests.id('with event')), 'Party', 'an event that one sees');
select is((select array[original ->> 'id', original -> 'author' ->> 'username'] from cards where id = tests.id('repost')), array[tests.id('theirs')::text, 'tap_stranger'], 'the original of a repost');
select is((select original from cards where id = tests.id('hidden repost')), null, 'unless one does not see it');
select tests.act_as('follower');
drop table if exists cards_of_follower;
create temp table cards_of_follower as select * from post_service.home_feed();
select is((select array[i_like, i_bookmarked, i_reposted] from cards_of_follower where id = tests.id('pictures')), array[false, false, false], 'others like and save for themselves');
select is((select poll ->> 'my_option_id' from cards_of_follower where id = tests.id('poll')), null, 'and vote for themselves');
select is((select event from cards_of_follower where id = tests.id('with event')), null, 'and see other events');
select tests.act_as('database');

select * from finish();
rollback;
