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

-- @include stubs.sql
--   tables = 'user_service.profiles', 'user_service.follows', 'user_service.blocks', 'user_service.invitations'

-- @include viewer.sql

create or replace view {{service}}_private.visible_people as
  select p.id, p.username, p.name, p.avatar_url, p.is_verified, p.is_private, p.shows_attendance
  from user_service.profiles p
  where p.id = (select auth.uid())
    or (not p.is_private or exists (select 1 from {{service}}_private.my_mutuals m where m.user_id = p.id))
      and not exists (select 1 from {{service}}_private.my_blocks b where b.user_id = p.id);
comment on view {{service}}_private.visible_people is 'The people whom the caller sees.';

create or replace function {{service}}_private.describe_person(id uuid, username text, name text, avatar_url text, is_verified boolean)
returns jsonb language sql immutable parallel safe set search_path = '' as $$
  select case when id is not null then jsonb_build_object('id', id, 'username', username, 'name', name,
    'avatar_path', {{service}}_private.stored_path(avatar_url), 'avatar_url', {{service}}_private.stored_url(avatar_url), 'is_verified', is_verified) end
$$;
comment on function {{service}}_private.describe_person(uuid, text, text, text, boolean) is 'A person on a card: {id, username, name, avatar_path, avatar_url, is_verified}. Null without an id.';
