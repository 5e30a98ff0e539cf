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
