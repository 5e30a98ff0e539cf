-- Which events the caller sees: the tables events and event_attendees, and the views that policies query.

do $$
begin
  if to_regtype('event_service.event_status') is null then
    create type event_service.event_status as enum ('upcoming', 'ongoing', 'completed', 'cancelled');
    create type event_service.event_privacy as enum ('public', 'private', 'friends_only');
    create type event_service.event_category as enum
      ('coffee', 'food', 'gaming', 'sports', 'music', 'movies', 'study', 'art', 'other', 'workshop', 'networking');
    create type event_service.attendee_status as enum ('pending', 'confirmed', 'cancelled');
  end if;
end $$;

create table if not exists event_service.events (
  id uuid primary key default extensions.uuid_generate_v4(),
  host_id uuid default auth.uid(),
  title text not null constraint title_is_given_and_bounded check (title ~ '\S' and length(title) <= 200
    or event_private.refuse('invalid_title', 'Give a title of 1 to 200 characters.')),
  description text constraint description_is_bounded check ((length(description) <= 20000) is not false
    or event_private.refuse('text_too_long', 'A description has at most 20,000 characters.')),
  category event_service.event_category not null default 'other',
  start_time timestamptz not null,
  end_time timestamptz not null,
  location_name text constraint location_name_is_bounded check ((length(location_name) <= 200) is not false
    or event_private.refuse('text_too_long', 'The name of a place has at most 200 characters.')),
  location_address text constraint location_address_is_bounded check ((length(location_address) <= 500) is not false
    or event_private.refuse('text_too_long', 'An address has at most 500 characters.')),
  location_lat numeric(10, 8) constraint latitude_in_range check ((location_lat between -90 and 90) is not false
    or event_private.refuse('latitude_out_of_range', 'A latitude is between -90 and 90 degrees.')),
  location_lng numeric(11, 8) constraint longitude_in_range check ((location_lng between -180 and 180) is not false
    or event_private.refuse('longitude_out_of_range', 'A longitude is between -180 and 180 degrees.')),
  location_geom extensions.geography(point, 4326),
  max_attendees int constraint max_attendees_is_positive check ((max_attendees > 0) is not false
    or event_private.refuse('invalid_capacity', 'max_attendees must be at least 1. Leave it null for no limit.')),
  attendees_count int not null default 0,
  price numeric not null default 0 constraint price_in_range check (price >= 0 and price < 1e12 and price = round(price, 4)
    or event_private.refuse('price_out_of_range', 'A price is 0 or more, less than 1,000,000,000,000, and has at most four decimals.')),
  currency text not null default 'IDR' constraint currency_is_a_code check (currency ~ '^[A-Z]{3}$'
    or event_private.refuse('invalid_currency', 'Give a currency as its ISO 4217 code, such as "IDR".')),
  is_free boolean not null default true,
  status event_service.event_status not null default 'upcoming',
  privacy event_service.event_privacy not null default 'public',
  requirements text constraint requirements_are_bounded check ((length(requirements) <= 5000) is not false
    or event_private.refuse('text_too_long', 'Requirements have at most 5,000 characters.')),
  ticketing_enabled boolean not null default false,
  tickets_sold int not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint end_after_start check (end_time > start_time
    or event_private.refuse('event_ends_before_start', 'end_time must be later than start_time.')),
  constraint lasts_at_most_a_year check (end_time <= start_time + interval '366 days'
    or event_private.refuse('event_too_long', 'An event can last at most a year.')),
  constraint place_has_both_coordinates check ((location_lat is null) = (location_lng is null)
    or event_private.refuse('incomplete_location', 'Give both location_lat and location_lng, or neither.'))
);
comment on table event_service.events is 'An event with a time, a place and a host.';
comment on column event_service.events.host_id is 'Null after the host''s account is deleted.';
comment on column event_service.events.location_geom is 'Derived from location_lat and location_lng. Clients select the computed column location, which is GeoJSON.';
comment on column event_service.events.max_attendees is 'Null for no limit.';
comment on column event_service.events.price is 'Price of one ticket in major units of currency.';
comment on column event_service.events.is_free is 'Derived from price.';
comment on column event_service.events.status is 'Follows the clock. A host can only set it to cancelled.';
comment on column event_service.events.attendees_count is 'Confirmed attendees. May lag by a second under contention.';
comment on column event_service.events.tickets_sold is 'Active tickets. May lag by a second under contention.';

