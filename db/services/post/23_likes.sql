-- Likes of posts and comments.

do $$
begin
  if to_regtype('post_service.likeable_type') is null then
    create type post_service.likeable_type as enum ('post', 'comment');
  end if;
end $$;


create table if not exists post_service.likes (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null default auth.uid(),
  likeable_type post_service.likeable_type not null,
  likeable_id uuid not null,
  post_id uuid generated always as (case likeable_type when 'post' then likeable_id end) stored
    constraint liked_post_exists references post_service.posts (id) on delete cascade,
  comment_id uuid generated always as (case likeable_type when 'comment' then likeable_id end) stored
    constraint liked_comment_exists references post_service.comments (id) on delete cascade,
  created_at timestamptz not null default now(),
  constraint likes_are_unique unique (user_id, likeable_type, likeable_id)
);
comment on table post_service.likes is 'Likes of posts and comments.';
comment on column post_service.likes.post_id is 'The liked post, if it is one. Generated, so that a foreign key can delete the like with the post.';

create index if not exists likes_post_id on post_service.likes (post_id, created_at) where post_id is not null;
create index if not exists likes_comment_id on post_service.likes (comment_id, created_at) where comment_id is not null;

alter table post_service.likes enable row level security;

drop policy if exists likes_select_visible on post_service.likes;
create policy likes_select_visible on post_service.likes for select to authenticated
  using (
    (exists (select 1 from post_private.visible_posts p where p.id = likes.post_id)
      or exists (select 1 from post_private.visible_comments c where c.id = likes.comment_id))
    and exists (select 1 from post_private.visible_people p where p.id = likes.user_id));
drop policy if exists likes_insert_own on post_service.likes;
create policy likes_insert_own on post_service.likes for insert to authenticated
  with check (
    user_id = (select auth.uid())
    and (exists (select 1 from post_private.me)
      or post_private.refuse('account_gone', 'This account no longer exists. Sign in again.', 401))
    and (likeable_type <> 'post'
      or exists (select 1 from post_private.visible_posts p where p.id = likes.likeable_id)
      or post_private.refuse('post_not_found', 'There is no such post.', 404))
    and (likeable_type <> 'comment'
      or exists (select 1 from post_private.visible_comments c where c.id = likes.likeable_id)
      or post_private.refuse('comment_not_found', 'There is no such comment.', 404)));
drop policy if exists likes_delete_own on post_service.likes;
create policy likes_delete_own on post_service.likes for delete to authenticated
  using (user_id = (select auth.uid()));

-- Update is not granted: there is nothing to change in a like.
revoke all on post_service.likes from anon, authenticated;
grant select, delete on post_service.likes to authenticated;
grant insert (user_id, likeable_type, likeable_id) on post_service.likes to authenticated;
grant all on post_service.likes to service_role;

-- Definer: clients may not write counters.
create or replace function post_private.tg_likes__count_on_target()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  if tg_op <> 'INSERT' then
    perform post_private.add_to_counter(case old.likeable_type when 'post' then 'posts' else 'comments' end, old.likeable_id, 'likes_count', -1);
  end if;
  if tg_op <> 'DELETE' then
    perform post_private.add_to_counter(case new.likeable_type when 'post' then 'posts' else 'comments' end, new.likeable_id, 'likes_count', 1);
  end if;
  return null;
end $$;
revoke execute on function post_private.tg_likes__count_on_target() from public;
create or replace trigger likes_count_on_target after insert or delete or update of likeable_type, likeable_id on post_service.likes
  for each row execute function post_private.tg_likes__count_on_target();

create or replace function post_service.liker(post_service.likes)
returns setof post_service.people rows 1 language sql stable
begin atomic
  select p.* from post_service.people p where p.id = $1.user_id;
end;
comment on function post_service.liker(post_service.likes) is 'Relationship: likes?select=liker(username,avatar_url).';
