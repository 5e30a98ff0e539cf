-- Blocks: policies, and what a block removes. The table is in 20_visibility.sql.

alter table user_service.blocks enable row level security;

drop policy if exists blocks_select_own on user_service.blocks;
create policy blocks_select_own on user_service.blocks for select to authenticated
  using (blocker_id = (select auth.uid()));
drop policy if exists blocks_insert_own on user_service.blocks;
create policy blocks_insert_own on user_service.blocks for insert to authenticated
  with check (
    blocker_id = (select auth.uid())
    and (exists (select 1 from user_private.me)
      or user_private.refuse('account_gone', 'This account no longer exists. Sign in again.', 401))
    and (exists (select 1 from user_private.visible_people p where p.id = blocks.blocked_id)
      or user_private.refuse('person_not_found', 'There is no such person.', 404)));
drop policy if exists blocks_delete_own on user_service.blocks;
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
