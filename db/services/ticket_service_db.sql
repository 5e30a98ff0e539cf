-- Ticket service: tickets, the seats they hold, payments and refunds, and the journal of money.
--
-- Builds the schemas ticket_service (exposed over REST) and ticket_private (not exposed) in an empty database, alone or
-- after the user, event and post services. Loading it again does no harm. It builds, it does not upgrade: what already exists is changed by
-- the migrations.

-- One transaction, so that a refusal leaves the database as it was.
begin;

-- Ground: schemas, extensions, roles, and who is asking.

create schema if not exists ticket_service;
create schema if not exists ticket_private;
comment on schema ticket_service is 'Tickets and the money for them. Exposed over REST.';
comment on schema ticket_private is 'What clients must not call by themselves: definer functions, views that policies read, internal tables.';

-- Supabase has these roles; a plain PostgreSQL server does not.
do $$
declare
  wanted text;
begin
  foreach wanted in array array['anon', 'authenticated', 'service_role'] loop
    if not exists (select from pg_catalog.pg_roles where rolname = wanted) then
      execute format('create role %I nologin noinherit %s', wanted, case wanted when 'service_role' then 'bypassrls' else '' end);
    end if;
  end loop;
end $$;

-- The planner takes policies for costlier than they are, and would compile each query for longer than it runs.
do $$
begin
  execute format('alter database %I set jit = off', current_database());
exception when insufficient_privilege then
  raise notice 'The owner of this database should say: alter database % set jit = off', current_database();
end $$;

