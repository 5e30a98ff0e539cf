-- Refunds requested by buyers and hosts, and what the provider reports about them. Uses payments and settlement.

create or replace function ticket_private.request_refund(
  provider text, payment_id text, amount numeric, fee numeric, origin ticket_private.refund_origin, reason text, asked_of numeric default null)
returns uuid language plpgsql volatile set search_path = '' as $$
declare
  refund uuid := gen_random_uuid();
  is_manual boolean := provider = 'imported';
begin
  if coalesce(amount, 0) <= 0 then
    return null;
  end if;
  with payment as (
    select * from ticket_private.payment_balances b where b.provider = request_refund.provider and b.provider_id = payment_id),
  shown as (
    insert into ticket_service.ticket_transactions (id, ticket_id, kind, refund_of, amount, currency, payment_method)
    select refund, p.ticket_id, 'refund', p.transaction_id, request_refund.amount, p.currency, p.provider from payment p)
  insert into ticket_private.refunds (id, ticket_id, attempt_id, provider, payment_provider_id, amount, currency, fee, origin, reason, send_at, is_manual, asked_of)
  select refund, p.ticket_id, p.attempt_id, p.provider, p.provider_id, request_refund.amount, p.currency, request_refund.fee,
    request_refund.origin, request_refund.reason, case when not is_manual then now() end, is_manual,
    coalesce(request_refund.asked_of, p.amount - p.called_back - p.standing_elsewhere + p.ever_called_back + p.given_elsewhere)
  from payment p;
  return refund;
end $$;
comment on function ticket_private.request_refund(text, text, numeric, numeric, ticket_private.refund_origin, text, numeric) is
  'Requests a refund of a payment, in major units. Returns null for an amount of 0. The trigger ticket_transactions_refund_within_capture refuses more than is left.';
revoke execute on function ticket_private.request_refund(text, text, numeric, numeric, ticket_private.refund_origin, text, numeric) from public;


create or replace function ticket_private.refund_to_send(refund uuid)
returns jsonb language sql stable set search_path = '' as $$
  select jsonb_build_object('id', r.id, 'attempt_id', r.attempt_id, 'provider', r.provider, 'payment_id', r.payment_provider_id,
    'provider_id', r.provider_id, 'amount', r.amount, 'currency', r.currency, 'paid', p.amount, 'sent_at', r.sent_at)
  from ticket_private.refunds r
  left join ticket_private.payments p on p.provider = r.provider and p.provider_id = r.payment_provider_id
  where r.id = refund
$$;
comment on function ticket_private.refund_to_send(uuid) is 'A refund as edge functions pass it to a provider. sent_at is when it was first sent.';
revoke execute on function ticket_private.refund_to_send(uuid) from public;

create or replace function ticket_private.refund_answer(ticket uuid, refund uuid)
returns jsonb language sql stable set search_path = '' as $$
  select jsonb_build_object(
    'ticket', jsonb_build_object('id', t.id, 'event_id', t.event_id, 'status', t.status),
    'refund', (select jsonb_build_object('id', r.id, 'amount', r.amount, 'currency', r.currency, 'fee', r.fee,
        'status', x.status, 'is_manual', x.status = 'pending' and (r.is_manual or r.state >= 'failed'))
      from ticket_private.refunds r join ticket_service.ticket_transactions x on x.id = r.id where r.id = refund))
  from ticket_service.tickets t where t.id = ticket
$$;
revoke execute on function ticket_private.refund_answer(uuid, uuid) from public;

-- Records imported payments and refunds as if a provider had reported them.
create or replace function ticket_private.import_payments(ticket uuid)
returns void language plpgsql volatile set search_path = '' as $$
begin
  insert into ticket_private.payments (provider, provider_id, attempt_id, ticket_id, transaction_id, state, amount, currency, method, outcome, has_bought)
  select 'imported', x.id, x.id, x.ticket_id, x.id, 'paid', x.amount, x.currency, x.payment_method, 'activated', true
  from ticket_service.ticket_transactions x
  where x.ticket_id = ticket and x.kind = 'payment' and x.status in ('success', 'refunded') and x.amount > 0;
  insert into ticket_private.refunds (id, ticket_id, attempt_id, provider, payment_provider_id, provider_id, amount, currency, origin, state, has_succeeded, is_manual)
  select x.id, x.ticket_id, x.refund_of, 'imported', x.refund_of, x.id, x.amount, x.currency, 'operator',
    case x.status when 'success' then 'succeeded' else 'requested' end::ticket_private.refund_state, x.status = 'success', true
  from ticket_service.ticket_transactions x
  where x.ticket_id = ticket and x.kind = 'refund' and x.amount > 0 and x.status <> 'failed';
  perform ticket_private.record_journal(ticket);
