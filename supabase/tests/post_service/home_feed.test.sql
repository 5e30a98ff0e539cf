begin;
set local search_path = extensions, public;
select no_plan();

select tests.make_people();
select tests.make_person('hidden');
select tests.make_post('post ' || n, case when n % 2 = 0 then 'followed' else 'mutual' end, jsonb_build_object('created_at', now() - n * interval '1 hour')) from generate_series(1, 6) n;
select tests.make_post('mine', 'owner', jsonb_build_object('created_at', now() - interval '30 minutes')), tests.make_post('theirs', 'stranger'), tests.make_post('for followers', 'followed', jsonb_build_object('visibility', 'followers', 'created_at', now() - interval '10 hours')),
  tests.make_post('diary', 'followed', '{"visibility": "private"}'), tests.make_post('hidden', 'hidden');
insert into user_service.follows (follower_id, following_id) values (tests.id('owner'), tests.id('hidden'));
update user_service.user_privacy set profile_visible = false where user_id = tests.id('hidden');

select tests.outcomes($$ select from post_service.home_feed() $$, 'owner 8, stranger 2, mutual 4, anonymous 42501/grant', 'the feed has visible posts of the caller and of people whom the caller follows');
select tests.act_as('owner');
select is((select array_agg(content) from post_service.home_feed()), array['Mine'] || array(select 'Post ' || n from generate_series(1, 6) n) || array['For Followers'], 'the newest posts are first');
create temp table page_1 as select * from post_service.home_feed(page_size => 4);
select tests.act_as('database');
select tests.make_post('new', 'followed');
select tests.make_post('between', 'mutual', jsonb_build_object('created_at', now() - interval '3 hours 30 minutes'));
delete from post_service.posts where id = tests.id('post 3');
select tests.act_as('owner');
select is((select array_agg(content) from page_1), array['Mine', 'Post 1', 'Post 2', 'Post 3'], 'the first page has the newest posts');
select is((select array_agg(content) from post_service.home_feed((select cursor from page_1 offset 3), 3)), array['Between', 'Post 4', 'Post 5'], 'the next page follows its cursor, whatever was added or deleted before it');
select is((select count(*)::int from post_service.home_feed(page_size => 0)), 1, 'a page has at least one row');
select tests.act_as('database');
select tests.outcomes(format($$ select from post_service.home_feed(%L) $$, cursor), 'owner malformed_cursor/400', 'refuses the cursor ' || cursor)
from (values ('nonsense'), (post_private.write_cursor('{"kind": "feed", "id": "00000000-0000-0000-0000-000000000000"}')),
  (post_private.write_cursor('{"kind": "feed", "id": "00000000-0000-0000-0000-000000000000", "time": "soon"}')),
  (post_private.write_cursor('{"kind": "posts", "id": "00000000-0000-0000-0000-000000000000", "time": "2026-01-01"}'))) cursors (cursor);
select tests.make_post('many ' || n, 'followed', jsonb_build_object('created_at', now() - interval '20 hours')) from generate_series(1, 101) n;
select tests.outcomes($$ select from post_service.home_feed(page_size => 1000000) $$, 'owner 100', 'a page has at most 100 rows');
select tests.act_as('owner');
create temp table pages as with recursive page (number, cursor, ids) as (
    select 1, (array_agg(cursor))[60], array_agg(id) from post_service.home_feed(page_size => 60)
    union all select number + 1, (select (array_agg(f.cursor))[60] from post_service.home_feed(page.cursor, 60) f), (select array_agg(f.id) from post_service.home_feed(page.cursor, 60) f)
    from page where page.cursor is not null)
  select unnest(ids) as id from page;
select is((select array[count(*), count(distinct id)] from pages), array[110, 110]::bigint[], 'pages of posts of the same time neither repeat nor skip posts');
select tests.act_as('database');

-- For callers who follow more than a hundred people the feed uses another plan.
select tests.act_as('owner');
create temp table by_author as select row_number() over () as place, f.id from post_service.home_feed(page_size => 100) f;
create temp table by_author_next as select row_number() over () as place, f.id from post_service.home_feed((select (array_agg(cursor))[50] from post_service.home_feed(page_size => 50)), 10) f;
select tests.act_as('database');
insert into user_service.users (id, username) select tests.id('many ' || n), 'tap_many_' || n from generate_series(1, 100) n;
insert into user_service.follows (follower_id, following_id) select tests.id('owner'), tests.id('many ' || n) from generate_series(1, 100) n;
select tests.act_as('owner');
select results_eq('select row_number() over () as place, f.id from post_service.home_feed(page_size => 100) f', 'select * from by_author', 'the posts are in the same order');
select results_eq('select row_number() over () as place, f.id from post_service.home_feed((select (array_agg(cursor))[50] from post_service.home_feed(page_size => 50)), 10) f', 'select * from by_author_next', 'so are those of the next page');
select tests.act_as('database');

