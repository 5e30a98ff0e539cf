-- Events as all lists return them, and event(): one of them.

do $$
begin
  if to_regtype('event_service.event_card') is null then
    create type event_service.event_card as (
      id uuid, host jsonb, title text, description text, category event_service.event_category,
      start_time timestamptz, end_time timestamptz, location_name text, location_address text, location jsonb, requirements text,
      images jsonb, max_attendees int, attendees_count int, tickets_sold int, price numeric, currency text, is_free boolean,
      status event_service.event_status, privacy event_service.event_privacy, ticketing_enabled boolean,
      my_attendance event_service.attendee_status, my_ticket jsonb, i_wait boolean, distance_m double precision, cursor text);
  end if;
end $$;

comment on type event_service.event_card is 'An event in lists. host: {id, username, name, avatar_path, avatar_url, is_verified} or null; location: GeoJSON Point; images: [{path, url}] in order, path in the bucket event-images or the url of an imported row; my_ticket: the caller''s pending or active ticket {id, status, held_until, is_offer, is_checked_in} or null; i_wait: whether the caller is on the waiting list; distance_m: metres from the given point, if any; cursor continues the list after this row.';

-- Only the ticket service knows tickets. Empty until db/one_database/30_later_services.sql replaces them.
do $$
begin
  if to_regclass('event_private.my_tickets') is null then
    create view event_private.my_tickets as select null::uuid as event_id, null::jsonb as ticket where false;
    create view event_private.my_waitlists as select null::uuid as event_id where false;
    comment on view event_private.my_tickets is 'The caller''s pending or active ticket to each event: {id, status, held_until, is_offer, is_checked_in}.';
    comment on view event_private.my_waitlists is 'Events on whose waiting list the caller is.';
  end if;
end $$;

create or replace view event_private.event_cards as
  select e.id,
    event_private.describe_person(p.id, p.username, p.name, p.avatar_url, p.is_verified) as host,
    e.title, e.description, e.category, e.start_time, e.end_time, e.location_name, e.location_address,
    extensions.st_asgeojson(e.location_geom)::jsonb as location, e.requirements,
    event_private.describe_images(e.id) as images,
    e.max_attendees, e.attendees_count, e.tickets_sold, e.price, e.currency, e.is_free,
    e.status, e.privacy, e.ticketing_enabled,
    (select a.status from event_private.my_attendance a where a.event_id = e.id) as my_attendance,
    (select t.ticket from event_private.my_tickets t where t.event_id = e.id) as my_ticket,
    exists (select 1 from event_private.my_waitlists w where w.event_id = e.id) as i_wait
  from event_private.visible_events e
  left join event_private.visible_people p on p.id = e.host_id;
comment on view event_private.event_cards is 'The events that the caller sees, as cards without distance and cursor.';

-- Definer: clients may not read event_cards.
create or replace function event_private.find_event(id uuid)
returns setof event_service.event_card language plpgsql stable security definer rows 1 set search_path = '' as $$
begin
  return query select c.*, null::double precision, null::text from event_private.event_cards c where c.id = find_event.id;
end $$;
revoke execute on function event_private.find_event(uuid) from public;
grant execute on function event_private.find_event(uuid) to anon, authenticated, service_role;

create or replace function event_service.event(id uuid)
returns setof event_service.event_card language sql stable security invoker set search_path = ''
begin atomic
  select * from event_private.find_event(id);
end;
comment on function event_service.event(uuid) is 'One event as a card. No row if the caller cannot see it.';
