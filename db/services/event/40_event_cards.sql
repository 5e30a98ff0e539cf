-- Events as all lists return them.

do $$
begin
  if to_regtype('event_service.event_card') is null then
    create type event_service.event_card as (
      id uuid, host jsonb, title text, description text, category event_service.event_category,
      start_time timestamptz, end_time timestamptz, location_name text, location_address text, location jsonb,
      max_attendees int, attendees_count int, price numeric, currency text, is_free boolean,
      status event_service.event_status, privacy event_service.event_privacy, ticketing_enabled boolean,
      my_attendance event_service.attendee_status, distance_m double precision, cursor text);
  end if;
end $$;

comment on type event_service.event_card is 'An event in lists. host: {id, username, name, avatar_url, is_verified} or null; location: GeoJSON Point; distance_m: metres from the given point, if any; cursor continues the list after this row.';

create or replace view event_private.event_cards as
  select e.id,
    case when p.id is not null then jsonb_build_object(
      'id', p.id, 'username', p.username, 'name', p.name, 'avatar_url', p.avatar_url, 'is_verified', p.is_verified) end as host,
    e.title, e.description, e.category, e.start_time, e.end_time, e.location_name, e.location_address,
    extensions.st_asgeojson(e.location_geom)::jsonb as location, e.max_attendees, e.attendees_count, e.price, e.currency, e.is_free,
    e.status, e.privacy, e.ticketing_enabled,
    (select a.status from event_private.my_attendance a where a.event_id = e.id) as my_attendance
  from event_private.visible_events e
  left join event_private.visible_people p on p.id = e.host_id;
comment on view event_private.event_cards is 'The events that the caller sees, as cards without distance and cursor.';
