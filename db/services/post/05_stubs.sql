-- What this service reads of the user and event services: stubs of their tables, and the views that policies query
-- instead of them.

-- @include ../templates/user_service_stubs.sql

create or replace view post_private.my_following as
  select f.following_id as user_id from user_service.follows f where f.follower_id = (select auth.uid());

create or replace view post_private.my_invitations as
  select i.event_id from user_service.invitations i where i.invitee_id = (select auth.uid());

grant select on post_private.me, post_private.my_following, post_private.my_mutuals, post_private.my_blocks,
  post_private.my_invitations, post_private.visible_people to anon, authenticated, service_role;

-- @include ../templates/event_service_stubs.sql
--   event_columns = id uuid primary key, host_id uuid, title text not null, category text not null, start_time timestamptz not null,
--     end_time timestamptz not null, location_name text, status text not null, privacy text not null
--   visible_columns = e.id, e.host_id, e.title, e.category::text as category, e.start_time, e.end_time, e.location_name,
--     e.status::text as status, e.privacy::text as privacy
--   my_invitations = post_private.my_invitations i where i.event_id = e.id
grant select on post_private.visible_events to anon, authenticated, service_role;

-- Security barriers, because clients filter these views: otherwise a filter that raises an error could run on hidden
-- rows.
create or replace view post_service.people with (security_invoker = true, security_barrier = true) as
  select p.id, p.username, p.name, p.avatar_url, p.is_verified from post_private.visible_people p;
create or replace view post_service.events with (security_invoker = true, security_barrier = true) as
  select e.id, e.host_id, e.title, e.category, e.start_time, e.end_time, e.location_name, e.status, e.privacy from post_private.visible_events e;
comment on view post_service.people is 'The people whom the caller sees, for embedding: posts?select=content,author(username,avatar_url).';
comment on view post_service.events is 'The events that the caller sees, for embedding: posts?select=content,attached_event(title,start_time).';
revoke all on post_service.people, post_service.events from anon, authenticated;
grant select on post_service.people, post_service.events to anon, authenticated, service_role;
