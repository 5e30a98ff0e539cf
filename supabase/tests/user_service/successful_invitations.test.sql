begin;
set local search_path = extensions, public;
select no_plan();

select tests.make_people();
select tests.make_person('host');
select tests.make_event('open', 'host');
select tests.does('owner', $$ insert into user_service.invitations (invitee_id, event_id) values (tests.id('stranger'), tests.id('open')) $$);
select tests.does('stranger', $$ update user_service.invitations set status = 'accepted' where event_id = tests.id('open') $$);

-- An invitation succeeds once: the first one accepted by an attendee with a confirmed email address.
create function pg_temp.successes() returns text language sql as $$
  select string_agg(replace(p.username, 'tap_', ''), ', ' order by p.username) from user_service.invitations i join user_service.profiles p on p.id = i.inviter_id
  join user_private.successful_invitations s on s.invitation_id = i.id where i.event_id = tests.id('open') $$;
create function pg_temp.counted() returns int[] language sql as $$
  select array[(select invites_successful_count from user_service.user_stats where user_id = tests.id('owner')), (select invites_successful_count from user_service.user_stats where user_id = tests.id('mutual'))] $$;
select is(pg_temp.successes(), null, 'an accepted invitation without attendance is not successful');
select tests.does('stranger', $$ insert into event_service.event_attendees (event_id) values (tests.id('open')) $$);
select is(pg_temp.successes(), null, 'attendance of a person with an unconfirmed email address is not counted');
update user_service.users set is_email_verified = true where id = tests.id('stranger');
select is(pg_temp.successes(), 'owner', 'the invitation is successful once the email address is confirmed');
select is(pg_temp.counted(), array[1, 0], 'success counts for the inviter');
select tests.does('stranger', $$ update user_service.invitations set status = 'accepted' where event_id = tests.id('open') $$);
select is(pg_temp.counted(), array[1, 0], 'the same answer again does not count twice');
insert into user_service.invitations (inviter_id, invitee_id, event_id, status, invited_at) values (tests.id('mutual'), tests.id('stranger'), tests.id('open'), 'accepted', now());
update user_service.invitations set invited_at = now() - interval '1 minute' where inviter_id = tests.id('owner') and event_id = tests.id('open');
update user_service.invitations set status = 'accepted' where event_id = tests.id('open');
select is(array[pg_temp.successes(), pg_temp.counted()::text], array['owner', '{1,0}'], 'of two accepted invitations the first is successful');
update event_service.event_attendees set joined_at = now() - interval '1 hour' where event_id = tests.id('open');
update user_service.invitations set status = 'accepted' where event_id = tests.id('open');
select is(pg_temp.successes(), null, 'an invitation after the attendance is not successful');
update event_service.event_attendees set joined_at = now() where event_id = tests.id('open');
update user_service.invitations set status = 'accepted' where event_id = tests.id('open');
select tests.outcomes($$ insert into user_private.successful_invitations select invitee_id, event_id, id, inviter_id from user_service.invitations where event_id = tests.id('open') $$, 'database 23505/one_success_for_each_guest, stranger 42501/grant', 'an attendee has at most one successful invitation');
select tests.does('stranger', $$ update user_service.invitations set status = 'declined' where inviter_id = tests.id('owner') and event_id = tests.id('open') $$);
select is(array[pg_temp.successes(), pg_temp.counted()::text], array['mutual', '{0,1}'], 'after a declined invitation the second one is successful');
select tests.does('stranger', $$ update user_service.invitations set status = 'accepted' where event_id = tests.id('open') $$);
select is(array[pg_temp.successes(), pg_temp.counted()::text], array['owner', '{1,0}'], 'after it is accepted again the first one is successful');
savepoint coming;
select tests.does('stranger', $$ update event_service.event_attendees set status = 'cancelled' where event_id = tests.id('open') $$);
select is(array[pg_temp.successes(), pg_temp.counted()::text], array[null, '{0,0}'], 'cancelled attendance is not counted');
select tests.does('stranger', $$ update event_service.event_attendees set status = 'confirmed' where event_id = tests.id('open') $$);
select is(pg_temp.counted(), array[1, 0], 'attendance confirmed again is counted');
rollback to coming;
select tests.does('stranger', $$ delete from event_service.event_attendees where event_id = tests.id('open') $$);
select is(pg_temp.counted(), array[0, 0], 'deleted attendance is not counted');
rollback to coming;
update user_service.users set is_email_verified = false where id = tests.id('stranger');
select is(pg_temp.counted(), array[0, 0], 'attendance is not counted while the email address is unconfirmed');
rollback to coming;
delete from auth.users where id = tests.id('stranger');
select is(pg_temp.counted(), array[0, 0], 'attendance of a deleted account is not counted');
rollback to coming;
select tests.does('owner', $$ delete from user_service.invitations where event_id = tests.id('open') $$);
select is(array[pg_temp.successes(), pg_temp.counted()::text], array['mutual', '{0,1}'], 'after the first invitation is deleted the second one is successful');
update user_service.invitations set invitee_id = tests.id('follower') where event_id = tests.id('open');
select is(pg_temp.counted(), array[0, 0], 'an invitation of another person does not count for this attendee');
delete from user_service.invitations where event_id = tests.id('open');
delete from event_service.event_attendees where event_id = tests.id('open');

