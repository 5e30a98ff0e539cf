-- What this service reads of the user and event services: stubs of their tables, and the views that policies query
-- instead of them.

-- @include ../templates/user_service_stubs.sql

-- @include ../templates/event_service_stubs.sql
--   event_columns = id uuid primary key, host_id uuid, title text not null, start_time timestamptz not null,
--     end_time timestamptz not null, location_name text, max_attendees int, price numeric not null, currency text not null,
--     status text not null, privacy text not null, ticketing_enabled boolean not null
--   visible_columns = e.id, e.host_id, e.title, e.start_time, e.end_time, e.location_name, e.price, e.currency,
--     e.status::text as status, e.privacy::text as privacy, e.ticketing_enabled
--   my_invitations = user_service.invitations i where i.event_id = e.id and i.invitee_id = (select auth.uid())

create or replace view ticket_private.my_events as
  select e.id from event_service.events e where e.host_id = (select auth.uid());
comment on view ticket_private.my_events is 'The events that the caller hosts.';

grant select on ticket_private.me, ticket_private.my_mutuals, ticket_private.my_blocks, ticket_private.visible_people,
  ticket_private.visible_events, ticket_private.my_events to authenticated, service_role;

-- Security barriers, because clients filter these views: otherwise a filter that raises an error could run on hidden
-- rows.
create or replace view ticket_service.people with (security_invoker = true, security_barrier = true) as
  select p.id, p.username, p.name, p.avatar_url, p.is_verified from ticket_private.visible_people p;
create or replace view ticket_service.events with (security_invoker = true, security_barrier = true) as
  select e.id, e.host_id, e.title, e.start_time, e.end_time, e.location_name, e.price, e.currency, e.status, e.privacy from ticket_private.visible_events e;
comment on view ticket_service.people is 'The people whom the caller sees, for embedding: event_staff?select=person(username,avatar_url).';
comment on view ticket_service.events is 'The events that the caller sees, for embedding: tickets?select=status,event(title,start_time).';
revoke all on ticket_service.people, ticket_service.events from anon, authenticated;
grant select on ticket_service.people, ticket_service.events to authenticated, service_role;

-- Edge functions call with the service key on behalf of a person, so auth.uid() is set to that person for the look-up.
create or replace function ticket_private.sees_event(person uuid, event uuid)
returns boolean language plpgsql volatile security definer set search_path = '' as $$
declare
  claims text := coalesce(current_setting('request.jwt.claims', true), '');
  -- auth.uid() of Supabase looks here first.
  subject text := coalesce(current_setting('request.jwt.claim.sub', true), '');
  sees boolean;
begin
  perform set_config('request.jwt.claims', json_build_object('sub', person)::text, true), set_config('request.jwt.claim.sub', person::text, true);
  sees := exists (select 1 from ticket_private.me) and exists (select 1 from ticket_private.visible_events e where e.id = event);
  perform set_config('request.jwt.claims', claims, true), set_config('request.jwt.claim.sub', subject, true);
  return sees;
end $$;
comment on function ticket_private.sees_event(uuid, uuid) is 'Whether this person has an account and sees the event.';
revoke execute on function ticket_private.sees_event(uuid, uuid) from public;
