begin;
set local search_path = extensions, public;
select no_plan();

select tests.make_people();
update user_service.users set name = 'Quokkawati ' || split_part(username, '_', 2) where username like 'tap\_%' and username not in ('tap_acquaintance', 'tap_nuisance');

select tests.outcomes(
  $$ select from user_service.search_people('quokkawati') $$,
  'stranger 7, owner 5, blocked 6, anonymous 7, service 7', 'a search finds only visible people');
select tests.act_as('stranger');
select is((select array_agg(username) from user_service.search_people('Quokka FOLL')), array['tap_followed', 'tap_follower'],
  'every word must match the beginning of a word, and people are sorted by username');
select is((select array_agg(username) from user_service.search_people('tap_own')), array['tap_owner'], 'a search matches the whole username');
select is((select array_agg(username) from user_service.search_people('owner quokkawati')), array['tap_owner'], 'a search matches a part of the username and a word of the name');
select is((select count(*)::int from user_service.search_people('quokkawati zebra')), 0, 'a person without one of the words is not found');
select is((select count(*)::int from user_service.search_people($$it's \ & | ! :* quo''kka$$)), 0, 'punctuation is ignored');
select tests.outcomes($$ select from user_service.search_people('  ') $$, 'stranger empty_search/400, anonymous empty_search/400', 'a search without words is refused');
select tests.outcomes($$ select from user_service.search_people(null) $$, 'stranger empty_search/400', 'a null search is refused');

-- Pages.
create temp table page_1 as select * from user_service.search_people('quokkawati', page_size => 3);
select tests.act_as('database');
select tests.make_person('aaa', '{"name": "Quokkawati aaa"}'), tests.make_person('zzz', '{"name": "Quokkawati zzz"}');
select tests.act_as('stranger');
select is((select array_agg(username) from page_1), array['tap_blocked', 'tap_blocker', 'tap_followed'], 'the first page has the first people by username');
select is((select array_agg(username) from user_service.search_people('quokkawati', (select cursor from page_1 where username = 'tap_followed'), 3)),
  array['tap_follower', 'tap_mutual', 'tap_owner'], 'the next page follows its cursor, whatever was added before it');
select is((select array_agg(username) from user_service.search_people('quokkawati', (select cursor from page_1 where username = 'tap_blocker'))),
  array['tap_followed', 'tap_follower', 'tap_mutual', 'tap_owner', 'tap_stranger', 'tap_zzz'], 'the cursor of any row continues after that row');
select is((select count(*)::int from user_service.search_people('quokkawati', page_size => 0)), 1, 'a page has at least one row');
select is((select count(*)::int from user_service.search_people('quokkawati', page_size => -5)), 1, 'a negative page size is raised to one');
select tests.act_as('database');
select tests.outcomes(
  format($$ select from user_service.search_people('quokkawati', %L) $$, cursor), 'stranger malformed_cursor/400', 'refuses the cursor ' || cursor)
from (values ('nonsense'), ('!'), (''), ('e30'), (user_private.write_cursor('{"kind": "posts", "id": "00000000-0000-0000-0000-000000000000"}')),
  (user_private.write_cursor('{"kind": "people", "id": "none"}')), (user_private.write_cursor('{"kind": "people", "name": "x"}')), (user_private.write_cursor('null')),
  (user_private.write_cursor('"people"')), ('gICA')) cursors (cursor);

-- Page sizes.
insert into user_service.users (username, name) select 'tap_many_' || n, 'Wombatini' from generate_series(1, 101) n;
select tests.outcomes(
  $$ select from user_service.search_people('wombatini', null, 1000000) $$, 'stranger 100, anonymous 100', 'a page has at most 100 rows');
select tests.outcomes(
  $$ select from user_service.search_people('wombatini', null, null) $$, 'stranger 20', 'a page has 20 rows by default');

-- Avatars: uploaded files have a path, imported rows a URL.
update user_service.users set avatar_url = case id when tests.id('owner') then tests.id('owner') || '/me.png' else 'https://example.com/me.png' end where id in (tests.id('owner'), tests.id('mutual'));
select is((select array[avatar_path, avatar_url] from user_service.profile('tap_owner')), array[tests.id('owner') || '/me.png', null], 'an uploaded avatar is a path');
select is((select array[avatar_path, avatar_url] from user_service.profile('tap_mutual')), array[null, 'https://example.com/me.png'], 'an imported avatar is a URL');
select is((select array[avatar_path, avatar_url] from user_service.profile('tap_stranger')), array[null::text, null], 'both are null without an avatar');

select * from finish();
rollback;
