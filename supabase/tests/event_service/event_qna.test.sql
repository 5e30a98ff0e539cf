begin;
set local search_path = extensions, public;
select no_plan();

select tests.make_people();
select tests.make_person('asker'), tests.make_person('hidden');
update user_service.user_privacy set profile_visible = false where user_id = tests.id('hidden');
select tests.make_event('open'), tests.make_event('secret', 'owner', '{"privacy": "private"}'), tests.make_event('theirs', 'mutual');
insert into event_service.event_qna (id, event_id, user_id, question) values
  (tests.id('question'), tests.id('open'), tests.id('asker'), 'Parking?'), (tests.id('secret question'), tests.id('secret'), tests.id('asker'), 'Secret?'),
  (tests.id('hidden question'), tests.id('open'), tests.id('hidden'), 'Hidden?'), (tests.id('orphan'), tests.id('open'), null, 'Whose?');

select is(tests.may('owner', 'event_service.event_qna'), 'select, insert (event_id, user_id, question), update (question, answer), delete', 'clients cannot set who answered and when');
select is(tests.may('anonymous', 'event_service.event_qna'), 'select', 'anonymous visitors may read questions');
select tests.outcomes($$ select from event_service.event_qna where id = tests.id('question') $$,
  'asker 1, owner 1, stranger 1, anonymous 1, blocked 0, blocker 0, service 1', 'a question is visible to everyone who sees the event and its author');
select tests.outcomes($$ select from event_service.event_qna where id = tests.id('secret question') $$, 'owner 1, stranger 0, anonymous 0', 'questions about an event are hidden from people who cannot see the event');
select tests.outcomes($$ select from event_service.event_qna where id = tests.id('hidden question') $$, 'hidden 1, stranger 0, owner 0, anonymous 0', 'questions of a hidden person are hidden');
select tests.outcomes($$ select from event_service.event_qna where id = tests.id('orphan') $$, 'owner 1, stranger 1, anonymous 1', 'questions of deleted accounts are visible');
insert into user_service.blocks (blocker_id, blocked_id) values (tests.id('asker'), tests.id('stranger'));
select tests.outcomes($$ select from event_service.event_qna where id = tests.id('question') $$, 'stranger 0, mutual 1', 'a block hides questions');

-- Asking.
select tests.outcomes(
  $$ insert into event_service.event_qna (event_id, question) values (tests.id('open'), 'When?') $$,
  'mutual 1, owner 1, blocked event_not_found/404, blocker event_not_found/404, gone account_gone/401, anonymous 42501/grant', 'a caller asks about a visible event');
select tests.outcomes($$ insert into event_service.event_qna (event_id, question) values (tests.id('secret'), 'When?') $$, 'owner 1, mutual event_not_found/404', 'a private event is refused');
select tests.outcomes(
  $$ insert into event_service.event_qna (event_id, user_id, question) values (tests.id('open'), tests.id('asker'), 'When?') $$, 'asker 1, owner 42501/policy', 'callers ask only for themselves');
select tests.outcomes(
  $$ insert into event_service.event_qna (event_id, question, answer) values (tests.id('open'), 'When?', 'Now.') $$, 'owner 42501/grant, mutual 42501/grant', 'clients cannot insert an answer');

-- The author changes the question, the host the answer.
select tests.outcomes(
  $$ update event_service.event_qna set question = 'Cars?' where id = tests.id('question') $$,
  'asker 1, owner not_your_question/403, mutual 0, stranger 0, anonymous 42501/grant, service 1', 'only the author changes the question');
select tests.outcomes(
  $$ update event_service.event_qna set answer = 'Yes.' where id = tests.id('question') $$,
  'owner 1, asker not_your_event/403, mutual 0, anonymous 42501/grant, service 1', 'only the host answers');
select tests.outcomes($$ update event_service.event_qna set answer = 'Yes.' $$, 'mutual 0', 'an unconditional update changes no question of others');
select tests.outcomes(
  $$ delete from event_service.event_qna where id = tests.id('question') $$, 'asker 1, owner 1, mutual 0, stranger 0, anonymous 42501/grant', 'author and host may delete a question');
select tests.does('owner', $$ update event_service.event_qna set answer = 'Yes.' where id = tests.id('question') $$);
select is((select array[is_answered::text, answered_by::text, answered_at::text] from event_service.event_qna where id = tests.id('question')),
  array['true', tests.id('owner')::text, now()::text], 'an answer sets is_answered, answered_by and answered_at');
select tests.outcomes(
  $$ update event_service.event_qna set question = 'Cars?' where id = tests.id('question') $$, 'asker question_answered/409, service 1', 'an answered question cannot be changed, except by the server');
