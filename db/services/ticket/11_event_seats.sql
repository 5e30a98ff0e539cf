-- Seats: how many each event has, holds and has sold. Triggers on tickets keep them up to date. Uses waitlist.

create table if not exists ticket_private.event_seats (
  event_id uuid primary key,
  capacity int,
  held int not null default 0,
  sold int not null default 0,
  constraint held_and_sold_within_capacity check (capacity is null or held + sold <= capacity
    or ticket_private.refuse('sold_out', 'There are no seats left.', 409)),
  constraint seats_are_not_negative check (held >= 0 and sold >= 0)
);
comment on table ticket_private.event_seats is 'Exact number of seats of each event: one held for every pending ticket, one sold for every active ticket. Locking this row serializes sales.';
comment on column ticket_private.event_seats.capacity is 'Copy of events.max_attendees. Null for no limit.';
alter table ticket_private.event_seats enable row level security;

-- Definer: clients may not write seats. Runs for every change of tickets. A freed seat is offered to the waiting list.
create or replace function ticket_private.tg_tickets__claim_seat()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  if tg_op <> 'INSERT' and old.status in ('pending', 'active') then
    update ticket_private.event_seats set
      held = held - (old.status = 'pending')::int,
      sold = sold - (old.status = 'active')::int
    where event_id = old.event_id
      and (tg_op = 'DELETE' or new.status not in ('pending', 'active') or new.event_id <> old.event_id);
    if found then
      perform ticket_private.offer_seats(old.event_id);
    end if;
  end if;
  if tg_op <> 'DELETE' and new.status in ('pending', 'active') then
    -- A ticket that stays live moves between held and sold in one update, which needs no free seat.
    update ticket_private.event_seats set
      held = held + (new.status = 'pending')::int
        - (tg_op = 'UPDATE' and old.status = 'pending' and old.event_id = new.event_id)::int,
      sold = sold + (new.status = 'active')::int
        - (tg_op = 'UPDATE' and old.status = 'active' and old.event_id = new.event_id)::int
    where event_id = new.event_id;
    if not found then
      perform ticket_private.refuse('event_not_found', 'There is no such event.', 404);
    end if;
  end if;
  return null;
end $$;
revoke execute on function ticket_private.tg_tickets__claim_seat() from public;
-- Triggers fire in the order of their names: the seat is locked before attendance and capacity.
create or replace trigger tickets_claim_seat after insert or delete or update of status, event_id, user_id on ticket_service.tickets
  for each row execute function ticket_private.tg_tickets__claim_seat();

-- Effect of event_service.events. Definer: hosts may change seats only through max_attendees.
create or replace function ticket_private.tg_events__allot_seats()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
declare
  already_taken int;
begin
  if tg_op = 'DELETE' then
    delete from ticket_private.event_seats where event_id = old.id;
    delete from ticket_service.waitlist_entries w
    where w.id in (select l.id from ticket_service.waitlist_entries l where l.event_id = old.id for update skip locked);
    delete from ticket_service.event_staff where event_id = old.id;
    delete from ticket_service.refund_policies where event_id = old.id;
  else
    select s.held + s.sold into already_taken from ticket_private.event_seats s where s.event_id = new.id for update;
    if new.max_attendees < already_taken then
      perform ticket_private.refuse('places_are_taken', 'max_attendees cannot be lower than the number of tickets sold or held.', 409);
    end if;
    insert into ticket_private.event_seats (event_id, capacity) values (new.id, new.max_attendees)
    on conflict (event_id) do update set capacity = excluded.capacity;
    perform ticket_private.offer_seats(new.id);
  end if;
  return null;
end $$;
revoke execute on function ticket_private.tg_events__allot_seats() from public;

-- Effect of event_service.events. Definer: hosts may not read seats.
create or replace function ticket_private.tg_events__refuse_ticketing_change()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  perform from ticket_private.event_seats s where s.event_id = new.id for update;
  if exists (select from ticket_service.tickets t where t.event_id = new.id and t.status in ('pending', 'active')) then
    perform ticket_private.refuse('has_attendees', 'Ticketing cannot be switched on or off once people have joined.', 409);
  end if;
  return new;
end $$;
revoke execute on function ticket_private.tg_events__refuse_ticketing_change() from public;

create or replace function ticket_private.is_full(event uuid)
returns boolean language plpgsql volatile set search_path = '' as $$
begin
  return exists (select from ticket_private.event_seats s where s.event_id = is_full.event and s.held + s.sold >= s.capacity);
end $$;
revoke execute on function ticket_private.is_full(uuid) from public;
