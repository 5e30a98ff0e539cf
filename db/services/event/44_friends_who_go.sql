-- friends_who_go(): friends who attend an event.

do $$
begin
  if to_regtype('event_service.friend_card') is null then
    create type event_service.friend_card as (
      id uuid, username text, name text, avatar_path text, avatar_url text, is_verified boolean, joined_at timestamptz, cursor text);
  end if;
end $$;

comment on type event_service.friend_card is 'A friend who attends an event. avatar_path: path in the bucket avatars; avatar_url: URL of an imported row. cursor continues the list after this row.';

-- Definer: reads the attendance of others, as far as they show it to the caller.
create or replace function event_private.friends_who_go(event_id uuid, cursor text, page_size int)
returns setof event_service.friend_card language plpgsql stable security definer set search_path = '' as $$
declare
  after jsonb := event_private.read_cursor(cursor, 'friends');
  after_time timestamptz := event_private.cursor_time(after, 'time');
begin
  return query
    select p.id, p.username, p.name, event_private.stored_path(p.avatar_url), event_private.stored_url(p.avatar_url), p.is_verified, a.joined_at,
      event_private.write_cursor(jsonb_build_object('kind', 'friends', 'time', a.joined_at, 'id', p.id))
    from event_private.visible_events e
    join event_service.event_attendees a on a.event_id = e.id and a.status = 'confirmed'
    join event_private.my_mutuals m on m.user_id = a.user_id
    join event_private.visible_people p on p.id = a.user_id
    where e.id = friends_who_go.event_id
      and (p.shows_attendance or e.host_id = (select auth.uid()))
      and (after is null or (a.joined_at, p.id) > (after_time, (after ->> 'id')::uuid))
    order by a.joined_at, p.id
    limit event_private.page_size(friends_who_go.page_size);
end $$;
revoke execute on function event_private.friends_who_go(uuid, text, int) from public;
grant execute on function event_private.friends_who_go(uuid, text, int) to authenticated, service_role;

create or replace function event_service.friends_who_go(event_id uuid, cursor text default null, page_size int default 20)
returns setof event_service.friend_card language sql stable security invoker set search_path = ''
begin atomic
  select * from event_private.friends_who_go(event_id, cursor, page_size);
end;
comment on function event_service.friends_who_go(uuid, text, int) is 'Friends (mutual followers) of the caller who are confirmed attendees and show it, in the order of joining. Keyset: pass the cursor of the last row for the next page; at most 100 rows.';
revoke execute on function event_service.friends_who_go(uuid, text, int) from public;
grant execute on function event_service.friends_who_go(uuid, text, int) to authenticated, service_role;
