-- Built by `npm run db:build` from the parts in db/services/ticket/. Edit those, not this file.
-- It builds and does not upgrade: loading it again changes nothing that exists, except functions and policies.
begin;

-- db/services/ticket/00_foundation.sql
-- Schemas, roles, and the helpers that services share: refusals and cursors.

create schema if not exists ticket_service;
create schema if not exists ticket_private;
comment on schema ticket_private is 'Not exposed over REST: definer functions, views that policies read, and internal tables.';

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

-- The planner overestimates the cost of policies and would JIT-compile queries for longer than they run.
do $$
begin
  execute format('alter database %I set jit = off', current_database());
exception when insufficient_privilege then
  raise notice 'Run this as the owner of the database: alter database % set jit = off', current_database();
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

-- If another service's file was loaded first, a table of this service exists as a stub, without constraints or
-- policies.
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

create or replace function ticket_private.refuse(code text, message text, status int default 400)
returns boolean language plpgsql volatile set search_path = '' as $$
begin
  raise sqlstate 'PGRST' using
    message = json_build_object('code', code, 'message', message, 'details', null, 'hint', null)::text,
    detail = json_build_object('status', status, 'headers', json_build_object())::text;
end $$;
comment on function ticket_private.refuse(text, text, int) is
  'Never returns: raises the error `code` (docs/errors.md) with this HTTP status. Returns boolean so that a constraint or policy can say `<rule> or refuse(…)`.';
grant execute on function ticket_private.refuse(text, text, int) to anon, authenticated, service_role;

create or replace function ticket_service.update_updated_at_column()
returns trigger language plpgsql volatile set search_path = '' as $$
begin
  new.updated_at = now();
  return new;
end $$;
comment on function ticket_service.update_updated_at_column() is 'Trigger function: sets updated_at.';

create or replace function ticket_private.write_cursor(keys jsonb)
returns text language sql immutable set search_path = '' as $$
  select translate(encode(convert_to(keys::text, 'UTF8'), 'base64'), E'+/=\n', '-_')
$$;
comment on function ticket_private.write_cursor(jsonb) is 'Encodes the sort keys of a row as an opaque cursor.';

create or replace function ticket_private.read_cursor(cursor text, kind text)
returns jsonb language plpgsql immutable set search_path = '' as $$
declare
  keys jsonb;
begin
  if cursor is null then
    return null;
  end if;
  begin
    keys := convert_from(decode(
      rpad(translate(left(cursor, 1000), '-_', '+/'), (length(left(cursor, 1000)) + 3) / 4 * 4, '='), 'base64'), 'UTF8')::jsonb;
    if keys ->> 'kind' = kind and (keys ->> 'id')::uuid is not null then
      return keys;
    end if;
  exception when data_exception or character_not_in_repertoire or untranslatable_character then
    null;
  end;
  perform ticket_private.refuse('malformed_cursor', 'This is not a cursor of this list. Start again without a cursor.');
  return null;
end $$;
comment on function ticket_private.read_cursor(text, text) is 'Decodes a cursor of this kind of list; null for the first page. Refuses any other text with malformed_cursor.';

create or replace function ticket_private.page_size(wanted int)
returns int language sql immutable set search_path = '' as $$ select least(greatest(coalesce(wanted, 20), 1), 100) $$;
comment on function ticket_private.page_size(int) is 'Rows per page: 20 by default, 100 at most.';
comment on schema ticket_service is 'Tickets and their payments. Exposed over REST.';

create or replace function ticket_private.cursor_time(keys jsonb, key text)
returns timestamptz language plpgsql stable set search_path = '' as $$
begin
  if keys is not null and (keys ->> key)::timestamptz is null then
    perform ticket_private.refuse('malformed_cursor', 'This is not a cursor of this list. Start again without a cursor.');
  end if;
  return (keys ->> key)::timestamptz;
exception when data_exception then
  perform ticket_private.refuse('malformed_cursor', 'This is not a cursor of this list. Start again without a cursor.');
  return null;
end $$;
comment on function ticket_private.cursor_time(jsonb, text) is 'Reads a timestamp from the keys of a cursor. Refuses anything else with malformed_cursor.';
-- Columns such as avatar_url hold a path in their bucket, or the URL of an imported row. Cards tell which.
create or replace function ticket_private.stored_path(file text)
returns text language sql immutable parallel safe set search_path = '' as $$ select case when file !~* '^https?://' then file end $$;
comment on function ticket_private.stored_path(text) is 'The path of an uploaded file in its bucket. Null for a URL.';
create or replace function ticket_private.stored_url(file text)
returns text language sql immutable parallel safe set search_path = '' as $$ select case when file ~* '^https?://' then file end $$;
comment on function ticket_private.stored_url(text) is 'The URL of a file of an imported row. Null for a path.';

-- db/services/ticket/05_stubs.sql
-- What this service reads of the user and event services: stubs of their tables, and the views that policies query
-- instead of them.

-- Stubs of the user service's tables. In one database `if not exists` finds the real tables; in a separate database it
-- creates local copies for logical replication to fill. Only the views below read them.
create schema if not exists user_service;

create table if not exists user_service.profiles (
  id uuid primary key,
  username text not null,
  name text,
  avatar_url text,
  is_verified boolean not null default false,
  is_private boolean not null default false,
  shows_attendance boolean not null default true
);
create table if not exists user_service.follows (
  id uuid primary key default gen_random_uuid(),
  follower_id uuid not null,
  following_id uuid not null,
  constraint follows_are_unique unique (follower_id, following_id)
);
create unique index if not exists follows_following_id_follower_id on user_service.follows (following_id, follower_id);
create table if not exists user_service.blocks (
  id uuid primary key default gen_random_uuid(),
  blocker_id uuid not null,
  blocked_id uuid not null,
  constraint blocks_are_unique unique (blocker_id, blocked_id)
);
create unique index if not exists blocks_blocked_id_blocker_id on user_service.blocks (blocked_id, blocker_id);
create table if not exists user_service.invitations (
  id uuid primary key default gen_random_uuid(),
  inviter_id uuid not null,
  invitee_id uuid not null,
  event_id uuid not null
);
create index if not exists invitations_invitee_id on user_service.invitations (invitee_id, event_id);

-- No policy and no grant: clients cannot read stubs.
do $$
declare
  stub text;
begin
  foreach stub in array array['user_service.profiles', 'user_service.follows', 'user_service.blocks', 'user_service.invitations'] loop
    execute format('alter table %s enable row level security', stub);
    if obj_description(stub::regclass, 'pg_class') is null then
      execute format('comment on table %s is %L', stub, 'Stub of another service''s table, filled by replication.');
    end if;
  end loop;
end $$;
create or replace view ticket_private.me as
  select p.id from user_service.profiles p where p.id = (select auth.uid());
comment on view ticket_private.me is 'The caller, if their account still exists. A token can be valid after its account is deleted.';

create or replace view ticket_private.my_mutuals as
  select f.following_id as user_id
  from user_service.follows f
  where f.follower_id = (select auth.uid())
    and exists (select 1 from user_service.follows b where b.follower_id = f.following_id and b.following_id = (select auth.uid()));

create or replace view ticket_private.my_blocks as
  select b.blocked_id as user_id from user_service.blocks b where b.blocker_id = (select auth.uid())
  union all
  select b.blocker_id from user_service.blocks b where b.blocked_id = (select auth.uid());
comment on view ticket_private.my_blocks is 'Everyone whom the caller has blocked or who has blocked the caller.';
create or replace view ticket_private.visible_people as
  select p.id, p.username, p.name, p.avatar_url, p.is_verified, p.is_private, p.shows_attendance
  from user_service.profiles p
  where p.id = (select auth.uid())
    or (not p.is_private or exists (select 1 from ticket_private.my_mutuals m where m.user_id = p.id))
      and not exists (select 1 from ticket_private.my_blocks b where b.user_id = p.id);
comment on view ticket_private.visible_people is 'The people whom the caller sees.';

create or replace function ticket_private.describe_person(id uuid, username text, name text, avatar_url text, is_verified boolean)
returns jsonb language sql immutable parallel safe set search_path = '' as $$
  select case when id is not null then jsonb_build_object('id', id, 'username', username, 'name', name,
    'avatar_path', ticket_private.stored_path(avatar_url), 'avatar_url', ticket_private.stored_url(avatar_url), 'is_verified', is_verified) end
$$;
comment on function ticket_private.describe_person(uuid, text, text, text, boolean) is 'A person on a card: {id, username, name, avatar_path, avatar_url, is_verified}. Null without an id.';
-- Stubs of the event service's tables, and visible_events with the predicate of its policies.
create schema if not exists event_service;
create table if not exists event_service.events (
  id uuid primary key, host_id uuid, title text not null, start_time timestamptz not null, end_time timestamptz not null, location_name text, max_attendees int, price numeric not null, currency text not null, status text not null, privacy text not null, ticketing_enabled boolean not null
);
create table if not exists event_service.event_attendees (
  id uuid primary key default gen_random_uuid(),
  event_id uuid not null,
  user_id uuid not null,
  status text not null,
  constraint attendance_is_unique unique (event_id, user_id)
);

-- No policy and no grant: clients cannot read stubs.
do $$
declare
  stub text;
begin
  foreach stub in array array['event_service.events', 'event_service.event_attendees'] loop
    execute format('alter table %s enable row level security', stub);
    if obj_description(stub::regclass, 'pg_class') is null then
      execute format('comment on table %s is %L', stub, 'Stub of another service''s table, filled by replication.');
    end if;
  end loop;
end $$;
create or replace view ticket_private.visible_events as
  select e.id, e.host_id, e.title, e.start_time, e.end_time, e.location_name, e.price, e.currency, e.status::text as status, e.privacy::text as privacy, e.ticketing_enabled
  from event_service.events e
  where e.host_id = (select auth.uid())
    or (e.privacy = 'public'
      or e.privacy = 'friends_only' and exists (select 1 from ticket_private.my_mutuals m where m.user_id = e.host_id)
      or e.privacy = 'private' and (
        exists (select 1 from event_service.event_attendees a
          where a.event_id = e.id and a.user_id = (select auth.uid()) and a.status <> 'cancelled')
        or exists (select 1 from user_service.invitations i where i.event_id = e.id and i.invitee_id = (select auth.uid()))))
      and not exists (select 1 from ticket_private.my_blocks b where b.user_id = e.host_id);
