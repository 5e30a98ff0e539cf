-- Checkout: holds a seat and creates an attempt for the payment provider. Uses idempotency_keys, holds and event_seats.
-- The edge function ticket-checkout calls begin_checkout, then the provider, then finish_checkout or fail_checkout.
-- PL/pgSQL for its cached plans, because many buyers compete for the seats of one event.

create or replace function ticket_private.checkout_answer(attempt uuid)
returns jsonb language sql stable set search_path = '' as $$
  select jsonb_build_object('ticket', to_jsonb(t), 'transaction', to_jsonb(x), 'checkout_url', a.checkout_url, 'expires_at', a.expires_at)
  from ticket_private.attempts a
  join ticket_service.tickets t on t.id = a.ticket_id
  join ticket_service.ticket_transactions x on x.id = a.id
  where a.id = attempt
$$;
revoke execute on function ticket_private.checkout_answer(uuid) from public;

create or replace function ticket_private.attempt_to_send(attempt uuid)
returns jsonb language plpgsql stable set search_path = '' as $$
begin
  return (select to_jsonb(a) - 'check_at' - 'checks' from ticket_private.attempts a where a.id = attempt);
end $$;
comment on function ticket_private.attempt_to_send(uuid) is 'An attempt as edge functions pass it to a provider.';
revoke execute on function ticket_private.attempt_to_send(uuid) from public;

create or replace function ticket_private.request_expiry(person uuid, function text, idempotency_key text, attempt uuid)
returns jsonb language plpgsql volatile set search_path = '' as $$
begin
  update ticket_private.attempts a set state = 'ending', check_at = now() where a.id = attempt;
  update ticket_private.idempotency_keys k set locked_until = now()
  where k.user_id = person and k.function = request_expiry.function and k.key = idempotency_key;
  return jsonb_build_object('next', 'expire', 'attempt', ticket_private.attempt_to_send(attempt));
end $$;
comment on function ticket_private.request_expiry(uuid, text, text, uuid) is
  'Tells the edge function to expire this attempt at its provider and then repeat the request. Releases the idempotency key for that.';
revoke execute on function ticket_private.request_expiry(uuid, text, text, uuid) from public;

-- A hold has one payable attempt: it must be expired at the provider before another is created.
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
    -- A repeated request, for example from another tab.
    return ticket_private.store_answer(person, 'ticket-checkout', idempotency_key, 200, ticket_private.checkout_answer(attempt.id));
  elsif price > 0 and (select count(*) from ticket_private.attempts a where a.ticket_id = mine.id and a.checkout_url is not null) >= 3 then
    -- Refuses before it expires the last attempt, which the buyer can still pay.
    perform ticket_private.refuse('too_many_attempts', 'You have started three payments for this seat. Complete the last one, release the seat, or wait until the hold ends.', 429);
  elsif attempt.id is null then
    return null;
  elsif attempt.state <> 'creating' then
    return ticket_private.request_expiry(person, 'ticket-checkout', idempotency_key, attempt.id);
  elsif attempt.idempotency_key <> resume_checkout.idempotency_key and attempt.started_at > now() - interval '1 minute' then
    perform ticket_private.refuse_in_progress();
  end if;
  -- A provider may accept an order number only once, so the next attempt has another id.
  perform ticket_private.drop_attempt(attempt.id);
  return null;
end $$;
comment on function ticket_private.resume_checkout(uuid, text, ticket_service.tickets, text, numeric, text) is
  'Handles a hold that already has an attempt. Returns the answer or next step, or null if a new attempt can be created.';
revoke execute on function ticket_private.resume_checkout(uuid, text, ticket_service.tickets, text, numeric, text) from public;

create or replace function ticket_private.issue_free_ticket(person uuid, idempotency_key text, event uuid, mine ticket_service.tickets, terms ticket_private.ticket_terms)
returns jsonb language plpgsql volatile set search_path = '' as $$
begin
  if mine.id is null then
    insert into ticket_service.tickets (user_id, event_id, price_paid, currency, status, event_start_time)
    values (person, event, 0, terms.currency, 'active', terms.start_time) returning * into mine;
    perform ticket_private.require_open(event);
  else
    perform ticket_private.require_still_open(event);
    update ticket_service.tickets t
    set status = 'active', price_paid = 0, currency = terms.currency, refund_fee = 0, refund_deadline = null, event_start_time = terms.start_time
    where t.id = mine.id returning * into mine;
  end if;
  return ticket_private.store_answer(person, 'ticket-checkout', idempotency_key, 200,
    jsonb_build_object('ticket', to_jsonb(mine), 'transaction', null, 'checkout_url', null, 'expires_at', null));
end $$;
revoke execute on function ticket_private.issue_free_ticket(uuid, text, uuid, ticket_service.tickets, ticket_private.ticket_terms) from public;

