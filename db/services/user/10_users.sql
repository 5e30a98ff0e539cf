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

drop policy if exists users_select_own on user_service.users;
create policy users_select_own on user_service.users for select to authenticated
  using (id = (select auth.uid()));
drop policy if exists users_update_own on user_service.users;
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
