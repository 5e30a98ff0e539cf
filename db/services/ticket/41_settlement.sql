-- Settlement: derives the ticket, its transactions and the journal from all facts known about an attempt, so that
-- neither the order nor the repetition of notices matters. Called under the lock of the ticket.

create or replace function ticket_private.activate_ticket(attempt ticket_private.attempts, ticket ticket_service.tickets)
returns ticket_service.payment_outcome language plpgsql volatile set search_path = '' as $$
declare
  refused_by text;
begin
  if ticket.user_id is null then
    return 'buyer_gone'::ticket_service.payment_outcome;
  end if;
  -- A cancellation takes the same lock, so the event cannot be cancelled meanwhile.
  perform from ticket_private.event_seats s where s.event_id = ticket.event_id for update;
  if not exists (select from event_service.events e where e.id = ticket.event_id and e.status in ('upcoming', 'ongoing') and e.ticketing_enabled) then
    return 'event_closed'::ticket_service.payment_outcome;
  end if;
  if ticket.status <> 'pending' and ticket_private.is_full(ticket.event_id) then
    perform ticket_private.expire_holds(500, ticket.event_id);
  end if;
  begin
    -- Attempts without terms use those of the ticket.
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
      -- If anything else refuses the ticket, the payment is refunded.
      if sqlerrm::jsonb ->> 'code' = 'sold_out' then
        return 'sold_out'::ticket_service.payment_outcome;
      end if;
      raise warning 'The payment for ticket % is refunded: %', ticket.id, sqlerrm;
      return 'event_closed'::ticket_service.payment_outcome;
  end;
  return 'activated'::ticket_service.payment_outcome;
end $$;
comment on function ticket_private.activate_ticket(ticket_private.attempts, ticket_service.tickets) is
  'Activates the ticket of a payment on the terms of the attempt. If the hold has ended, takes another seat if one is free and the buyer has no other ticket.';
revoke execute on function ticket_private.activate_ticket(ticket_private.attempts, ticket_service.tickets) from public;

-- The first payment of an attempt uses the transaction row of the attempt; further payments get rows of their own.
create or replace function ticket_private.record_payment_transactions(attempt ticket_private.attempts)
returns void language plpgsql volatile set search_path = '' as $$
declare
  payment ticket_private.payments;
  shown uuid;
begin
  for payment in
    select * from ticket_private.payments p where p.attempt_id = attempt.id and p.state >= 'paid' and p.transaction_id is null order by p.first_told_at, p.provider_id
  loop
    if exists (select from ticket_private.payments p where p.transaction_id = attempt.id) then
      insert into ticket_service.ticket_transactions (ticket_id, transaction_id, amount, currency, payment_method, status, completed_at)
      values (attempt.ticket_id, payment.provider_id, payment.amount, payment.currency, attempt.provider, 'success', now()) returning id into shown;
    else
      shown := attempt.id;
      update ticket_service.ticket_transactions x
      set transaction_id = payment.provider_id, amount = payment.amount, currency = payment.currency, status = 'success', completed_at = now()
      where x.id = shown;
    end if;
    update ticket_private.payments p set transaction_id = shown where p.provider = payment.provider and p.provider_id = payment.provider_id;
  end loop;
end $$;
revoke execute on function ticket_private.record_payment_transactions(ticket_private.attempts) from public;

-- Marks the newest refunds first, by all that was returned since they were requested. A refund that may have been sent
-- cannot be changed, so the rest is requested as a new refund.
create or replace function ticket_private.overtake_refunds(payment ticket_private.payment_balances)
returns void language plpgsql volatile set search_path = '' as $$
declare
  elsewhere constant numeric := payment.given_elsewhere + payment.ever_called_back;
  mine ticket_private.refunds;
  newest ticket_private.refunds;
  wanted numeric := (
    select coalesce(sum(r.amount), 0) from ticket_private.refunds r
    where r.provider = payment.provider and r.payment_provider_id = payment.provider_id and r.origin <> 'provider'
      and (r.is_done or r.is_excess or not r.is_overtaken));
  overtaken numeric := 0;
