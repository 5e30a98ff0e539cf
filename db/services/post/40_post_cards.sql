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
