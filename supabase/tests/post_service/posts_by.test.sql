begin;
set local search_path = extensions, public;
select no_plan();

select tests.make_people();
select tests.make_post('post ' || n, 'owner', jsonb_build_object('created_at', now() - n * interval '1 hour')) from generate_series(1, 4) n;
select tests.make_post('for followers', 'owner', jsonb_build_object('visibility', 'followers', 'created_at', now() - interval '10 hours')), tests.make_post('theirs', 'stranger');
select tests.outcomes($$ select from post_service.posts_by(tests.id('owner')) $$, 'owner 5, follower 5, stranger 4, anonymous 4, blocked 0, blocker 0, service 4', 'returns posts of the person that the caller sees');
select tests.act_as('anonymous');
select is((select array_agg(content) from post_service.posts_by(tests.id('owner'))), array['Post 1', 'Post 2', 'Post 3', 'Post 4'], 'the newest posts are first');
create temp table page_1 as select * from post_service.posts_by(tests.id('owner'), page_size => 2);
select tests.act_as('database');
select tests.make_post('new'), tests.make_post('between', 'owner', jsonb_build_object('created_at', now() - interval '3 hours 30 minutes'));
select tests.act_as('anonymous');
select is((select array_agg(content) from post_service.posts_by(tests.id('owner'), (select cursor from page_1 offset 1))), array['Post 3', 'Between', 'Post 4'], 'the next page follows its cursor, whatever was added before it');
select is((select count(*)::int from post_service.posts_by(tests.id('owner'), page_size => 0)), 1, 'a page has at least one row');
select tests.act_as('database');
select tests.outcomes(format($$ select from post_service.posts_by(tests.id('owner'), %L) $$, cursor), 'stranger malformed_cursor/400, anonymous malformed_cursor/400', 'refuses the cursor ' || cursor)
from (values ('nonsense'), (post_private.write_cursor('{"kind": "author", "id": "00000000-0000-0000-0000-000000000000", "time": "soon"}')),
  (post_private.write_cursor('{"kind": "feed", "id": "00000000-0000-0000-0000-000000000000", "time": "2026-01-01"}'))) cursors (cursor);
select tests.make_post('many ' || n, 'follower') from generate_series(1, 101) n;
select tests.outcomes($$ select from post_service.posts_by(tests.id('follower'), page_size => 1000000) $$, 'stranger 100', 'a page has at most 100 rows');

select * from finish();
rollback;
