-- Work that runs on a schedule: calls to payment providers (maintenance), expiry of holds, and deletion of old rows.

-- Definer: service_role may not read attempts and refunds directly. Claimed work is postponed by the lease, so that
-- concurrent workers get different work and abandoned work is handed out again.
create or replace function ticket_private.claim_work(batch int, lease interval, event uuid)
returns jsonb language plpgsql volatile security definer set search_path = '' as $$
declare
  refunds jsonb;
  attempts jsonb;
begin
  with due as (
    select r.id from ticket_private.refunds r
    where r.send_at <= now()
      and (claim_work.event is null or r.ticket_id in (select t.id from ticket_service.tickets t where t.event_id = claim_work.event))
    order by r.send_at limit batch for no key update skip locked),
  claimed as (
    update ticket_private.refunds r
    set send_at = now() + lease, sends = r.sends + 1, sent_at = coalesce(r.sent_at, now()),
      state = greatest(r.state, 'sent')
    from due where r.id = due.id
    returning r.id)
  select jsonb_agg(ticket_private.refund_to_send(c.id)) into refunds from claimed c;
  with due as (
    select a.id from ticket_private.attempts a
    where a.check_at <= now()
      and (claim_work.event is null or a.ticket_id in (select t.id from ticket_service.tickets t where t.event_id = claim_work.event))
    order by a.check_at limit batch for no key update skip locked),
  claimed as (
    update ticket_private.attempts a
    set checks = a.checks + 1,
      -- A bank may take days to report a payment. The delay increases; after 40 checks, about a week, operators take
      -- over.
      check_at = case when a.checks < 40 then now() + greatest(lease, least(interval '1 minute' * power(2, least(a.checks, 10)), interval '6 hours')) end
    from due where a.id = due.id
    returning a.id, a.ticket_id, a.state)
  select jsonb_agg(ticket_private.attempt_to_send(c.id)
      -- Expired if its seat is no longer held.
      || jsonb_build_object('expire', c.state = 'ending' or t.status <> 'pending'
        or exists (select from event_service.events e where e.id = t.event_id and e.status = 'cancelled')))
  into attempts from claimed c join ticket_service.tickets t on t.id = c.ticket_id;
  return jsonb_build_object('refunds', coalesce(refunds, '[]'), 'attempts', coalesce(attempts, '[]'));
end $$;
revoke execute on function ticket_private.claim_work(int, interval, uuid) from public;
grant execute on function ticket_private.claim_work(int, interval, uuid) to service_role;

-- Limited by batch, because it runs every second.
create or replace function ticket_private.delete_old_requests(batch int default 1000)
returns void language plpgsql volatile security definer set search_path = '' as $$
begin
  delete from ticket_private.idempotency_keys k where (k.user_id, k.function, k.key) in (
    select o.user_id, o.function, o.key from ticket_private.idempotency_keys o where o.created_at < now() - interval '7 days' limit batch);
  delete from ticket_private.notices n where (n.provider, n.notice_id) in (
    select o.provider, o.notice_id from ticket_private.notices o where o.received_at < now() - interval '90 days' limit batch);
end $$;
comment on function ticket_private.delete_old_requests(int) is 'Deletes answers after a week and notices after ninety days.';
revoke execute on function ticket_private.delete_old_requests(int) from public;
create or replace function ticket_service.claim_work(batch int default 20, lease interval default '2 minutes', event uuid default null)
returns jsonb language sql volatile security invoker set search_path = ''
begin atomic
  select ticket_private.claim_work(batch, lease, event);
end;
comment on function ticket_service.claim_work(int, interval, uuid) is
  'For service_role: claims refunds to send and attempts to check, of all events or of one: {refunds: […], attempts: […]}. Work that is not recorded within the lease is handed out again.';
revoke execute on function ticket_service.claim_work(int, interval, uuid) from public, anon, authenticated;
grant execute on function ticket_service.claim_work(int, interval, uuid) to service_role;


create or replace function ticket_private.maintenance_is_due()
returns boolean language sql stable set search_path = '' as $$
  select exists (select from ticket_private.refunds r where r.send_at <= now())
    or exists (select from ticket_private.attempts a where a.check_at <= now())
$$;
comment on function ticket_private.maintenance_is_due() is 'Whether refunds or attempts are due, so that the scheduler calls the edge function maintenance.';
revoke execute on function ticket_private.maintenance_is_due() from public;

-- No `set search_path`: a procedure that has one cannot commit.
create or replace procedure ticket_private.run_scheduled_work()
language plpgsql security invoker as $$
begin
  perform ticket_private.expire_holds();
  commit;
  perform ticket_private.offer_free_seats();
  commit;
  perform ticket_private.continue_cancellations();
  commit;
  perform ticket_private.delete_old_requests();
end $$;
comment on procedure ticket_private.run_scheduled_work() is 'To be called every second by the owner of the database: expires holds, offers seats, and refunds tickets of cancelled events.';
revoke execute on procedure ticket_private.run_scheduled_work() from public;
