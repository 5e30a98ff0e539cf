-- The status of an event follows the clock: upcoming, ongoing, completed.

create or replace function event_private.status_at(starts timestamptz, ends timestamptz, moment timestamptz)
returns event_service.event_status language sql immutable parallel safe set search_path = '' as $$
  select (case when moment < starts then 'upcoming' when moment < ends then 'ongoing' else 'completed' end)::event_service.event_status
$$;
comment on function event_private.status_at(timestamptz, timestamptz, timestamptz) is 'Status by start and end time, of an event that is not cancelled.';

-- Definer: it updates events of all hosts.
create or replace function event_private.advance_event_status(batch int default 1000)
returns int language plpgsql volatile security definer set search_path = '' as $$
declare
  due uuid[] := array(
    select e.id from event_service.events e
    where (e.status = 'upcoming' and e.start_time <= now()) or (e.status in ('upcoming', 'ongoing') and e.end_time <= now())
    limit batch for no key update skip locked);
begin
  -- Capacity rows are locked in the order of events.
  perform from event_private.event_capacity c where c.event_id = any (due) order by c.event_id for update;
  update event_service.events e set status = event_private.status_at(e.start_time, e.end_time, now()) where e.id = any (due);
  return cardinality(due);
end $$;
comment on function event_private.advance_event_status(int) is 'Updates the status of events that have started or ended, and returns how many. To be run every second.';
revoke execute on function event_private.advance_event_status(int) from public;