comment on view ticket_private.visible_events is 'The events that the caller sees.';
create or replace view ticket_private.my_events as
  select e.id from event_service.events e where e.host_id = (select auth.uid());
comment on view ticket_private.my_events is 'The events that the caller hosts.';

grant select on ticket_private.me, ticket_private.my_mutuals, ticket_private.my_blocks, ticket_private.visible_people,
  ticket_private.visible_events, ticket_private.my_events to authenticated, service_role;

-- Security barriers, because clients filter these views: otherwise a filter that raises an error could run on hidden
-- rows.
create or replace view ticket_service.people with (security_invoker = true, security_barrier = true) as
  select p.id, p.username, p.name, p.avatar_url, p.is_verified from ticket_private.visible_people p;
create or replace view ticket_service.events with (security_invoker = true, security_barrier = true) as
  select e.id, e.host_id, e.title, e.start_time, e.end_time, e.location_name, e.price, e.currency, e.status, e.privacy from ticket_private.visible_events e;
comment on view ticket_service.people is 'The people whom the caller sees, for embedding: event_staff?select=person(username,avatar_url).';
comment on view ticket_service.events is 'The events that the caller sees, for embedding: tickets?select=status,event(title,start_time).';
revoke all on ticket_service.people, ticket_service.events from anon, authenticated;
grant select on ticket_service.people, ticket_service.events to authenticated, service_role;

-- Edge functions call with the service key on behalf of a person, so auth.uid() is set to that person for the look-up.
create or replace function ticket_private.sees_event(person uuid, event uuid)
returns boolean language plpgsql volatile security definer set search_path = '' as $$
declare
  claims text := coalesce(current_setting('request.jwt.claims', true), '');
  -- auth.uid() of Supabase looks here first.
  subject text := coalesce(current_setting('request.jwt.claim.sub', true), '');
  sees boolean;
begin
  perform set_config('request.jwt.claims', json_build_object('sub', person)::text, true), set_config('request.jwt.claim.sub', person::text, true);
  sees := exists (select 1 from ticket_private.me) and exists (select 1 from ticket_private.visible_events e where e.id = event);
  perform set_config('request.jwt.claims', claims, true), set_config('request.jwt.claim.sub', subject, true);
  return sees;
end $$;
comment on function ticket_private.sees_event(uuid, uuid) is 'Whether this person has an account and sees the event.';
revoke execute on function ticket_private.sees_event(uuid, uuid) from public;

-- db/services/ticket/10_tickets.sql
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

-- db/services/ticket/11_event_seats.sql
-- Seats: how many each event has, holds and has sold. Triggers on tickets keep them up to date. Uses waitlist.

create table if not exists ticket_private.event_seats (
  event_id uuid primary key,
  capacity int,
  held int not null default 0,
  sold int not null default 0,
  constraint held_and_sold_within_capacity check (capacity is null or held + sold <= capacity
    or ticket_private.refuse('sold_out', 'There are no seats left.', 409)),
  constraint seats_are_not_negative check (held >= 0 and sold >= 0)
);
comment on table ticket_private.event_seats is 'Exact number of seats of each event: one held for every pending ticket, one sold for every active ticket. Locking this row serializes sales.';
comment on column ticket_private.event_seats.capacity is 'Copy of events.max_attendees. Null for no limit.';
alter table ticket_private.event_seats enable row level security;

-- Definer: clients may not write seats. Runs for every change of tickets. A freed seat is offered to the waiting list.
create or replace function ticket_private.tg_tickets__claim_seat()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  if tg_op <> 'INSERT' and old.status in ('pending', 'active') then
    update ticket_private.event_seats set
      held = held - (old.status = 'pending')::int,
      sold = sold - (old.status = 'active')::int
    where event_id = old.event_id
      and (tg_op = 'DELETE' or new.status not in ('pending', 'active') or new.event_id <> old.event_id);
    if found then
      perform ticket_private.offer_seats(old.event_id);
    end if;
  end if;
  if tg_op <> 'DELETE' and new.status in ('pending', 'active') then
    -- A ticket that stays live moves between held and sold in one update, which needs no free seat.
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
revoke execute on function ticket_private.tg_tickets__claim_seat() from public;
-- Triggers fire in the order of their names: the seat is locked before attendance and capacity.
create or replace trigger tickets_claim_seat after insert or delete or update of status, event_id, user_id on ticket_service.tickets
  for each row execute function ticket_private.tg_tickets__claim_seat();

-- Effect of event_service.events. Definer: hosts may change seats only through max_attendees.
create or replace function ticket_private.tg_events__allot_seats()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
declare
  already_taken int;
begin
  if tg_op = 'DELETE' then
    delete from ticket_private.event_seats where event_id = old.id;
    delete from ticket_service.waitlist_entries w
    where w.id in (select l.id from ticket_service.waitlist_entries l where l.event_id = old.id for update skip locked);
    delete from ticket_service.event_staff where event_id = old.id;
    delete from ticket_service.refund_policies where event_id = old.id;
  else
    select s.held + s.sold into already_taken from ticket_private.event_seats s where s.event_id = new.id for update;
    if new.max_attendees < already_taken then
      perform ticket_private.refuse('places_are_taken', 'max_attendees cannot be lower than the number of tickets sold or held.', 409);
    end if;
    insert into ticket_private.event_seats (event_id, capacity) values (new.id, new.max_attendees)
    on conflict (event_id) do update set capacity = excluded.capacity;
    perform ticket_private.offer_seats(new.id);
  end if;
  return null;
end $$;
revoke execute on function ticket_private.tg_events__allot_seats() from public;

-- Effect of event_service.events. Definer: hosts may not read seats.
create or replace function ticket_private.tg_events__refuse_ticketing_change()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  perform from ticket_private.event_seats s where s.event_id = new.id for update;
  if exists (select from ticket_service.tickets t where t.event_id = new.id and t.status in ('pending', 'active')) then
    perform ticket_private.refuse('has_attendees', 'Ticketing cannot be switched on or off once people have joined.', 409);
  end if;
  return new;
end $$;
revoke execute on function ticket_private.tg_events__refuse_ticketing_change() from public;

create or replace function ticket_private.is_full(event uuid)
returns boolean language plpgsql volatile set search_path = '' as $$
begin
  return exists (select from ticket_private.event_seats s where s.event_id = is_full.event and s.held + s.sold >= s.capacity);
end $$;
revoke execute on function ticket_private.is_full(uuid) from public;

-- db/services/ticket/12_waitlist.sql
-- The waiting list of a sold-out event, and the offers made to it. Uses event_seats and holds.

create table if not exists ticket_service.waitlist_entries (
  id uuid primary key default gen_random_uuid(),
  event_id uuid not null,
  user_id uuid not null,
  joined_at timestamptz not null default clock_timestamp(),
  constraint waitlist_entries_are_unique unique (event_id, user_id)
);
comment on table ticket_service.waitlist_entries is 'People who wait for a seat at a sold-out event, first come, first served. The entry is deleted when a seat is offered, as a pending ticket valid until held_until.';

create index if not exists waitlist_entries_event_id on ticket_service.waitlist_entries (event_id, joined_at, id);
create index if not exists waitlist_entries_user_id on ticket_service.waitlist_entries (user_id);

alter table ticket_service.waitlist_entries enable row level security;

drop policy if exists waitlist_entries_select_own on ticket_service.waitlist_entries;
create policy waitlist_entries_select_own on ticket_service.waitlist_entries for select to authenticated
  using (user_id = (select auth.uid()));

-- Writing is not granted: join_waitlist() checks under the lock of event_seats that no seat is free.
revoke all on ticket_service.waitlist_entries from anon, authenticated;
grant select on ticket_service.waitlist_entries to authenticated;
grant all on ticket_service.waitlist_entries to service_role;

-- Definer: clients may not write tickets. Requires event_seats to be locked. An offer is a pending ticket.
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
  -- A hundred at most, because other buyers wait for the lock. offer_free_seats() continues.
  for number in 1..100 loop
    exit when ticket_private.is_full(event);
    -- Entries of accounts that are being deleted (profile locked) are skipped.
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
comment on function ticket_private.offer_seats(uuid) is 'Offers the free seats of an event to the first people on its waiting list, as pending tickets for two hours.';
revoke execute on function ticket_private.offer_seats(uuid) from public;

-- Definer: clients may not write tickets. Offers what offer_seats() left: skipped entries, and those beyond its limit.
-- The recursive query reads one index entry per event.
create or replace function ticket_private.offer_free_seats(batch int default 50)
returns void language plpgsql volatile security definer set search_path = '' as $$
declare
  wanted uuid[] := array(
    with recursive events as (
      (select w.event_id as id from ticket_service.waitlist_entries w order by w.event_id limit 1)
      union all
      select (select w.event_id from ticket_service.waitlist_entries w where w.event_id > e.id order by w.event_id limit 1)
      from events e where e.id is not null)
    select e.id from events e where e.id is not null);
  open uuid[] := array(
    select e.id from event_service.events e where e.id = any (wanted) and e.status in ('upcoming', 'ongoing') and e.ticketing_enabled);
  waiting uuid[] := array(
    select s.event_id from ticket_private.event_seats s
    where s.event_id = any (open) and (s.capacity is null or s.held + s.sold < s.capacity) order by s.event_id limit batch);
  event uuid;
begin
  perform from ticket_private.event_seats s where s.event_id = any (waiting) order by s.event_id for update;
  foreach event in array waiting loop
    perform ticket_private.offer_seats(event);
  end loop;
  -- Entries for events that are over.
  delete from ticket_service.waitlist_entries w
  where w.id in (
    select l.id from ticket_service.waitlist_entries l
    where l.event_id = any (wanted) and l.event_id <> all (open) limit 1000 for update skip locked);
