-- Profiles: policies, and the triggers that maintain a profile from users and user_privacy. The table is in
-- 20_visibility.sql.

alter table user_service.profiles enable row level security;

drop policy if exists profiles_select_anonymous on user_service.profiles;
create policy profiles_select_anonymous on user_service.profiles for select to anon
  using (not is_private);
drop policy if exists profiles_select_signed_in on user_service.profiles;
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
