-- Baseline, built by `npm run db:build` until the first release, from db/services/user/.

-- db/services/user/00_foundation.sql
-- Schemas, roles, and the helpers that every service has: refusals, cursors and search.

create schema if not exists user_service;
create schema if not exists user_private;
comment on schema user_private is 'Not exposed over REST: definer functions, views that policies read, and internal tables.';

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
  where c.relnamespace = 'user_service'::regnamespace and c.relkind = 'r'
    and obj_description(c.oid, 'pg_class') like 'Stub %';
  if found then
    raise exception '% is a stub made by another service''s file', stub
      using hint = 'Load the service files in the order user, event, post, ticket, or each into a database of its own.';
  end if;
end $$;

grant usage on schema user_service to anon, authenticated, service_role;

create or replace function user_private.refuse(code text, message text, status int default 400)
returns boolean language plpgsql volatile set search_path = '' as $$
begin
  raise sqlstate 'PGRST' using
    message = json_build_object('code', code, 'message', message, 'details', null, 'hint', null)::text,
    detail = json_build_object('status', status, 'headers', json_build_object())::text;
end $$;
comment on function user_private.refuse(text, text, int) is
  'Never returns: raises the error `code` (docs/errors.md) with this HTTP status. Returns boolean so that a constraint or policy can say `<rule> or refuse(…)`.';
grant execute on function user_private.refuse(text, text, int) to anon, authenticated, service_role;

create or replace function user_service.update_updated_at_column()
returns trigger language plpgsql volatile set search_path = '' as $$
begin
  new.updated_at = now();
  return new;
end $$;
comment on function user_service.update_updated_at_column() is 'Trigger function: sets updated_at.';

create or replace function user_private.write_cursor(keys jsonb)
returns text language sql immutable set search_path = '' as $$
  select translate(encode(convert_to(keys::text, 'UTF8'), 'base64'), E'+/=\n', '-_')
$$;
comment on function user_private.write_cursor(jsonb) is 'Encodes the sort keys of a row as an opaque cursor.';

create or replace function user_private.read_cursor(cursor text, kind text)
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
  perform user_private.refuse('malformed_cursor', 'This is not a cursor of this list. Start again without a cursor.');
  return null;
end $$;
comment on function user_private.read_cursor(text, text) is 'Decodes a cursor of this kind of list; null for the first page. Refuses any other text with malformed_cursor.';

create or replace function user_private.page_size(wanted int)
returns int language sql immutable set search_path = '' as $$ select least(greatest(coalesce(wanted, 20), 1), 100) $$;
comment on function user_private.page_size(int) is 'Rows per page: 20 by default, 100 at most.';
create schema if not exists extensions;
comment on schema user_service is 'Accounts, profiles, follows, blocks and invitations. Exposed over REST.';

create or replace function user_private.search_query(words text)
returns tsquery language plpgsql immutable set search_path = '' as $$
declare
  parsed tsquery;
begin
  -- All words must match, each as a prefix.
  select to_tsquery('simple', string_agg('''' || replace(replace(lexeme, '\', '\\'), '''', '''''') || ''':*', ' & '))
  into parsed
  from unnest(to_tsvector('simple', left(words, 200)));
  if parsed is null then
    perform user_private.refuse('empty_search', 'Search for at least one word or number.');
  end if;
  return parsed;
end $$;
comment on function user_private.search_query(text) is 'Parses the first 200 characters of a search text into a prefix query. Refuses a text without a word with empty_search.';
-- Columns such as avatar_url hold a path in their bucket, or the URL of an imported row. Cards tell which.
create or replace function user_private.stored_path(file text)
returns text language sql immutable parallel safe set search_path = '' as $$ select case when file !~* '^https?://' then file end $$;
comment on function user_private.stored_path(text) is 'The path of an uploaded file in its bucket. Null for a URL.';
create or replace function user_private.stored_url(file text)
returns text language sql immutable parallel safe set search_path = '' as $$ select case when file ~* '^https?://' then file end $$;
comment on function user_private.stored_url(text) is 'The URL of a file of an imported row. Null for a path.';

-- db/services/user/10_users.sql
-- Accounts: one row of users for each person who signed up.

create table if not exists user_service.users (
  id uuid primary key default gen_random_uuid(),
  email text constraint email_is_bounded check ((length(email) <= 320) is not false or user_private.refuse('text_too_long', 'An email address has at most 320 characters.')),
  name text constraint name_is_bounded check ((length(name) <= 100) is not false or user_private.refuse('text_too_long', 'A name has at most 100 characters.')),
  username text not null constraint username_is_valid check (username ~ '^[a-zA-Z0-9_-]{3,50}$'
    or user_private.refuse('invalid_username', 'A username has 3 to 50 letters, digits, hyphens or underscores.')),
  bio text constraint bio_is_bounded check ((length(bio) <= 1000) is not false or user_private.refuse('text_too_long', 'A bio has at most 1,000 characters.')),
  avatar_url text constraint avatar_url_is_bounded check ((octet_length(avatar_url) <= 1000) is not false or user_private.refuse('text_too_long', 'An image path has at most 1,000 bytes.')),
  phone text constraint phone_is_bounded check ((length(phone) <= 32) is not false or user_private.refuse('text_too_long', 'A phone number has at most 32 characters.')),
  date_of_birth date constraint born_in_a_plausible_year check ((date_of_birth >= '1900-01-01') is not false
    or user_private.refuse('date_of_birth_out_of_range', 'A date of birth must be 1900-01-01 or later.')),
  gender text constraint gender_is_bounded check ((length(gender) <= 50) is not false or user_private.refuse('text_too_long', 'A gender has at most 50 characters.')),
  location text constraint location_is_bounded check ((length(location) <= 200) is not false or user_private.refuse('text_too_long', 'A location has at most 200 characters.')),
  interests text[] not null default '{}' constraint interests_are_bounded check (
    (cardinality(interests) <= 50 and length(array_to_string(interests, '')) <= 2000)
    or user_private.refuse('text_too_long', 'Give at most 50 interests with 2,000 characters in total.')),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  last_login_at timestamptz,
  is_verified boolean not null default false,
  is_email_verified boolean not null default false
);
comment on table user_service.users is 'A person''s account, created at sign-up. Readable by the person alone; others read profiles. The password is in auth.users.';
comment on column user_service.users.email is 'Mirrors auth.users. Changed through Auth only.';
comment on column user_service.users.avatar_url is 'Path in the bucket avatars. Imported rows may hold an https URL.';
comment on column user_service.users.is_verified is 'Whether the platform has verified the person''s identity. Set by operators.';

-- Case-insensitive, because "Ani" and "ani" look like the same person.
create unique index if not exists usernames_are_unique on user_service.users (lower(username));
create unique index if not exists emails_are_unique on user_service.users (lower(email));

alter table user_service.users enable row level security;

create policy users_select_own on user_service.users for select to authenticated
  using (id = (select auth.uid()));
create policy users_update_own on user_service.users for update to authenticated
  using (id = (select auth.uid())) with check (id = (select auth.uid()));

-- Insert and delete are not granted: sign-up creates the row and delete_account() deletes it. Email, is_verified and
-- is_email_verified are set by the system.
revoke all on user_service.users from anon, authenticated;
grant select on user_service.users to authenticated;
grant update (name, username, bio, avatar_url, phone, date_of_birth, gender, location, interests) on user_service.users to authenticated;
grant all on user_service.users to service_role;

-- Definer: usernames are unique across people whom the caller cannot see. The index enforces it; this trigger returns a
-- readable error.
create or replace function user_private.tg_users__explain_taken_username()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  if exists (select 1 from user_service.users u where lower(u.username) = lower(new.username) and u.id <> new.id) then
    perform user_private.refuse('username_taken', 'This username is taken. Choose another.', 409);
  end if;
  return new;
end $$;
revoke execute on function user_private.tg_users__explain_taken_username() from public;
create or replace trigger users_explain_taken_username before update of username on user_service.users
  for each row execute function user_private.tg_users__explain_taken_username();

create or replace trigger users_updated_at
  before update of email, name, username, bio, avatar_url, phone, date_of_birth, gender, location, interests, is_verified on user_service.users
  for each row execute function user_service.update_updated_at_column();


-- Definer: usernames are unique across people whom the caller cannot see.
create or replace function user_private.username_available(username text)
returns boolean language sql stable security definer set search_path = '' as $$
  select username ~ '^[a-zA-Z0-9_-]{3,50}$'
    and not exists (select 1 from user_service.users u where lower(u.username) = lower(username_available.username))
$$;
revoke execute on function user_private.username_available(text) from public;
grant execute on function user_private.username_available(text) to anon, authenticated, service_role;

create or replace function user_service.username_available(username text)
returns boolean language sql stable security invoker set search_path = ''
begin atomic
  select user_private.username_available(username);
end;
comment on function user_service.username_available(text) is 'Whether a username is valid and not taken, regardless of case.';

-- db/services/user/11_user_settings.sql
-- Preferences of a person, such as language and notifications.

create table if not exists user_service.user_settings (
  user_id uuid primary key default auth.uid() references user_service.users (id) on delete cascade,
  push_notifications boolean not null default true,
  email_notifications boolean not null default true,
  dark_mode boolean not null default false,
  language text not null default 'id' constraint language_is_a_tag check (language ~ '^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$' and length(language) <= 35
    or user_private.refuse('invalid_language', 'Give a language tag, such as "id" or "en-GB".')),
  location_enabled boolean not null default true,
  show_online_status boolean not null default true
);
comment on table user_service.user_settings is 'A person''s preferences, created with the account.';

alter table user_service.user_settings enable row level security;

create policy user_settings_select_own on user_service.user_settings for select to authenticated
  using (user_id = (select auth.uid()));
create policy user_settings_update_own on user_service.user_settings for update to authenticated
  using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));

