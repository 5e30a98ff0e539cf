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
