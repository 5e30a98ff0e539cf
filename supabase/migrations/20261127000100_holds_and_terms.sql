-- Found by attacking it: a seat that was only offered is not a ticket that was had; what a ticket is sold under is of the
-- attempt that paid; seats are not held for ever without paying; free seats of people who left are free.
alter table ticket_service.tickets add column activated_at timestamptz;
comment on column ticket_service.tickets.activated_at is 'When the seat became the buyer''s; null while it was only ever held or offered.';
update ticket_service.tickets t set activated_at = t.purchased_at
where t.status in ('active', 'refunded')
  or exists (select from event_service.event_attendees a where a.event_id = t.event_id and a.user_id = t.user_id and a.by_ticket);

alter table ticket_private.attempts
  add column refund_fee numeric constraint refund_fee_in_range check (refund_fee >= 0 and refund_fee < 1e12),
  add column refund_deadline timestamptz,
  add column event_start_time timestamptz;

comment on column ticket_private.attempts.refund_fee is 'With refund_deadline and event_start_time what the ticket is sold under by this attempt, whatever a later one says.';


-- Definer: the server's role has no way into this schema.
create or replace function ticket_private.tg_tickets__stamp()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  new.checked_in_at = case when new.is_checked_in then coalesce(new.checked_in_at, now()) end;
  -- Who left holds nothing, and keeps no seat that cost nothing.
  if tg_op = 'UPDATE' and new.user_id is null and old.user_id is not null
    and (new.status = 'pending' or new.status = 'active' and new.price_paid = 0 and not new.is_checked_in)
  then
    new.status = 'cancelled';
  end if;
  if new.status = 'active' then
    new.activated_at = coalesce(new.activated_at, now());
  end if;
  new.held_until = case when new.status = 'pending'
    then coalesce(new.held_until, now() + ticket_private.time_to_pay() + ticket_private.time_after_payment()) end;
  return new;
end $$;
revoke execute on function ticket_private.tg_tickets__stamp() from public;

-- Whoever once looked at a checkout does not see for ever what becomes of the event.
create or replace view ticket_private.my_ticketed_events as
  select t.event_id from ticket_service.tickets t
  where t.user_id = (select auth.uid())
    and (t.status in ('pending', 'active', 'refunded') or t.activated_at is not null
      or exists (select 1 from ticket_private.payments p where p.ticket_id = t.id and p.state >= 'paid'));
comment on view ticket_private.my_ticketed_events is 'Events to which the caller holds, has or had a ticket.';

-- Or one could hold a seat for ever without paying. Offers count too; seats whose provider gave no page do not.
create or replace function ticket_private.require_holds_left(person uuid, event uuid)
returns void language plpgsql volatile set search_path = '' as $$
begin
  if (
    select count(*) from ticket_service.tickets t
    where t.user_id = person and t.event_id = event and t.purchased_at > now() - interval '1 day'
      and t.status in ('cancelled', 'expired') and t.activated_at is null
      and (exists (select from ticket_private.attempts a where a.ticket_id = t.id and a.checkout_url is not null)
        or not exists (select from ticket_private.attempts a where a.ticket_id = t.id))) >= 5
  then
    perform ticket_private.refuse('too_many_holds', 'You have held a seat at this event five times today without taking it. Try again tomorrow.', 429);
  end if;
end $$;
comment on function ticket_private.require_holds_left(uuid, uuid) is 'Refuses a seat to whoever held one at this event five times within a day and took none.';
revoke execute on function ticket_private.require_holds_left(uuid, uuid) from public;

-- Under one hold only one attempt may be paid: the provider ends the other before there is a next.
create or replace function ticket_private.resume_checkout(
  person uuid, idempotency_key text, mine ticket_service.tickets, provider text, price numeric, currency text)
returns jsonb language plpgsql volatile set search_path = '' as $$
declare
  attempt ticket_private.attempts;
begin
  select * into attempt from ticket_private.attempts a
  where a.ticket_id = mine.id and a.state in ('creating', 'open', 'ending') and a.check_at is not null
  order by a.state limit 1;
  if attempt.state = 'open' and attempt.expires_at > now() + interval '1 minute'
    and (attempt.provider, attempt.amount, attempt.currency) = (resume_checkout.provider, price, resume_checkout.currency)
  then
    -- The same seat asked for again: by another tab, or after an answer that never arrived.
    return ticket_private.keep_answer(person, 'ticket-checkout', idempotency_key, 200, ticket_private.checkout_answer(attempt.id));
  elsif price > 0 and (select count(*) from ticket_private.attempts a where a.ticket_id = mine.id and a.checkout_url is not null) >= 3 then
    -- Before the last page is ended, on which one may still pay.
    perform ticket_private.refuse('too_many_attempts', 'You have begun to pay for this seat three times. Pay where you began last, or give the seat back.', 429);
  elsif attempt.id is null then
    return null;
  elsif attempt.state <> 'creating' then
    return ticket_private.expire_first(person, 'ticket-checkout', idempotency_key, attempt.id);
  elsif attempt.idempotency_key <> resume_checkout.idempotency_key and attempt.started_at > now() - interval '1 minute' then
    perform ticket_private.refuse_in_progress();
  end if;
  -- A provider may take an order number once only, so the next attempt has another.
  perform ticket_private.drop_attempt(attempt.id);
  return null;
