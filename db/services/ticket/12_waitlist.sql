-- The waiting list of a sold-out event, and the offers made to it. Uses event_seats and holds.

create table if not exists ticket_service.waitlist_entries (
  id uuid primary key default gen_random_uuid(),
  event_id uuid not null,
  user_id uuid not null,
  joined_at timestamptz not null default clock_timestamp(),
  constraint waitlist_entries_are_unique unique (event_id, user_id)
);
comment on table ticket_service.waitlist_entries is 'People who wait for a seat at a sold-out event, first come, first served. The entry is deleted when a seat is offered, as a pending ticket valid until held_until.';

create index if not exists waitlist_entries_event_id on ticket_service.waitlist_entries (event_id, joined_at, id);
create index if not exists waitlist_entries_user_id on ticket_service.waitlist_entries (user_id);

alter table ticket_service.waitlist_entries enable row level security;

drop policy if exists waitlist_entries_select_own on ticket_service.waitlist_entries;
create policy waitlist_entries_select_own on ticket_service.waitlist_entries for select to authenticated
  using (user_id = (select auth.uid()));

-- Writing is not granted: join_waitlist() checks under the lock of event_seats that no seat is free.
revoke all on ticket_service.waitlist_entries from anon, authenticated;
grant select on ticket_service.waitlist_entries to authenticated;
grant all on ticket_service.waitlist_entries to service_role;

-- Definer: clients may not write tickets. Requires event_seats to be locked. An offer is a pending ticket.
create or replace function ticket_private.offer_seats(event uuid)
returns void language plpgsql volatile security definer set search_path = '' as $$
declare
  next record;
  until timestamptz;
  currency text;
begin
  select least(now() + interval '2 hours', e.end_time), e.currency into until, currency
  from event_service.events e where e.id = event and e.status in ('upcoming', 'ongoing') and e.ticketing_enabled;
  if until is null or until <= now() then
    return;
  end if;
  -- A hundred at most, because other buyers wait for the lock. offer_free_seats() continues.
  for number in 1..100 loop
    exit when ticket_private.is_full(event);
    -- Entries of accounts that are being deleted (profile locked) are skipped.
    delete from ticket_service.waitlist_entries w
    where w.id = (
      select f.id from ticket_service.waitlist_entries f join user_service.profiles p on p.id = f.user_id
      where f.event_id = event order by f.joined_at, f.id limit 1 for update of f skip locked for key share of p skip locked)
    returning w.user_id into next;
    exit when not found;
    if ticket_private.sees_event(next.user_id, event) then
      insert into ticket_service.tickets (user_id, event_id, status, held_until, currency) values (next.user_id, event, 'pending', until, currency)
      on conflict (user_id, event_id) where status in ('pending', 'active') do nothing;
    end if;
  end loop;
end $$;
comment on function ticket_private.offer_seats(uuid) is 'Offers the free seats of an event to the first people on its waiting list, as pending tickets for two hours.';
revoke execute on function ticket_private.offer_seats(uuid) from public;

-- Definer: clients may not write tickets. Offers what offer_seats() left: skipped entries, and those beyond its limit.
-- The recursive query reads one index entry per event.
create or replace function ticket_private.offer_free_seats(batch int default 50)
returns void language plpgsql volatile security definer set search_path = '' as $$
declare
  wanted uuid[] := array(
    with recursive events as (
      (select w.event_id as id from ticket_service.waitlist_entries w order by w.event_id limit 1)
      union all
      select (select w.event_id from ticket_service.waitlist_entries w where w.event_id > e.id order by w.event_id limit 1)
      from events e where e.id is not null)
    select e.id from events e where e.id is not null);
  open uuid[] := array(
    select e.id from event_service.events e where e.id = any (wanted) and e.status in ('upcoming', 'ongoing') and e.ticketing_enabled);
  waiting uuid[] := array(
    select s.event_id from ticket_private.event_seats s
    where s.event_id = any (open) and (s.capacity is null or s.held + s.sold < s.capacity) order by s.event_id limit batch);
  event uuid;
begin
  perform from ticket_private.event_seats s where s.event_id = any (waiting) order by s.event_id for update;
  foreach event in array waiting loop
    perform ticket_private.offer_seats(event);
  end loop;
  -- Entries for events that are over.
  delete from ticket_service.waitlist_entries w
  where w.id in (
    select l.id from ticket_service.waitlist_entries l
    where l.event_id = any (wanted) and l.event_id <> all (open) limit 1000 for update skip locked);