end $$;
revoke execute on function ticket_private.import_payments(uuid) from public;

-- Requires the ticket to be locked.
create or replace function ticket_private.find_payment(ticket uuid)
returns ticket_private.payment_balances language plpgsql volatile set search_path = '' as $$
declare
  payment ticket_private.payment_balances;
begin
  if not exists (select from ticket_private.payments p where p.ticket_id = ticket and p.transaction_id is not null) then
    perform ticket_private.import_payments(ticket);
  end if;
  select * into payment from ticket_private.payment_balances b
  where b.ticket_id = ticket and b.transaction_id is not null and b.outcome is distinct from 'set_aside'
  order by b.outcome = 'activated' desc, ticket_private.refundable(b) desc limit 1;
  return payment;
end $$;
comment on function ticket_private.find_payment(uuid) is 'The payment that activated a ticket, otherwise the one with the largest refundable amount. Null for a free ticket. Excludes set_aside payments, which are left to operators.';
revoke execute on function ticket_private.find_payment(uuid) from public;

-- Requires the ticket to be locked.
create or replace function ticket_private.end_ticket(
  ticket uuid, payment ticket_private.payment_balances, fee numeric, origin ticket_private.refund_origin, reason text)
returns uuid language plpgsql volatile set search_path = '' as $$
declare
  available numeric := coalesce(ticket_private.refundable(payment), 0);
  kept numeric := least(available, fee);
begin
  update ticket_service.tickets t
  set status = case when payment.provider_id is null then 'cancelled' else 'refunded' end::ticket_service.ticket_status, refund_fee = fee
  where t.id = ticket;
  -- An imported ticket may have been paid in several parts.
  perform ticket_private.request_refund(b.provider, b.provider_id, ticket_private.refundable(b), 0, origin, reason)
  from ticket_private.payment_balances b where b.ticket_id = ticket and b.provider = 'imported' and b.provider_id <> payment.provider_id;
  return ticket_private.request_refund(payment.provider, payment.provider_id, available - kept, kept, origin, reason);
end $$;
comment on function ticket_private.end_ticket(uuid, ticket_private.payment_balances, numeric, ticket_private.refund_origin, text) is
  'Ends a ticket, which frees its seat, and requests a refund of what is left of its payment, less a fee. Returns the refund, or null if there is nothing to refund.';
revoke execute on function ticket_private.end_ticket(uuid, ticket_private.payment_balances, numeric, ticket_private.refund_origin, text) from public;

create or replace function ticket_private.require_refundable(ticket ticket_service.tickets, event_start timestamptz, is_cancelled boolean)
returns void language plpgsql stable set search_path = '' as $$
declare
  is_moved boolean := event_start <> ticket.event_start_time;
  -- After a change of the start, full refunds are possible until the later of both times, unless the event has started.
  closes timestamptz := case when is_moved then greatest(event_start, ticket.event_start_time)
    else least(event_start, coalesce(ticket.refund_deadline, event_start)) end;
begin
  if ticket.is_checked_in and not is_cancelled then
    perform ticket_private.refuse('ticket_used', 'This ticket has been checked in. Ask the host for a refund.', 409);
  elsif ticket.status = 'active' and not is_cancelled and (now() > closes or now() >= event_start and is_moved is not true) then
    perform ticket_private.refuse('refund_deadline_passed', 'The deadline for a refund of this ticket has passed. Ask the host.', 409);
  end if;
end $$;
comment on function ticket_private.require_refundable(ticket_service.tickets, timestamptz, boolean) is 'Refuses a refund to the buyer of a used ticket, or after the deadline.';
revoke execute on function ticket_private.require_refundable(ticket_service.tickets, timestamptz, boolean) from public;

create or replace function ticket_private.release_hold(person uuid, idempotency_key text, ticket uuid)
returns jsonb language plpgsql volatile set search_path = '' as $$
declare
  attempt ticket_private.attempts;
begin
  select * into attempt from ticket_private.attempts a
  where a.ticket_id = ticket and a.state in ('creating', 'open', 'ending') and a.check_at is not null
  order by a.state = 'creating', a.state limit 1;
  if attempt.state in ('open', 'ending') then
    -- The provider must expire the attempt before the seat is freed.
    return ticket_private.request_expiry(person, 'ticket-refund', idempotency_key, attempt.id);
  elsif attempt.id is not null then
    perform ticket_private.drop_attempt(attempt.id);
  end if;
  update ticket_service.tickets t set status = 'cancelled' where t.id = ticket;
  return ticket_private.store_answer(person, 'ticket-refund', idempotency_key, 200, ticket_private.refund_answer(ticket, null));
