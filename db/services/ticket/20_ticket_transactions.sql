-- Payments and refunds as the buyer sees them. Refunds never exceed the payment.

do $$
begin
  if to_regtype('ticket_service.transaction_kind') is null then
    create type ticket_service.transaction_kind as enum ('payment', 'refund');
    create type ticket_service.transaction_status as enum ('pending', 'success', 'failed', 'refunded');
    create type ticket_service.payment_outcome as enum
      ('activated', 'sold_out', 'event_closed', 'already_has_ticket', 'paid_twice', 'buyer_gone', 'set_aside', 'refunded', 'disputed', 'reversed');
  end if;
end $$;


create table if not exists ticket_service.ticket_transactions (
  id uuid primary key default gen_random_uuid(),
  ticket_id uuid not null references ticket_service.tickets (id) on delete restrict,
  kind ticket_service.transaction_kind not null default 'payment',
  refund_of uuid references ticket_service.ticket_transactions (id) on delete restrict,
  transaction_id text constraint transaction_ids_are_unique unique
    constraint transaction_id_is_bounded check (length(transaction_id) between 1 and 255),
  amount numeric not null constraint amount_in_range check (amount >= 0 and amount < 1e12),
  currency text not null default 'IDR' constraint currency_is_a_code check (currency ~ '^[A-Z]{3}$'),
  payment_method text constraint payment_method_is_bounded check (length(payment_method) <= 50),
  status ticket_service.transaction_status not null default 'pending',
  created_at timestamptz not null default now(),
  completed_at timestamptz,
  outcome ticket_service.payment_outcome,
  constraint refunds_name_their_payment check ((kind = 'refund') = (refund_of is not null))
);
comment on table ticket_service.ticket_transactions is 'Payments for tickets and refunds of them, one row each. The buyer reads them; only the server writes them.';
comment on column ticket_service.ticket_transactions.transaction_id is 'The provider''s id of this payment or refund, once known.';
comment on column ticket_service.ticket_transactions.amount is 'In major units of currency.';
comment on column ticket_service.ticket_transactions.outcome is 'Result of a payment. activated: it bought the ticket; set_aside: the amount differs, an operator decides; sold_out, event_closed, already_has_ticket, paid_twice, buyer_gone: refunded automatically; refunded, disputed, reversed: returned at the provider.';
comment on column ticket_service.ticket_transactions.refund_of is 'The refunded payment.';

create index if not exists ticket_transactions_ticket_id on ticket_service.ticket_transactions (ticket_id, created_at);
create index if not exists ticket_transactions_refund_of on ticket_service.ticket_transactions (refund_of) where refund_of is not null;

alter table ticket_service.ticket_transactions enable row level security;

drop policy if exists ticket_transactions_select_own on ticket_service.ticket_transactions;
create policy ticket_transactions_select_own on ticket_service.ticket_transactions for select to authenticated
  using (exists (select 1 from ticket_private.my_tickets t where t.id = ticket_transactions.ticket_id));

-- Writing is not granted: only the server writes transactions.
revoke all on ticket_service.ticket_transactions from anon, authenticated;
grant select on ticket_service.ticket_transactions to authenticated;
grant all on ticket_service.ticket_transactions to service_role;

-- Definer: service_role has no access to ticket_private. The lock of the payment serializes refunds; a stronger lock
-- could deadlock with the key share lock of the foreign key refund_of.
create or replace function ticket_private.tg_ticket_transactions__refund_within_capture()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
declare
  payment record;
  refunded numeric;
begin
  select t.* into payment from ticket_service.ticket_transactions t
  where t.id = coalesce(new.refund_of, new.id) for no key update;
  select coalesce(sum(t.amount), 0) into refunded from ticket_service.ticket_transactions t
  where t.refund_of = payment.id and t.status <> 'failed';
  if new.kind = 'refund' and (payment.kind <> 'payment' or payment.ticket_id <> new.ticket_id or payment.currency <> new.currency) then
    perform ticket_private.refuse('refund_mismatch', 'A refund must be for the same ticket and in the same currency as its payment.', 409);
  end if;
  if refunded > (case when payment.status in ('success', 'refunded') then payment.amount else 0 end) then
    perform ticket_private.refuse('refund_exceeds_payment', 'Refunds cannot exceed the payment.', 409);
  end if;
  return null;
end $$;
revoke execute on function ticket_private.tg_ticket_transactions__refund_within_capture() from public;
create or replace trigger ticket_transactions_refund_within_capture
  after update of amount, currency, status, kind, refund_of, ticket_id on ticket_service.ticket_transactions
  for each row execute function ticket_private.tg_ticket_transactions__refund_within_capture();
-- A new payment has no refunds.
create or replace trigger ticket_transactions_refund_within_capture_new
  after insert on ticket_service.ticket_transactions
  for each row when (new.kind = 'refund' or new.refund_of is not null) execute function ticket_private.tg_ticket_transactions__refund_within_capture();

create or replace function ticket_private.fail_transaction(transaction uuid)
returns void language plpgsql volatile set search_path = '' as $$
begin
  update ticket_service.ticket_transactions x set status = 'failed', completed_at = now() where x.id = transaction and x.status <> 'failed';
end $$;
revoke execute on function ticket_private.fail_transaction(uuid) from public;
