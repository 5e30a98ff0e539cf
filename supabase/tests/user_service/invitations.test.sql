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

-- It counts once, for the first inviter, while its invitee has a place, and if their email is confirmed.
create function pg_temp.successes() returns text language sql as $$
  select string_agg(replace(p.username, 'tap_', ''), ', ' order by p.username) from user_service.invitations i join user_service.profiles p on p.id = i.inviter_id
  join user_private.successful_invitations s on s.invitation_id = i.id where i.event_id = tests.id('open') $$;
create function pg_temp.counted() returns int[] language sql as $$
  select array[(select invites_successful_count from user_service.user_stats where user_id = tests.id('owner')), (select invites_successful_count from user_service.user_stats where user_id = tests.id('mutual'))] $$;
select is(pg_temp.successes(), null, 'accepting alone brings nobody');
select tests.does('stranger', $$ insert into event_service.event_attendees (event_id) values (tests.id('open')) $$);
select is(pg_temp.successes(), null, 'nor does somebody whose email is not confirmed');
update user_service.users set is_email_verified = true where id = tests.id('stranger');
select is(pg_temp.successes(), 'owner', 'once it is, it counts');
select is(pg_temp.counted(), array[1, 0], 'for who invited');
select tests.does('stranger', $$ update user_service.invitations set status = 'accepted' where event_id = tests.id('open') $$);
select is(pg_temp.counted(), array[1, 0], 'once');
insert into user_service.invitations (inviter_id, invitee_id, event_id, status, invited_at) values (tests.id('mutual'), tests.id('stranger'), tests.id('open'), 'accepted', now());
update user_service.invitations set invited_at = now() - interval '1 minute' where inviter_id = tests.id('owner') and event_id = tests.id('open');
update user_service.invitations set status = 'accepted' where event_id = tests.id('open');
select is(array[pg_temp.successes(), pg_temp.counted()::text], array['owner', '{1,0}'], 'of two who invited, the first');
update event_service.event_attendees set joined_at = now() - interval '1 hour' where event_id = tests.id('open');
update user_service.invitations set status = 'accepted' where event_id = tests.id('open');
select is(pg_temp.successes(), null, 'nobody brought one who was there before');
update event_service.event_attendees set joined_at = now() where event_id = tests.id('open');
update user_service.invitations set status = 'accepted' where event_id = tests.id('open');
select tests.outcomes($$ insert into user_private.successful_invitations select invitee_id, event_id, id, inviter_id from user_service.invitations where event_id = tests.id('open') $$, 'database 23505/one_success_for_each_guest, stranger 42501/grant', 'nobody is brought twice');
select tests.does('stranger', $$ update user_service.invitations set status = 'declined' where inviter_id = tests.id('owner') and event_id = tests.id('open') $$);
select is(array[pg_temp.successes(), pg_temp.counted()::text], array['mutual', '{0,1}'], 'declining uncounts it, and it is the second''s');
select tests.does('stranger', $$ update user_service.invitations set status = 'accepted' where event_id = tests.id('open') $$);
select is(array[pg_temp.successes(), pg_temp.counted()::text], array['owner', '{1,0}'], 'and again the first''s');
savepoint coming;
select tests.does('stranger', $$ update event_service.event_attendees set status = 'cancelled' where event_id = tests.id('open') $$);
select is(array[pg_temp.successes(), pg_temp.counted()::text], array[null, '{0,0}'], 'not coming uncounts it');
select tests.does('stranger', $$ update event_service.event_attendees set status = 'confirmed' where event_id = tests.id('open') $$);
select is(pg_temp.counted(), array[1, 0], 'coming after all counts it');
rollback to coming;
select tests.does('stranger', $$ delete from event_service.event_attendees where event_id = tests.id('open') $$);
select is(pg_temp.counted(), array[0, 0], 'so does leaving');
rollback to coming;
update user_service.users set is_email_verified = false where id = tests.id('stranger');
select is(pg_temp.counted(), array[0, 0], 'and an email that is confirmed no more');
rollback to coming;
delete from auth.users where id = tests.id('stranger');
select is(pg_temp.counted(), array[0, 0], 'and an account that is gone');
rollback to coming;
select tests.does('owner', $$ delete from user_service.invitations where event_id = tests.id('open') $$);
select is(array[pg_temp.successes(), pg_temp.counted()::text], array['mutual', '{0,1}'], 'taking it back leaves it to the second');
update user_service.invitations set invitee_id = tests.id('follower') where event_id = tests.id('open');
select is(pg_temp.counted(), array[0, 0], 'it is this guest''s');
delete from user_service.invitations where event_id = tests.id('open');
delete from event_service.event_attendees where event_id = tests.id('open');

-- Inviting many.
create function pg_temp.invited(person text, event text, invitees text[]) returns text language plpgsql as $$
declare results text;
begin
  perform tests.act_as(person);
  select string_agg(invitee || ' ' || result, ', ' order by invitee) into results from user_service.invite(tests.id(event), invitees);
  perform tests.act_as('database');
  return results;
