begin;
set local search_path = extensions, public;
select no_plan();

select tests.make_people();
select tests.make_person('hidden');
delete from post_service.posts;
select tests.make_post('post ' || n, 'owner', jsonb_build_object('created_at', now() - n * interval '1 hour')) from generate_series(1, 3) n;
select tests.make_post('for followers', 'owner', '{"visibility": "followers"}'), tests.make_post('diary', 'owner', '{"visibility": "private"}'), tests.make_post('hidden', 'hidden');
update user_service.user_privacy set profile_visible = false where user_id = tests.id('hidden');
select tests.make_post('repost', 'stranger', jsonb_build_object('type', 'repost', 'original_post_id', tests.id('post 1'), 'content', null)),
  tests.make_post('quote', 'stranger', jsonb_build_object('type', 'repost', 'original_post_id', tests.id('post 2'), 'content', 'Look'));
select tests.outcomes($$ select from post_service.latest_posts() $$, 'owner 4, follower 4, anonymous 4, blocked 1, hidden 4, service 4', 'returns public posts of everyone whom the caller sees');
select tests.act_as('anonymous');
select is((select array_agg(content) from post_service.latest_posts()), array['Look', 'Post 1', 'Post 2', 'Post 3'], 'the newest are first, without reposts that have no quote');
create temp table page_1 as select * from post_service.latest_posts(page_size => 2);
select tests.act_as('database');
select tests.make_post('new'), tests.make_post('between', 'owner', jsonb_build_object('created_at', now() - interval '90 minutes'));
select tests.act_as('anonymous');
select is((select array_agg(content) from post_service.latest_posts((select cursor from page_1 offset 1))), array['Between', 'Post 2', 'Post 3'], 'the next page follows its cursor, whatever was added before it');
select is((select count(*)::int from post_service.latest_posts(page_size => 0)), 1, 'a page has at least one row');
select tests.act_as('database');
select tests.outcomes(format($$ select from post_service.latest_posts(%L) $$, cursor), 'stranger malformed_cursor/400, anonymous malformed_cursor/400', 'refuses the cursor ' || cursor)
from (values ('nonsense'), (post_private.write_cursor('{"kind": "latest", "id": "00000000-0000-0000-0000-000000000000", "time": "soon"}')),
  (post_private.write_cursor('{"kind": "feed", "id": "00000000-0000-0000-0000-000000000000", "time": "2026-01-01"}'))) cursors (cursor);
select tests.make_post('many ' || n, 'follower') from generate_series(1, 101) n;
select tests.outcomes($$ select from post_service.latest_posts(page_size => 1000000) $$, 'stranger 100', 'a page has at most 100 rows');

select * from finish();
rollback;