-- A post is in the feed once, at its newest repost without a quote.
delete from post_service.posts;
select tests.make_person('friend ' || n) from generate_series(1, 4) n;
insert into user_service.follows (follower_id, following_id) select tests.id('owner'), tests.id('friend ' || n) from generate_series(1, 4) n;
select tests.make_post('old', 'friend 1', jsonb_build_object('created_at', now() - interval '9 hours')), tests.make_post('elsewhere', 'stranger', jsonb_build_object('created_at', now() - interval '8 hours')),
  tests.make_post('secret', 'stranger', jsonb_build_object('created_at', now() - interval '8 hours', 'visibility', 'private'));
create function pg_temp.repost(who text, what text, hours int, quote text default null) returns void language sql as $$
  select tests.make_post(who || ' on ' || what, who, jsonb_build_object('type', 'repost', 'original_post_id', tests.id(what), 'created_at', now() - hours * interval '1 hour', 'content', quote));
$$;
create function pg_temp.feed(rows int default 20, after text default null) returns text[] language sql as $$
  select array_agg(content || coalesce(' by ' || (select string_agg(right(r ->> 'username', 1), '' order by place) from jsonb_array_elements(reposted_by) with ordinality x (r, place)), '')) from post_service.home_feed(after, rows);
$$;
select pg_temp.repost('friend 2', 'elsewhere', 7), pg_temp.repost('stranger', 'old', 6), pg_temp.repost('friend 2', 'secret', 5), pg_temp.repost('friend 3', 'elsewhere', 4, 'Quote');
select tests.act_as('owner');
select is(pg_temp.feed(), array['Quote', 'Elsewhere by 2', 'Old'], 'the feed has posts that followed people reposted, and quotes as posts of their own; no reposts by others or of hidden posts');
select tests.act_as('database');
select pg_temp.repost('friend 3', 'old', 3);
select tests.make_post('own', 'owner', jsonb_build_object('created_at', now() - interval '150 minutes'));
select tests.act_as('owner');
select is(pg_temp.feed(), array['Own', 'Old by 3', 'Quote', 'Elsewhere by 2'], 'a repost moves its post up');
create temp table first_page as select * from post_service.home_feed(page_size => 2);
select tests.act_as('database');
select pg_temp.repost('friend 1', 'elsewhere', 1), pg_temp.repost('friend 4', 'elsewhere', 2), pg_temp.repost('owner', 'elsewhere', 0);
select tests.act_as('owner');
select is(pg_temp.feed(20, (select cursor from first_page offset 1)), array['Quote', 'Elsewhere by 2'], 'reposts after the first page do not move a post off the next ones');
select is(pg_temp.feed(), array['Elsewhere by r14', 'Own', 'Old by 3', 'Quote'], 'reposted_by has the newest three people, also the caller');
select tests.act_as('database');
select pg_temp.repost('friend ' || n, 'old', -n) from generate_series(1, 2) n;
select tests.make_post('tail ' || n, 'friend 1', jsonb_build_object('created_at', now() - (20 + n) * interval '1 hour')) from generate_series(1, 5) n;
select tests.act_as('owner');
select is((select array_agg(content order by place) from (select 1 as place, content from post_service.home_feed(page_size => 1) union all select 2, content from post_service.home_feed((select cursor from post_service.home_feed(page_size => 1)), 1)) pages),
  array['Old', 'Elsewhere'], 'a page is full although its posts were reposted several times');
-- A post that was reposted more often than the feed looks through.
select tests.act_as('database');
insert into user_service.users (id, username) select tests.id('crowd ' || n), 'tap_crowd_' || n from generate_series(1, 205) n;
select pg_temp.repost('crowd ' || n, 'elsewhere', -3) from generate_series(1, 205) n;
select post_private.fold_counters();
select tests.act_as('owner');
select is((select array_agg(f) from unnest(pg_temp.feed()) f where f like 'Elsewhere%'), array['Elsewhere by r14'], 'the feed shows a viral post once, and who of the followed people reposted it');
select is((select reposted_by from post_service.posts_by(tests.id('stranger')) limit 1), null, 'other lists do not say who reposted a post');
select tests.act_as('database');

select * from finish();
rollback;
