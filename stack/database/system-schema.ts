import { getAuthSchemaSql, getStorageSchemaSql } from "@supabase/lite";
import type { Sql } from "postgres";

/**
 * What a Supabase database has before the first migration: the roles that requests run as, the schemas `extensions`
 * with two extensions in it, `auth` and `storage`, and the grants by which policies can call `auth.uid()`. Safe to run again.
 */
export async function ensureSystemSchema(sql: Sql): Promise<void> {
  const [found] = await sql`select obj_description(to_regnamespace('auth')::oid, 'pg_namespace') as mark`;
  if (found?.mark === MARK) return;
  await sql.begin(async (tx) => {
    await tx.unsafe(ROLES_SQL).simple();
    await tx.unsafe(`create schema if not exists auth; ${getAuthSchemaSql()}`).simple();
    await tx.unsafe(getStorageSchemaSql()).simple();
    await tx.unsafe(FUNCTIONS_SQL).simple();
    await tx.unsafe(GRANTS_SQL).simple();
    await tx.unsafe(`comment on schema auth is '${MARK}'`).simple();
  });
}

/** Change it with what is below, and databases made before get the change at their next start. */
const MARK = "embedded stack, system schema 2";

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
    -- The owner of the database takes these roles for each request, and needs to be a member unless a superuser.
    execute format('grant %I to current_user', wanted.name);
  end loop;
  -- As on Supabase, so that functions of extensions are found without naming their schema.
  execute format('alter database %I set search_path = "$user", public, extensions', current_database());
end
$$;
create schema if not exists extensions;
create extension if not exists "uuid-ossp" schema extensions;
create extension if not exists pgcrypto schema extensions;
`;

/** Supabase's own definitions: lite's read only one of the two settings that carry the person's id. */
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
-- Row-level security decides about each object; storage's policies are made by migrations.
grant all on storage.buckets, storage.objects to anon, authenticated, service_role;
`;
