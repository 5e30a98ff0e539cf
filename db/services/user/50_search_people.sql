-- Looking up people: profile(), search_people() and the card that both return.

do $$
begin
  if to_regtype('user_service.person_card') is null then
    create type user_service.person_card as (
      id uuid, username text, name text, bio text, avatar_path text, avatar_url text, location text, is_verified boolean, is_private boolean,
      followers_count int, following_count int, posts_count int, events_created int, average_rating numeric,
      i_follow boolean, follows_me boolean, cursor text);
  end if;
end $$;
comment on type user_service.person_card is 'A person in lists and on profile pages. avatar_path: path in the bucket avatars; avatar_url: URL of an imported row; one of them at most. cursor continues the list after this row.';

create or replace view user_private.person_cards as
  select p.id, p.username, p.name, p.bio, user_private.stored_path(p.avatar_url) as avatar_path,
    user_private.stored_url(p.avatar_url) as avatar_url, p.location, p.is_verified, p.is_private,
    s.followers_count, s.following_count, s.posts_count, s.events_created, s.average_rating,
    exists (select 1 from user_private.my_following f where f.user_id = p.id) as i_follow,
    exists (select 1 from user_service.follows f where f.follower_id = p.id and f.following_id = (select auth.uid())) as follows_me
  from user_private.visible_people p
  join user_service.user_stats s on s.user_id = p.id;
comment on view user_private.person_cards is 'The people whom the caller sees, as cards without a cursor.';
grant select on user_private.person_cards to anon, authenticated, service_role;

create or replace function user_service.profile(username text)
returns setof user_service.person_card language sql stable security invoker set search_path = ''
begin atomic
  select c.*, null::text from user_private.person_cards c where lower(c.username) = lower(profile.username);
end;
comment on function user_service.profile(text) is 'One person by username, regardless of case, as the caller sees them. No row if the caller cannot see them.';

-- Definer: full-text search cannot use its index under a policy. It reads visible_people, which has the same predicate.
create or replace function user_private.search_people(query text, cursor text, page_size int)
returns setof user_service.person_card language plpgsql stable security definer set search_path = '' as $$
declare
  size int := user_private.page_size(page_size);
  words tsquery := user_private.search_query(query);
  after jsonb := user_private.read_cursor(cursor, 'people');
  after_name text := coalesce(after ->> 'name', '');
  after_id uuid := coalesce((after ->> 'id')::uuid, '00000000-0000-0000-0000-000000000000');
  ids uuid[];
  window_size int;
begin
  if after is not null and jsonb_typeof(after -> 'name') is distinct from 'string' then
    perform user_private.refuse('malformed_cursor', 'This is not a cursor of this list. Start again without a cursor.');
  end if;
  -- Common words: scan the next people by username. Two matches in the first 200 rows suggest a full page in 5,000.
  foreach window_size in array array[200, 5000] loop
    ids := array(
      select v.id
      from (
        select p.id, p.username, p.name from user_service.profiles p
        where (lower(p.username), p.id) > (after_name, after_id)
        order by lower(p.username), p.id limit window_size) next
      join user_private.visible_people v on v.id = next.id
      where user_private.person_document(next.username, next.name) @@ words
      order by lower(next.username), next.id
      limit size);
    exit when cardinality(ids) < 2 or cardinality(ids) >= size;
  end loop;
  -- Rare words: use the index. Materialized, because the planner does not know how rare the words are.
  if cardinality(ids) < size then
    ids := array(
      with matching as materialized (
        select p.id from user_service.profiles p where user_private.person_document(p.username, p.name) @@ words)
      select v.id from matching
      join user_private.visible_people v on v.id = matching.id
      where (lower(v.username), v.id) > (after_name, after_id)
      order by lower(v.username), v.id
      limit size);
  end if;
  return query
    select c.*, user_private.write_cursor(jsonb_build_object('kind', 'people', 'name', lower(c.username), 'id', c.id))
    from user_private.person_cards c
    where c.id = any (ids)
    order by lower(c.username), c.id;
end $$;
revoke execute on function user_private.search_people(text, text, int) from public;
grant execute on function user_private.search_people(text, text, int) to anon, authenticated, service_role;

create or replace function user_service.search_people(query text, cursor text default null, page_size int default 20)
returns setof user_service.person_card language sql stable security invoker set search_path = ''
begin atomic
  select * from user_private.search_people(query, cursor, page_size);
end;
comment on function user_service.search_people(text, text, int) is 'People whose username or name contains words with these prefixes, by username. Keyset: pass the cursor of the last row for the next page; at most 100 rows.';
