begin;
set local search_path = extensions, public;
select no_plan();

select tests.make_people();
select tests.make_post('poll', 'owner', '{"type": "poll"}'), tests.make_post('diary', 'owner', '{"type": "poll", "visibility": "private"}'),
  tests.make_post('closed', 'owner', jsonb_build_object('type', 'poll', 'poll_closes_at', now())), tests.make_post('closing', 'owner', jsonb_build_object('type', 'poll', 'poll_closes_at', now() + interval '1 minute')),
  tests.make_post('words');
insert into post_service.poll_options (id, post_id, label, order_index)
select tests.id(poll || ' ' || choice), tests.id(poll), choice, case choice when 'yes' then 0 else 1 end
from unnest(array['poll', 'diary', 'closed', 'closing']) poll, unnest(array['yes', 'no']) choice;

-- Options.
select is(tests.may('owner', 'post_service.poll_options'), 'select, insert (post_id, label, order_index), delete', 'what people vote for does not change under them');
select is(tests.may('anonymous', 'post_service.poll_options'), 'select', 'visitors read');
select tests.outcomes($$ select from post_service.poll_options where post_id = tests.id('poll') $$, 'owner 2, stranger 2, anonymous 2, blocked 0, blocker 0, service 2', 'whoever sees the poll');
select tests.outcomes($$ select from post_service.poll_options where post_id = tests.id('diary') $$, 'owner 2, mutual 0, anonymous 0', 'and nobody else');
select tests.outcomes($$ insert into post_service.poll_options (post_id, label, order_index) values (tests.id('poll'), 'Maybe', 2) $$,
  'owner 1, mutual post_not_found/404, gone account_gone/401, anonymous 42501/grant', 'the author adds options');
