-- A repost and its author's leaving at the same moment took profile and account in opposite orders.
-- Definer: clients may not lock profiles. Before the foreign key locks the account, since whoever leaves takes the profile first.
create or replace function post_private.tg_reposts__lock_profile()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  perform from user_service.profiles p where p.id = new.user_id for share;
  return new;
end $$;
revoke execute on function post_private.tg_reposts__lock_profile() from public;
create or replace trigger reposts_lock_profile before insert on post_service.reposts
  for each row execute function post_private.tg_reposts__lock_profile();
