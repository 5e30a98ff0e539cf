-- Posts: the table, who sees a post, and the rules for writing one.

do $$
begin
  if to_regtype('post_service.post_type') is null then
    create type post_service.post_type as enum ('text', 'text_with_images', 'text_with_event', 'poll', 'repost');
    create type post_service.post_visibility as enum ('public', 'followers', 'private');
  end if;
end $$;

create table if not exists post_service.posts (
  id uuid primary key default gen_random_uuid(),
  author_id uuid not null default auth.uid(),
  event_id uuid,
  content text constraint content_is_bounded check ((length(content) <= 10000) is not false
    or post_private.refuse('text_too_long', 'A post has at most 10,000 characters.')),
  type post_service.post_type not null default 'text',
  attached_event_id uuid,
  original_post_id uuid references post_service.posts (id) on delete cascade,
  visibility post_service.post_visibility not null default 'public',
  author_is_private boolean not null default false,
  poll_closes_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  likes_count int not null default 0,
  comments_count int not null default 0,
  reposts_count int not null default 0,
  shares_count int not null default 0,
  constraint words_where_there_is_nothing_else check (type not in ('text', 'poll') or coalesce(content ~ '\S', false)
    or post_private.refuse('empty_post', 'A post of this type needs text.')),
  constraint reposts_have_an_original check ((type = 'repost') = (original_post_id is not null)
    or post_private.refuse('original_required', 'A post of type repost, and no other, needs an original_post_id.')),
  constraint only_polls_close check (poll_closes_at is null or type = 'poll'
    or post_private.refuse('not_a_poll', 'Only a poll has a poll_closes_at.'))
);
comment on table post_service.posts is 'Posts. A post of type repost and its row in reposts are created and deleted together.';
comment on column post_service.posts.event_id is 'The event that the post is about, if any.';
comment on column post_service.posts.attached_event_id is 'The event shown by a post of type text_with_event.';
comment on column post_service.posts.content is 'The quote, in a repost.';
comment on column post_service.posts.author_is_private is 'Copy of profiles.is_private, maintained by triggers, so that policies need no look-up in the common case.';
comment on column post_service.posts.poll_closes_at is 'When voting ends. Null for never.';
comment on column post_service.posts.likes_count is 'This counter and the other three may lag by a second under contention.';

create or replace function post_private.post_document(content text)
returns tsvector language sql immutable parallel safe set search_path = '' as $$
  select to_tsvector('simple', coalesce(content, ''))
$$;
comment on function post_private.post_document(text) is 'The text that search_posts searches.';

-- By author; all, newest first; the public ones; by words; by event; reposts of a post.
create index if not exists posts_author_id on post_service.posts (author_id, created_at desc, id desc);
create index if not exists posts_created_at on post_service.posts (created_at desc, id desc);
create index if not exists posts_public on post_service.posts (created_at desc, id desc)
  where visibility = 'public' and not author_is_private and (type <> 'repost' or content <> '');
create index if not exists posts_document on post_service.posts using gin (post_private.post_document(content));
create index if not exists posts_event_id on post_service.posts (event_id, created_at desc, id desc) where event_id is not null;
create index if not exists posts_attached_event_id on post_service.posts (attached_event_id) where attached_event_id is not null;
create index if not exists posts_original_post_id on post_service.posts (original_post_id, created_at desc, id desc) where original_post_id is not null;

create or replace view post_private.my_posts as
  select p.id, p.type from post_service.posts p where p.author_id = (select auth.uid());

create or replace view post_private.visible_posts as
  select p.*
  from post_service.posts p
  where p.author_id = (select auth.uid())
    or (p.visibility = 'public' and not p.author_is_private
      or p.visibility <> 'private'
        and exists (select 1 from post_private.my_following f where f.user_id = p.author_id)
        and (not p.author_is_private or exists (select 1 from post_private.my_mutuals m where m.user_id = p.author_id)))
      and not exists (select 1 from post_private.my_blocks b where b.user_id = p.author_id);
comment on view post_private.visible_posts is 'The posts that the caller sees, by the predicate of the policies on posts. The feed and search read this view because full-text search cannot use its index under a policy.';

grant select on post_private.my_posts, post_private.visible_posts to anon, authenticated, service_role;

alter table post_service.posts enable row level security;

drop policy if exists posts_select_anonymous on post_service.posts;
create policy posts_select_anonymous on post_service.posts for select to anon
  using (visibility = 'public' and not author_is_private);
drop policy if exists posts_select_signed_in on post_service.posts;
create policy posts_select_signed_in on post_service.posts for select to authenticated
  using (
    author_id = (select auth.uid())
    or (visibility = 'public' and not author_is_private
      or visibility <> 'private'
        and exists (select 1 from post_private.my_following f where f.user_id = posts.author_id)
        and (not author_is_private or exists (select 1 from post_private.my_mutuals m where m.user_id = posts.author_id)))
      and not exists (select 1 from post_private.my_blocks b where b.user_id = posts.author_id));
