-- home_feed(): posts of the people whom the caller follows.

-- Definer: reads visible_posts, because a list under a policy cannot use its indexes.
create or replace function post_private.home_feed(cursor text, page_size int)
returns setof post_service.post_card language plpgsql stable security definer set search_path = '' as $$
declare
  size int := post_private.page_size(page_size);
  after jsonb := post_private.read_cursor(cursor, 'feed');
  before_time timestamptz := coalesce(post_private.cursor_time(after, 'time'), 'infinity');
  before_id uuid := coalesce((after ->> 'id')::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff');
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
        where (exists (select 1 from post_private.my_following f where f.user_id = recent.author_id)) is true
        order by recent.created_at desc, recent.id desc
        limit size - cardinality(ids));
      exit when cardinality(ids) * 5 < size or cardinality(ids) >= size;
      looked_at := window_end;
    end loop;
  end if;
  -- Otherwise take the next post of each followed person, then the posts of the page_size people with the newest ones.
  -- The work grows with the number of followed people (5,000 at most), not with the number of posts.
  if cardinality(ids) < size then
    ids := array(
      select p.id
      from (
        select f.user_id
        from post_private.my_following f
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
  return query select * from post_private.list_cards(ids, 'feed');
end $$;
revoke execute on function post_private.home_feed(text, int) from public;
grant execute on function post_private.home_feed(text, int) to authenticated, service_role;

create or replace function post_service.home_feed(cursor text default null, page_size int default 20)
returns setof post_service.post_card language sql stable security invoker set search_path = ''
begin atomic
  select * from post_private.home_feed(cursor, page_size);
end;
comment on function post_service.home_feed(text, int) is 'Posts of the people whom the caller follows, newest first. Keyset: pass the cursor of the last row for the next page; at most 100 rows.';
revoke execute on function post_service.home_feed(text, int) from public;
grant execute on function post_service.home_feed(text, int) to authenticated, service_role;
