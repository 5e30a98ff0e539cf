begin;
set local search_path = extensions, public;
select no_plan();

select tests.make_people();
select tests.make_post('post ' || n, 'owner', jsonb_build_object('content', 'Penguinology ' || n, 'created_at', now() - n * interval '1 hour')) from generate_series(1, 4) n;
select tests.make_post('for followers', 'owner', jsonb_build_object('content', 'Penguinology', 'visibility', 'followers', 'created_at', now() - interval '10 hours')), tests.make_post('theirs', 'stranger');
select tests.outcomes($$ select from post_service.search_posts('penguinology') $$, 'owner 5, follower 5, stranger 4, anonymous 4, blocked 0, blocker 0, service 4', 'a search finds only visible posts');
select tests.act_as('anonymous');
select is((select array_agg(content) from post_service.search_posts('PENGU')), array(select 'Penguinology ' || n from generate_series(1, 4) n), 'words match the beginning of words, and the newest posts are first');
select is((select array_agg(content) from post_service.search_posts('pengu 3')), array['Penguinology 3'], 'every word must match');
select tests.outcomes($$ select from post_service.search_posts(' ') $$, 'stranger empty_search/400', 'a search without words is refused');
create temp table page_1 as select * from post_service.search_posts('penguinology', page_size => 2);
select tests.act_as('database');
select tests.make_post('new', 'owner', '{"content": "Penguinology new"}'), tests.make_post('between', 'owner', jsonb_build_object('content', 'Penguinology between', 'created_at', now() - interval '3 hours 30 minutes'));
select tests.act_as('anonymous');
select is((select array_agg(content) from post_service.search_posts('penguinology', (select cursor from page_1 offset 1))), array(select 'Penguinology ' || n from unnest(array['3', 'between', '4']) n), 'the next page follows its cursor, whatever was added before it');
select tests.act_as('database');
select tests.outcomes(format($$ select from post_service.search_posts('penguinology', %L) $$, cursor), 'stranger malformed_cursor/400', 'refuses the cursor ' || cursor)
from (values ('nonsense'), (post_private.write_cursor('{"kind": "posts", "id": "00000000-0000-0000-0000-000000000000", "time": "soon"}')),
  (post_private.write_cursor('{"kind": "feed", "id": "00000000-0000-0000-0000-000000000000", "time": "2026-01-01"}'))) cursors (cursor);
select tests.make_post('many ' || n, 'follower', '{"content": "Wombatini"}') from generate_series(1, 101) n;
select tests.outcomes($$ select from post_service.search_posts('wombatini', page_size => 1000000) $$, 'stranger 100', 'a page has at most 100 rows');

select * from finish();
rollback;