-- Insert is not granted: the row is created with the account.
revoke all on user_service.user_settings from anon, authenticated;
grant select on user_service.user_settings to authenticated;
grant update (push_notifications, email_notifications, dark_mode, language, location_enabled, show_online_status)
  on user_service.user_settings to authenticated;
grant all on user_service.user_settings to service_role;

-- Imported settings replace the defaults created with the account, unless the person has changed them.
create or replace function user_private.tg_user_settings__replace_default()
returns trigger language plpgsql volatile set search_path = '' as $$
begin
  delete from user_service.user_settings s
  where s.user_id = new.user_id
    and (s.push_notifications, s.email_notifications, s.dark_mode, s.language, s.location_enabled, s.show_online_status)
      = (true, true, false, 'id', true, true);
  return new;
end $$;
create or replace trigger user_settings_replace_default before insert on user_service.user_settings
  for each row execute function user_private.tg_user_settings__replace_default();

-- db/services/user/12_user_privacy.sql
-- Privacy settings of a person. 21_profiles.sql copies them to the profile, 20_visibility.sql acts on them.

create table if not exists user_service.user_privacy (
  user_id uuid primary key default auth.uid() references user_service.users (id) on delete cascade,
  profile_visible boolean not null default true,
  events_visible boolean not null default true,
  allow_followers boolean not null default true,
  show_email boolean not null default false,
  show_location boolean not null default true
);
comment on table user_service.user_privacy is 'What a person lets others see, created with the account.';
comment on column user_service.user_privacy.profile_visible is 'False hides the person and everything they do from everyone except mutual followers.';
comment on column user_service.user_privacy.events_visible is 'False hides which events they attend, except from the event''s host.';
comment on column user_service.user_privacy.allow_followers is 'False refuses new followers. Existing followers stay.';

alter table user_service.user_privacy enable row level security;

create policy user_privacy_select_own on user_service.user_privacy for select to authenticated
  using (user_id = (select auth.uid()));
create policy user_privacy_update_own on user_service.user_privacy for update to authenticated
  using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));

-- Insert is not granted: the row is created with the account.
revoke all on user_service.user_privacy from anon, authenticated;
grant select on user_service.user_privacy to authenticated;
grant update (profile_visible, events_visible, allow_followers, show_email, show_location) on user_service.user_privacy to authenticated;
grant all on user_service.user_privacy to service_role;

create or replace function user_private.tg_user_privacy__replace_default()
returns trigger language plpgsql volatile set search_path = '' as $$
begin
  delete from user_service.user_privacy p
  where p.user_id = new.user_id
    and (p.profile_visible, p.events_visible, p.allow_followers, p.show_email, p.show_location) = (true, true, true, false, true);
  return new;
end $$;
create or replace trigger user_privacy_replace_default before insert on user_service.user_privacy
  for each row execute function user_private.tg_user_privacy__replace_default();

-- db/services/user/20_visibility.sql
-- Who sees whom: the tables profiles, follows and blocks, and the views that policies query. The views run with the
-- rights of their owner and are filtered by the caller, so that policies need not name a table: their text is the same
-- in one database and in four, and they cannot recurse.

create table if not exists user_service.profiles (
  id uuid primary key default gen_random_uuid() references user_service.users (id) on delete cascade,
  username text not null,
  name text,
  bio text,
  avatar_url text,
  is_verified boolean not null default false,
  is_private boolean not null default false,
  shows_attendance boolean not null default true,
  email text,
  location text
);
comment on table user_service.profiles is 'The public part of an account, as a row of its own. Maintained by triggers on users and user_privacy; clients cannot write it.';
comment on column user_service.profiles.is_private is 'True if only mutual followers see the person and what they do.';
comment on column user_service.profiles.email is 'Null unless the person shows it.';
comment on column user_service.profiles.location is 'Null unless the person shows it.';

create or replace function user_private.person_document(username text, name text)
returns tsvector language sql immutable parallel safe set search_path = '' as $$
  select to_tsvector('simple', coalesce(username, '') || ' ' || translate(coalesce(username, ''), '_-', '  ') || ' ' || coalesce(name, ''))
$$;
comment on function user_private.person_document(text, text) is 'The text that search_people searches: the username, its parts, and the name.';

create index if not exists profiles_person_document on user_service.profiles using gin (user_private.person_document(username, name));
-- Profile pages look up the username; lists of people are sorted by it.
create index if not exists profiles_lower_username on user_service.profiles (lower(username), id);
-- Storage policies look up whose avatar a file is.
create index if not exists profiles_avatar_url on user_service.profiles (avatar_url) where avatar_url is not null;

create table if not exists user_service.follows (
  id uuid primary key default gen_random_uuid(),
  follower_id uuid not null default auth.uid() references user_service.users (id) on delete cascade,
  following_id uuid not null references user_service.users (id) on delete cascade,
  created_at timestamptz not null default now(),
  constraint follows_are_unique unique (follower_id, following_id),
  constraint nobody_follows_themselves check (follower_id <> following_id
    or user_private.refuse('self_follow', 'You cannot follow yourself.'))
);
comment on table user_service.follows is 'follower_id follows following_id. Two people who follow each other are mutual followers, called friends in the app.';

-- Lists a person's followers and finds mutual followers.
create unique index if not exists follows_following_id_follower_id on user_service.follows (following_id, follower_id);

create table if not exists user_service.blocks (
  id uuid primary key default gen_random_uuid(),
  blocker_id uuid not null default auth.uid() references user_service.users (id) on delete cascade,
  blocked_id uuid not null references user_service.users (id) on delete cascade,
  created_at timestamptz not null default now(),
  constraint blocks_are_unique unique (blocker_id, blocked_id),
  constraint nobody_blocks_themselves check (blocker_id <> blocked_id
    or user_private.refuse('self_block', 'You cannot block yourself.'))
);
comment on table user_service.blocks is 'A block hides two people from each other. Only the blocker sees the row.';

-- Blocks are looked up from both sides.
create unique index if not exists blocks_blocked_id_blocker_id on user_service.blocks (blocked_id, blocker_id);

create or replace view user_private.me as
  select p.id from user_service.profiles p where p.id = (select auth.uid());
comment on view user_private.me is 'The caller, if their account still exists. A token can be valid after its account is deleted.';

create or replace view user_private.my_mutuals as
  select f.following_id as user_id
  from user_service.follows f
  where f.follower_id = (select auth.uid())
    and exists (select 1 from user_service.follows b where b.follower_id = f.following_id and b.following_id = (select auth.uid()));

