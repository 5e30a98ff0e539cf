-- What we requested from payment providers and what they reported: attempts, payments, refunds, disputes and notices.
-- Internal tables, and payment_balances, the sums that all decisions about a payment use.

do $$
begin
  if to_regtype('ticket_private.payment_state') is null then
    create type ticket_private.attempt_state as enum ('creating', 'open', 'ending', 'closed');
    -- In order of precedence: the highest state reported wins, whatever the order of notices.
    create type ticket_private.payment_state as enum ('pending', 'expired', 'failed', 'paid', 'reversed');
    create type ticket_private.refund_state as enum ('requested', 'sent', 'requires_action', 'succeeded', 'failed', 'cancelled');
    create type ticket_private.refund_origin as enum ('buyer', 'host', 'cancellation', 'payment', 'operator', 'provider');
  end if;
end $$;


create table if not exists ticket_private.attempts (
  id uuid primary key references ticket_service.ticket_transactions (id) on delete restrict,
  ticket_id uuid not null references ticket_service.tickets (id) on delete restrict,
  provider text not null constraint provider_is_bounded check (length(provider) between 1 and 50),
  amount numeric not null constraint amount_in_range check (amount > 0 and amount < 1e12),
  currency text not null constraint currency_is_a_code check (currency ~ '^[A-Z]{3}$'),
  title text not null,
  return_url text,
  idempotency_key text not null default '',
  session_id text,
  checkout_url text,
  state ticket_private.attempt_state not null default 'creating',
  started_at timestamptz not null default now(),
  expires_at timestamptz not null,
  check_at timestamptz,
  checks int not null default 0,
  refund_fee numeric constraint refund_fee_in_range check (refund_fee >= 0 and refund_fee < 1e12),
  refund_deadline timestamptz,
  event_start_time timestamptz
);
comment on table ticket_private.attempts is 'A request to a payment provider to collect money for a held ticket. Its id is sent to the provider as idempotency key and order number. Its amount and terms are immutable.';
comment on column ticket_private.attempts.expires_at is 'When the provider stops accepting payment. The seat is held ten minutes longer.';
comment on column ticket_private.attempts.check_at is 'When maintenance asks the provider about this attempt next. Null when nothing more is expected, or after forty checks.';
comment on column ticket_private.attempts.refund_fee is 'Refund fee under the terms of this attempt, like refund_deadline and event_start_time.';
comment on column ticket_private.attempts.idempotency_key is 'Key of the request that created the attempt. Only that request may resume it at once.';
comment on column ticket_private.attempts.state is 'creating: not yet confirmed by the provider; open: the buyer can pay; ending: being expired at the provider; closed: paid, expired, failed or dropped.';

create unique index if not exists one_open_attempt_each on ticket_private.attempts (ticket_id) where state in ('creating', 'open');
create index if not exists attempts_ticket_id on ticket_private.attempts (ticket_id);
create index if not exists attempts_check_at on ticket_private.attempts (check_at) where check_at is not null;

create table if not exists ticket_private.payments (
  provider text not null,
  provider_id text not null constraint provider_id_is_bounded check (length(provider_id) between 1 and 255),
  attempt_id uuid not null references ticket_service.ticket_transactions (id) on delete restrict,
  ticket_id uuid not null references ticket_service.tickets (id) on delete restrict,
  transaction_id uuid constraint one_payment_for_each_transaction unique references ticket_service.ticket_transactions (id) on delete restrict,
  state ticket_private.payment_state not null,
  amount numeric constraint amount_in_range check (amount >= 0 and amount < 1e12),
  currency text constraint currency_is_a_code check (currency ~ '^[A-Z]{3}$'),
  method text constraint method_is_bounded check (length(method) <= 50),
  outcome ticket_service.payment_outcome,
  first_told_at timestamptz not null default clock_timestamp(),
  has_bought boolean not null default false,
  constraint payments_are_unique primary key (provider, provider_id),
  constraint activated_has_bought check (outcome is distinct from 'activated' or has_bought),
  constraint paid_an_amount check (state < 'paid' or amount is not null and currency is not null)
);
comment on table ticket_private.payments is 'Payments reported by providers, one row each, with the furthest state reported so far. The state never moves back, so notices may arrive in any order.';
comment on column ticket_private.payments.attempt_id is 'The attempt that was paid. A buyer may pay one attempt twice.';
comment on column ticket_private.payments.transaction_id is 'The row of ticket_transactions, once the money arrived.';
comment on column ticket_private.payments.amount is 'Amount received, in major units of currency.';
comment on column ticket_private.payments.has_bought is 'Whether this payment paid for the ticket, even if it was returned before settlement. If it is returned later, the ticket ends.';
comment on column ticket_private.payments.outcome is 'Result of the payment. Decided once, and changed only if the money is returned at the provider.';