-- Locks event_seats last, because all buyers of the event compete for it.
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
  -- One statement, so that the ticket's trigger, which locks the seat, fires last. An optimization only: PostgreSQL
  -- does not guarantee the order.
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

create or replace function ticket_private.start_checkout(person uuid, idempotency_key text, event uuid, payment_method text, return_url text)
returns jsonb language plpgsql volatile set search_path = '' as $$
declare
  terms ticket_private.ticket_terms := ticket_private.get_terms(event);
  mine ticket_service.tickets;
  resumed jsonb;
  freed int := 0;
begin
  if not ticket_private.sees_event(person, event) then
    perform ticket_private.refuse('event_not_found', 'There is no such event.', 404);
  end if;
  perform ticket_private.require_open(event);
  if terms.price > 0 and payment_method is null then
    perform ticket_private.refuse('payment_method_required', 'This ticket is not free. Give a payment_method.');
  end if;
  perform ticket_private.lock_tickets(person, event, null);
  select * into mine from ticket_service.tickets t where t.user_id = person and t.event_id = event and t.status in ('pending', 'active');
  -- Locked before the seats, so that a concurrent offer_seats() skips the entry.
  perform from ticket_service.waitlist_entries w where w.event_id = start_checkout.event and w.user_id = person for update;
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
    -- Expiring holds offers their seats to the waiting list, possibly to the caller.
    freed := freed + ticket_private.expire_holds(500, event);
    select * into mine from ticket_service.tickets t where t.user_id = person and t.event_id = event and t.status = 'pending';
    if mine.purchased_at <> now() then
      -- Not offered by this transaction: a concurrent request of the caller was first.
      perform ticket_private.refuse_in_progress();
    elsif mine.id is null and freed > 0 and ticket_private.is_full(event) then
      -- Returned, not raised: an exception would roll back the offers.
      resumed := ticket_private.store_answer(person, 'ticket-checkout', idempotency_key, 409,
        jsonb_build_object('error', jsonb_build_object('code', 'sold_out', 'message', 'There are no seats left.')));
    end if;
  end if;
  if resumed is not null then
    return resumed;
  end if;
  delete from ticket_service.waitlist_entries w where w.event_id = start_checkout.event and w.user_id = person;
  if terms.price = 0 then
    return ticket_private.issue_free_ticket(person, idempotency_key, event, mine, terms);
  end if;
  return ticket_private.hold_seat(person, idempotency_key, event, mine, terms, payment_method, return_url);
end $$;
revoke execute on function ticket_private.start_checkout(uuid, text, uuid, text, text) from public;

-- Definer: service_role may not write tickets and attempts directly.
create or replace function ticket_private.begin_checkout(
  person uuid, idempotency_key text, request_hash text, event_id uuid, payment_method text, return_url text)
returns jsonb language plpgsql volatile security definer set search_path = '' as $$
declare
  answered jsonb := ticket_private.claim_key(person, 'ticket-checkout', idempotency_key, request_hash);
  detail text;
begin
  return coalesce(answered, ticket_private.start_checkout(person, idempotency_key, event_id, payment_method, return_url));
exception
  when sqlstate 'PGRST' then
    get stacked diagnostics detail = pg_exception_detail;
    return ticket_private.store_refusal(person, 'ticket-checkout', idempotency_key, sqlerrm, detail);
  when unique_violation then
    get stacked diagnostics detail = constraint_name;
    if detail = 'one_live_ticket_each' then
      -- A concurrent request of the same person holds the seat.
      perform ticket_private.refuse_in_progress();
    end if;
    raise;
  when foreign_key_violation then
    get stacked diagnostics detail = constraint_name;
    if detail not in ('tickets_event_id_fkey', 'tickets_user_id_fkey') then
      raise;
    end if;
    -- The event or the account was deleted concurrently.
    perform ticket_private.refuse('event_not_found', 'There is no such event.', 404);
    return null;
end $$;
revoke execute on function ticket_private.begin_checkout(uuid, text, text, uuid, text, text) from public;
grant execute on function ticket_private.begin_checkout(uuid, text, text, uuid, text, text) to service_role;

-- Definer: service_role may not write tickets and attempts directly.
create or replace function ticket_private.finish_checkout(
  person uuid, idempotency_key text, attempt_id uuid, session_id text, checkout_url text)
returns jsonb language plpgsql volatile security definer set search_path = '' as $$
begin
  perform ticket_private.lock_key(person, 'ticket-checkout', idempotency_key);
  perform from ticket_service.tickets t
  where t.id = (select a.ticket_id from ticket_private.attempts a where a.id = finish_checkout.attempt_id) for no key update;
  update ticket_private.attempts a
  set state = 'open', session_id = finish_checkout.session_id, checkout_url = finish_checkout.checkout_url
  where a.id = finish_checkout.attempt_id and a.state in ('creating', 'open')
    and exists (select from ticket_service.tickets t where t.id = a.ticket_id and t.status = 'pending');
  if not found then
    -- The attempt was replaced or the hold ended. The buyer is not given the URL.
    update ticket_private.attempts a set session_id = finish_checkout.session_id where a.id = finish_checkout.attempt_id;
    return jsonb_build_object('next', 'expire', 'attempt', ticket_private.attempt_to_send(finish_checkout.attempt_id));
  end if;
  return ticket_private.store_answer(person, 'ticket-checkout', idempotency_key, 200, ticket_private.checkout_answer(finish_checkout.attempt_id));
