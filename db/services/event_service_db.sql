-- Built by `npm run db:build` from the parts in db/services/event/. Edit those, not this file.
-- It builds and does not upgrade: loading it again changes nothing that exists, except functions and policies.
begin;

-- db/services/event/00_foundation.sql
-- Schemas, roles, extensions, and the helpers that services share: refusals, cursors, search, counters and upserts.

create schema if not exists event_service;
create schema if not exists event_private;
comment on schema event_private is 'Not exposed over REST: definer functions, views that policies read, and internal tables.';

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
  where c.relnamespace = 'event_service'::regnamespace and c.relkind = 'r'
    and obj_description(c.oid, 'pg_class') like 'Stub %';
  if found then
    raise exception '% is a stub made by another service''s file', stub
      using hint = 'Load the service files in the order user, event, post, ticket, or each into a database of its own.';
  end if;
end $$;

grant usage on schema event_service to anon, authenticated, service_role;

create or replace function event_private.refuse(code text, message text, status int default 400)
returns boolean language plpgsql volatile set search_path = '' as $$
begin
  raise sqlstate 'PGRST' using
    message = json_build_object('code', code, 'message', message, 'details', null, 'hint', null)::text,
    detail = json_build_object('status', status, 'headers', json_build_object())::text;
end $$;
comment on function event_private.refuse(text, text, int) is
  'Never returns: raises the error `code` (docs/errors.md) with this HTTP status. Returns boolean so that a constraint or policy can say `<rule> or refuse(…)`.';
grant execute on function event_private.refuse(text, text, int) to anon, authenticated, service_role;

create or replace function event_service.update_updated_at_column()
returns trigger language plpgsql volatile set search_path = '' as $$
begin
  new.updated_at = now();
  return new;
end $$;
comment on function event_service.update_updated_at_column() is 'Trigger function: sets updated_at.';

create or replace function event_private.write_cursor(keys jsonb)
returns text language sql immutable set search_path = '' as $$
  select translate(encode(convert_to(keys::text, 'UTF8'), 'base64'), E'+/=\n', '-_')
$$;
comment on function event_private.write_cursor(jsonb) is 'Encodes the sort keys of a row as an opaque cursor.';

create or replace function event_private.read_cursor(cursor text, kind text)
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
  perform event_private.refuse('malformed_cursor', 'This is not a cursor of this list. Start again without a cursor.');
  return null;
end $$;
comment on function event_private.read_cursor(text, text) is 'Decodes a cursor of this kind of list; null for the first page. Refuses any other text with malformed_cursor.';

create or replace function event_private.page_size(wanted int)
returns int language sql immutable set search_path = '' as $$ select least(greatest(coalesce(wanted, 20), 1), 100) $$;
comment on function event_private.page_size(int) is 'Rows per page: 20 by default, 100 at most.';
create schema if not exists extensions;
create extension if not exists "uuid-ossp" with schema extensions;
create extension if not exists postgis with schema extensions;
comment on schema event_service is 'Events, their attendees, and what people say about them. Exposed over REST.';

-- Functions with an empty search_path name the schema of every extension they use.
do $$
begin
  if to_regprocedure('extensions.st_asgeojson(extensions.geography, integer, integer)') is null or to_regprocedure('extensions.uuid_generate_v4()') is null then
    raise exception 'PostGIS or uuid-ossp is installed in this database, but not in the schema "extensions"'
      using hint = 'Drop it and load this file again, or install it with: create extension … with schema extensions.';
  end if;
end $$;
-- Filters and defaults of clients call the extensions' functions.
grant usage on schema extensions to anon, authenticated, service_role;

create or replace function event_private.cursor_time(keys jsonb, key text)
returns timestamptz language plpgsql stable set search_path = '' as $$
begin
  if keys is not null and (keys ->> key)::timestamptz is null then
    perform event_private.refuse('malformed_cursor', 'This is not a cursor of this list. Start again without a cursor.');
  end if;
  return (keys ->> key)::timestamptz;
exception when data_exception then
  perform event_private.refuse('malformed_cursor', 'This is not a cursor of this list. Start again without a cursor.');
  return null;
end $$;
comment on function event_private.cursor_time(jsonb, text) is 'Reads a timestamp from the keys of a cursor. Refuses anything else with malformed_cursor.';
create or replace function event_private.search_query(words text)
returns tsquery language plpgsql immutable set search_path = '' as $$
declare
  parsed tsquery;
