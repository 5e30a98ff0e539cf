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
update ticket_private.attempts a set refund_fee = t.refund_fee, refund_deadline = t.refund_deadline, event_start_time = t.event_start_time
from ticket_service.tickets t where t.id = a.ticket_id;

comment on column ticket_private.attempts.refund_fee is 'With refund_deadline and event_start_time what the ticket is sold under by this attempt, whatever a later one says.';


-- Definer: the server's role has no way into this schema.
create or replace function ticket_private.tg_tickets__stamp()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  new.checked_in_at = case when new.is_checked_in then coalesce(new.checked_in_at, now()) end;
  -- Who left holds nothing, and keeps no seat that cost nothing at an event that is not over.
  if tg_op = 'UPDATE' and new.user_id is null and old.user_id is not null
    and (new.status = 'pending' or new.status = 'active' and new.price_paid = 0 and not new.is_checked_in
      and exists (select from event_service.events e where e.id = new.event_id and e.status in ('upcoming', 'ongoing')))
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

create or replace trigger ticket_transactions_refund_within_capture
  after update of amount, currency, status, kind, refund_of, ticket_id on ticket_service.ticket_transactions
  for each row execute function ticket_private.tg_ticket_transactions__refund_within_capture();
-- A payment that is new has no refunds.
create or replace trigger ticket_transactions_refund_within_capture_new
  after insert on ticket_service.ticket_transactions
  for each row when (new.kind = 'refund' or new.refund_of is not null) execute function ticket_private.tg_ticket_transactions__refund_within_capture();

