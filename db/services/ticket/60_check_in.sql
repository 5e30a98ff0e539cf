-- Check-in at an event, by its host and staff.

do $$
begin
  if to_regtype('ticket_service.check_in_answer') is null then
    create type ticket_service.check_in_result as enum ('checked_in', 'already_checked_in');
    create type ticket_service.check_in_answer as (
      result ticket_service.check_in_result, ticket_id uuid, holder jsonb, checked_in_at timestamptz, checked_in_by text);
  end if;
end $$;
comment on type ticket_service.check_in_answer is 'Result of a check-in. holder: {id, username, name, avatar_path, avatar_url, is_verified}, or null if hidden from the caller; checked_in_by: username of the person who checked it in first.';

create table if not exists ticket_service.event_staff (
  id uuid primary key default gen_random_uuid(),
  event_id uuid not null,
  user_id uuid not null,
  added_at timestamptz not null default now(),
  constraint event_staff_are_unique unique (event_id, user_id)
);
comment on table ticket_service.event_staff is 'People who may check in tickets besides the host, until six hours after the event.';

create index if not exists event_staff_user_id on ticket_service.event_staff (user_id);

alter table ticket_service.event_staff enable row level security;

drop policy if exists event_staff_select_party on ticket_service.event_staff;
create policy event_staff_select_party on ticket_service.event_staff for select to authenticated
  using (user_id = (select auth.uid()) or exists (select 1 from ticket_private.my_events e where e.id = event_staff.event_id));
drop policy if exists event_staff_insert_host on ticket_service.event_staff;
create policy event_staff_insert_host on ticket_service.event_staff for insert to authenticated
  with check (
    (exists (select 1 from ticket_private.me)
      or ticket_private.refuse('account_gone', 'This account no longer exists. Sign in again.', 401))
    and (exists (select 1 from ticket_private.my_events e where e.id = event_staff.event_id)
      or ticket_private.refuse('event_not_found', 'You have no such event.', 404))
    and (exists (select 1 from ticket_private.visible_people p where p.id = event_staff.user_id)
      or ticket_private.refuse('person_not_found', 'There is no such person.', 404)));
drop policy if exists event_staff_delete_host on ticket_service.event_staff;
create policy event_staff_delete_host on ticket_service.event_staff for delete to authenticated
  using (exists (select 1 from ticket_private.my_events e where e.id = event_staff.event_id) or user_id = (select auth.uid()));

-- Update is not granted: there is nothing to change in a membership.
revoke all on ticket_service.event_staff from anon, authenticated;
grant select, delete on ticket_service.event_staff to authenticated;
grant insert (event_id, user_id) on ticket_service.event_staff to authenticated;
grant all on ticket_service.event_staff to service_role;

create or replace view ticket_private.my_check_in_events as
  select e.id from event_service.events e where e.host_id = (select auth.uid())
  union
  select s.event_id from ticket_service.event_staff s
  join event_service.events e on e.id = s.event_id
  where s.user_id = (select auth.uid()) and now() < e.end_time + interval '6 hours';
comment on view ticket_private.my_check_in_events is 'Events at which the caller may check in tickets: hosts always, staff until six hours after the end.';

create or replace function ticket_private.require_staff(event uuid)
returns void language plpgsql stable set search_path = '' as $$
begin
  if not exists (select from ticket_private.me) or not exists (select from ticket_private.my_check_in_events g where g.id = event) then
    perform ticket_private.refuse('not_staff', 'Only the host and staff can check in tickets to this event, and staff only until six hours after it ends.', 403);
  end if;
end $$;
comment on function ticket_private.require_staff(uuid) is 'Refuses callers who are neither host nor staff of this event.';
revoke execute on function ticket_private.require_staff(uuid) from public;

-- Definer: clients may not write tickets. The lock of the ticket serializes concurrent check-ins.
create or replace function ticket_private.check_in(event_id uuid, code text)
returns ticket_service.check_in_answer language plpgsql volatile security definer set search_path = '' as $$
declare
  asker uuid := (select auth.uid());
  ticket ticket_service.tickets;
  answer ticket_service.check_in_answer;