end $$;
comment on function ticket_private.resume_checkout(uuid, text, ticket_service.tickets, text, numeric, text) is
  'What to answer, or to do first, where a payment for this seat was begun before; null where another one may begin.';
revoke execute on function ticket_private.resume_checkout(uuid, text, ticket_service.tickets, text, numeric, text) from public;

-- Everything that needs no other's lock comes first and the seat, which all buyers of an event want, last, in the trigger
-- of the insert.
create or replace function ticket_private.hold_seat(
  person uuid, idempotency_key text, event uuid, mine ticket_service.tickets, terms ticket_private.ticket_terms, provider text, return_url text)
returns jsonb language plpgsql volatile set search_path = '' as $$
declare
  attempt uuid := gen_random_uuid();
  held uuid := coalesce(mine.id, gen_random_uuid());
  ends timestamptz := now() + ticket_private.time_to_pay();
begin
  if mine.id is not null then
    perform ticket_private.require_still_open(event);
    update ticket_service.tickets t
    set price_paid = terms.price, currency = terms.currency, refund_fee = terms.refund_fee, refund_deadline = terms.refund_deadline,
      event_start_time = terms.start_time, held_until = ends + ticket_private.time_after_payment()
    where t.id = mine.id;
  end if;
  -- The ticket last: triggers fire in the order in which rows are written, and the seat's is waited for.
  with ticket as (
    insert into ticket_service.tickets (id, user_id, event_id, price_paid, currency, status, held_until, refund_fee, refund_deadline, event_start_time)
    select held, person, event, terms.price, terms.currency, 'pending', ends + ticket_private.time_after_payment(), terms.refund_fee, terms.refund_deadline, terms.start_time
    where mine.id is null),
  payment as (
    insert into ticket_service.ticket_transactions (id, ticket_id, amount, currency, payment_method)
    values (attempt, held, terms.price, terms.currency, provider))
  insert into ticket_private.attempts (id, ticket_id, provider, amount, currency, title, return_url, idempotency_key, expires_at, check_at,
    refund_fee, refund_deadline, event_start_time)
  values (attempt, held, hold_seat.provider, terms.price, terms.currency, terms.title, hold_seat.return_url, hold_seat.idempotency_key,
    ends, ends + interval '1 minute', terms.refund_fee, terms.refund_deadline, terms.start_time);
  perform ticket_private.require_open(event);
  return jsonb_build_object('next', 'pay', 'attempt', ticket_private.attempt_to_send(attempt));
end $$;
revoke execute on function ticket_private.hold_seat(uuid, text, uuid, ticket_service.tickets, ticket_private.ticket_terms, text, text) from public;

create or replace function ticket_private.check_out(person uuid, idempotency_key text, event uuid, payment_method text, return_url text)
returns jsonb language plpgsql volatile set search_path = '' as $$
declare
  terms ticket_private.ticket_terms := ticket_private.terms_of(event);
  mine ticket_service.tickets;
  resumed jsonb;
  expired int := 0;
begin
  if not ticket_private.sees_event(person, event) then
    perform ticket_private.refuse('event_not_found', 'There is no such event.', 404);
  end if;
  perform ticket_private.require_open(event);
  if terms.price > 0 and payment_method is null then
    perform ticket_private.refuse('payment_method_required', 'Say how this ticket is to be paid: give a payment_method.');
  end if;
  perform ticket_private.lock_tickets(person, event, null);
  select * into mine from ticket_service.tickets t where t.user_id = person and t.event_id = event and t.status in ('pending', 'active');
  -- Nobody offers them a seat meanwhile, for which they would wait here while this waits there.
  delete from ticket_service.waitlist_entries w where w.event_id = check_out.event and w.user_id = person;
  if mine.status = 'active' then
    perform ticket_private.refuse('already_has_ticket', 'You already have a ticket to this event.', 409);
  elsif mine.held_until <= now() then
    update ticket_service.tickets t set status = 'expired' where t.id = mine.id;
    expired := 1;
    mine := null;
  elsif mine.id is not null then
    resumed := ticket_private.resume_checkout(person, idempotency_key, mine, payment_method, terms.price, terms.currency);
  end if;
  if mine.id is null and terms.price > 0 then
    perform ticket_private.require_holds_left(person, event);
  end if;
  if mine.id is null and ticket_private.is_full(event) and ticket_private.expire_holds(500, event) + expired > 0 and ticket_private.is_full(event) then
    -- An answer and no refusal, which would take back that the seats were offered to those who wait.
    resumed := ticket_private.keep_answer(person, 'ticket-checkout', idempotency_key, 409,
      jsonb_build_object('error', jsonb_build_object('code', 'sold_out', 'message', 'There are no seats left.')));
  end if;
  if resumed is not null then
    return resumed;
  elsif terms.price = 0 then
    return ticket_private.take_free_ticket(person, idempotency_key, event, mine, terms);
  end if;
  return ticket_private.hold_seat(person, idempotency_key, event, mine, terms, payment_method, return_url);
