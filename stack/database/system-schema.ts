import { getAuthSchemaSql, getStorageSchemaSql } from "@supabase/lite";
import type { Sql } from "postgres";

/**
 * Creates what a Supabase database has before the first migration: the roles of requests, the schemas `extensions`
 * (with two extensions), `auth` and `storage`, and the grants with which policies can call `auth.uid()`. Idempotent.
 */
export async function ensureSystemSchema(sql: Sql): Promise<void> {
  const [found] = await sql`select obj_description(to_regnamespace('auth')::oid, 'pg_namespace') as mark`;
  if (found?.mark === MARK) return;
  await sql.begin(async (tx) => {
    await tx.unsafe(ROLES_SQL).simple();
    await tx.unsafe(`create schema if not exists auth; ${getAuthSchemaSql()}`).simple();
    await tx.unsafe(AUTH_SQL).simple();
    await tx.unsafe(getStorageSchemaSql()).simple();
    await tx.unsafe(FUNCTIONS_SQL).simple();
    await tx.unsafe(GRANTS_SQL).simple();
    await tx.unsafe(`comment on schema auth is '${MARK}'`).simple();
  });
}

/** Change it together with the SQL below, so that existing databases are updated at their next start. */
const MARK = "embedded stack, system schema 3";

const ROLES_SQL = `
do $$
declare
  wanted record;
begin
  for wanted in
    select * from (values ('anon', ''), ('authenticated', ''), ('service_role', 'bypassrls')) as roles (name, attribute)
  loop
    if not exists (select from pg_roles where rolname = wanted.name) then
      execute format('create role %I nologin noinherit %s', wanted.name, wanted.attribute);
    end if;
    -- The database owner switches to these roles for each request, and must be a member unless a superuser.
    execute format('grant %I to current_user', wanted.name);
  end loop;
  -- As on Supabase, so that functions of extensions need no schema prefix.
  execute format('alter database %I set search_path = "$user", public, extensions', current_database());
end
$$;
create schema if not exists extensions;
create extension if not exists "uuid-ossp" schema extensions;
create extension if not exists pgcrypto schema extensions;
`;

/** What lite's Auth does not need, but ordinary seeds insert and tokens contain. */
const AUTH_SQL = `
alter table auth.users add column if not exists instance_id uuid, add column if not exists is_super_admin boolean;
alter table auth.identities alter column id set default gen_random_uuid();
create table if not exists auth.mfa_amr_claims (
  id uuid primary key,
  session_id uuid not null references auth.sessions (id) on delete cascade,
  authentication_method text not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  constraint mfa_amr_claims_session_id_authentication_method_pkey unique (session_id, authentication_method)
);
`;

/** Supabase's own definitions: lite's read only one of the two settings that carry the caller's id. */
const FUNCTIONS_SQL = `
create or replace function auth.uid() returns uuid language sql stable as $$
  select coalesce(
    nullif(current_setting('request.jwt.claim.sub', true), ''),
    (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')
  )::uuid
$$;
create or replace function auth.role() returns text language sql stable as $$
  select coalesce(
    nullif(current_setting('request.jwt.claim.role', true), ''),
    (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'role')
  )::text
$$;
create or replace function auth.email() returns text language sql stable as $$
  select coalesce(
    nullif(current_setting('request.jwt.claim.email', true), ''),
    (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'email')
  )::text
$$;
create or replace function auth.jwt() returns jsonb language sql stable as $$
  select coalesce(nullif(current_setting('request.jwt.claims', true), ''), '{}')::jsonb
$$;
`;

const GRANTS_SQL = `
grant usage on schema extensions, auth, storage to anon, authenticated, service_role;
grant execute on function auth.uid(), auth.role(), auth.email(), auth.jwt() to anon, authenticated, service_role;
-- Row-level security protects the rows; migrations create the policies.
grant all on storage.buckets, storage.objects to anon, authenticated, service_role;
`;