select tests.outcomes($$ insert into post_service.poll_options (post_id, label, order_index) values (tests.id('words'), 'Maybe', 2) $$, 'owner post_not_found/404', 'to polls');
select tests.outcomes($$ delete from post_service.poll_options where post_id = tests.id('poll') $$, 'owner 2, mutual 0, anonymous 42501/grant', 'and removes them');
select tests.outcomes(format($$ insert into post_service.poll_options (post_id, label, order_index) values (tests.id('poll'), %s) $$, given), 'owner ' || outcome, left(given, 40))
from (values
  (''' '', 2', 'invalid_option/400'), ('repeat(''a'', 201), 2', 'invalid_option/400'), ('repeat(''a'', 200), 2', '1'), ('null, 2', '23502'),
  ('''Maybe'', 10', 'too_many_options/400'), ('''Maybe'', -1', 'too_many_options/400'), ('''Maybe'', 9', '1'), ('''Maybe'', 1', '23505/options_have_a_place_each')
) inserts (given, outcome);
select tests.outcomes($$ insert into post_service.poll_options (id, post_id, label, order_index) values (tests.id('poll yes'), tests.id('poll'), 'Maybe', 2) $$, 'owner 42501/grant, service 23505/poll_options_pkey', 'ids are the database''s to choose');
select tests.outcomes($$ insert into post_service.poll_options (post_id, label) values (tests.id('nothing'), 'Maybe') $$, 'database 23503/poll_options_post_id_fkey', 'an option is of a poll');
insert into post_service.poll_options (id, post_id, label, order_index, votes_count) values (tests.id('imported option'), tests.id('poll'), 'Imported', 5, 7);
select is((select votes_count from post_service.poll_options where id = tests.id('imported option')), 0, 'imported counts are not believed');

-- Voting.
select is(tests.may('owner', 'post_service.poll_votes'), 'select, insert (post_id, option_id, user_id), update (option_id), delete', 'a vote moves within its poll');
select is(tests.may('anonymous', 'post_service.poll_votes'), 'nothing', 'visitors do not vote');
select tests.outcomes($$ insert into post_service.poll_votes (post_id, option_id) values (tests.id('poll'), tests.id('poll yes')) $$,
  'stranger 1, owner 1, blocked post_not_found/404, gone account_gone/401, anonymous 42501/grant', 'one votes in what one sees');
select tests.outcomes($$ insert into post_service.poll_votes (post_id, option_id) values (tests.id('diary'), tests.id('diary yes')) $$, 'owner 1, stranger post_not_found/404', 'and in nothing else');
select tests.outcomes($$ insert into post_service.poll_votes (post_id, option_id, user_id) values (tests.id('poll'), tests.id('poll yes'), tests.id('stranger')) $$, 'stranger 1, owner 42501/policy', 'for oneself alone');
select tests.outcomes($$ insert into post_service.poll_votes (post_id, option_id) values (tests.id('poll'), tests.id('closing yes')) $$, 'stranger option_not_found/404', 'not for another poll''s option');
select tests.outcomes($$ insert into post_service.poll_votes (post_id, option_id) values (tests.id('poll'), tests.id('nothing')) $$, 'stranger option_not_found/404', 'nor for none');
select tests.outcomes($$ insert into post_service.poll_votes (post_id, option_id) values (tests.id('closed'), tests.id('closed yes')) $$, 'stranger poll_closed/409', 'once it is closed nobody votes');
select tests.outcomes($$ insert into post_service.poll_votes (post_id, option_id) values (tests.id('closing'), tests.id('closing yes')) $$, 'stranger 1', 'a minute before one still can');
select tests.does('stranger', $$ insert into post_service.poll_votes (post_id, option_id) values (tests.id('poll'), tests.id('poll yes')) $$);
select tests.does('follower', $$ insert into post_service.poll_votes (post_id, option_id) values (tests.id('poll'), tests.id('poll yes')) $$);
select tests.does('stranger', $$ insert into post_service.poll_votes (post_id, option_id) values (tests.id('closing'), tests.id('closing yes')) $$);
select tests.outcomes($$ insert into post_service.poll_votes (post_id, option_id) values (tests.id('poll'), tests.id('poll no')) $$, 'stranger 23505/one_vote_for_each_poll', 'one has one vote');
select tests.outcomes($$ select from post_service.poll_votes where post_id = tests.id('poll') $$, 'stranger 1, follower 1, owner 0, mutual 0, anonymous 42501/grant, service 2', 'votes are secret, to the author too');
select tests.outcomes($$ update post_service.poll_votes set option_id = tests.id('poll no') where post_id = tests.id('poll') $$, 'stranger 1, owner 0, mutual 0, anonymous 42501/grant', 'one changes one''s own');
select tests.outcomes($$ update post_service.poll_votes set option_id = tests.id('closing no') where post_id = tests.id('poll') $$, 'stranger option_not_found/404', 'within the poll');
select tests.outcomes($$ update post_service.poll_votes set user_id = tests.id('mutual') where post_id = tests.id('poll') $$, 'stranger 42501/grant', 'and does not give it away');
select tests.outcomes($$ delete from post_service.poll_votes where post_id = tests.id('poll') $$, 'stranger 1, owner 0, anonymous 42501/grant', 'or takes it back');
-- Without a condition only the policies for changing and deleting are asked, not the one for reading.
select tests.outcomes($$ update post_service.poll_votes set option_id = tests.id('poll no') $$, 'follower 1, owner 0, mutual 0', 'nobody changes another''s unseen');
select tests.outcomes($$ delete from post_service.poll_votes $$, 'stranger 2, follower 1, owner 0, mutual 0', 'or takes it back');
select tests.outcomes($$ delete from post_service.poll_votes where post_id = tests.id('closing') $$, 'stranger 1', 'a poll that closes later is open now');
select tests.outcomes($$ update post_service.poll_votes set option_id = tests.id('closing no') where post_id = tests.id('closing') $$, 'stranger 1', 'to another thought too');
select is((select array_agg(votes_count order by order_index) from post_service.poll_options where post_id = tests.id('poll')), array[2, 0, 0], 'votes are counted');
select tests.does('stranger', $$ update post_service.poll_votes set option_id = tests.id('poll no') where post_id = tests.id('poll') $$);
select is((select array_agg(votes_count order by order_index) from post_service.poll_options where post_id = tests.id('poll')), array[1, 1, 0], 'for what they are for');
select tests.does('stranger', $$ delete from post_service.poll_votes where post_id = tests.id('poll') $$);
select is((select array_agg(votes_count order by order_index) from post_service.poll_options where post_id = tests.id('poll')), array[1, 0, 0], 'while they are there');
select tests.outcomes($$ insert into post_service.poll_options (post_id, label, order_index) values (tests.id('poll'), 'Maybe', 2) $$, 'owner post_not_found/404', 'once somebody voted options are fixed');
select tests.outcomes($$ delete from post_service.poll_options where post_id = tests.id('poll') $$, 'owner 0', 'all of them');
select tests.outcomes($$ update post_service.posts set content = 'The opposite?' where id = tests.id('poll') $$, 'owner poll_has_votes/409', 'and so is what was asked');
select tests.outcomes($$ update post_service.posts set content = content, visibility = 'followers' where id = tests.id('poll') $$, 'owner 1', 'but not who sees it');
select tests.outcomes($$ update post_service.posts set content = 'Else?' where id = tests.id('diary') $$, 'owner 1', 'nor other posts');
select tests.outcomes($$ insert into post_service.poll_options (post_id, label, order_index) values (tests.id('diary'), 'Maybe', 2) $$, 'owner 1', 'but not those of other polls');
update post_service.posts set poll_closes_at = now() where id = tests.id('closing');
select tests.outcomes($$ update post_service.poll_votes set option_id = tests.id('closing no') where post_id = tests.id('closing') $$, 'stranger poll_closed/409', 'a closed poll''s votes stay');
select tests.outcomes($$ delete from post_service.poll_votes where post_id = tests.id('closing') $$, 'stranger 0', 'and cannot be taken back');
update post_service.posts set poll_closes_at = null where id = tests.id('closing');
update post_service.posts set visibility = 'private' where id in (tests.id('poll'), tests.id('closing'));
select tests.outcomes($$ select from post_service.poll_votes $$, 'follower 0, stranger 0', 'who does not see the poll any more does not see their vote');
select tests.outcomes($$ update post_service.poll_votes set option_id = tests.id('closing no') $$, 'stranger 0', 'nor change it');
select tests.outcomes($$ delete from post_service.poll_votes $$, 'stranger 0', 'nor take it back');

-- The database's own rules.
select tests.outcomes($$ insert into post_service.poll_votes (post_id, option_id, user_id) values (tests.id('poll'), tests.id('closing yes'), tests.id('owner')) $$, 'database 23503/option_of_the_same_poll', 'an option of the poll');
select tests.outcomes($$ insert into post_service.poll_votes (post_id, option_id, user_id) values (tests.id('poll'), tests.id('poll yes'), tests.id('nobody')) $$, 'database 23503/poll_votes_user_id_fkey', 'a voter exists');
select tests.outcomes($$ insert into post_service.poll_votes (id, post_id, option_id, user_id) select id, tests.id('poll'), tests.id('poll yes'), tests.id('owner') from post_service.poll_votes where post_id = tests.id('closing') $$,
  'database 23505/poll_votes_pkey', 'an id that is taken');
select tests.outcomes($$ delete from post_service.poll_options where id = tests.id('closing yes') $$, 'database poll_has_votes/409', 'an option stays once somebody voted');
select tests.outcomes($$ delete from post_service.poll_options where post_id = tests.id('closing') and id <> tests.id('closing yes') $$, 'database poll_has_votes/409', 'whatever they voted for');
delete from post_service.posts where id = tests.id('poll');
select is((select count(*)::int from post_service.poll_options where post_id = tests.id('poll')) + (select count(*)::int from post_service.poll_votes where post_id = tests.id('poll')), 0, 'options and votes go with their poll');

select * from finish();
rollback;
