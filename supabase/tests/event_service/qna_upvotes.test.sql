begin;
set local search_path = extensions, public;
select no_plan();

select tests.make_people();
select tests.make_person('asker'), tests.make_person('hidden');
update user_service.user_privacy set profile_visible = false where user_id = tests.id('hidden');
select tests.make_event('open'), tests.make_event('secret', 'owner', '{"privacy": "private"}');
insert into event_service.event_qna (id, event_id, user_id, question) values
  (tests.id('question'), tests.id('open'), tests.id('asker'), 'Parking?'), (tests.id('secret question'), tests.id('secret'), tests.id('asker'), 'Secret?'), (tests.id('other'), tests.id('open'), tests.id('asker'), 'Food?');
insert into event_service.qna_upvotes (question_id, user_id) values
  (tests.id('question'), tests.id('mutual')), (tests.id('question'), tests.id('hidden')), (tests.id('secret question'), tests.id('asker'));

select is(tests.may('owner', 'event_service.qna_upvotes'), 'select, insert (question_id, user_id), delete', 'clients may insert and delete upvotes, but not update them');
select is(tests.may('anonymous', 'event_service.qna_upvotes'), 'nothing', 'anonymous visitors have no access to upvotes');
select tests.outcomes($$ select from event_service.qna_upvotes where question_id = tests.id('question') and user_id = tests.id('mutual') $$,
  'mutual 1, owner 1, stranger 1, blocked 0, blocker 0, anonymous 42501/grant, service 1', 'an upvote is visible to everyone signed in who sees the question and the person');
select tests.outcomes($$ select from event_service.qna_upvotes where question_id = tests.id('question') and user_id = tests.id('hidden') $$, 'hidden 1, stranger 0', 'upvotes of a hidden person are hidden');
select tests.outcomes($$ select from event_service.qna_upvotes where question_id = tests.id('secret question') $$, 'owner 1, stranger 0', 'upvotes of a question are hidden from people who cannot see the question');
select tests.outcomes(
  $$ insert into event_service.qna_upvotes (question_id) values (tests.id('question')) $$,
  'stranger 1, owner 1, mutual 23505/upvotes_are_unique, blocked question_not_found/404, gone account_gone/401, anonymous 42501/grant', 'a caller upvotes a visible question, once');
select tests.outcomes($$ insert into event_service.qna_upvotes (question_id) values (tests.id('secret question')) $$, 'owner 1, stranger question_not_found/404', 'a question that is not visible is refused');
select tests.outcomes(
  $$ insert into event_service.qna_upvotes (question_id, user_id) values (tests.id('question'), tests.id('stranger')) $$, 'stranger 1, owner 42501/policy', 'callers upvote only for themselves');
select tests.outcomes($$ delete from event_service.qna_upvotes where question_id = tests.id('question') and user_id = tests.id('mutual') $$,
  'mutual 1, owner 0, stranger 0, anonymous 42501/grant', 'a person deletes only their own upvote');
select tests.outcomes($$ delete from event_service.qna_upvotes where question_id = tests.id('question') $$, 'mutual 1', 'a delete of all upvotes of a question removes only the caller''s');

select is((select upvotes_count from event_service.event_qna where id = tests.id('question')), 2, 'upvotes are counted');
update event_service.qna_upvotes set question_id = tests.id('other') where user_id = tests.id('mutual');
select is((select array_agg(upvotes_count order by id = tests.id('other')) from event_service.event_qna where event_id = tests.id('open')), array[1, 1], 'an upvote with another question moves its count');
select tests.does('mutual', $$ delete from event_service.qna_upvotes where question_id = tests.id('other') $$);
select is((select upvotes_count from event_service.event_qna where id = tests.id('other')), 0, 'a deleted upvote is no longer counted');

select tests.outcomes(
  $$ insert into event_service.qna_upvotes (question_id, user_id) values (tests.id('nothing'), tests.id('owner')) $$, 'database 23503/qna_upvotes_question_id_fkey', 'the question must exist');
select tests.outcomes(
  $$ insert into event_service.qna_upvotes (question_id, user_id) values (tests.id('question'), tests.id('nobody')) $$, 'database 23503/qna_upvotes_user_id_fkey', 'the person must exist');
select tests.outcomes(
  $$ insert into event_service.qna_upvotes (id, question_id, user_id) select id, tests.id('other'), user_id from event_service.qna_upvotes where question_id = tests.id('question') $$,
  'database 23505/qna_upvotes_pkey', 'a taken id is refused');
delete from event_service.event_qna where id = tests.id('question');
select is((select count(*)::int from event_service.qna_upvotes where question_id = tests.id('question')), 0, 'upvotes are deleted with their question');

select * from finish();
rollback;
