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
