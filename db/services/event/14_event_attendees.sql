-- Attendance: policies, and the triggers that keep places, counters and has_attended. The table is in
-- 10_visibility.sql. Uses event_capacity and event_status.

-- Definer: it updates attendance of others. Skips locked rows: their transaction waits for the capacity row and then
-- recomputes has_attended in event_attendees_take_place.
create or replace function event_private.tg_events__set_has_attended()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  perform from event_private.event_capacity c where c.event_id = new.id for update;
  update event_service.event_attendees a
  set has_attended = not a.has_attended
  where a.id in (
    select w.id from event_service.event_attendees w
    where w.event_id = new.id
      and w.has_attended <> event_private.counts_as_attended(w.status, w.checked_in_at, new.status, new.ticketing_enabled)
    for update skip locked);
  return null;
end $$;
revoke execute on function event_private.tg_events__set_has_attended() from public;
create or replace trigger events_set_has_attended after update of status on event_service.events
  for each row when (old.status is distinct from new.status) execute function event_private.tg_events__set_has_attended();

create or replace function event_private.counts_as_attended(
  attendance event_service.attendee_status, checked_in_at timestamptz, event event_service.event_status, is_ticketed boolean)
returns boolean language sql immutable parallel safe set search_path = '' as $$
  select attendance = 'confirmed' and event in ('ongoing', 'completed') and (not is_ticketed or checked_in_at is not null)
$$;
comment on function event_private.counts_as_attended(event_service.attendee_status, timestamptz, event_service.event_status, boolean) is
  'Defines has_attended, and with it user_stats.events_attended.';


alter table event_service.event_attendees enable row level security;

drop policy if exists event_attendees_select_visible on event_service.event_attendees;
create policy event_attendees_select_visible on event_service.event_attendees for select to authenticated
  using (
    user_id = (select auth.uid())
    or exists (select 1 from event_private.visible_events e where e.id = event_attendees.event_id)
      and exists (select 1 from event_private.visible_people p
        where p.id = event_attendees.user_id
          and (p.shows_attendance or exists (select 1 from event_private.my_events h where h.id = event_attendees.event_id))));
drop policy if exists event_attendees_insert_own on event_service.event_attendees;
create policy event_attendees_insert_own on event_service.event_attendees for insert to authenticated
  with check (
    user_id = (select auth.uid())
    and (exists (select 1 from event_private.me)
      or event_private.refuse('account_gone', 'This account no longer exists. Sign in again.', 401))
    and (exists (select 1 from event_private.visible_events e where e.id = event_attendees.event_id)
      or event_private.refuse('event_not_found', 'There is no such event.', 404)));
drop policy if exists event_attendees_update_own on event_service.event_attendees;
create policy event_attendees_update_own on event_service.event_attendees for update to authenticated
  using (user_id = (select auth.uid()) and not by_ticket)
  with check (
    user_id = (select auth.uid())
    and (status = 'cancelled' or exists (select 1 from event_private.visible_events e where e.id = event_attendees.event_id)
      or event_private.refuse('event_not_found', 'There is no such event.', 404)));
drop policy if exists event_attendees_delete_own_or_host on event_service.event_attendees;
create policy event_attendees_delete_own_or_host on event_service.event_attendees for delete to authenticated
  using (not by_ticket and (
    user_id = (select auth.uid())
    or exists (select 1 from event_private.my_events e where e.id = event_attendees.event_id)));

-- by_ticket, checked_in_at and has_attended are not granted: tickets and triggers maintain them.
revoke all on event_service.event_attendees from anon, authenticated;
grant select, delete on event_service.event_attendees to authenticated;
grant insert (event_id, user_id, status) on event_service.event_attendees to authenticated;
grant update (event_id, user_id, status) on event_service.event_attendees to authenticated;
grant all on event_service.event_attendees to service_role;

create or replace trigger event_attendees_refuse_move before update of event_id on event_service.event_attendees
  for each row when (old.event_id <> new.event_id) execute function event_private.tg_rows__refuse_move();