create or replace view user_private.my_blocks as
  select b.blocked_id as user_id from user_service.blocks b where b.blocker_id = (select auth.uid())
  union all
  select b.blocker_id from user_service.blocks b where b.blocked_id = (select auth.uid());
comment on view user_private.my_blocks is 'Everyone whom the caller has blocked or who has blocked the caller.';
create or replace view user_private.my_following as
  select f.following_id as user_id from user_service.follows f where f.follower_id = (select auth.uid());

create or replace view user_private.accepts_followers as
  select p.user_id from user_service.user_privacy p where p.allow_followers;

create or replace view user_private.visible_people as
  select p.*
  from user_service.profiles p
  where p.id = (select auth.uid())
    or (not p.is_private or exists (select 1 from user_private.my_mutuals m where m.user_id = p.id))
      and not exists (select 1 from user_private.my_blocks b where b.user_id = p.id);
comment on view user_private.visible_people is 'The people whom the caller sees, by the predicate of the policies on profiles. Search reads this view because full-text search cannot use its index under a policy.';

-- Only paths in the owner's folder count, so that naming another person's file does not expose it.
create or replace view user_private.visible_files as
  select p.avatar_url as path from user_private.visible_people p where split_part(p.avatar_url, '/', 1) = p.id::text;
comment on view user_private.visible_files is 'Paths in the bucket avatars that the caller may read.';
grant select on user_private.visible_files, user_private.me, user_private.my_following, user_private.my_mutuals, user_private.my_blocks,
  user_private.visible_people to anon, authenticated, service_role;
grant select on user_private.accepts_followers to authenticated, service_role;

-- db/services/user/21_profiles.sql
-- Profiles: policies, and the triggers that maintain a profile from users and user_privacy. The table is in
-- 20_visibility.sql.

alter table user_service.profiles enable row level security;

create policy profiles_select_anonymous on user_service.profiles for select to anon
  using (not is_private);
create policy profiles_select_signed_in on user_service.profiles for select to authenticated
  using (
    id = (select auth.uid())
    or (not is_private or exists (select 1 from user_private.my_mutuals m where m.user_id = profiles.id))
      and not exists (select 1 from user_private.my_blocks b where b.user_id = profiles.id));

-- Writing is not granted: triggers maintain the row.
revoke all on user_service.profiles from anon, authenticated;
grant select on user_service.profiles to anon, authenticated;
grant all on user_service.profiles to service_role;

-- Definer: clients may not write profiles, and operators may change another person's account.
create or replace function user_private.refresh_profile(person uuid)
returns void language plpgsql volatile security definer set search_path = '' as $$
begin
  -- Lock before reading, so that the later of two concurrent changes sees the earlier one.
  perform from user_service.profiles where id = person for update;
  insert into user_service.profiles as p (id, username, name, bio, avatar_url, is_verified, is_private, shows_attendance, email, location)
  select u.id, u.username, u.name, u.bio, u.avatar_url, u.is_verified, not r.profile_visible, r.events_visible,
    case when r.show_email then u.email end, case when r.show_location then u.location end
  from user_service.users u
  join user_service.user_privacy r on r.user_id = u.id
  where u.id = person
  on conflict (id) do update set
    username = excluded.username, name = excluded.name, bio = excluded.bio, avatar_url = excluded.avatar_url,
    is_verified = excluded.is_verified, is_private = excluded.is_private, shows_attendance = excluded.shows_attendance,
    email = excluded.email, location = excluded.location
  where (p.username, p.name, p.bio, p.avatar_url, p.is_verified, p.is_private, p.shows_attendance, p.email, p.location)
    is distinct from (excluded.username, excluded.name, excluded.bio, excluded.avatar_url, excluded.is_verified,
      excluded.is_private, excluded.shows_attendance, excluded.email, excluded.location);
end $$;
revoke execute on function user_private.refresh_profile(uuid) from public;

-- Definer: clients may not insert these rows.
create or replace function user_private.tg_users__refresh_profile()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  if tg_op = 'INSERT' then
    insert into user_service.user_settings (user_id) values (new.id);
    insert into user_service.user_stats (user_id) values (new.id);
    insert into user_service.user_privacy (user_id) values (new.id);
  end if;
  perform user_private.refresh_profile(new.id);
  return null;
end $$;
revoke execute on function user_private.tg_users__refresh_profile() from public;
create or replace trigger users_refresh_profile
  after insert or update of username, name, bio, avatar_url, is_verified, email, location on user_service.users
  for each row execute function user_private.tg_users__refresh_profile();

-- Definer: clients may not write profiles.
create or replace function user_private.tg_user_privacy__refresh_profile()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  perform user_private.refresh_profile(new.user_id);
  return null;
end $$;
revoke execute on function user_private.tg_user_privacy__refresh_profile() from public;
create or replace trigger user_privacy_refresh_profile after insert or update on user_service.user_privacy
  for each row execute function user_private.tg_user_privacy__refresh_profile();

-- Definer: clients may not lock profiles. Locks the profile before the account, in the order of account deletion.
create or replace function user_private.tg_users__lock_profile()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  perform from user_service.profiles where id = (select auth.uid()) for update;
  return null;
end $$;
revoke execute on function user_private.tg_users__lock_profile() from public;
create or replace trigger users_lock_profile before update on user_service.users
  for each statement execute function user_private.tg_users__lock_profile();
create or replace trigger user_privacy_lock_profile before update on user_service.user_privacy
  for each statement execute function user_private.tg_users__lock_profile();

-- Definer: clients may not delete profiles. The profile is deleted before the account, because other services react to
-- the deletion of the profile and must find the person's rows unchanged.
create or replace function user_private.tg_users__remove_profile()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  delete from user_service.profiles where id = old.id;
  return old;
end $$;
revoke execute on function user_private.tg_users__remove_profile() from public;
create or replace trigger users_remove_profile before delete on user_service.users
  for each row execute function user_private.tg_users__remove_profile();

-- db/services/user/22_user_stats.sql
-- Counters of a person, and the mechanism that keeps them exact under concurrency (add_to_counter, fold_counters).

create table if not exists user_service.user_stats (
  user_id uuid primary key default auth.uid() references user_service.users (id) on delete cascade,
  events_attended int not null default 0,
  events_created int not null default 0,
  followers_count int not null default 0,
  following_count int not null default 0 constraint following_at_most_5000 check (following_count <= 5000
    or user_private.refuse('too_many_followed', 'You can follow at most 5,000 people. Unfollow someone first.', 409)),
  reviews_given int not null default 0,
  average_rating numeric(3,2) not null default 0,
  posts_count int not null default 0,
  invites_successful_count int not null default 0,
  ratings_count int not null default 0,
  ratings_sum int not null default 0
);
comment on table user_service.user_stats is 'Counters, the same for every viewer. Maintained by triggers; under contention a counter may lag by a second (see user_private.add_to_counter).';
comment on column user_service.user_stats.events_attended is 'Events that the person attended: started, not cancelled, attendance confirmed, and checked in if ticketed.';
comment on column user_service.user_stats.average_rating is 'Average rating of the person''s events, 0 if there is none: ratings_sum / ratings_count.';
comment on column user_service.user_stats.invites_successful_count is 'Invitations sent that succeeded (see user_private.successful_invitations).';

alter table user_service.user_stats enable row level security;

create policy user_stats_select_visible on user_service.user_stats for select to anon, authenticated
  using (exists (select 1 from user_private.visible_people p where p.id = user_stats.user_id));

-- Writing is not granted: triggers maintain the counters.
revoke all on user_service.user_stats from anon, authenticated;
grant select on user_service.user_stats to anon, authenticated;
grant all on user_service.user_stats to service_role;

-- Counters of an imported row are ignored: they are counted from the imported data instead.
create or replace function user_private.tg_user_stats__reset_counters()
returns trigger language plpgsql volatile set search_path = '' as $$
begin
  if exists (select 1 from user_service.user_stats where user_id = new.user_id) then
    return null;
  end if;
  new.events_attended = 0; new.events_created = 0; new.followers_count = 0; new.following_count = 0;
  new.reviews_given = 0; new.average_rating = 0; new.posts_count = 0; new.invites_successful_count = 0;
  new.ratings_count = 0; new.ratings_sum = 0;
  return new;
