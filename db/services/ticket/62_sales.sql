-- What hosts read: guests, waiting list and sales of an event.

do $$
begin
  if to_regtype('ticket_service.sales_line') is null then
    create type ticket_service.guest_card as (
      id uuid, status ticket_service.ticket_status, guest jsonb, price_paid numeric, currency text, purchased_at timestamptz,
      is_checked_in boolean, checked_in_at timestamptz, total int, cursor text);
    create type ticket_service.waitlist_card as (id uuid, place int, person jsonb, joined_at timestamptz, total int, cursor text);
    create type ticket_service.sales_line as (
      day date, currency text, sold int, held int, checked_in int, gross numeric, refunded numeric, charged_back numeric, fees_kept numeric, owed numeric);
  end if;
end $$;
comment on type ticket_service.guest_card is 'A ticket as the host sees it. guest: {id, username, name, avatar_path, avatar_url, is_verified}, or null if hidden from the host or deleted; total: number of rows in all pages; cursor continues the list after this row.';
comment on type ticket_service.waitlist_card is 'An entry of a waiting list as the host sees it. place: 1 is next; person as in guest_card; total: length of the list; cursor continues the list after this row.';
comment on type ticket_service.sales_line is 'Sales of an event on a day (UTC) in a currency; day is null in the total. In major units: gross captured, refunded, charged_back, fees_kept (retained from refunded tickets), owed (refunds not made yet).';

create or replace function ticket_private.require_host(event uuid)
returns void language plpgsql stable set search_path = '' as $$
begin
  if not exists (select from ticket_private.me) or not exists (select from ticket_private.my_events e where e.id = event) then
    perform ticket_private.refuse('event_not_found', 'You have no such event.', 404);
  end if;
end $$;
comment on function ticket_private.require_host(uuid) is 'Refuses callers who do not host this event.';
revoke execute on function ticket_private.require_host(uuid) from public;

-- Definer: hosts may not read the tickets of others directly. Returns neither attendance codes nor payments.
create or replace function ticket_private.event_guests(event_id uuid, cursor text, page_size int)
returns setof ticket_service.guest_card language plpgsql stable security definer set search_path = '' as $$
declare
  after jsonb := ticket_private.read_cursor(cursor, 'guests');
begin
  perform ticket_private.require_host(event_guests.event_id);
  return query
    select t.id, t.status,
      ticket_private.describe_person(p.id, p.username, p.name, p.avatar_url, p.is_verified),
      t.price_paid, t.currency, t.purchased_at, t.is_checked_in, t.checked_in_at,
      (select count(*)::int from ticket_service.tickets c where c.event_id = event_guests.event_id and c.status in ('active', 'refunded')),
      ticket_private.write_cursor(jsonb_build_object('kind', 'guests', 'id', t.id))
    from ticket_service.tickets t
    left join ticket_private.visible_people p on p.id = t.user_id
    where t.event_id = event_guests.event_id and t.status in ('active', 'refunded')
      and (after is null or t.id > (after ->> 'id')::uuid)
    order by t.id
    limit ticket_private.page_size(page_size);
end $$;
revoke execute on function ticket_private.event_guests(uuid, text, int) from public;
grant execute on function ticket_private.event_guests(uuid, text, int) to authenticated, service_role;

create or replace function ticket_service.event_guests(event_id uuid, cursor text default null, page_size int default 20)
returns setof ticket_service.guest_card language sql stable security invoker set search_path = ''
begin atomic
  select * from ticket_private.event_guests(event_id, cursor, page_size);
end;
comment on function ticket_service.event_guests(uuid, text, int) is 'Sold and refunded tickets of an event that the caller hosts, with their holders. Keyset: pass the cursor of the last row for the next page; at most 100 rows.';

-- Definer: hosts may not read the entries of others directly.
create or replace function ticket_private.event_waitlist(event_id uuid, cursor text, page_size int)
returns setof ticket_service.waitlist_card language plpgsql stable security definer set search_path = '' as $$
declare
  after jsonb := ticket_private.read_cursor(cursor, 'waitlist');
  after_time timestamptz := coalesce(ticket_private.cursor_time(after, 'time'), '-infinity');
  after_id uuid := coalesce((after ->> 'id')::uuid, '00000000-0000-0000-0000-000000000000');
