create schema if not exists {{service}}_service;
create schema if not exists {{service}}_private;
comment on schema {{service}}_private is 'Not exposed over REST: definer functions, views that policies read, and internal tables.';

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
  where c.relnamespace = '{{service}}_service'::regnamespace and c.relkind = 'r'
    and obj_description(c.oid, 'pg_class') like 'Stub %';
  if found then
    raise exception '% is a stub made by another service''s file', stub
      using hint = 'Load the service files in the order user, event, post, ticket, or each into a database of its own.';
  end if;
end $$;

grant usage on schema {{service}}_service to anon, authenticated, service_role;

create or replace function {{service}}_private.refuse(code text, message text, status int default 400)
returns boolean language plpgsql volatile set search_path = '' as $$
begin
  raise sqlstate 'PGRST' using
    message = json_build_object('code', code, 'message', message, 'details', null, 'hint', null)::text,
    detail = json_build_object('status', status, 'headers', json_build_object())::text;
end $$;
comment on function {{service}}_private.refuse(text, text, int) is
  'Never returns: raises the error `code` (docs/errors.md) with this HTTP status. Returns boolean so that a constraint or policy can say `<rule> or refuse(…)`.';
grant execute on function {{service}}_private.refuse(text, text, int) to anon, authenticated, service_role;

create or replace function {{service}}_service.update_updated_at_column()
returns trigger language plpgsql volatile set search_path = '' as $$
begin
  new.updated_at = now();
  return new;
end $$;
comment on function {{service}}_service.update_updated_at_column() is 'Trigger function: sets updated_at.';

create or replace function {{service}}_private.write_cursor(keys jsonb)
returns text language sql immutable set search_path = '' as $$
  select translate(encode(convert_to(keys::text, 'UTF8'), 'base64'), E'+/=\n', '-_')
$$;
comment on function {{service}}_private.write_cursor(jsonb) is 'Encodes the sort keys of a row as an opaque cursor.';

create or replace function {{service}}_private.read_cursor(cursor text, kind text)
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
  perform {{service}}_private.refuse('malformed_cursor', 'This is not a cursor of this list. Start again without a cursor.');
  return null;
end $$;
comment on function {{service}}_private.read_cursor(text, text) is 'Decodes a cursor of this kind of list; null for the first page. Refuses any other text with malformed_cursor.';

create or replace function {{service}}_private.page_size(wanted int)
returns int language sql immutable set search_path = '' as $$ select least(greatest(coalesce(wanted, 20), 1), 100) $$;
comment on function {{service}}_private.page_size(int) is 'Rows per page: 20 by default, 100 at most.';