end $$;
create or replace trigger user_stats_reset_counters before insert on user_service.user_stats
  for each row execute function user_private.tg_user_stats__reset_counters();

create or replace function user_private.tg_user_stats__compute_average_rating()
returns trigger language plpgsql volatile set search_path = '' as $$
begin
  -- Sum and count change in separate statements, so the quotient may be out of range between them.
  new.average_rating = case when new.ratings_count > 0 then least(greatest(round(new.ratings_sum::numeric / new.ratings_count, 2), 0), 5) else 0 end;
  return new;
end $$;
create or replace trigger user_stats_compute_average_rating before update of ratings_count, ratings_sum on user_service.user_stats
  for each row execute function user_private.tg_user_stats__compute_average_rating();

create table if not exists user_private.counter_deltas (
  id bigint generated always as identity primary key,
  user_id uuid not null,
  counter name not null,
  delta int not null
);
comment on table user_private.counter_deltas is 'Changes of user_stats whose row was locked, until fold_counters() applies them.';
create index if not exists counter_deltas_user_id on user_private.counter_deltas (user_id);
alter table user_private.counter_deltas enable row level security;

-- Definer: clients may not write counters. Updates the row if it is free; appends a delta if it is locked or deltas are
-- already waiting for it, so that no request waits for a counter.
create or replace function user_private.add_to_counter(person uuid, counter name, delta int)
returns void language plpgsql volatile security definer set search_path = '' as $$
declare
  updated int;
