-- Shares of a post outside the app.

create table if not exists post_service.shares (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null default auth.uid(),
  post_id uuid not null references post_service.posts (id) on delete cascade,
  platform text constraint platform_is_bounded check ((length(platform) <= 50) is not false
    or post_private.refuse('text_too_long', 'The name of a platform has at most 50 characters.')),
  created_at timestamptz not null default now()
);
comment on table post_service.shares is 'Shares of a post outside the app, visible to the person alone. posts.shares_count counts them.';

create index if not exists shares_post_id on post_service.shares (post_id);
create index if not exists shares_user_id on post_service.shares (user_id);

alter table post_service.shares enable row level security;

drop policy if exists shares_select_own on post_service.shares;
create policy shares_select_own on post_service.shares for select to authenticated
  using (user_id = (select auth.uid()) and exists (select 1 from post_private.visible_posts p where p.id = shares.post_id));
drop policy if exists shares_insert_own on post_service.shares;
create policy shares_insert_own on post_service.shares for insert to authenticated
  with check (
    user_id = (select auth.uid())
    and (exists (select 1 from post_private.me)
      or post_private.refuse('account_gone', 'This account no longer exists. Sign in again.', 401))
    and (exists (select 1 from post_private.visible_posts p where p.id = shares.post_id)
      or post_private.refuse('post_not_found', 'There is no such post.', 404)));

-- Neither update nor delete is granted: shares are immutable.
revoke all on post_service.shares from anon, authenticated;
grant select on post_service.shares to authenticated;
grant insert (user_id, post_id, platform) on post_service.shares to authenticated;
grant all on post_service.shares to service_role;

-- Definer: clients may not write counters.
create or replace function post_private.tg_shares__count_on_post()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  if tg_op <> 'INSERT' then
    perform post_private.add_to_counter('posts', old.post_id, 'shares_count', -1);
  end if;
  if tg_op <> 'DELETE' then
    perform post_private.add_to_counter('posts', new.post_id, 'shares_count', 1);
  end if;
  return null;
end $$;
revoke execute on function post_private.tg_shares__count_on_post() from public;
create or replace trigger shares_count_on_post after insert or delete or update of post_id on post_service.shares
  for each row execute function post_private.tg_shares__count_on_post();