end $$;
revoke execute on function ticket_private.check_out(uuid, text, uuid, text, text) from public;

-- Definer: clients write neither waiting list nor seats. Under the lock of the seats: none is freed meanwhile unseen.
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
  if exists (select from ticket_service.tickets t where t.user_id = asker and t.event_id = join_waitlist.event_id and t.status in ('pending', 'active')) then
    perform ticket_private.refuse('already_has_ticket', 'You already have a ticket to this event.', 409);
  end if;
  perform ticket_private.require_holds_left(asker, join_waitlist.event_id);
  -- One's own entry before the seats, as one's checkout takes them.
  perform from ticket_service.waitlist_entries w where w.event_id = join_waitlist.event_id and w.user_id = asker for update;
  perform ticket_private.expire_holds(500, join_waitlist.event_id);
  perform from ticket_private.event_seats s where s.event_id = join_waitlist.event_id for update;
  if exists (select from ticket_service.tickets t where t.user_id = asker and t.event_id = join_waitlist.event_id and t.status in ('pending', 'active')) then
    -- They waited already, and have just been offered a seat.
    return 0;
  end if;
  if exists (select from ticket_private.event_seats s where s.event_id = join_waitlist.event_id and (s.capacity is null or s.held + s.sold < s.capacity)) then
    perform ticket_private.refuse('seats_available', 'There are seats left: buy one.', 409);
  end if;
  insert into ticket_service.waitlist_entries (event_id, user_id) values (join_waitlist.event_id, asker) on conflict do nothing;
  return (
    select count(*) from ticket_service.waitlist_entries w
    join ticket_service.waitlist_entries mine on mine.event_id = w.event_id and mine.user_id = asker
    where w.event_id = join_waitlist.event_id and (w.joined_at, w.id) <= (mine.joined_at, mine.id));
end $$;
revoke execute on function ticket_private.join_waitlist(uuid) from public;
grant execute on function ticket_private.join_waitlist(uuid) to authenticated, service_role;

drop function ticket_private.activate(ticket_service.tickets, numeric);
create or replace function ticket_private.activate(attempt ticket_private.attempts, ticket ticket_service.tickets)
returns ticket_service.payment_outcome language plpgsql volatile set search_path = '' as $$
declare
  refused_by text;
begin
  if ticket.user_id is null then
    return 'buyer_gone'::ticket_service.payment_outcome;
  end if;
  -- Cancelling takes this lock too: what is read of the event under it holds.
  perform from ticket_private.event_seats s where s.event_id = ticket.event_id for update;
  if not exists (select from event_service.events e where e.id = ticket.event_id and e.status in ('upcoming', 'ongoing') and e.ticketing_enabled) then
    return 'event_closed'::ticket_service.payment_outcome;
  end if;
  if ticket.status <> 'pending' and ticket_private.is_full(ticket.event_id) then
    perform ticket_private.expire_holds(500, ticket.event_id);
  end if;
  begin
    -- An attempt of before it had terms of its own leaves the ticket's.
    update ticket_service.tickets t
    set status = 'active', price_paid = attempt.amount, currency = attempt.currency, refund_fee = coalesce(attempt.refund_fee, t.refund_fee),
      refund_deadline = coalesce(attempt.refund_deadline, t.refund_deadline), event_start_time = coalesce(attempt.event_start_time, t.event_start_time)
    where t.id = ticket.id;
  exception
    when unique_violation then
      get stacked diagnostics refused_by = constraint_name;
      if refused_by = 'one_live_ticket_each' then
        return 'already_has_ticket'::ticket_service.payment_outcome;
      end if;
      raise;
    when sqlstate 'PGRST' then
      -- Whatever refuses the ticket, the money is here, and goes back.
      if sqlerrm::jsonb ->> 'code' = 'sold_out' then
        return 'sold_out'::ticket_service.payment_outcome;
      end if;
      raise warning 'A payment for ticket % goes back: %', ticket.id, sqlerrm;
      return 'event_closed'::ticket_service.payment_outcome;
  end;
  return 'activated'::ticket_service.payment_outcome;
