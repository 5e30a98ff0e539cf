-- Stubs of the event service's tables, and visible_events with the predicate of its policies.
create schema if not exists event_service;
create table if not exists event_service.events (
  {{event_columns}}
);
create table if not exists event_service.event_attendees (
  id uuid primary key default gen_random_uuid(),
  event_id uuid not null,
  user_id uuid not null,
  status text not null,
  constraint attendance_is_unique unique (event_id, user_id)
);

-- @include stubs.sql
--   tables = 'event_service.events', 'event_service.event_attendees'

create or replace view {{service}}_private.visible_events as
  select {{visible_columns}}
  from event_service.events e
  where e.host_id = (select auth.uid())
    or (e.privacy = 'public'
      or e.privacy = 'friends_only' and exists (select 1 from {{service}}_private.my_mutuals m where m.user_id = e.host_id)
      or e.privacy = 'private' and (
        exists (select 1 from event_service.event_attendees a
          where a.event_id = e.id and a.user_id = (select auth.uid()) and a.status <> 'cancelled')
        or exists (select 1 from {{my_invitations}})))
      and not exists (select 1 from {{service}}_private.my_blocks b where b.user_id = e.host_id);
comment on view {{service}}_private.visible_events is 'The events that the caller sees.';
