-- The append-only journal of payments. At commit it matches what providers reported.

do $$
begin
  if to_regtype('ticket_private.journal_kind') is null then
    create type ticket_private.journal_kind as enum ('captured', 'refunded', 'charged_back', 'charge_back_returned');
  end if;
end $$;

create or replace view ticket_private.money as
  select p.ticket_id, p.transaction_id, 'captured'::ticket_private.journal_kind as kind, p.amount, p.currency
  from ticket_private.payments p where p.state >= 'paid' and p.transaction_id is not null and p.amount > 0
  union all
  select r.ticket_id, r.id, 'refunded', r.amount, r.currency
  from ticket_private.refunds r
  join ticket_private.payments p on p.provider = r.provider and p.provider_id = r.payment_provider_id
  where p.transaction_id is not null and r.is_done
  union all
  -- The part of an excess refund that is within the payment.
  select b.ticket_id, b.transaction_id, 'refunded', least(b.gone, b.amount) - b.done, b.currency
  from ticket_private.payment_balances b where b.transaction_id is not null and least(b.gone, b.amount) > b.done
  union all
  select p.ticket_id, p.transaction_id, 'charged_back', d.amount, d.currency
  from ticket_private.disputes d
  join ticket_private.payments p on p.provider = d.provider and p.provider_id = d.payment_provider_id
  where p.transaction_id is not null and (d.is_withdrawn or d.is_reinstated)
  union all
  select p.ticket_id, p.transaction_id, 'charge_back_returned', d.amount, d.currency
  from ticket_private.disputes d
  join ticket_private.payments p on p.provider = d.provider and p.provider_id = d.payment_provider_id
  where p.transaction_id is not null and d.is_reinstated
  union all
  -- A reversal by the provider covers what had not been returned before.
  select b.ticket_id, b.transaction_id, 'charged_back', b.amount - b.done_by_provider - b.called_back, b.currency
  from ticket_private.payment_balances b
  where b.state = 'reversed' and b.transaction_id is not null and b.amount > b.done_by_provider + b.called_back;
comment on view ticket_private.money is 'The entries that the journal of each ticket must have, by the facts known from providers. transaction_id is the payment or the refund.';


create table if not exists ticket_private.journal_entries (
  id uuid primary key default gen_random_uuid(),
  ticket_id uuid not null references ticket_service.tickets (id) on delete restrict,
  transaction_id uuid not null references ticket_service.ticket_transactions (id) on delete restrict,
  kind ticket_private.journal_kind not null,
  amount numeric not null constraint amount_in_range check (amount <> 0 and abs(amount) < 1e12),
  currency text not null constraint currency_is_a_code check (currency ~ '^[A-Z]{3}$'),
  recorded_at timestamptz not null default now()
);
comment on table ticket_private.journal_entries is 'Append-only journal of money captured, refunded and charged back. At commit it equals ticket_private.money, and refunds do not exceed captures.';
comment on column ticket_private.journal_entries.amount is 'In major units of currency. Negative if it corrects an earlier entry, for example of a refund that bounced.';

create index if not exists journal_entries_ticket_id on ticket_private.journal_entries (ticket_id, currency);
create index if not exists journal_entries_transaction_id on ticket_private.journal_entries (transaction_id);

alter table ticket_private.journal_entries enable row level security;

-- Definer: service_role has no access to the schema of refuse().
create or replace function ticket_private.tg_journal_entries__refuse_change()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  perform ticket_private.refuse('journal_is_append_only', 'The journal is append-only. Correct an entry with another entry.', 409);
  return null;
end $$;
revoke execute on function ticket_private.tg_journal_entries__refuse_change() from public;
create or replace trigger journal_entries_refuse_change before update or delete on ticket_private.journal_entries
  for each row execute function ticket_private.tg_journal_entries__refuse_change();
create or replace trigger journal_entries_refuse_truncate before truncate on ticket_private.journal_entries
  for each statement execute function ticket_private.tg_journal_entries__refuse_change();

