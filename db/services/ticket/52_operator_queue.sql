-- What operators have to decide about payments and refunds.

-- Needed for kinds whose own table does not record the decision.
create table if not exists ticket_private.closed_items (
  kind text not null,
  id uuid not null,
  reference text not null constraint reference_is_given check (length(reference) between 1 and 200),
  closed_at timestamptz not null default now(),
  constraint closed_items_are_unique primary key (kind, id)
);
comment on table ticket_private.closed_items is 'Items of operator_queue() that an operator closed.';
alter table ticket_private.closed_items enable row level security;

create or replace view ticket_private.refunds_for_operators as
  select r.* from ticket_private.refunds r
  where r.closed_at is null and r.origin <> 'provider' and not r.is_overtaken
    and ((r.is_manual or r.sends >= 60) and r.state < 'succeeded' or r.state >= 'failed');
comment on view ticket_private.refunds_for_operators is 'Refunds that the provider could not make, to be closed with close_refund().';

create or replace view ticket_private.payments_for_operators as
  select b.transaction_id, b.ticket_id, b.provider, b.provider_id, b.currency, b.outcome, ticket_private.refundable(b) - kept.fee as available, p.first_told_at as since
  from ticket_private.payments p join ticket_private.payment_balances b on b.provider = p.provider and b.provider_id = p.provider_id
  join ticket_service.tickets t on t.id = p.ticket_id
  cross join lateral (
    -- If the fee equals the price, no refund records it.
    select greatest(max(r.fee), case when p.has_bought and p.outcome in ('activated', 'disputed') and t.status = 'refunded' then t.refund_fee else 0 end) as fee
    from ticket_private.refunds r where r.provider = p.provider and r.payment_provider_id = p.provider_id) kept
  where ticket_private.refundable(b) > kept.fee
    and (p.outcome in ('set_aside', 'disputed', 'refunded')
      -- A refund made at the provider that bounced, after the ticket had ended.
      or p.outcome is not null and t.status not in ('pending', 'active') and exists (select from ticket_private.refunds r
        where r.provider = p.provider and r.payment_provider_id = p.provider_id and r.origin = 'provider' and r.state >= 'failed'));
comment on view ticket_private.payments_for_operators is 'Payments that differ from the amount requested, and the unrefunded balance, less the fee, of payments whose ticket ended. refund_rest() refunds it.';

-- Definer: service_role may not read payments and refunds directly.
create or replace function ticket_private.operator_queue()
returns table (kind text, id uuid, ticket_id uuid, provider text, provider_id text, amount numeric, currency text, problem text, since timestamptz)
language sql stable security definer set search_path = '' as $$
  select q.* from (
    select 'refund' as kind, r.id, r.ticket_id, r.provider, coalesce(r.provider_id, r.payment_provider_id) as provider_id, r.amount, r.currency,
      coalesce(r.problem, case when r.is_manual then 'The provider cannot refund this payment.' end) as problem, r.requested_at as since
    from ticket_private.refunds_for_operators r
    union all
    select 'payment', p.transaction_id, p.ticket_id, p.provider, p.provider_id, p.available, p.currency,
      case p.outcome when 'set_aside' then 'The amount or currency differs from the one requested.'
        else 'Left of a payment (' || p.outcome || ') without a ticket.' end, p.since
    from ticket_private.payments_for_operators p
    union all
    select 'excess', r.id, r.ticket_id, r.provider, coalesce(r.provider_id, r.payment_provider_id),
      case when r.is_excess then least(r.amount, gone.so_far - p.amount) else 0 end + case when r.closed_at is not null and r.state = 'succeeded' then r.amount else 0 end, r.currency,
      'This refund exceeds the payment.', r.requested_at
    from ticket_private.refunds r join ticket_private.payments p on p.provider = r.provider and p.provider_id = r.payment_provider_id
    cross join lateral (
      select sum(o.amount) as so_far from ticket_private.refunds o
      where o.provider = r.provider and o.payment_provider_id = r.payment_provider_id and (o.is_done or o.is_excess
        and (o.origin = 'provider', coalesce(o.provider_id, o.id::text)) <= (r.origin = 'provider', coalesce(r.provider_id, r.id::text)))) gone
    where r.is_excess or r.closed_at is not null and r.state = 'succeeded'
    union all
    select 'cancellation', c.event_id, null, null, null, null, null, 'Tickets of this cancelled event could not be ended. See the log of the server.', c.cancelled_at
    from ticket_service.event_cancellations c where c.tickets_ended_at is null and c.cancelled_at < now() - interval '1 hour'
    union all
    select 'attempt', a.id, a.ticket_id, a.provider, coalesce(a.session_id, a.id::text), a.amount, a.currency,
      'The provider has not reported the result of this payment for a week.', a.started_at
    from ticket_private.attempts a
    where a.check_at is null and a.checks >= 40
      and (a.state <> 'closed' or exists (select from ticket_private.payments p where p.attempt_id = a.id and p.state = 'pending'))) q
  where not exists (select from ticket_private.closed_items c where c.kind = q.kind and c.id = q.id)
  order by q.since, q.id