begin
  for mine in
    select * from ticket_private.refunds r
    where r.provider = payment.provider and r.payment_provider_id = payment.provider_id and r.origin <> 'provider'
      and not r.is_done and not r.is_overtaken and not r.is_excess
    order by r.requested_at desc, r.id
  loop
    exit when payment.state <> 'reversed' and wanted <= mine.asked_of - elsewhere;
    update ticket_private.refunds r set is_overtaken = true, send_at = null where r.id = mine.id;
    perform ticket_private.fail_transaction(mine.id);
    newest := case when newest.id is null then mine else newest end;
    wanted := wanted - mine.amount;
    overtaken := overtaken + mine.amount;
  end loop;
  if payment.state <> 'reversed' then
    perform ticket_private.request_refund(payment.provider, payment.provider_id,
      least(overtaken, newest.asked_of - elsewhere - wanted - newest.fee), newest.fee, newest.origin, newest.reason, newest.asked_of);
  end if;
end $$;
comment on function ticket_private.overtake_refunds(ticket_private.payment_balances) is
  'Marks our refunds as overtaken if the payment no longer covers them because the money was returned another way.';
revoke execute on function ticket_private.overtake_refunds(ticket_private.payment_balances) from public;

-- Marks refunds beyond the amount captured. Our refunds count first; those made at the provider become excess.
create or replace function ticket_private.mark_excess_refunds(payment ticket_private.payments)
returns void language plpgsql volatile set search_path = '' as $$
begin
  update ticket_private.refunds r set is_excess = not r.is_excess
  from (
    select o.id, gone.has_gone
        and sum(o.amount) filter (where gone.has_gone) over (order by o.origin = 'provider', coalesce(o.provider_id, o.id::text)) > payment.amount as is_excess
    from ticket_private.refunds o cross join lateral (select o.state = 'succeeded' or o.closed_at is not null as has_gone) gone
    where o.provider = payment.provider and o.payment_provider_id = payment.provider_id) now
  where r.id = now.id and r.is_excess <> now.is_excess;
  -- Failed before other refunds are recorded, because the sum of transactions must not exceed the payment.
  perform ticket_private.fail_transaction(r.id) from ticket_private.refunds r
  where r.provider = payment.provider and r.payment_provider_id = payment.provider_id and (r.is_excess or r.origin = 'provider' and r.state >= 'failed');
end $$;
revoke execute on function ticket_private.mark_excess_refunds(ticket_private.payments) from public;

-- Refunds made at the provider get a transaction row once they have succeeded and their payment has one.
create or replace function ticket_private.record_refund_transactions(attempt ticket_private.attempts)
returns void language plpgsql volatile set search_path = '' as $$
declare
  payment ticket_private.payment_balances;
begin
  if not exists (select from ticket_private.refunds r where r.attempt_id = attempt.id)
  and not exists (select from ticket_private.disputes d where d.attempt_id = attempt.id) then
    return;
  end if;
  perform ticket_private.mark_excess_refunds(p) from ticket_private.payments p where p.attempt_id = attempt.id and p.transaction_id is not null;
  for payment in select * from ticket_private.payment_balances b where b.attempt_id = attempt.id and b.transaction_id is not null order by b.provider_id loop
    perform ticket_private.overtake_refunds(payment);
    insert into ticket_service.ticket_transactions (id, ticket_id, kind, refund_of, transaction_id, amount, currency, payment_method, status)
    select r.id, r.ticket_id, 'refund', payment.transaction_id, r.provider_id, r.amount, r.currency, r.provider,
      case when r.is_excess or r.state >= 'failed' then 'failed' else 'pending' end::ticket_service.transaction_status
    from ticket_private.refunds r
    where r.provider = payment.provider and r.payment_provider_id = payment.provider_id and r.origin = 'provider' and r.has_succeeded
      and not exists (select from ticket_service.ticket_transactions x where x.id = r.id);
  end loop;