end $$;
comment on function ticket_private.offer_free_seats(int) is 'Offers free seats of all events with a waiting list. To be run every second.';
revoke execute on function ticket_private.offer_free_seats(int) from public;


-- Definer: clients may not write waitlist_entries. Locks event_seats, so that no seat is freed between the check and
-- the insert.
create or replace function ticket_private.join_waitlist(event_id uuid)
returns int language plpgsql volatile security definer set search_path = '' as $$
declare
  asker uuid := (select auth.uid());
begin
  if not exists (select from ticket_private.me) then
    perform ticket_private.refuse('account_gone', 'This account no longer exists. Sign in again.', 401);
  elsif not exists (select from ticket_private.visible_events e where e.id = join_waitlist.event_id) then
    perform ticket_private.refuse('event_not_found', 'There is no such event.', 404);
  end if;
  perform ticket_private.require_open(join_waitlist.event_id);
  if exists (select from ticket_service.tickets t where t.user_id = asker and t.event_id = join_waitlist.event_id and t.status = 'active') then
    perform ticket_private.refuse('already_has_ticket', 'You already have a ticket to this event.', 409);
  elsif exists (select from ticket_service.tickets t where t.user_id = asker and t.event_id = join_waitlist.event_id and t.status = 'pending' and t.held_until > now()) then
    return 0;
  end if;
  perform ticket_private.require_holds_left(asker, join_waitlist.event_id);
  -- Locks the entry before the seats, in the same order as a checkout.
  perform from ticket_service.waitlist_entries w where w.event_id = join_waitlist.event_id and w.user_id = asker for update;
  perform ticket_private.expire_holds(500, join_waitlist.event_id);
  perform from ticket_private.event_seats s where s.event_id = join_waitlist.event_id for update;
  if exists (select from ticket_service.tickets t where t.user_id = asker and t.event_id = join_waitlist.event_id and t.status in ('pending', 'active')) then
    -- The person was on the waiting list and has just been offered a seat.
    return 0;
  end if;
  if not ticket_private.is_full(join_waitlist.event_id) then
    perform ticket_private.refuse('seats_available', 'Seats are available. Buy a ticket instead.', 409);
  end if;
  insert into ticket_service.waitlist_entries (event_id, user_id) values (join_waitlist.event_id, asker) on conflict do nothing;
  return (
    select count(*) from ticket_service.waitlist_entries w
    join ticket_service.waitlist_entries mine on mine.event_id = w.event_id and mine.user_id = asker
    where w.event_id = join_waitlist.event_id and (w.joined_at, w.id) <= (mine.joined_at, mine.id));
end $$;
revoke execute on function ticket_private.join_waitlist(uuid) from public;
grant execute on function ticket_private.join_waitlist(uuid) to authenticated, service_role;

create or replace function ticket_service.join_waitlist(event_id uuid)
returns int language sql volatile security invoker set search_path = ''
begin atomic
  select ticket_private.join_waitlist(event_id);
end;
comment on function ticket_service.join_waitlist(uuid) is
  'Joins the waiting list of a sold-out event. Returns the place, 1 being next, or 0 if a seat is held for or offered to the caller: a pending ticket that can be checked out until held_until.';

-- Definer: clients may not write waitlist_entries.
create or replace function ticket_private.leave_waitlist(event_id uuid)
returns boolean language plpgsql volatile security definer set search_path = '' as $$
begin
  delete from ticket_service.waitlist_entries w where w.event_id = leave_waitlist.event_id and w.user_id = (select auth.uid());
  return found;
end $$;
revoke execute on function ticket_private.leave_waitlist(uuid) from public;
grant execute on function ticket_private.leave_waitlist(uuid) to authenticated, service_role;

create or replace function ticket_service.leave_waitlist(event_id uuid)
returns boolean language sql volatile security invoker set search_path = ''
begin atomic
  select ticket_private.leave_waitlist(event_id);
end;
comment on function ticket_service.leave_waitlist(uuid) is 'Leaves the waiting list. Returns whether the caller was on it.';
revoke execute on function ticket_service.join_waitlist(uuid), ticket_service.leave_waitlist(uuid) from public, anon;
grant execute on function ticket_service.join_waitlist(uuid), ticket_service.leave_waitlist(uuid) to authenticated, service_role;

create or replace function ticket_service.event(ticket_service.waitlist_entries)
returns setof ticket_service.events rows 1 language sql stable
begin atomic
  select r.* from ticket_service.events r where r.id = $1.event_id;
end;
comment on function ticket_service.event(ticket_service.waitlist_entries) is 'Relationship: waitlist_entries?select=joined_at,event(title,start_time). Null if the caller cannot see the event.';