end $$;
revoke execute on function ticket_private.release_hold(uuid, text, uuid) from public;

create or replace function ticket_private.require_amount(amount numeric, payment ticket_private.payment_balances, currency text)
returns void language plpgsql stable set search_path = '' as $$
begin
  if amount <= 0 or amount <> round(amount, greatest(ticket_private.currency_decimals(coalesce(payment.currency, currency)), scale(trim_scale(payment.amount)))) then
    perform ticket_private.refuse('invalid_amount', 'An amount must be more than 0, and have no more decimals than its currency or the payment.');
  elsif amount > coalesce(ticket_private.refundable(payment), 0) then
    perform ticket_private.refuse('refund_exceeds_payment', 'Refunds cannot exceed the payment.', 409);
  end if;
end $$;
comment on function ticket_private.require_amount(numeric, ticket_private.payment_balances, text) is 'Refuses an amount of 0 or less, with too many decimals, or above what is left of the payment.';
revoke execute on function ticket_private.require_amount(numeric, ticket_private.payment_balances, text) from public;

-- Locks the ticket first, so that the later of two concurrent requests sees the earlier one.
create or replace function ticket_private.refund_ticket(person uuid, idempotency_key text, ticket_id uuid, amount numeric, reason text)
returns jsonb language plpgsql volatile set search_path = '' as $$
declare
  ticket ticket_service.tickets;
  event record;
  is_host boolean;
  payment ticket_private.payment_balances;
  refund uuid;
  next jsonb;
  kept jsonb;
begin
  perform ticket_private.lock_tickets(t.user_id, t.event_id, t.id) from ticket_service.tickets t where t.id = refund_ticket.ticket_id;
  select * into ticket from ticket_service.tickets t where t.id = refund_ticket.ticket_id;
  select e.host_id, e.start_time, e.status = 'cancelled' as is_cancelled into event from event_service.events e where e.id = ticket.event_id;
  is_host := event.host_id is not distinct from person and person is not null;
  if ticket.id is null or not (is_host or ticket.user_id is not distinct from person) then
    perform ticket_private.refuse('ticket_not_found', 'There is no such ticket.', 404);
  elsif not is_host and amount is not null then
    perform ticket_private.refuse('amount_is_for_hosts', 'Only the host can choose an amount. A refund that you request is for the full price, less the fee.', 403);
  elsif not is_host then
    perform ticket_private.require_refundable(ticket, event.start_time, event.is_cancelled);
  end if;
  if amount is null and ticket.status not in ('pending', 'active') then
    perform ticket_private.refuse('ticket_ended', 'This ticket is no longer valid.', 409);
  elsif amount is null and ticket.status = 'pending' and ticket.user_id is distinct from person then
    perform ticket_private.refuse('ticket_not_paid', 'This ticket is not paid for yet. Its hold ends automatically.', 409);
  elsif amount is null and ticket.status = 'pending' then
    return ticket_private.release_hold(person, idempotency_key, ticket.id);
  end if;

  payment := ticket_private.find_payment(ticket.id);
  if amount is not null then
    perform ticket_private.require_amount(amount, payment, ticket.currency);
    refund := ticket_private.request_refund(payment.provider, payment.provider_id, amount, 0, 'host', reason);
  else
    refund := ticket_private.end_ticket(ticket.id, payment,
      case when is_host or event.is_cancelled or event.start_time <> ticket.event_start_time then 0 else ticket.refund_fee end,
      case when is_host then 'host' else 'buyer' end::ticket_private.refund_origin, reason);
  end if;
  update ticket_private.refunds r set state = 'sent', sent_at = now(), send_at = now() + interval '2 minutes', sends = 1
  where r.id = refund and not r.is_manual returning jsonb_build_object('next', 'refund', 'refund', ticket_private.refund_to_send(r.id)) into next;
  -- Stored now, so that a repetition after a crash returns this refund. Maintenance sends it.
  kept := ticket_private.store_answer(person, 'ticket-refund', idempotency_key, 200, ticket_private.refund_answer(ticket.id, refund));
  return coalesce(next, kept);
end $$;
revoke execute on function ticket_private.refund_ticket(uuid, text, uuid, numeric, text) from public;