end $$;
comment on function ticket_private.offer_free_seats(int) is 'Offers free seats of all events with a waiting list. To be run every second.';
revoke execute on function ticket_private.offer_free_seats(int) from public;


-- Definer: clients may not write waitlist_entries. Locks event_seats, so that no seat is freed between the check and
-- the insert.
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
  if exists (select from ticket_service.tickets t where t.user_id = asker and t.event_id = join_waitlist.event_id and t.status = 'active') then
    perform ticket_private.refuse('already_has_ticket', 'You already have a ticket to this event.', 409);
  elsif exists (select from ticket_service.tickets t where t.user_id = asker and t.event_id = join_waitlist.event_id and t.status = 'pending' and t.held_until > now()) then
    return 0;
  end if;
  perform ticket_private.require_holds_left(asker, join_waitlist.event_id);
  -- Locks the entry before the seats, in the same order as a checkout.
  perform from ticket_service.waitlist_entries w where w.event_id = join_waitlist.event_id and w.user_id = asker for update;
  perform ticket_private.expire_holds(500, join_waitlist.event_id);
  perform from ticket_private.event_seats s where s.event_id = join_waitlist.event_id for update;
  if exists (select from ticket_service.tickets t where t.user_id = asker and t.event_id = join_waitlist.event_id and t.status in ('pending', 'active')) then
    -- The person was on the waiting list and has just been offered a seat.
    return 0;
  end if;
  if not ticket_private.is_full(join_waitlist.event_id) then
    perform ticket_private.refuse('seats_available', 'Seats are available. Buy a ticket instead.', 409);
  end if;
  insert into ticket_service.waitlist_entries (event_id, user_id) values (join_waitlist.event_id, asker) on conflict do nothing;
  return (
    select count(*) from ticket_service.waitlist_entries w
    join ticket_service.waitlist_entries mine on mine.event_id = w.event_id and mine.user_id = asker
    where w.event_id = join_waitlist.event_id and (w.joined_at, w.id) <= (mine.joined_at, mine.id));
end $$;
revoke execute on function ticket_private.join_waitlist(uuid) from public;
grant execute on function ticket_private.join_waitlist(uuid) to authenticated, service_role;

create or replace function ticket_service.join_waitlist(event_id uuid)
returns int language sql volatile security invoker set search_path = ''
begin atomic
  select ticket_private.join_waitlist(event_id);
end;
comment on function ticket_service.join_waitlist(uuid) is
  'Joins the waiting list of a sold-out event. Returns the place, 1 being next, or 0 if a seat is held for or offered to the caller: a pending ticket that can be checked out until held_until.';

-- Definer: clients may not write waitlist_entries.
create or replace function ticket_private.leave_waitlist(event_id uuid)
returns boolean language plpgsql volatile security definer set search_path = '' as $$
begin
  delete from ticket_service.waitlist_entries w where w.event_id = leave_waitlist.event_id and w.user_id = (select auth.uid());
  return found;
end $$;
revoke execute on function ticket_private.leave_waitlist(uuid) from public;
grant execute on function ticket_private.leave_waitlist(uuid) to authenticated, service_role;

create or replace function ticket_service.leave_waitlist(event_id uuid)
returns boolean language sql volatile security invoker set search_path = ''
begin atomic
  select ticket_private.leave_waitlist(event_id);
end;
comment on function ticket_service.leave_waitlist(uuid) is 'Leaves the waiting list. Returns whether the caller was on it.';
revoke execute on function ticket_service.join_waitlist(uuid), ticket_service.leave_waitlist(uuid) from public, anon;
grant execute on function ticket_service.join_waitlist(uuid), ticket_service.leave_waitlist(uuid) to authenticated, service_role;

create or replace function ticket_service.event(ticket_service.waitlist_entries)
returns setof ticket_service.events rows 1 language sql stable
begin atomic
  select r.* from ticket_service.events r where r.id = $1.event_id;
end;
comment on function ticket_service.event(ticket_service.waitlist_entries) is 'Relationship: waitlist_entries?select=joined_at,event(title,start_time). Null if the caller cannot see the event.';

-- db/services/ticket/13_refund_policies.sql
-- Refund policies of hosts, and the current terms of sale.

do $$
begin
  if to_regtype('ticket_private.ticket_terms') is null then
    create type ticket_private.ticket_terms as (
      title text, price numeric, currency text, start_time timestamptz, refund_fee numeric, refund_deadline timestamptz);
  end if;
end $$;


create table if not exists ticket_service.refund_policies (
  id uuid primary key default gen_random_uuid(),
  event_id uuid not null constraint one_policy_for_each_event unique,
  fee_fixed numeric not null default 0 constraint fee_fixed_in_range check (fee_fixed >= 0 and fee_fixed < 1e12 and fee_fixed = round(fee_fixed, 4)
    or ticket_private.refuse('price_out_of_range', 'A price is 0 or more, less than 1,000,000,000,000, and has at most four decimals.')),
  fee_percent numeric not null default 0 constraint fee_percent_in_range check (fee_percent between 0 and 100
    or ticket_private.refuse('fee_out_of_range', 'A percentage is between 0 and 100.')),
  closes_hours_before int not null default 24 constraint closes_hours_before_in_range check (closes_hours_before between 0 and 8760
    or ticket_private.refuse('deadline_out_of_range', 'closes_hours_before is between 0 and 8,760.')),
  updated_at timestamptz not null default now(),
  constraint one_kind_of_fee check (fee_fixed = 0 or fee_percent = 0
    or ticket_private.refuse('two_fees', 'Give a fixed fee or a percentage, not both.'))
);
comment on table ticket_service.refund_policies is 'Fee and deadline of refunds that a buyer requests. A ticket keeps the policy of its purchase. Without a row: no fee, until 24 hours before the start.';
comment on column ticket_service.refund_policies.fee_fixed is 'Fee for each refund, in major units of the event''s currency.';
comment on column ticket_service.refund_policies.fee_percent is 'Fee for each refund, in percent of the price.';
comment on column ticket_service.refund_policies.closes_hours_before is 'Refunds end this many hours before the start.';

alter table ticket_service.refund_policies enable row level security;

drop policy if exists refund_policies_select_visible on ticket_service.refund_policies;
create policy refund_policies_select_visible on ticket_service.refund_policies for select to authenticated
  using (exists (select 1 from ticket_private.visible_events e where e.id = refund_policies.event_id));
drop policy if exists refund_policies_insert_host on ticket_service.refund_policies;
create policy refund_policies_insert_host on ticket_service.refund_policies for insert to authenticated
  with check (
    (exists (select 1 from ticket_private.me)
      or ticket_private.refuse('account_gone', 'This account no longer exists. Sign in again.', 401))
    and (exists (select 1 from ticket_private.my_events e where e.id = refund_policies.event_id)
      or ticket_private.refuse('event_not_found', 'You have no such event.', 404)));
drop policy if exists refund_policies_update_host on ticket_service.refund_policies;
create policy refund_policies_update_host on ticket_service.refund_policies for update to authenticated
  using (exists (select 1 from ticket_private.my_events e where e.id = refund_policies.event_id))
  with check (exists (select 1 from ticket_private.my_events e where e.id = refund_policies.event_id));
drop policy if exists refund_policies_delete_host on ticket_service.refund_policies;
create policy refund_policies_delete_host on ticket_service.refund_policies for delete to authenticated
  using (exists (select 1 from ticket_private.my_events e where e.id = refund_policies.event_id));

revoke all on ticket_service.refund_policies from anon, authenticated;
grant select, delete on ticket_service.refund_policies to authenticated;
grant insert (event_id, fee_fixed, fee_percent, closes_hours_before) on ticket_service.refund_policies to authenticated;
grant update (event_id, fee_fixed, fee_percent, closes_hours_before) on ticket_service.refund_policies to authenticated;
grant all on ticket_service.refund_policies to service_role;

create or replace trigger refund_policies_updated_at before update on ticket_service.refund_policies
  for each row execute function ticket_service.update_updated_at_column();


