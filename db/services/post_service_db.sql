-- Built by `npm run db:build` from the parts in db/services/post/. Edit those, not this file.
-- It builds and does not upgrade: loading it again changes nothing that exists, except functions and policies.
begin;

-- db/services/post/00_foundation.sql
-- Schemas, roles, and the helpers that services share: refusals, cursors, search, counters and upserts.

create schema if not exists post_service;
create schema if not exists post_private;
comment on schema post_private is 'Not exposed over REST: definer functions, views that policies read, and internal tables.';

-- Supabase has these roles; a plain PostgreSQL server does not.
do $$
declare
  wanted text;
begin
  foreach wanted in array array['anon', 'authenticated', 'service_role'] loop
    if not exists (select from pg_catalog.pg_roles where rolname = wanted) then
      execute format('create role %I nologin noinherit %s', wanted, case wanted when 'service_role' then 'bypassrls' else '' end);
    end if;
  end loop;
end $$;

-- The planner overestimates the cost of policies and would JIT-compile queries for longer than they run.
do $$
begin
  execute format('alter database %I set jit = off', current_database());
exception when insufficient_privilege then
  raise notice 'Run this as the owner of the database: alter database % set jit = off', current_database();
end $$;

-- Supabase has auth.uid(); elsewhere it reads the claims that PostgREST sets for each request.
do $$
begin
  if to_regnamespace('auth') is null then
    create schema auth;
    grant usage on schema auth to anon, authenticated, service_role;
  end if;
  if to_regprocedure('auth.uid()') is null then
    create function auth.uid() returns uuid language sql stable set search_path = '' as
      $uid$ select (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')::uuid $uid$;
  end if;
end $$;

-- If another service's file was loaded first, a table of this service exists as a stub, without constraints or
-- policies.
do $$
declare
  stub text;
begin
  select c.oid::regclass::text into stub
  from pg_catalog.pg_class c
  where c.relnamespace = 'post_service'::regnamespace and c.relkind = 'r'
    and obj_description(c.oid, 'pg_class') like 'Stub %';
  if found then
    raise exception '% is a stub made by another service''s file', stub
      using hint = 'Load the service files in the order user, event, post, ticket, or each into a database of its own.';
  end if;
end $$;

grant usage on schema post_service to anon, authenticated, service_role;

create or replace function post_private.refuse(code text, message text, status int default 400)
returns boolean language plpgsql volatile set search_path = '' as $$
begin
  raise sqlstate 'PGRST' using
    message = json_build_object('code', code, 'message', message, 'details', null, 'hint', null)::text,
    detail = json_build_object('status', status, 'headers', json_build_object())::text;
end $$;
comment on function post_private.refuse(text, text, int) is
  'Never returns: raises the error `code` (docs/errors.md) with this HTTP status. Returns boolean so that a constraint or policy can say `<rule> or refuse(…)`.';
grant execute on function post_private.refuse(text, text, int) to anon, authenticated, service_role;

create or replace function post_service.update_updated_at_column()
returns trigger language plpgsql volatile set search_path = '' as $$
begin
  new.updated_at = now();
  return new;
end $$;
comment on function post_service.update_updated_at_column() is 'Trigger function: sets updated_at.';

create or replace function post_private.write_cursor(keys jsonb)
returns text language sql immutable set search_path = '' as $$
  select translate(encode(convert_to(keys::text, 'UTF8'), 'base64'), E'+/=\n', '-_')
$$;
comment on function post_private.write_cursor(jsonb) is 'Encodes the sort keys of a row as an opaque cursor.';

create or replace function post_private.read_cursor(cursor text, kind text)
returns jsonb language plpgsql immutable set search_path = '' as $$
declare
  keys jsonb;
begin
  if cursor is null then
    return null;
  end if;
  begin
    keys := convert_from(decode(
      rpad(translate(left(cursor, 1000), '-_', '+/'), (length(left(cursor, 1000)) + 3) / 4 * 4, '='), 'base64'), 'UTF8')::jsonb;
    if keys ->> 'kind' = kind and (keys ->> 'id')::uuid is not null then
      return keys;
    end if;
  exception when data_exception or character_not_in_repertoire or untranslatable_character then
    null;
  end;
  perform post_private.refuse('malformed_cursor', 'This is not a cursor of this list. Start again without a cursor.');
  return null;
end $$;
comment on function post_private.read_cursor(text, text) is 'Decodes a cursor of this kind of list; null for the first page. Refuses any other text with malformed_cursor.';

create or replace function post_private.page_size(wanted int)
returns int language sql immutable set search_path = '' as $$ select least(greatest(coalesce(wanted, 20), 1), 100) $$;
comment on function post_private.page_size(int) is 'Rows per page: 20 by default, 100 at most.';
comment on schema post_service is 'Posts and reactions to them. Exposed over REST.';

create or replace function post_private.cursor_time(keys jsonb, key text)
returns timestamptz language plpgsql stable set search_path = '' as $$
begin
  if keys is not null and (keys ->> key)::timestamptz is null then
    perform post_private.refuse('malformed_cursor', 'This is not a cursor of this list. Start again without a cursor.');
  end if;
  return (keys ->> key)::timestamptz;
exception when data_exception then
  perform post_private.refuse('malformed_cursor', 'This is not a cursor of this list. Start again without a cursor.');
  return null;
end $$;
comment on function post_private.cursor_time(jsonb, text) is 'Reads a timestamp from the keys of a cursor. Refuses anything else with malformed_cursor.';
create or replace function post_private.search_query(words text)
returns tsquery language plpgsql immutable set search_path = '' as $$
declare
  parsed tsquery;
begin
  -- All words must match, each as a prefix.
  select to_tsquery('simple', string_agg('''' || replace(replace(lexeme, '\', '\\'), '''', '''''') || ''':*', ' & '))
  into parsed
  from unnest(to_tsvector('simple', left(words, 200)));
  if parsed is null then
    perform post_private.refuse('empty_search', 'Search for at least one word or number.');
  end if;
  return parsed;
end $$;
comment on function post_private.search_query(text) is 'Parses the first 200 characters of a search text into a prefix query. Refuses a text without a word with empty_search.';
-- An upsert sets the columns of its conflict target too, so clients may update them, but only to the same values.
-- Definer: clients have no access to the schema of refuse(). Operators may move rows.
create or replace function post_private.tg_rows__refuse_move()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  if (select auth.uid()) is not null then
    perform post_private.refuse('row_cannot_move', 'A row cannot be moved to another parent. Delete it and insert a new one.', 409);
  end if;
  return new;
end $$;
revoke execute on function post_private.tg_rows__refuse_move() from public;
-- Columns such as avatar_url hold a path in their bucket, or the URL of an imported row. Cards tell which.
create or replace function post_private.stored_path(file text)
returns text language sql immutable parallel safe set search_path = '' as $$ select case when file !~* '^https?://' then file end $$;
comment on function post_private.stored_path(text) is 'The path of an uploaded file in its bucket. Null for a URL.';
create or replace function post_private.stored_url(file text)
returns text language sql immutable parallel safe set search_path = '' as $$ select case when file ~* '^https?://' then file end $$;
comment on function post_private.stored_url(text) is 'The URL of a file of an imported row. Null for a path.';
-- Counters of posts and comments, and poll_options.votes_count.
create table if not exists post_private.counter_deltas (
  id bigint generated always as identity primary key,
  counted name not null,
  target_id uuid not null,
  counter name not null,
  delta int not null
);
comment on table post_private.counter_deltas is 'Counter changes whose row was locked, until fold_counters() applies them. counted names the table in post_service.';
create index if not exists counter_deltas_target_id on post_private.counter_deltas (target_id);
alter table post_private.counter_deltas enable row level security;

-- Definer: clients may not write counters. Updates the row if it is free; appends a delta if it is locked or deltas are
-- already waiting for it, so that no request waits for a counter.
create or replace function post_private.add_to_counter(counted name, target uuid, counter name, delta int)
returns void language plpgsql volatile security definer set search_path = '' as $$
declare
  updated int;
  target_exists boolean := true;
begin
  if target is null or delta = 0 then
    return;
  end if;
  if not exists (select 1 from post_private.counter_deltas d where d.target_id = target) then
    execute format(
      'update post_service.%1$I set %2$I = %2$I + $2
       where id = (select id from post_service.%1$I where id = $1 for no key update skip locked)', counted, counter)
    using target, delta;
    get diagnostics updated = row_count;
    if updated = 1 then
      return;
    end if;
  end if;
  if delta < 0 then
    -- In a cascade the target is already deleted: there is nothing to count.
    execute format('select exists (select 1 from post_service.%I where id = $1)', counted) into target_exists using target;
  end if;
  if target_exists then
    insert into post_private.counter_deltas (counted, target_id, counter, delta) values (counted, target, counter, delta);
  end if;
end $$;
comment on function post_private.add_to_counter(name, uuid, name, int) is 'Adds delta to a counter of a row. All counters in post_service are changed through it.';
revoke execute on function post_private.add_to_counter(name, uuid, name, int) from public;

-- Definer: clients may not write counters. Never waits: deltas of a locked row stay for the next run, deltas of a
-- deleted row are dropped.
create or replace function post_private.fold_counters(batch int default 10000)
returns int language plpgsql volatile security definer set search_path = '' as $$
declare
  change record;
  updated int;
  target_exists boolean;
  folded int := 0;
begin
  if not pg_try_advisory_xact_lock(hashtext('post_private.fold_counters')) then
    return 0;
  end if;
  for change in
    with taken as (
      delete from post_private.counter_deltas
      where id in (select id from post_private.counter_deltas order by id limit batch)
      returning counted, target_id, counter, delta)
    select counted, target_id, counter, sum(delta)::int as delta, count(*)::int as parts
    from taken group by counted, target_id, counter
  loop
    execute format(
      'update post_service.%1$I set %2$I = %2$I + $2
       where id = (select id from post_service.%1$I where id = $1 for no key update skip locked)', change.counted, change.counter)
    using change.target_id, change.delta;
    get diagnostics updated = row_count;
    if updated = 0 then
      execute format('select exists (select 1 from post_service.%I where id = $1)', change.counted) into target_exists using change.target_id;
      if target_exists then
        insert into post_private.counter_deltas (counted, target_id, counter, delta)
        values (change.counted, change.target_id, change.counter, change.delta);
      end if;
    else
      folded := folded + change.parts;
    end if;
  end loop;
  return folded;
end $$;
comment on function post_private.fold_counters(int) is 'Applies waiting deltas to their counters and returns how many. To be run every second.';
revoke execute on function post_private.fold_counters(int) from public;

-- db/services/post/05_stubs.sql
-- What this service reads of the user and event services: stubs of their tables, and the views that policies query
-- instead of them.

-- Stubs of the user service's tables. In one database `if not exists` finds the real tables; in a separate database it
-- creates local copies for logical replication to fill. Only the views below read them.
create schema if not exists user_service;

create table if not exists user_service.profiles (
  id uuid primary key,
  username text not null,
  name text,
  avatar_url text,
  is_verified boolean not null default false,
  is_private boolean not null default false,
  shows_attendance boolean not null default true
);
create table if not exists user_service.follows (
  id uuid primary key default gen_random_uuid(),
  follower_id uuid not null,
  following_id uuid not null,
  constraint follows_are_unique unique (follower_id, following_id)
);
create unique index if not exists follows_following_id_follower_id on user_service.follows (following_id, follower_id);
create table if not exists user_service.blocks (
  id uuid primary key default gen_random_uuid(),
  blocker_id uuid not null,
  blocked_id uuid not null,
  constraint blocks_are_unique unique (blocker_id, blocked_id)
);
create unique index if not exists blocks_blocked_id_blocker_id on user_service.blocks (blocked_id, blocker_id);
create table if not exists user_service.invitations (
  id uuid primary key default gen_random_uuid(),
  inviter_id uuid not null,
  invitee_id uuid not null,
  event_id uuid not null
);
create index if not exists invitations_invitee_id on user_service.invitations (invitee_id, event_id);

-- No policy and no grant: clients cannot read stubs.
do $$
declare
  stub text;
begin
  foreach stub in array array['user_service.profiles', 'user_service.follows', 'user_service.blocks', 'user_service.invitations'] loop
    execute format('alter table %s enable row level security', stub);
    if obj_description(stub::regclass, 'pg_class') is null then
      execute format('comment on table %s is %L', stub, 'Stub of another service''s table, filled by replication.');
    end if;
  end loop;
end $$;
create or replace view post_private.me as
  select p.id from user_service.profiles p where p.id = (select auth.uid());
comment on view post_private.me is 'The caller, if their account still exists. A token can be valid after its account is deleted.';

create or replace view post_private.my_mutuals as
  select f.following_id as user_id
  from user_service.follows f
  where f.follower_id = (select auth.uid())
    and exists (select 1 from user_service.follows b where b.follower_id = f.following_id and b.following_id = (select auth.uid()));

create or replace view post_private.my_blocks as
  select b.blocked_id as user_id from user_service.blocks b where b.blocker_id = (select auth.uid())
  union all
  select b.blocker_id from user_service.blocks b where b.blocked_id = (select auth.uid());
comment on view post_private.my_blocks is 'Everyone whom the caller has blocked or who has blocked the caller.';
create or replace view post_private.visible_people as
  select p.id, p.username, p.name, p.avatar_url, p.is_verified, p.is_private, p.shows_attendance
  from user_service.profiles p
  where p.id = (select auth.uid())
    or (not p.is_private or exists (select 1 from post_private.my_mutuals m where m.user_id = p.id))
      and not exists (select 1 from post_private.my_blocks b where b.user_id = p.id);
comment on view post_private.visible_people is 'The people whom the caller sees.';

create or replace function post_private.describe_person(id uuid, username text, name text, avatar_url text, is_verified boolean)
returns jsonb language sql immutable parallel safe set search_path = '' as $$
  select case when id is not null then jsonb_build_object('id', id, 'username', username, 'name', name,
    'avatar_path', post_private.stored_path(avatar_url), 'avatar_url', post_private.stored_url(avatar_url), 'is_verified', is_verified) end
$$;
comment on function post_private.describe_person(uuid, text, text, text, boolean) is 'A person on a card: {id, username, name, avatar_path, avatar_url, is_verified}. Null without an id.';
create or replace view post_private.my_following as
  select f.following_id as user_id from user_service.follows f where f.follower_id = (select auth.uid());

create or replace view post_private.my_invitations as
  select i.event_id from user_service.invitations i where i.invitee_id = (select auth.uid());

grant select on post_private.me, post_private.my_following, post_private.my_mutuals, post_private.my_blocks,
  post_private.my_invitations, post_private.visible_people to anon, authenticated, service_role;

-- Stubs of the event service's tables, and visible_events with the predicate of its policies.
create schema if not exists event_service;
create table if not exists event_service.events (
  id uuid primary key, host_id uuid, title text not null, category text not null, start_time timestamptz not null, end_time timestamptz not null, location_name text, status text not null, privacy text not null
);
create table if not exists event_service.event_attendees (
  id uuid primary key default gen_random_uuid(),
  event_id uuid not null,
  user_id uuid not null,
  status text not null,
  constraint attendance_is_unique unique (event_id, user_id)
);

-- No policy and no grant: clients cannot read stubs.
do $$
declare
  stub text;
begin
  foreach stub in array array['event_service.events', 'event_service.event_attendees'] loop
    execute format('alter table %s enable row level security', stub);
    if obj_description(stub::regclass, 'pg_class') is null then
      execute format('comment on table %s is %L', stub, 'Stub of another service''s table, filled by replication.');
    end if;
  end loop;
end $$;
create or replace view post_private.visible_events as
  select e.id, e.host_id, e.title, e.category::text as category, e.start_time, e.end_time, e.location_name, e.status::text as status, e.privacy::text as privacy
  from event_service.events e
  where e.host_id = (select auth.uid())
    or (e.privacy = 'public'
      or e.privacy = 'friends_only' and exists (select 1 from post_private.my_mutuals m where m.user_id = e.host_id)
      or e.privacy = 'private' and (
        exists (select 1 from event_service.event_attendees a
          where a.event_id = e.id and a.user_id = (select auth.uid()) and a.status <> 'cancelled')
        or exists (select 1 from post_private.my_invitations i where i.event_id = e.id)))
      and not exists (select 1 from post_private.my_blocks b where b.user_id = e.host_id);
comment on view post_private.visible_events is 'The events that the caller sees.';grant select on post_private.visible_events to anon, authenticated, service_role;

-- Security barriers, because clients filter these views: otherwise a filter that raises an error could run on hidden
-- rows.
create or replace view post_service.people with (security_invoker = true, security_barrier = true) as
  select p.id, p.username, p.name, p.avatar_url, p.is_verified from post_private.visible_people p;
create or replace view post_service.events with (security_invoker = true, security_barrier = true) as
  select e.id, e.host_id, e.title, e.category, e.start_time, e.end_time, e.location_name, e.status, e.privacy from post_private.visible_events e;
comment on view post_service.people is 'The people whom the caller sees, for embedding: posts?select=content,author(username,avatar_url).';
comment on view post_service.events is 'The events that the caller sees, for embedding: posts?select=content,attached_event(title,start_time).';
revoke all on post_service.people, post_service.events from anon, authenticated;
grant select on post_service.people, post_service.events to anon, authenticated, service_role;

-- db/services/post/10_posts.sql
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

-- db/services/post/20_post_images.sql
-- Images of a post, written by its author. The same as those of an event.

create table if not exists post_service.post_images (
  id uuid primary key default gen_random_uuid(),
  post_id uuid not null references post_service.posts (id) on delete cascade,
  image_url text not null constraint image_url_is_given_and_bounded check (octet_length(image_url) between 1 and 1000
    or post_private.refuse('text_too_long', 'An image path has 1 to 1,000 bytes.')),
  order_index int not null default 0 constraint order_index_in_range check (order_index between 0 and 1000
    or post_private.refuse('order_index_out_of_range', 'An order_index is between 0 and 1,000.'))
);
comment on table post_service.post_images is 'Images of a post, sorted by order_index.';
comment on column post_service.post_images.image_url is 'Path in the bucket post-images. Imported rows may hold an https URL.';

create index if not exists post_images_post_id on post_service.post_images (post_id, order_index);
-- Storage policies look up whose image a file is.
create index if not exists post_images_image_url on post_service.post_images (image_url);

create or replace function post_private.describe_file(file text)
returns jsonb language sql immutable parallel safe set search_path = '' as $$
  select jsonb_build_object('path', post_private.stored_path(file), 'url', post_private.stored_url(file))
$$;
comment on function post_private.describe_file(text) is 'A file on a card: {path, url}, one of which is null.';
create or replace function post_private.describe_images(parent uuid)
returns jsonb language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(post_private.describe_file(i.image_url) order by i.order_index, i.id), '[]')
  from post_service.post_images i where i.post_id = parent
$$;
comment on function post_private.describe_images(uuid) is 'Images of a post on a card: [{path, url}] in order. Does not filter by the caller.';
revoke execute on function post_private.describe_images(uuid) from public;

-- Only paths in the owner's folder count, so that naming another person's file does not expose it.
create or replace view post_private.visible_files as
  select i.image_url as path
  from post_service.post_images i
  join post_private.visible_posts parent on parent.id = i.post_id
  where split_part(i.image_url, '/', 1) = parent.author_id::text;
comment on view post_private.visible_files is 'Paths in the bucket post-images that the caller may read.';
grant select on post_private.visible_files to anon, authenticated, service_role;

alter table post_service.post_images enable row level security;

drop policy if exists post_images_select_visible on post_service.post_images;
create policy post_images_select_visible on post_service.post_images for select to anon, authenticated
  using (exists (select 1 from post_private.visible_posts parent where parent.id = post_images.post_id));
drop policy if exists post_images_insert_author on post_service.post_images;
create policy post_images_insert_author on post_service.post_images for insert to authenticated
  with check (
    (exists (select 1 from post_private.me)
      or post_private.refuse('account_gone', 'This account no longer exists. Sign in again.', 401))
    and (exists (select 1 from post_private.my_posts parent where parent.id = post_images.post_id)
      or post_private.refuse('post_not_found', 'You have no such post.', 404)));
drop policy if exists post_images_update_author on post_service.post_images;
create policy post_images_update_author on post_service.post_images for update to authenticated
  using (exists (select 1 from post_private.my_posts parent where parent.id = post_images.post_id))
  with check (exists (select 1 from post_private.my_posts parent where parent.id = post_images.post_id));
drop policy if exists post_images_delete_author on post_service.post_images;
create policy post_images_delete_author on post_service.post_images for delete to authenticated
  using (exists (select 1 from post_private.my_posts parent where parent.id = post_images.post_id));

-- post_id is not granted on update: an image cannot move to another post.
revoke all on post_service.post_images from anon, authenticated;
grant select on post_service.post_images to anon;
grant select, delete on post_service.post_images to authenticated;
grant insert (post_id, image_url, order_index) on post_service.post_images to authenticated;
grant update (image_url, order_index) on post_service.post_images to authenticated;
grant all on post_service.post_images to service_role;

-- Definer: clients may not lock the parent row. The lock serializes concurrent inserts. Imports by an operator are not
-- limited.
create or replace function post_private.tg_post_images__limit_to_ten()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  if (select auth.uid()) is not null then
    perform from post_service.posts parent where parent.id = new.post_id for no key update;
    if (select count(*) from post_service.post_images i where i.post_id = new.post_id) > 10 then
      perform post_private.refuse('too_many_images', 'There can be at most ten images.', 409);
    end if;
  end if;
  return null;
end $$;
revoke execute on function post_private.tg_post_images__limit_to_ten() from public;
create or replace trigger post_images_limit_to_ten after insert on post_service.post_images
  for each row execute function post_private.tg_post_images__limit_to_ten();

-- db/services/post/21_polls.sql
-- Polls: the options of a post of type poll, and votes for them.

create table if not exists post_service.poll_options (
  id uuid primary key default gen_random_uuid(),
  post_id uuid not null references post_service.posts (id) on delete cascade,
  label text not null constraint label_is_given_and_bounded check (label ~ '\S' and length(label) <= 200
    or post_private.refuse('invalid_option', 'An option has 1 to 200 characters.')),
  order_index int not null default 0 constraint at_most_ten_options check (order_index between 0 and 9
    or post_private.refuse('too_many_options', 'A poll has at most ten options, with an order_index from 0 to 9.')),
  votes_count int not null default 0,
  constraint options_have_a_place_each unique (post_id, order_index),
  constraint option_and_its_post unique (id, post_id)
);
comment on table post_service.poll_options is 'Options of a post of type poll. Fixed after the first vote.';

create table if not exists post_service.poll_votes (
  id uuid primary key default gen_random_uuid(),
  post_id uuid not null references post_service.posts (id) on delete cascade,
  option_id uuid not null,
  user_id uuid not null default auth.uid(),
  created_at timestamptz not null default now(),
  constraint one_vote_for_each_poll unique (post_id, user_id),
  constraint option_of_the_same_poll foreign key (option_id, post_id) references post_service.poll_options (id, post_id) on delete cascade
);
comment on table post_service.poll_votes is 'Votes. Everyone sees the counts; only the voter sees the vote.';

create index if not exists poll_votes_option_id on post_service.poll_votes (option_id, post_id);
create index if not exists poll_votes_user_id on post_service.poll_votes (user_id);

create or replace view post_private.my_unvoted_polls as
  select p.id from post_service.posts p
  where p.author_id = (select auth.uid()) and p.type = 'poll'
    and not exists (select 1 from post_service.poll_votes v where v.post_id = p.id);
create or replace view post_private.option_posts as
  select o.id, o.post_id from post_service.poll_options o;

grant select on post_private.my_unvoted_polls, post_private.option_posts to authenticated, service_role;

alter table post_service.poll_options enable row level security;

drop policy if exists poll_options_select_visible on post_service.poll_options;
create policy poll_options_select_visible on post_service.poll_options for select to anon, authenticated
  using (exists (select 1 from post_private.visible_posts p where p.id = poll_options.post_id));
drop policy if exists poll_options_insert_author on post_service.poll_options;
create policy poll_options_insert_author on post_service.poll_options for insert to authenticated
  with check (
    (exists (select 1 from post_private.me)
      or post_private.refuse('account_gone', 'This account no longer exists. Sign in again.', 401))
    and (exists (select 1 from post_private.my_unvoted_polls p where p.id = poll_options.post_id)
      or post_private.refuse('post_not_found', 'You have no such poll without votes.', 404)));
drop policy if exists poll_options_delete_author on post_service.poll_options;
create policy poll_options_delete_author on post_service.poll_options for delete to authenticated
  using (exists (select 1 from post_private.my_unvoted_polls p where p.id = poll_options.post_id));

-- Update is not granted: an option must not change after people voted for it.
revoke all on post_service.poll_options from anon, authenticated;
grant select on post_service.poll_options to anon;
grant select, delete on post_service.poll_options to authenticated;
grant insert (post_id, label, order_index) on post_service.poll_options to authenticated;
grant all on post_service.poll_options to service_role;

create or replace function post_private.tg_poll_options__reset_votes()
returns trigger language plpgsql volatile set search_path = '' as $$
begin
  new.votes_count = 0;
  return new;
end $$;
create or replace trigger poll_options_reset_votes before insert on post_service.poll_options
  for each row execute function post_private.tg_poll_options__reset_votes();

-- Definer: clients may not read the votes of others. The policy uses the snapshot of the statement, and the first vote
-- may have arrived since. When the post is deleted, options and votes are deleted with it.
create or replace function post_private.tg_poll_options__refuse_deletion_after_vote()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  if exists (select from post_service.posts p join post_service.poll_votes v on v.post_id = p.id where p.id = old.post_id) then
    perform post_private.refuse('poll_has_votes', 'This poll has votes and can no longer be changed.', 409);
  end if;
  return old;
end $$;
revoke execute on function post_private.tg_poll_options__refuse_deletion_after_vote() from public;
create or replace trigger poll_options_refuse_deletion_after_vote before delete on post_service.poll_options
  for each row execute function post_private.tg_poll_options__refuse_deletion_after_vote();

alter table post_service.poll_votes enable row level security;

drop policy if exists poll_votes_select_own on post_service.poll_votes;
create policy poll_votes_select_own on post_service.poll_votes for select to authenticated
  using (user_id = (select auth.uid()) and exists (select 1 from post_private.visible_posts p where p.id = poll_votes.post_id));
drop policy if exists poll_votes_insert_own on post_service.poll_votes;
create policy poll_votes_insert_own on post_service.poll_votes for insert to authenticated
  with check (
    user_id = (select auth.uid())
    and (exists (select 1 from post_private.me)
      or post_private.refuse('account_gone', 'This account no longer exists. Sign in again.', 401))
    and (exists (select 1 from post_private.visible_posts p where p.id = poll_votes.post_id)
      or post_private.refuse('post_not_found', 'There is no such post.', 404))
    and (exists (select 1 from post_private.option_posts o where o.id = poll_votes.option_id and o.post_id = poll_votes.post_id)
      or post_private.refuse('option_not_found', 'This poll has no such option.', 404))
    and (exists (select 1 from post_private.visible_posts p
        where p.id = poll_votes.post_id and (p.poll_closes_at is null or p.poll_closes_at > now()))
      or post_private.refuse('poll_closed', 'This poll is closed.', 409)));
drop policy if exists poll_votes_update_own on post_service.poll_votes;
create policy poll_votes_update_own on post_service.poll_votes for update to authenticated
  using (user_id = (select auth.uid()) and exists (select 1 from post_private.visible_posts p where p.id = poll_votes.post_id))
  with check (
    user_id = (select auth.uid())
    and (exists (select 1 from post_private.option_posts o where o.id = poll_votes.option_id and o.post_id = poll_votes.post_id)
      or post_private.refuse('option_not_found', 'This poll has no such option.', 404))
    and (exists (select 1 from post_private.visible_posts p
        where p.id = poll_votes.post_id and (p.poll_closes_at is null or p.poll_closes_at > now()))
      or post_private.refuse('poll_closed', 'This poll is closed.', 409)));
drop policy if exists poll_votes_delete_own on post_service.poll_votes;
create policy poll_votes_delete_own on post_service.poll_votes for delete to authenticated
  using (user_id = (select auth.uid()) and exists (select 1 from post_private.visible_posts p
    where p.id = poll_votes.post_id and (p.poll_closes_at is null or p.poll_closes_at > now())));

revoke all on post_service.poll_votes from anon, authenticated;
grant select, delete on post_service.poll_votes to authenticated;
grant insert (post_id, option_id, user_id) on post_service.poll_votes to authenticated;
grant update (post_id, user_id, option_id) on post_service.poll_votes to authenticated;
grant all on post_service.poll_votes to service_role;

create or replace trigger poll_votes_refuse_move before update of post_id on post_service.poll_votes
  for each row when (old.post_id <> new.post_id) execute function post_private.tg_rows__refuse_move();

-- Definer: clients may not write counters.
create or replace function post_private.tg_poll_votes__count_on_option()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  if tg_op <> 'INSERT' then
    perform post_private.add_to_counter('poll_options', old.option_id, 'votes_count', -1);
  end if;
  if tg_op <> 'DELETE' then
    perform post_private.add_to_counter('poll_options', new.option_id, 'votes_count', 1);
  end if;
  return null;
end $$;
revoke execute on function post_private.tg_poll_votes__count_on_option() from public;
create or replace trigger poll_votes_count_on_option after insert or delete or update of option_id on post_service.poll_votes
  for each row execute function post_private.tg_poll_votes__count_on_option();

-- db/services/post/22_comments.sql
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

-- db/services/post/23_likes.sql
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

-- db/services/post/24_reposts.sql
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

-- db/services/post/25_bookmarks.sql
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

-- db/services/post/26_shares.sql
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

-- db/services/post/30_account_deletion.sql
-- What happens to posts, comments and reactions when an account is deleted.

-- Deletes the newest comments first, so that a thread of the person's own replies is deleted entirely. Comments with
-- replies of others become tombstones.
create or replace function post_private.delete_contributions(person uuid)
returns void language plpgsql volatile set search_path = '' as $$
declare
  comment uuid;
begin
  delete from post_service.likes where user_id = person;
  delete from post_service.bookmarks where user_id = person;
  delete from post_service.shares where user_id = person;
  delete from post_service.poll_votes where user_id = person;
  perform from post_service.posts
  where author_id = person or original_post_id in (select p.id from post_service.posts p where p.author_id = person)
  order by id for update;
  delete from post_service.posts where author_id = person;
  for comment in select c.id from post_service.comments c where c.author_id = person order by c.created_at desc, c.id loop
    delete from post_service.comments where id = comment;
  end loop;
end $$;
comment on function post_private.delete_contributions(uuid) is 'Deletes a person''s posts, comments and reactions.';
revoke execute on function post_private.delete_contributions(uuid) from public;

-- Effect of user_service.profiles. Definer: it deletes rows of the person and updates counters of others.
create or replace function post_private.tg_profiles__remove_person()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  perform post_private.delete_contributions(old.id);
  return null;
end $$;
revoke execute on function post_private.tg_profiles__remove_person() from public;

-- db/services/post/40_post_cards.sql
-- Posts as all lists return them, and post(): one of them.

do $$
begin
  if to_regtype('post_service.post_card') is null then
    create type post_service.post_card as (
      id uuid, author jsonb, content text, type post_service.post_type, visibility post_service.post_visibility,
      created_at timestamptz, updated_at timestamptz, likes_count int, comments_count int, reposts_count int, shares_count int,
      images jsonb, event jsonb, original jsonb, poll jsonb, i_like boolean, i_bookmarked boolean, i_reposted boolean, reposted_by jsonb, cursor text);
  end if;
end $$;

comment on type post_service.post_card is 'A post in lists. author: {id, username, name, avatar_path, avatar_url, is_verified}; images: [{path, url}] in order, path in the bucket post-images or the url of an imported row; event: the attached event or the one it is about {id, title, category, start_time, location_name, status}; original, of a repost: {id, author, content, type, images, created_at}; poll: {closes_at, my_option_id, options: [{id, label, votes_count}]}; null where there is none or the caller cannot see it; reposted_by, in home_feed: the newest three of the caller and the people they follow who reposted it, null elsewhere. cursor continues the list after this row.';

create or replace view post_private.post_cards as
  select p.id,
    -- Whoever sees a post sees its author: the predicate of visible_posts implies that of visible_people.
    post_private.describe_person(a.id, a.username, a.name, a.avatar_url, a.is_verified) as author,
    p.content, p.type, p.visibility, p.created_at, p.updated_at, p.likes_count, p.comments_count, p.reposts_count, p.shares_count,
    post_private.describe_images(p.id) as images,
    (select jsonb_build_object('id', e.id, 'title', e.title, 'category', e.category, 'start_time', e.start_time,
        'location_name', e.location_name, 'status', e.status)
      from post_private.visible_events e where e.id = coalesce(p.attached_event_id, p.event_id)) as event,
    (select jsonb_build_object('id', o.id, 'content', o.content, 'type', o.type, 'created_at', o.created_at, 'images', post_private.describe_images(o.id),
        'author', post_private.describe_person(oa.id, oa.username, oa.name, oa.avatar_url, oa.is_verified))
      from post_private.visible_posts o
      join user_service.profiles oa on oa.id = o.author_id
      where o.id = p.original_post_id) as original,
    case p.type when 'poll' then jsonb_build_object(
      'closes_at', p.poll_closes_at,
      'my_option_id', (select pv.option_id from post_service.poll_votes pv where pv.post_id = p.id and pv.user_id = (select auth.uid())),
      'options', (select coalesce(jsonb_agg(jsonb_build_object('id', po.id, 'label', po.label, 'votes_count', po.votes_count) order by po.order_index), '[]')
        from post_service.poll_options po where po.post_id = p.id)) end as poll,
    exists (select 1 from post_service.likes l
      where l.user_id = (select auth.uid()) and l.likeable_type = 'post' and l.likeable_id = p.id) as i_like,
    exists (select 1 from post_service.bookmarks b where b.user_id = (select auth.uid()) and b.post_id = p.id) as i_bookmarked,
    exists (select 1 from post_service.reposts r where r.user_id = (select auth.uid()) and r.post_id = p.id) as i_reposted
  from post_service.posts p
  join user_service.profiles a on a.id = p.author_id;
comment on view post_private.post_cards is 'Posts as cards without a cursor. Does not filter posts by the caller: join it with ids from visible_posts. Embedded objects are filtered.';

create or replace function post_private.list_cards(ids uuid[], list text)
returns setof post_service.post_card language plpgsql stable set search_path = '' as $$
begin
  return query
    select c.*, null::jsonb, post_private.write_cursor(jsonb_build_object('kind', list, 'time', c.created_at, 'id', c.id))
    from post_private.post_cards c
    where c.id = any (ids)
    order by c.created_at desc, c.id desc;
end $$;
comment on function post_private.list_cards(uuid[], text) is 'A page of cards, newest first, with cursors for this list. Does not filter by the caller: pass ids from visible_posts.';
revoke execute on function post_private.list_cards(uuid[], text) from public;

-- Definer: clients may not read post_cards.
create or replace function post_private.find_post(id uuid)
returns setof post_service.post_card language plpgsql stable security definer rows 1 set search_path = '' as $$
begin
  return query
    select c.*, null::jsonb, null::text from post_private.post_cards c
    where c.id = find_post.id and exists (select 1 from post_private.visible_posts v where v.id = find_post.id);
end $$;
revoke execute on function post_private.find_post(uuid) from public;
grant execute on function post_private.find_post(uuid) to anon, authenticated, service_role;

create or replace function post_service.post(id uuid)
returns setof post_service.post_card language sql stable security invoker set search_path = ''
begin atomic
  select * from post_private.find_post(id);
end;
comment on function post_service.post(uuid) is 'One post as a card. No row if the caller cannot see it.';

-- db/services/post/42_home_feed.sql
-- home_feed(): posts and reposts of the caller and the people they follow, each post once.

create or replace view post_private.my_feed_authors as
  select f.user_id from post_private.my_following f
  union all
  select (select auth.uid());
comment on view post_private.my_feed_authors is 'The caller and the people they follow.';

create or replace function post_private.next_in_feed(before_time timestamptz, before_id uuid, size int)
returns uuid[] language plpgsql stable set search_path = '' as $$
declare
  ids uuid[] := array[]::uuid[];
  looked_at int := 0;
  window_end int;
begin
  -- People who follow many find a page among the newest posts of everyone. `is true` prevents a join, for which the
  -- planner would assume an average number of followed people.
  if (select count(*) from (select 1 from post_private.my_following limit 101) f) > 100 then
    foreach window_end in array array[400, 2000] loop
      ids := ids || array(
        select recent.id
        from (
          select v.id, v.author_id, v.created_at from post_private.visible_posts v
          where (v.created_at, v.id) < (before_time, before_id)
          order by v.created_at desc, v.id desc offset looked_at limit window_end - looked_at) recent
        where (exists (select 1 from post_private.my_feed_authors f where f.user_id = recent.author_id)) is true
        order by recent.created_at desc, recent.id desc
        limit size - cardinality(ids));
      exit when cardinality(ids) * 5 < size or cardinality(ids) >= size;
      looked_at := window_end;
    end loop;
  end if;
  -- Otherwise take the next post of each followed person, then the posts of the `size` people with the newest ones.
  -- The work grows with the number of followed people (5,000 at most), not with the number of posts.
  if cardinality(ids) < size then
    ids := array(
      select p.id
      from (
        select f.user_id
        from post_private.my_feed_authors f
        cross join lateral (
          select v.created_at, v.id from post_private.visible_posts v
          where v.author_id = f.user_id and (v.created_at, v.id) < (before_time, before_id)
          order by v.created_at desc, v.id desc limit 1) newest
        order by newest.created_at desc, newest.id desc
        limit size) next_authors
      cross join lateral (
        select v.created_at, v.id from post_private.visible_posts v
        where v.author_id = next_authors.user_id and (v.created_at, v.id) < (before_time, before_id)
        order by v.created_at desc, v.id desc limit size) p
      order by p.created_at desc, p.id desc
      limit size);
  end if;
  return ids;
end $$;
comment on function post_private.next_in_feed(timestamptz, uuid, int) is 'The next posts by the caller and the people they follow, newest first, with all reposts.';
revoke execute on function post_private.next_in_feed(timestamptz, uuid, int) from public;

-- Without a search_path, so that PostgreSQL inlines it. Looks through the reposts of the post, or, if there are many,
-- through the people whom the caller follows: only one of the two branches runs.
create or replace function post_private.reposters_in_feed(original uuid, after_time timestamptz, after_id uuid, until timestamptz)
returns table (author_id uuid, created_at timestamptz, id uuid) language sql stable
begin atomic
  select v.author_id, v.created_at, v.id from post_private.visible_posts v
  where (select p.reposts_count from post_service.posts p where p.id = original) <= 200
    and v.original_post_id = original and coalesce(v.content, '') = ''
    and (v.created_at, v.id) > (after_time, after_id) and v.created_at <= until
    and exists (select 1 from post_private.my_feed_authors f where f.user_id = v.author_id)
  union all
  select v.author_id, v.created_at, v.id from post_private.my_feed_authors f
  join post_service.reposts r on r.user_id = f.user_id and r.post_id = original
  join post_private.visible_posts v on v.id = r.repost_id
  where (select p.reposts_count from post_service.posts p where p.id = original) > 200
    and coalesce(v.content, '') = ''
    and (v.created_at, v.id) > (after_time, after_id) and v.created_at <= until;
end;
comment on function post_private.reposters_in_feed(uuid, timestamptz, uuid, timestamptz) is 'Reposts of a post without a quote, by the caller and the people they follow, within this time.';
revoke execute on function post_private.reposters_in_feed(uuid, timestamptz, uuid, timestamptz) from public;

create or replace function post_private.shown_id(post post_service.posts)
returns uuid language sql immutable
begin atomic
  select case when coalesce($1.content, '') = '' then coalesce($1.original_post_id, $1.id) else $1.id end;
end;
comment on function post_private.shown_id(post_service.posts) is 'The post that the feed shows for this one: the original of a repost without a quote.';
revoke execute on function post_private.shown_id(post_service.posts) from public;

-- Definer: reads visible_posts, because a list under a policy cannot use its indexes.
-- A post takes the place of its newest repost. Reposts that are newer than the first page are ignored on the next ones:
-- otherwise a post that is reposted meanwhile would be on neither.
create or replace function post_private.home_feed(cursor text, page_size int)
returns setof post_service.post_card language plpgsql stable security definer set search_path = '' as $$
declare
  size int := post_private.page_size(page_size);
  after jsonb := post_private.read_cursor(cursor, 'feed');
  before_time timestamptz := coalesce(post_private.cursor_time(after, 'time'), 'infinity');
  before_id uuid := coalesce((after ->> 'id')::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff');
  newest timestamptz := post_private.cursor_time(after, 'newest');
  next uuid[];
  places uuid[] := array[]::uuid[];
begin
  loop
    next := post_private.next_in_feed(before_time, before_id, size);
    exit when cardinality(next) = 0;
    newest := coalesce(newest, (select p.created_at from post_service.posts p where p.id = next[1]));
    places := places || array(
      select p.id
      from post_service.posts p
      join post_private.visible_posts shown on shown.id = post_private.shown_id(p)
      where p.id = any (next)
        and not exists (select 1 from post_private.reposters_in_feed(shown.id, p.created_at, p.id, newest))
        -- An imported repost may be older than its original.
        and not ((shown.created_at, shown.id) > (p.created_at, p.id) and shown.created_at <= newest
          and exists (select 1 from post_private.my_feed_authors f where f.user_id = shown.author_id))
      order by p.created_at desc, p.id desc
      limit size - cardinality(places));
    exit when cardinality(places) >= size or cardinality(next) < size;
    select p.created_at, p.id into before_time, before_id from post_service.posts p where p.id = next[cardinality(next)];
  end loop;
  return query
    select c.*,
      (select coalesce(jsonb_agg(post_private.describe_person(a.id, a.username, a.name, a.avatar_url, a.is_verified) order by r.created_at desc, r.id desc), '[]')
        from (select * from post_private.reposters_in_feed(c.id, '-infinity', c.id, newest) r order by r.created_at desc, r.id desc limit 3) r
        join user_service.profiles a on a.id = r.author_id),
      post_private.write_cursor(jsonb_build_object('kind', 'feed', 'time', p.created_at, 'id', p.id, 'newest', newest))
    from post_service.posts p
    join post_private.post_cards c on c.id = post_private.shown_id(p)
    where p.id = any (places)
    order by p.created_at desc, p.id desc;
end $$;
revoke execute on function post_private.home_feed(text, int) from public;
grant execute on function post_private.home_feed(text, int) to authenticated, service_role;

create or replace function post_service.home_feed(cursor text default null, page_size int default 20)
returns setof post_service.post_card language sql stable security invoker set search_path = ''
begin atomic
  select * from post_private.home_feed(cursor, page_size);
end;
comment on function post_service.home_feed(text, int) is 'Posts and reposts of the caller and the people they follow, newest first. A post appears once, at its newest repost without a quote; reposted_by names who reposted it. Keyset: pass the cursor of the last row for the next page; at most 100 rows.';
revoke execute on function post_service.home_feed(text, int) from public;
grant execute on function post_service.home_feed(text, int) to authenticated, service_role;

-- db/services/post/43_posts_by.sql
-- posts_by(): posts of one person.

-- Definer: reads visible_posts, because a list under a policy cannot use its indexes.
create or replace function post_private.posts_by(author_id uuid, cursor text, page_size int)
returns setof post_service.post_card language plpgsql stable security definer set search_path = '' as $$
declare
  after jsonb := post_private.read_cursor(cursor, 'author');
  before_time timestamptz := coalesce(post_private.cursor_time(after, 'time'), 'infinity');
  before_id uuid := coalesce((after ->> 'id')::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff');
begin
  return query select * from post_private.list_cards(array(
    select v.id from post_private.visible_posts v
    where v.author_id = posts_by.author_id and (v.created_at, v.id) < (before_time, before_id)
    order by v.created_at desc, v.id desc
    limit post_private.page_size(posts_by.page_size)), 'author');
end $$;
revoke execute on function post_private.posts_by(uuid, text, int) from public;
grant execute on function post_private.posts_by(uuid, text, int) to anon, authenticated, service_role;

create or replace function post_service.posts_by(author_id uuid, cursor text default null, page_size int default 20)
returns setof post_service.post_card language sql stable security invoker set search_path = ''
begin atomic
  select * from post_private.posts_by(author_id, cursor, page_size);
end;
comment on function post_service.posts_by(uuid, text, int) is 'Posts of one person as the caller sees them, newest first. Keyset: pass the cursor of the last row for the next page; at most 100 rows.';

-- db/services/post/44_search_posts.sql
-- search_posts(): posts by words.

-- Definer: reads visible_posts, because full-text search cannot use its index under a policy.
create or replace function post_private.search_posts(query text, cursor text, page_size int)
returns setof post_service.post_card language plpgsql stable security definer set search_path = '' as $$
declare
  size int := post_private.page_size(page_size);
  words tsquery := post_private.search_query(query);
  after jsonb := post_private.read_cursor(cursor, 'posts');
  before_time timestamptz := coalesce(post_private.cursor_time(after, 'time'), 'infinity');
  before_id uuid := coalesce((after ->> 'id')::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff');
  ids uuid[] := array[]::uuid[];
  looked_at int := 0;
  window_end int;
begin
  -- Common words: scan the newest posts. Two matches in the first 200 rows suggest a full page in 5,000.
  foreach window_end in array array[200, 5000] loop
    ids := ids || array(
      select recent.id
      from (
        select v.id, v.created_at, v.content from post_private.visible_posts v
        where (v.created_at, v.id) < (before_time, before_id)
        order by v.created_at desc, v.id desc offset looked_at limit window_end - looked_at) recent
      where post_private.post_document(recent.content) @@ words
      order by recent.created_at desc, recent.id desc
      limit size - cardinality(ids));
    exit when cardinality(ids) < 2 or cardinality(ids) >= size;
    looked_at := window_end;
  end loop;
  -- Rare words: use the index. Materialized, because the planner does not know how rare the words are.
  if cardinality(ids) < size then
    ids := array(
      with matching as materialized (
        select p.id from post_service.posts p where post_private.post_document(p.content) @@ words)
      select v.id from matching
      join post_private.visible_posts v on v.id = matching.id
      where (v.created_at, v.id) < (before_time, before_id)
      order by v.created_at desc, v.id desc
      limit size);
  end if;
  return query select * from post_private.list_cards(ids, 'posts');
end $$;
revoke execute on function post_private.search_posts(text, text, int) from public;
grant execute on function post_private.search_posts(text, text, int) to anon, authenticated, service_role;

create or replace function post_service.search_posts(query text, cursor text default null, page_size int default 20)
returns setof post_service.post_card language sql stable security invoker set search_path = ''
begin atomic
  select * from post_private.search_posts(query, cursor, page_size);
end;
comment on function post_service.search_posts(text, text, int) is 'Posts that contain words with these prefixes, newest first. Keyset: pass the cursor of the last row for the next page; at most 100 rows.';

-- db/services/post/45_latest_posts.sql
-- latest_posts(): the newest public posts of everyone.

-- Definer: reads visible_posts, because a list under a policy cannot use its indexes. The conditions are those of the
-- index posts_public.
create or replace function post_private.latest_posts(cursor text, page_size int)
returns setof post_service.post_card language plpgsql stable security definer set search_path = '' as $$
declare
  after jsonb := post_private.read_cursor(cursor, 'latest');
  before_time timestamptz := coalesce(post_private.cursor_time(after, 'time'), 'infinity');
  before_id uuid := coalesce((after ->> 'id')::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff');
begin
  return query select * from post_private.list_cards(array(
    select v.id from post_private.visible_posts v
    where v.visibility = 'public' and not v.author_is_private and (v.type <> 'repost' or v.content <> '')
      and (v.created_at, v.id) < (before_time, before_id)
    order by v.created_at desc, v.id desc
    limit post_private.page_size(latest_posts.page_size)), 'latest');
end $$;
revoke execute on function post_private.latest_posts(text, int) from public;
grant execute on function post_private.latest_posts(text, int) to anon, authenticated, service_role;

create or replace function post_service.latest_posts(cursor text default null, page_size int default 20)
returns setof post_service.post_card language sql stable security invoker set search_path = ''
begin atomic
  select * from post_private.latest_posts(cursor, page_size);
end;
comment on function post_service.latest_posts(text, int) is 'The newest public posts of everyone whom the caller sees, without reposts that have no quote. Keyset: pass the cursor of the last row for the next page; at most 100 rows.';

-- db/services/post/46_publish_post.sql
-- publish_post(): a post with its images or poll options in one call.

create or replace function post_service.publish_post(
  content text, visibility post_service.post_visibility default 'public', event_id uuid default null, attached_event_id uuid default null,
  image_urls text[] default '{}', poll_options text[] default '{}', poll_closes_at timestamptz default null)
returns post_service.post_card language plpgsql volatile security invoker set search_path = '' as $$
declare
  new_id uuid;
  published post_service.post_card;
begin
  insert into post_service.posts (author_id, content, type, visibility, event_id, attached_event_id, poll_closes_at)
  values ((select auth.uid()), publish_post.content,
    (case when cardinality(poll_options) > 0 then 'poll' when attached_event_id is not null then 'text_with_event'
      when cardinality(image_urls) > 0 then 'text_with_images' else 'text' end)::post_service.post_type,
    publish_post.visibility, publish_post.event_id, publish_post.attached_event_id, publish_post.poll_closes_at)
  returning id into new_id;
  insert into post_service.post_images (post_id, image_url, order_index)
  select new_id, image.url, image.place - 1 from unnest(image_urls) with ordinality image (url, place);
  insert into post_service.poll_options (post_id, label, order_index)
  select new_id, choice.label, choice.place - 1 from unnest(poll_options) with ordinality choice (label, place);
  select * into published from post_service.post(new_id);
  return published;
end $$;
comment on function post_service.publish_post(text, post_service.post_visibility, uuid, uuid, text[], text[], timestamptz) is
  'Creates a post together with its images (paths in the bucket post-images) or poll options, or nothing on an error. The type follows from the arguments. Returns the post as a card, with its images and the ids of its options.';
revoke execute on function post_service.publish_post(text, post_service.post_visibility, uuid, uuid, text[], text[], timestamptz) from public;
grant execute on function post_service.publish_post(text, post_service.post_visibility, uuid, uuid, text[], text[], timestamptz) to authenticated, service_role;

commit;