end $$;
revoke execute on function ticket_private.finish_checkout(uuid, text, uuid, text, text) from public;
grant execute on function ticket_private.finish_checkout(uuid, text, uuid, text, text) to service_role;

-- Definer: service_role may not write tickets and attempts directly. The buyer never received the URL and cannot have
-- paid.
create or replace function ticket_private.fail_checkout(person uuid, idempotency_key text, attempt_id uuid, status int, answer jsonb)
returns jsonb language plpgsql volatile security definer set search_path = '' as $$
declare
  ticket uuid;
begin
  perform ticket_private.lock_key(person, 'ticket-checkout', idempotency_key);
  select a.ticket_id into ticket from ticket_private.attempts a where a.id = fail_checkout.attempt_id;
  perform from ticket_service.tickets t where t.id = ticket for no key update;
  -- With a status below 500, the request was refused before the provider was called.
  update ticket_private.attempts a set state = 'closed', check_at = case when status >= 500 then now() + interval '5 minutes' end
  where a.id = fail_checkout.attempt_id and a.state = 'creating';
  if not found then
    perform ticket_private.refuse_in_progress();
  end if;
  perform ticket_private.fail_transaction(fail_checkout.attempt_id);
  update ticket_service.tickets t set status = 'cancelled' where t.id = ticket and t.status = 'pending';
  return ticket_private.store_answer(person, 'ticket-checkout', idempotency_key, status, answer);
end $$;
revoke execute on function ticket_private.fail_checkout(uuid, text, uuid, int, jsonb) from public;
grant execute on function ticket_private.fail_checkout(uuid, text, uuid, int, jsonb) to service_role;

create or replace function ticket_private.drop_attempt(attempt uuid)
returns void language plpgsql volatile set search_path = '' as $$
begin
  update ticket_private.attempts a set state = 'closed' where a.id = attempt;
  perform ticket_private.fail_transaction(attempt);
end $$;
comment on function ticket_private.drop_attempt(uuid) is 'Closes an attempt whose URL was never returned to the buyer.';
revoke execute on function ticket_private.drop_attempt(uuid) from public;


create or replace function ticket_service.begin_checkout(
  person uuid, idempotency_key text, request_hash text, event_id uuid, payment_method text default null, return_url text default null)
returns jsonb language sql volatile security invoker set search_path = ''
begin atomic
  select ticket_private.begin_checkout(person, idempotency_key, request_hash, event_id, payment_method, return_url);
end;
create or replace function ticket_service.finish_checkout(
  person uuid, idempotency_key text, attempt_id uuid, session_id text, checkout_url text)
returns jsonb language sql volatile security invoker set search_path = ''
begin atomic
  select ticket_private.finish_checkout(person, idempotency_key, attempt_id, session_id, checkout_url);
end;
create or replace function ticket_service.fail_checkout(
  person uuid, idempotency_key text, attempt_id uuid, status int, answer jsonb)
returns jsonb language sql volatile security invoker set search_path = ''
begin atomic
  select ticket_private.fail_checkout(person, idempotency_key, attempt_id, status, answer);
end;
comment on function ticket_service.begin_checkout(uuid, text, text, uuid, text, text) is
  'For service_role: holds a seat, or issues a free ticket. Returns {next: answer, status, answer}, {next: pay, attempt}, or {next: expire, attempt}: expire that attempt at its provider, record the notice, and call again.';
comment on function ticket_service.finish_checkout(uuid, text, uuid, text, text) is
  'For service_role: records the provider''s checkout page. Returns {next: answer, status, answer}, or {next: expire, attempt} if the attempt was replaced or the hold ended.';
comment on function ticket_service.fail_checkout(uuid, text, uuid, int, jsonb) is
  'For service_role: records that no checkout page was created, because the request was refused (status below 500) or the provider failed. Frees the seat; stores and returns the answer.';
revoke execute on function
  ticket_service.begin_checkout(uuid, text, text, uuid, text, text),
  ticket_service.finish_checkout(uuid, text, uuid, text, text),
  ticket_service.fail_checkout(uuid, text, uuid, int, jsonb) from public, anon, authenticated;
grant execute on function
  ticket_service.begin_checkout(uuid, text, text, uuid, text, text),
  ticket_service.finish_checkout(uuid, text, uuid, text, text),
  ticket_service.fail_checkout(uuid, text, uuid, int, jsonb) to service_role;
