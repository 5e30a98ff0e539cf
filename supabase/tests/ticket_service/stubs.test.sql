begin;
set local search_path = extensions, public;
select no_plan();

-- What this service reads of the user and event services.
select tests.make_people();
select tests.make_person('invitee');
select tests.make_event('public'), tests.make_event('private', 'owner', '{"privacy": "private"}'), tests.make_event('friends', 'owner', '{"privacy": "friends_only"}');
insert into user_service.invitations (inviter_id, invitee_id, event_id) values (tests.id('owner'), tests.id('invitee'), tests.id('private'));
select tests.outcomes($$ select from ticket_private.visible_events $$, 'owner 42501/grant, anonymous 42501/grant', 'clients cannot reach the views by name');

-- sees_event() answers for the person on whose behalf the server calls.
create function pg_temp.who_sees(event text) returns text language sql as $$
  select string_agg(person, ', ' order by place) from unnest(array['owner', 'mutual', 'follower', 'stranger', 'invitee', 'blocked', 'blocker', 'nobody']) with ordinality people (person, place)
  where ticket_private.sees_event(tests.id(person), tests.id(event)) $$;
select is(pg_temp.who_sees('public'), 'owner, mutual, follower, stranger, invitee', 'a public event is visible to everyone, except across a block');
select is(pg_temp.who_sees('friends'), 'owner, mutual', 'a friends-only event is visible to mutual followers of the host');
select is(pg_temp.who_sees('private'), 'owner, invitee', 'a private event is visible to host and invitees');
select is(pg_temp.who_sees('nothing'), null, 'an event that does not exist is visible to nobody');
select tests.act_as('stranger');
select tests.act_as('database');
select is(nullif(current_setting('request.jwt.claims', true), ''), null, 'the caller''s claims are restored');
grant usage on schema ticket_private to authenticated;
select tests.outcomes($$ select from ticket_private.my_events where id in (tests.id('public'), tests.id('private'), tests.id('friends')) $$, 'owner 3, mutual 0', 'my_events has the caller''s own events');
select tests.outcomes($$ select from ticket_private.visible_people where id = tests.id('owner') $$, 'mutual 1, stranger 1, blocked 0, blocker 0', 'a block hides people from each other');
select is((select array_agg(has_function_privilege(role, 'ticket_private.sees_event(uuid, uuid)', 'execute')) from unnest(array['anon', 'authenticated', 'service_role']) role), array[false, false, false], 'nobody else may execute sees_event()');

select * from finish();
rollback;