end $$;
comment on function ticket_private.activate(ticket_private.attempts, ticket_service.tickets) is
  'Gives a payment its ticket, on the terms of its attempt. One whose hold took its end takes a seat again, if one is free and its buyer has no other.';
revoke execute on function ticket_private.activate(ticket_private.attempts, ticket_service.tickets) from public;

create or replace function ticket_private.decide_payments(attempt ticket_private.attempts)
returns void language plpgsql volatile set search_path = '' as $$
declare
  ticket ticket_service.tickets;
  payment ticket_private.payment_balances;
  verdict ticket_service.payment_outcome;
begin
  for payment in
    select b.* from ticket_private.payment_balances b join ticket_private.payments p on p.provider = b.provider and p.provider_id = b.provider_id
    where b.attempt_id = attempt.id and b.transaction_id is not null order by b.outcome nulls last, p.first_told_at, b.provider_id
  loop
    select * into ticket from ticket_service.tickets t where t.id = attempt.ticket_id;
    verdict := coalesce(ticket_private.way_back_of(payment), payment.outcome);
    if verdict is null then
      verdict := case
        when (payment.amount, payment.currency) <> (attempt.amount, attempt.currency) then 'set_aside'
        when exists (select from ticket_private.payments p where p.ticket_id = ticket.id and p.outcome = 'activated') and ticket.status in ('active', 'refunded') then 'paid_twice'
        when ticket.status = 'active' then 'already_has_ticket'
        else ticket_private.activate(attempt, ticket)
      end;
    end if;
    if verdict is distinct from payment.outcome then
      update ticket_private.payments p set outcome = verdict where p.provider = payment.provider and p.provider_id = payment.provider_id;
      perform ticket_private.apply_outcome(attempt, ticket, payment, verdict);
    end if;
  end loop;
end $$;
revoke execute on function ticket_private.decide_payments(ticket_private.attempts) from public;

-- Under the ticket's lock.
create or replace function ticket_private.payment_of(ticket uuid)
returns ticket_private.payment_balances language plpgsql volatile set search_path = '' as $$
declare
  payment ticket_private.payment_balances;
begin
  if not exists (select from ticket_private.payments p where p.ticket_id = ticket and p.transaction_id is not null) then
    perform ticket_private.take_in_imported_payments(ticket);
  end if;
  select * into payment from ticket_private.payment_balances b
  where b.ticket_id = ticket and b.transaction_id is not null and b.outcome is distinct from 'set_aside'
  order by b.outcome = 'activated' desc, ticket_private.refundable(b) desc limit 1;
  return payment;
end $$;
comment on function ticket_private.payment_of(uuid) is 'The payment by which a ticket is active, or of which most is left; null for a free one. What is set aside is an operator''s.';
revoke execute on function ticket_private.payment_of(uuid) from public;

-- Definer: it reads and deletes tickets of everyone's. Those that nobody paid for and nobody can any more go with the
-- event, or whoever once looked at its checkout would keep it for ever.
create or replace function event_private.tg_events__keep_ticketed()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  if exists (
    select from ticket_service.tickets t
    where t.event_id = old.id
      and (t.status in ('pending', 'active', 'refunded')
        or exists (select from ticket_service.ticket_transactions x where x.ticket_id = t.id and x.status <> 'failed')
        or exists (select from ticket_private.payments p where p.ticket_id = t.id and p.state >= 'paid')
        -- Somebody may still pay on a page that they opened before it ended.
        or exists (select from ticket_private.attempts a where a.ticket_id = t.id
          and (a.check_at is not null or a.checkout_url is not null and a.started_at > now() - interval '30 days'))))
  then
    perform event_private.refuse('has_sold_tickets', 'Tickets to this event are sold, or somebody may still be paying for one. Cancel it instead of deleting it.', 409);
  end if;
  delete from ticket_private.payments p using ticket_service.tickets t where t.id = p.ticket_id and t.event_id = old.id;
  delete from ticket_private.attempts a using ticket_service.tickets t where t.id = a.ticket_id and t.event_id = old.id;
  delete from ticket_service.ticket_transactions x using ticket_service.tickets t where t.id = x.ticket_id and t.event_id = old.id;
  delete from ticket_service.tickets t where t.event_id = old.id;
  return old;
end $$;
revoke execute on function event_private.tg_events__keep_ticketed() from public;