end $$;
select tests.outcomes($$ select * from user_service.invite(tests.id('open'), array['tap_stranger']) $$, 'owner 1, blocked 1, nobody account_gone/401, anonymous 42501/grant', 'who sees an event invites to it');
select tests.outcomes($$ select * from user_service.invite(tests.id('nothing'), array['tap_stranger']) $$, 'owner event_not_found/404', 'that there is');
select tests.outcomes(format($$ select * from user_service.invite(tests.id('open'), %s) $$, invitees), outcome, invitees)
from (values ('array[]::text[]', 'owner too_many_invitees/400'), ('null', 'owner too_many_invitees/400'), ('array(select ''x'' || n from generate_series(1, 51) n)', 'owner too_many_invitees/400'), ('array(select ''x'' || n from generate_series(1, 50) n)', 'owner 50')) tries (invitees, outcome);
select is((select count(*)::int from regexp_matches(pg_temp.invited('owner', 'open', array['TAP_Stranger', tests.id('mutual')::text, 'tap_blocked', tests.id('blocker')::text, 'nobody', 'tap_owner', tests.id('nothing')::text]), 'person_not_found', 'g')), 5,
  'unknown and blocked people are answered alike');
select is((select array_agg(invitee_id order by invitee_id) from user_service.invitations where event_id = tests.id('open')), array(select i from unnest(array[tests.id('stranger'), tests.id('mutual')]) i order by i), 'the others are invited');
select is(pg_temp.invited('owner', 'open', array['tap_stranger', 'tap_follower']), 'tap_follower invited, tap_stranger already_invited', 'once');
select tests.act_as('owner');
select is(user_service.invitation_success(tests.id('open')) - 'by_event', '{"sent": 3, "accepted": 0, "declined": 0, "successful": 0, "rate": 0}', 'figures of an event');
select tests.act_as('database');
update user_service.invitations set status = 'accepted' where event_id = tests.id('open') and invitee_id = tests.id('stranger');
update user_service.invitations set status = 'declined' where event_id = tests.id('open') and invitee_id = tests.id('mutual');
insert into event_service.event_attendees (event_id, user_id) values (tests.id('open'), tests.id('stranger'));
select tests.act_as('owner');
select is(user_service.invitation_success(tests.id('open')) - 'by_event', '{"sent": 3, "accepted": 1, "declined": 1, "successful": 1, "rate": 0.3333}', 'as they become');
select is(user_service.invitation_success() -> 'successful', to_jsonb((select invites_successful_count from user_service.user_stats where user_id = tests.id('owner'))), 'those of all events are the counter''s');
select tests.act_as('mutual');
select is(user_service.invitation_success(tests.id('open')) -> 'sent', '0', 'those of others are theirs');
select tests.act_as('owner');
select is(user_service.invitation_success(tests.id('nothing')), '{"sent": 0, "accepted": 0, "declined": 0, "successful": 0, "rate": 0, "by_event": []}', 'of nothing, nothing');
select tests.act_as('database');

-- A hundred a day.
update user_private.invitations_sent set sent = 99 where inviter_id = tests.id('owner');
select tests.outcomes($$ insert into user_service.invitations (invitee_id, event_id) values (tests.id('acquaintance'), tests.id('open')) $$, 'owner 1', 'the hundredth');
select tests.outcomes($$ select * from user_service.invite(tests.id('open'), array['tap_acquaintance', 'tap_nuisance']) $$, 'owner too_many_invitations/429', 'no more');
select tests.does('owner', $$ delete from user_service.invitations where event_id = tests.id('open') and invitee_id = tests.id('follower') $$);
select is((select sent from user_private.invitations_sent where inviter_id = tests.id('owner')), 99, 'taking one back gives none back');
update user_private.invitations_sent set sent = 100, day = day - 1 where inviter_id = tests.id('owner');
select tests.outcomes($$ insert into user_service.invitations (invitee_id, event_id) values (tests.id('acquaintance'), tests.id('open')) $$, 'owner 1', 'tomorrow one goes on');
delete from user_service.invitations where event_id = tests.id('open');

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

-- A username that is somebody's id is not that somebody.
savepoint impostor;
select tests.make_event('secret party', 'owner', '{"privacy": "private"}');
update user_service.users set username = tests.id('stranger')::text where id = tests.id('acquaintance');
select tests.act_as('owner');
select is((select array_agg(result) from user_service.invite(tests.id('secret party'), array[tests.id('stranger')::text])), array['invited'], 'one person is asked');
select tests.act_as('database');
select is((select array_agg(invitee_id) from user_service.invitations where event_id = tests.id('secret party')), array[tests.id('stranger')], 'by their id');
rollback to impostor;

-- Nobody was brought to what is cancelled.
select tests.make_event('doomed', 'owner');
insert into user_service.invitations (inviter_id, invitee_id, event_id, status) values (tests.id('owner'), tests.id('stranger'), tests.id('doomed'), 'accepted');
insert into event_service.event_attendees (event_id, user_id) values (tests.id('doomed'), tests.id('stranger'));
select is((select count(*)::int from user_private.successful_invitations where event_id = tests.id('doomed')), 1, 'somebody comes');
select tests.does('owner', $$ update event_service.events set status = 'cancelled' where id = tests.id('doomed') $$);
select is((select count(*)::int from user_private.successful_invitations where event_id = tests.id('doomed')), 0, 'to nothing');

select * from finish();
rollback;
