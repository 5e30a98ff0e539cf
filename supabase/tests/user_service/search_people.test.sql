begin;
set local search_path = extensions, public;
select no_plan();

select tests.make_people();
update user_service.users set name = 'Quokkawati ' || split_part(username, '_', 2) where username like 'tap\_%' and username not in ('tap_acquaintance', 'tap_nuisance');

select tests.outcomes(
  $$ select from user_service.search_people('quokkawati') $$,
  'stranger 7, owner 5, blocked 6, anonymous 7, service 7', 'one finds whom one sees');
select tests.act_as('stranger');
select is((select array_agg(username) from user_service.search_people('Quokka FOLL')), array['tap_followed', 'tap_follower'],
  'every word begins a word of the name or username, in the order of usernames');
select is((select array_agg(username) from user_service.search_people('tap_own')), array['tap_owner'], 'a username');
select is((select array_agg(username) from user_service.search_people('owner quokkawati')), array['tap_owner'], 'a part of one, and a name');
select is((select count(*)::int from user_service.search_people('quokkawati zebra')), 0, 'a word that is not there');
select is((select count(*)::int from user_service.search_people($$it's \ & | ! :* quo''kka$$)), 0, 'signs mean nothing');
select tests.outcomes($$ select from user_service.search_people('  ') $$, 'stranger empty_search/400, anonymous empty_search/400', 'no word');
select tests.outcomes($$ select from user_service.search_people(null) $$, 'stranger empty_search/400', 'nothing at all');

-- Pages.
create temp table page_1 as select * from user_service.search_people('quokkawati', page_size => 3);
select tests.act_as('database');
select tests.make_person('aaa', '{"name": "Quokkawati aaa"}'), tests.make_person('zzz', '{"name": "Quokkawati zzz"}');
select tests.act_as('stranger');
select is((select array_agg(username) from page_1), array['tap_blocked', 'tap_blocker', 'tap_followed'], 'the first page');
select is((select array_agg(username) from user_service.search_people('quokkawati', (select cursor from page_1 where username = 'tap_followed'), 3)),
  array['tap_follower', 'tap_mutual', 'tap_owner'], 'the next one, whatever came before it meanwhile');
select is((select array_agg(username) from user_service.search_people('quokkawati', (select cursor from page_1 where username = 'tap_blocker'))),
  array['tap_followed', 'tap_follower', 'tap_mutual', 'tap_owner', 'tap_stranger', 'tap_zzz'], 'any row''s cursor goes on after it');
select is((select count(*)::int from user_service.search_people('quokkawati', page_size => 0)), 1, 'a page has a row at least');
select is((select count(*)::int from user_service.search_people('quokkawati', page_size => -5)), 1, 'whatever is asked');
select tests.act_as('database');
select tests.outcomes(
  format($$ select from user_service.search_people('quokkawati', %L) $$, cursor), 'stranger malformed_cursor/400', 'the cursor ' || cursor)
from (values ('nonsense'), ('!'), (''), ('e30'), (user_private.write_cursor('{"kind": "posts", "id": "00000000-0000-0000-0000-000000000000"}')),
  (user_private.write_cursor('{"kind": "people", "id": "none"}')), (user_private.write_cursor('{"kind": "people", "name": "x"}')), (user_private.write_cursor('null')),
  (user_private.write_cursor('"people"')), ('gICA')) cursors (cursor);

-- A million are a hundred.
insert into user_service.users (username, name) select 'tap_many_' || n, 'Wombatini' from generate_series(1, 101) n;
select tests.outcomes(
  $$ select from user_service.search_people('wombatini', null, 1000000) $$, 'stranger 100, anonymous 100', 'a page has a hundred rows at most');
select tests.outcomes(
  $$ select from user_service.search_people('wombatini', null, null) $$, 'stranger 20', 'and twenty unless asked');

select * from finish();
rollback;
