-- Events: policies, derived columns and rules for changes. The table is in 10_visibility.sql.

alter table event_service.events enable row level security;

drop policy if exists events_select_anonymous on event_service.events;
create policy events_select_anonymous on event_service.events for select to anon
  using (privacy = 'public');
drop policy if exists events_select_signed_in on event_service.events;
create policy events_select_signed_in on event_service.events for select to authenticated
  using (
    host_id = (select auth.uid())
    or (privacy = 'public'
      or privacy = 'friends_only' and exists (select 1 from event_private.my_mutuals m where m.user_id = events.host_id)
      or privacy = 'private' and (
        exists (select 1 from event_private.my_attendance a where a.event_id = events.id)
        or exists (select 1 from event_private.my_invitations i where i.event_id = events.id)))
      and not exists (select 1 from event_private.my_blocks b where b.user_id = events.host_id));
drop policy if exists events_insert_host on event_service.events;
create policy events_insert_host on event_service.events for insert to authenticated
  with check (
    host_id = (select auth.uid())
    and (exists (select 1 from event_private.me)
      or event_private.refuse('account_gone', 'This account no longer exists. Sign in again.', 401)));
drop policy if exists events_update_host on event_service.events;
create policy events_update_host on event_service.events for update to authenticated
  using (host_id = (select auth.uid())) with check (host_id = (select auth.uid()));
drop policy if exists events_delete_host on event_service.events;
create policy events_delete_host on event_service.events for delete to authenticated
  using (host_id = (select auth.uid()));

-- Not granted: ids, here and in every table, because choosing one would reveal whether a hidden row has it; counters,
-- derived columns and timestamps; and a change of the host.
revoke all on event_service.events from anon, authenticated;
grant select on event_service.events to anon;
grant select, delete on event_service.events to authenticated;
grant insert (host_id, title, description, category, start_time, end_time, location_name, location_address, location_lat,
  location_lng, max_attendees, price, currency, privacy, requirements, ticketing_enabled) on event_service.events to authenticated;
grant update (title, description, category, start_time, end_time, location_name, location_address, location_lat,
  location_lng, max_attendees, price, currency, status, privacy, requirements, ticketing_enabled) on event_service.events to authenticated;
grant all on event_service.events to service_role;

create or replace trigger events_updated_at
  before update of title, description, category, start_time, end_time, location_name, location_address, location_lat,
    location_lng, max_attendees, price, currency, status, privacy, requirements, ticketing_enabled on event_service.events
  for each row execute function event_service.update_updated_at_column();

-- Definer: it reads and locks tables that clients may not.
create or replace function event_private.tg_events__set_derived_columns()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  new.price = coalesce(new.price, 0);
  new.is_free = new.price = 0;
  if new.location_lat between -90 and 90 and new.location_lng between -180 and 180 then
    new.location_geom = extensions.st_setsrid(extensions.st_makepoint(new.location_lng, new.location_lat), 4326)::extensions.geography;
  else
    new.location_geom = null;
  end if;
  if tg_op = 'INSERT' then
    new.attendees_count = 0;
    new.tickets_sold = 0;
    if new.status <> 'cancelled' then
      new.status = event_private.status_at(new.start_time, new.end_time, now());
    end if;
    return new;
  end if;
  if old.status in ('completed', 'cancelled') and new.status is distinct from old.status then
    perform event_private.refuse('event_over', 'This event is over or cancelled and can no longer be changed.', 409);
  end if;
  if new.start_time is distinct from old.start_time and old.status <> 'upcoming' then
    perform event_private.refuse('event_started', 'The start of an event that has started cannot be changed.', 409);
  end if;
  if new.end_time is distinct from old.end_time and old.status in ('completed', 'cancelled') then
    perform event_private.refuse('event_over', 'This event is over or cancelled and can no longer be changed.', 409);
  end if;
  if new.status is distinct from old.status and new.status <> 'cancelled'
    and new.status <> event_private.status_at(new.start_time, new.end_time, now())
  then
    perform event_private.refuse('status_follows_time', 'The status follows the clock. A host can only set it to "cancelled".', 409);
  end if;
  if new.ticketing_enabled is distinct from old.ticketing_enabled then
    perform from event_private.event_capacity c where c.event_id = new.id for update;
    if exists (select 1 from event_service.event_attendees a where a.event_id = new.id and a.status <> 'cancelled') then
      perform event_private.refuse('has_attendees', 'Ticketing cannot be switched on or off once people have joined.', 409);
    end if;
  end if;
  return new;
end $$;
revoke execute on function event_private.tg_events__set_derived_columns() from public;
create or replace trigger events_set_derived_columns
  before insert or update of price, is_free, location_lat, location_lng, location_geom, start_time, end_time, status, ticketing_enabled
  on event_service.events
  for each row execute function event_private.tg_events__set_derived_columns();

-- Definer: it reads the attendance of others. tickets_sold is not used because it may lag.
create or replace function event_private.tg_events__refuse_deletion()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  if exists (select from event_service.event_attendees a where a.event_id = old.id and a.by_ticket and a.status = 'confirmed') then
    perform event_private.refuse('has_sold_tickets', 'Tickets to this event are sold. Cancel it instead of deleting it.', 409);
  end if;
  return old;
end $$;
revoke execute on function event_private.tg_events__refuse_deletion() from public;
create or replace trigger events_refuse_deletion before delete on event_service.events
  for each row execute function event_private.tg_events__refuse_deletion();

create or replace function event_service.location(event_service.events)
returns jsonb language sql immutable
begin atomic
  select extensions.st_asgeojson($1.location_geom)::jsonb;
end;
create or replace function event_service.host(event_service.events)
returns setof event_service.people rows 1 language sql stable
begin atomic
  select p.* from event_service.people p where p.id = $1.host_id;
end;
comment on function event_service.location(event_service.events) is 'Computed column: the place as a GeoJSON Point ([longitude, latitude], degrees), or null.';
comment on function event_service.host(event_service.events) is 'Relationship: events?select=title,host(username,avatar_url). Null if the caller cannot see the host or the account is deleted.';