-- Results of the caller's invitations.
insert into user_service.invitations (inviter_id, invitee_id, event_id) select tests.id('owner'), tests.id(invitee), tests.id('open') from unnest(array['stranger', 'mutual', 'follower']) invitee;
select tests.act_as('owner');
select is(user_service.invitation_success(tests.id('open')) - 'by_event', '{"sent": 3, "accepted": 0, "declined": 0, "successful": 0, "rate": 0}', 'invitation_success() counts the caller''s invitations to an event');
select tests.act_as('database');
update user_service.invitations set status = 'accepted' where event_id = tests.id('open') and invitee_id = tests.id('stranger');
update user_service.invitations set status = 'declined' where event_id = tests.id('open') and invitee_id = tests.id('mutual');
insert into event_service.event_attendees (event_id, user_id) values (tests.id('open'), tests.id('stranger'));
select tests.act_as('owner');
select is(user_service.invitation_success(tests.id('open')) - 'by_event', '{"sent": 3, "accepted": 1, "declined": 1, "successful": 1, "rate": 0.3333}', 'it counts answers and successful invitations');
select is(user_service.invitation_success() -> 'successful', to_jsonb((select invites_successful_count from user_service.user_stats where user_id = tests.id('owner'))), 'successful over all events equals the counter');
select tests.act_as('mutual');
select is(user_service.invitation_success(tests.id('open')) -> 'sent', '0', 'it does not count invitations of other people');
select tests.act_as('owner');
select is(user_service.invitation_success(tests.id('nothing')), '{"sent": 0, "accepted": 0, "declined": 0, "successful": 0, "rate": 0, "by_event": []}', 'it returns zeros for an event without invitations');
select tests.act_as('database');

-- No invitation to a cancelled event is successful.
select tests.make_event('doomed', 'owner');
insert into user_service.invitations (inviter_id, invitee_id, event_id, status) values (tests.id('owner'), tests.id('stranger'), tests.id('doomed'), 'accepted');
insert into event_service.event_attendees (event_id, user_id) values (tests.id('doomed'), tests.id('stranger'));
select is((select count(*)::int from user_private.successful_invitations where event_id = tests.id('doomed')), 1, 'the invitation is successful before the cancellation');
select tests.does('owner', $$ update event_service.events set status = 'cancelled' where id = tests.id('doomed') $$);
select is((select count(*)::int from user_private.successful_invitations where event_id = tests.id('doomed')), 0, 'it is not successful after the cancellation');

select * from finish();
rollback;