begin
  perform ticket_private.require_staff(check_in.event_id);
  select * into ticket from ticket_service.tickets t
  where t.event_id = check_in.event_id and t.attendance_code = regexp_replace(upper(code), '[^A-Z0-9]', '', 'g') for no key update;
  if ticket.id is null or ticket.status = 'pending' then
    perform ticket_private.refuse('ticket_not_found', 'There is no such ticket.', 404);
  elsif ticket.status <> 'active' then
    perform ticket_private.refuse('ticket_ended', 'This ticket is no longer valid.', 409);
  elsif exists (select from event_service.events e where e.id = check_in.event_id and e.status = 'cancelled') then
    perform ticket_private.refuse('event_not_open', 'This event is over or cancelled.', 409);
  end if;
  answer.result := case when ticket.is_checked_in then 'already_checked_in' else 'checked_in' end::ticket_service.check_in_result;
  if not ticket.is_checked_in then
    update ticket_service.tickets t set is_checked_in = true, checked_in_by = asker where t.id = ticket.id returning * into ticket;
  end if;
  answer.ticket_id := ticket.id;
  answer.checked_in_at := ticket.checked_in_at;
  answer.checked_in_by := (select p.username from user_service.profiles p where p.id = ticket.checked_in_by);
  answer.holder := (select ticket_private.describe_person(p.id, p.username, p.name, p.avatar_url, p.is_verified)
    from ticket_private.visible_people p where p.id = ticket.user_id);
  return answer;
end $$;
revoke execute on function ticket_private.check_in(uuid, text) from public;
grant execute on function ticket_private.check_in(uuid, text) to authenticated, service_role;

create or replace function ticket_service.check_in(event_id uuid, code text)
returns ticket_service.check_in_answer language sql volatile security invoker set search_path = ''
begin atomic
  select ticket_private.check_in(event_id, code);
end;
comment on function ticket_service.check_in(uuid, text) is
  'Checks in a ticket by its attendance code, for the host and staff. A repeated check-in returns already_checked_in, with the time and person of the first.';

-- Definer: clients may not read the tickets of others. An array, because the API limits the number of rows.
create or replace function ticket_private.revoked_tickets(event_id uuid)
returns uuid[] language plpgsql stable security definer set search_path = '' as $$
begin
  perform ticket_private.require_staff(revoked_tickets.event_id);
  return array(select t.id from ticket_service.tickets t
    where t.event_id = revoked_tickets.event_id and t.status in ('cancelled', 'refunded') order by t.id);
end $$;
revoke execute on function ticket_private.revoked_tickets(uuid) from public;
grant execute on function ticket_private.revoked_tickets(uuid) to authenticated, service_role;

create or replace function ticket_service.revoked_tickets(event_id uuid)
returns uuid[] language sql stable security invoker set search_path = ''
begin atomic
  select ticket_private.revoked_tickets(event_id);
end;
comment on function ticket_service.revoked_tickets(uuid) is 'Ids of cancelled and refunded tickets of an event, for the host and staff: an offline scanner has to reject them.';
revoke execute on function ticket_service.check_in(uuid, text), ticket_service.revoked_tickets(uuid) from public, anon;
grant execute on function ticket_service.check_in(uuid, text), ticket_service.revoked_tickets(uuid) to authenticated, service_role;

create or replace function ticket_service.person(ticket_service.event_staff)
returns setof ticket_service.people rows 1 language sql stable
begin atomic
  select r.* from ticket_service.people r where r.id = $1.user_id;
end;
comment on function ticket_service.person(ticket_service.event_staff) is 'Relationship: event_staff?select=added_at,person(username,avatar_url). Null if the caller cannot see the person.';
create or replace function ticket_service.event(ticket_service.event_staff)
returns setof ticket_service.events rows 1 language sql stable
begin atomic
  select r.* from ticket_service.events r where r.id = $1.event_id;
end;
comment on function ticket_service.event(ticket_service.event_staff) is 'Relationship: event_staff?select=event(title,start_time). Null if the caller cannot see the event.';