-- Definer: clients may not write capacity, counters or has_attended. Everyone locks attendance before capacity. The
-- event is read under the capacity lock, because a policy sees only the snapshot of the statement.
create or replace function event_private.tg_event_attendees__take_place()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  perform from event_private.event_capacity c where c.event_id in (old.event_id, new.event_id) order by c.event_id for update;
  if tg_op <> 'DELETE' and new.status <> 'cancelled' and not new.by_ticket and (select auth.uid()) is not null then
    perform event_private.require_open(new.event_id);
  end if;
  if tg_op <> 'INSERT' and old.status = 'confirmed' and (tg_op = 'DELETE' or new.status <> 'confirmed' or new.event_id <> old.event_id) then
    update event_private.event_capacity set taken = taken - 1 where event_id = old.event_id;
    perform event_private.add_to_counter('events', old.event_id, 'attendees_count', -1);
  end if;
  if tg_op <> 'DELETE' and new.status = 'confirmed' and (tg_op = 'INSERT' or old.status <> 'confirmed' or new.event_id <> old.event_id) then
    update event_private.event_capacity set taken = taken + 1 where event_id = new.event_id;
    perform event_private.add_to_counter('events', new.event_id, 'attendees_count', 1);
  end if;
  if tg_op <> 'DELETE' then
    update event_service.event_attendees a
    set has_attended = not a.has_attended
    from event_service.events e
    where a.id = new.id and e.id = a.event_id
      and a.has_attended <> event_private.counts_as_attended(a.status, a.checked_in_at, e.status, e.ticketing_enabled);
  end if;
  return null;
end $$;
revoke execute on function event_private.tg_event_attendees__take_place() from public;
create or replace trigger event_attendees_take_place
  after insert or delete or update of event_id, user_id, status, checked_in_at on event_service.event_attendees
  for each row execute function event_private.tg_event_attendees__take_place();

create or replace function event_private.require_open(event uuid)
returns void language plpgsql stable set search_path = '' as $$
declare
  found_event record;
begin
  select e.status, e.ticketing_enabled, e.end_time into found_event from event_service.events e where e.id = event;
  if found_event.status not in ('upcoming', 'ongoing') or found_event.end_time <= now() then
    perform event_private.refuse('event_not_open', 'This event is over or cancelled.', 409);
  elsif found_event.ticketing_enabled then
    perform event_private.refuse('ticket_required', 'Joining this event requires a ticket.', 409);
  end if;
end $$;
comment on function event_private.require_open(uuid) is 'Refuses joining an event that is over, cancelled or ticketed.';
revoke execute on function event_private.require_open(uuid) from public;

create or replace function event_service.attendee(event_service.event_attendees)
returns setof event_service.people rows 1 language sql stable
begin atomic
  select p.* from event_service.people p where p.id = $1.user_id;
end;
comment on function event_service.attendee(event_service.event_attendees) is 'Relationship: event_attendees?select=status,attendee(username,avatar_url).';

-- Effect of ticket_service.tickets. Definer: it writes attendance of the ticket's holder.
create or replace function event_private.tg_tickets__make_attendee()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  if tg_op <> 'INSERT' and old.status = 'active'
    and (tg_op = 'DELETE' or new.status <> 'active' or new.user_id is distinct from old.user_id or new.event_id <> old.event_id)
  then
    perform event_private.add_to_counter('events', old.event_id, 'tickets_sold', -1);
    update event_service.event_attendees a set status = 'cancelled', checked_in_at = null
    where a.event_id = old.event_id and a.user_id = old.user_id and a.by_ticket;
  end if;
  if tg_op <> 'DELETE' and new.status = 'active' then
    if tg_op = 'INSERT' or old.status <> 'active' or new.user_id is distinct from old.user_id or new.event_id <> old.event_id then
      perform event_private.add_to_counter('events', new.event_id, 'tickets_sold', 1);
    end if;
    if new.user_id is not null then
      -- A held ticket counts from its activation; one inserted as active, such as an import, from its purchase.
      insert into event_service.event_attendees as a (event_id, user_id, joined_at, status, by_ticket, checked_in_at)
      values (new.event_id, new.user_id, case tg_op when 'INSERT' then new.purchased_at else now() end, 'confirmed', true, new.checked_in_at)
      on conflict (event_id, user_id) do update
        set status = 'confirmed', by_ticket = true, checked_in_at = excluded.checked_in_at,
          joined_at = case when a.status = 'confirmed' then a.joined_at else excluded.joined_at end;
    end if;
  end if;
  return null;
end $$;
revoke execute on function event_private.tg_tickets__make_attendee() from public;
