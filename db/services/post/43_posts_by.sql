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
