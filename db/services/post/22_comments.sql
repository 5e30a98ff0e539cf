-- Comments on posts, and replies to comments.

create table if not exists post_service.comments (
  id uuid primary key default gen_random_uuid(),
  post_id uuid not null references post_service.posts (id) on delete cascade,
  author_id uuid default auth.uid(),
  parent_comment_id uuid,
  content text constraint content_is_given_and_bounded check ((content ~ '\S' and length(content) <= 5000) is not false
    or post_private.refuse('invalid_comment', 'A comment has 1 to 5,000 characters.')),
  likes_count int not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint tombstones_have_neither_author_nor_words check ((author_id is null) = (content is null)),
  constraint comment_and_its_post unique (id, post_id),
  constraint parent_under_the_same_post foreign key (parent_comment_id, post_id)
    references post_service.comments (id, post_id) on delete cascade
);
comment on table post_service.comments is 'Comments on a post, and replies to comments. Deleting a comment that has replies leaves a tombstone without author and content.';

create index if not exists comments_post_id on post_service.comments (post_id, created_at, id);
create index if not exists comments_author_id on post_service.comments (author_id, created_at);
create index if not exists comments_parent_comment_id on post_service.comments (parent_comment_id, post_id) where parent_comment_id is not null;

create or replace view post_private.visible_comments as
  select c.*
  from post_service.comments c
  where exists (select 1 from post_private.visible_posts p where p.id = c.post_id)
    and (c.author_id is null or exists (select 1 from post_private.visible_people p where p.id = c.author_id));
comment on view post_private.visible_comments is 'The comments that the caller sees, by the predicate of the policy on comments.';
grant select on post_private.visible_comments to anon, authenticated, service_role;

alter table post_service.comments enable row level security;

drop policy if exists comments_select_visible on post_service.comments;
create policy comments_select_visible on post_service.comments for select to anon, authenticated
  using (
    exists (select 1 from post_private.visible_posts p where p.id = comments.post_id)
    and (author_id is null or exists (select 1 from post_private.visible_people p where p.id = comments.author_id)));
drop policy if exists comments_insert_own on post_service.comments;
create policy comments_insert_own on post_service.comments for insert to authenticated
  with check (
    author_id = (select auth.uid())
    and (exists (select 1 from post_private.me)
      or post_private.refuse('account_gone', 'This account no longer exists. Sign in again.', 401))
    and (exists (select 1 from post_private.visible_posts p where p.id = comments.post_id)
      or post_private.refuse('post_not_found', 'There is no such post.', 404))
    and (parent_comment_id is null
      or exists (select 1 from post_private.visible_comments c where c.id = comments.parent_comment_id and c.post_id = comments.post_id)
      or post_private.refuse('comment_not_found', 'This post has no such comment to reply to.', 404)));
drop policy if exists comments_update_own on post_service.comments;
create policy comments_update_own on post_service.comments for update to authenticated
  -- Checks the post too: PostgreSQL skips select policies for an update that reads no column.
  using (author_id = (select auth.uid()) and exists (select 1 from post_private.visible_posts p where p.id = comments.post_id))
  with check (author_id = (select auth.uid()));
drop policy if exists comments_delete_own_or_author on post_service.comments;
create policy comments_delete_own_or_author on post_service.comments for delete to authenticated
  using (author_id = (select auth.uid()) or exists (select 1 from post_private.my_posts p where p.id = comments.post_id));

-- Only content is granted on update: a comment cannot move to another post.
revoke all on post_service.comments from anon, authenticated;
grant select on post_service.comments to anon;
grant select, delete on post_service.comments to authenticated;
grant insert (post_id, author_id, parent_comment_id, content) on post_service.comments to authenticated;
grant update (content) on post_service.comments to authenticated;
grant all on post_service.comments to service_role;

create or replace trigger comments_updated_at before update of content on post_service.comments
  for each row execute function post_service.update_updated_at_column();

create or replace function post_private.tg_comments__reset_likes()
returns trigger language plpgsql volatile set search_path = '' as $$
begin
  new.likes_count = 0;
  return new;
end $$;
create or replace trigger comments_reset_likes before insert on post_service.comments
  for each row execute function post_private.tg_comments__reset_likes();

-- Definer: it clears the author of a comment and deletes likes of others. Comments of a deleted post are deleted.
create or replace function post_private.tg_comments__leave_tombstone()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  if exists (select 1 from post_service.comments c where c.parent_comment_id = old.id)
    and exists (select 1 from post_service.posts p where p.id = old.post_id)
  then
    update post_service.comments set author_id = null, content = null where id = old.id;
    delete from post_service.likes where comment_id = old.id;
    return null;
  end if;
  return old;
end $$;
revoke execute on function post_private.tg_comments__leave_tombstone() from public;
create or replace trigger comments_leave_tombstone before delete on post_service.comments
  for each row execute function post_private.tg_comments__leave_tombstone();

-- Definer: clients may not write counters.
create or replace function post_private.tg_comments__count_on_post()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  if tg_op <> 'INSERT' then
    perform post_private.add_to_counter('posts', old.post_id, 'comments_count', -1);
  end if;
  if tg_op <> 'DELETE' then
    perform post_private.add_to_counter('posts', new.post_id, 'comments_count', 1);
  end if;
  return null;
end $$;
revoke execute on function post_private.tg_comments__count_on_post() from public;
create or replace trigger comments_count_on_post after insert or delete or update of post_id on post_service.comments
  for each row execute function post_private.tg_comments__count_on_post();

create or replace function post_service.author(post_service.comments)
returns setof post_service.people rows 1 language sql stable
begin atomic
  select p.* from post_service.people p where p.id = $1.author_id;
end;
comment on function post_service.author(post_service.comments) is 'Relationship: comments?select=content,author(username). Null for a tombstone.';
create or replace function post_service.parent(post_service.comments)
returns setof post_service.comments rows 1 language sql stable
begin atomic
  select c.* from post_service.comments c where c.id = $1.parent_comment_id;
end;
create or replace function post_service.replies(post_service.comments)
returns setof post_service.comments language sql stable
begin atomic
  select c.* from post_service.comments c where c.parent_comment_id = $1.id and c.post_id = $1.post_id;
end;
comment on function post_service.parent(post_service.comments) is 'Relationship: comments?select=content,parent(content). The comment that this one replies to.';
comment on function post_service.replies(post_service.comments) is 'Relationship: comments?select=content,replies(content,author(username)). The caller sees those of visible authors.';
