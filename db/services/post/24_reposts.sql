-- Reposts: a row of reposts and a post of type repost, which are kept in sync.

create table if not exists post_service.reposts (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null default auth.uid(),
  post_id uuid not null references post_service.posts (id) on delete cascade,
  quote_content text constraint quote_is_bounded check ((length(quote_content) <= 10000) is not false
    or post_private.refuse('text_too_long', 'A quote has at most 10,000 characters.')),
  repost_id uuid not null default gen_random_uuid(),
  created_at timestamptz not null default now(),
  constraint reposts_are_unique unique (user_id, post_id),
  constraint a_repost_is_one_post unique (repost_id),
  -- Checked at commit, because either row may be written first.
  constraint repost_has_its_post foreign key (repost_id) references post_service.posts (id) on delete cascade deferrable initially deferred
);
comment on table post_service.reposts is 'Reposts. Each row has a post of type repost; writing or deleting one does the same to the other.';
comment on column post_service.reposts.repost_id is 'The post of type repost.';

create index if not exists reposts_post_id on post_service.reposts (post_id, created_at);

alter table post_service.reposts enable row level security;

drop policy if exists reposts_select_visible on post_service.reposts;
create policy reposts_select_visible on post_service.reposts for select to authenticated
  using (
    exists (select 1 from post_private.visible_posts p where p.id = reposts.post_id)
    -- The person's own row is visible before its post exists, so that an insert can return it.
    and (user_id = (select auth.uid())
      or exists (select 1 from post_private.visible_posts p where p.id = reposts.repost_id)
        and exists (select 1 from post_private.visible_people p where p.id = reposts.user_id)));
drop policy if exists reposts_insert_own on post_service.reposts;
create policy reposts_insert_own on post_service.reposts for insert to authenticated
  with check (
    user_id = (select auth.uid())
    and (exists (select 1 from post_private.me)
      or post_private.refuse('account_gone', 'This account no longer exists. Sign in again.', 401))
    and (exists (select 1 from post_private.visible_posts p where p.id = reposts.post_id)
      or post_private.refuse('post_not_found', 'There is no such post.', 404)));
drop policy if exists reposts_update_own on post_service.reposts;
create policy reposts_update_own on post_service.reposts for update to authenticated
  using (user_id = (select auth.uid()) and exists (select 1 from post_private.visible_posts p where p.id = reposts.post_id))
  with check (user_id = (select auth.uid()));
drop policy if exists reposts_delete_own on post_service.reposts;
create policy reposts_delete_own on post_service.reposts for delete to authenticated
  using (user_id = (select auth.uid()));

-- repost_id is not granted: the database chooses it.
revoke all on post_service.reposts from anon, authenticated;
grant select, delete on post_service.reposts to authenticated;
grant insert (user_id, post_id, quote_content) on post_service.reposts to authenticated;
grant update (user_id, post_id, quote_content) on post_service.reposts to authenticated;
grant all on post_service.reposts to service_role;

create or replace trigger reposts_refuse_move before update of post_id on post_service.reposts
  for each row when (old.post_id <> new.post_id) execute function post_private.tg_rows__refuse_move();

-- Definer, like tg_reposts__sync_post: each writes the other row of a repost, under the policy of the row that the
-- client wrote.
create or replace function post_private.tg_posts__sync_repost()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  if tg_op = 'UPDATE' then
    update post_service.reposts r set quote_content = new.content
    where r.repost_id = new.id and r.quote_content is distinct from new.content;
  elsif not exists (select 1 from post_service.reposts r where r.repost_id = new.id) then
    insert into post_service.reposts (user_id, post_id, quote_content, repost_id, created_at)
    values (new.author_id, new.original_post_id, new.content, new.id, new.created_at);
  end if;
  return null;
end $$;
revoke execute on function post_private.tg_posts__sync_repost() from public;
create or replace trigger posts_sync_repost after insert or update of content on post_service.posts
  for each row when (new.type = 'repost') execute function post_private.tg_posts__sync_repost();

create or replace function post_private.tg_reposts__sync_post()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  if tg_op = 'DELETE' then
    delete from post_service.posts p where p.id = old.repost_id;
  elsif tg_op = 'UPDATE' then
    update post_service.posts p set content = new.quote_content
    where p.id = new.repost_id and p.content is distinct from new.quote_content;
  elsif not exists (select 1 from post_service.posts p where p.id = new.repost_id) then
    insert into post_service.posts (id, author_id, type, original_post_id, content, created_at)
    values (new.repost_id, new.user_id, 'repost', new.post_id, new.quote_content, new.created_at);
  end if;
  return null;
end $$;
revoke execute on function post_private.tg_reposts__sync_post() from public;
create or replace trigger reposts_sync_post after insert or delete or update of quote_content on post_service.reposts
  for each row execute function post_private.tg_reposts__sync_post();
-- Definer: clients may not lock profiles. Locks the profile before the foreign key locks the account, in the order of
-- account deletion.
create or replace function post_private.tg_reposts__lock_profile()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  perform from user_service.profiles p where p.id = new.user_id for share;
  return new;
end $$;
revoke execute on function post_private.tg_reposts__lock_profile() from public;
create or replace trigger reposts_lock_profile before insert on post_service.reposts
  for each row execute function post_private.tg_reposts__lock_profile();

create or replace function post_private.tg_reposts__count_on_post()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  if tg_op <> 'INSERT' then
    perform post_private.add_to_counter('posts', old.post_id, 'reposts_count', -1);
  end if;
  if tg_op <> 'DELETE' then
    perform post_private.add_to_counter('posts', new.post_id, 'reposts_count', 1);
  end if;
  return null;
end $$;
revoke execute on function post_private.tg_reposts__count_on_post() from public;
create or replace trigger reposts_count_on_post after insert or delete or update of post_id on post_service.reposts
  for each row execute function post_private.tg_reposts__count_on_post();

create or replace function post_service.reposter(post_service.reposts)
returns setof post_service.people rows 1 language sql stable
begin atomic
  select p.* from post_service.people p where p.id = $1.user_id;
end;
comment on function post_service.reposter(post_service.reposts) is 'Relationship: reposts?select=quote_content,reposter(username).';