create index if not exists payments_attempt_id on ticket_private.payments (attempt_id);
create index if not exists payments_ticket_id on ticket_private.payments (ticket_id);
create index if not exists payments_left_over on ticket_private.payments (first_told_at) where outcome in ('set_aside', 'disputed', 'refunded');

create table if not exists ticket_private.refunds (
  id uuid primary key default gen_random_uuid(),
  ticket_id uuid not null references ticket_service.tickets (id) on delete restrict,
  attempt_id uuid not null references ticket_service.ticket_transactions (id) on delete restrict,
  provider text not null,
  payment_provider_id text not null,
  provider_id text constraint provider_id_is_bounded check (length(provider_id) between 1 and 255),
  amount numeric not null constraint amount_in_range check (amount > 0 and amount < 1e12),
  currency text not null constraint currency_is_a_code check (currency ~ '^[A-Z]{3}$'),
  fee numeric not null default 0 constraint fee_in_range check (fee >= 0 and fee < 1e12),
  origin ticket_private.refund_origin not null,
  reason text constraint reason_is_bounded check (length(reason) <= 500),
  state ticket_private.refund_state not null default 'requested',
  has_succeeded boolean not null default false,
  is_manual boolean not null default false,
  problem text,
  closed_at timestamptz,
  closing_reference text constraint closing_reference_is_given check (length(closing_reference) between 1 and 200),
  requested_at timestamptz not null default now(),
  sent_at timestamptz,
  send_at timestamptz,
  sends int not null default 0,
  asked_of numeric,
  is_overtaken boolean not null default false,
  is_excess boolean not null default false,
  is_done boolean not null generated always as ((state = 'succeeded' or closed_at is not null) and not is_excess) stored,
  constraint provider_refunds_are_unique unique (provider, provider_id),
  constraint closed_with_a_reference check ((closed_at is null) = (closing_reference is null))
);
comment on table ticket_private.refunds is 'Refunds that are owed, made or failed. The id is the idempotency key at the provider. A refund is owed until it succeeds, is overtaken, or is closed by an operator.';
comment on column ticket_private.refunds.has_succeeded is 'Whether the provider ever reported success. The money may have come back since.';
comment on column ticket_private.refunds.asked_of is 'Amount of the payment available for our refunds at the time of the request, before deducting money returned by other means. Null for refunds made at the provider.';
comment on column ticket_private.refunds.is_overtaken is 'True for a refund of ours that is no longer needed, because the money was returned another way. It is still recorded if it succeeds.';
comment on column ticket_private.refunds.is_excess is 'True for a refund that exceeds the payment. It is not in the journal; an operator has to recover the money.';
comment on column ticket_private.refunds.is_done is 'True if the money was returned, by the provider or by an operator, and does not exceed the payment.';
comment on column ticket_private.refunds.is_manual is 'True if the provider cannot make this refund. An operator pays it and closes it with a reference.';
comment on column ticket_private.refunds.fee is 'Fee withheld from this refund, in major units of currency.';
comment on column ticket_private.refunds.send_at is 'When maintenance sends this refund or asks about it next. Null when there is nothing left to do automatically.';

create index if not exists refunds_ticket_id on ticket_private.refunds (ticket_id);
create index if not exists refunds_attempt_id on ticket_private.refunds (attempt_id);
create index if not exists refunds_of_payment on ticket_private.refunds (provider, payment_provider_id);
create index if not exists refunds_send_at on ticket_private.refunds (send_at) where send_at is not null;
create index if not exists refunds_left_over on ticket_private.refunds (requested_at) where closed_at is null and (is_manual or sends >= 60 or state >= 'failed');

create table if not exists ticket_private.disputes (
  provider text not null,
  provider_id text not null constraint provider_id_is_bounded check (length(provider_id) between 1 and 255),
  ticket_id uuid not null references ticket_service.tickets (id) on delete restrict,
  attempt_id uuid not null references ticket_service.ticket_transactions (id) on delete restrict,
  payment_provider_id text not null,
  amount numeric not null constraint amount_in_range check (amount > 0 and amount < 1e12),
  currency text not null constraint currency_is_a_code check (currency ~ '^[A-Z]{3}$'),
  is_withdrawn boolean not null default false,
  is_reinstated boolean not null default false,
  constraint disputes_are_unique primary key (provider, provider_id)
);
comment on table ticket_private.disputes is 'Charge-backs. Money moves when a dispute is withdrawn from us and when it is reinstated.';