-- Supabase has auth.uid(); elsewhere it reads the claims that PostgREST sets for each request.
do $$
begin
  if to_regnamespace('auth') is null then
    create schema auth;
    grant usage on schema auth to anon, authenticated, service_role;
  end if;
  if to_regprocedure('auth.uid()') is null then
    create function auth.uid() returns uuid language sql stable set search_path = '' as
      $uid$ select (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')::uuid $uid$;
  end if;
end $$;

-- A stub of one of our tables means that a neighbour's file was loaded first. Building round it would leave a table
-- without constraints or policies, so stop.
do $$
declare
  stub text;
begin
  select c.oid::regclass::text into stub
  from pg_catalog.pg_class c
  where c.relnamespace = 'ticket_service'::regnamespace and c.relkind = 'r'
    and obj_description(c.oid, 'pg_class') like 'Stub %';
  if found then
    raise exception '% is a stub made by another service''s file', stub
      using hint = 'Load the service files in the order user, event, post, ticket, or each into a database of its own.';
  end if;
end $$;

grant usage on schema ticket_service to anon, authenticated, service_role;

-- Helpers.

create or replace function ticket_private.refuse(code text, message text, status int default 400)
returns boolean language plpgsql volatile set search_path = '' as $$
begin
  raise sqlstate 'PGRST' using
    message = json_build_object('code', code, 'message', message, 'details', null, 'hint', null)::text,
    detail = json_build_object('status', status, 'headers', json_build_object())::text;
end $$;
comment on function ticket_private.refuse(text, text, int) is
  'Never returns: raises the refusal `code` (docs/errors.md) as the HTTP status. Boolean, so that it can stand behind `or` in the constraint or policy whose rule it explains.';
grant execute on function ticket_private.refuse(text, text, int) to anon, authenticated, service_role;

create or replace function ticket_service.update_updated_at_column()
returns trigger language plpgsql volatile set search_path = '' as $$
begin
  new.updated_at = now();
  return new;
end $$;
comment on function ticket_service.update_updated_at_column() is 'Trigger function: stamps updated_at.';

-- tickets, and the seats they hold

do $$
begin
  if to_regtype('ticket_service.ticket_status') is null then
    create type ticket_service.ticket_status as enum ('pending', 'active', 'cancelled', 'refunded', 'expired');
    create type ticket_service.transaction_status as enum ('pending', 'success', 'failed', 'refunded');
    create type ticket_service.transaction_kind as enum ('payment', 'refund');
    create type ticket_private.journal_kind as enum ('captured', 'refunded', 'charged_back', 'charge_back_returned');
  end if;
end $$;

create or replace function ticket_private.new_attendance_code()
returns text language plpgsql volatile set search_path = '' as $$
declare
  -- 32 characters that nobody mistakes for one another: no 0 and O, no 1 and I. A byte modulo 32 favours none of them.
  alphabet constant text := '23456789ABCDEFGHJKLMNPQRSTUVWXYZ';
  -- Version 4 uuids come from the server's strong random source; bytes 6 and 8 hold fixed bits, so they are left out.
  random bytea := uuid_send(gen_random_uuid());
  code text := '';
  place int;
begin
  foreach place in array array[0, 1, 2, 3, 4, 5, 7, 9] loop
    code := code || substr(alphabet, get_byte(random, place) % 32 + 1, 1);
  end loop;
  return code;
end $$;
comment on function ticket_private.new_attendance_code() is 'Eight characters by chance, one of 2^40.';
revoke execute on function ticket_private.new_attendance_code() from public;
grant execute on function ticket_private.new_attendance_code() to service_role;

create table if not exists ticket_service.tickets (
  id uuid primary key default gen_random_uuid(),
  user_id uuid,
  event_id uuid not null,
  attendance_code text not null default ticket_private.new_attendance_code()
    constraint attendance_code_is_valid check (attendance_code ~ '^([23456789A-HJ-NP-Z]{8}|[A-Z0-9]{4})$'
      or ticket_private.refuse('invalid_attendance_code', 'An attendance code has eight characters of 2-9 and A-Z without I and O; imported ones have four.'))
    constraint attendance_codes_are_unique unique,
  price_paid numeric not null default 0 constraint price_paid_in_range check (price_paid >= 0 and price_paid < 1e12 and price_paid = round(price_paid, 4)
    or ticket_private.refuse('price_out_of_range', 'A price is 0 or more, less than 1,000,000,000,000, and has at most four decimals.')),
  currency text not null default 'IDR' constraint currency_is_a_code check (currency ~ '^[A-Z]{3}$'
    or ticket_private.refuse('invalid_currency', 'Give a currency as its ISO 4217 code, such as "IDR".')),
  purchased_at timestamptz not null default now(),
  is_checked_in boolean not null default false,
  checked_in_at timestamptz,
  status ticket_service.ticket_status not null default 'pending',
  constraint checked_in_at_a_time check (is_checked_in = (checked_in_at is not null))
);
comment on table ticket_service.tickets is 'One seat at an event. pending: held while its payment goes on; active: sold. Its buyer reads it; only the server writes it.';
comment on column ticket_service.tickets.user_id is 'Null when the buyer''s account is gone.';
comment on column ticket_service.tickets.attendance_code is 'What is shown at the door. Imported codes have four characters.';
comment on column ticket_service.tickets.price_paid is 'In major units of currency, for example 150000 IDR or 12.50 EUR.';

-- Live tickets only, so that one can buy again after a refund.
create unique index if not exists one_live_ticket_each on ticket_service.tickets (user_id, event_id) where status in ('pending', 'active');
create index if not exists tickets_user_id on ticket_service.tickets (user_id, purchased_at);
create index if not exists tickets_event_id on ticket_service.tickets (event_id, status);

create or replace view ticket_private.my_tickets as
  select t.id from ticket_service.tickets t where t.user_id = (select auth.uid());
grant select on ticket_private.my_tickets to authenticated, service_role;

alter table ticket_service.tickets enable row level security;

drop policy if exists tickets_select_own on ticket_service.tickets;
create policy tickets_select_own on ticket_service.tickets for select to authenticated
  using (user_id = (select auth.uid()));

-- No writing is granted: only the server moves money, and a ticket is money.
revoke all on ticket_service.tickets from anon, authenticated;
grant select on ticket_service.tickets to authenticated;
grant all on ticket_service.tickets to service_role;

create or replace function ticket_private.tg_tickets__stamp_check_in()
returns trigger language plpgsql volatile set search_path = '' as $$
begin
  new.checked_in_at = case when new.is_checked_in then coalesce(new.checked_in_at, now()) end;
  return new;
end $$;
create or replace trigger tickets_stamp_check_in before insert or update of is_checked_in, checked_in_at on ticket_service.tickets
  for each row execute function ticket_private.tg_tickets__stamp_check_in();

create table if not exists ticket_private.event_seats (
  event_id uuid primary key,
  capacity int,
  held int not null default 0,
  sold int not null default 0,
  constraint held_and_sold_within_capacity check (capacity is null or held + sold <= capacity
    or ticket_private.refuse('sold_out', 'There are no seats left.', 409)),
  constraint seats_are_not_negative check (held >= 0 and sold >= 0)
);
comment on table ticket_private.event_seats is 'The seats of each event, exact: every pending ticket is held here, every active one sold. The lock under which they change.';
comment on column ticket_private.event_seats.capacity is 'Copy of events.max_attendees, kept by effect; null means no limit.';
alter table ticket_private.event_seats enable row level security;

-- Definer: clients may not write seats. Whoever writes a ticket, its table's owner included, takes the seat with it.
create or replace function ticket_private.tg_tickets__take_seat()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  if tg_op <> 'INSERT' and old.status in ('pending', 'active') then
    update ticket_private.event_seats set
      held = held - (old.status = 'pending')::int,
      sold = sold - (old.status = 'active')::int
    where event_id = old.event_id
      and (tg_op = 'DELETE' or new.status not in ('pending', 'active') or new.event_id <> old.event_id);
  end if;
  if tg_op <> 'DELETE' and new.status in ('pending', 'active') then
    -- A ticket that stays live moves between held and sold in one step, which needs no free seat.
    update ticket_private.event_seats set
      held = held + (new.status = 'pending')::int
        - (tg_op = 'UPDATE' and old.status = 'pending' and old.event_id = new.event_id)::int,
      sold = sold + (new.status = 'active')::int
        - (tg_op = 'UPDATE' and old.status = 'active' and old.event_id = new.event_id)::int
    where event_id = new.event_id;
    if not found then
      perform ticket_private.refuse('event_not_found', 'There is no such event.', 404);
    end if;
  end if;
  return null;
end $$;
revoke execute on function ticket_private.tg_tickets__take_seat() from public;
create or replace trigger tickets_take_seat after insert or delete or update of status, event_id on ticket_service.tickets
  for each row execute function ticket_private.tg_tickets__take_seat();

-- Effect of the event service's rows: attached to events in one database, to its replicated copy in four.
-- Definer: a host may not write seats but by changing max_attendees.
create or replace function ticket_private.tg_events__set_seats()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
declare
  already_taken int;
begin
  if tg_op = 'DELETE' then
    delete from ticket_private.event_seats where event_id = old.id;
  else
    select s.held + s.sold into already_taken from ticket_private.event_seats s where s.event_id = new.id for update;
    if new.max_attendees < already_taken then
      perform ticket_private.refuse('places_are_taken', 'More tickets than that are sold or held. Set max_attendees to their number at least.', 409);
    end if;
    insert into ticket_private.event_seats (event_id, capacity) values (new.id, new.max_attendees)
    on conflict (event_id) do update set capacity = excluded.capacity;
  end if;
  return null;
end $$;
revoke execute on function ticket_private.tg_events__set_seats() from public;

-- ticket_transactions: payments and refunds, a row each

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
  constraint refunds_name_their_payment check ((kind = 'refund') = (refund_of is not null))
);
comment on table ticket_service.ticket_transactions is 'Payments for a ticket, and refunds of them, a row each. The buyer reads them; only the server writes them.';
comment on column ticket_service.ticket_transactions.transaction_id is 'The payment provider''s id of it, once there is one.';
comment on column ticket_service.ticket_transactions.amount is 'In major units of currency.';
comment on column ticket_service.ticket_transactions.refund_of is 'The payment that a refund gives back, in whole or in part.';

