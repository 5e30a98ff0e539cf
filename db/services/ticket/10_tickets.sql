-- Tickets: the table, attendance codes and derived columns. Checkout, settlement, refunds, offers and cancellations
-- change the status.

do $$
begin
  if to_regtype('ticket_service.ticket_status') is null then
    create type ticket_service.ticket_status as enum ('pending', 'active', 'cancelled', 'refunded', 'expired');
  end if;
end $$;

create or replace function ticket_private.new_attendance_code()
returns text language plpgsql volatile set search_path = '' as $$
declare
  -- 32 characters without look-alikes (no 0, O, 1, I). 32 divides 256, so a byte modulo 32 is uniform.
  alphabet constant text := '23456789ABCDEFGHJKLMNPQRSTUVWXYZ';
  -- Version 4 UUIDs come from a strong random source. Bytes 6 and 8 contain fixed bits, so they are not used.
  random bytea := uuid_send(gen_random_uuid());
  code text := '';
  place int;
begin
  foreach place in array array[0, 1, 2, 3, 4, 5, 7, 9] loop
    code := code || substr(alphabet, get_byte(random, place) % 32 + 1, 1);
  end loop;
  return code;
end $$;
comment on function ticket_private.new_attendance_code() is 'Eight random characters, one of 2^40 codes.';
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
  checked_in_by uuid,
  held_until timestamptz,
  refund_fee numeric not null default 0 constraint refund_fee_in_range check (refund_fee >= 0 and refund_fee < 1e12),
  refund_deadline timestamptz,
  event_start_time timestamptz,
  activated_at timestamptz,
  constraint checked_in_at_a_time check (is_checked_in = (checked_in_at is not null)),
  constraint held_while_pending check ((status = 'pending') = (held_until is not null))
);
comment on table ticket_service.tickets is 'One seat at an event. pending: held until it is paid for; active: sold. The buyer reads it; only the server writes it.';
comment on column ticket_service.tickets.user_id is 'Null after the buyer''s account is deleted.';
comment on column ticket_service.tickets.attendance_code is 'Shown at check-in. Imported codes have four characters.';
comment on column ticket_service.tickets.held_until is 'End of the hold of a pending ticket. Null for any other status.';
comment on column ticket_service.tickets.refund_fee is 'Fee for a refund that the buyer requests, in major units of currency, under the refund policy at purchase. After the refund: the fee that was charged.';
comment on column ticket_service.tickets.refund_deadline is 'Deadline for a refund that the buyer requests, under the refund policy at purchase. Null for the start of the event.';
comment on column ticket_service.tickets.event_start_time is 'Start of the event at purchase. If the start is changed, the buyer can get a full refund.';
comment on column ticket_service.tickets.activated_at is 'When the ticket was sold. Null if it was only held or offered.';
comment on column ticket_service.tickets.price_paid is 'In major units of currency, for example 150000 IDR or 12.50 EUR.';

-- Live tickets only, so that a person can buy again after a refund.
create unique index if not exists one_live_ticket_each on ticket_service.tickets (user_id, event_id) where status in ('pending', 'active');
create index if not exists tickets_user_id on ticket_service.tickets (user_id, purchased_at);
create index if not exists tickets_event_id on ticket_service.tickets (event_id, status);
create index if not exists tickets_held_until on ticket_service.tickets (held_until) where status = 'pending';
create index if not exists tickets_checked_in_by on ticket_service.tickets (checked_in_by) where checked_in_by is not null;

create or replace view ticket_private.my_tickets as
  select t.id, t.event_id from ticket_service.tickets t where t.user_id = (select auth.uid());
grant select on ticket_private.my_tickets to authenticated, service_role;

alter table ticket_service.tickets enable row level security;

drop policy if exists tickets_select_own on ticket_service.tickets;
create policy tickets_select_own on ticket_service.tickets for select to authenticated
  using (user_id = (select auth.uid()));

-- Writing is not granted: only the server writes tickets.
revoke all on ticket_service.tickets from anon, authenticated;
grant select on ticket_service.tickets to authenticated;
grant all on ticket_service.tickets to service_role;

-- Definer: service_role has no access to ticket_private.
create or replace function ticket_private.tg_tickets__set_derived_columns()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  new.checked_in_at = case when new.is_checked_in then coalesce(new.checked_in_at, now()) end;
  -- Deleting an account cancels its holds, and its free, unused tickets to events that are not over.
  if tg_op = 'UPDATE' and new.user_id is null and old.user_id is not null
    and (new.status = 'pending' or new.status = 'active' and new.price_paid = 0 and not new.is_checked_in
      and exists (select from event_service.events e where e.id = new.event_id and e.status in ('upcoming', 'ongoing')))
  then
    new.status = 'cancelled';
    -- Checked now, so that the provider expires the attempt and nobody pays for it.
    update ticket_private.attempts a set check_at = now() where a.ticket_id = new.id and a.state in ('creating', 'open');
  end if;
  if new.status = 'active' then
    new.activated_at = coalesce(new.activated_at, now());
  end if;
  new.held_until = case when new.status = 'pending'
    then coalesce(new.held_until, now() + ticket_private.time_to_pay() + ticket_private.time_after_payment()) end;
  return new;
end $$;
revoke execute on function ticket_private.tg_tickets__set_derived_columns() from public;
create or replace trigger tickets_set_derived_columns before insert or update of is_checked_in, checked_in_at, status, held_until, user_id on ticket_service.tickets
  for each row execute function ticket_private.tg_tickets__set_derived_columns();

create or replace function ticket_service.event(ticket_service.tickets)
returns setof ticket_service.events rows 1 language sql stable
begin atomic
  select r.* from ticket_service.events r where r.id = $1.event_id;
end;
comment on function ticket_service.event(ticket_service.tickets) is 'Relationship: tickets?select=status,event(title,start_time). Null if the caller cannot see the event.';
