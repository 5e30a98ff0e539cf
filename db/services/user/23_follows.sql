-- Follows: policies, triggers and relationships. The table is in 20_visibility.sql.

alter table user_service.follows enable row level security;

drop policy if exists follows_select_both_visible on user_service.follows;
create policy follows_select_both_visible on user_service.follows for select to authenticated
  using (
    exists (select 1 from user_private.visible_people p where p.id = follows.follower_id)
    and exists (select 1 from user_private.visible_people p where p.id = follows.following_id));
drop policy if exists follows_insert_own on user_service.follows;
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
drop policy if exists follows_delete_either on user_service.follows;
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