create index if not exists ticket_transactions_ticket_id on ticket_service.ticket_transactions (ticket_id, created_at);
create index if not exists ticket_transactions_refund_of on ticket_service.ticket_transactions (refund_of) where refund_of is not null;

alter table ticket_service.ticket_transactions enable row level security;

drop policy if exists ticket_transactions_select_own on ticket_service.ticket_transactions;
create policy ticket_transactions_select_own on ticket_service.ticket_transactions for select to authenticated
  using (exists (select 1 from ticket_private.my_tickets t where t.id = ticket_transactions.ticket_id));

-- No writing is granted: only the server moves money.
revoke all on ticket_service.ticket_transactions from anon, authenticated;
grant select on ticket_service.ticket_transactions to authenticated;
grant all on ticket_service.ticket_transactions to service_role;

-- Definer: the server's role has no way into this schema. Under the lock of the payment, so that of two refunds at once
-- the second sees the first; not a stronger lock, which the share that refund_of's foreign key has taken would turn into
-- a circle.
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
    perform ticket_private.refuse('refund_mismatch', 'A refund is of a payment for the same ticket in the same currency.', 409);
  end if;
  if refunded > (case when payment.status in ('success', 'refunded') then payment.amount else 0 end) then
    perform ticket_private.refuse('refund_exceeds_payment', 'Refunds cannot exceed what was paid.', 409);
  end if;
  return null;
