begin;
set local search_path = extensions, public;
select no_plan();

select tests.make_people();
select tests.make_person('host');
select tests.make_person('hidden');
update user_service.user_privacy set profile_visible = false where user_id = tests.id('hidden');
insert into user_service.follows (follower_id, following_id) values
  (tests.id('host'), tests.id('owner')), (tests.id('owner'), tests.id('host')),
  (tests.id('host'), tests.id('mutual')), (tests.id('mutual'), tests.id('host'));
select tests.make_event('open', 'host');
select tests.make_event('secret', 'host', '{"privacy": "private"}');
select tests.make_event('circle', 'host', '{"privacy": "friends_only"}');
select tests.make_event('over', 'host', jsonb_build_object('start_time', now() - interval '2 days', 'end_time', now() - interval '1 day'));
select tests.make_event('off', 'host', '{"status": "cancelled"}');

select is(tests.may('owner', 'user_service.invitations'), 'select, insert (inviter_id, invitee_id, event_id), update (status), delete',
  'clients may update only the status, and cannot set ids or times');
select is(tests.may('anonymous', 'user_service.invitations'), 'nothing', 'anonymous visitors have no access to invitations');

-- Inviting.
select tests.outcomes(
  $$ insert into user_service.invitations (invitee_id, event_id) values (tests.id('stranger'), tests.id('open')) $$,
  'owner 1, host 1, stranger self_invitation/400, gone account_gone/401, anonymous 42501/grant', 'a caller invites a visible person to a public event, but not themselves');
select tests.outcomes(
  $$ insert into user_service.invitations (inviter_id, invitee_id, event_id) values (tests.id('owner'), tests.id('stranger'), tests.id('open')) $$,
  'owner 1, mutual 42501/policy', 'the inviter must be the caller');
select tests.outcomes(
  $$ insert into user_service.invitations (invitee_id, event_id) values (tests.id('owner'), tests.id('open')) $$,
  'stranger 1, blocked person_not_found/404, blocker person_not_found/404', 'a block prevents invitations');
select tests.outcomes(
  $$ insert into user_service.invitations (invitee_id, event_id) values (tests.id('hidden'), tests.id('open')) $$, 'owner person_not_found/404', 'a hidden person cannot be invited');
select tests.outcomes(
  $$ insert into user_service.invitations (invitee_id, event_id) values (tests.id('nobody'), tests.id('open')) $$, 'owner person_not_found/404', 'a person who does not exist cannot be invited');
select tests.outcomes(
  $$ insert into user_service.invitations (invitee_id, event_id) values (tests.id('stranger'), tests.id('nothing')) $$, 'owner event_not_found/404', 'an event that does not exist is refused');
select tests.outcomes(
  $$ insert into user_service.invitations (invitee_id, event_id) values (tests.id('stranger'), tests.id('secret')) $$,
  'host 1, owner event_not_found/404', 'only the host invites to a private event');
select tests.does('host', $$ insert into user_service.invitations (invitee_id, event_id) values (tests.id('owner'), tests.id('secret')) $$);
select tests.outcomes(
  $$ insert into user_service.invitations (invitee_id, event_id) values (tests.id('stranger'), tests.id('secret')) $$, 'owner event_not_found/404', 'an invitee of a private event cannot invite others');
select tests.outcomes(
  $$ insert into user_service.invitations (invitee_id, event_id) values (tests.id('mutual'), tests.id('circle')) $$,
  'host 1, owner 1, stranger event_not_found/404', 'mutual followers of the host are invited to a friends-only event by the host and by each other');
select tests.outcomes(
  $$ insert into user_service.invitations (invitee_id, event_id) values (tests.id('stranger'), tests.id('circle')) $$,
  'owner person_not_found/404, host person_not_found/404', 'other people cannot be invited to a friends-only event');
insert into user_service.follows (follower_id, following_id) values (tests.id('host'), tests.id('follower')), (tests.id('followed'), tests.id('host'));
select tests.outcomes(
  $$ insert into user_service.invitations (invitee_id, event_id) values (tests.id('follower'), tests.id('circle')) $$, 'host person_not_found/404', 'a person whom the host follows one way cannot be invited');
select tests.outcomes(
  $$ insert into user_service.invitations (invitee_id, event_id) values (tests.id('followed'), tests.id('circle')) $$, 'host person_not_found/404', 'a person who follows the host one way cannot be invited');
select tests.outcomes(
  $$ insert into user_service.invitations (invitee_id, event_id) values (tests.id('host'), tests.id('circle')) $$, 'owner 1', 'the host can be invited to their own friends-only event');