-- Definer: service_role may not write tickets and refunds directly.
create or replace function ticket_private.begin_refund(
  person uuid, idempotency_key text, request_hash text, ticket_id uuid, amount numeric, reason text)
returns jsonb language plpgsql volatile security definer set search_path = '' as $$
declare
  answered jsonb := ticket_private.claim_key(person, 'ticket-refund', idempotency_key, request_hash);
  detail text;
begin
  return coalesce(answered, ticket_private.refund_ticket(person, idempotency_key, ticket_id, amount, reason));
exception when sqlstate 'PGRST' then
  get stacked diagnostics detail = pg_exception_detail;
  return ticket_private.store_refusal(person, 'ticket-refund', idempotency_key, sqlerrm, detail);
end $$;
revoke execute on function ticket_private.begin_refund(uuid, text, text, uuid, numeric, text) from public;
grant execute on function ticket_private.begin_refund(uuid, text, text, uuid, numeric, text) to service_role;

-- An imported payment has no attempt to settle.
create or replace function ticket_private.settle_refund(refund ticket_private.refunds)
returns void language plpgsql volatile set search_path = '' as $$
declare
  attempt ticket_private.attempts;
begin
  select * into attempt from ticket_private.attempts a where a.id = refund.attempt_id;
  if found then
    perform ticket_private.settle_attempt(attempt);
  else
    perform ticket_private.update_transaction_states(refund.attempt_id);
    perform ticket_private.record_journal(refund.ticket_id);
  end if;
end $$;
revoke execute on function ticket_private.settle_refund(ticket_private.refunds) from public;

-- Definer: service_role may not write refunds directly.
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
    is_overtaken = r.is_overtaken and not (r.state = 'succeeded' and record_refund.state >= 'failed'),
    is_manual = r.is_manual or record_refund.is_manual, problem = coalesce(record_refund.problem, r.problem),
    -- Retried with increasing delays. After 60 times operators take over.
    send_at = case
      when r.is_manual or record_refund.is_manual or r.closed_at is not null or greatest(r.state, record_refund.state) >= 'succeeded' or r.is_overtaken then null
      when r.sends >= 60 and coalesce(r.provider_id, record_refund.provider_id) is null then null
      else now() + least(interval '1 minute' * power(2, least(r.sends, 10)), interval '12 hours') end
  where r.id = refund.id;
  perform ticket_private.settle_refund(refund);
  if idempotency_key is not null then
    return ticket_private.store_answer(person, 'ticket-refund', idempotency_key, 200, ticket_private.refund_answer(refund.ticket_id, refund.id), is_better => true);
  end if;
  return jsonb_build_object('result', 'recorded');
end $$;
revoke execute on function ticket_private.record_refund(uuid, ticket_private.refund_state, text, boolean, text, uuid, text) from public;
grant execute on function ticket_private.record_refund(uuid, ticket_private.refund_state, text, boolean, text, uuid, text) to service_role;
create or replace function ticket_service.begin_refund(
  person uuid, idempotency_key text, request_hash text, ticket_id uuid, amount numeric default null, reason text default null)
returns jsonb language sql volatile security invoker set search_path = ''
begin atomic
  select ticket_private.begin_refund(person, idempotency_key, request_hash, ticket_id, amount, reason);
end;
create or replace function ticket_service.record_refund(
  refund_id uuid, state text, provider_id text default null, is_manual boolean default false, problem text default null, person uuid default null, idempotency_key text default null)
returns jsonb language sql volatile security invoker set search_path = ''
begin atomic
  select ticket_private.record_refund(refund_id, state::ticket_private.refund_state, provider_id, is_manual, problem, person, idempotency_key);
end;
comment on function ticket_service.begin_refund(uuid, text, text, uuid, numeric, text) is
  'For service_role: ends a ticket and requests its refund, or, with an amount in major units, requests a refund and keeps the ticket. Returns {next: answer, …}, {next: refund, refund} or {next: expire, attempt}.';
comment on function ticket_service.record_refund(uuid, text, text, boolean, text, uuid, text) is
  'For service_role: records the state of a refund at its provider (sent, requires_action, succeeded, failed or cancelled). Updates the stored answer of a request if one is given.';
revoke execute on function
  ticket_service.begin_refund(uuid, text, text, uuid, numeric, text),
  ticket_service.record_refund(uuid, text, text, boolean, text, uuid, text) from public, anon, authenticated;
grant execute on function
  ticket_service.begin_refund(uuid, text, text, uuid, numeric, text),
  ticket_service.record_refund(uuid, text, text, boolean, text, uuid, text) to service_role;