create or replace function event_private.event_document(title text, description text, location_name text)
returns tsvector language sql immutable parallel safe set search_path = '' as $$
  select to_tsvector('simple', coalesce(title, '') || ' ' || coalesce(location_name, '') || ' ' || coalesce(description, ''))
$$;
comment on function event_private.event_document(text, text, text) is 'The text that search_events searches.';

-- By host; by place; by words; by time: all, those not over, and small ones; and those whose status is due.
create index if not exists events_host_id on event_service.events (host_id, start_time);
-- Only upcoming and ongoing events are searched by place.
create index if not exists events_to_come_location_geom on event_service.events using gist (location_geom) where status in ('upcoming', 'ongoing');
create index if not exists events_document on event_service.events using gin (event_private.event_document(title, description, location_name));
create index if not exists events_start_time on event_service.events (start_time, id);
create index if not exists events_not_over on event_service.events (start_time, id) where status <> 'completed';
create index if not exists events_quiet on event_service.events (start_time, id) where status = 'upcoming' and max_attendees <= 20;
create index if not exists events_to_start on event_service.events (start_time) where status = 'upcoming';
create index if not exists events_to_end on event_service.events (end_time) where status in ('upcoming', 'ongoing');

create table if not exists event_service.event_attendees (
  id uuid primary key default extensions.uuid_generate_v4(),
  event_id uuid not null references event_service.events (id) on delete cascade,
  user_id uuid not null default auth.uid(),
  joined_at timestamptz not null default now(),
  status event_service.attendee_status not null default 'confirmed',
  by_ticket boolean not null default false,
  checked_in_at timestamptz,
  has_attended boolean not null default false,
  constraint attendance_is_unique unique (event_id, user_id)
);
comment on table event_service.event_attendees is 'Attendance: by joining, or by a ticket if the event is ticketed.';
comment on column event_service.event_attendees.status is 'confirmed takes a place; pending does not.';
comment on column event_service.event_attendees.by_ticket is 'True if the row was created by a ticket. Then only the ticket changes it.';
comment on column event_service.event_attendees.has_attended is 'Confirmed, at an event that has started and is not cancelled, and checked in if ticketed. Maintained by triggers.';

-- Events of a person; the unique constraint serves the attendees of an event.
create index if not exists event_attendees_user_id on event_service.event_attendees (user_id, event_id);

create or replace view event_private.my_events as
  select e.id from event_service.events e where e.host_id = (select auth.uid());
create or replace view event_private.my_attendance as
  select a.event_id, a.status, a.has_attended from event_service.event_attendees a
  where a.user_id = (select auth.uid()) and a.status <> 'cancelled';

create or replace view event_private.visible_events as
  select e.*
  from event_service.events e
  where e.host_id = (select auth.uid())
    or (e.privacy = 'public'
      or e.privacy = 'friends_only' and exists (select 1 from event_private.my_mutuals m where m.user_id = e.host_id)
      or e.privacy = 'private' and (
        exists (select 1 from event_private.my_attendance a where a.event_id = e.id)
        or exists (select 1 from event_private.my_invitations i where i.event_id = e.id)))
      and not exists (select 1 from event_private.my_blocks b where b.user_id = e.host_id);
comment on view event_private.visible_events is 'The events that the caller sees, by the predicate of the policies on events. events_near and search_events read this view because PostGIS and full-text search cannot use their indexes under a policy.';

grant select on event_private.my_events, event_private.my_attendance, event_private.visible_events to anon, authenticated, service_role;