create or replace function ticket_private.currency_decimals(currency text)
returns int language plpgsql immutable parallel safe set search_path = '' as $$
begin
  -- Rupiah have sen on paper only; the other ones have none.
  return case when currency in ('IDR', 'BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'MGA', 'PYG', 'RWF', 'UGX', 'VND', 'VUV', 'XAF', 'XOF', 'XPF')
    then 0 else 2 end;
end $$;
comment on function ticket_private.currency_decimals(text) is 'Decimals in which amounts of this currency are paid.';
revoke execute on function ticket_private.currency_decimals(text) from public;

create or replace function ticket_private.lock_tickets(person uuid, event uuid, ticket uuid)
returns void language plpgsql volatile set search_path = '' as $$
begin
  perform from ticket_service.tickets t
  where t.id in (select ticket union all select o.id from ticket_service.tickets o where o.user_id = person and o.event_id = event)
  order by t.id for no key update;
end $$;
comment on function ticket_private.lock_tickets(uuid, uuid, uuid) is
  'Locks a ticket, or all that this person has or had to this event: a late payment revives one that has ended, while its buyer begins another.';
revoke execute on function ticket_private.lock_tickets(uuid, uuid, uuid) from public;

-- Definer: clients may not write tickets. The caller holds the lock of the event's seats. Each offer is a pending ticket,
-- so it has its seat like any other.
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
  -- A hundred at a time, since everyone else waits for the seats meanwhile; offer_free_seats() goes on.
  for number in 1..100 loop
    exit when not exists (select 1 from ticket_private.event_seats s where s.event_id = event and (s.capacity is null or s.held + s.sold < s.capacity));
    -- Whoever is just leaving holds their profile and will want this entry: they are passed over, not waited for.
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
comment on function ticket_private.offer_seats(uuid) is 'Gives the free seats of an event to those who wait longest, as pending tickets that are theirs for two hours.';
revoke execute on function ticket_private.offer_seats(uuid) from public;

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
    perform ticket_private.refuse('too_many_attempts', 'You have begun to pay for this seat three times. Pay where you began last, give the seat back, or let its time run out.', 429);
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
  -- One statement, since triggers fire in the order in which rows are written, which is the last row's first: so the seat,
  -- for which others wait, is taken last. PostgreSQL does not promise that order, and nothing but speed hangs on it.
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
  freed int := 0;
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
  perform from ticket_service.waitlist_entries w where w.event_id = check_out.event and w.user_id = person for update;
  if mine.status = 'active' then
    perform ticket_private.refuse('already_has_ticket', 'You already have a ticket to this event.', 409);
  elsif mine.held_until <= now() then
    update ticket_service.tickets t set status = 'expired' where t.id = mine.id;
    freed := 1;
    mine := null;
  elsif mine.id is not null then
    resumed := ticket_private.resume_checkout(person, idempotency_key, mine, payment_method, terms.price, terms.currency);
  end if;
  if mine.id is null and terms.price > 0 then
    perform ticket_private.require_holds_left(person, event);
  end if;
  if mine.id is null and ticket_private.is_full(event) then
    -- Seats whose time is over are for those who wait, the caller where they stand in line.
    freed := freed + ticket_private.expire_holds(500, event);
    select * into mine from ticket_service.tickets t where t.user_id = person and t.event_id = event and t.status = 'pending';
    if mine.purchased_at <> now() then
      -- Not offered here: another request of theirs was quicker.
      perform ticket_private.refuse_in_progress();
    elsif mine.id is null and freed > 0 and ticket_private.is_full(event) then
      -- An answer and no refusal, which would take back that they were offered.
      resumed := ticket_private.keep_answer(person, 'ticket-checkout', idempotency_key, 409,
        jsonb_build_object('error', jsonb_build_object('code', 'sold_out', 'message', 'There are no seats left.')));
    end if;
  end if;
  if resumed is not null then
    return resumed;
  end if;
  delete from ticket_service.waitlist_entries w where w.event_id = check_out.event and w.user_id = person;
  if terms.price = 0 then
    return ticket_private.take_free_ticket(person, idempotency_key, event, mine, terms);
  end if;
  return ticket_private.hold_seat(person, idempotency_key, event, mine, terms, payment_method, return_url);
end $$;
revoke execute on function ticket_private.check_out(uuid, text, uuid, text, text) from public;

-- Definer: only this, not the server's role, writes tickets and attempts.
create or replace function ticket_private.begin_checkout(
  person uuid, idempotency_key text, request_hash text, event_id uuid, payment_method text, return_url text)
returns jsonb language plpgsql volatile security definer set search_path = '' as $$
declare
  answered jsonb := ticket_private.claim_key(person, 'ticket-checkout', idempotency_key, request_hash);
  detail text;
begin
  return coalesce(answered, ticket_private.check_out(person, idempotency_key, event_id, payment_method, return_url));
exception
  when sqlstate 'PGRST' then
    get stacked diagnostics detail = pg_exception_detail;
    return ticket_private.keep_refusal(person, 'ticket-checkout', idempotency_key, sqlerrm, detail);
  when unique_violation then
    get stacked diagnostics detail = constraint_name;
    if detail = 'one_live_ticket_each' then
      -- Two requests of one person at the same moment: the other has the seat.
      perform ticket_private.refuse_in_progress();
    end if;
    raise;
  when foreign_key_violation then
    get stacked diagnostics detail = constraint_name;
    if detail not in ('tickets_event_id_fkey', 'tickets_user_id_fkey') then
      raise;
    end if;
    -- The event, or the buyer's account, was deleted a moment ago.
    perform ticket_private.refuse('event_not_found', 'There is no such event.', 404);
    return null;
end $$;
revoke execute on function ticket_private.begin_checkout(uuid, text, text, uuid, text, text) from public;
grant execute on function ticket_private.begin_checkout(uuid, text, text, uuid, text, text) to service_role;

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
    -- Where an attempt has no terms, the ticket's stand.
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

-- Definer: as above.
create or replace function ticket_private.record_refund(
  refund_id uuid, state ticket_private.refund_state, provider_id text, is_manual boolean, problem text,
  person uuid, idempotency_key text)
returns jsonb language plpgsql volatile security definer set search_path = '' as $$
declare
  refund ticket_private.refunds;
begin
  perform ticket_private.lock_key(person, 'ticket-refund', idempotency_key);
  select * into refund from ticket_private.refunds r where r.id = record_refund.refund_id;
  if not found then
    return jsonb_build_object('result', 'unknown');
  end if;
  perform from ticket_service.tickets t where t.id = refund.ticket_id for no key update;
  update ticket_private.refunds r
  set state = greatest(r.state, record_refund.state), provider_id = coalesce(r.provider_id, record_refund.provider_id),
    has_succeeded = r.has_succeeded or record_refund.state = 'succeeded',
    is_manual = r.is_manual or record_refund.is_manual, problem = coalesce(record_refund.problem, r.problem),
    -- Asked again ever more rarely. After some weeks it is listed for operators, and what the provider does not know of is theirs alone.
    send_at = case
      when r.is_manual or record_refund.is_manual or r.closed_at is not null or greatest(r.state, record_refund.state) >= 'succeeded' or r.is_overtaken then null
      when r.sends >= 60 and coalesce(r.provider_id, record_refund.provider_id) is null then null
      else now() + least(interval '1 minute' * power(2, least(r.sends, 10)), interval '12 hours') end
  where r.id = refund.id;
  perform ticket_private.settle_or_record(refund);
  if idempotency_key is not null then
    return ticket_private.keep_answer(person, 'ticket-refund', idempotency_key, 200, ticket_private.refund_answer(refund.ticket_id, refund.id), is_better => true);
  end if;
  return jsonb_build_object('result', 'recorded');
end $$;
revoke execute on function ticket_private.record_refund(uuid, ticket_private.refund_state, text, boolean, text, uuid, text) from public;
grant execute on function ticket_private.record_refund(uuid, ticket_private.refund_state, text, boolean, text, uuid, text) to service_role;

drop index ticket_private.attempts_not_closed;

drop function ticket_service.revoked_tickets(uuid);
drop function ticket_private.revoked_tickets(uuid);
-- Definer: as above. For scanners that are offline: what a genuine code does not tell. One value, which the API does not
-- cut at its highest number of rows.
create or replace function ticket_private.revoked_tickets(event_id uuid)
returns uuid[] language plpgsql stable security definer set search_path = '' as $$
begin
  perform ticket_private.require_gate(revoked_tickets.event_id);
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
comment on function ticket_service.revoked_tickets(uuid) is 'Ids of the tickets of an event that have ended, for the host and staff: an offline scanner turns them away.';
revoke execute on function ticket_service.revoked_tickets(uuid) from public, anon;
grant execute on function ticket_service.revoked_tickets(uuid) to authenticated, service_role;

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

-- Offers that are open are in the money of their event, and free seats of who left are free.
update ticket_service.tickets t set currency = e.currency from event_service.events e
where e.id = t.event_id and t.status = 'pending' and not exists (select from ticket_private.attempts a where a.ticket_id = t.id);
update ticket_service.tickets t set status = 'cancelled'
where t.user_id is null and t.status = 'active' and t.price_paid = 0 and not t.is_checked_in
  and exists (select from event_service.events e where e.id = t.event_id and e.status in ('upcoming', 'ongoing'));