begin
  -- All words must match, each as a prefix.
  select to_tsquery('simple', string_agg('''' || replace(replace(lexeme, '\', '\\'), '''', '''''') || ''':*', ' & '))
  into parsed
  from unnest(to_tsvector('simple', left(words, 200)));
  if parsed is null then
    perform event_private.refuse('empty_search', 'Search for at least one word or number.');
  end if;
  return parsed;
end $$;
comment on function event_private.search_query(text) is 'Parses the first 200 characters of a search text into a prefix query. Refuses a text without a word with empty_search.';
-- An upsert sets the columns of its conflict target too, so clients may update them, but only to the same values.
-- Definer: clients have no access to the schema of refuse(). Operators may move rows.
create or replace function event_private.tg_rows__refuse_move()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  if (select auth.uid()) is not null then
    perform event_private.refuse('row_cannot_move', 'A row cannot be moved to another parent. Delete it and insert a new one.', 409);
  end if;
  return new;
end $$;
revoke execute on function event_private.tg_rows__refuse_move() from public;
-- Columns such as avatar_url hold a path in their bucket, or the URL of an imported row. Cards tell which.
create or replace function event_private.stored_path(file text)
returns text language sql immutable parallel safe set search_path = '' as $$ select case when file !~* '^https?://' then file end $$;
comment on function event_private.stored_path(text) is 'The path of an uploaded file in its bucket. Null for a URL.';
create or replace function event_private.stored_url(file text)
returns text language sql immutable parallel safe set search_path = '' as $$ select case when file ~* '^https?://' then file end $$;
comment on function event_private.stored_url(text) is 'The URL of a file of an imported row. Null for a path.';
-- Counters: events.attendees_count, events.tickets_sold, event_qna.upvotes_count.
create table if not exists event_private.counter_deltas (
  id bigint generated always as identity primary key,
  counted name not null,
  target_id uuid not null,
  counter name not null,
  delta int not null
);
comment on table event_private.counter_deltas is 'Counter changes whose row was locked, until fold_counters() applies them. counted names the table in event_service.';
create index if not exists counter_deltas_target_id on event_private.counter_deltas (target_id);
alter table event_private.counter_deltas enable row level security;

-- Definer: clients may not write counters. Updates the row if it is free; appends a delta if it is locked or deltas are
-- already waiting for it, so that no request waits for a counter.
create or replace function event_private.add_to_counter(counted name, target uuid, counter name, delta int)
returns void language plpgsql volatile security definer set search_path = '' as $$
declare
  updated int;
  target_exists boolean := true;
begin
  if target is null or delta = 0 then
    return;
  end if;
  if not exists (select 1 from event_private.counter_deltas d where d.target_id = target) then
    execute format(
      'update event_service.%1$I set %2$I = %2$I + $2
       where id = (select id from event_service.%1$I where id = $1 for no key update skip locked)', counted, counter)
    using target, delta;
    get diagnostics updated = row_count;
    if updated = 1 then
      return;
    end if;
  end if;
  if delta < 0 then
    -- In a cascade the target is already deleted: there is nothing to count.
    execute format('select exists (select 1 from event_service.%I where id = $1)', counted) into target_exists using target;
  end if;
  if target_exists then
    insert into event_private.counter_deltas (counted, target_id, counter, delta) values (counted, target, counter, delta);
  end if;
end $$;
comment on function event_private.add_to_counter(name, uuid, name, int) is 'Adds delta to a counter of a row. All counters in event_service are changed through it.';
revoke execute on function event_private.add_to_counter(name, uuid, name, int) from public;

-- Definer: clients may not write counters. Never waits: deltas of a locked row stay for the next run, deltas of a
-- deleted row are dropped.
create or replace function event_private.fold_counters(batch int default 10000)
returns int language plpgsql volatile security definer set search_path = '' as $$
declare
  change record;
  updated int;
  target_exists boolean;
  folded int := 0;
begin
  if not pg_try_advisory_xact_lock(hashtext('event_private.fold_counters')) then
    return 0;
  end if;
  for change in
    with taken as (
      delete from event_private.counter_deltas
      where id in (select id from event_private.counter_deltas order by id limit batch)
      returning counted, target_id, counter, delta)
    select counted, target_id, counter, sum(delta)::int as delta, count(*)::int as parts
    from taken group by counted, target_id, counter
  loop
    execute format(
      'update event_service.%1$I set %2$I = %2$I + $2
       where id = (select id from event_service.%1$I where id = $1 for no key update skip locked)', change.counted, change.counter)
    using change.target_id, change.delta;
    get diagnostics updated = row_count;
    if updated = 0 then
      execute format('select exists (select 1 from event_service.%I where id = $1)', change.counted) into target_exists using change.target_id;
      if target_exists then
        insert into event_private.counter_deltas (counted, target_id, counter, delta)
        values (change.counted, change.target_id, change.counter, change.delta);
      end if;
    else
      folded := folded + change.parts;
    end if;
  end loop;
  return folded;
end $$;
comment on function event_private.fold_counters(int) is 'Applies waiting deltas to their counters and returns how many. To be run every second.';
revoke execute on function event_private.fold_counters(int) from public;

-- db/services/event/05_stubs.sql
-- What this service reads of the user service: stubs of its tables, and the views that policies query instead of them.

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
create or replace view event_private.me as
  select p.id from user_service.profiles p where p.id = (select auth.uid());
comment on view event_private.me is 'The caller, if their account still exists. A token can be valid after its account is deleted.';

create or replace view event_private.my_mutuals as
  select f.following_id as user_id
  from user_service.follows f
  where f.follower_id = (select auth.uid())
    and exists (select 1 from user_service.follows b where b.follower_id = f.following_id and b.following_id = (select auth.uid()));

create or replace view event_private.my_blocks as
  select b.blocked_id as user_id from user_service.blocks b where b.blocker_id = (select auth.uid())
  union all
  select b.blocker_id from user_service.blocks b where b.blocked_id = (select auth.uid());
comment on view event_private.my_blocks is 'Everyone whom the caller has blocked or who has blocked the caller.';
create or replace view event_private.visible_people as
  select p.id, p.username, p.name, p.avatar_url, p.is_verified, p.is_private, p.shows_attendance
  from user_service.profiles p
  where p.id = (select auth.uid())
    or (not p.is_private or exists (select 1 from event_private.my_mutuals m where m.user_id = p.id))
      and not exists (select 1 from event_private.my_blocks b where b.user_id = p.id);
comment on view event_private.visible_people is 'The people whom the caller sees.';

create or replace function event_private.describe_person(id uuid, username text, name text, avatar_url text, is_verified boolean)
returns jsonb language sql immutable parallel safe set search_path = '' as $$
  select case when id is not null then jsonb_build_object('id', id, 'username', username, 'name', name,
    'avatar_path', event_private.stored_path(avatar_url), 'avatar_url', event_private.stored_url(avatar_url), 'is_verified', is_verified) end
$$;
comment on function event_private.describe_person(uuid, text, text, text, boolean) is 'A person on a card: {id, username, name, avatar_path, avatar_url, is_verified}. Null without an id.';
create or replace view event_private.my_following as
  select f.following_id as user_id from user_service.follows f where f.follower_id = (select auth.uid());

create or replace view event_private.my_invitations as
  select i.event_id from user_service.invitations i where i.invitee_id = (select auth.uid());

grant select on event_private.me, event_private.my_following, event_private.my_mutuals, event_private.my_blocks,
  event_private.my_invitations, event_private.visible_people to anon, authenticated, service_role;

-- A security barrier, because clients filter this view: otherwise a filter that raises an error could run on hidden
-- rows.
create or replace view event_service.people with (security_invoker = true, security_barrier = true) as
  select p.id, p.username, p.name, p.avatar_url, p.is_verified from event_private.visible_people p;
comment on view event_service.people is 'The people whom the caller sees, for embedding: events?select=title,host(username,avatar_url).';
revoke all on event_service.people from anon, authenticated;
grant select on event_service.people to anon, authenticated, service_role;

-- db/services/event/10_visibility.sql
-- Which events the caller sees: the tables events and event_attendees, and the views that policies query.

do $$
begin
  if to_regtype('event_service.event_status') is null then
    create type event_service.event_status as enum ('upcoming', 'ongoing', 'completed', 'cancelled');
    create type event_service.event_privacy as enum ('public', 'private', 'friends_only');
    create type event_service.event_category as enum
      ('coffee', 'food', 'gaming', 'sports', 'music', 'movies', 'study', 'art', 'other', 'workshop', 'networking');
    create type event_service.attendee_status as enum ('pending', 'confirmed', 'cancelled');
  end if;
end $$;

create table if not exists event_service.events (
  id uuid primary key default extensions.uuid_generate_v4(),
  host_id uuid default auth.uid(),
  title text not null constraint title_is_given_and_bounded check (title ~ '\S' and length(title) <= 200
    or event_private.refuse('invalid_title', 'Give a title of 1 to 200 characters.')),
  description text constraint description_is_bounded check ((length(description) <= 20000) is not false
    or event_private.refuse('text_too_long', 'A description has at most 20,000 characters.')),
  category event_service.event_category not null default 'other',
  start_time timestamptz not null,
  end_time timestamptz not null,
  location_name text constraint location_name_is_bounded check ((length(location_name) <= 200) is not false
    or event_private.refuse('text_too_long', 'The name of a place has at most 200 characters.')),
  location_address text constraint location_address_is_bounded check ((length(location_address) <= 500) is not false
    or event_private.refuse('text_too_long', 'An address has at most 500 characters.')),
  location_lat numeric(10, 8) constraint latitude_in_range check ((location_lat between -90 and 90) is not false
    or event_private.refuse('latitude_out_of_range', 'A latitude is between -90 and 90 degrees.')),
  location_lng numeric(11, 8) constraint longitude_in_range check ((location_lng between -180 and 180) is not false
    or event_private.refuse('longitude_out_of_range', 'A longitude is between -180 and 180 degrees.')),
  location_geom extensions.geography(point, 4326),
  max_attendees int constraint max_attendees_is_positive check ((max_attendees > 0) is not false
    or event_private.refuse('invalid_capacity', 'max_attendees must be at least 1. Leave it null for no limit.')),
  attendees_count int not null default 0,
  price numeric not null default 0 constraint price_in_range check (price >= 0 and price < 1e12 and price = round(price, 4)
    or event_private.refuse('price_out_of_range', 'A price is 0 or more, less than 1,000,000,000,000, and has at most four decimals.')),
  currency text not null default 'IDR' constraint currency_is_a_code check (currency ~ '^[A-Z]{3}$'
    or event_private.refuse('invalid_currency', 'Give a currency as its ISO 4217 code, such as "IDR".')),
  is_free boolean not null default true,
  status event_service.event_status not null default 'upcoming',
  privacy event_service.event_privacy not null default 'public',
  requirements text constraint requirements_are_bounded check ((length(requirements) <= 5000) is not false
    or event_private.refuse('text_too_long', 'Requirements have at most 5,000 characters.')),
  ticketing_enabled boolean not null default false,
  tickets_sold int not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint end_after_start check (end_time > start_time
    or event_private.refuse('event_ends_before_start', 'end_time must be later than start_time.')),
  constraint lasts_at_most_a_year check (end_time <= start_time + interval '366 days'
    or event_private.refuse('event_too_long', 'An event can last at most a year.')),
  constraint place_has_both_coordinates check ((location_lat is null) = (location_lng is null)
    or event_private.refuse('incomplete_location', 'Give both location_lat and location_lng, or neither.'))
);
comment on table event_service.events is 'An event with a time, a place and a host.';
comment on column event_service.events.host_id is 'Null after the host''s account is deleted.';
comment on column event_service.events.location_geom is 'Derived from location_lat and location_lng. Clients select the computed column location, which is GeoJSON.';
comment on column event_service.events.max_attendees is 'Null for no limit.';
comment on column event_service.events.price is 'Price of one ticket in major units of currency.';
comment on column event_service.events.is_free is 'Derived from price.';
comment on column event_service.events.status is 'Follows the clock. A host can only set it to cancelled.';
comment on column event_service.events.attendees_count is 'Confirmed attendees. May lag by a second under contention.';
comment on column event_service.events.tickets_sold is 'Active tickets. May lag by a second under contention.';

create or replace function event_private.event_document(title text, description text, location_name text)
returns tsvector language sql immutable parallel safe set search_path = '' as $$
  select to_tsvector('simple', coalesce(title, '') || ' ' || coalesce(location_name, '') || ' ' || coalesce(description, ''))
$$;
comment on function event_private.event_document(text, text, text) is 'The text that search_events searches.';

-- By host; by place; by words; by time: all, those not over, and small ones; and those whose status is due.
create index if not exists events_host_id on event_service.events (host_id, start_time);
-- Only upcoming and ongoing events are searched by place.
create index if not exists events_to_come_location_geom on event_service.events using gist (location_geom) where status in ('upcoming', 'ongoing');
create index if not exists events_document on event_service.events using gin (event_private.event_document(title, description, location_name));
create index if not exists events_start_time on event_service.events (start_time, id);
create index if not exists events_not_over on event_service.events (start_time, id) where status <> 'completed';
create index if not exists events_quiet on event_service.events (start_time, id) where status = 'upcoming' and max_attendees <= 20;
create index if not exists events_to_start on event_service.events (start_time) where status = 'upcoming';
create index if not exists events_to_end on event_service.events (end_time) where status in ('upcoming', 'ongoing');

create table if not exists event_service.event_attendees (
  id uuid primary key default extensions.uuid_generate_v4(),
  event_id uuid not null references event_service.events (id) on delete cascade,
  user_id uuid not null default auth.uid(),
  joined_at timestamptz not null default now(),
  status event_service.attendee_status not null default 'confirmed',
  by_ticket boolean not null default false,
  checked_in_at timestamptz,
  has_attended boolean not null default false,
  constraint attendance_is_unique unique (event_id, user_id)
);
comment on table event_service.event_attendees is 'Attendance: by joining, or by a ticket if the event is ticketed.';
comment on column event_service.event_attendees.status is 'confirmed takes a place; pending does not.';
comment on column event_service.event_attendees.by_ticket is 'True if the row was created by a ticket. Then only the ticket changes it.';
comment on column event_service.event_attendees.has_attended is 'Confirmed, at an event that has started and is not cancelled, and checked in if ticketed. Maintained by triggers.';

-- Events of a person; the unique constraint serves the attendees of an event.
create index if not exists event_attendees_user_id on event_service.event_attendees (user_id, event_id);

create or replace view event_private.my_events as
  select e.id from event_service.events e where e.host_id = (select auth.uid());
create or replace view event_private.my_attendance as
  select a.event_id, a.status, a.has_attended from event_service.event_attendees a
  where a.user_id = (select auth.uid()) and a.status <> 'cancelled';

create or replace view event_private.visible_events as
  select e.*
  from event_service.events e
  where e.host_id = (select auth.uid())
    or (e.privacy = 'public'
      or e.privacy = 'friends_only' and exists (select 1 from event_private.my_mutuals m where m.user_id = e.host_id)
      or e.privacy = 'private' and (
        exists (select 1 from event_private.my_attendance a where a.event_id = e.id)
        or exists (select 1 from event_private.my_invitations i where i.event_id = e.id)))
      and not exists (select 1 from event_private.my_blocks b where b.user_id = e.host_id);
comment on view event_private.visible_events is 'The events that the caller sees, by the predicate of the policies on events. events_near and search_events read this view because PostGIS and full-text search cannot use their indexes under a policy.';

grant select on event_private.my_events, event_private.my_attendance, event_private.visible_events to anon, authenticated, service_role;

-- db/services/event/11_events.sql
-- Events: policies, derived columns and rules for changes. The table is in 10_visibility.sql.

alter table event_service.events enable row level security;

drop policy if exists events_select_anonymous on event_service.events;
create policy events_select_anonymous on event_service.events for select to anon
  using (privacy = 'public');
drop policy if exists events_select_signed_in on event_service.events;
create policy events_select_signed_in on event_service.events for select to authenticated
  using (
    host_id = (select auth.uid())
    or (privacy = 'public'
      or privacy = 'friends_only' and exists (select 1 from event_private.my_mutuals m where m.user_id = events.host_id)
      or privacy = 'private' and (
        exists (select 1 from event_private.my_attendance a where a.event_id = events.id)
        or exists (select 1 from event_private.my_invitations i where i.event_id = events.id)))
      and not exists (select 1 from event_private.my_blocks b where b.user_id = events.host_id));
drop policy if exists events_insert_host on event_service.events;
create policy events_insert_host on event_service.events for insert to authenticated
  with check (
    host_id = (select auth.uid())
    and (exists (select 1 from event_private.me)
      or event_private.refuse('account_gone', 'This account no longer exists. Sign in again.', 401)));
drop policy if exists events_update_host on event_service.events;
create policy events_update_host on event_service.events for update to authenticated
  using (host_id = (select auth.uid())) with check (host_id = (select auth.uid()));
drop policy if exists events_delete_host on event_service.events;
create policy events_delete_host on event_service.events for delete to authenticated
  using (host_id = (select auth.uid()));

-- Not granted: ids, here and in every table, because choosing one would reveal whether a hidden row has it; counters,
-- derived columns and timestamps; and a change of the host.
revoke all on event_service.events from anon, authenticated;
grant select on event_service.events to anon;
grant select, delete on event_service.events to authenticated;
grant insert (host_id, title, description, category, start_time, end_time, location_name, location_address, location_lat,
  location_lng, max_attendees, price, currency, privacy, requirements, ticketing_enabled) on event_service.events to authenticated;
grant update (title, description, category, start_time, end_time, location_name, location_address, location_lat,
  location_lng, max_attendees, price, currency, status, privacy, requirements, ticketing_enabled) on event_service.events to authenticated;
grant all on event_service.events to service_role;

create or replace trigger events_updated_at
  before update of title, description, category, start_time, end_time, location_name, location_address, location_lat,
    location_lng, max_attendees, price, currency, status, privacy, requirements, ticketing_enabled on event_service.events
  for each row execute function event_service.update_updated_at_column();

-- Definer: it reads and locks tables that clients may not.
create or replace function event_private.tg_events__set_derived_columns()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  new.price = coalesce(new.price, 0);
  new.is_free = new.price = 0;
  if new.location_lat between -90 and 90 and new.location_lng between -180 and 180 then
    new.location_geom = extensions.st_setsrid(extensions.st_makepoint(new.location_lng, new.location_lat), 4326)::extensions.geography;
  else
    new.location_geom = null;
  end if;
  if tg_op = 'INSERT' then
    new.attendees_count = 0;
    new.tickets_sold = 0;
    if new.status <> 'cancelled' then
      new.status = event_private.status_at(new.start_time, new.end_time, now());
    end if;
    return new;
  end if;
  if old.status in ('completed', 'cancelled') and new.status is distinct from old.status then
    perform event_private.refuse('event_over', 'This event is over or cancelled and can no longer be changed.', 409);
  end if;
  if new.start_time is distinct from old.start_time and old.status <> 'upcoming' then
    perform event_private.refuse('event_started', 'The start of an event that has started cannot be changed.', 409);
  end if;
  if new.end_time is distinct from old.end_time and old.status in ('completed', 'cancelled') then
    perform event_private.refuse('event_over', 'This event is over or cancelled and can no longer be changed.', 409);
  end if;
  if new.status is distinct from old.status and new.status <> 'cancelled'
    and new.status <> event_private.status_at(new.start_time, new.end_time, now())
  then
    perform event_private.refuse('status_follows_time', 'The status follows the clock. A host can only set it to "cancelled".', 409);
  end if;
  if new.ticketing_enabled is distinct from old.ticketing_enabled then
    perform from event_private.event_capacity c where c.event_id = new.id for update;
    if exists (select 1 from event_service.event_attendees a where a.event_id = new.id and a.status <> 'cancelled') then
      perform event_private.refuse('has_attendees', 'Ticketing cannot be switched on or off once people have joined.', 409);
    end if;
  end if;
  return new;
end $$;
revoke execute on function event_private.tg_events__set_derived_columns() from public;
create or replace trigger events_set_derived_columns
  before insert or update of price, is_free, location_lat, location_lng, location_geom, start_time, end_time, status, ticketing_enabled
  on event_service.events
  for each row execute function event_private.tg_events__set_derived_columns();

-- Definer: it reads the attendance of others. tickets_sold is not used because it may lag.
create or replace function event_private.tg_events__refuse_deletion()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  if exists (select from event_service.event_attendees a where a.event_id = old.id and a.by_ticket and a.status = 'confirmed') then
    perform event_private.refuse('has_sold_tickets', 'Tickets to this event are sold. Cancel it instead of deleting it.', 409);
  end if;
  return old;
end $$;
revoke execute on function event_private.tg_events__refuse_deletion() from public;
create or replace trigger events_refuse_deletion before delete on event_service.events
  for each row execute function event_private.tg_events__refuse_deletion();

create or replace function event_service.location(event_service.events)
returns jsonb language sql immutable
begin atomic
  select extensions.st_asgeojson($1.location_geom)::jsonb;
end;
create or replace function event_service.host(event_service.events)
returns setof event_service.people rows 1 language sql stable
begin atomic
  select p.* from event_service.people p where p.id = $1.host_id;
end;
comment on function event_service.location(event_service.events) is 'Computed column: the place as a GeoJSON Point ([longitude, latitude], degrees), or null.';
comment on function event_service.host(event_service.events) is 'Relationship: events?select=title,host(username,avatar_url). Null if the caller cannot see the host or the account is deleted.';

-- db/services/event/12_event_status.sql
-- The status of an event follows the clock: upcoming, ongoing, completed.

create or replace function event_private.status_at(starts timestamptz, ends timestamptz, moment timestamptz)
returns event_service.event_status language sql immutable parallel safe set search_path = '' as $$
  select (case when moment < starts then 'upcoming' when moment < ends then 'ongoing' else 'completed' end)::event_service.event_status
$$;
comment on function event_private.status_at(timestamptz, timestamptz, timestamptz) is 'Status by start and end time, of an event that is not cancelled.';

-- Definer: it updates events of all hosts.
create or replace function event_private.advance_event_status(batch int default 1000)
returns int language plpgsql volatile security definer set search_path = '' as $$
declare
  due uuid[] := array(
    select e.id from event_service.events e
    where (e.status = 'upcoming' and e.start_time <= now()) or (e.status in ('upcoming', 'ongoing') and e.end_time <= now())
    limit batch for no key update skip locked);
begin
  -- Capacity rows are locked in the order of events.
  perform from event_private.event_capacity c where c.event_id = any (due) order by c.event_id for update;
  update event_service.events e set status = event_private.status_at(e.start_time, e.end_time, now()) where e.id = any (due);
  return cardinality(due);
end $$;
comment on function event_private.advance_event_status(int) is 'Updates the status of events that have started or ended, and returns how many. To be run every second.';
revoke execute on function event_private.advance_event_status(int) from public;

-- db/services/event/13_event_capacity.sql
-- Places of an unticketed event. Seats of a ticketed event are in ticket/11_event_seats.sql.

create table if not exists event_private.event_capacity (
  event_id uuid primary key references event_service.events (id) on delete cascade,
  capacity int,
  taken int not null default 0,
  constraint taken_within_capacity check (capacity is null or taken <= capacity
    or event_private.refuse('event_full', 'This event is full.', 409)),
  constraint taken_is_not_negative check (taken >= 0)
);
comment on table event_private.event_capacity is 'Exact number of places taken at each event. Locking this row serializes changes of attendance and of what it depends on.';
comment on column event_private.event_capacity.capacity is 'max_attendees of an unticketed event. Null for a ticketed event, whose capacity the ticket service enforces.';
alter table event_private.event_capacity enable row level security;

-- Definer: clients may not write capacity.
create or replace function event_private.tg_events__set_capacity()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
declare
  places int := case when new.ticketing_enabled then null else new.max_attendees end;
  already_taken int;
begin
  select c.taken into already_taken from event_private.event_capacity c where c.event_id = new.id for update;
  if places < already_taken then
    perform event_private.refuse('places_are_taken', 'max_attendees cannot be lower than the number of places taken.', 409);
  end if;
  insert into event_private.event_capacity (event_id, capacity) values (new.id, places)
  on conflict (event_id) do update set capacity = excluded.capacity;
  return null;
end $$;
revoke execute on function event_private.tg_events__set_capacity() from public;
create or replace trigger events_set_capacity after insert or update of max_attendees, ticketing_enabled on event_service.events
  for each row execute function event_private.tg_events__set_capacity();

-- db/services/event/14_event_attendees.sql
-- Attendance: policies, and the triggers that keep places, counters and has_attended. The table is in
-- 10_visibility.sql. Uses event_capacity and event_status.

-- Definer: it updates attendance of others. Skips locked rows: their transaction waits for the capacity row and then
-- recomputes has_attended in event_attendees_take_place.
create or replace function event_private.tg_events__set_has_attended()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  perform from event_private.event_capacity c where c.event_id = new.id for update;
  update event_service.event_attendees a
  set has_attended = not a.has_attended
  where a.id in (
    select w.id from event_service.event_attendees w
    where w.event_id = new.id
      and w.has_attended <> event_private.counts_as_attended(w.status, w.checked_in_at, new.status, new.ticketing_enabled)
    for update skip locked);
  return null;
end $$;
revoke execute on function event_private.tg_events__set_has_attended() from public;
create or replace trigger events_set_has_attended after update of status on event_service.events
  for each row when (old.status is distinct from new.status) execute function event_private.tg_events__set_has_attended();

create or replace function event_private.counts_as_attended(
  attendance event_service.attendee_status, checked_in_at timestamptz, event event_service.event_status, is_ticketed boolean)
returns boolean language sql immutable parallel safe set search_path = '' as $$
  select attendance = 'confirmed' and event in ('ongoing', 'completed') and (not is_ticketed or checked_in_at is not null)
$$;
comment on function event_private.counts_as_attended(event_service.attendee_status, timestamptz, event_service.event_status, boolean) is
  'Defines has_attended, and with it user_stats.events_attended.';


alter table event_service.event_attendees enable row level security;

drop policy if exists event_attendees_select_visible on event_service.event_attendees;
create policy event_attendees_select_visible on event_service.event_attendees for select to authenticated
  using (
    user_id = (select auth.uid())
    or exists (select 1 from event_private.visible_events e where e.id = event_attendees.event_id)
      and exists (select 1 from event_private.visible_people p
        where p.id = event_attendees.user_id
          and (p.shows_attendance or exists (select 1 from event_private.my_events h where h.id = event_attendees.event_id))));
drop policy if exists event_attendees_insert_own on event_service.event_attendees;
create policy event_attendees_insert_own on event_service.event_attendees for insert to authenticated
  with check (
    user_id = (select auth.uid())
    and (exists (select 1 from event_private.me)
      or event_private.refuse('account_gone', 'This account no longer exists. Sign in again.', 401))
    and (exists (select 1 from event_private.visible_events e where e.id = event_attendees.event_id)
      or event_private.refuse('event_not_found', 'There is no such event.', 404)));
drop policy if exists event_attendees_update_own on event_service.event_attendees;
create policy event_attendees_update_own on event_service.event_attendees for update to authenticated
  using (user_id = (select auth.uid()) and not by_ticket)
  with check (
    user_id = (select auth.uid())
    and (status = 'cancelled' or exists (select 1 from event_private.visible_events e where e.id = event_attendees.event_id)
      or event_private.refuse('event_not_found', 'There is no such event.', 404)));
drop policy if exists event_attendees_delete_own_or_host on event_service.event_attendees;
create policy event_attendees_delete_own_or_host on event_service.event_attendees for delete to authenticated
  using (not by_ticket and (
    user_id = (select auth.uid())
    or exists (select 1 from event_private.my_events e where e.id = event_attendees.event_id)));

-- by_ticket, checked_in_at and has_attended are not granted: tickets and triggers maintain them.
revoke all on event_service.event_attendees from anon, authenticated;
grant select, delete on event_service.event_attendees to authenticated;
grant insert (event_id, user_id, status) on event_service.event_attendees to authenticated;
grant update (event_id, user_id, status) on event_service.event_attendees to authenticated;
grant all on event_service.event_attendees to service_role;

create or replace trigger event_attendees_refuse_move before update of event_id on event_service.event_attendees
  for each row when (old.event_id <> new.event_id) execute function event_private.tg_rows__refuse_move();

-- Definer: clients may not write capacity, counters or has_attended. Everyone locks attendance before capacity. The
-- event is read under the capacity lock, because a policy sees only the snapshot of the statement.
create or replace function event_private.tg_event_attendees__take_place()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  perform from event_private.event_capacity c where c.event_id in (old.event_id, new.event_id) order by c.event_id for update;
  if tg_op <> 'DELETE' and new.status <> 'cancelled' and not new.by_ticket and (select auth.uid()) is not null then
    perform event_private.require_open(new.event_id);
  end if;
  if tg_op <> 'INSERT' and old.status = 'confirmed' and (tg_op = 'DELETE' or new.status <> 'confirmed' or new.event_id <> old.event_id) then
    update event_private.event_capacity set taken = taken - 1 where event_id = old.event_id;
    perform event_private.add_to_counter('events', old.event_id, 'attendees_count', -1);
  end if;
  if tg_op <> 'DELETE' and new.status = 'confirmed' and (tg_op = 'INSERT' or old.status <> 'confirmed' or new.event_id <> old.event_id) then
    update event_private.event_capacity set taken = taken + 1 where event_id = new.event_id;
    perform event_private.add_to_counter('events', new.event_id, 'attendees_count', 1);
  end if;
  if tg_op <> 'DELETE' then
    update event_service.event_attendees a
    set has_attended = not a.has_attended
    from event_service.events e
    where a.id = new.id and e.id = a.event_id
      and a.has_attended <> event_private.counts_as_attended(a.status, a.checked_in_at, e.status, e.ticketing_enabled);
  end if;
  return null;
end $$;
revoke execute on function event_private.tg_event_attendees__take_place() from public;
create or replace trigger event_attendees_take_place
  after insert or delete or update of event_id, user_id, status, checked_in_at on event_service.event_attendees
  for each row execute function event_private.tg_event_attendees__take_place();

create or replace function event_private.require_open(event uuid)
returns void language plpgsql stable set search_path = '' as $$
declare
  found_event record;
begin
  select e.status, e.ticketing_enabled, e.end_time into found_event from event_service.events e where e.id = event;
  if found_event.status not in ('upcoming', 'ongoing') or found_event.end_time <= now() then
    perform event_private.refuse('event_not_open', 'This event is over or cancelled.', 409);
  elsif found_event.ticketing_enabled then
    perform event_private.refuse('ticket_required', 'Joining this event requires a ticket.', 409);
  end if;
end $$;
comment on function event_private.require_open(uuid) is 'Refuses joining an event that is over, cancelled or ticketed.';
revoke execute on function event_private.require_open(uuid) from public;

create or replace function event_service.attendee(event_service.event_attendees)
returns setof event_service.people rows 1 language sql stable
begin atomic
  select p.* from event_service.people p where p.id = $1.user_id;
end;
comment on function event_service.attendee(event_service.event_attendees) is 'Relationship: event_attendees?select=status,attendee(username,avatar_url).';

-- Effect of ticket_service.tickets. Definer: it writes attendance of the ticket's holder.
create or replace function event_private.tg_tickets__make_attendee()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  if tg_op <> 'INSERT' and old.status = 'active'
    and (tg_op = 'DELETE' or new.status <> 'active' or new.user_id is distinct from old.user_id or new.event_id <> old.event_id)
  then
    perform event_private.add_to_counter('events', old.event_id, 'tickets_sold', -1);
    update event_service.event_attendees a set status = 'cancelled', checked_in_at = null
    where a.event_id = old.event_id and a.user_id = old.user_id and a.by_ticket;
  end if;
  if tg_op <> 'DELETE' and new.status = 'active' then
    if tg_op = 'INSERT' or old.status <> 'active' or new.user_id is distinct from old.user_id or new.event_id <> old.event_id then
      perform event_private.add_to_counter('events', new.event_id, 'tickets_sold', 1);
    end if;
    if new.user_id is not null then
      -- A held ticket counts from its activation; one inserted as active, such as an import, from its purchase.
      insert into event_service.event_attendees as a (event_id, user_id, joined_at, status, by_ticket, checked_in_at)
      values (new.event_id, new.user_id, case tg_op when 'INSERT' then new.purchased_at else now() end, 'confirmed', true, new.checked_in_at)
      on conflict (event_id, user_id) do update
        set status = 'confirmed', by_ticket = true, checked_in_at = excluded.checked_in_at,
          joined_at = case when a.status = 'confirmed' then a.joined_at else excluded.joined_at end;
    end if;
  end if;
  return null;
end $$;
revoke execute on function event_private.tg_tickets__make_attendee() from public;

-- db/services/event/20_event_images.sql
-- Images of an event, written by its host. The same as those of a post.

create table if not exists event_service.event_images (
  id uuid primary key default extensions.uuid_generate_v4(),
  event_id uuid not null references event_service.events (id) on delete cascade,
  image_url text not null constraint image_url_is_given_and_bounded check (octet_length(image_url) between 1 and 1000
    or event_private.refuse('text_too_long', 'An image path has 1 to 1,000 bytes.')),
  order_index int not null default 0 constraint order_index_in_range check (order_index between 0 and 1000
    or event_private.refuse('order_index_out_of_range', 'An order_index is between 0 and 1,000.'))
);
comment on table event_service.event_images is 'Images of an event, sorted by order_index.';
comment on column event_service.event_images.image_url is 'Path in the bucket event-images. Imported rows may hold an https URL.';

create index if not exists event_images_event_id on event_service.event_images (event_id, order_index);
-- Storage policies look up whose image a file is.
create index if not exists event_images_image_url on event_service.event_images (image_url);

create or replace function event_private.describe_file(file text)
returns jsonb language sql immutable parallel safe set search_path = '' as $$
  select jsonb_build_object('path', event_private.stored_path(file), 'url', event_private.stored_url(file))
$$;
comment on function event_private.describe_file(text) is 'A file on a card: {path, url}, one of which is null.';
create or replace function event_private.describe_images(parent uuid)
returns jsonb language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(event_private.describe_file(i.image_url) order by i.order_index, i.id), '[]')
  from event_service.event_images i where i.event_id = parent
$$;
comment on function event_private.describe_images(uuid) is 'Images of an event on a card: [{path, url}] in order. Does not filter by the caller.';
revoke execute on function event_private.describe_images(uuid) from public;

-- Only paths in the owner's folder count, so that naming another person's file does not expose it.
create or replace view event_private.visible_files as
  select i.image_url as path
  from event_service.event_images i
  join event_private.visible_events parent on parent.id = i.event_id
  where split_part(i.image_url, '/', 1) = parent.host_id::text;
comment on view event_private.visible_files is 'Paths in the bucket event-images that the caller may read.';
grant select on event_private.visible_files to anon, authenticated, service_role;

alter table event_service.event_images enable row level security;

drop policy if exists event_images_select_visible on event_service.event_images;
create policy event_images_select_visible on event_service.event_images for select to anon, authenticated
  using (exists (select 1 from event_private.visible_events parent where parent.id = event_images.event_id));
drop policy if exists event_images_insert_host on event_service.event_images;
create policy event_images_insert_host on event_service.event_images for insert to authenticated
  with check (
    (exists (select 1 from event_private.me)
      or event_private.refuse('account_gone', 'This account no longer exists. Sign in again.', 401))
    and (exists (select 1 from event_private.my_events parent where parent.id = event_images.event_id)
      or event_private.refuse('event_not_found', 'You have no such event.', 404)));
drop policy if exists event_images_update_host on event_service.event_images;
create policy event_images_update_host on event_service.event_images for update to authenticated
  using (exists (select 1 from event_private.my_events parent where parent.id = event_images.event_id))
  with check (exists (select 1 from event_private.my_events parent where parent.id = event_images.event_id));
drop policy if exists event_images_delete_host on event_service.event_images;
create policy event_images_delete_host on event_service.event_images for delete to authenticated
  using (exists (select 1 from event_private.my_events parent where parent.id = event_images.event_id));

-- event_id is not granted on update: an image cannot move to another event.
revoke all on event_service.event_images from anon, authenticated;
grant select on event_service.event_images to anon;
grant select, delete on event_service.event_images to authenticated;
grant insert (event_id, image_url, order_index) on event_service.event_images to authenticated;
grant update (image_url, order_index) on event_service.event_images to authenticated;
grant all on event_service.event_images to service_role;

-- Definer: clients may not lock the parent row. The lock serializes concurrent inserts. Imports by an operator are not
-- limited.
create or replace function event_private.tg_event_images__limit_to_ten()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  if (select auth.uid()) is not null then
    perform from event_service.events parent where parent.id = new.event_id for no key update;
    if (select count(*) from event_service.event_images i where i.event_id = new.event_id) > 10 then
      perform event_private.refuse('too_many_images', 'There can be at most ten images.', 409);
    end if;
  end if;
  return null;
end $$;
revoke execute on function event_private.tg_event_images__limit_to_ten() from public;
create or replace trigger event_images_limit_to_ten after insert on event_service.event_images
  for each row execute function event_private.tg_event_images__limit_to_ten();

-- db/services/event/21_event_qna.sql
-- Questions about an event and the answers of its host.

create table if not exists event_service.event_qna (
  id uuid primary key default extensions.uuid_generate_v4(),
  event_id uuid not null references event_service.events (id) on delete cascade,
  user_id uuid default auth.uid(),
  question text not null constraint question_is_given_and_bounded check (question ~ '\S' and length(question) <= 2000
    or event_private.refuse('invalid_question', 'Ask a question of 1 to 2,000 characters.')),
  answer text constraint answer_is_given_and_bounded check ((answer ~ '\S' and length(answer) <= 5000) is not false
    or event_private.refuse('invalid_answer', 'Give an answer of 1 to 5,000 characters, or null to remove it.')),
  answered_by uuid,
  answered_at timestamptz,
  is_answered boolean not null default false,
  upvotes_count int not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint answered_when_there_is_an_answer check (is_answered = (answer is not null))
);
comment on table event_service.event_qna is 'Questions about an event, answered by its host.';
comment on column event_service.event_qna.user_id is 'Who asked. Null after their account is deleted.';

create index if not exists event_qna_event_id on event_service.event_qna (event_id, created_at, id);
create index if not exists event_qna_user_id on event_service.event_qna (user_id);
create index if not exists event_qna_answered_by on event_service.event_qna (answered_by);

create or replace view event_private.visible_questions as
  select q.*
  from event_service.event_qna q
  where exists (select 1 from event_private.visible_events e where e.id = q.event_id)
    and (q.user_id is null or exists (select 1 from event_private.visible_people p where p.id = q.user_id));
comment on view event_private.visible_questions is 'The questions that the caller sees, by the predicate of the policy on event_qna.';
grant select on event_private.visible_questions to anon, authenticated, service_role;

alter table event_service.event_qna enable row level security;

drop policy if exists event_qna_select_visible on event_service.event_qna;
create policy event_qna_select_visible on event_service.event_qna for select to anon, authenticated
  using (
    exists (select 1 from event_private.visible_events e where e.id = event_qna.event_id)
    and (user_id is null or exists (select 1 from event_private.visible_people p where p.id = event_qna.user_id)));
drop policy if exists event_qna_insert_own on event_service.event_qna;
create policy event_qna_insert_own on event_service.event_qna for insert to authenticated
  with check (
    user_id = (select auth.uid())
    and (exists (select 1 from event_private.me)
      or event_private.refuse('account_gone', 'This account no longer exists. Sign in again.', 401))
    and (exists (select 1 from event_private.visible_events e where e.id = event_qna.event_id)
      or event_private.refuse('event_not_found', 'There is no such event.', 404)));
drop policy if exists event_qna_update_asker_or_host on event_service.event_qna;
create policy event_qna_update_asker_or_host on event_service.event_qna for update to authenticated
  -- Checks the event too: PostgreSQL skips select policies for an update that reads no column.
  using (user_id = (select auth.uid()) and exists (select 1 from event_private.visible_events e where e.id = event_qna.event_id)
    or exists (select 1 from event_private.my_events e where e.id = event_qna.event_id))
  with check (user_id = (select auth.uid()) or exists (select 1 from event_private.my_events e where e.id = event_qna.event_id));
drop policy if exists event_qna_delete_asker_or_host on event_service.event_qna;
create policy event_qna_delete_asker_or_host on event_service.event_qna for delete to authenticated
  using (user_id = (select auth.uid()) or exists (select 1 from event_private.my_events e where e.id = event_qna.event_id));

-- answered_by and answered_at are set by the trigger event_qna_check_change, which also checks who may change which
-- column.
revoke all on event_service.event_qna from anon, authenticated;
grant select on event_service.event_qna to anon;
grant select, delete on event_service.event_qna to authenticated;
grant insert (event_id, user_id, question) on event_service.event_qna to authenticated;
grant update (question, answer) on event_service.event_qna to authenticated;
grant all on event_service.event_qna to service_role;

create or replace trigger event_qna_updated_at before update of question, answer on event_service.event_qna
  for each row execute function event_service.update_updated_at_column();

-- Definer: it checks who hosts the event. A policy cannot compare old and new values.
create or replace function event_private.tg_event_qna__check_change()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
declare
  caller uuid := (select auth.uid());
begin
  if tg_op = 'INSERT' then
    new.upvotes_count = 0;
    new.is_answered = new.answer is not null;
    return new;
  end if;
  if new.question is distinct from old.question and caller is distinct from old.user_id and caller is not null then
    perform event_private.refuse('not_your_question', 'Only the person who asked a question can change it.', 403);
  elsif new.question is distinct from old.question and old.is_answered and caller is not null then
    perform event_private.refuse('question_answered', 'This question is answered and can no longer be changed. Ask another one.', 409);
  end if;
  if new.answer is distinct from old.answer then
    if caller is not null and not exists (select 1 from event_private.my_events e where e.id = old.event_id) then
      perform event_private.refuse('not_your_event', 'Only the host of the event can answer.', 403);
    end if;
    new.is_answered = new.answer is not null;
    new.answered_by = case when new.is_answered then coalesce(caller, new.answered_by) end;
    new.answered_at = case when new.is_answered then now() end;
  end if;
  return new;
end $$;
revoke execute on function event_private.tg_event_qna__check_change() from public;
create or replace trigger event_qna_check_change before insert or update of question, answer on event_service.event_qna
  for each row execute function event_private.tg_event_qna__check_change();

create or replace function event_service.asker(event_service.event_qna)
returns setof event_service.people rows 1 language sql stable
begin atomic
  select p.* from event_service.people p where p.id = $1.user_id;
end;
create or replace function event_service.answerer(event_service.event_qna)
returns setof event_service.people rows 1 language sql stable
begin atomic
  select p.* from event_service.people p where p.id = $1.answered_by;
end;
comment on function event_service.asker(event_service.event_qna) is 'Relationship: event_qna?select=question,asker(username).';
comment on function event_service.answerer(event_service.event_qna) is 'Relationship: event_qna?select=answer,answerer(username).';

-- db/services/event/22_qna_upvotes.sql
-- Upvotes of questions.

create table if not exists event_service.qna_upvotes (
  id uuid primary key default extensions.uuid_generate_v4(),
  question_id uuid not null references event_service.event_qna (id) on delete cascade,
  user_id uuid not null default auth.uid(),
  created_at timestamptz not null default now(),
  constraint upvotes_are_unique unique (question_id, user_id)
);
comment on table event_service.qna_upvotes is 'People who want a question answered.';

create index if not exists qna_upvotes_user_id on event_service.qna_upvotes (user_id);

alter table event_service.qna_upvotes enable row level security;

drop policy if exists qna_upvotes_select_visible on event_service.qna_upvotes;
create policy qna_upvotes_select_visible on event_service.qna_upvotes for select to authenticated
  using (
    exists (select 1 from event_private.visible_questions q where q.id = qna_upvotes.question_id)
    and exists (select 1 from event_private.visible_people p where p.id = qna_upvotes.user_id));
drop policy if exists qna_upvotes_insert_own on event_service.qna_upvotes;
create policy qna_upvotes_insert_own on event_service.qna_upvotes for insert to authenticated
  with check (
    user_id = (select auth.uid())
    and (exists (select 1 from event_private.me)
      or event_private.refuse('account_gone', 'This account no longer exists. Sign in again.', 401))
    and (exists (select 1 from event_private.visible_questions q where q.id = qna_upvotes.question_id)
      or event_private.refuse('question_not_found', 'There is no such question.', 404)));
drop policy if exists qna_upvotes_delete_own on event_service.qna_upvotes;
create policy qna_upvotes_delete_own on event_service.qna_upvotes for delete to authenticated
  using (user_id = (select auth.uid()));

-- Update is not granted: there is nothing to change in an upvote.
revoke all on event_service.qna_upvotes from anon, authenticated;
grant select, delete on event_service.qna_upvotes to authenticated;
grant insert (question_id, user_id) on event_service.qna_upvotes to authenticated;
grant all on event_service.qna_upvotes to service_role;

-- Definer: clients may not write counters.
create or replace function event_private.tg_qna_upvotes__count_on_question()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  if tg_op <> 'INSERT' then
    perform event_private.add_to_counter('event_qna', old.question_id, 'upvotes_count', -1);
  end if;
  if tg_op <> 'DELETE' then
    perform event_private.add_to_counter('event_qna', new.question_id, 'upvotes_count', 1);
  end if;
  return null;
end $$;
revoke execute on function event_private.tg_qna_upvotes__count_on_question() from public;
create or replace trigger qna_upvotes_count_on_question after insert or delete or update of question_id on event_service.qna_upvotes
  for each row execute function event_private.tg_qna_upvotes__count_on_question();

-- db/services/event/23_reviews.sql
-- Reviews of an event by its attendees. The user service counts them (user/22_user_stats.sql).

create table if not exists event_service.reviews (
  id uuid primary key default extensions.uuid_generate_v4(),
  event_id uuid not null references event_service.events (id) on delete cascade,
  reviewer_id uuid default auth.uid(),
  host_id uuid,
  rating int not null constraint rating_in_range check (rating between 1 and 5
    or event_private.refuse('rating_out_of_range', 'Give a rating from 1 to 5.')),
  comment text constraint comment_is_bounded check ((length(comment) <= 5000) is not false
    or event_private.refuse('text_too_long', 'A review has at most 5,000 characters.')),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint reviews_are_unique unique (event_id, reviewer_id)
);
comment on table event_service.reviews is 'Ratings by attendees, once the event has started.';
comment on column event_service.reviews.reviewer_id is 'Null after the reviewer''s account is deleted.';
comment on column event_service.reviews.host_id is 'Host of the event, copied by trigger so that the host''s average rating needs no look-up.';

create index if not exists reviews_reviewer_id on event_service.reviews (reviewer_id);
create index if not exists reviews_host_id on event_service.reviews (host_id);

alter table event_service.reviews enable row level security;

drop policy if exists reviews_select_visible on event_service.reviews;
create policy reviews_select_visible on event_service.reviews for select to anon, authenticated
  using (
    exists (select 1 from event_private.visible_events e where e.id = reviews.event_id)
    and (reviewer_id is null or exists (select 1 from event_private.visible_people p where p.id = reviews.reviewer_id)));
-- Confirmed attendance is enough at ticketed events too: otherwise the event of a host who does not use check-in would
-- get no reviews.
drop policy if exists reviews_insert_attendee on event_service.reviews;
create policy reviews_insert_attendee on event_service.reviews for insert to authenticated
  with check (
    reviewer_id = (select auth.uid())
    and (exists (select 1 from event_private.me)
      or event_private.refuse('account_gone', 'This account no longer exists. Sign in again.', 401))
    and (exists (select 1 from event_private.visible_events e where e.id = reviews.event_id)
      or event_private.refuse('event_not_found', 'There is no such event.', 404))
    and (not exists (select 1 from event_private.my_events e where e.id = reviews.event_id)
      or event_private.refuse('own_event', 'You cannot review your own event.', 403))
    and (exists (select 1 from event_private.visible_events e
        where e.id = reviews.event_id and e.start_time <= now() and e.status <> 'cancelled')
      or event_private.refuse('event_not_started', 'You can review an event once it has started, unless it was cancelled.', 409))
    and (exists (select 1 from event_private.my_attendance a where a.event_id = reviews.event_id and a.status = 'confirmed')
      or event_private.refuse('not_attended', 'Only people who attended an event can review it.', 403)));
drop policy if exists reviews_update_own on event_service.reviews;
create policy reviews_update_own on event_service.reviews for update to authenticated
  using (reviewer_id = (select auth.uid()) and exists (select 1 from event_private.visible_events e where e.id = reviews.event_id))
  with check (reviewer_id = (select auth.uid()));
drop policy if exists reviews_delete_own on event_service.reviews;
create policy reviews_delete_own on event_service.reviews for delete to authenticated
  using (reviewer_id = (select auth.uid()));

-- host_id is not granted: it is set by trigger.
revoke all on event_service.reviews from anon, authenticated;
grant select on event_service.reviews to anon;
grant select, delete on event_service.reviews to authenticated;
grant insert (event_id, reviewer_id, rating, comment) on event_service.reviews to authenticated;
grant update (event_id, reviewer_id, rating, comment) on event_service.reviews to authenticated;
grant all on event_service.reviews to service_role;

create or replace trigger reviews_refuse_move before update of event_id on event_service.reviews
  for each row when (old.event_id <> new.event_id) execute function event_private.tg_rows__refuse_move();

create or replace trigger reviews_updated_at before update of rating, comment on event_service.reviews
  for each row execute function event_service.update_updated_at_column();

-- Definer: the caller may not be able to see the event.
create or replace function event_private.tg_reviews__set_host()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  select e.host_id into new.host_id from event_service.events e where e.id = new.event_id;
  return new;
end $$;
revoke execute on function event_private.tg_reviews__set_host() from public;
create or replace trigger reviews_set_host before insert or update of event_id on event_service.reviews
  for each row execute function event_private.tg_reviews__set_host();

create or replace function event_service.reviewer(event_service.reviews)
returns setof event_service.people rows 1 language sql stable
begin atomic
  select p.* from event_service.people p where p.id = $1.reviewer_id;
end;
comment on function event_service.reviewer(event_service.reviews) is 'Relationship: reviews?select=rating,reviewer(username).';

-- db/services/event/30_account_deletion.sql
-- What happens to events, attendance, questions and reviews when an account is deleted.

create or replace function event_private.delete_questions(person uuid)
returns void language plpgsql volatile set search_path = '' as $$
begin
  perform from event_service.qna_upvotes
  where user_id = person or question_id in (select q.id from event_service.event_qna q where q.user_id = person and not q.is_answered)
  order by question_id, user_id for update;
  delete from event_service.qna_upvotes where user_id = person;
  perform from event_service.event_qna where user_id = person or answered_by = person order by id for update;
  delete from event_service.event_qna where user_id = person and not is_answered;
  update event_service.event_qna set user_id = null where user_id = person;
  update event_service.event_qna set answered_by = null where answered_by = person;
end $$;
comment on function event_private.delete_questions(uuid) is 'Deletes a person''s unanswered questions and upvotes. Answered questions stay without their author.';
revoke execute on function event_private.delete_questions(uuid) from public;

-- Effect of user_service.profiles. Definer: it changes rows of others. Locks attendance before capacity, and capacity
-- in the order of events.
create or replace function event_private.tg_profiles__remove_person()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  update event_service.events set status = 'cancelled' where host_id = old.id and status in ('upcoming', 'ongoing');
  update event_service.events set host_id = null where host_id = old.id;
  perform from event_service.event_attendees a where a.user_id = old.id for update;
  perform from event_private.event_capacity c
  where c.event_id in (select a.event_id from event_service.event_attendees a where a.user_id = old.id)
  order by c.event_id for update;
  delete from event_service.event_attendees where user_id = old.id;
  perform event_private.delete_questions(old.id);
  update event_service.reviews set reviewer_id = null where reviewer_id = old.id;
  update event_service.reviews set host_id = null where host_id = old.id;
  return null;
end $$;
revoke execute on function event_private.tg_profiles__remove_person() from public;

-- db/services/event/40_event_cards.sql
-- Events as all lists return them, and event(): one of them.

do $$
begin
  if to_regtype('event_service.event_card') is null then
    create type event_service.event_card as (
      id uuid, host jsonb, title text, description text, category event_service.event_category,
      start_time timestamptz, end_time timestamptz, location_name text, location_address text, location jsonb, requirements text,
      images jsonb, max_attendees int, attendees_count int, tickets_sold int, price numeric, currency text, is_free boolean,
      status event_service.event_status, privacy event_service.event_privacy, ticketing_enabled boolean,
      my_attendance event_service.attendee_status, my_ticket jsonb, i_wait boolean, distance_m double precision, cursor text);
  end if;
end $$;

comment on type event_service.event_card is 'An event in lists. host: {id, username, name, avatar_path, avatar_url, is_verified} or null; location: GeoJSON Point; images: [{path, url}] in order, path in the bucket event-images or the url of an imported row; my_ticket: the caller''s pending or active ticket {id, status, held_until, is_offer, is_checked_in} or null; i_wait: whether the caller is on the waiting list; distance_m: metres from the given point, if any; cursor continues the list after this row.';

-- Only the ticket service knows tickets. Empty until db/one_database/30_later_services.sql replaces them.
do $$
begin
  if to_regclass('event_private.my_tickets') is null then
    create view event_private.my_tickets as select null::uuid as event_id, null::jsonb as ticket where false;
    create view event_private.my_waitlists as select null::uuid as event_id where false;
    comment on view event_private.my_tickets is 'The caller''s pending or active ticket to each event: {id, status, held_until, is_offer, is_checked_in}.';
    comment on view event_private.my_waitlists is 'Events on whose waiting list the caller is.';
  end if;
end $$;

create or replace view event_private.event_cards as
  select e.id,
    event_private.describe_person(p.id, p.username, p.name, p.avatar_url, p.is_verified) as host,
    e.title, e.description, e.category, e.start_time, e.end_time, e.location_name, e.location_address,
    extensions.st_asgeojson(e.location_geom)::jsonb as location, e.requirements,
    event_private.describe_images(e.id) as images,
    e.max_attendees, e.attendees_count, e.tickets_sold, e.price, e.currency, e.is_free,
    e.status, e.privacy, e.ticketing_enabled,
    (select a.status from event_private.my_attendance a where a.event_id = e.id) as my_attendance,
    (select t.ticket from event_private.my_tickets t where t.event_id = e.id) as my_ticket,
    exists (select 1 from event_private.my_waitlists w where w.event_id = e.id) as i_wait
  from event_private.visible_events e
  left join event_private.visible_people p on p.id = e.host_id;
comment on view event_private.event_cards is 'The events that the caller sees, as cards without distance and cursor.';

-- Definer: clients may not read event_cards.
create or replace function event_private.find_event(id uuid)
returns setof event_service.event_card language plpgsql stable security definer rows 1 set search_path = '' as $$
begin
  return query select c.*, null::double precision, null::text from event_private.event_cards c where c.id = find_event.id;
end $$;
revoke execute on function event_private.find_event(uuid) from public;
grant execute on function event_private.find_event(uuid) to anon, authenticated, service_role;

create or replace function event_service.event(id uuid)
returns setof event_service.event_card language sql stable security invoker set search_path = ''
begin atomic
  select * from event_private.find_event(id);
end;
comment on function event_service.event(uuid) is 'One event as a card. No row if the caller cannot see it.';

-- db/services/event/41_events_near.sql
-- events_near(): events by distance.

create or replace function event_private.cursor_number(keys jsonb, key text)
returns double precision language plpgsql immutable set search_path = '' as $$
begin
  if keys is not null and (keys ->> key)::double precision is null then
    perform event_private.refuse('malformed_cursor', 'This is not a cursor of this list. Start again without a cursor.');
  end if;
  return (keys ->> key)::double precision;
exception when data_exception then
  perform event_private.refuse('malformed_cursor', 'This is not a cursor of this list. Start again without a cursor.');
  return null;
end $$;
comment on function event_private.cursor_number(jsonb, text) is 'Reads a number from the keys of a cursor. Refuses anything else with malformed_cursor.';

create or replace function event_private.point_at(lat double precision, lng double precision)
returns extensions.geography language plpgsql immutable set search_path = '' as $$
begin
  if lat is null or lng is null then
    perform event_private.refuse('incomplete_location', 'Give both lat and lng, in degrees.');
  elsif not lat between -90 and 90 then
    perform event_private.refuse('latitude_out_of_range', 'A latitude is between -90 and 90 degrees.');
  elsif not lng between -180 and 180 then
    perform event_private.refuse('longitude_out_of_range', 'A longitude is between -180 and 180 degrees.');
  end if;
  return extensions.st_setsrid(extensions.st_makepoint(lng, lat), 4326)::extensions.geography;
end $$;
comment on function event_private.point_at(double precision, double precision) is 'Converts degrees into a point. Refuses coordinates that are out of range.';
revoke execute on function event_private.point_at(double precision, double precision) from public;

-- Definer: reads visible_events, because PostGIS and full-text search cannot use their indexes under a policy.
create or replace function event_private.events_near(
  lat double precision, lng double precision, radius_m double precision, categories event_service.event_category[],
  starts_after timestamptz, starts_before timestamptz, max_price numeric, query text, cursor text, page_size int)
returns setof event_service.event_card language plpgsql stable security definer set search_path = '' as $$
declare
  here extensions.geography := event_private.point_at(lat, lng);
  after jsonb := event_private.read_cursor(cursor, 'near');
  words tsquery := case when query is not null then event_private.search_query(query) end;
  after_distance double precision;
begin
  if not coalesce(radius_m, 0) between 1 and 100000 then
    perform event_private.refuse('radius_out_of_range', 'radius_m is between 1 and 100,000.');
  end if;
  after_distance := event_private.cursor_number(after, 'distance');
  -- Not ordered by the operator <->: its index scan fails where index and distance round differently, as at the
  -- antimeridian. The radius bounds the sort.
  return query
    with nearest as (
      select e.id, extensions.st_distance(e.location_geom, here, false) as distance
      from event_private.visible_events e
      where extensions.st_dwithin(e.location_geom, here, radius_m, false)
        and e.status in ('upcoming', 'ongoing') and e.end_time > now()
        and (categories is null or e.category = any (categories))
        and (starts_after is null or e.start_time >= starts_after)
        and (starts_before is null or e.start_time < starts_before)
        and (max_price is null or e.price <= max_price)
        and (words is null or event_private.event_document(e.title, e.description, e.location_name) @@ words)
        and (after is null or (extensions.st_distance(e.location_geom, here, false), e.id) > (after_distance, (after ->> 'id')::uuid))
      order by extensions.st_distance(e.location_geom, here, false), e.id
      limit event_private.page_size(events_near.page_size))
    select c.*, n.distance, event_private.write_cursor(jsonb_build_object('kind', 'near', 'distance', n.distance, 'id', n.id))
    from nearest n join event_private.event_cards c on c.id = n.id
    order by n.distance, n.id;
end $$;
revoke execute on function event_private.events_near(double precision, double precision, double precision, event_service.event_category[], timestamptz, timestamptz, numeric, text, text, int) from public;
grant execute on function event_private.events_near(double precision, double precision, double precision, event_service.event_category[], timestamptz, timestamptz, numeric, text, text, int) to anon, authenticated, service_role;

create or replace function event_service.events_near(
  lat double precision, lng double precision, radius_m double precision default 5000,
  categories event_service.event_category[] default null, starts_after timestamptz default null, starts_before timestamptz default null,
  max_price numeric default null, query text default null, cursor text default null, page_size int default 20)
returns setof event_service.event_card language sql stable security invoker set search_path = ''
begin atomic
  select * from event_private.events_near(lat, lng, radius_m, categories, starts_after, starts_before, max_price, query, cursor, page_size);
end;
comment on function event_service.events_near(double precision, double precision, double precision, event_service.event_category[], timestamptz, timestamptz, numeric, text, text, int) is
  'Events within radius_m metres (100,000 at most) of a point in degrees that are not over, nearest first; optionally filtered by category, start time, price and words. Keyset: pass the cursor of the last row for the next page; at most 100 rows.';

-- db/services/event/42_search_events.sql
-- search_events(): events by words.

-- Definer: reads visible_events, because full-text search cannot use its index under a policy.
create or replace function event_private.search_events(query text, categories event_service.event_category[], include_past boolean, cursor text, page_size int)
returns setof event_service.event_card language plpgsql stable security definer set search_path = '' as $$
declare
  size int := event_private.page_size(page_size);
  words tsquery := event_private.search_query(query);
  after jsonb := event_private.read_cursor(cursor, 'events');
  after_time timestamptz := coalesce(event_private.cursor_time(after, 'time'), '-infinity');
  after_id uuid := coalesce((after ->> 'id')::uuid, '00000000-0000-0000-0000-000000000000');
  ids uuid[] := array[]::uuid[];
  looked_at int := 0;
  window_end int;
begin
  -- Common words: scan the next events by time. Two matches in the first 200 rows suggest a full page in 5,000.
  foreach window_end in array array[200, 5000] loop
    ids := ids || array(
      select next.id
      from (
        -- Only one of the two branches runs, each with its own index.
        (select e.id, e.start_time, e.title, e.description, e.location_name from event_private.visible_events e
          where not include_past and e.status <> 'completed' and e.end_time > now()
            and (e.start_time, e.id) > (after_time, after_id) and (categories is null or e.category = any (categories))
          order by e.start_time, e.id offset looked_at limit window_end - looked_at)
        union all
        (select e.id, e.start_time, e.title, e.description, e.location_name from event_private.visible_events e
          where include_past
            and (e.start_time, e.id) > (after_time, after_id) and (categories is null or e.category = any (categories))
          order by e.start_time, e.id offset looked_at limit window_end - looked_at)) next
      where event_private.event_document(next.title, next.description, next.location_name) @@ words
      order by next.start_time, next.id
      limit size - cardinality(ids));
    exit when cardinality(ids) < 2 or cardinality(ids) >= size;
    looked_at := window_end;
  end loop;
  -- Rare words: use the index. Materialized, because the planner does not know how rare the words are.
  if cardinality(ids) < size then
    ids := array(
      with matching as materialized (
        select e.id from event_service.events e
        where event_private.event_document(e.title, e.description, e.location_name) @@ words)
      select v.id from matching
      join event_private.visible_events v on v.id = matching.id
      where (v.start_time, v.id) > (after_time, after_id)
        and (include_past or v.end_time > now()) and (categories is null or v.category = any (categories))
      order by v.start_time, v.id
      limit size);
  end if;
  return query
    select c.*, null::double precision, event_private.write_cursor(jsonb_build_object('kind', 'events', 'time', c.start_time, 'id', c.id))
    from event_private.event_cards c
    where c.id = any (ids)
    order by c.start_time, c.id;
end $$;
revoke execute on function event_private.search_events(text, event_service.event_category[], boolean, text, int) from public;
grant execute on function event_private.search_events(text, event_service.event_category[], boolean, text, int) to anon, authenticated, service_role;

create or replace function event_service.search_events(
  query text, categories event_service.event_category[] default null, include_past boolean default false, cursor text default null, page_size int default 20)
returns setof event_service.event_card language sql stable security invoker set search_path = ''
begin atomic
  select * from event_private.search_events(query, categories, include_past, cursor, page_size);
end;
comment on function event_service.search_events(text, event_service.event_category[], boolean, text, int) is
  'Events whose title, place or description contains words with these prefixes, by start time; past events only with include_past. Keyset: pass the cursor of the last row for the next page; at most 100 rows.';

-- db/services/event/43_discover_events.sql
-- discover_events(): trending, for you, and quiet events.

do $$
begin
  if to_regtype('event_service.discovery_mode') is null then
    create type event_service.discovery_mode as enum ('trending', 'for_you', 'quiet');
  end if;
end $$;

create table if not exists event_private.rankings (
  id uuid primary key default gen_random_uuid(),
  mode event_service.discovery_mode not null,
  viewer_id uuid,
  area text not null,
  made_at timestamptz not null default now(),
  event_ids uuid[] not null
);
comment on table event_private.rankings is 'Generations of ranked lists. A cursor names its generation, so that pages neither repeat nor skip events while scores change. Kept for an hour.';
comment on column event_private.rankings.viewer_id is 'The reader of a for_you list. Null for lists that are the same for everyone.';
comment on column event_private.rankings.area is 'The square of about 10 km for which the list was made. Empty without a location.';
create index if not exists rankings_lookup on event_private.rankings (mode, viewer_id, area, made_at desc);
create index if not exists rankings_made_at on event_private.rankings (made_at);
alter table event_private.rankings enable row level security;

-- Definer: clients may not write rankings. Only events of the next thirty days are ranked, and a generation is reused
-- for five minutes, so the work depends neither on past events nor on the number of readers.
create or replace function event_private.rank_events(mode event_service.discovery_mode, lat double precision, lng double precision)
returns uuid language plpgsql volatile security definer set search_path = '' as $$
declare
  asked extensions.geography := case when lat is not null or lng is not null then event_private.point_at(lat, lng) end;
  square text := case when asked is null then '' else round(lat::numeric, 1) || ',' || round(lng::numeric, 1) end;
  -- The centre of the square, because the list is shared by all callers in it.
  here extensions.geography := case when asked is not null then event_private.point_at(round(lat::numeric, 1)::float8, round(lng::numeric, 1)::float8) end;
  viewer uuid := case when mode = 'for_you' then (select auth.uid()) end;
  ranking uuid;
begin
  select r.id into ranking from event_private.rankings r
  where r.mode = rank_events.mode and r.viewer_id is not distinct from viewer and r.area = square and r.made_at > now() - interval '5 minutes'
  order by r.made_at desc limit 1;
  if found then
    return ranking;
  end if;
  delete from event_private.rankings where made_at < now() - interval '1 hour';
  -- A shared list ranks public events only. Each page is filtered by what its reader sees.
  insert into event_private.rankings (mode, viewer_id, area, event_ids)
  select rank_events.mode, viewer, square, array_agg(s.id order by s.score desc, s.id)
  from (
    select e.id,
      ln(1 + e.attendees_count)
      - extract(epoch from e.start_time - now()) / 86400 * 0.1
      - case when here is null or e.location_geom is null then 0 else least(extensions.st_distance(e.location_geom, here, false) / 10000, 5) end
      + case when viewer is null then 0 else
          2 * (select count(*) from event_private.my_mutuals m
            join event_service.event_attendees a on a.user_id = m.user_id and a.event_id = e.id and a.status = 'confirmed'
            join event_private.visible_people p on p.id = m.user_id and p.shows_attendance)
          + case when exists (select 1 from event_private.my_following f where f.user_id = e.host_id) then 2 else 0 end
          + least((select count(*) from event_private.my_attendance a join event_service.events past on past.id = a.event_id and past.category = e.category), 3)
        end as score
    from event_service.events e
    where e.start_time between now() and now() + interval '30 days' and e.status = 'upcoming'
      and case when viewer is null then e.privacy = 'public'
        else e.host_id is distinct from viewer and exists (select 1 from event_private.visible_events v where v.id = e.id) end
      and (here is null or extensions.st_dwithin(e.location_geom, here, 50000, false))
    order by score desc, e.id
    limit 500
  ) s
  having count(*) > 0
  returning id into ranking;
  return ranking;
end $$;
comment on function event_private.rank_events(event_service.discovery_mode, double precision, double precision) is 'The current generation of a list, created if there is none from the last five minutes. Null if there is no event to list, so that areas without events create no rows.';
revoke execute on function event_private.rank_events(event_service.discovery_mode, double precision, double precision) from public;

-- Definer: clients may not read rankings. A page shows what the caller sees now.
create or replace function event_private.discover_events(
  mode event_service.discovery_mode, lat double precision, lng double precision, categories event_service.event_category[], cursor text, page_size int)
returns setof event_service.event_card language plpgsql volatile security definer set search_path = '' as $$
declare
  after jsonb := event_private.read_cursor(cursor, mode::text);
  generation uuid;
  viewer uuid := (select auth.uid());
begin
  if mode is null then
    perform event_private.refuse('invalid_mode', 'mode is "trending", "for_you" or "quiet".');
  elsif mode = 'quiet' then
    return query select * from event_private.quiet_events(lat, lng, categories, after, page_size);
    return;
  elsif mode = 'for_you' and not exists (select 1 from event_private.me) then
    perform event_private.refuse('sign_in_required', 'Sign in to see events for you.', 401);
  end if;
  if after is null then
    generation := event_private.rank_events(mode, lat, lng);
  else
    select r.id into generation from event_private.rankings r
    where r.id = (after ->> 'id')::uuid and r.mode = discover_events.mode and (r.viewer_id is null or r.viewer_id = viewer)
      and r.made_at > now() - interval '1 hour';
    if not found then
      perform event_private.refuse('cursor_expired', 'This list is older than an hour. Start again without a cursor.', 410);
    end if;
  end if;
  return query
    with page as (
      select e.id, ranked.place
      from event_private.rankings r
      cross join lateral unnest(r.event_ids) with ordinality ranked (event_id, place)
      join event_private.visible_events e on e.id = ranked.event_id
      where r.id = generation and e.status = 'upcoming'
        and ranked.place > coalesce(event_private.cursor_number(after, 'place'), 0)
        and (categories is null or e.category = any (categories))
      order by ranked.place
      limit event_private.page_size(discover_events.page_size))
    select c.*, null::double precision, event_private.write_cursor(jsonb_build_object('kind', discover_events.mode, 'place', p.place, 'id', generation))
    from page p join event_private.event_cards c on c.id = p.id
    order by p.place;
end $$;
revoke execute on function event_private.discover_events(event_service.discovery_mode, double precision, double precision, event_service.event_category[], text, int) from public;
grant execute on function event_private.discover_events(event_service.discovery_mode, double precision, double precision, event_service.event_category[], text, int) to anon, authenticated, service_role;

-- Sorted by time, which does not change, so it needs no generation. Definer: reads visible_events.
create or replace function event_private.quiet_events(
  lat double precision, lng double precision, categories event_service.event_category[], after jsonb, page_size int)
returns setof event_service.event_card language plpgsql stable security definer set search_path = '' as $$
declare
  here extensions.geography := case when lat is not null or lng is not null then event_private.point_at(lat, lng) end;
  after_time timestamptz := event_private.cursor_time(after, 'time');
begin
  return query
    with page as (
      select e.id, e.start_time from event_private.visible_events e
      where e.status = 'upcoming' and e.start_time between now() and now() + interval '30 days' and e.max_attendees <= 20
        and (categories is null or e.category = any (categories))
        and (here is null or extensions.st_dwithin(e.location_geom, here, 50000, false))
        and (after is null or (e.start_time, e.id) > (after_time, (after ->> 'id')::uuid))
      order by e.start_time, e.id
      limit event_private.page_size(quiet_events.page_size))
    select c.*, null::double precision, event_private.write_cursor(jsonb_build_object('kind', 'quiet', 'time', p.start_time, 'id', p.id))
    from page p join event_private.event_cards c on c.id = p.id
    order by p.start_time, p.id;
end $$;
revoke execute on function event_private.quiet_events(double precision, double precision, event_service.event_category[], jsonb, int) from public;

create or replace function event_service.discover_events(
  mode event_service.discovery_mode default 'trending', lat double precision default null, lng double precision default null,
  categories event_service.event_category[] default null, cursor text default null, page_size int default 20)
returns setof event_service.event_card language sql volatile security invoker set search_path = ''
begin atomic
  select * from event_private.discover_events(mode, lat, lng, categories, cursor, page_size);
end;
comment on function event_service.discover_events(event_service.discovery_mode, double precision, double precision, event_service.event_category[], text, int) is
  'Events of the next thirty days, within about 50 km of a point if given: trending, for_you (friends who attend, hosts the caller follows, categories the caller attends; requires sign-in), or quiet (20 places at most, by start time). A cursor of a ranked list is valid for an hour, then refused with cursor_expired. Call by POST; at most 100 rows.';

-- db/services/event/44_friends_who_go.sql
-- friends_who_go(): friends who attend an event.

do $$
begin
  if to_regtype('event_service.friend_card') is null then
    create type event_service.friend_card as (
      id uuid, username text, name text, avatar_path text, avatar_url text, is_verified boolean, joined_at timestamptz, cursor text);
  end if;
end $$;

comment on type event_service.friend_card is 'A friend who attends an event. avatar_path: path in the bucket avatars; avatar_url: URL of an imported row. cursor continues the list after this row.';

-- Definer: reads the attendance of others, as far as they show it to the caller.
create or replace function event_private.friends_who_go(event_id uuid, cursor text, page_size int)
returns setof event_service.friend_card language plpgsql stable security definer set search_path = '' as $$
declare
  after jsonb := event_private.read_cursor(cursor, 'friends');
  after_time timestamptz := event_private.cursor_time(after, 'time');
begin
  return query
    select p.id, p.username, p.name, event_private.stored_path(p.avatar_url), event_private.stored_url(p.avatar_url), p.is_verified, a.joined_at,
      event_private.write_cursor(jsonb_build_object('kind', 'friends', 'time', a.joined_at, 'id', p.id))
    from event_private.visible_events e
    join event_service.event_attendees a on a.event_id = e.id and a.status = 'confirmed'
    join event_private.my_mutuals m on m.user_id = a.user_id
    join event_private.visible_people p on p.id = a.user_id
    where e.id = friends_who_go.event_id
      and (p.shows_attendance or e.host_id = (select auth.uid()))
      and (after is null or (a.joined_at, p.id) > (after_time, (after ->> 'id')::uuid))
    order by a.joined_at, p.id
    limit event_private.page_size(friends_who_go.page_size);
end $$;
revoke execute on function event_private.friends_who_go(uuid, text, int) from public;
grant execute on function event_private.friends_who_go(uuid, text, int) to authenticated, service_role;

create or replace function event_service.friends_who_go(event_id uuid, cursor text default null, page_size int default 20)
returns setof event_service.friend_card language sql stable security invoker set search_path = ''
begin atomic
  select * from event_private.friends_who_go(event_id, cursor, page_size);
end;
comment on function event_service.friends_who_go(uuid, text, int) is 'Friends (mutual followers) of the caller who are confirmed attendees and show it, in the order of joining. Keyset: pass the cursor of the last row for the next page; at most 100 rows.';
revoke execute on function event_service.friends_who_go(uuid, text, int) from public;
grant execute on function event_service.friends_who_go(uuid, text, int) to authenticated, service_role;

commit;
