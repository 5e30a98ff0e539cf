-- Bookmarks: posts that a person saved.

create table if not exists post_service.bookmarks (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null default auth.uid(),
  post_id uuid not null references post_service.posts (id) on delete cascade,
  created_at timestamptz not null default now(),
  constraint bookmarks_are_unique unique (user_id, post_id)
);
comment on table post_service.bookmarks is 'Saved posts, visible to the person alone.';

create index if not exists bookmarks_post_id on post_service.bookmarks (post_id);

alter table post_service.bookmarks enable row level security;

drop policy if exists bookmarks_select_own on post_service.bookmarks;
create policy bookmarks_select_own on post_service.bookmarks for select to authenticated
  using (user_id = (select auth.uid()) and exists (select 1 from post_private.visible_posts p where p.id = bookmarks.post_id));
drop policy if exists bookmarks_insert_own on post_service.bookmarks;
create policy bookmarks_insert_own on post_service.bookmarks for insert to authenticated
  with check (
    user_id = (select auth.uid())
    and (exists (select 1 from post_private.me)
      or post_private.refuse('account_gone', 'This account no longer exists. Sign in again.', 401))
    and (exists (select 1 from post_private.visible_posts p where p.id = bookmarks.post_id)
      or post_private.refuse('post_not_found', 'There is no such post.', 404)));
drop policy if exists bookmarks_delete_own on post_service.bookmarks;
create policy bookmarks_delete_own on post_service.bookmarks for delete to authenticated
  using (user_id = (select auth.uid()));

-- Update is not granted: there is nothing to change in a bookmark.
revoke all on post_service.bookmarks from anon, authenticated;
grant select, delete on post_service.bookmarks to authenticated;
grant insert (user_id, post_id) on post_service.bookmarks to authenticated;
grant all on post_service.bookmarks to service_role;