begin
  perform ticket_private.require_host(event_waitlist.event_id);
  return query
    with entries as (
      select w.*, row_number() over (order by w.joined_at, w.id)::int as place, count(*) over ()::int as total
      from ticket_service.waitlist_entries w where w.event_id = event_waitlist.event_id)
    select e.id, e.place, ticket_private.describe_person(p.id, p.username, p.name, p.avatar_url, p.is_verified), e.joined_at, e.total,
      ticket_private.write_cursor(jsonb_build_object('kind', 'waitlist', 'time', e.joined_at, 'id', e.id))
    from entries e
    left join ticket_private.visible_people p on p.id = e.user_id
    where (e.joined_at, e.id) > (after_time, after_id)
    order by e.joined_at, e.id
    limit ticket_private.page_size(event_waitlist.page_size);
end $$;
revoke execute on function ticket_private.event_waitlist(uuid, text, int) from public;
grant execute on function ticket_private.event_waitlist(uuid, text, int) to authenticated, service_role;

create or replace function ticket_service.event_waitlist(event_id uuid, cursor text default null, page_size int default 20)
returns setof ticket_service.waitlist_card language sql stable security invoker set search_path = ''
begin atomic
  select * from ticket_private.event_waitlist(event_id, cursor, page_size);
end;
comment on function ticket_service.event_waitlist(uuid, text, int) is 'The waiting list of an event that the caller hosts, in order. Keyset: pass the cursor of the last row for the next page; at most 100 rows.';

-- Definer: hosts may not read payments directly.
create or replace function ticket_private.event_sales(event_id uuid)
returns setof ticket_service.sales_line language plpgsql stable security definer set search_path = '' as $$
begin
  perform ticket_private.require_host(event_sales.event_id);
  return query
    with mine as (
      select t.* from ticket_service.tickets t where t.event_id = event_sales.event_id),
    owing as (
      select r.ticket_id, r.requested_at, r.currency, r.amount from mine t
      join ticket_private.refunds r on r.ticket_id = t.id
      where not r.is_done and not r.is_overtaken and not r.is_excess and r.origin <> 'provider'),
    retained as (
      select t.purchased_at, b.currency,
        ticket_private.refundable(b) - coalesce((select o.available from ticket_private.payments_for_operators o where o.transaction_id = b.transaction_id), 0) as amount
      from mine t join ticket_private.payment_balances b on b.ticket_id = t.id and b.outcome = 'activated'
      where t.status = 'refunded'),
    lines as (
      select (t.purchased_at at time zone 'UTC')::date as day, t.currency, (t.status = 'active')::int as sold, (t.status = 'pending')::int as held,
        (t.status = 'active' and t.is_checked_in)::int as checked_in, 0::numeric as gross, 0::numeric as refunded, 0::numeric as charged_back,
        0::numeric as fees_kept, 0::numeric as owed
      from mine t where t.status in ('pending', 'active')
      union all
      select (e.recorded_at at time zone 'UTC')::date, e.currency, 0, 0, 0, case when e.kind = 'captured' then e.amount else 0 end,
        case when e.kind = 'refunded' then e.amount else 0 end,
        case e.kind when 'charged_back' then e.amount when 'charge_back_returned' then -e.amount else 0 end, 0, 0
      from mine t join ticket_private.journal_entries e on e.ticket_id = t.id
      union all
      select (r.purchased_at at time zone 'UTC')::date, r.currency, 0, 0, 0, 0, 0, 0, greatest(r.amount, 0), 0 from retained r
      union all
      select (o.requested_at at time zone 'UTC')::date, o.currency, 0, 0, 0, 0, 0, 0, 0, o.amount from owing o)
    select l.day, l.currency, sum(l.sold)::int, sum(l.held)::int, sum(l.checked_in)::int, sum(l.gross), sum(l.refunded), sum(l.charged_back),
      sum(l.fees_kept), sum(l.owed)
    from lines l
    group by grouping sets ((l.currency), (l.day, l.currency))
    order by l.currency, l.day nulls first;
end $$;
revoke execute on function ticket_private.event_sales(uuid) from public;
grant execute on function ticket_private.event_sales(uuid) to authenticated, service_role;

create or replace function ticket_service.event_sales(event_id uuid)
returns setof ticket_service.sales_line language sql stable security invoker set search_path = ''
begin atomic
  select * from ticket_private.event_sales(event_id);
end;
comment on function ticket_service.event_sales(uuid) is 'Sales of an event that the caller hosts, by currency and day, with a total for each currency.';
revoke execute on function ticket_service.event_guests(uuid, text, int), ticket_service.event_waitlist(uuid, text, int), ticket_service.event_sales(uuid) from public, anon;
grant execute on function ticket_service.event_guests(uuid, text, int), ticket_service.event_waitlist(uuid, text, int), ticket_service.event_sales(uuid)
  to authenticated, service_role;
