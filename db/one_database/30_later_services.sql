-- What services know of later ones: views that are empty in a database of their own.

create or replace view user_private.visible_events as
  select e.id, e.host_id, e.title, e.category::text as category, e.start_time, e.end_time, e.location_name, e.status::text as status, e.privacy::text as privacy
  from event_private.visible_events e;

create or replace view user_private.invitable_events as
  select e.id, case e.privacy when 'friends_only' then e.host_id end as friends_of
  from event_private.visible_events e
  where e.status in ('upcoming', 'ongoing')
    and (e.privacy <> 'private' or e.host_id = (select auth.uid()));

create or replace view user_private.attendance as
  select a.event_id, a.user_id, a.joined_at from event_service.event_attendees a join event_service.events e on e.id = a.event_id
  where a.status = 'confirmed' and e.status <> 'cancelled';

create or replace view event_private.my_tickets as
  select t.event_id, jsonb_build_object('id', t.id, 'status', t.status, 'held_until', t.held_until,
      'is_offer', ticket_private.is_offer(t),
      'is_checked_in', t.is_checked_in) as ticket
  from ticket_service.tickets t
  where t.user_id = (select auth.uid()) and t.status in ('pending', 'active');

create or replace view event_private.my_waitlists as
  select w.event_id from ticket_service.waitlist_entries w where w.user_id = (select auth.uid());
