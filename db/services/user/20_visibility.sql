-- Who sees whom: the tables profiles, follows and blocks, and the views that policies query. The views run with the
-- rights of their owner and are filtered by the caller, so that policies need not name a table: their text is the same
-- in one database and in four, and they cannot recurse.

create table if not exists user_service.profiles (
  id uuid primary key default gen_random_uuid() references user_service.users (id) on delete cascade,
  username text not null,
  name text,
  bio text,
  avatar_url text,
  is_verified boolean not null default false,
  is_private boolean not null default false,
  shows_attendance boolean not null default true,
  email text,
  location text
);
comment on table user_service.profiles is 'The public part of an account, as a row of its own. Maintained by triggers on users and user_privacy; clients cannot write it.';
comment on column user_service.profiles.is_private is 'True if only mutual followers see the person and what they do.';
comment on column user_service.profiles.email is 'Null unless the person shows it.';
comment on column user_service.profiles.location is 'Null unless the person shows it.';

create or replace function user_private.person_document(username text, name text)
returns tsvector language sql immutable parallel safe set search_path = '' as $$
  select to_tsvector('simple', coalesce(username, '') || ' ' || translate(coalesce(username, ''), '_-', '  ') || ' ' || coalesce(name, ''))
$$;
comment on function user_private.person_document(text, text) is 'The text that search_people searches: the username, its parts, and the name.';

create index if not exists profiles_person_document on user_service.profiles using gin (user_private.person_document(username, name));
-- Profile pages look up the username; lists of people are sorted by it.
create index if not exists profiles_lower_username on user_service.profiles (lower(username), id);
-- Storage policies look up whose avatar a file is.
create index if not exists profiles_avatar_url on user_service.profiles (avatar_url) where avatar_url is not null;

create table if not exists user_service.follows (
  id uuid primary key default gen_random_uuid(),
  follower_id uuid not null default auth.uid() references user_service.users (id) on delete cascade,
  following_id uuid not null references user_service.users (id) on delete cascade,
  created_at timestamptz not null default now(),
  constraint follows_are_unique unique (follower_id, following_id),
  constraint nobody_follows_themselves check (follower_id <> following_id
    or user_private.refuse('self_follow', 'You cannot follow yourself.'))
);
comment on table user_service.follows is 'follower_id follows following_id. Two people who follow each other are mutual followers, called friends in the app.';

-- Lists a person's followers and finds mutual followers.
create unique index if not exists follows_following_id_follower_id on user_service.follows (following_id, follower_id);

create table if not exists user_service.blocks (
  id uuid primary key default gen_random_uuid(),
  blocker_id uuid not null default auth.uid() references user_service.users (id) on delete cascade,
  blocked_id uuid not null references user_service.users (id) on delete cascade,
  created_at timestamptz not null default now(),
  constraint blocks_are_unique unique (blocker_id, blocked_id),
  constraint nobody_blocks_themselves check (blocker_id <> blocked_id
    or user_private.refuse('self_block', 'You cannot block yourself.'))
);
comment on table user_service.blocks is 'A block hides two people from each other. Only the blocker sees the row.';

-- Blocks are looked up from both sides.
create unique index if not exists blocks_blocked_id_blocker_id on user_service.blocks (blocked_id, blocker_id);

-- @include ../templates/viewer.sql

create or replace view user_private.my_following as
  select f.following_id as user_id from user_service.follows f where f.follower_id = (select auth.uid());

create or replace view user_private.accepts_followers as
  select p.user_id from user_service.user_privacy p where p.allow_followers;

create or replace view user_private.visible_people as
  select p.*
  from user_service.profiles p
  where p.id = (select auth.uid())
    or (not p.is_private or exists (select 1 from user_private.my_mutuals m where m.user_id = p.id))
      and not exists (select 1 from user_private.my_blocks b where b.user_id = p.id);
comment on view user_private.visible_people is 'The people whom the caller sees, by the predicate of the policies on profiles. Search reads this view because full-text search cannot use its index under a policy.';

-- Only paths in the owner's folder count, so that naming another person's file does not expose it.
create or replace view user_private.visible_files as
  select p.avatar_url as path from user_private.visible_people p where split_part(p.avatar_url, '/', 1) = p.id::text;
comment on view user_private.visible_files is 'Paths in the bucket avatars that the caller may read.';
grant select on user_private.visible_files, user_private.me, user_private.my_following, user_private.my_mutuals, user_private.my_blocks,
  user_private.visible_people to anon, authenticated, service_role;
grant select on user_private.accepts_followers to authenticated, service_role;