select tests.outcomes(
  format($$ insert into user_service.invitations (invitee_id, event_id) values (tests.id('stranger'), tests.id(%L)) $$, event), 'host event_not_found/404', 'refuses an invitation to an event that is ' || event)
from unnest(array['over', 'off']) event;
select tests.outcomes(
  $$ insert into user_service.invitations (invitee_id, event_id, status) values (tests.id('stranger'), tests.id('open'), 'accepted') $$,
  'owner 42501/grant', 'clients cannot set the status of a new invitation');
select tests.outcomes(
  $$ insert into user_service.invitations (invitee_id, event_id) values (tests.id('owner'), tests.id('secret')) $$, 'host 23505/invitations_are_unique', 'a second invitation by the same inviter is refused');

-- Reading and answering.
select tests.does('owner', $$ insert into user_service.invitations (invitee_id, event_id) values (tests.id('stranger'), tests.id('open')) $$);
select tests.outcomes(
  $$ select from user_service.invitations where event_id = tests.id('open') $$,
  'owner 1, stranger 1, host 0, mutual 0, anonymous 42501/grant, service 1', 'only inviter and invitee see an invitation');
select tests.outcomes(
  $$ update user_service.invitations set status = 'accepted' where event_id = tests.id('open') $$,
  'stranger 1, owner 0, host 0, mutual 0, anonymous 42501/grant', 'only the invitee answers');
select tests.outcomes(
  $$ update user_service.invitations set status = 'declined' $$, 'mutual 0, stranger 2, host 0', 'an unconditional update changes only the caller''s invitations');
select tests.outcomes(
  $$ update user_service.invitations set invitee_id = tests.id('mutual') where event_id = tests.id('open') $$, 'stranger 42501/grant', 'clients cannot change the invitee');
select tests.outcomes(
  $$ delete from user_service.invitations where event_id = tests.id('open') $$,
  'owner 1, stranger 0, host 0, mutual 0, anonymous 42501/grant', 'only the inviter deletes an invitation');
select is((select responded_at from user_service.invitations where event_id = tests.id('open')), null, 'responded_at is null before the answer');
select tests.does('stranger', $$ update user_service.invitations set status = 'accepted' where event_id = tests.id('open') $$);
select is((select responded_at from user_service.invitations where event_id = tests.id('open')), now(), 'responded_at is set with the answer');
select tests.outcomes(
  $$ update user_service.invitations set status = 'pending' where event_id = tests.id('open') $$,
  'stranger invitation_answered/409, database invitation_answered/409', 'an answer cannot be set back to pending');
select tests.outcomes(
  $$ update user_service.invitations set status = 'accepted' where event_id = tests.id('open') $$, 'stranger 1', 'the same answer again is accepted');
insert into user_service.blocks (blocker_id, blocked_id) values (tests.id('owner'), tests.id('stranger'));
select tests.outcomes(
  $$ select from user_service.invitations where event_id = tests.id('open') $$, 'owner 0, stranger 0', 'a block hides the invitation from both people');
select tests.outcomes(
  $$ update user_service.invitations set status = 'declined' $$, 'stranger 1', 'it cannot be answered, while other invitations can');
delete from user_service.blocks where blocker_id = tests.id('owner') and blocked_id = tests.id('stranger');
delete from user_service.invitations where event_id = tests.id('open');

-- Inviting several people at once.
create function pg_temp.invited(person text, event text, invitees text[]) returns text language plpgsql as $$
declare results text;
begin
  perform tests.act_as(person);
  select string_agg(invitee || ' ' || result, ', ' order by invitee) into results from user_service.invite(tests.id(event), invitees);
  perform tests.act_as('database');
  return results;
end $$;
select tests.outcomes($$ select * from user_service.invite(tests.id('open'), array['tap_stranger']) $$, 'owner 1, blocked 1, nobody account_gone/401, anonymous 42501/grant', 'everyone who sees a public event can invite several people');
select tests.outcomes($$ select * from user_service.invite(tests.id('nothing'), array['tap_stranger']) $$, 'owner event_not_found/404', 'an event that does not exist is refused for several people too');
select tests.outcomes(format($$ select * from user_service.invite(tests.id('open'), %s) $$, invitees), outcome, left(invitees, 60))
from (values ('array[]::text[]', 'owner too_many_invitees/400'), ('null', 'owner too_many_invitees/400'), ('array(select ''x'' || n from generate_series(1, 51) n)', 'owner too_many_invitees/400'), ('array(select ''x'' || n from generate_series(1, 50) n)', 'owner 50')) tries (invitees, outcome);
select is((select count(*)::int from regexp_matches(pg_temp.invited('owner', 'open', array['TAP_Stranger', tests.id('mutual')::text, 'tap_blocked', tests.id('blocker')::text, 'nobody', 'tap_owner', tests.id('nothing')::text]), 'person_not_found', 'g')), 5,
  'unknown, hidden and blocked people, and the caller, get the same result');