create or replace view ticket_private.missing_entries as
  select both_sides.ticket_id, both_sides.transaction_id, both_sides.kind, both_sides.currency, sum(both_sides.amount) as amount
  from (
    select m.ticket_id, m.transaction_id, m.kind, m.currency, m.amount from ticket_private.money m
    union all
    select e.ticket_id, e.transaction_id, e.kind, e.currency, -e.amount from ticket_private.journal_entries e) both_sides
  group by both_sides.ticket_id, both_sides.transaction_id, both_sides.kind, both_sides.currency
  having sum(both_sides.amount) <> 0;
comment on view ticket_private.missing_entries is 'Entries missing from the journal, or to be corrected (negative). Empty at commit.';

-- Definer: service_role has no access to ticket_private. Deferred to the commit, because facts and entries are written
-- by separate statements. The ticket's lock serializes concurrent commits.
create or replace function ticket_private.tg_journal__check_balance()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
declare
  ticket uuid := case when tg_op = 'DELETE' then old.ticket_id else new.ticket_id end;
begin
  perform from ticket_service.tickets t where t.id = ticket for no key update;
  if exists (select from ticket_private.missing_entries m where m.ticket_id = ticket)
  or exists (
    select from ticket_private.journal_entries e where e.ticket_id = ticket
    group by e.currency
    having sum(e.amount) filter (where e.kind = 'refunded') > coalesce(sum(e.amount) filter (where e.kind = 'captured'), 0))
  then
    perform ticket_private.refuse('journal_out_of_balance', 'The journal of this ticket does not match what was captured, refunded and charged back.', 409);
  end if;
  return null;
end $$;
revoke execute on function ticket_private.tg_journal__check_balance() from public;
do $$
declare
  source text;
begin
  foreach source in array array['journal_entries', 'payments', 'disputes'] loop
    if not exists (select from pg_catalog.pg_trigger where tgname = source || '_balance' and tgrelid = ('ticket_private.' || source)::regclass) then
      execute format('create constraint trigger %1$I after insert or update or delete on ticket_private.%2$I
        deferrable initially deferred for each row execute function ticket_private.tg_journal__check_balance()', source || '_balance', source);
    end if;
  end loop;
end $$;

-- Only if the refund counts in the journal: maintenance claims other refunds without locking their tickets.
do $$
begin
  if not exists (select from pg_catalog.pg_trigger where tgname = 'refunds_balance' and tgrelid = 'ticket_private.refunds'::regclass) then
    create constraint trigger refunds_balance after update on ticket_private.refunds
      deferrable initially deferred for each row
      when ((old.is_done, old.is_excess, old.amount, old.currency) is distinct from (new.is_done, new.is_excess, new.amount, new.currency))
      execute function ticket_private.tg_journal__check_balance();
    create constraint trigger refunds_balance_new after insert on ticket_private.refunds
      deferrable initially deferred for each row when (new.is_done or new.is_excess) execute function ticket_private.tg_journal__check_balance();
    create constraint trigger refunds_balance_gone after delete on ticket_private.refunds
      deferrable initially deferred for each row when (old.is_done or old.is_excess) execute function ticket_private.tg_journal__check_balance();
  end if;
end $$;

-- PL/pgSQL, for its cached plan: this runs with each notice.
create or replace function ticket_private.record_journal(ticket uuid)
returns void language plpgsql volatile set search_path = '' as $$
begin
  insert into ticket_private.journal_entries (ticket_id, transaction_id, kind, amount, currency)
  select m.ticket_id, m.transaction_id, m.kind, m.amount, m.currency from ticket_private.missing_entries m where m.ticket_id = ticket;
end $$;
comment on function ticket_private.record_journal(uuid) is 'Adds the missing entries of a ticket to the journal.';
revoke execute on function ticket_private.record_journal(uuid) from public;
