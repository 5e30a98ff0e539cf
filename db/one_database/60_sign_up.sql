-- Synchronizes users with auth.users: sign-up creates a person, changes of the email address are copied, and deleting
-- one deletes the other. Not a foreign key, so that people can be imported before their logins.

create or replace function user_private.find_free_username(wanted text)
returns text language plpgsql volatile set search_path = '' as $$
declare
  base text := left(regexp_replace(left(coalesce(wanted, ''), 200), '[^a-zA-Z0-9_-]+', '_', 'g'), 50);
  candidate text;
begin
  if length(base) < 3 then
    base := 'user_' || base;
  end if;
  candidate := base;
  while exists (select from user_service.users u where lower(u.username) = lower(candidate)) loop
    candidate := left(base, 41) || '_' || left(md5(gen_random_uuid()::text), 8);
  end loop;
  return candidate;
end $$;
comment on function user_private.find_free_username(text) is 'A valid and free username, derived from the wanted one by replacing characters and adding a suffix.';
revoke execute on function user_private.find_free_username(text) from public;

-- Definer: Auth inserts users with a role of its own. Never fails on invalid data, because Auth would report a refusal
-- as an unspecific error: an invalid or taken username is changed instead.
create or replace function user_private.tg_auth_users__make_person()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
declare
  given jsonb := to_jsonb(new);
  asked jsonb := coalesce(nullif(given -> 'raw_user_meta_data', 'null'), '{}');
  address text := case when length(given ->> 'email') <= 320 then given ->> 'email' end;
begin
  for attempt in 1..5 loop
    begin
      insert into user_service.users (id, email, name, username, is_email_verified, created_at)
      values (new.id,
        case when not exists (select from user_service.users u where lower(u.email) = lower(address)) then address end,
        left(coalesce(asked ->> 'name', asked ->> 'full_name'), 100),
        user_private.find_free_username(coalesce(asked ->> 'username', split_part(address, '@', 1))),
        given ->> 'email_confirmed_at' is not null, coalesce((given ->> 'created_at')::timestamptz, now()))
      on conflict (id) do nothing;
      return null;
    exception when unique_violation then
      -- Somebody took the username or address concurrently. Try again.
      null;
    end;
  end loop;
  insert into user_service.users (id, username) values (new.id, 'user_' || replace(new.id::text, '-', '')) on conflict (id) do nothing;
  return null;
end $$;
revoke execute on function user_private.tg_auth_users__make_person() from public;

-- Definer: Auth updates users with a role of its own. An address that another person has is not copied.
create or replace function user_private.tg_auth_users__mirror_email()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
declare
  given jsonb := to_jsonb(new);
  address text := case when length(given ->> 'email') <= 320 then given ->> 'email' end;
  is_taken boolean := exists (select from user_service.users o where lower(o.email) = lower(address) and o.id <> new.id);
begin
  update user_service.users u set email = address
  where u.id = new.id and u.email is distinct from address and not is_taken;
  update user_service.users u set
    is_email_verified = given ->> 'email_confirmed_at' is not null,
    last_login_at = coalesce((given ->> 'last_sign_in_at')::timestamptz, u.last_login_at)
  where u.id = new.id
    and (u.is_email_verified, u.last_login_at) is distinct from
      (given ->> 'email_confirmed_at' is not null, coalesce((given ->> 'last_sign_in_at')::timestamptz, u.last_login_at));
  return null;
exception when unique_violation then
  return null;
end $$;
revoke execute on function user_private.tg_auth_users__mirror_email() from public;

-- Definer: Auth deletes users with a role of its own.
create or replace function user_private.tg_auth_users__remove_person()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  perform user_private.lock_account(old.id);
  delete from user_service.users where id = old.id;
  return old;
end $$;
revoke execute on function user_private.tg_auth_users__remove_person() from public;

-- Definer: clients may not delete from auth.users.
create or replace function user_private.tg_users__remove_login()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  delete from auth.users where id = old.id;
  return null;
end $$;
revoke execute on function user_private.tg_users__remove_login() from public;

do $$
begin
  if to_regclass('auth.users') is not null then
    create or replace trigger users_make_person after insert on auth.users
      for each row execute function user_private.tg_auth_users__make_person();
    create or replace trigger users_mirror_email after update on auth.users
      for each row execute function user_private.tg_auth_users__mirror_email();
    create or replace trigger users_remove_person after delete on auth.users
      for each row execute function user_private.tg_auth_users__remove_person();
    create or replace trigger users_remove_login after delete on user_service.users
      for each row execute function user_private.tg_users__remove_login();
  end if;
end $$;