end $$;
revoke execute on function ticket_private.tg_ticket_transactions__refund_within_capture() from public;
create or replace trigger ticket_transactions_refund_within_capture
  after insert or update of amount, currency, status, kind, refund_of, ticket_id on ticket_service.ticket_transactions
  for each row execute function ticket_private.tg_ticket_transactions__refund_within_capture();

-- The journal: what money really moved. Rows are added, never changed.

create table if not exists ticket_private.journal_entries (
  id uuid primary key default gen_random_uuid(),
  ticket_id uuid not null references ticket_service.tickets (id) on delete restrict,
  transaction_id uuid references ticket_service.ticket_transactions (id) on delete restrict,
  kind ticket_private.journal_kind not null,
  amount numeric not null constraint amount_in_range check (amount > 0 and amount < 1e12),
  currency text not null constraint currency_is_a_code check (currency ~ '^[A-Z]{3}$'),
  recorded_at timestamptz not null default now()
);
comment on table ticket_private.journal_entries is 'Money that came and went for each ticket, append-only. For each ticket and currency, what went back never exceeds what came.';

create index if not exists journal_entries_ticket_id on ticket_private.journal_entries (ticket_id, currency);
create index if not exists journal_entries_transaction_id on ticket_private.journal_entries (transaction_id);

alter table ticket_private.journal_entries enable row level security;

-- Definer: it calls refuse(), whose schema the server's role may not name.
create or replace function ticket_private.tg_journal_entries__refuse_change()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  perform ticket_private.refuse('journal_is_append_only', 'The journal is only added to. Correct an entry by another one.', 409);
  return null;
end $$;
revoke execute on function ticket_private.tg_journal_entries__refuse_change() from public;
create or replace trigger journal_entries_refuse_change before update or delete on ticket_private.journal_entries
  for each row execute function ticket_private.tg_journal_entries__refuse_change();
create or replace trigger journal_entries_refuse_truncate before truncate on ticket_private.journal_entries
  for each statement execute function ticket_private.tg_journal_entries__refuse_change();

-- Definer: the server's role has no way into this schema. At commit, since entries of one transaction belong together;
-- under the ticket's lock, since two may commit at once.
create or replace function ticket_private.tg_journal_entries__balance()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
declare
  retained numeric;
begin
  perform from ticket_service.tickets t where t.id = new.ticket_id for no key update;
  select sum(case e.kind when 'captured' then e.amount when 'charge_back_returned' then e.amount else -e.amount end) into retained
  from ticket_private.journal_entries e
  where e.ticket_id = new.ticket_id and e.currency = new.currency;
  if retained < 0 then
    perform ticket_private.refuse('journal_out_of_balance', 'More would go back than was captured for this ticket.', 409);
  end if;
  return null;
end $$;
revoke execute on function ticket_private.tg_journal_entries__balance() from public;
do $$
begin
  if not exists (select from pg_catalog.pg_trigger where tgname = 'journal_entries_balance' and tgrelid = 'ticket_private.journal_entries'::regclass) then
    create constraint trigger journal_entries_balance after insert on ticket_private.journal_entries
      deferrable initially deferred for each row execute function ticket_private.tg_journal_entries__balance();
  end if;
end $$;

commit;
