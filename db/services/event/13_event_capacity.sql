-- Places of an unticketed event. Seats of a ticketed event are in ticket/11_event_seats.sql.

create table if not exists event_private.event_capacity (
  event_id uuid primary key references event_service.events (id) on delete cascade,
  capacity int,
  taken int not null default 0,
  constraint taken_within_capacity check (capacity is null or taken <= capacity
    or event_private.refuse('event_full', 'This event is full.', 409)),
  constraint taken_is_not_negative check (taken >= 0)
);
comment on table event_private.event_capacity is 'Exact number of places taken at each event. Locking this row serializes changes of attendance and of what it depends on.';
comment on column event_private.event_capacity.capacity is 'max_attendees of an unticketed event. Null for a ticketed event, whose capacity the ticket service enforces.';
alter table event_private.event_capacity enable row level security;

-- Definer: clients may not write capacity.
create or replace function event_private.tg_events__set_capacity()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
declare
  places int := case when new.ticketing_enabled then null else new.max_attendees end;
  already_taken int;
begin
  select c.taken into already_taken from event_private.event_capacity c where c.event_id = new.id for update;
  if places < already_taken then
    perform event_private.refuse('places_are_taken', 'max_attendees cannot be lower than the number of places taken.', 409);
  end if;
  insert into event_private.event_capacity (event_id, capacity) values (new.id, places)
  on conflict (event_id) do update set capacity = excluded.capacity;
  return null;
end $$;
revoke execute on function event_private.tg_events__set_capacity() from public;
create or replace trigger events_set_capacity after insert or update of max_attendees, ticketing_enabled on event_service.events
  for each row execute function event_private.tg_events__set_capacity();
