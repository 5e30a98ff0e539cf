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
select is(tests.may('owner', 'post_service.poll_options'), 'select, insert (post_id, label, order_index), delete', 'clients cannot update options');
select is(tests.may('anonymous', 'post_service.poll_options'), 'select', 'anonymous visitors may read options');
select tests.outcomes($$ select from post_service.poll_options where post_id = tests.id('poll') $$, 'owner 2, stranger 2, anonymous 2, blocked 0, blocker 0, service 2', 'options are visible to everyone who sees the poll');
select tests.outcomes($$ select from post_service.poll_options where post_id = tests.id('diary') $$, 'owner 2, mutual 0, anonymous 0', 'options of a private poll are hidden from others');
select tests.outcomes($$ insert into post_service.poll_options (post_id, label, order_index) values (tests.id('poll'), 'Maybe', 2) $$,
  'owner 1, mutual post_not_found/404, gone account_gone/401, anonymous 42501/grant', 'only the author adds options');
select tests.outcomes($$ insert into post_service.poll_options (post_id, label, order_index) values (tests.id('words'), 'Maybe', 2) $$, 'owner post_not_found/404', 'other posts cannot have options');
select tests.outcomes($$ delete from post_service.poll_options where post_id = tests.id('poll') $$, 'owner 2, mutual 0, anonymous 42501/grant', 'only the author deletes options');
select tests.outcomes(format($$ insert into post_service.poll_options (post_id, label, order_index) values (tests.id('poll'), %s) $$, given), 'owner ' || outcome, left(given, 40))
from (values
  (''' '', 2', 'invalid_option/400'), ('repeat(''a'', 201), 2', 'invalid_option/400'), ('repeat(''a'', 200), 2', '1'), ('null, 2', '23502'),
  ('''Maybe'', 10', 'too_many_options/400'), ('''Maybe'', -1', 'too_many_options/400'), ('''Maybe'', 9', '1'), ('''Maybe'', 1', '23505/options_have_a_place_each')
) inserts (given, outcome);
select tests.outcomes($$ insert into post_service.poll_options (id, post_id, label, order_index) values (tests.id('poll yes'), tests.id('poll'), 'Maybe', 2) $$, 'owner 42501/grant, service 23505/poll_options_pkey', 'clients cannot set the id, and a taken id is refused');
select tests.outcomes($$ insert into post_service.poll_options (post_id, label) values (tests.id('nothing'), 'Maybe') $$, 'database 23503/poll_options_post_id_fkey', 'the poll must exist');
insert into post_service.poll_options (id, post_id, label, order_index, votes_count) values (tests.id('imported option'), tests.id('poll'), 'Imported', 5, 7);
select is((select votes_count from post_service.poll_options where id = tests.id('imported option')), 0, 'imported counters are ignored');

-- Voting.
select is(tests.may('owner', 'post_service.poll_votes'), 'select, insert (post_id, option_id, user_id), update (post_id, option_id, user_id), delete', 'clients cannot set the time of a vote');
select is(tests.may('anonymous', 'post_service.poll_votes'), 'nothing', 'anonymous visitors have no access to votes');
select tests.outcomes($$ insert into post_service.poll_votes (post_id, option_id) values (tests.id('poll'), tests.id('poll yes')) $$,
  'stranger 1, owner 1, blocked post_not_found/404, gone account_gone/401, anonymous 42501/grant', 'a caller votes in a visible poll');
select tests.outcomes($$ insert into post_service.poll_votes (post_id, option_id) values (tests.id('diary'), tests.id('diary yes')) $$, 'owner 1, stranger post_not_found/404', 'a poll that is not visible is refused');
select tests.outcomes($$ insert into post_service.poll_votes (post_id, option_id, user_id) values (tests.id('poll'), tests.id('poll yes'), tests.id('stranger')) $$, 'stranger 1, owner 42501/policy', 'callers vote only for themselves');
select tests.outcomes($$ insert into post_service.poll_votes (post_id, option_id) values (tests.id('poll'), tests.id('closing yes')) $$, 'stranger option_not_found/404', 'an option of another poll is refused');
select tests.outcomes($$ insert into post_service.poll_votes (post_id, option_id) values (tests.id('poll'), tests.id('nothing')) $$, 'stranger option_not_found/404', 'an option that does not exist is refused');
select tests.outcomes($$ insert into post_service.poll_votes (post_id, option_id) values (tests.id('closed'), tests.id('closed yes')) $$, 'stranger poll_closed/409', 'a closed poll is refused');
select tests.outcomes($$ insert into post_service.poll_votes (post_id, option_id) values (tests.id('closing'), tests.id('closing yes')) $$, 'stranger 1', 'a poll is open until it closes');
select tests.does('stranger', $$ insert into post_service.poll_votes (post_id, option_id) values (tests.id('poll'), tests.id('poll yes')) $$);
select tests.does('follower', $$ insert into post_service.poll_votes (post_id, option_id) values (tests.id('poll'), tests.id('poll yes')) $$);
select tests.does('stranger', $$ insert into post_service.poll_votes (post_id, option_id) values (tests.id('closing'), tests.id('closing yes')) $$);
select tests.outcomes($$ insert into post_service.poll_votes (post_id, option_id) values (tests.id('poll'), tests.id('poll no')) $$, 'stranger 23505/one_vote_for_each_poll', 'a second vote in a poll is refused');
select tests.outcomes($$ select from post_service.poll_votes where post_id = tests.id('poll') $$, 'stranger 1, follower 1, owner 0, mutual 0, anonymous 42501/grant, service 2', 'a person sees only their own vote, even the author of the poll');
select tests.outcomes($$ update post_service.poll_votes set option_id = tests.id('poll no') where post_id = tests.id('poll') $$, 'stranger 1, owner 0, mutual 0, anonymous 42501/grant', 'a person changes only their own vote');
select tests.outcomes($$ update post_service.poll_votes set option_id = tests.id('closing no') where post_id = tests.id('poll') $$, 'stranger option_not_found/404', 'an option of another poll is refused in a change');
select tests.outcomes($$ insert into post_service.poll_votes (post_id, option_id) values (tests.id('poll'), tests.id('poll no'))
  on conflict (post_id, user_id) do update set post_id = excluded.post_id, option_id = excluded.option_id $$, 'stranger 1, owner 1, blocked post_not_found/404', 'an upsert votes, or changes the vote');
select tests.outcomes($$ update post_service.poll_votes set post_id = tests.id('closing'), option_id = tests.id('closing no') where post_id = tests.id('poll') $$, 'follower row_cannot_move/409', 'a vote cannot be moved to another poll');
select tests.outcomes($$ update post_service.poll_votes set user_id = tests.id('mutual') where post_id = tests.id('poll') $$, 'stranger 42501/policy', 'a vote cannot be given to another person');
select tests.outcomes($$ delete from post_service.poll_votes where post_id = tests.id('poll') $$, 'stranger 1, owner 0, anonymous 42501/grant', 'a person deletes only their own vote');
-- Without a condition, because with one the select policy applies too.
select tests.outcomes($$ update post_service.poll_votes set option_id = tests.id('poll no') $$, 'follower 1, owner 0, mutual 0', 'an unconditional update changes only the caller''s votes');
select tests.outcomes($$ delete from post_service.poll_votes $$, 'stranger 2, follower 1, owner 0, mutual 0', 'an unconditional delete removes only the caller''s votes');
select tests.outcomes($$ delete from post_service.poll_votes where post_id = tests.id('closing') $$, 'stranger 1', 'a vote in an open poll can be deleted');
select tests.outcomes($$ update post_service.poll_votes set option_id = tests.id('closing no') where post_id = tests.id('closing') $$, 'stranger 1', 'a vote in an open poll can be changed');
select is((select array_agg(votes_count order by order_index) from post_service.poll_options where post_id = tests.id('poll')), array[2, 0, 0], 'votes are counted');
select tests.does('stranger', $$ update post_service.poll_votes set option_id = tests.id('poll no') where post_id = tests.id('poll') $$);
select is((select array_agg(votes_count order by order_index) from post_service.poll_options where post_id = tests.id('poll')), array[1, 1, 0], 'a changed vote moves its count');
select tests.does('stranger', $$ delete from post_service.poll_votes where post_id = tests.id('poll') $$);
select is((select array_agg(votes_count order by order_index) from post_service.poll_options where post_id = tests.id('poll')), array[1, 0, 0], 'a deleted vote is no longer counted');
select tests.outcomes($$ insert into post_service.poll_options (post_id, label, order_index) values (tests.id('poll'), 'Maybe', 2) $$, 'owner post_not_found/404', 'options cannot be added after the first vote');
select tests.outcomes($$ delete from post_service.poll_options where post_id = tests.id('poll') $$, 'owner 0', 'options cannot be deleted after the first vote');
select tests.outcomes($$ update post_service.posts set content = 'The opposite?' where id = tests.id('poll') $$, 'owner poll_has_votes/409', 'the question cannot be changed after the first vote');
select tests.outcomes($$ update post_service.posts set content = content, visibility = 'followers' where id = tests.id('poll') $$, 'owner 1', 'the visibility can be changed after the first vote');
select tests.outcomes($$ update post_service.posts set content = 'Else?' where id = tests.id('diary') $$, 'owner 1', 'the question of a poll without votes can be changed');
select tests.outcomes($$ insert into post_service.poll_options (post_id, label, order_index) values (tests.id('diary'), 'Maybe', 2) $$, 'owner 1', 'options can be added to a poll without votes');
update post_service.posts set poll_closes_at = now() where id = tests.id('closing');
select tests.outcomes($$ update post_service.poll_votes set option_id = tests.id('closing no') where post_id = tests.id('closing') $$, 'stranger poll_closed/409', 'votes in a closed poll cannot be changed');
select tests.outcomes($$ delete from post_service.poll_votes where post_id = tests.id('closing') $$, 'stranger 0', 'votes in a closed poll cannot be deleted');
update post_service.posts set poll_closes_at = null where id = tests.id('closing');
update post_service.posts set visibility = 'private' where id in (tests.id('poll'), tests.id('closing'));
select tests.outcomes($$ select from post_service.poll_votes $$, 'follower 0, stranger 0', 'a vote in a poll that is no longer visible is hidden');
select tests.outcomes($$ update post_service.poll_votes set option_id = tests.id('closing no') $$, 'stranger 0', 'and cannot be changed');
select tests.outcomes($$ delete from post_service.poll_votes $$, 'stranger 0', 'and cannot be deleted');

-- Constraints.
select tests.outcomes($$ insert into post_service.poll_votes (post_id, option_id, user_id) values (tests.id('poll'), tests.id('closing yes'), tests.id('owner')) $$, 'database 23503/option_of_the_same_poll', 'the option must be of the same poll');
select tests.outcomes($$ insert into post_service.poll_votes (post_id, option_id, user_id) values (tests.id('poll'), tests.id('poll yes'), tests.id('nobody')) $$, 'database 23503/poll_votes_user_id_fkey', 'the voter must exist');
select tests.outcomes($$ insert into post_service.poll_votes (id, post_id, option_id, user_id) select id, tests.id('poll'), tests.id('poll yes'), tests.id('owner') from post_service.poll_votes where post_id = tests.id('closing') $$,
  'database 23505/poll_votes_pkey', 'a taken id is refused');
select tests.outcomes($$ delete from post_service.poll_options where id = tests.id('closing yes') $$, 'database poll_has_votes/409', 'an option with votes cannot be deleted');
select tests.outcomes($$ delete from post_service.poll_options where post_id = tests.id('closing') and id <> tests.id('closing yes') $$, 'database poll_has_votes/409', 'nor can the other options of its poll');
delete from post_service.posts where id = tests.id('poll');
select is((select count(*)::int from post_service.poll_options where post_id = tests.id('poll')) + (select count(*)::int from post_service.poll_votes where post_id = tests.id('poll')), 0, 'options and votes are deleted with their poll');

select * from finish();
rollback;
