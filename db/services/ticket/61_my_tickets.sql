-- my_tickets(): the caller's tickets.

do $$
begin
  if to_regtype('ticket_service.ticket_card') is null then
    create type ticket_service.ticket_card as (
      id uuid, status ticket_service.ticket_status, attendance_code text, price_paid numeric, currency text, purchased_at timestamptz,
      is_checked_in boolean, checked_in_at timestamptz, held_until timestamptz, is_offer boolean, refund_fee numeric, refund_deadline timestamptz,
      event jsonb, payment jsonb, refunds jsonb, cursor text);
  end if;
end $$;
comment on type ticket_service.ticket_card is 'A ticket as its buyer sees it. event: {id, title, start_time, end_time, location_name, price, currency, status, cancellation_reason}, or only {id} if the caller never had a ticket and cannot see the event; payment: {id, amount, currency, payment_method, status, outcome, checkout_url, expires_at} or null; refunds: [{id, amount, currency, fee, status, reason}]; cursor continues the list after this row.';

-- Definer: clients may not read attempts and refunds. Only tickets of the caller are returned.
create or replace function ticket_private.my_ticket_cards(cursor text, page_size int)
returns setof ticket_service.ticket_card language plpgsql stable security definer set search_path = '' as $$
declare
  after jsonb := ticket_private.read_cursor(cursor, 'tickets');
  after_time timestamptz := coalesce(ticket_private.cursor_time(after, 'time'), 'infinity');
begin
  return query
    select t.id, t.status, t.attendance_code, t.price_paid, t.currency, t.purchased_at, t.is_checked_in, t.checked_in_at, t.held_until,
      ticket_private.is_offer(t), t.refund_fee, t.refund_deadline,
      coalesce((select jsonb_build_object('id', e.id, 'title', e.title, 'start_time', e.start_time, 'end_time', e.end_time,
          'location_name', e.location_name, 'price', e.price, 'currency', e.currency, 'status', e.status,
          'cancellation_reason', (select c.reason from ticket_service.event_cancellations c where c.event_id = e.id))
        from event_service.events e
        where e.id = t.event_id
          and (exists (select 1 from ticket_private.my_ticketed_events m where m.event_id = e.id) or exists (select 1 from ticket_private.visible_events v where v.id = e.id))),
        jsonb_build_object('id', t.event_id)),
      (select jsonb_build_object('id', x.id, 'amount', x.amount, 'currency', x.currency, 'payment_method', x.payment_method, 'status', x.status,
          'outcome', x.outcome, 'checkout_url', case when a.state = 'open' and a.expires_at > now() then a.checkout_url end, 'expires_at', a.expires_at)
        from ticket_service.ticket_transactions x where x.id = a.id),
      coalesce((select jsonb_agg(jsonb_build_object('id', x.id, 'amount', x.amount, 'currency', x.currency, 'fee', r.fee, 'status', x.status, 'reason', r.reason) order by x.created_at, x.id)
        from ticket_service.ticket_transactions x left join ticket_private.refunds r on r.id = x.id
        where x.ticket_id = t.id and x.kind = 'refund' and (r.is_done or (r.is_overtaken or r.is_excess) is not true)), '[]'),
      ticket_private.write_cursor(jsonb_build_object('kind', 'tickets', 'time', t.purchased_at, 'id', t.id))
    from ticket_service.tickets t
    left join lateral (
      select o.* from ticket_private.attempts o where o.ticket_id = t.id
      order by exists (select from ticket_private.payments p where p.attempt_id = o.id and p.outcome = 'activated') desc, o.started_at desc, o.id limit 1) a on true
    where t.user_id = (select auth.uid())
      and (after is null or (t.purchased_at, t.id) < (after_time, (after ->> 'id')::uuid))
    order by t.purchased_at desc, t.id desc
    limit ticket_private.page_size(page_size);
end $$;
revoke execute on function ticket_private.my_ticket_cards(text, int) from public;
grant execute on function ticket_private.my_ticket_cards(text, int) to authenticated, service_role;

create or replace function ticket_service.my_tickets(cursor text default null, page_size int default 20)
returns setof ticket_service.ticket_card language sql stable security invoker set search_path = ''
begin atomic
  select * from ticket_private.my_ticket_cards(cursor, page_size);
end;
comment on function ticket_service.my_tickets(text, int) is
  'Tickets of the caller with event, payment and refunds, newest first. A pending ticket with is_offer is an offered seat, to be checked out until held_until. Keyset: pass the cursor of the last row for the next page; at most 100 rows.';
revoke execute on function ticket_service.my_tickets(text, int) from public, anon;
grant execute on function ticket_service.my_tickets(text, int) to authenticated, service_role;
