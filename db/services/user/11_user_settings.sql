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

drop policy if exists user_settings_select_own on user_service.user_settings;
create policy user_settings_select_own on user_service.user_settings for select to authenticated
  using (user_id = (select auth.uid()));
drop policy if exists user_settings_update_own on user_service.user_settings;
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
