-- Holds: how long a seat is held for a buyer, and how often. Uses event_seats.

create or replace function ticket_private.time_to_pay()
returns interval language sql immutable parallel safe set search_path = '' as $$ select interval '35 minutes' $$;
comment on function ticket_private.time_to_pay() is 'How long a provider accepts payment for an attempt. Stripe requires thirty minutes; five more allow a retry.';
revoke execute on function ticket_private.time_to_pay() from public;
create or replace function ticket_private.time_after_payment()
returns interval language sql immutable parallel safe set search_path = '' as $$ select interval '10 minutes' $$;
comment on function ticket_private.time_after_payment() is 'How much longer the seat is held than the provider accepts payment.';
revoke execute on function ticket_private.time_after_payment() from public;

-- A payment reported after this is settled as a late payment (41_settlement.sql).
create or replace function ticket_private.expire_holds(batch int default 500, event uuid default null)
returns int language plpgsql volatile security definer set search_path = '' as $$
declare
  due uuid[] := array(
    select t.id from ticket_service.tickets t
    where t.status = 'pending' and t.held_until <= now() and (expire_holds.event is null or t.event_id = expire_holds.event)
    order by t.held_until limit batch for no key update skip locked);
begin
  -- Seats of several events are locked in the order of events.
  perform from ticket_private.event_seats s
  where s.event_id in (select t.event_id from ticket_service.tickets t where t.id = any (due)) order by s.event_id for update;
  update ticket_service.tickets t set status = 'expired' where t.id = any (due);
  return cardinality(due);
end $$;
comment on function ticket_private.expire_holds(int, uuid) is 'Expires holds and offers past held_until, of all events or one. Returns how many.';
revoke execute on function ticket_private.expire_holds(int, uuid) from public;

create or replace function ticket_private.require_open(event uuid)
returns void language plpgsql volatile set search_path = '' as $$
begin
  if not exists (select from event_service.events e where e.id = event and e.status in ('upcoming', 'ongoing') and e.end_time > now()) then
    perform ticket_private.refuse('event_not_open', 'This event is over or cancelled.', 409);
  elsif not exists (select from event_service.events e where e.id = event and e.ticketing_enabled) then
    perform ticket_private.refuse('no_ticket_needed', 'This event is not ticketed. Join it instead.', 409);
  end if;
end $$;
comment on function ticket_private.require_open(uuid) is 'Refuses an event that is over, cancelled or not ticketed.';
revoke execute on function ticket_private.require_open(uuid) from public;

create or replace function ticket_private.lock_tickets(person uuid, event uuid, ticket uuid)
returns void language plpgsql volatile set search_path = '' as $$
begin
  perform from ticket_service.tickets t
  where t.id in (select ticket union all select o.id from ticket_service.tickets o where o.user_id = person and o.event_id = event)
  order by t.id for no key update;
end $$;
comment on function ticket_private.lock_tickets(uuid, uuid, uuid) is
  'Locks a ticket, or all tickets of this person to this event: a late payment may reactivate one while its buyer starts another checkout.';
revoke execute on function ticket_private.lock_tickets(uuid, uuid, uuid) from public;

-- Locks event_seats, as a cancellation does, so that no ticket is sold after the event is cancelled.
create or replace function ticket_private.require_still_open(event uuid)
returns void language plpgsql volatile set search_path = '' as $$
begin
  perform from ticket_private.event_seats s where s.event_id = event for update;
  perform ticket_private.require_open(event);
end $$;
revoke execute on function ticket_private.require_still_open(uuid) from public;

-- Prevents holding seats indefinitely without paying. Offers count too. A higher limit applies to holds for which the
-- buyer never got a checkout page, for example because the provider failed.
create or replace function ticket_private.require_holds_left(person uuid, event uuid)
returns void language plpgsql volatile set search_path = '' as $$
declare
  ended record;
begin
  select count(*) as holds,
    count(*) filter (where exists (select from ticket_private.attempts a where a.ticket_id = t.id and a.checkout_url is not null)
      or not exists (select from ticket_private.attempts a where a.ticket_id = t.id and a.started_at = t.purchased_at)) as kept
  into ended
  from ticket_service.tickets t
  where t.user_id = person and t.event_id = event and t.purchased_at > now() - interval '1 day'
    and t.status in ('cancelled', 'expired') and t.activated_at is null;
  if ended.kept >= 5 or ended.holds >= 20 then
    perform ticket_private.refuse('too_many_holds', 'You have held a seat at this event too often today without buying a ticket. Try again tomorrow.', 429);
  end if;
end $$;
comment on function ticket_private.require_holds_left(uuid, uuid) is 'Refuses a hold after five unused holds or offers at this event within a day, or twenty including those without a checkout page.';
revoke execute on function ticket_private.require_holds_left(uuid, uuid) from public;

create or replace function ticket_private.is_offer(ticket ticket_service.tickets)
returns boolean language sql stable
begin atomic
  select $1.status = 'pending' and not exists (select 1 from ticket_private.attempts a where a.ticket_id = $1.id);
end;
comment on function ticket_private.is_offer(ticket_service.tickets) is 'Whether a ticket is a seat offered to the waiting list, for which no checkout has begun.';
revoke execute on function ticket_private.is_offer(ticket_service.tickets) from public;
