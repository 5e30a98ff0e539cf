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
  'the answer is for the invitee, the times are the database''s');
select is(tests.may('anonymous', 'user_service.invitations'), 'nothing', 'visitors neither invite nor are invited');

-- Inviting.
select tests.outcomes(
  $$ insert into user_service.invitations (invitee_id, event_id) values (tests.id('stranger'), tests.id('open')) $$,
  'owner 1, host 1, stranger self_invitation/400, gone account_gone/401, anonymous 42501/grant', 'anyone invites to an open event whom they see, but not oneself');
select tests.outcomes(
  $$ insert into user_service.invitations (inviter_id, invitee_id, event_id) values (tests.id('owner'), tests.id('stranger'), tests.id('open')) $$,
  'owner 1, mutual 42501/policy', 'one invites for oneself alone');
select tests.outcomes(
  $$ insert into user_service.invitations (invitee_id, event_id) values (tests.id('owner'), tests.id('open')) $$,
  'stranger 1, blocked person_not_found/404, blocker person_not_found/404', 'a block keeps invitations away');
select tests.outcomes(
  $$ insert into user_service.invitations (invitee_id, event_id) values (tests.id('hidden'), tests.id('open')) $$, 'owner person_not_found/404', 'who is hidden is not there to be invited');
select tests.outcomes(
  $$ insert into user_service.invitations (invitee_id, event_id) values (tests.id('nobody'), tests.id('open')) $$, 'owner person_not_found/404', 'nor who does not exist');
select tests.outcomes(
  $$ insert into user_service.invitations (invitee_id, event_id) values (tests.id('stranger'), tests.id('nothing')) $$, 'owner event_not_found/404', 'no such event');
select tests.outcomes(
  $$ insert into user_service.invitations (invitee_id, event_id) values (tests.id('stranger'), tests.id('secret')) $$,
  'host 1, owner event_not_found/404', 'only the host invites to a private event');
select tests.does('host', $$ insert into user_service.invitations (invitee_id, event_id) values (tests.id('owner'), tests.id('secret')) $$);
select tests.outcomes(
  $$ insert into user_service.invitations (invitee_id, event_id) values (tests.id('stranger'), tests.id('secret')) $$, 'owner event_not_found/404', 'not even an invitee passes the invitation on');
select tests.outcomes(
  $$ insert into user_service.invitations (invitee_id, event_id) values (tests.id('mutual'), tests.id('circle')) $$,
  'host 1, owner 1, stranger event_not_found/404', 'friends of the host invite friends of the host to an event for friends');
select tests.outcomes(
  $$ insert into user_service.invitations (invitee_id, event_id) values (tests.id('stranger'), tests.id('circle')) $$,
  'owner person_not_found/404, host person_not_found/404', 'and nobody else');
insert into user_service.follows (follower_id, following_id) values (tests.id('host'), tests.id('follower')), (tests.id('followed'), tests.id('host'));
select tests.outcomes(
  $$ insert into user_service.invitations (invitee_id, event_id) values (tests.id('follower'), tests.id('circle')) $$, 'host person_not_found/404', 'not who is followed without following');
select tests.outcomes(
  $$ insert into user_service.invitations (invitee_id, event_id) values (tests.id('followed'), tests.id('circle')) $$, 'host person_not_found/404', 'nor who follows without being followed');
select tests.outcomes(
  $$ insert into user_service.invitations (invitee_id, event_id) values (tests.id('host'), tests.id('circle')) $$, 'owner 1', 'but for the host themselves');
select tests.outcomes(
  format($$ insert into user_service.invitations (invitee_id, event_id) values (tests.id('stranger'), tests.id(%L)) $$, event), 'host event_not_found/404', 'an event that is ' || event)
from unnest(array['over', 'off']) event;
select tests.outcomes(
  $$ insert into user_service.invitations (invitee_id, event_id, status) values (tests.id('stranger'), tests.id('open'), 'accepted') $$,
  'owner 42501/grant', 'nobody accepts for another');
select tests.outcomes(
  $$ insert into user_service.invitations (invitee_id, event_id) values (tests.id('owner'), tests.id('secret')) $$, 'host 23505/invitations_are_unique', 'one invites once');

-- Seeing and answering.
select tests.does('owner', $$ insert into user_service.invitations (invitee_id, event_id) values (tests.id('stranger'), tests.id('open')) $$);
select tests.outcomes(
  $$ select from user_service.invitations where event_id = tests.id('open') $$,
  'owner 1, stranger 1, host 0, mutual 0, anonymous 42501/grant, service 1', 'the two of them see it');
select tests.outcomes(
  $$ update user_service.invitations set status = 'accepted' where event_id = tests.id('open') $$,
  'stranger 1, owner 0, host 0, mutual 0, anonymous 42501/grant', 'the invitee answers');
