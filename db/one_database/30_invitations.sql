-- What the user service knows about events: which ones the caller may invite to, and who attends.

create or replace view user_private.invitable_events as
  select e.id, case e.privacy when 'friends_only' then e.host_id end as friends_of
  from event_private.visible_events e
  where e.status in ('upcoming', 'ongoing')
    and (e.privacy <> 'private' or e.host_id = (select auth.uid()));

create or replace view user_private.attendance as
  select a.event_id, a.user_id, a.joined_at from event_service.event_attendees a join event_service.events e on e.id = a.event_id
  where a.status = 'confirmed' and e.status <> 'cancelled';