drop policy if exists posts_insert_own on post_service.posts;
create policy posts_insert_own on post_service.posts for insert to authenticated
  with check (
    author_id = (select auth.uid())
    and (exists (select 1 from post_private.me)
      or post_private.refuse('account_gone', 'This account no longer exists. Sign in again.', 401))
    and (event_id is null or exists (select 1 from post_private.visible_events e where e.id = posts.event_id)
      or post_private.refuse('event_not_found', 'There is no such event.', 404))
    and (attached_event_id is null or exists (select 1 from post_private.visible_events e where e.id = posts.attached_event_id)
      or post_private.refuse('event_not_found', 'There is no such event.', 404))
    and (type <> 'text_with_event' or attached_event_id is not null
      or post_private.refuse('event_required', 'A post of type text_with_event needs an attached_event_id.'))
    and (original_post_id is null or exists (select 1 from post_private.visible_posts p where p.id = posts.original_post_id)
      or post_private.refuse('post_not_found', 'There is no such post.', 404)));
drop policy if exists posts_update_own on post_service.posts;
create policy posts_update_own on post_service.posts for update to authenticated
  using (author_id = (select auth.uid())) with check (author_id = (select auth.uid()));
drop policy if exists posts_delete_own on post_service.posts;
create policy posts_delete_own on post_service.posts for delete to authenticated
  using (author_id = (select auth.uid()));

-- Not granted: ids, here and in every table, because choosing one would reveal whether a hidden row has it; counters
-- and author_is_private; and changes of event_id, attached_event_id and original_post_id.
revoke all on post_service.posts from anon, authenticated;
grant select on post_service.posts to anon;
grant select, delete on post_service.posts to authenticated;
grant insert (author_id, event_id, content, type, attached_event_id, original_post_id, visibility, poll_closes_at)
  on post_service.posts to authenticated;
grant update (content, visibility) on post_service.posts to authenticated;
grant all on post_service.posts to service_role;

create or replace trigger posts_updated_at before update of content, visibility on post_service.posts
  for each row execute function post_service.update_updated_at_column();

-- Definer: clients may not lock profiles. The share lock serializes a new post with a change of privacy, so that the
-- post cannot keep the old value.
create or replace function post_private.tg_posts__set_initial_values()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  new.author_is_private = coalesce((select p.is_private from user_service.profiles p where p.id = new.author_id for share), false);
  new.likes_count = 0; new.comments_count = 0; new.reposts_count = 0; new.shares_count = 0;
  return new;
end $$;
revoke execute on function post_private.tg_posts__set_initial_values() from public;
create or replace trigger posts_set_initial_values before insert on post_service.posts
  for each row execute function post_private.tg_posts__set_initial_values();

-- Definer: clients may not read the votes of others.
create or replace function post_private.tg_posts__refuse_change_after_vote()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  if exists (select 1 from post_service.poll_votes v where v.post_id = old.id) then
    perform post_private.refuse('poll_has_votes', 'This poll has votes and can no longer be changed.', 409);
  end if;
  return new;
end $$;
revoke execute on function post_private.tg_posts__refuse_change_after_vote() from public;
create or replace trigger posts_refuse_change_after_vote before update of content on post_service.posts
  for each row when (old.type = 'poll' and old.content is distinct from new.content) execute function post_private.tg_posts__refuse_change_after_vote();

create or replace function post_service.author(post_service.posts)
returns setof post_service.people rows 1 language sql stable
begin atomic
  select p.* from post_service.people p where p.id = $1.author_id;
end;
create or replace function post_service.event(post_service.posts)
returns setof post_service.events rows 1 language sql stable
begin atomic
  select e.* from post_service.events e where e.id = $1.event_id;
end;
create or replace function post_service.attached_event(post_service.posts)
returns setof post_service.events rows 1 language sql stable
begin atomic
  select e.* from post_service.events e where e.id = $1.attached_event_id;
end;
create or replace function post_service.original(post_service.posts)
returns setof post_service.posts rows 1 language sql stable
begin atomic
  select p.* from post_service.posts p where p.id = $1.original_post_id;
end;
comment on function post_service.author(post_service.posts) is 'Relationship: posts?select=content,author(username,avatar_url).';
comment on function post_service.event(post_service.posts) is 'Relationship: posts?select=content,event(title). Null if the caller cannot see the event.';
comment on function post_service.original(post_service.posts) is 'Relationship: posts?select=content,original(content,author(username)). Null if the caller cannot see the original.';
comment on function post_service.attached_event(post_service.posts) is 'Relationship: posts?select=content,attached_event(title,start_time). Null if the caller cannot see the event.';


-- Effect of user_service.profiles. Definer: clients may not write author_is_private.
create or replace function post_private.tg_profiles__mirror_privacy()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  update post_service.posts set author_is_private = new.is_private
  where author_id = new.id and author_is_private is distinct from new.is_private;
  return null;
end $$;
revoke execute on function post_private.tg_profiles__mirror_privacy() from public;
