-- Cancelled events: every ticket is ended and refunded in full.

create table if not exists ticket_service.event_cancellations (
  id uuid primary key default gen_random_uuid(),
  event_id uuid not null constraint events_are_cancelled_once unique,
  reason text constraint reason_is_bounded check ((length(reason) between 1 and 500) is not false
    or ticket_private.refuse('text_too_long', 'A reason has 1 to 500 characters.')),
  cancelled_at timestamptz not null default now(),
  tickets_ended_at timestamptz
);
comment on table ticket_service.event_cancellations is 'Cancelled events and the reason. Visible to the host and to ticket holders.';
comment on column ticket_service.event_cancellations.tickets_ended_at is 'When the last ticket was ended and its refund requested.';

create index if not exists event_cancellations_unfinished on ticket_service.event_cancellations (cancelled_at) where tickets_ended_at is null;

alter table ticket_service.event_cancellations enable row level security;

drop policy if exists event_cancellations_select_party on ticket_service.event_cancellations;
create policy event_cancellations_select_party on ticket_service.event_cancellations for select to authenticated
  using (
    exists (select 1 from ticket_private.my_ticketed_events t where t.event_id = event_cancellations.event_id)
    or exists (select 1 from ticket_private.my_events e where e.id = event_cancellations.event_id));

-- Writing is not granted: the row is created when the host cancels the event.
revoke all on ticket_service.event_cancellations from anon, authenticated;
grant select on ticket_service.event_cancellations to authenticated;
grant all on ticket_service.event_cancellations to service_role;

-- Effect of event_service.events. Definer: hosts may not write this table. Any cancellation of an event refunds its
-- tickets.
create or replace function ticket_private.tg_events__cancel_tickets()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  -- Concurrent checkouts finish before this lock, or see the cancellation after it.
  perform from ticket_private.event_seats s where s.event_id = new.id for update;
  insert into ticket_service.event_cancellations (event_id) values (new.id) on conflict do nothing;
  -- Skips entries locked by a checkout or an account deletion, which wait for event_seats. The remaining entries get no
  -- offers, and offer_free_seats() deletes them.
  delete from ticket_service.waitlist_entries w
  where w.id in (select l.id from ticket_service.waitlist_entries l where l.event_id = new.id for update skip locked);
  return null;
end $$;
revoke execute on function ticket_private.tg_events__cancel_tickets() from public;

create or replace function ticket_private.end_cancelled_ticket(ticket ticket_service.tickets)
returns void language plpgsql volatile set search_path = '' as $$
begin
  update ticket_private.attempts a set check_at = now() where a.ticket_id = ticket.id and a.state in ('creating', 'open');
  if ticket.status = 'pending' then
    update ticket_service.tickets t set status = 'cancelled' where t.id = ticket.id;
  else
    perform ticket_private.end_ticket(ticket.id, ticket_private.find_payment(ticket.id), 0, 'cancellation', null);
  end if;
end $$;
revoke execute on function ticket_private.end_cancelled_ticket(ticket_service.tickets) from public;

-- Definer: service_role may not write tickets directly. Locked tickets are left for the next run.
create or replace function ticket_private.continue_cancellations(batch int default 200, event uuid default null)
returns int language plpgsql volatile security definer set search_path = '' as $$
declare
  unfinished uuid[] := array(
    select c.event_id from ticket_service.event_cancellations c
    where c.tickets_ended_at is null and (continue_cancellations.event is null or c.event_id = continue_cancellations.event)
    order by c.cancelled_at);
  cancelled uuid;
  ticket ticket_service.tickets;
  ended int := 0;