$$;
revoke execute on function ticket_private.operator_queue() from public;
grant execute on function ticket_private.operator_queue() to service_role;

-- Definer: service_role may not write refunds directly.
create or replace function ticket_private.close_refund(refund_id uuid, reference text)
returns void language plpgsql volatile security definer set search_path = '' as $$
declare
  refund ticket_private.refunds;
begin
  select * into refund from ticket_private.refunds r where r.id = close_refund.refund_id;
  perform from ticket_service.tickets t where t.id = refund.ticket_id for no key update;
  update ticket_private.refunds r set closed_at = now(), closing_reference = reference, send_at = null
  where r.id = refund.id and r.id in (select o.id from ticket_private.refunds_for_operators o);
  if not found then
    perform ticket_private.refuse('refund_not_open', 'There is no such open refund.', 404);
  end if;
  perform ticket_private.settle_refund(refund);
end $$;
revoke execute on function ticket_private.close_refund(uuid, text) from public;
grant execute on function ticket_private.close_refund(uuid, text) to service_role;

-- Definer: service_role may not write refunds directly.
create or replace function ticket_private.refund_rest(transaction_id uuid)
returns uuid language plpgsql volatile security definer set search_path = '' as $$
declare
  ticket uuid := (select p.ticket_id from ticket_private.payments p where p.transaction_id = refund_rest.transaction_id);
  payment record;
begin
  perform from ticket_service.tickets t where t.id = ticket for no key update;
  select * into payment from ticket_private.payments_for_operators p where p.transaction_id = refund_rest.transaction_id;
  if not found then
    perform ticket_private.refuse('payment_not_set_aside', 'There is no such open payment.', 404);
  end if;
  return ticket_private.request_refund(payment.provider, payment.provider_id, payment.available, 0, 'operator', null);
end $$;
revoke execute on function ticket_private.refund_rest(uuid) from public;
grant execute on function ticket_private.refund_rest(uuid) to service_role;

-- Definer: service_role may not write closed_items directly.
create or replace function ticket_private.close_item(kind text, id uuid, reference text)
returns void language plpgsql volatile security definer set search_path = '' as $$
begin
  if not exists (select from ticket_private.operator_queue() q where q.kind = close_item.kind and q.id = close_item.id and q.kind <> 'refund') then
    perform ticket_private.refuse('item_not_open', 'There is no such open item. Close refunds with close_refund.', 404);
  end if;
  insert into ticket_private.closed_items (kind, id, reference) values (close_item.kind, close_item.id, close_item.reference);
end $$;
revoke execute on function ticket_private.close_item(text, uuid, text) from public;
grant execute on function ticket_private.close_item(text, uuid, text) to service_role;
create or replace function ticket_service.operator_queue()
returns table (kind text, id uuid, ticket_id uuid, provider text, provider_id text, amount numeric, currency text, problem text, since timestamptz)
language sql stable security invoker set search_path = ''
begin atomic
  select * from ticket_private.operator_queue();
end;
create or replace function ticket_service.close_refund(refund_id uuid, reference text)
returns void language sql volatile security invoker set search_path = ''
begin atomic
  select ticket_private.close_refund(refund_id, reference);
end;
create or replace function ticket_service.close_item(kind text, id uuid, reference text)
returns void language sql volatile security invoker set search_path = ''
begin atomic
  select ticket_private.close_item(kind, id, reference);
end;
create or replace function ticket_service.refund_rest(transaction_id uuid)
returns uuid language sql volatile security invoker set search_path = ''
begin atomic
  select ticket_private.refund_rest(transaction_id);
end;
comment on function ticket_service.operator_queue() is
  'For service_role: items that need a decision. refund: the provider could not make it (close_refund); payment: of another amount, or left over (refund_rest); excess: refunded beyond the payment; attempt: the provider does not report a result; cancellation: a ticket could not be ended.';
comment on function ticket_service.close_refund(uuid, text) is
  'For service_role: closes a refund that an operator paid by other means, with a reference.';
comment on function ticket_service.close_item(text, uuid, text) is
  'For service_role: closes an item of the queue other than a refund, with a reference.';
comment on function ticket_service.refund_rest(uuid) is
  'For service_role: refunds what is left of a payment in the queue. Returns the refund.';
revoke execute on function
  ticket_service.operator_queue(),
  ticket_service.close_refund(uuid, text),
  ticket_service.close_item(text, uuid, text),
  ticket_service.refund_rest(uuid) from public, anon, authenticated;
grant execute on function
  ticket_service.operator_queue(),
  ticket_service.close_refund(uuid, text),
  ticket_service.close_item(text, uuid, text),
  ticket_service.refund_rest(uuid) to service_role;
