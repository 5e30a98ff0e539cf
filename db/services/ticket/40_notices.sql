-- Notices: what a provider reports about an attempt, as facts that are only added.

create or replace function ticket_private.record_facts(attempt ticket_private.attempts, facts jsonb)
returns void language plpgsql volatile set search_path = '' as $$
declare
  fact jsonb;
  known uuid;
begin
  for fact in select * from jsonb_array_elements(facts -> 'payments') loop
    insert into ticket_private.payments as p (provider, provider_id, attempt_id, ticket_id, state, amount, currency, method)
    values (attempt.provider, fact ->> 'id', attempt.id, attempt.ticket_id, (fact ->> 'state')::ticket_private.payment_state,
      (fact ->> 'amount')::numeric, upper(fact ->> 'currency'), fact ->> 'method')
    on conflict (provider, provider_id) do update
    set state = greatest(p.state, excluded.state),
      -- Once paid, the amount is fixed; earlier notices may have reported another.
      amount = case when p.state >= 'paid' then p.amount else coalesce(excluded.amount, p.amount) end,
      currency = case when p.state >= 'paid' then p.currency else coalesce(excluded.currency, p.currency) end,
      method = coalesce(p.method, excluded.method)
    where p.state < 'paid' or excluded.state > p.state;
  end loop;
  for fact in select * from jsonb_array_elements(facts -> 'refunds') loop
    select r.id into known from ticket_private.refunds r
    where r.attempt_id = attempt.id and (r.id::text = fact ->> 'our_id' or r.provider = attempt.provider and r.provider_id = fact ->> 'id')
    order by r.id::text = fact ->> 'our_id' desc limit 1;
    if known is not null then
      update ticket_private.refunds r
      set state = greatest(r.state, (fact ->> 'state')::ticket_private.refund_state), provider_id = coalesce(r.provider_id, fact ->> 'id'),
        has_succeeded = r.has_succeeded or fact ->> 'state' = 'succeeded',
        -- An overtaken refund that succeeded and then bounced is owed again.
        is_overtaken = r.is_overtaken and not (r.state = 'succeeded' and fact ->> 'state' in ('failed', 'cancelled')),
        problem = coalesce(fact ->> 'problem', r.problem)
      where r.id = known;
    else
      -- Not requested by us: the refund was made at the provider.
      insert into ticket_private.refunds (ticket_id, attempt_id, provider, payment_provider_id, provider_id, amount, currency, origin, state, has_succeeded)
      values (attempt.ticket_id, attempt.id, attempt.provider, fact ->> 'payment_id', fact ->> 'id', (fact ->> 'amount')::numeric,
        upper(fact ->> 'currency'), 'provider', (fact ->> 'state')::ticket_private.refund_state, fact ->> 'state' = 'succeeded');
    end if;
  end loop;
  for fact in select * from jsonb_array_elements(facts -> 'disputes') loop
    insert into ticket_private.disputes as d (provider, provider_id, ticket_id, attempt_id, payment_provider_id, amount, currency, is_withdrawn, is_reinstated)
    values (attempt.provider, fact ->> 'id', attempt.ticket_id, attempt.id, fact ->> 'payment_id', (fact ->> 'amount')::numeric,
      upper(fact ->> 'currency'), coalesce((fact ->> 'withdrawn')::boolean, false), coalesce((fact ->> 'reinstated')::boolean, false))
    on conflict (provider, provider_id) do update
    set amount = greatest(d.amount, excluded.amount), is_withdrawn = d.is_withdrawn or excluded.is_withdrawn, is_reinstated = d.is_reinstated or excluded.is_reinstated;
  end loop;
end $$;
comment on function ticket_private.record_facts(ticket_private.attempts, jsonb) is
  'Adds facts about an attempt: {payments: [{id, state, amount, currency, method}], refunds: [{id, our_id, payment_id, state, amount, currency, problem}], disputes: [{id, payment_id, amount, currency, withdrawn, reinstated}]}, amounts in major units.';
revoke execute on function ticket_private.record_facts(ticket_private.attempts, jsonb) from public;

-- Definer: service_role may not write payments directly.
create or replace function ticket_private.record_notice(provider text, notice_id text, attempt_id uuid, facts jsonb)
returns jsonb language plpgsql volatile security definer set search_path = '' as $$
declare
  attempt ticket_private.attempts;
begin
  select * into attempt from ticket_private.attempts a where a.id = record_notice.attempt_id and a.provider = record_notice.provider;
  if not found then
    return jsonb_build_object('result', 'unknown');
  end if;
  perform ticket_private.lock_tickets(t.user_id, t.event_id, t.id) from ticket_service.tickets t where t.id = attempt.ticket_id;
  if notice_id is not null then
    insert into ticket_private.notices (provider, notice_id, attempt_id, facts) values (record_notice.provider, record_notice.notice_id, attempt.id, record_notice.facts)
    on conflict do nothing;
    if not found then
      return jsonb_build_object('result', 'repeated');
    end if;
  end if;
  -- Read again under the lock.
  select * into attempt from ticket_private.attempts a where a.id = record_notice.attempt_id;
  perform ticket_private.record_facts(attempt, facts);
  perform ticket_private.settle_attempt(attempt);
  return jsonb_build_object('result', 'recorded');
end $$;
revoke execute on function ticket_private.record_notice(text, text, uuid, jsonb) from public;
grant execute on function ticket_private.record_notice(text, text, uuid, jsonb) to service_role;
create or replace function ticket_service.record_notice(provider text, notice_id text, attempt_id uuid, facts jsonb)
returns jsonb language sql volatile security invoker set search_path = ''
begin atomic
  select ticket_private.record_notice(provider, notice_id, attempt_id, facts);
end;
comment on function ticket_service.record_notice(text, text, uuid, jsonb) is
  'For service_role: records a notice with its facts (see ticket_private.record_facts) and settles the attempt. notice_id is null for facts queried from the provider. Returns {result: recorded, repeated or unknown}.';
revoke execute on function ticket_service.record_notice(text, text, uuid, jsonb) from public, anon, authenticated;
grant execute on function ticket_service.record_notice(text, text, uuid, jsonb) to service_role;