create index if not exists disputes_ticket_id on ticket_private.disputes (ticket_id);
create index if not exists disputes_attempt_id on ticket_private.disputes (attempt_id);
create index if not exists disputes_of_payment on ticket_private.disputes (provider, payment_provider_id);

create table if not exists ticket_private.notices (
  provider text not null,
  notice_id text not null constraint notice_id_is_bounded check (length(notice_id) between 1 and 255),
  attempt_id uuid not null,
  facts jsonb not null,
  received_at timestamptz not null default now(),
  constraint notices_are_unique primary key (provider, notice_id)
);
comment on table ticket_private.notices is 'Notices received from providers, in normalized form, kept for ninety days. A repeated notice changes nothing.';
create index if not exists notices_received_at on ticket_private.notices (received_at);

alter table ticket_private.attempts enable row level security;
alter table ticket_private.payments enable row level security;
alter table ticket_private.refunds enable row level security;
alter table ticket_private.disputes enable row level security;
alter table ticket_private.notices enable row level security;

-- Excludes abandoned checkouts, which must not keep the event visible.
create or replace view ticket_private.my_ticketed_events as
  select t.event_id from ticket_service.tickets t
  where t.user_id = (select auth.uid())
    and (t.status in ('pending', 'active', 'refunded') or t.activated_at is not null
      or exists (select 1 from ticket_private.payments p where p.ticket_id = t.id and p.state >= 'paid'));
comment on view ticket_private.my_ticketed_events is 'Events for which the caller holds, has or had a ticket.';
grant select on ticket_private.my_ticketed_events to authenticated, service_role;

create or replace view ticket_private.payment_balances as
  select p.provider, p.provider_id, p.attempt_id, p.ticket_id, p.transaction_id, p.outcome, p.state, p.amount, p.currency,
    r.done, r.done_by_provider, r.promised, r.standing_elsewhere, r.given_elsewhere, r.ever_given, d.called_back, d.ever_called_back, r.gone, p.has_bought
  from ticket_private.payments p
  cross join lateral (
    select coalesce(sum(r.amount) filter (where r.is_done), 0) as done,
      coalesce(sum(r.amount) filter (where r.state = 'succeeded'), 0) as done_by_provider,
      coalesce(sum(r.amount) filter (where r.is_done or r.is_excess
        or not r.is_overtaken and not (r.origin = 'provider' and r.state >= 'failed')), 0) as promised,
      coalesce(sum(r.amount) filter (where r.origin = 'provider' and r.state = 'succeeded'), 0) as standing_elsewhere,
      coalesce(sum(r.amount) filter (where r.origin = 'provider' and r.has_succeeded), 0) as given_elsewhere,
      coalesce(sum(r.amount) filter (where r.has_succeeded or r.closed_at is not null), 0) as ever_given,
      coalesce(sum(r.amount) filter (where r.is_done or r.is_excess), 0) as gone
    from ticket_private.refunds r where r.provider = p.provider and r.payment_provider_id = p.provider_id) r
  -- A dispute in another currency is assumed to cover the whole payment.
  cross join lateral (
    select coalesce(sum(case d.currency when p.currency then d.amount else p.amount end) filter (where d.is_withdrawn and not d.is_reinstated), 0) as called_back,
      coalesce(sum(case d.currency when p.currency then d.amount else p.amount end) filter (where d.is_withdrawn or d.is_reinstated), 0) as ever_called_back
    from ticket_private.disputes d where d.provider = p.provider and d.payment_provider_id = p.provider_id) d;
comment on view ticket_private.payment_balances is
  'Payments with their sums in major units. done: refunds in the journal; gone: done and excess refunds; done_by_provider: done without what operators paid; promised: gone and owed refunds; standing_elsewhere: refunds made at the provider that stand; given_elsewhere: those that ever succeeded; ever_given: all refunds that ever succeeded; called_back: open charge-backs; ever_called_back: all charge-backs.';

create or replace function ticket_private.refundable(payment ticket_private.payment_balances)
returns numeric language sql immutable set search_path = '' as $$
  select case when payment.state = 'reversed' then 0 else payment.amount - payment.promised - payment.called_back end
$$;
comment on function ticket_private.refundable(ticket_private.payment_balances) is 'What is left of a payment for refunds, in major units: captured, less refunds made or owed and charge-backs.';
revoke execute on function ticket_private.refundable(ticket_private.payment_balances) from public;