select tests.does('owner', $$ update event_service.event_qna set answer = null where id = tests.id('question') $$);
select is((select array[is_answered::text, answered_by::text, answered_at::text] from event_service.event_qna where id = tests.id('question')),
  array['false', null, null], 'removing the answer resets them');
update event_service.event_qna set answer = 'Yes.', answered_by = tests.id('owner') where id = tests.id('orphan');
select is((select answered_by from event_service.event_qna where id = tests.id('orphan')), tests.id('owner'), 'the server may set answered_by');
insert into event_service.event_qna (id, event_id, user_id, question, answer, answered_by, is_answered, upvotes_count)
values (tests.id('imported'), tests.id('open'), tests.id('asker'), 'Old?', 'Yes.', tests.id('owner'), false, 7);
select is((select array[is_answered::text, upvotes_count::text] from event_service.event_qna where id = tests.id('imported')), array['true', '0'], 'imported flags and counts are ignored');

update event_service.event_qna set updated_at = '2001-01-01' where id = tests.id('question');
update event_service.event_qna set upvotes_count = 0 where id = tests.id('question');
select is((select updated_at from event_service.event_qna where id = tests.id('question')), '2001-01-01', 'counting does not change updated_at');
select tests.does('asker', $$ update event_service.event_qna set question = 'Bikes?' where id = tests.id('question') $$);
select is((select updated_at from event_service.event_qna where id = tests.id('question')), now(), 'an update of the question sets updated_at');

-- Constraints and their bounds.
select tests.outcomes(format($$ update event_service.event_qna set %s where id = tests.id('question') $$, change), persona || ' ' || outcome, left(change, 60))
from (values
  ('asker', 'question = '' ''', 'invalid_question/400'), ('asker', 'question = repeat(''a'', 2001)', 'invalid_question/400'), ('asker', 'question = repeat(''a'', 2000)', '1'), ('asker', 'question = null', '23502'),
  ('owner', 'answer = '' ''', 'invalid_answer/400'), ('owner', 'answer = repeat(''a'', 5001)', 'invalid_answer/400'), ('owner', 'answer = repeat(''a'', 5000)', '1')
) changes (persona, change, outcome);
select tests.outcomes($$ update event_service.event_qna set is_answered = true where id = tests.id('question') $$, 'database 23514/answered_when_there_is_an_answer', 'is_answered requires an answer');
select tests.outcomes(
  $$ insert into event_service.event_qna (event_id, question) values (tests.id('nothing'), 'When?') $$, 'database 23503/event_qna_event_id_fkey', 'the event must exist');
select tests.outcomes(
  $$ insert into event_service.event_qna (event_id, user_id, question) values (tests.id('open'), tests.id('nobody'), 'When?') $$, 'database 23503/event_qna_user_id_fkey', 'the author must exist');
select tests.outcomes(
  $$ update event_service.event_qna set answer = 'No.', answered_by = tests.id('nobody') where id = tests.id('question') $$, 'database 23503/event_qna_answered_by_fkey', 'the person who answered must exist');
select tests.outcomes(
  $$ insert into event_service.event_qna (id, event_id, question) values (tests.id('question'), tests.id('open'), 'When?') $$, 'asker 42501/grant, database 23505/event_qna_pkey', 'clients cannot set the id, and a taken id is refused');
delete from event_service.events where id = tests.id('secret');
select is((select count(*)::int from event_service.event_qna where id = tests.id('secret question')), 0, 'questions are deleted with their event');

-- asker() and answerer()
select tests.does('owner', $$ update event_service.event_qna set answer = 'Yes.' where id = tests.id('question') $$);
select tests.act_as('mutual');
select is((select array[(event_service.asker(q)).username, (event_service.answerer(q)).username] from event_service.event_qna q where id = tests.id('question')),
  array['tap_asker', 'tap_owner'], 'asker() and answerer() return the two people');
select tests.act_as('database');

-- The select policy does not apply to an update that reads no column.
select tests.make_person('unwelcome');
insert into event_service.event_qna (event_id, user_id, question) values (tests.id('open'), tests.id('unwelcome'), 'Hi?');
select tests.outcomes($$ update event_service.event_qna set question = 'Rude?' $$, 'unwelcome 1', 'an author updates their own question');
insert into user_service.blocks (blocker_id, blocked_id) values (tests.id('owner'), tests.id('unwelcome'));
select tests.outcomes($$ update event_service.event_qna set question = 'Rude?' $$, 'unwelcome 0', 'an author cannot update a question of an event that is no longer visible');

select * from finish();
rollback;