select is((select array_agg(invitee_id order by invitee_id) from user_service.invitations where event_id = tests.id('open')), array(select i from unnest(array[tests.id('stranger'), tests.id('mutual')]) i order by i), 'all other people are invited');
select is(pg_temp.invited('owner', 'open', array['tap_stranger', 'tap_follower']), 'tap_follower invited, tap_stranger already_invited', 'a person who was invited before is reported as such');

-- Limit of one hundred invitations a day.
update user_private.invitations_sent set sent = 99 where inviter_id = tests.id('owner');
select tests.outcomes($$ insert into user_service.invitations (invitee_id, event_id) values (tests.id('acquaintance'), tests.id('open')) $$, 'owner 1', 'the hundredth invitation of a day is accepted');
select tests.outcomes($$ select * from user_service.invite(tests.id('open'), array['tap_acquaintance', 'tap_nuisance']) $$, 'owner too_many_invitations/429', 'more than a hundred invitations a day are refused');
select tests.does('owner', $$ delete from user_service.invitations where event_id = tests.id('open') and invitee_id = tests.id('follower') $$);
select is((select sent from user_private.invitations_sent where inviter_id = tests.id('owner')), 99, 'a deleted invitation still counts towards the limit');
update user_private.invitations_sent set sent = 100, day = day - 1 where inviter_id = tests.id('owner');
select tests.outcomes($$ insert into user_service.invitations (invitee_id, event_id) values (tests.id('acquaintance'), tests.id('open')) $$, 'owner 1', 'the limit starts again the next day');
delete from user_service.invitations where event_id = tests.id('open');

-- Constraints.
select tests.outcomes(
  $$ insert into user_service.invitations (inviter_id, invitee_id, event_id) values (tests.id('host'), tests.id('host'), tests.id('open')) $$, 'database self_invitation/400', 'an invitation of oneself is refused');
select tests.outcomes(
  $$ insert into user_service.invitations (inviter_id, invitee_id, event_id) values (tests.id('nobody'), tests.id('host'), tests.id('open')) $$, 'database 23503/invitations_inviter_id_fkey', 'the inviter must exist');
select tests.outcomes(
  $$ insert into user_service.invitations (inviter_id, invitee_id, event_id) values (tests.id('host'), tests.id('nobody'), tests.id('open')) $$, 'database 23503/invitations_invitee_id_fkey', 'the invitee must exist');
select tests.outcomes(
  $$ insert into user_service.invitations (inviter_id, invitee_id, event_id) values (tests.id('host'), tests.id('owner'), tests.id('nothing')) $$, 'database 23503/invitations_event_id_fkey', 'the event must exist');
delete from event_service.events where id = tests.id('secret');
select is((select count(*)::int from user_service.invitations where event_id = tests.id('secret')), 0, 'invitations are deleted with their event');

-- A username may look like the id of another person.
savepoint impostor;
select tests.make_event('secret party', 'owner', '{"privacy": "private"}');
update user_service.users set username = tests.id('stranger')::text where id = tests.id('acquaintance');
select tests.act_as('owner');
select is((select array_agg(result) from user_service.invite(tests.id('secret party'), array[tests.id('stranger')::text])), array['invited'], 'one person is invited');
select tests.act_as('database');
select is((select array_agg(invitee_id) from user_service.invitations where event_id = tests.id('secret party')), array[tests.id('stranger')], 'the id takes precedence over the username');
rollback to impostor;

-- Embedding.
select tests.does('owner', $$ insert into user_service.invitations (invitee_id, event_id) values (tests.id('stranger'), tests.id('open')) $$);
select tests.act_as('stranger');
select is((select array[(user_service.inviter(i)).username, (user_service.invitee(i)).username] from user_service.invitations i where event_id = tests.id('open')),
  array['tap_owner', 'tap_stranger'], 'inviter() and invitee() return the two people');
select is((select (user_service.event(i)).title from user_service.invitations i where event_id = tests.id('open')), 'Open', 'event() returns the event');
select tests.act_as('database');

select * from finish();
rollback;
