-- What this service reads of the user service: stubs of its tables, and the views that policies query instead of them.

-- @include ../templates/user_service_stubs.sql

create or replace view event_private.my_following as
  select f.following_id as user_id from user_service.follows f where f.follower_id = (select auth.uid());

create or replace view event_private.my_invitations as
  select i.event_id from user_service.invitations i where i.invitee_id = (select auth.uid());

grant select on event_private.me, event_private.my_following, event_private.my_mutuals, event_private.my_blocks,
  event_private.my_invitations, event_private.visible_people to anon, authenticated, service_role;

-- A security barrier, because clients filter this view: otherwise a filter that raises an error could run on hidden
-- rows.
create or replace view event_service.people with (security_invoker = true, security_barrier = true) as
  select p.id, p.username, p.name, p.avatar_url, p.is_verified from event_private.visible_people p;
comment on view event_service.people is 'The people whom the caller sees, for embedding: events?select=title,host(username,avatar_url).';
revoke all on event_service.people from anon, authenticated;
grant select on event_service.people to anon, authenticated, service_role;