begin
  -- Seats of several events are locked in the order of events.
  perform from ticket_private.event_seats s where s.event_id = any (unfinished) order by s.event_id for update;
  foreach cancelled in array unfinished loop
    for ticket in
      select * from ticket_service.tickets t where t.event_id = cancelled and t.status in ('pending', 'active')
      order by t.user_id, t.id for no key update skip locked
    loop
      exit when ended >= batch;
      -- An error in one ticket does not stop the others.
      begin
        perform ticket_private.end_cancelled_ticket(ticket);
        ended := ended + 1;
      exception when others then
        raise warning 'Ticket % of a cancelled event could not be ended: %', ticket.id, sqlerrm;
      end;
    end loop;
    update ticket_service.event_cancellations c set tickets_ended_at = now()
    where c.event_id = cancelled
      and not exists (select from ticket_service.tickets t where t.event_id = cancelled and t.status in ('pending', 'active'));
    exit when ended >= batch;
  end loop;
  return ended;
end $$;
comment on function ticket_private.continue_cancellations(int, uuid) is 'Ends tickets of cancelled events, or of one, and requests their refunds, up to batch. Returns how many.';
revoke execute on function ticket_private.continue_cancellations(int, uuid) from public;
grant execute on function ticket_private.continue_cancellations(int, uuid) to service_role;

-- Definer: service_role may not write tickets directly.
create or replace function ticket_private.cancellation_progress(person uuid, event_id uuid, reason text)
returns jsonb language plpgsql volatile security definer set search_path = '' as $$
declare
  event record;
begin
  select e.host_id, e.status::text as status into event from event_service.events e where e.id = cancellation_progress.event_id;
  if event.host_id is distinct from person or person is null then
    perform ticket_private.refuse('event_not_found', 'You have no such event.', 404);
  elsif event.status <> 'cancelled' then
    perform ticket_private.refuse('event_over', 'This event is over or cancelled and can no longer be changed.', 409);
  end if;
  update ticket_service.event_cancellations c set reason = cancellation_progress.reason
  where c.event_id = cancellation_progress.event_id and c.reason is null;
  perform ticket_private.continue_cancellations(event => cancellation_progress.event_id);
  return (
    select jsonb_build_object(
      'event_id', cancellation_progress.event_id,
      'reason', (select c.reason from ticket_service.event_cancellations c where c.event_id = cancellation_progress.event_id),
      'tickets_to_end', (select count(*) from ticket_service.tickets t where t.event_id = cancellation_progress.event_id and t.status in ('pending', 'active')),
      'refunds', count(r.id),
      'refunds_succeeded', count(r.id) filter (where r.is_done),
      'refunds_under_way', count(r.id) filter (where not r.is_done and o.id is null),
      'refunds_for_an_operator', count(o.id))
    from ticket_service.tickets t
    join ticket_private.refunds r on r.ticket_id = t.id and r.origin = 'cancellation' and not r.is_overtaken and not r.is_excess
    left join ticket_private.refunds_for_operators o on o.id = r.id
    where t.event_id = cancellation_progress.event_id);
end $$;
revoke execute on function ticket_private.cancellation_progress(uuid, uuid, text) from public;
grant execute on function ticket_private.cancellation_progress(uuid, uuid, text) to service_role;
create or replace function ticket_service.cancellation_progress(person uuid, event_id uuid, reason text default null)
returns jsonb language sql volatile security invoker set search_path = ''
begin atomic
  select ticket_private.cancellation_progress(person, event_id, reason);
end;
create or replace function ticket_service.continue_cancellations(batch int default 200)
returns int language sql volatile security invoker set search_path = ''
begin atomic
  select ticket_private.continue_cancellations(batch, null);
end;
comment on function ticket_service.cancellation_progress(uuid, uuid, text) is
  'For service_role: continues the cancellation of an event by its host, and returns the progress of its refunds.';
comment on function ticket_service.continue_cancellations(int) is
  'For service_role: ends tickets of cancelled events and requests their refunds. Returns how many.';
revoke execute on function ticket_service.cancellation_progress(uuid, uuid, text), ticket_service.continue_cancellations(int) from public, anon, authenticated;
grant execute on function ticket_service.cancellation_progress(uuid, uuid, text), ticket_service.continue_cancellations(int) to service_role;