create or replace function ticket_private.currency_decimals(currency text)
returns int language plpgsql immutable parallel safe set search_path = '' as $$
begin
  -- Payments in IDR use no decimals. The other currencies listed have no minor unit.
  return case when currency in ('IDR', 'BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'MGA', 'PYG', 'RWF', 'UGX', 'VND', 'VUV', 'XAF', 'XOF', 'XPF')
    then 0 else 2 end;
end $$;
comment on function ticket_private.currency_decimals(text) is 'Number of decimals in payments in this currency.';
revoke execute on function ticket_private.currency_decimals(text) from public;

create or replace function ticket_private.get_terms(event uuid)
returns ticket_private.ticket_terms language plpgsql stable set search_path = '' as $$
declare
  terms ticket_private.ticket_terms;
begin
  select e.title, e.price, e.currency, e.start_time,
    least(e.price, round(coalesce(p.fee_fixed + e.price * p.fee_percent / 100, 0), ticket_private.currency_decimals(e.currency))),
    e.start_time - make_interval(hours => coalesce(p.closes_hours_before, 24))
  into terms
  from event_service.events e left join ticket_service.refund_policies p on p.event_id = e.id
  where e.id = event;
  return terms;
end $$;
comment on function ticket_private.get_terms(uuid) is 'Current price and refund terms of a ticket to this event.';
revoke execute on function ticket_private.get_terms(uuid) from public;

-- db/services/ticket/20_ticket_transactions.sql
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

-- db/services/ticket/21_payments.sql
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

-- db/services/ticket/22_journal.sql
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

-- db/services/ticket/30_idempotency_keys.sql
-- Idempotency keys: a repeated request returns the first answer.

create table if not exists ticket_private.idempotency_keys (
  user_id uuid not null,
  function text not null,
  key text not null constraint key_is_bounded check (length(key) between 1 and 255
    or ticket_private.refuse('invalid_idempotency_key', 'An Idempotency-Key has 1 to 255 characters.')),
  request_hash text not null,
  locked_until timestamptz,
  status int,
  answer jsonb,
  created_at timestamptz not null default now(),
  constraint idempotency_keys_are_unique primary key (user_id, function, key),
  constraint answered_with_a_status check ((status is null) = (answer is null))
);
comment on table ticket_private.idempotency_keys is 'First answers of requests, kept for a week. A request without an answer is in progress until locked_until; after that, a retry resumes it.';
create index if not exists idempotency_keys_created_at on ticket_private.idempotency_keys (created_at);
alter table ticket_private.idempotency_keys enable row level security;

create or replace function ticket_private.claim_key(person uuid, function text, idempotency_key text, request_hash text)
returns jsonb language plpgsql volatile set search_path = '' as $$
declare
  known ticket_private.idempotency_keys;
begin
  insert into ticket_private.idempotency_keys as k (user_id, function, key, request_hash, locked_until)
  values (person, claim_key.function, idempotency_key, claim_key.request_hash, now() + interval '1 minute')
  on conflict on constraint idempotency_keys_are_unique do update set locked_until = now() + interval '1 minute'
    where k.answer is null and k.locked_until <= now() and k.request_hash = excluded.request_hash;
  if found then
    return null;
  end if;
  select * into known from ticket_private.idempotency_keys k
  where k.user_id = person and k.function = claim_key.function and k.key = idempotency_key;
  if known.request_hash <> claim_key.request_hash then
    perform ticket_private.refuse('idempotency_key_reused', 'This Idempotency-Key was used for another request. Send a new key with a new request.', 422);
  elsif known.answer is null then
    perform ticket_private.refuse('request_in_progress', 'The first request with this Idempotency-Key is in progress. Try again in a moment.', 409);
  end if;
  return jsonb_build_object('next', 'answer', 'status', known.status, 'answer', known.answer);
end $$;
comment on function ticket_private.claim_key(uuid, text, text, text) is
  'Returns null if the request is to be processed, otherwise its stored answer. Refuses a key reused for another request, and a request in progress.';
revoke execute on function ticket_private.claim_key(uuid, text, text, text) from public;

create or replace function ticket_private.store_answer(
  person uuid, function text, idempotency_key text, status int, answer jsonb, is_better boolean default false)
returns jsonb language plpgsql volatile set search_path = '' as $$
declare
  kept record;
begin
  update ticket_private.idempotency_keys k
  set status = store_answer.status, answer = store_answer.answer, locked_until = null
  where k.user_id = person and k.function = store_answer.function and k.key = idempotency_key and (is_better or k.answer is null);
  if not found then
    select k.status, k.answer into kept from ticket_private.idempotency_keys k
    where k.user_id = person and k.function = store_answer.function and k.key = idempotency_key;
    if found then
      return jsonb_build_object('next', 'answer', 'status', kept.status, 'answer', kept.answer);
    end if;
  end if;
  return jsonb_build_object('next', 'answer', 'status', status, 'answer', answer);
end $$;
comment on function ticket_private.store_answer(uuid, text, text, int, jsonb, boolean) is
  'Stores the first answer of a request, and returns the stored one as {next: answer, status, answer}. is_better: replaces the stored answer.';
revoke execute on function ticket_private.store_answer(uuid, text, text, int, jsonb, boolean) from public;

create or replace function ticket_private.store_refusal(person uuid, function text, idempotency_key text, message text, detail text)
returns jsonb language plpgsql volatile set search_path = '' as $$
declare
  refusal jsonb := message::jsonb;
  status int := (detail::jsonb ->> 'status')::int;
begin
  if refusal ->> 'code' = 'request_in_progress' then
    -- Not an answer of this request: the client has to repeat it.
    raise sqlstate 'PGRST' using message = message, detail = detail;
  end if;
  return ticket_private.store_answer(person, function, idempotency_key, status,
    jsonb_build_object('error', jsonb_build_object('code', refusal -> 'code', 'message', refusal -> 'message')));
end $$;
comment on function ticket_private.store_refusal(uuid, text, text, text, text) is
  'Stores a refusal as the answer of a request that was rolled back. message and detail are those raised by refuse().';
revoke execute on function ticket_private.store_refusal(uuid, text, text, text, text) from public;

create or replace function ticket_private.lock_key(person uuid, function text, idempotency_key text)
returns void language plpgsql volatile set search_path = '' as $$
begin
  perform from ticket_private.idempotency_keys k
  where k.user_id = person and k.function = lock_key.function and k.key = idempotency_key for update;
end $$;
comment on function ticket_private.lock_key(uuid, text, text) is 'Locks the idempotency key before tickets and attempts, in the locking order.';
revoke execute on function ticket_private.lock_key(uuid, text, text) from public;

create or replace function ticket_private.refuse_in_progress()
returns void language plpgsql stable set search_path = '' as $$
begin
  perform ticket_private.refuse('request_in_progress', 'Another request of yours for this ticket is in progress. Try again in a moment.', 409);
end $$;
revoke execute on function ticket_private.refuse_in_progress() from public;

-- db/services/ticket/31_holds.sql
-- Holds: how long a seat is held for a buyer, and how often. Uses event_seats.

create or replace function ticket_private.time_to_pay()
returns interval language sql immutable parallel safe set search_path = '' as $$ select interval '35 minutes' $$;
comment on function ticket_private.time_to_pay() is 'How long a provider accepts payment for an attempt. Stripe requires thirty minutes; five more allow a retry.';
revoke execute on function ticket_private.time_to_pay() from public;
create or replace function ticket_private.time_after_payment()
returns interval language sql immutable parallel safe set search_path = '' as $$ select interval '10 minutes' $$;
comment on function ticket_private.time_after_payment() is 'How much longer the seat is held than the provider accepts payment.';
revoke execute on function ticket_private.time_after_payment() from public;

-- A payment reported after this is settled as a late payment (41_settlement.sql).
create or replace function ticket_private.expire_holds(batch int default 500, event uuid default null)
returns int language plpgsql volatile security definer set search_path = '' as $$
declare
  due uuid[] := array(
    select t.id from ticket_service.tickets t
    where t.status = 'pending' and t.held_until <= now() and (expire_holds.event is null or t.event_id = expire_holds.event)
    order by t.held_until limit batch for no key update skip locked);
begin
  -- Seats of several events are locked in the order of events.
  perform from ticket_private.event_seats s
  where s.event_id in (select t.event_id from ticket_service.tickets t where t.id = any (due)) order by s.event_id for update;
  update ticket_service.tickets t set status = 'expired' where t.id = any (due);
  return cardinality(due);
end $$;
comment on function ticket_private.expire_holds(int, uuid) is 'Expires holds and offers past held_until, of all events or one. Returns how many.';
revoke execute on function ticket_private.expire_holds(int, uuid) from public;

create or replace function ticket_private.require_open(event uuid)
returns void language plpgsql volatile set search_path = '' as $$
begin
  if not exists (select from event_service.events e where e.id = event and e.status in ('upcoming', 'ongoing') and e.end_time > now()) then
    perform ticket_private.refuse('event_not_open', 'This event is over or cancelled.', 409);
  elsif not exists (select from event_service.events e where e.id = event and e.ticketing_enabled) then
    perform ticket_private.refuse('no_ticket_needed', 'This event is not ticketed. Join it instead.', 409);
  end if;
end $$;
comment on function ticket_private.require_open(uuid) is 'Refuses an event that is over, cancelled or not ticketed.';
revoke execute on function ticket_private.require_open(uuid) from public;

create or replace function ticket_private.lock_tickets(person uuid, event uuid, ticket uuid)
returns void language plpgsql volatile set search_path = '' as $$
begin
  perform from ticket_service.tickets t
  where t.id in (select ticket union all select o.id from ticket_service.tickets o where o.user_id = person and o.event_id = event)
  order by t.id for no key update;
end $$;
comment on function ticket_private.lock_tickets(uuid, uuid, uuid) is
  'Locks a ticket, or all tickets of this person to this event: a late payment may reactivate one while its buyer starts another checkout.';
revoke execute on function ticket_private.lock_tickets(uuid, uuid, uuid) from public;

-- Locks event_seats, as a cancellation does, so that no ticket is sold after the event is cancelled.
create or replace function ticket_private.require_still_open(event uuid)
returns void language plpgsql volatile set search_path = '' as $$
begin
  perform from ticket_private.event_seats s where s.event_id = event for update;
  perform ticket_private.require_open(event);
end $$;
revoke execute on function ticket_private.require_still_open(uuid) from public;

-- Prevents holding seats indefinitely without paying. Offers count too. A higher limit applies to holds for which the
-- buyer never got a checkout page, for example because the provider failed.
create or replace function ticket_private.require_holds_left(person uuid, event uuid)
returns void language plpgsql volatile set search_path = '' as $$
declare
  ended record;
begin
  select count(*) as holds,
    count(*) filter (where exists (select from ticket_private.attempts a where a.ticket_id = t.id and a.checkout_url is not null)
      or not exists (select from ticket_private.attempts a where a.ticket_id = t.id and a.started_at = t.purchased_at)) as kept
  into ended
  from ticket_service.tickets t
  where t.user_id = person and t.event_id = event and t.purchased_at > now() - interval '1 day'
    and t.status in ('cancelled', 'expired') and t.activated_at is null;
  if ended.kept >= 5 or ended.holds >= 20 then
    perform ticket_private.refuse('too_many_holds', 'You have held a seat at this event too often today without buying a ticket. Try again tomorrow.', 429);
  end if;
end $$;
comment on function ticket_private.require_holds_left(uuid, uuid) is 'Refuses a hold after five unused holds or offers at this event within a day, or twenty including those without a checkout page.';
revoke execute on function ticket_private.require_holds_left(uuid, uuid) from public;

create or replace function ticket_private.is_offer(ticket ticket_service.tickets)
returns boolean language sql stable
begin atomic
  select $1.status = 'pending' and not exists (select 1 from ticket_private.attempts a where a.ticket_id = $1.id);
end;
comment on function ticket_private.is_offer(ticket_service.tickets) is 'Whether a ticket is a seat offered to the waiting list, for which no checkout has begun.';
revoke execute on function ticket_private.is_offer(ticket_service.tickets) from public;

-- db/services/ticket/32_checkout.sql
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

-- db/services/ticket/40_notices.sql
-- Notices: what a provider reports about an attempt, as facts that are only added.

create or replace function ticket_private.record_facts(attempt ticket_private.attempts, facts jsonb)
returns void language plpgsql volatile set search_path = '' as $$
declare
  fact jsonb;
  known uuid;
begin
  for fact in select * from jsonb_array_elements(facts -> 'payments') loop
    insert into ticket_private.payments as p (provider, provider_id, attempt_id, ticket_id, state, amount, currency, method)
    values (attempt.provider, fact ->> 'id', attempt.id, attempt.ticket_id, (fact ->> 'state')::ticket_private.payment_state,
      (fact ->> 'amount')::numeric, upper(fact ->> 'currency'), fact ->> 'method')
    on conflict (provider, provider_id) do update
    set state = greatest(p.state, excluded.state),
      -- Once paid, the amount is fixed; earlier notices may have reported another.
      amount = case when p.state >= 'paid' then p.amount else coalesce(excluded.amount, p.amount) end,
      currency = case when p.state >= 'paid' then p.currency else coalesce(excluded.currency, p.currency) end,
      method = coalesce(p.method, excluded.method)
    where p.state < 'paid' or excluded.state > p.state;
  end loop;
  for fact in select * from jsonb_array_elements(facts -> 'refunds') loop
    select r.id into known from ticket_private.refunds r
    where r.attempt_id = attempt.id and (r.id::text = fact ->> 'our_id' or r.provider = attempt.provider and r.provider_id = fact ->> 'id')
    order by r.id::text = fact ->> 'our_id' desc limit 1;
    if known is not null then
      update ticket_private.refunds r
      set state = greatest(r.state, (fact ->> 'state')::ticket_private.refund_state), provider_id = coalesce(r.provider_id, fact ->> 'id'),
        has_succeeded = r.has_succeeded or fact ->> 'state' = 'succeeded',
        -- An overtaken refund that succeeded and then bounced is owed again.
        is_overtaken = r.is_overtaken and not (r.state = 'succeeded' and fact ->> 'state' in ('failed', 'cancelled')),
        problem = coalesce(fact ->> 'problem', r.problem)
      where r.id = known;
    else
      -- Not requested by us: the refund was made at the provider.
      insert into ticket_private.refunds (ticket_id, attempt_id, provider, payment_provider_id, provider_id, amount, currency, origin, state, has_succeeded)
      values (attempt.ticket_id, attempt.id, attempt.provider, fact ->> 'payment_id', fact ->> 'id', (fact ->> 'amount')::numeric,
        upper(fact ->> 'currency'), 'provider', (fact ->> 'state')::ticket_private.refund_state, fact ->> 'state' = 'succeeded');
    end if;
  end loop;
  for fact in select * from jsonb_array_elements(facts -> 'disputes') loop
    insert into ticket_private.disputes as d (provider, provider_id, ticket_id, attempt_id, payment_provider_id, amount, currency, is_withdrawn, is_reinstated)
    values (attempt.provider, fact ->> 'id', attempt.ticket_id, attempt.id, fact ->> 'payment_id', (fact ->> 'amount')::numeric,
      upper(fact ->> 'currency'), coalesce((fact ->> 'withdrawn')::boolean, false), coalesce((fact ->> 'reinstated')::boolean, false))
    on conflict (provider, provider_id) do update
    set amount = greatest(d.amount, excluded.amount), is_withdrawn = d.is_withdrawn or excluded.is_withdrawn, is_reinstated = d.is_reinstated or excluded.is_reinstated;
  end loop;
end $$;
comment on function ticket_private.record_facts(ticket_private.attempts, jsonb) is
  'Adds facts about an attempt: {payments: [{id, state, amount, currency, method}], refunds: [{id, our_id, payment_id, state, amount, currency, problem}], disputes: [{id, payment_id, amount, currency, withdrawn, reinstated}]}, amounts in major units.';
revoke execute on function ticket_private.record_facts(ticket_private.attempts, jsonb) from public;

-- Definer: service_role may not write payments directly.
create or replace function ticket_private.record_notice(provider text, notice_id text, attempt_id uuid, facts jsonb)
returns jsonb language plpgsql volatile security definer set search_path = '' as $$
declare
  attempt ticket_private.attempts;
begin
  select * into attempt from ticket_private.attempts a where a.id = record_notice.attempt_id and a.provider = record_notice.provider;
  if not found then
    return jsonb_build_object('result', 'unknown');
  end if;
  perform ticket_private.lock_tickets(t.user_id, t.event_id, t.id) from ticket_service.tickets t where t.id = attempt.ticket_id;
  if notice_id is not null then
    insert into ticket_private.notices (provider, notice_id, attempt_id, facts) values (record_notice.provider, record_notice.notice_id, attempt.id, record_notice.facts)
    on conflict do nothing;
    if not found then
      return jsonb_build_object('result', 'repeated');
    end if;
  end if;
  -- Read again under the lock.
  select * into attempt from ticket_private.attempts a where a.id = record_notice.attempt_id;
  perform ticket_private.record_facts(attempt, facts);
  perform ticket_private.settle_attempt(attempt);
  return jsonb_build_object('result', 'recorded');
end $$;
revoke execute on function ticket_private.record_notice(text, text, uuid, jsonb) from public;
grant execute on function ticket_private.record_notice(text, text, uuid, jsonb) to service_role;
create or replace function ticket_service.record_notice(provider text, notice_id text, attempt_id uuid, facts jsonb)
returns jsonb language sql volatile security invoker set search_path = ''
begin atomic
  select ticket_private.record_notice(provider, notice_id, attempt_id, facts);
end;
comment on function ticket_service.record_notice(text, text, uuid, jsonb) is
  'For service_role: records a notice with its facts (see ticket_private.record_facts) and settles the attempt. notice_id is null for facts queried from the provider. Returns {result: recorded, repeated or unknown}.';
revoke execute on function ticket_service.record_notice(text, text, uuid, jsonb) from public, anon, authenticated;
grant execute on function ticket_service.record_notice(text, text, uuid, jsonb) to service_role;

-- db/services/ticket/41_settlement.sql
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

-- db/services/ticket/50_refunds.sql
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

-- db/services/ticket/51_event_cancellations.sql
-- Cancelled events: every ticket is ended and refunded in full.

create table if not exists ticket_service.event_cancellations (
  id uuid primary key default gen_random_uuid(),
  event_id uuid not null constraint events_are_cancelled_once unique,
  reason text constraint reason_is_bounded check ((length(reason) between 1 and 500) is not false
    or ticket_private.refuse('text_too_long', 'A reason has 1 to 500 characters.')),
  cancelled_at timestamptz not null default now(),
  tickets_ended_at timestamptz
);
comment on table ticket_service.event_cancellations is 'Cancelled events and the reason. Visible to the host and to ticket holders.';
comment on column ticket_service.event_cancellations.tickets_ended_at is 'When the last ticket was ended and its refund requested.';

create index if not exists event_cancellations_unfinished on ticket_service.event_cancellations (cancelled_at) where tickets_ended_at is null;

alter table ticket_service.event_cancellations enable row level security;

drop policy if exists event_cancellations_select_party on ticket_service.event_cancellations;
create policy event_cancellations_select_party on ticket_service.event_cancellations for select to authenticated
  using (
    exists (select 1 from ticket_private.my_ticketed_events t where t.event_id = event_cancellations.event_id)
    or exists (select 1 from ticket_private.my_events e where e.id = event_cancellations.event_id));

-- Writing is not granted: the row is created when the host cancels the event.
revoke all on ticket_service.event_cancellations from anon, authenticated;
grant select on ticket_service.event_cancellations to authenticated;
grant all on ticket_service.event_cancellations to service_role;

-- Effect of event_service.events. Definer: hosts may not write this table. Any cancellation of an event refunds its
-- tickets.
create or replace function ticket_private.tg_events__cancel_tickets()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  -- Concurrent checkouts finish before this lock, or see the cancellation after it.
  perform from ticket_private.event_seats s where s.event_id = new.id for update;
  insert into ticket_service.event_cancellations (event_id) values (new.id) on conflict do nothing;
  -- Skips entries locked by a checkout or an account deletion, which wait for event_seats. The remaining entries get no
  -- offers, and offer_free_seats() deletes them.
  delete from ticket_service.waitlist_entries w
  where w.id in (select l.id from ticket_service.waitlist_entries l where l.event_id = new.id for update skip locked);
  return null;
end $$;
revoke execute on function ticket_private.tg_events__cancel_tickets() from public;

create or replace function ticket_private.end_cancelled_ticket(ticket ticket_service.tickets)
returns void language plpgsql volatile set search_path = '' as $$
begin
  update ticket_private.attempts a set check_at = now() where a.ticket_id = ticket.id and a.state in ('creating', 'open');
  if ticket.status = 'pending' then
    update ticket_service.tickets t set status = 'cancelled' where t.id = ticket.id;
  else
    perform ticket_private.end_ticket(ticket.id, ticket_private.find_payment(ticket.id), 0, 'cancellation', null);
  end if;
end $$;
revoke execute on function ticket_private.end_cancelled_ticket(ticket_service.tickets) from public;

-- Definer: service_role may not write tickets directly. Locked tickets are left for the next run.
create or replace function ticket_private.continue_cancellations(batch int default 200, event uuid default null)
returns int language plpgsql volatile security definer set search_path = '' as $$
declare
  unfinished uuid[] := array(
    select c.event_id from ticket_service.event_cancellations c
    where c.tickets_ended_at is null and (continue_cancellations.event is null or c.event_id = continue_cancellations.event)
    order by c.cancelled_at);
  cancelled uuid;
  ticket ticket_service.tickets;
  ended int := 0;
begin
  -- Seats of several events are locked in the order of events.
  perform from ticket_private.event_seats s where s.event_id = any (unfinished) order by s.event_id for update;
  foreach cancelled in array unfinished loop
    for ticket in
      select * from ticket_service.tickets t where t.event_id = cancelled and t.status in ('pending', 'active')
      order by t.user_id, t.id for no key update skip locked
    loop
      exit when ended >= batch;
      -- An error in one ticket does not stop the others.
      begin
        perform ticket_private.end_cancelled_ticket(ticket);
        ended := ended + 1;
      exception when others then
        raise warning 'Ticket % of a cancelled event could not be ended: %', ticket.id, sqlerrm;
      end;
    end loop;
    update ticket_service.event_cancellations c set tickets_ended_at = now()
    where c.event_id = cancelled
      and not exists (select from ticket_service.tickets t where t.event_id = cancelled and t.status in ('pending', 'active'));
    exit when ended >= batch;
  end loop;
  return ended;
end $$;
comment on function ticket_private.continue_cancellations(int, uuid) is 'Ends tickets of cancelled events, or of one, and requests their refunds, up to batch. Returns how many.';
revoke execute on function ticket_private.continue_cancellations(int, uuid) from public;
grant execute on function ticket_private.continue_cancellations(int, uuid) to service_role;

-- Definer: service_role may not write tickets directly.
create or replace function ticket_private.cancellation_progress(person uuid, event_id uuid, reason text)
returns jsonb language plpgsql volatile security definer set search_path = '' as $$
declare
  event record;
begin
  select e.host_id, e.status::text as status into event from event_service.events e where e.id = cancellation_progress.event_id;
  if event.host_id is distinct from person or person is null then
    perform ticket_private.refuse('event_not_found', 'You have no such event.', 404);
  elsif event.status <> 'cancelled' then
    perform ticket_private.refuse('event_over', 'This event is over or cancelled and can no longer be changed.', 409);
  end if;
  update ticket_service.event_cancellations c set reason = cancellation_progress.reason
  where c.event_id = cancellation_progress.event_id and c.reason is null;
  perform ticket_private.continue_cancellations(event => cancellation_progress.event_id);
  return (
    select jsonb_build_object(
      'event_id', cancellation_progress.event_id,
      'reason', (select c.reason from ticket_service.event_cancellations c where c.event_id = cancellation_progress.event_id),
      'tickets_to_end', (select count(*) from ticket_service.tickets t where t.event_id = cancellation_progress.event_id and t.status in ('pending', 'active')),
      'refunds', count(r.id),
      'refunds_succeeded', count(r.id) filter (where r.is_done),
      'refunds_under_way', count(r.id) filter (where not r.is_done and o.id is null),
      'refunds_for_an_operator', count(o.id))
    from ticket_service.tickets t
    join ticket_private.refunds r on r.ticket_id = t.id and r.origin = 'cancellation' and not r.is_overtaken and not r.is_excess
    left join ticket_private.refunds_for_operators o on o.id = r.id
    where t.event_id = cancellation_progress.event_id);
end $$;
revoke execute on function ticket_private.cancellation_progress(uuid, uuid, text) from public;
grant execute on function ticket_private.cancellation_progress(uuid, uuid, text) to service_role;
create or replace function ticket_service.cancellation_progress(person uuid, event_id uuid, reason text default null)
returns jsonb language sql volatile security invoker set search_path = ''
begin atomic
  select ticket_private.cancellation_progress(person, event_id, reason);
end;
create or replace function ticket_service.continue_cancellations(batch int default 200)
returns int language sql volatile security invoker set search_path = ''
begin atomic
  select ticket_private.continue_cancellations(batch, null);
end;
comment on function ticket_service.cancellation_progress(uuid, uuid, text) is
  'For service_role: continues the cancellation of an event by its host, and returns the progress of its refunds.';
comment on function ticket_service.continue_cancellations(int) is
  'For service_role: ends tickets of cancelled events and requests their refunds. Returns how many.';
revoke execute on function ticket_service.cancellation_progress(uuid, uuid, text), ticket_service.continue_cancellations(int) from public, anon, authenticated;
grant execute on function ticket_service.cancellation_progress(uuid, uuid, text), ticket_service.continue_cancellations(int) to service_role;

-- db/services/ticket/52_operator_queue.sql
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

-- db/services/ticket/53_scheduled_work.sql
-- Work that runs on a schedule: calls to payment providers (maintenance), expiry of holds, and deletion of old rows.

-- Definer: service_role may not read attempts and refunds directly. Claimed work is postponed by the lease, so that
-- concurrent workers get different work and abandoned work is handed out again.
create or replace function ticket_private.claim_work(batch int, lease interval, event uuid)
returns jsonb language plpgsql volatile security definer set search_path = '' as $$
declare
  refunds jsonb;
  attempts jsonb;
begin
  with due as (
    select r.id from ticket_private.refunds r
    where r.send_at <= now()
      and (claim_work.event is null or r.ticket_id in (select t.id from ticket_service.tickets t where t.event_id = claim_work.event))
    order by r.send_at limit batch for no key update skip locked),
  claimed as (
    update ticket_private.refunds r
    set send_at = now() + lease, sends = r.sends + 1, sent_at = coalesce(r.sent_at, now()),
      state = greatest(r.state, 'sent')
    from due where r.id = due.id
    returning r.id)
  select jsonb_agg(ticket_private.refund_to_send(c.id)) into refunds from claimed c;
  with due as (
    select a.id from ticket_private.attempts a
    where a.check_at <= now()
      and (claim_work.event is null or a.ticket_id in (select t.id from ticket_service.tickets t where t.event_id = claim_work.event))
    order by a.check_at limit batch for no key update skip locked),
  claimed as (
    update ticket_private.attempts a
    set checks = a.checks + 1,
      -- A bank may take days to report a payment. The delay increases; after 40 checks, about a week, operators take
      -- over.
      check_at = case when a.checks < 40 then now() + greatest(lease, least(interval '1 minute' * power(2, least(a.checks, 10)), interval '6 hours')) end
    from due where a.id = due.id
    returning a.id, a.ticket_id, a.state)
  select jsonb_agg(ticket_private.attempt_to_send(c.id)
      -- Expired if its seat is no longer held.
      || jsonb_build_object('expire', c.state = 'ending' or t.status <> 'pending'
        or exists (select from event_service.events e where e.id = t.event_id and e.status = 'cancelled')))
  into attempts from claimed c join ticket_service.tickets t on t.id = c.ticket_id;
  return jsonb_build_object('refunds', coalesce(refunds, '[]'), 'attempts', coalesce(attempts, '[]'));
end $$;
revoke execute on function ticket_private.claim_work(int, interval, uuid) from public;
grant execute on function ticket_private.claim_work(int, interval, uuid) to service_role;

-- Limited by batch, because it runs every second.
create or replace function ticket_private.delete_old_requests(batch int default 1000)
returns void language plpgsql volatile security definer set search_path = '' as $$
begin
  delete from ticket_private.idempotency_keys k where (k.user_id, k.function, k.key) in (
    select o.user_id, o.function, o.key from ticket_private.idempotency_keys o where o.created_at < now() - interval '7 days' limit batch);
  delete from ticket_private.notices n where (n.provider, n.notice_id) in (
    select o.provider, o.notice_id from ticket_private.notices o where o.received_at < now() - interval '90 days' limit batch);
end $$;
comment on function ticket_private.delete_old_requests(int) is 'Deletes answers after a week and notices after ninety days.';
revoke execute on function ticket_private.delete_old_requests(int) from public;
create or replace function ticket_service.claim_work(batch int default 20, lease interval default '2 minutes', event uuid default null)
returns jsonb language sql volatile security invoker set search_path = ''
begin atomic
  select ticket_private.claim_work(batch, lease, event);
end;
comment on function ticket_service.claim_work(int, interval, uuid) is
  'For service_role: claims refunds to send and attempts to check, of all events or of one: {refunds: […], attempts: […]}. Work that is not recorded within the lease is handed out again.';
revoke execute on function ticket_service.claim_work(int, interval, uuid) from public, anon, authenticated;
grant execute on function ticket_service.claim_work(int, interval, uuid) to service_role;


create or replace function ticket_private.maintenance_is_due()
returns boolean language sql stable set search_path = '' as $$
  select exists (select from ticket_private.refunds r where r.send_at <= now())
    or exists (select from ticket_private.attempts a where a.check_at <= now())
$$;
comment on function ticket_private.maintenance_is_due() is 'Whether refunds or attempts are due, so that the scheduler calls the edge function maintenance.';
revoke execute on function ticket_private.maintenance_is_due() from public;

-- No `set search_path`: a procedure that has one cannot commit.
create or replace procedure ticket_private.run_scheduled_work()
language plpgsql security invoker as $$
begin
  perform ticket_private.expire_holds();
  commit;
  perform ticket_private.offer_free_seats();
  commit;
  perform ticket_private.continue_cancellations();
  commit;
  perform ticket_private.delete_old_requests();
end $$;
comment on procedure ticket_private.run_scheduled_work() is 'To be called every second by the owner of the database: expires holds, offers seats, and refunds tickets of cancelled events.';
revoke execute on procedure ticket_private.run_scheduled_work() from public;

-- db/services/ticket/60_check_in.sql
-- Check-in at an event, by its host and staff.

do $$
begin
  if to_regtype('ticket_service.check_in_answer') is null then
    create type ticket_service.check_in_result as enum ('checked_in', 'already_checked_in');
    create type ticket_service.check_in_answer as (
      result ticket_service.check_in_result, ticket_id uuid, holder jsonb, checked_in_at timestamptz, checked_in_by text);
  end if;
end $$;
comment on type ticket_service.check_in_answer is 'Result of a check-in. holder: {id, username, name, avatar_path, avatar_url, is_verified}, or null if hidden from the caller; checked_in_by: username of the person who checked it in first.';

create table if not exists ticket_service.event_staff (
  id uuid primary key default gen_random_uuid(),
  event_id uuid not null,
  user_id uuid not null,
  added_at timestamptz not null default now(),
  constraint event_staff_are_unique unique (event_id, user_id)
);
comment on table ticket_service.event_staff is 'People who may check in tickets besides the host, until six hours after the event.';

create index if not exists event_staff_user_id on ticket_service.event_staff (user_id);

alter table ticket_service.event_staff enable row level security;

drop policy if exists event_staff_select_party on ticket_service.event_staff;
create policy event_staff_select_party on ticket_service.event_staff for select to authenticated
  using (user_id = (select auth.uid()) or exists (select 1 from ticket_private.my_events e where e.id = event_staff.event_id));
drop policy if exists event_staff_insert_host on ticket_service.event_staff;
create policy event_staff_insert_host on ticket_service.event_staff for insert to authenticated
  with check (
    (exists (select 1 from ticket_private.me)
      or ticket_private.refuse('account_gone', 'This account no longer exists. Sign in again.', 401))
    and (exists (select 1 from ticket_private.my_events e where e.id = event_staff.event_id)
      or ticket_private.refuse('event_not_found', 'You have no such event.', 404))
    and (exists (select 1 from ticket_private.visible_people p where p.id = event_staff.user_id)
      or ticket_private.refuse('person_not_found', 'There is no such person.', 404)));
drop policy if exists event_staff_delete_host on ticket_service.event_staff;
create policy event_staff_delete_host on ticket_service.event_staff for delete to authenticated
  using (exists (select 1 from ticket_private.my_events e where e.id = event_staff.event_id) or user_id = (select auth.uid()));

-- Update is not granted: there is nothing to change in a membership.
revoke all on ticket_service.event_staff from anon, authenticated;
grant select, delete on ticket_service.event_staff to authenticated;
grant insert (event_id, user_id) on ticket_service.event_staff to authenticated;
grant all on ticket_service.event_staff to service_role;

create or replace view ticket_private.my_check_in_events as
  select e.id from event_service.events e where e.host_id = (select auth.uid())
  union
  select s.event_id from ticket_service.event_staff s
  join event_service.events e on e.id = s.event_id
  where s.user_id = (select auth.uid()) and now() < e.end_time + interval '6 hours';
comment on view ticket_private.my_check_in_events is 'Events at which the caller may check in tickets: hosts always, staff until six hours after the end.';

create or replace function ticket_private.require_staff(event uuid)
returns void language plpgsql stable set search_path = '' as $$
begin
  if not exists (select from ticket_private.me) or not exists (select from ticket_private.my_check_in_events g where g.id = event) then
    perform ticket_private.refuse('not_staff', 'Only the host and staff can check in tickets to this event, and staff only until six hours after it ends.', 403);
  end if;
end $$;
comment on function ticket_private.require_staff(uuid) is 'Refuses callers who are neither host nor staff of this event.';
revoke execute on function ticket_private.require_staff(uuid) from public;

-- Definer: clients may not write tickets. The lock of the ticket serializes concurrent check-ins.
create or replace function ticket_private.check_in(event_id uuid, code text)
returns ticket_service.check_in_answer language plpgsql volatile security definer set search_path = '' as $$
declare
  asker uuid := (select auth.uid());
  ticket ticket_service.tickets;
  answer ticket_service.check_in_answer;
begin
  perform ticket_private.require_staff(check_in.event_id);
  select * into ticket from ticket_service.tickets t
  where t.event_id = check_in.event_id and t.attendance_code = regexp_replace(upper(code), '[^A-Z0-9]', '', 'g') for no key update;
  if ticket.id is null or ticket.status = 'pending' then
    perform ticket_private.refuse('ticket_not_found', 'There is no such ticket.', 404);
  elsif ticket.status <> 'active' then
    perform ticket_private.refuse('ticket_ended', 'This ticket is no longer valid.', 409);
  elsif exists (select from event_service.events e where e.id = check_in.event_id and e.status = 'cancelled') then
    perform ticket_private.refuse('event_not_open', 'This event is over or cancelled.', 409);
  end if;
  answer.result := case when ticket.is_checked_in then 'already_checked_in' else 'checked_in' end::ticket_service.check_in_result;
  if not ticket.is_checked_in then
    update ticket_service.tickets t set is_checked_in = true, checked_in_by = asker where t.id = ticket.id returning * into ticket;
  end if;
  answer.ticket_id := ticket.id;
  answer.checked_in_at := ticket.checked_in_at;
  answer.checked_in_by := (select p.username from user_service.profiles p where p.id = ticket.checked_in_by);
  answer.holder := (select ticket_private.describe_person(p.id, p.username, p.name, p.avatar_url, p.is_verified)
    from ticket_private.visible_people p where p.id = ticket.user_id);
  return answer;
end $$;
revoke execute on function ticket_private.check_in(uuid, text) from public;
grant execute on function ticket_private.check_in(uuid, text) to authenticated, service_role;

create or replace function ticket_service.check_in(event_id uuid, code text)
returns ticket_service.check_in_answer language sql volatile security invoker set search_path = ''
begin atomic
  select ticket_private.check_in(event_id, code);
end;
comment on function ticket_service.check_in(uuid, text) is
  'Checks in a ticket by its attendance code, for the host and staff. A repeated check-in returns already_checked_in, with the time and person of the first.';

-- Definer: clients may not read the tickets of others. An array, because the API limits the number of rows.
create or replace function ticket_private.revoked_tickets(event_id uuid)
returns uuid[] language plpgsql stable security definer set search_path = '' as $$
begin
  perform ticket_private.require_staff(revoked_tickets.event_id);
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
comment on function ticket_service.revoked_tickets(uuid) is 'Ids of cancelled and refunded tickets of an event, for the host and staff: an offline scanner has to reject them.';
revoke execute on function ticket_service.check_in(uuid, text), ticket_service.revoked_tickets(uuid) from public, anon;
grant execute on function ticket_service.check_in(uuid, text), ticket_service.revoked_tickets(uuid) to authenticated, service_role;

create or replace function ticket_service.person(ticket_service.event_staff)
returns setof ticket_service.people rows 1 language sql stable
begin atomic
  select r.* from ticket_service.people r where r.id = $1.user_id;
end;
comment on function ticket_service.person(ticket_service.event_staff) is 'Relationship: event_staff?select=added_at,person(username,avatar_url). Null if the caller cannot see the person.';
create or replace function ticket_service.event(ticket_service.event_staff)
returns setof ticket_service.events rows 1 language sql stable
begin atomic
  select r.* from ticket_service.events r where r.id = $1.event_id;
end;
comment on function ticket_service.event(ticket_service.event_staff) is 'Relationship: event_staff?select=event(title,start_time). Null if the caller cannot see the event.';

-- db/services/ticket/61_my_tickets.sql
-- my_tickets(): the caller's tickets.

do $$
begin
  if to_regtype('ticket_service.ticket_card') is null then
    create type ticket_service.ticket_card as (
      id uuid, status ticket_service.ticket_status, attendance_code text, price_paid numeric, currency text, purchased_at timestamptz,
      is_checked_in boolean, checked_in_at timestamptz, held_until timestamptz, is_offer boolean, refund_fee numeric, refund_deadline timestamptz,
      event jsonb, payment jsonb, refunds jsonb, cursor text);
  end if;
end $$;
comment on type ticket_service.ticket_card is 'A ticket as its buyer sees it. event: {id, title, start_time, end_time, location_name, price, currency, status, cancellation_reason}, or only {id} if the caller never had a ticket and cannot see the event; payment: {id, amount, currency, payment_method, status, outcome, checkout_url, expires_at} or null; refunds: [{id, amount, currency, fee, status, reason}]; cursor continues the list after this row.';

-- Definer: clients may not read attempts and refunds. Only tickets of the caller are returned.
create or replace function ticket_private.my_ticket_cards(cursor text, page_size int)
returns setof ticket_service.ticket_card language plpgsql stable security definer set search_path = '' as $$
declare
  after jsonb := ticket_private.read_cursor(cursor, 'tickets');
  after_time timestamptz := coalesce(ticket_private.cursor_time(after, 'time'), 'infinity');
begin
  return query
    select t.id, t.status, t.attendance_code, t.price_paid, t.currency, t.purchased_at, t.is_checked_in, t.checked_in_at, t.held_until,
      ticket_private.is_offer(t), t.refund_fee, t.refund_deadline,
      coalesce((select jsonb_build_object('id', e.id, 'title', e.title, 'start_time', e.start_time, 'end_time', e.end_time,
          'location_name', e.location_name, 'price', e.price, 'currency', e.currency, 'status', e.status,
          'cancellation_reason', (select c.reason from ticket_service.event_cancellations c where c.event_id = e.id))
        from event_service.events e
        where e.id = t.event_id
          and (exists (select 1 from ticket_private.my_ticketed_events m where m.event_id = e.id) or exists (select 1 from ticket_private.visible_events v where v.id = e.id))),
        jsonb_build_object('id', t.event_id)),
      (select jsonb_build_object('id', x.id, 'amount', x.amount, 'currency', x.currency, 'payment_method', x.payment_method, 'status', x.status,
          'outcome', x.outcome, 'checkout_url', case when a.state = 'open' and a.expires_at > now() then a.checkout_url end, 'expires_at', a.expires_at)
        from ticket_service.ticket_transactions x where x.id = a.id),
      coalesce((select jsonb_agg(jsonb_build_object('id', x.id, 'amount', x.amount, 'currency', x.currency, 'fee', r.fee, 'status', x.status, 'reason', r.reason) order by x.created_at, x.id)
        from ticket_service.ticket_transactions x left join ticket_private.refunds r on r.id = x.id
        where x.ticket_id = t.id and x.kind = 'refund' and (r.is_done or (r.is_overtaken or r.is_excess) is not true)), '[]'),
      ticket_private.write_cursor(jsonb_build_object('kind', 'tickets', 'time', t.purchased_at, 'id', t.id))
    from ticket_service.tickets t
    left join lateral (
      select o.* from ticket_private.attempts o where o.ticket_id = t.id
      order by exists (select from ticket_private.payments p where p.attempt_id = o.id and p.outcome = 'activated') desc, o.started_at desc, o.id limit 1) a on true
    where t.user_id = (select auth.uid())
      and (after is null or (t.purchased_at, t.id) < (after_time, (after ->> 'id')::uuid))
    order by t.purchased_at desc, t.id desc
    limit ticket_private.page_size(page_size);
end $$;
revoke execute on function ticket_private.my_ticket_cards(text, int) from public;
grant execute on function ticket_private.my_ticket_cards(text, int) to authenticated, service_role;

create or replace function ticket_service.my_tickets(cursor text default null, page_size int default 20)
returns setof ticket_service.ticket_card language sql stable security invoker set search_path = ''
begin atomic
  select * from ticket_private.my_ticket_cards(cursor, page_size);
end;
comment on function ticket_service.my_tickets(text, int) is
  'Tickets of the caller with event, payment and refunds, newest first. A pending ticket with is_offer is an offered seat, to be checked out until held_until. Keyset: pass the cursor of the last row for the next page; at most 100 rows.';
revoke execute on function ticket_service.my_tickets(text, int) from public, anon;
grant execute on function ticket_service.my_tickets(text, int) to authenticated, service_role;

-- db/services/ticket/62_sales.sql
-- What hosts read: guests, waiting list and sales of an event.

do $$
begin
  if to_regtype('ticket_service.sales_line') is null then
    create type ticket_service.guest_card as (
      id uuid, status ticket_service.ticket_status, guest jsonb, price_paid numeric, currency text, purchased_at timestamptz,
      is_checked_in boolean, checked_in_at timestamptz, total int, cursor text);
    create type ticket_service.waitlist_card as (id uuid, place int, person jsonb, joined_at timestamptz, total int, cursor text);
    create type ticket_service.sales_line as (
      day date, currency text, sold int, held int, checked_in int, gross numeric, refunded numeric, charged_back numeric, fees_kept numeric, owed numeric);
  end if;
end $$;
comment on type ticket_service.guest_card is 'A ticket as the host sees it. guest: {id, username, name, avatar_path, avatar_url, is_verified}, or null if hidden from the host or deleted; total: number of rows in all pages; cursor continues the list after this row.';
comment on type ticket_service.waitlist_card is 'An entry of a waiting list as the host sees it. place: 1 is next; person as in guest_card; total: length of the list; cursor continues the list after this row.';
comment on type ticket_service.sales_line is 'Sales of an event on a day (UTC) in a currency; day is null in the total. In major units: gross captured, refunded, charged_back, fees_kept (retained from refunded tickets), owed (refunds not made yet).';

create or replace function ticket_private.require_host(event uuid)
returns void language plpgsql stable set search_path = '' as $$
begin
  if not exists (select from ticket_private.me) or not exists (select from ticket_private.my_events e where e.id = event) then
    perform ticket_private.refuse('event_not_found', 'You have no such event.', 404);
  end if;
end $$;
comment on function ticket_private.require_host(uuid) is 'Refuses callers who do not host this event.';
revoke execute on function ticket_private.require_host(uuid) from public;

-- Definer: hosts may not read the tickets of others directly. Returns neither attendance codes nor payments.
create or replace function ticket_private.event_guests(event_id uuid, cursor text, page_size int)
returns setof ticket_service.guest_card language plpgsql stable security definer set search_path = '' as $$
declare
  after jsonb := ticket_private.read_cursor(cursor, 'guests');
begin
  perform ticket_private.require_host(event_guests.event_id);
  return query
    select t.id, t.status,
      ticket_private.describe_person(p.id, p.username, p.name, p.avatar_url, p.is_verified),
      t.price_paid, t.currency, t.purchased_at, t.is_checked_in, t.checked_in_at,
      (select count(*)::int from ticket_service.tickets c where c.event_id = event_guests.event_id and c.status in ('active', 'refunded')),
      ticket_private.write_cursor(jsonb_build_object('kind', 'guests', 'id', t.id))
    from ticket_service.tickets t
    left join ticket_private.visible_people p on p.id = t.user_id
    where t.event_id = event_guests.event_id and t.status in ('active', 'refunded')
      and (after is null or t.id > (after ->> 'id')::uuid)
    order by t.id
    limit ticket_private.page_size(page_size);
end $$;
revoke execute on function ticket_private.event_guests(uuid, text, int) from public;
grant execute on function ticket_private.event_guests(uuid, text, int) to authenticated, service_role;

create or replace function ticket_service.event_guests(event_id uuid, cursor text default null, page_size int default 20)
returns setof ticket_service.guest_card language sql stable security invoker set search_path = ''
begin atomic
  select * from ticket_private.event_guests(event_id, cursor, page_size);
end;
comment on function ticket_service.event_guests(uuid, text, int) is 'Sold and refunded tickets of an event that the caller hosts, with their holders. Keyset: pass the cursor of the last row for the next page; at most 100 rows.';

-- Definer: hosts may not read the entries of others directly.
create or replace function ticket_private.event_waitlist(event_id uuid, cursor text, page_size int)
returns setof ticket_service.waitlist_card language plpgsql stable security definer set search_path = '' as $$
declare
  after jsonb := ticket_private.read_cursor(cursor, 'waitlist');
  after_time timestamptz := coalesce(ticket_private.cursor_time(after, 'time'), '-infinity');
  after_id uuid := coalesce((after ->> 'id')::uuid, '00000000-0000-0000-0000-000000000000');
begin
  perform ticket_private.require_host(event_waitlist.event_id);
  return query
    with entries as (
      select w.*, row_number() over (order by w.joined_at, w.id)::int as place, count(*) over ()::int as total
      from ticket_service.waitlist_entries w where w.event_id = event_waitlist.event_id)
    select e.id, e.place, ticket_private.describe_person(p.id, p.username, p.name, p.avatar_url, p.is_verified), e.joined_at, e.total,
      ticket_private.write_cursor(jsonb_build_object('kind', 'waitlist', 'time', e.joined_at, 'id', e.id))
    from entries e
    left join ticket_private.visible_people p on p.id = e.user_id
    where (e.joined_at, e.id) > (after_time, after_id)
    order by e.joined_at, e.id
    limit ticket_private.page_size(event_waitlist.page_size);
end $$;
revoke execute on function ticket_private.event_waitlist(uuid, text, int) from public;
grant execute on function ticket_private.event_waitlist(uuid, text, int) to authenticated, service_role;

create or replace function ticket_service.event_waitlist(event_id uuid, cursor text default null, page_size int default 20)
returns setof ticket_service.waitlist_card language sql stable security invoker set search_path = ''
begin atomic
  select * from ticket_private.event_waitlist(event_id, cursor, page_size);
end;
comment on function ticket_service.event_waitlist(uuid, text, int) is 'The waiting list of an event that the caller hosts, in order. Keyset: pass the cursor of the last row for the next page; at most 100 rows.';

-- Definer: hosts may not read payments directly.
create or replace function ticket_private.event_sales(event_id uuid)
returns setof ticket_service.sales_line language plpgsql stable security definer set search_path = '' as $$
begin
  perform ticket_private.require_host(event_sales.event_id);
  return query
    with mine as (
      select t.* from ticket_service.tickets t where t.event_id = event_sales.event_id),
    owing as (
      select r.ticket_id, r.requested_at, r.currency, r.amount from mine t
      join ticket_private.refunds r on r.ticket_id = t.id
      where not r.is_done and not r.is_overtaken and not r.is_excess and r.origin <> 'provider'),
    retained as (
      select t.purchased_at, b.currency,
        ticket_private.refundable(b) - coalesce((select o.available from ticket_private.payments_for_operators o where o.transaction_id = b.transaction_id), 0) as amount
      from mine t join ticket_private.payment_balances b on b.ticket_id = t.id and b.outcome = 'activated'
      where t.status = 'refunded'),
    lines as (
      select (t.purchased_at at time zone 'UTC')::date as day, t.currency, (t.status = 'active')::int as sold, (t.status = 'pending')::int as held,
        (t.status = 'active' and t.is_checked_in)::int as checked_in, 0::numeric as gross, 0::numeric as refunded, 0::numeric as charged_back,
        0::numeric as fees_kept, 0::numeric as owed
      from mine t where t.status in ('pending', 'active')
      union all
      select (e.recorded_at at time zone 'UTC')::date, e.currency, 0, 0, 0, case when e.kind = 'captured' then e.amount else 0 end,
        case when e.kind = 'refunded' then e.amount else 0 end,
        case e.kind when 'charged_back' then e.amount when 'charge_back_returned' then -e.amount else 0 end, 0, 0
      from mine t join ticket_private.journal_entries e on e.ticket_id = t.id
      union all
      select (r.purchased_at at time zone 'UTC')::date, r.currency, 0, 0, 0, 0, 0, 0, greatest(r.amount, 0), 0 from retained r
      union all
      select (o.requested_at at time zone 'UTC')::date, o.currency, 0, 0, 0, 0, 0, 0, 0, o.amount from owing o)
    select l.day, l.currency, sum(l.sold)::int, sum(l.held)::int, sum(l.checked_in)::int, sum(l.gross), sum(l.refunded), sum(l.charged_back),
      sum(l.fees_kept), sum(l.owed)
    from lines l
    group by grouping sets ((l.currency), (l.day, l.currency))
    order by l.currency, l.day nulls first;
end $$;
revoke execute on function ticket_private.event_sales(uuid) from public;
grant execute on function ticket_private.event_sales(uuid) to authenticated, service_role;

create or replace function ticket_service.event_sales(event_id uuid)
returns setof ticket_service.sales_line language sql stable security invoker set search_path = ''
begin atomic
  select * from ticket_private.event_sales(event_id);
end;
comment on function ticket_service.event_sales(uuid) is 'Sales of an event that the caller hosts, by currency and day, with a total for each currency.';
revoke execute on function ticket_service.event_guests(uuid, text, int), ticket_service.event_waitlist(uuid, text, int), ticket_service.event_sales(uuid) from public, anon;
grant execute on function ticket_service.event_guests(uuid, text, int), ticket_service.event_waitlist(uuid, text, int), ticket_service.event_sales(uuid)
  to authenticated, service_role;

commit;