begin
  -- An account that is being deleted is not counted: its row is deleted too.
  if person is null or delta = 0 or person::text = current_setting('user_private.deleting_account', true) then
    return;
  end if;
  if not exists (select 1 from user_private.counter_deltas d where d.user_id = person) then
    execute format(
      'update user_service.user_stats set %1$I = %1$I + $2
       where user_id = (select user_id from user_service.user_stats where user_id = $1 for no key update skip locked)', counter)
    using person, delta;
    get diagnostics updated = row_count;
    if updated = 1 then
      return;
    end if;
  end if;
  insert into user_private.counter_deltas (user_id, counter, delta)
  select person, counter, delta
  where exists (select 1 from user_service.user_stats s where s.user_id = person);
end $$;
comment on function user_private.add_to_counter(uuid, name, int) is 'Adds delta to a counter of a person. All counters in user_stats are changed through it, except following_count on a follow.';
revoke execute on function user_private.add_to_counter(uuid, name, int) from public;

-- Definer: clients may not write counters. Never waits: deltas of a locked row stay for the next run.
create or replace function user_private.fold_counters(batch int default 10000)
returns int language plpgsql volatile security definer set search_path = '' as $$
declare
  change record;
  updated int;
  folded int := 0;
begin
  if not pg_try_advisory_xact_lock(hashtext('user_private.fold_counters')) then
    return 0;
  end if;
  for change in
    with taken as (
      delete from user_private.counter_deltas
      where id in (select id from user_private.counter_deltas order by id limit batch)
      returning user_id, counter, delta)
    select user_id, counter, sum(delta)::int as delta, count(*)::int as parts
    from taken group by user_id, counter
  loop
    execute format(
      'update user_service.user_stats set %1$I = %1$I + $2
       where user_id = (select user_id from user_service.user_stats where user_id = $1 for no key update skip locked)', change.counter)
    using change.user_id, change.delta;
    get diagnostics updated = row_count;
    if updated = 0 then
      insert into user_private.counter_deltas (user_id, counter, delta)
      select change.user_id, change.counter, change.delta
      where exists (select 1 from user_service.user_stats s where s.user_id = change.user_id);
    else
      folded := folded + change.parts;
    end if;
  end loop;
  return folded;
end $$;
comment on function user_private.fold_counters(int) is 'Applies waiting deltas to their counters and returns how many. To be run every second.';
revoke execute on function user_private.fold_counters(int) from public;

-- Effects of other services' rows, attached to the table itself in one database (db/one_database/20_effects.sql) and to
-- its replicated copy in four. Definer: they change counters of other people.
create or replace function user_private.tg_posts__count_for_author()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  if tg_op <> 'INSERT' then
    perform user_private.add_to_counter(old.author_id, 'posts_count', -1);
  end if;
  if tg_op <> 'DELETE' then
    perform user_private.add_to_counter(new.author_id, 'posts_count', 1);
  end if;
  return null;
end $$;
revoke execute on function user_private.tg_posts__count_for_author() from public;

create or replace function user_private.tg_events__count_for_host()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  if tg_op <> 'INSERT' then
    perform user_private.add_to_counter(old.host_id, 'events_created', -1);
  end if;
  if tg_op <> 'DELETE' then
    perform user_private.add_to_counter(new.host_id, 'events_created', 1);
  end if;
  return null;
end $$;
revoke execute on function user_private.tg_events__count_for_host() from public;

create or replace function user_private.tg_event_attendees__count_for_attendee()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  if tg_op <> 'INSERT' and old.has_attended then
    perform user_private.add_to_counter(old.user_id, 'events_attended', -1);
  end if;
  if tg_op <> 'DELETE' and new.has_attended then
    perform user_private.add_to_counter(new.user_id, 'events_attended', 1);
  end if;
  return null;
end $$;
revoke execute on function user_private.tg_event_attendees__count_for_attendee() from public;

create or replace function user_private.tg_reviews__count_for_both()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  if tg_op <> 'INSERT' then
    perform user_private.add_to_counter(old.reviewer_id, 'reviews_given', -1);
    perform user_private.add_to_counter(old.host_id, 'ratings_sum', -old.rating);
    perform user_private.add_to_counter(old.host_id, 'ratings_count', -1);
  end if;
  if tg_op <> 'DELETE' then
    perform user_private.add_to_counter(new.reviewer_id, 'reviews_given', 1);
    perform user_private.add_to_counter(new.host_id, 'ratings_sum', new.rating);
    perform user_private.add_to_counter(new.host_id, 'ratings_count', 1);
  end if;
  return null;
end $$;
revoke execute on function user_private.tg_reviews__count_for_both() from public;
create or replace function user_service.stats(user_service.profiles)
returns setof user_service.user_stats rows 1 language sql stable
begin atomic
  select s.* from user_service.user_stats s where s.user_id = $1.id;
end;
comment on function user_service.stats(user_service.profiles) is 'Relationship: profiles?select=username,stats(followers_count).';

-- db/services/user/23_follows.sql
-- Follows: policies, triggers and relationships. The table is in 20_visibility.sql.

alter table user_service.follows enable row level security;

create policy follows_select_both_visible on user_service.follows for select to authenticated
  using (
    exists (select 1 from user_private.visible_people p where p.id = follows.follower_id)
    and exists (select 1 from user_private.visible_people p where p.id = follows.following_id));
create policy follows_insert_own on user_service.follows for insert to authenticated
  with check (
    follower_id = (select auth.uid())
    and (exists (select 1 from user_private.me)
      or user_private.refuse('account_gone', 'This account no longer exists. Sign in again.', 401))
    and (exists (select 1 from user_private.visible_people p where p.id = follows.following_id)
      or user_private.refuse('person_not_found', 'There is no such person.', 404))
    and (follower_id = following_id
      or exists (select 1 from user_private.accepts_followers a where a.user_id = follows.following_id)
      or user_private.refuse('follow_refused', 'This person does not accept new followers.', 403)));
create policy follows_delete_either on user_service.follows for delete to authenticated
  using ((select auth.uid()) in (follower_id, following_id));

-- Update is not granted: there is nothing to change in a follow.
revoke all on user_service.follows from anon, authenticated;
grant select, delete on user_service.follows to authenticated;
grant insert (follower_id, following_id) on user_service.follows to authenticated;
grant all on user_service.follows to service_role;

-- Definer: clients may not read blocks against them. The policy uses the snapshot of the statement; this trigger looks
-- again under a lock, so that a concurrent follow and block cannot both succeed.
create or replace function user_private.tg_follows__refuse_blocked()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  perform user_private.lock_pair(new.follower_id, new.following_id);
  if exists (select 1 from user_service.blocks b
    where (b.blocker_id, b.blocked_id) in ((new.follower_id, new.following_id), (new.following_id, new.follower_id)))
  then
    perform user_private.refuse('person_not_found', 'There is no such person.', 404);
  end if;
  return null;
end $$;
revoke execute on function user_private.tg_follows__refuse_blocked() from public;

create or replace function user_private.lock_pair(one uuid, other uuid)
returns void language sql volatile set search_path = '' as $$
  select pg_advisory_xact_lock(hashtextextended(least(one, other)::text || greatest(one, other)::text, 0))
$$;
comment on function user_private.lock_pair(uuid, uuid) is 'Serializes changes between two people until the end of the transaction.';
revoke execute on function user_private.lock_pair(uuid, uuid) from public;

create or replace trigger follows_refuse_blocked after insert on user_service.follows
  for each row execute function user_private.tg_follows__refuse_blocked();

-- Definer: it changes counters of both people.
create or replace function user_private.tg_follows__count_for_both()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  if tg_op <> 'INSERT' then
    perform user_private.add_to_counter(old.follower_id, 'following_count', -1);
    perform user_private.add_to_counter(old.following_id, 'followers_count', -1);
  end if;
  if tg_op <> 'DELETE' then
    -- Updates the row directly, because the constraint following_at_most_5000 must see every follow.
    update user_service.user_stats set following_count = following_count + 1 where user_id = new.follower_id;
    perform user_private.add_to_counter(new.following_id, 'followers_count', 1);
  end if;
  return null;
end $$;
revoke execute on function user_private.tg_follows__count_for_both() from public;
create or replace trigger follows_count_for_both after insert or delete or update of follower_id, following_id on user_service.follows
  for each row execute function user_private.tg_follows__count_for_both();

-- Definer: the caller cannot see the follows to be deleted.
create or replace function user_private.remove_hidden_followers()
returns int language plpgsql volatile security definer set search_path = '' as $$
declare
  removed int;
begin
  delete from user_service.follows f
  where f.following_id = (select auth.uid())
    and not exists (select 1 from user_private.visible_people p where p.id = f.follower_id);
  get diagnostics removed = row_count;
  return removed;
end $$;
revoke execute on function user_private.remove_hidden_followers() from public;
grant execute on function user_private.remove_hidden_followers() to authenticated, service_role;

create or replace function user_service.remove_hidden_followers()
returns int language sql volatile security invoker set search_path = ''
begin atomic
  select user_private.remove_hidden_followers();
end;
comment on function user_service.remove_hidden_followers() is 'Removes followers whom the caller cannot see, and returns how many. To prevent new ones, set user_privacy.allow_followers to false.';
revoke execute on function user_service.remove_hidden_followers() from public;
grant execute on function user_service.remove_hidden_followers() to authenticated, service_role;

create or replace function user_service.follower(user_service.follows)
returns setof user_service.profiles rows 1 language sql stable
begin atomic
  select p.* from user_service.profiles p where p.id = $1.follower_id;
end;
create or replace function user_service.following(user_service.follows)
returns setof user_service.profiles rows 1 language sql stable
begin atomic
  select p.* from user_service.profiles p where p.id = $1.following_id;
end;
comment on function user_service.follower(user_service.follows) is 'Relationship: follows?select=follower(username,avatar_url).';
comment on function user_service.following(user_service.follows) is 'Relationship: follows?select=following(username,avatar_url).';

-- db/services/user/24_blocks.sql
-- Blocks: policies, and what a block removes. The table is in 20_visibility.sql.

alter table user_service.blocks enable row level security;

create policy blocks_select_own on user_service.blocks for select to authenticated
  using (blocker_id = (select auth.uid()));
create policy blocks_insert_own on user_service.blocks for insert to authenticated
  with check (
    blocker_id = (select auth.uid())
    and (exists (select 1 from user_private.me)
      or user_private.refuse('account_gone', 'This account no longer exists. Sign in again.', 401))
    and (exists (select 1 from user_private.visible_people p where p.id = blocks.blocked_id)
      or user_private.refuse('person_not_found', 'There is no such person.', 404)));
create policy blocks_delete_own on user_service.blocks for delete to authenticated
  using (blocker_id = (select auth.uid()));

-- Update is not granted: there is nothing to change in a block.
revoke all on user_service.blocks from anon, authenticated;
grant select, delete on user_service.blocks to authenticated;
grant insert (blocker_id, blocked_id) on user_service.blocks to authenticated;
grant all on user_service.blocks to service_role;

-- Definer: it also deletes follows and invitations of the other person.
create or replace function user_private.tg_blocks__delete_follows_and_invitations()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  perform user_private.lock_pair(new.blocker_id, new.blocked_id);
  delete from user_service.follows f
  where (f.follower_id, f.following_id) in ((new.blocker_id, new.blocked_id), (new.blocked_id, new.blocker_id));
  delete from user_service.invitations i
  where i.status = 'pending'
    and (i.inviter_id, i.invitee_id) in ((new.blocker_id, new.blocked_id), (new.blocked_id, new.blocker_id));
  return null;
end $$;
revoke execute on function user_private.tg_blocks__delete_follows_and_invitations() from public;
create or replace trigger blocks_delete_follows_and_invitations after insert on user_service.blocks
  for each row execute function user_private.tg_blocks__delete_follows_and_invitations();

-- db/services/user/30_invitations.sql
-- Invitations to events: the table, its policies, the daily limit, and invite().

do $$
begin
  if to_regtype('user_service.invitation_status') is null then
    create type user_service.invitation_status as enum ('pending', 'accepted', 'declined');
  end if;
end $$;

create table if not exists user_service.invitations (
  id uuid primary key default gen_random_uuid(),
  inviter_id uuid not null default auth.uid() references user_service.users (id) on delete cascade,
  invitee_id uuid not null references user_service.users (id) on delete cascade,
  event_id uuid not null,
  status user_service.invitation_status not null default 'pending',
  invited_at timestamptz not null default now(),
  responded_at timestamptz,
  constraint invitations_are_unique unique (inviter_id, invitee_id, event_id),
  constraint nobody_invites_themselves check (inviter_id <> invitee_id
    or user_private.refuse('self_invitation', 'You cannot invite yourself.'))
);
comment on table user_service.invitations is 'inviter_id invites invitee_id to an event. Visible to these two people.';
comment on column user_service.invitations.responded_at is 'When the invitee last accepted or declined.';

create index if not exists invitations_invitee_id on user_service.invitations (invitee_id, event_id);
create index if not exists invitations_event_id on user_service.invitations (event_id);

-- Only the event service knows which events the caller sees, and may invite to. Empty until db/one_database/30_later_services.sql
-- replaces them, so that nobody can invite in a user service that has no events.
do $$
begin
  if to_regclass('user_private.invitable_events') is null then
    create view user_private.invitable_events as select null::uuid as id, null::uuid as friends_of where false;
    create view user_private.visible_events as
      select null::uuid as id, null::uuid as host_id, null::text as title, null::text as category, null::timestamptz as start_time,
        null::timestamptz as end_time, null::text as location_name, null::text as status, null::text as privacy where false;
    comment on view user_private.visible_events is 'The events that the caller sees.';
    comment on view user_private.invitable_events is 'Events the caller may invite to; friends_of names the host whose mutual followers alone may be invited.';
  end if;
end $$;

create or replace view user_private.mutuals as
  select f.follower_id as user_id, f.following_id as friend_id
  from user_service.follows f
  where exists (select 1 from user_service.follows b where b.follower_id = f.following_id and b.following_id = f.follower_id);
grant select on user_private.invitable_events, user_private.visible_events, user_private.mutuals to authenticated, service_role;

-- A security barrier, because clients filter this view: otherwise a filter that raises an error could run on hidden
-- rows.
create or replace view user_service.events with (security_invoker = true, security_barrier = true) as
  select e.id, e.host_id, e.title, e.category, e.start_time, e.end_time, e.location_name, e.status, e.privacy from user_private.visible_events e;
comment on view user_service.events is 'The events that the caller sees, for embedding: invitations?select=status,event(title,start_time).';
revoke all on user_service.events from anon, authenticated;
grant select on user_service.events to authenticated, service_role;

alter table user_service.invitations enable row level security;

create policy invitations_select_party on user_service.invitations for select to authenticated
  using (
    (select auth.uid()) in (inviter_id, invitee_id)
    and not exists (select 1 from user_private.my_blocks b where b.user_id in (invitations.inviter_id, invitations.invitee_id)));
create policy invitations_insert_own on user_service.invitations for insert to authenticated
  with check (
    inviter_id = (select auth.uid())
    and (exists (select 1 from user_private.me)
      or user_private.refuse('account_gone', 'This account no longer exists. Sign in again.', 401))
    and (exists (select 1 from user_private.visible_people p where p.id = invitations.invitee_id)
      or user_private.refuse('person_not_found', 'There is no such person.', 404))
    and (exists (select 1 from user_private.invitable_events e where e.id = invitations.event_id)
      or user_private.refuse('event_not_found', 'There is no such event, or you may not invite to it.', 404))
    and (exists (select 1 from user_private.invitable_events e
        where e.id = invitations.event_id
          and (e.friends_of is null
            or e.friends_of = invitations.invitee_id
            or exists (select 1 from user_private.mutuals m where m.user_id = e.friends_of and m.friend_id = invitations.invitee_id)))
      or user_private.refuse('person_not_found', 'There is no such person.', 404)));
create policy invitations_update_invitee on user_service.invitations for update to authenticated
  using (invitee_id = (select auth.uid())
    and not exists (select 1 from user_private.my_blocks b where b.user_id = invitations.inviter_id))
  with check (invitee_id = (select auth.uid()));
create policy invitations_delete_inviter on user_service.invitations for delete to authenticated
  using (inviter_id = (select auth.uid()));

-- status is not granted on insert, because only the invitee may change it. Timestamps are set by the database.
revoke all on user_service.invitations from anon, authenticated;
grant select, delete on user_service.invitations to authenticated;
grant insert (inviter_id, invitee_id, event_id) on user_service.invitations to authenticated;
grant update (status) on user_service.invitations to authenticated;
grant all on user_service.invitations to service_role;

-- Definer: clients have no access to the schema of refuse().
create or replace function user_private.tg_invitations__set_responded_at()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  if new.status is distinct from old.status then
    if new.status = 'pending' then
      perform user_private.refuse('invitation_answered', 'An answered invitation cannot become pending again. Accept or decline it.', 409);
    end if;
    new.responded_at = now();
  end if;
  return new;
end $$;
revoke execute on function user_private.tg_invitations__set_responded_at() from public;
create or replace trigger invitations_set_responded_at before update of status on user_service.invitations
  for each row execute function user_private.tg_invitations__set_responded_at();

-- Deleting an invitation does not reduce the count.
create table if not exists user_private.invitations_sent (
  inviter_id uuid not null references user_service.users (id) on delete cascade,
  day date not null,
  sent int not null constraint at_most_100_a_day check (sent <= 100
    or user_private.refuse('too_many_invitations', 'You can send at most 100 invitations a day. Try again tomorrow.', 429)),
  constraint one_count_a_day primary key (inviter_id, day)
);
comment on table user_private.invitations_sent is 'Invitations sent by each person on each day (UTC).';
alter table user_private.invitations_sent enable row level security;

-- Definer: clients may not write the count. Rows imported by an operator are not counted.
create or replace function user_private.tg_invitations__count_sent()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  if (select auth.uid()) is not null then
    insert into user_private.invitations_sent as s (inviter_id, day, sent) values (new.inviter_id, (now() at time zone 'UTC')::date, 1)
    on conflict (inviter_id, day) do update set sent = s.sent + 1;
  end if;
  return null;
end $$;
revoke execute on function user_private.tg_invitations__count_sent() from public;
create or replace trigger invitations_count_sent after insert on user_service.invitations
  for each row execute function user_private.tg_invitations__count_sent();

-- Definer: clients have no access to the schema of refuse().
create or replace function user_private.require_inviter(event uuid, invitees text[])
returns boolean language plpgsql stable security definer set search_path = '' as $$
begin
  if not exists (select from user_private.me) then
    perform user_private.refuse('account_gone', 'This account no longer exists. Sign in again.', 401);
  elsif coalesce(cardinality(invitees), 0) not between 1 and 50 then
    perform user_private.refuse('too_many_invitees', 'Invite 1 to 50 people at once.');
  elsif not exists (select from user_private.invitable_events e where e.id = event) then
    perform user_private.refuse('event_not_found', 'There is no such event, or you may not invite to it.', 404);
  end if;
  return true;
end $$;
comment on function user_private.require_inviter(uuid, text[]) is 'Refuses if the caller may not invite to this event, or names more than 50 people.';
revoke execute on function user_private.require_inviter(uuid, text[]) from public;
grant execute on function user_private.require_inviter(uuid, text[]) to authenticated, service_role;

-- Only selects the people who can be invited; policies and triggers check each inserted row as for a client's insert.
create or replace function user_service.invite(event_id uuid, invitees text[])
returns table (invitee text, invitation_id uuid, result text) language sql volatile security invoker set search_path = ''
begin atomic
  with asked as (
    select left(a.name, 100) as name, min(a.place) as place,
      case when left(a.name, 100) ~ '^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$' then left(a.name, 100)::uuid end as id
    from unnest(invitees) with ordinality a (name, place)
    where user_private.require_inviter(invite.event_id, invitees)
    group by left(a.name, 100)),
  people as (
    select a.name, p.id from asked a join user_private.visible_people p on p.id = a.id
    union
    select a.name, p.id from asked a join user_private.visible_people p on lower(p.username) = lower(a.name) where a.id is null),
  invitable as (
    select p.name, p.id from people p
    join user_private.invitable_events e on e.id = invite.event_id
    where p.id <> (select auth.uid())
      and (e.friends_of is null or e.friends_of = p.id
        or exists (select 1 from user_private.mutuals m where m.user_id = e.friends_of and m.friend_id = p.id))),
  made as (
    insert into user_service.invitations (inviter_id, invitee_id, event_id)
    select distinct (select auth.uid()), i.id, invite.event_id from invitable i
    on conflict do nothing
    returning id, invitee_id)
  select a.name, coalesce(m.id, k.id),
    case when m.id is not null then 'invited' when k.id is not null then 'already_invited' else 'person_not_found' end
  from asked a
  left join invitable i on i.name = a.name
  left join made m on m.invitee_id = i.id
  left join user_service.invitations k on k.inviter_id = (select auth.uid()) and k.invitee_id = i.id and k.event_id = invite.event_id
  order by a.place;
end;
comment on function user_service.invite(uuid, text[]) is
  'Invites up to 50 people, by id or username, to an event; at most 100 invitations a day. Returns a row for each: result is invited, already_invited, or person_not_found, which includes people whom the caller cannot see.';
revoke execute on function user_service.invite(uuid, text[]) from public, anon;
grant execute on function user_service.invite(uuid, text[]) to authenticated, service_role;

create or replace function user_service.inviter(user_service.invitations)
returns setof user_service.profiles rows 1 language sql stable
begin atomic
  select p.* from user_service.profiles p where p.id = $1.inviter_id;
end;
create or replace function user_service.invitee(user_service.invitations)
returns setof user_service.profiles rows 1 language sql stable
begin atomic
  select p.* from user_service.profiles p where p.id = $1.invitee_id;
end;
create or replace function user_service.event(user_service.invitations)
returns setof user_service.events rows 1 language sql stable
begin atomic
  select e.* from user_service.events e where e.id = $1.event_id;
end;
comment on function user_service.event(user_service.invitations) is 'Relationship: invitations?select=status,event(title,start_time). Null if the caller cannot see the event.';
comment on function user_service.inviter(user_service.invitations) is 'Relationship: invitations?select=inviter(username,avatar_url).';
comment on function user_service.invitee(user_service.invitations) is 'Relationship: invitations?select=invitee(username,avatar_url).';

-- db/services/user/31_successful_invitations.sql
-- Which invitation brought an attendee to an event, counted for the inviter. Uses invitations and user_stats.

-- Who attends which event. Empty until db/one_database/30_later_services.sql replaces it.
do $$
begin
  if to_regclass('user_private.attendance') is null then
    create view user_private.attendance as select null::uuid as event_id, null::uuid as user_id, null::timestamptz as joined_at where false;
    comment on view user_private.attendance is 'Who has a place at which event: joined, or by an active ticket.';
  end if;
end $$;

-- A separate table without foreign keys, because a column of invitations or a foreign key would lock rows that others
-- update.
create table if not exists user_private.successful_invitations (
  invitee_id uuid not null,
  event_id uuid not null,
  invitation_id uuid not null,
  inviter_id uuid not null,
  constraint one_success_for_each_guest primary key (invitee_id, event_id)
);
comment on table user_private.successful_invitations is 'The invitation that brought an attendee to an event: the first one accepted by a person with a confirmed email address who then attends. Maintained by triggers.';
create index if not exists successful_invitations_invitation_id on user_private.successful_invitations (invitation_id);
alter table user_private.successful_invitations enable row level security;

-- Includes invitations to people who are now hidden from the caller, so that the figures equal the counter.
create or replace view user_private.my_sent_invitations as
  select i.event_id, i.status, exists (select 1 from user_private.successful_invitations s where s.invitation_id = i.id) as is_successful
  from user_service.invitations i where i.inviter_id = (select auth.uid());
grant select on user_private.my_sent_invitations to authenticated, service_role;

create or replace function user_private.lock_invitations(invitee uuid, event uuid)
returns void language sql volatile set search_path = '' as $$ select pg_advisory_xact_lock(hashtextextended(invitee::text || event::text, 0)) $$;
comment on function user_private.lock_invitations(uuid, uuid) is 'Serializes the choice of the successful invitation of this person to this event. Take several locks in the order of events, then invitees.';
revoke execute on function user_private.lock_invitations(uuid, uuid) from public;

-- Definer: clients may not write this table. Locked, so that a concurrent answer and join both count.
create or replace function user_private.resolve_successful_invitation(invitee uuid, event uuid)
returns void language plpgsql volatile security definer set search_path = '' as $$
declare
  first_of_all record;
begin
  if not exists (select from user_service.invitations i where i.invitee_id = invitee and i.event_id = event)
  and not exists (select from user_private.successful_invitations s where s.invitee_id = invitee and s.event_id = event) then
    return;
  end if;
  perform user_private.lock_invitations(invitee, event);
  select i.id, i.inviter_id into first_of_all from user_service.invitations i
  where i.invitee_id = invitee and i.event_id = event and i.status = 'accepted'
    -- An invitation does not count if the person attended before.
    and exists (select 1 from user_private.attendance a where a.event_id = event and a.user_id = invitee and a.joined_at >= i.invited_at)
    and exists (select 1 from user_service.users u where u.id = invitee and u.is_email_verified)
  order by i.invited_at, i.id limit 1;
  delete from user_private.successful_invitations s
  where s.invitee_id = invitee and s.event_id = event and s.invitation_id is distinct from first_of_all.id;
  insert into user_private.successful_invitations (invitee_id, event_id, invitation_id, inviter_id)
  select invitee, event, first_of_all.id, first_of_all.inviter_id where first_of_all.id is not null
  on conflict do nothing;
end $$;
comment on function user_private.resolve_successful_invitation(uuid, uuid) is 'Determines which invitation, if any, brought this person to this event.';
revoke execute on function user_private.resolve_successful_invitation(uuid, uuid) from public;

-- Definer: clients may not write successful invitations.
create or replace function user_private.tg_invitations__resolve_success()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  perform user_private.resolve_successful_invitation(i.invitee_id, i.event_id)
  from (select old.invitee_id, old.event_id where tg_op <> 'INSERT' union select new.invitee_id, new.event_id where tg_op <> 'DELETE') i;
  return null;
end $$;
revoke execute on function user_private.tg_invitations__resolve_success() from public;
create or replace trigger invitations_resolve_success after insert or delete or update of status, inviter_id, invitee_id, event_id on user_service.invitations
  for each row execute function user_private.tg_invitations__resolve_success();

-- Definer: clients may not write successful invitations. Accepted invitations start to count when the email is
-- confirmed.
create or replace function user_private.tg_users__resolve_successful_invitations()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  perform user_private.resolve_successful_invitation(i.invitee_id, i.event_id)
  from user_service.invitations i where i.invitee_id = new.id and i.status = 'accepted'
  group by i.invitee_id, i.event_id order by i.event_id;
  return null;
end $$;
revoke execute on function user_private.tg_users__resolve_successful_invitations() from public;
create or replace trigger users_resolve_successful_invitations after update of is_email_verified on user_service.users
  for each row when (old.is_email_verified is distinct from new.is_email_verified) execute function user_private.tg_users__resolve_successful_invitations();

-- Effect of event_service.event_attendees. Definer: clients may not write successful invitations.
create or replace function user_private.tg_event_attendees__resolve_successful_invitation()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  if tg_op = 'UPDATE' and (old.status, old.user_id, old.event_id) = (new.status, new.user_id, new.event_id) then
    return null;
  end if;
  perform user_private.resolve_successful_invitation(a.user_id, a.event_id)
  from (select old.user_id, old.event_id where tg_op <> 'INSERT' union select new.user_id, new.event_id where tg_op <> 'DELETE') a;
  return null;
end $$;
revoke execute on function user_private.tg_event_attendees__resolve_successful_invitation() from public;

-- Effect of event_service.events: no invitation to a cancelled event counts.
create or replace function user_private.tg_events__resolve_successful_invitations()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  perform user_private.resolve_successful_invitation(s.invitee_id, s.event_id)
  from (select * from user_private.successful_invitations s where s.event_id = new.id order by s.invitee_id) s;
  return null;
end $$;
revoke execute on function user_private.tg_events__resolve_successful_invitations() from public;

-- Definer: clients may not write counters.
create or replace function user_private.tg_successful_invitations__count_for_inviter()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  if tg_op = 'DELETE' then
    perform user_private.add_to_counter(old.inviter_id, 'invites_successful_count', -1);
  else
    perform user_private.add_to_counter(new.inviter_id, 'invites_successful_count', 1);
  end if;
  return null;
end $$;
revoke execute on function user_private.tg_successful_invitations__count_for_inviter() from public;
create or replace trigger successful_invitations_count_for_inviter after insert or delete on user_private.successful_invitations
  for each row execute function user_private.tg_successful_invitations__count_for_inviter();

create or replace function user_service.invitation_success(event_id uuid default null)
returns jsonb language sql stable security invoker set search_path = ''
begin atomic
  with mine as (
    select i.event_id, count(*) as sent, count(*) filter (where i.status = 'accepted') as accepted,
      count(*) filter (where i.status = 'declined') as declined, count(*) filter (where i.is_successful) as successful
    from user_private.my_sent_invitations i
    where invitation_success.event_id is null or i.event_id = invitation_success.event_id
    group by i.event_id)
  select jsonb_build_object(
    'sent', coalesce(sum(m.sent), 0), 'accepted', coalesce(sum(m.accepted), 0), 'declined', coalesce(sum(m.declined), 0),
    'successful', coalesce(sum(m.successful), 0), 'rate', coalesce(round(sum(m.successful) / nullif(sum(m.sent), 0), 4), 0),
    'by_event', coalesce(jsonb_agg(jsonb_build_object('event_id', m.event_id, 'sent', m.sent, 'accepted', m.accepted, 'declined', m.declined,
      'successful', m.successful, 'rate', round(m.successful::numeric / m.sent, 4)) order by m.sent desc, m.event_id), '[]'))
  from mine m;
end;
comment on function user_service.invitation_success(uuid) is
  'Results of the caller''s invitations, to one event or to all: {sent, accepted, declined, successful, rate, by_event: [{event_id, …}]}. successful equals user_stats.invites_successful_count.';
revoke execute on function user_service.invitation_success(uuid) from public, anon;
grant execute on function user_service.invitation_success(uuid) to authenticated, service_role;

-- db/services/user/40_account_deletion.sql
-- Account deletion. Other services clean up when the profile is deleted (db/one_database/20_effects.sql).

-- Locks the rows that account deletion changes before the account itself, because other writers reach the account last,
-- through a foreign key. db/one_database/40_account_deletion.sql replaces it to include the other services.
do $do$
begin
  if to_regprocedure('user_private.lock_account(uuid)') is null then
    create function user_private.lock_account(person uuid)
    returns void language plpgsql volatile set search_path = '' as $$
    begin
      perform from user_service.profiles p where p.id = person for update;
      -- fold_counters() locks this row first and the account after it, through the foreign key.
      perform from user_service.user_stats s where s.user_id = person for update;
    end $$;
  end if;
end $do$;

comment on function user_private.lock_account(uuid) is 'Locks what the deletion of this account changes, in the locking order of CONTRIBUTING.md.';
revoke execute on function user_private.lock_account(uuid) from public;

-- Definer: clients may not delete the row, because account deletion includes more than that.
create or replace function user_private.delete_account()
returns void language plpgsql volatile security definer set search_path = '' as $$
begin
  -- Deletion may take long. A second request is refused instead of waiting for it.
  if not pg_try_advisory_xact_lock(hashtextextended('account deletion ' || (select auth.uid()), 0)) then
    perform user_private.refuse('request_in_progress', 'Your account is being deleted. Try again in a moment.', 409);
  end if;
  perform user_private.lock_account((select auth.uid()));
  delete from user_service.users where id = (select auth.uid());
  if not found then
    perform user_private.refuse('account_gone', 'This account no longer exists. Sign in again.', 401);
  end if;
end $$;
revoke execute on function user_private.delete_account() from public;
grant execute on function user_private.delete_account() to authenticated, service_role;

create or replace function user_service.delete_account()
returns void language sql volatile security invoker set search_path = ''
begin atomic
  select user_private.delete_account();
end;
comment on function user_service.delete_account() is 'Deletes the caller''s account and data. Cannot be undone. Refused with has_sold_tickets while the caller hosts an upcoming event with sold tickets.';
revoke execute on function user_service.delete_account() from public;
grant execute on function user_service.delete_account() to authenticated, service_role;

-- db/services/user/41_files_to_delete.sql
-- The queue of files that deleted accounts leave in Storage.

create table if not exists user_private.files_to_delete (
  id bigint generated always as identity primary key,
  bucket_id text not null,
  path text not null,
  queued_at timestamptz not null default now(),
  constraint files_to_delete_are_unique unique (bucket_id, path)
);
comment on table user_private.files_to_delete is 'Files of deleted accounts, until the edge function purge-files has deleted them. Only the Storage API may delete files.';
alter table user_private.files_to_delete enable row level security;

grant select, delete on user_private.files_to_delete to service_role;

create or replace function user_service.files_to_delete(batch int default 100)
returns table (bucket_id text, path text) language sql stable security invoker set search_path = ''
begin atomic
  select f.bucket_id, f.path from user_private.files_to_delete f order by f.id limit least(batch, 1000);
end;
create or replace function user_service.files_deleted(bucket_id text, paths text[])
returns void language sql volatile security invoker set search_path = ''
begin atomic
  delete from user_private.files_to_delete f where f.bucket_id = files_deleted.bucket_id and f.path = any (paths);
end;
comment on function user_service.files_to_delete(int) is 'For service_role: the oldest files in the queue.';
comment on function user_service.files_deleted(text, text[]) is 'For service_role: removes deleted files from the queue.';
revoke execute on function user_service.files_to_delete(int), user_service.files_deleted(text, text[]) from public, anon, authenticated;
grant execute on function user_service.files_to_delete(int), user_service.files_deleted(text, text[]) to service_role;

-- db/services/user/50_search_people.sql
-- Looking up people: profile(), search_people() and the card that both return.

do $$
begin
  if to_regtype('user_service.person_card') is null then
    create type user_service.person_card as (
      id uuid, username text, name text, bio text, avatar_path text, avatar_url text, location text, is_verified boolean, is_private boolean,
      followers_count int, following_count int, posts_count int, events_created int, average_rating numeric,
      i_follow boolean, follows_me boolean, cursor text);
  end if;
end $$;
comment on type user_service.person_card is 'A person in lists and on profile pages. avatar_path: path in the bucket avatars; avatar_url: URL of an imported row; one of them at most. cursor continues the list after this row.';

create or replace view user_private.person_cards as
  select p.id, p.username, p.name, p.bio, user_private.stored_path(p.avatar_url) as avatar_path,
    user_private.stored_url(p.avatar_url) as avatar_url, p.location, p.is_verified, p.is_private,
    s.followers_count, s.following_count, s.posts_count, s.events_created, s.average_rating,
    exists (select 1 from user_private.my_following f where f.user_id = p.id) as i_follow,
    exists (select 1 from user_service.follows f where f.follower_id = p.id and f.following_id = (select auth.uid())) as follows_me
  from user_private.visible_people p
  join user_service.user_stats s on s.user_id = p.id;
comment on view user_private.person_cards is 'The people whom the caller sees, as cards without a cursor.';
grant select on user_private.person_cards to anon, authenticated, service_role;

create or replace function user_service.profile(username text)
returns setof user_service.person_card language sql stable security invoker set search_path = ''
begin atomic
  select c.*, null::text from user_private.person_cards c where lower(c.username) = lower(profile.username);
end;
comment on function user_service.profile(text) is 'One person by username, regardless of case, as the caller sees them. No row if the caller cannot see them.';

-- Definer: full-text search cannot use its index under a policy. It reads visible_people, which has the same predicate.
create or replace function user_private.search_people(query text, cursor text, page_size int)
returns setof user_service.person_card language plpgsql stable security definer set search_path = '' as $$
declare
  size int := user_private.page_size(page_size);
  words tsquery := user_private.search_query(query);
  after jsonb := user_private.read_cursor(cursor, 'people');
  after_name text := coalesce(after ->> 'name', '');
  after_id uuid := coalesce((after ->> 'id')::uuid, '00000000-0000-0000-0000-000000000000');
  ids uuid[];
  window_size int;
begin
  if after is not null and jsonb_typeof(after -> 'name') is distinct from 'string' then
    perform user_private.refuse('malformed_cursor', 'This is not a cursor of this list. Start again without a cursor.');
  end if;
  -- Common words: scan the next people by username. Two matches in the first 200 rows suggest a full page in 5,000.
  foreach window_size in array array[200, 5000] loop
    ids := array(
      select v.id
      from (
        select p.id, p.username, p.name from user_service.profiles p
        where (lower(p.username), p.id) > (after_name, after_id)
        order by lower(p.username), p.id limit window_size) next
      join user_private.visible_people v on v.id = next.id
      where user_private.person_document(next.username, next.name) @@ words
      order by lower(next.username), next.id
      limit size);
    exit when cardinality(ids) < 2 or cardinality(ids) >= size;
  end loop;
  -- Rare words: use the index. Materialized, because the planner does not know how rare the words are.
  if cardinality(ids) < size then
    ids := array(
      with matching as materialized (
        select p.id from user_service.profiles p where user_private.person_document(p.username, p.name) @@ words)
      select v.id from matching
      join user_private.visible_people v on v.id = matching.id
      where (lower(v.username), v.id) > (after_name, after_id)
      order by lower(v.username), v.id
      limit size);
  end if;
  return query
    select c.*, user_private.write_cursor(jsonb_build_object('kind', 'people', 'name', lower(c.username), 'id', c.id))
    from user_private.person_cards c
    where c.id = any (ids)
    order by lower(c.username), c.id;
end $$;
revoke execute on function user_private.search_people(text, text, int) from public;
grant execute on function user_private.search_people(text, text, int) to anon, authenticated, service_role;

create or replace function user_service.search_people(query text, cursor text default null, page_size int default 20)
returns setof user_service.person_card language sql stable security invoker set search_path = ''
begin atomic
  select * from user_private.search_people(query, cursor, page_size);
end;
comment on function user_service.search_people(text, text, int) is 'People whose username or name contains words with these prefixes, by username. Keyset: pass the cursor of the last row for the next page; at most 100 rows.';