end $$;
revoke execute on function ticket_private.record_refund_transactions(ticket_private.attempts) from public;

create or replace function ticket_private.returned_outcome(payment ticket_private.payment_balances)
returns ticket_service.payment_outcome language sql immutable set search_path = '' as $$
  select case
    when payment.given_elsewhere > 0 and payment.amount <= payment.ever_given then 'refunded'
    when payment.state = 'reversed' then 'reversed'
    when payment.ever_called_back > 0 then 'disputed'
  end::ticket_service.payment_outcome
$$;
comment on function ticket_private.returned_outcome(ticket_private.payment_balances) is 'How the money of a payment was returned without our request, or null.';
revoke execute on function ticket_private.returned_outcome(ticket_private.payment_balances) from public;

create or replace function ticket_private.decide_outcomes(attempt ticket_private.attempts)
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
    verdict := coalesce(ticket_private.returned_outcome(payment), payment.outcome);
    payment.has_bought := payment.has_bought or payment.outcome is null and verdict is not null
      and ticket.status <> 'active' and (payment.amount, payment.currency) = (attempt.amount, attempt.currency);
    if verdict is null then
      verdict := case
        when (payment.amount, payment.currency) <> (attempt.amount, attempt.currency) then 'set_aside'
        when exists (select from ticket_private.payments p where p.ticket_id = ticket.id and p.outcome = 'activated') and ticket.status in ('active', 'refunded') then 'paid_twice'
        when ticket.status = 'active' then 'already_has_ticket'
        else ticket_private.activate_ticket(attempt, ticket)
      end;
      payment.has_bought := verdict = 'activated';
    end if;
    if verdict is distinct from payment.outcome then
      update ticket_private.payments p set outcome = verdict, has_bought = payment.has_bought where p.provider = payment.provider and p.provider_id = payment.provider_id;
      perform ticket_private.apply_outcome(attempt, ticket, payment, verdict);
    end if;
  end loop;
end $$;
revoke execute on function ticket_private.decide_outcomes(ticket_private.attempts) from public;

create or replace function ticket_private.apply_outcome(
  attempt ticket_private.attempts, ticket ticket_service.tickets, payment ticket_private.payment_balances, verdict ticket_service.payment_outcome)
returns void language plpgsql volatile set search_path = '' as $$
begin
  if payment.has_bought then
    update ticket_private.attempts a set state = 'ending', check_at = now()
    where a.ticket_id = ticket.id and a.id <> attempt.id and a.state in ('creating', 'open');
  end if;
  case verdict
    when 'activated' then
      null;
    when 'set_aside', 'refunded', 'reversed', 'disputed' then
      -- The ticket ends with the payment that bought it, unless another payment activated it. A payment that did not
      -- buy it ends only a hold without another open attempt.
      update ticket_service.tickets t
      set status = case when not payment.has_bought then 'expired' when verdict = 'refunded' then 'refunded' else 'cancelled' end::ticket_service.ticket_status
      where t.id = ticket.id
        and case when payment.has_bought then t.status <> 'refunded' and (verdict = 'refunded' or t.status <> 'cancelled') else t.status = 'pending'
            and not exists (select from ticket_private.attempts a where a.ticket_id = ticket.id and a.id <> attempt.id and a.state in ('creating', 'open')) end
        and not exists (select from ticket_private.payments p where p.ticket_id = ticket.id and p.outcome = 'activated'
          and (p.provider, p.provider_id) <> (payment.provider, payment.provider_id));
    else
      update ticket_service.tickets t set status = 'cancelled' where t.id = ticket.id and t.status = 'pending';
      perform ticket_private.request_refund(payment.provider, payment.provider_id, ticket_private.refundable(payment), 0, 'payment', null);
  end case;
