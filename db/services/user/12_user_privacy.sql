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

drop policy if exists user_privacy_select_own on user_service.user_privacy;
create policy user_privacy_select_own on user_service.user_privacy for select to authenticated
  using (user_id = (select auth.uid()));
drop policy if exists user_privacy_update_own on user_service.user_privacy;
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