select tests.outcomes(
  $$ update user_service.invitations set status = 'declined' $$, 'mutual 0, stranger 2, host 0', 'one''s own invitations alone');
select tests.outcomes(
  $$ update user_service.invitations set invitee_id = tests.id('mutual') where event_id = tests.id('open') $$, 'stranger 42501/grant', 'an invitation stays with whom it invites');
select tests.outcomes(
  $$ delete from user_service.invitations where event_id = tests.id('open') $$,
  'owner 1, stranger 0, host 0, mutual 0, anonymous 42501/grant', 'the inviter takes it back');
select is((select responded_at from user_service.invitations where event_id = tests.id('open')), null, 'nobody has answered yet');
select tests.does('stranger', $$ update user_service.invitations set status = 'accepted' where event_id = tests.id('open') $$);
select is((select responded_at from user_service.invitations where event_id = tests.id('open')), now(), 'the answer''s time is stamped');
select tests.outcomes(
  $$ update user_service.invitations set status = 'pending' where event_id = tests.id('open') $$,
  'stranger invitation_answered/409, database invitation_answered/409', 'an answer is changed, not taken back');
select tests.outcomes(
  $$ update user_service.invitations set status = 'accepted' where event_id = tests.id('open') $$, 'stranger 1', 'saying it again changes nothing');
insert into user_service.blocks (blocker_id, blocked_id) values (tests.id('owner'), tests.id('stranger'));
select tests.outcomes(
  $$ select from user_service.invitations where event_id = tests.id('open') $$, 'owner 0, stranger 0', 'a block hides it from both');
select tests.outcomes(
  $$ update user_service.invitations set status = 'declined' $$, 'stranger 1', 'and it cannot be answered, unlike another''s');
delete from user_service.blocks where blocker_id = tests.id('owner') and blocked_id = tests.id('stranger');

-- It counts once, for the inviter, while it holds.
select is((select invites_successful_count from user_service.user_stats where user_id = tests.id('owner')), 1, 'an accepted invitation counts');
select tests.does('stranger', $$ update user_service.invitations set status = 'accepted' where event_id = tests.id('open') $$);
select is((select invites_successful_count from user_service.user_stats where user_id = tests.id('owner')), 1, 'once');
select tests.does('stranger', $$ update user_service.invitations set status = 'declined' where event_id = tests.id('open') $$);
select is((select invites_successful_count from user_service.user_stats where user_id = tests.id('owner')), 0, 'declining uncounts it');
select tests.does('stranger', $$ update user_service.invitations set status = 'accepted' where event_id = tests.id('open') $$);
update user_service.invitations set inviter_id = tests.id('mutual') where event_id = tests.id('open');
select is((select array_agg(invites_successful_count order by user_id = tests.id('mutual')) from user_service.user_stats where user_id in (tests.id('owner'), tests.id('mutual'))),
  array[0, 1], 'it counts for who invited');
select tests.does('mutual', $$ delete from user_service.invitations where event_id = tests.id('open') $$);
select is((select invites_successful_count from user_service.user_stats where user_id = tests.id('mutual')), 0, 'taking it back uncounts it');

-- The database's own rules.
select tests.outcomes(
  $$ insert into user_service.invitations (inviter_id, invitee_id, event_id) values (tests.id('host'), tests.id('host'), tests.id('open')) $$, 'database self_invitation/400', 'nobody invites themselves');
select tests.outcomes(
  $$ insert into user_service.invitations (inviter_id, invitee_id, event_id) values (tests.id('nobody'), tests.id('host'), tests.id('open')) $$, 'database 23503/invitations_inviter_id_fkey', 'who invites exists');
select tests.outcomes(
  $$ insert into user_service.invitations (inviter_id, invitee_id, event_id) values (tests.id('host'), tests.id('nobody'), tests.id('open')) $$, 'database 23503/invitations_invitee_id_fkey', 'who is invited exists');
select tests.outcomes(
  $$ insert into user_service.invitations (inviter_id, invitee_id, event_id) values (tests.id('host'), tests.id('owner'), tests.id('nothing')) $$, 'database 23503/invitations_event_id_fkey', 'so does the event');
delete from event_service.events where id = tests.id('secret');
select is((select count(*)::int from user_service.invitations where event_id = tests.id('secret')), 0, 'invitations go with their event');

-- Embedding.
select tests.does('owner', $$ insert into user_service.invitations (invitee_id, event_id) values (tests.id('stranger'), tests.id('open')) $$);
select tests.act_as('stranger');
select is((select array[(user_service.inviter(i)).username, (user_service.invitee(i)).username] from user_service.invitations i where event_id = tests.id('open')),
  array['tap_owner', 'tap_stranger'], 'inviter() and invitee() are the two');
select tests.act_as('database');

select * from finish();
rollback;