end $$;
comment on function ticket_private.apply_outcome(ticket_private.attempts, ticket_service.tickets, ticket_private.payment_balances, ticket_service.payment_outcome) is
  'Applies the outcome of a payment: ends tickets and other attempts, and refunds payments that bought nothing.';
revoke execute on function ticket_private.apply_outcome(ticket_private.attempts, ticket_service.tickets, ticket_private.payment_balances, ticket_service.payment_outcome) from public;

-- Refunds that are owed stay pending, even if the provider failed to make them.
create or replace function ticket_private.update_transaction_states(attempt uuid)
returns void language plpgsql volatile set search_path = '' as $$
begin
  update ticket_service.ticket_transactions x
  set status = shown_now.status, completed_at = case when shown_now.status <> 'pending' then coalesce(x.completed_at, now()) end,
    transaction_id = coalesce(x.transaction_id, shown_now.provider_id), outcome = shown_now.outcome
  from (
    select b.transaction_id as id, b.provider_id, b.outcome,
      case when b.state = 'reversed' or b.amount > 0 and b.amount <= b.gone then 'refunded' else 'success' end::ticket_service.transaction_status as status
    from ticket_private.payment_balances b where b.attempt_id = update_transaction_states.attempt and b.transaction_id is not null
    union all
    select r.id, r.provider_id, null,
      case when r.is_done then 'success'
        when r.is_overtaken or r.is_excess or r.state >= 'failed' and r.origin = 'provider' then 'failed'
        else 'pending' end::ticket_service.transaction_status
    from ticket_private.refunds r where r.attempt_id = update_transaction_states.attempt) shown_now
  where x.id = shown_now.id
    and ((x.status, x.outcome) is distinct from (shown_now.status, shown_now.outcome) or x.transaction_id is null and shown_now.provider_id is not null);
end $$;
revoke execute on function ticket_private.update_transaction_states(uuid) from public;

create or replace function ticket_private.close_attempt(attempt ticket_private.attempts)
returns void language plpgsql volatile set search_path = '' as $$
begin
  if exists (select from ticket_private.payments p where p.attempt_id = attempt.id and p.state >= 'paid') then
    update ticket_private.attempts a set state = 'closed', check_at = null where a.id = attempt.id and (a.state <> 'closed' or a.check_at is not null);
  elsif exists (select from ticket_private.payments p where p.attempt_id = attempt.id and p.state in ('expired', 'failed')) then
    perform ticket_private.fail_transaction(attempt.id);
    if attempt.state in ('creating', 'open') then
      update ticket_service.tickets t set status = 'expired' where t.id = attempt.ticket_id and t.status = 'pending';
    end if;
    -- Checked again, because the buyer may have paid before the page expired, or a payment may be pending.
    update ticket_private.attempts a
    set state = 'closed', check_at = case
      when now() < a.expires_at then a.expires_at + interval '1 minute'
      when exists (select from ticket_private.payments p where p.attempt_id = a.id and p.state = 'pending') then a.check_at end
    where a.id = attempt.id;
  end if;
end $$;
revoke execute on function ticket_private.close_attempt(ticket_private.attempts) from public;

-- Requires the ticket to be locked.
create or replace function ticket_private.settle_attempt(attempt ticket_private.attempts)
returns void language plpgsql volatile set search_path = '' as $$
begin
  perform ticket_private.record_payment_transactions(attempt);
  perform ticket_private.record_refund_transactions(attempt);
  perform ticket_private.decide_outcomes(attempt);
  perform ticket_private.update_transaction_states(attempt.id);
  perform ticket_private.close_attempt(attempt);
  perform ticket_private.record_journal(attempt.ticket_id);
end $$;
comment on function ticket_private.settle_attempt(ticket_private.attempts) is
  'Brings ticket, transactions and journal in line with all facts known about an attempt.';
revoke execute on function ticket_private.settle_attempt(ticket_private.attempts) from public;
