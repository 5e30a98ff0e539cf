-- The books say the same of refunds and of money given back elsewhere in whatever order they came to light; fees that are
-- kept are what is kept; a payment that bought no ticket ends none.

-- Whoever is just paying or giving back is done before, or comes after.
lock table ticket_service.tickets in exclusive mode;

drop index if exists ticket_private.refunds_left_over;
create index refunds_left_over on ticket_private.refunds (requested_at) where closed_at is null and (is_manual or sends >= 60 or state >= 'failed');
drop function if exists ticket_private.mark_excess_refunds(ticket_private.payment_balances);
drop function if exists ticket_private.fail_attempt(uuid);
alter table ticket_private.payments add column if not exists has_bought boolean;
update ticket_private.payments p set has_bought = p.outcome = 'activated' or p.outcome in ('refunded', 'reversed', 'disputed')
    and not exists (select from ticket_service.tickets t where t.id = p.ticket_id and t.status = 'active')
    and exists (select from ticket_private.attempts a where a.id = p.attempt_id and (a.amount, a.currency) = (p.amount, p.currency));
update ticket_private.payments set has_bought = false where has_bought is null;
-- Of a ticket that its host ended, or the end of its event, no fee was kept.
update ticket_service.tickets t set refund_fee = 0
where t.status = 'refunded' and t.refund_fee > 0
  and not exists (select from ticket_private.refunds r where r.ticket_id = t.id and r.origin = 'buyer')
  and (exists (select from ticket_private.refunds r where r.ticket_id = t.id and r.origin in ('host', 'cancellation'))
    or exists (select from event_service.events e where e.id = t.event_id and e.status = 'cancelled'));
-- The books are looked at here, or the table could not be changed before the end.
set constraints all immediate;
set constraints all deferred;
alter table ticket_private.payments alter has_bought set default false, alter has_bought set not null,
  add constraint activated_has_bought check (outcome is distinct from 'activated' or has_bought);
drop trigger if exists refunds_balance on ticket_private.refunds;
drop trigger if exists refunds_balance_new on ticket_private.refunds;
drop trigger if exists refunds_balance_gone on ticket_private.refunds;
create constraint trigger refunds_balance after update on ticket_private.refunds
  deferrable initially deferred for each row
  when ((old.is_done, old.is_excess, old.amount, old.currency) is distinct from (new.is_done, new.is_excess, new.amount, new.currency))
  execute function ticket_private.tg_journal__balance();
create constraint trigger refunds_balance_new after insert on ticket_private.refunds
  deferrable initially deferred for each row when (new.is_done or new.is_excess) execute function ticket_private.tg_journal__balance();
create constraint trigger refunds_balance_gone after delete on ticket_private.refunds
  deferrable initially deferred for each row when (old.is_done or old.is_excess) execute function ticket_private.tg_journal__balance();

-- Definer: clients may not write counters. The row is updated at once if nobody holds it; if somebody does, or it is
-- hot (changes are already waiting), the change is appended. So a counter never makes one request wait for another.
create or replace function user_private.count_for(person uuid, counter name, delta int)
returns void language plpgsql volatile security definer set search_path = '' as $$
declare
  updated int;
begin
  -- Whoever leaves is not counted: their row goes, and is locked as late as can be.
  if person is null or delta = 0 or person::text = current_setting('user_private.leaving', true) then
    return;
  end if;
  if not exists (select 1 from user_private.counter_deltas d where d.user_id = person) then
    execute format(
      'update user_service.user_stats set %1$I = %1$I + $2
       where user_id = (select user_id from user_service.user_stats where user_id = $1 for no key update skip locked)', counter)
    using person, delta;
    get diagnostics updated = row_count;
    if updated = 1 then
      return;
    end if;
  end if;
  insert into user_private.counter_deltas (user_id, counter, delta)
  select person, counter, delta
  where exists (select 1 from user_service.user_stats s where s.user_id = person);
end $$;

-- The policies look at each row as they do at one that a client inserts; here they only find what was asked for rightly.
create or replace function user_service.invite(event_id uuid, invitees text[])
returns table (invitee text, invitation_id uuid, result text) language sql volatile security invoker set search_path = ''
begin atomic
  with asked as (
    select left(a.name, 100) as name, min(a.place) as place,
      case when left(a.name, 100) ~ '^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$' then left(a.name, 100)::uuid end as id
    from unnest(invitees) with ordinality a (name, place)
    where user_private.require_inviter(invite.event_id, invitees)
    group by left(a.name, 100)),
  people as (
    select a.name, p.id from asked a join user_private.visible_people p on p.id = a.id
    union
    select a.name, p.id from asked a join user_private.visible_people p on lower(p.username) = lower(a.name) where a.id is null),
  invitable as (
    select p.name, p.id from people p
    join user_private.invitable_events e on e.id = invite.event_id
    where p.id <> (select auth.uid())
      and (e.friends_of is null or e.friends_of = p.id
        or exists (select 1 from user_private.mutuals m where m.user_id = e.friends_of and m.friend_id = p.id))),
  made as (
    insert into user_service.invitations (inviter_id, invitee_id, event_id)
    select distinct (select auth.uid()), i.id, invite.event_id from invitable i
    on conflict do nothing
    returning id, invitee_id)
  select a.name, coalesce(m.id, k.id),
    case when m.id is not null then 'invited' when k.id is not null then 'already_invited' else 'person_not_found' end
  from asked a
  left join invitable i on i.name = a.name
  left join made m on m.invitee_id = i.id
  left join user_service.invitations k on k.inviter_id = (select auth.uid()) and k.invitee_id = i.id and k.event_id = invite.event_id
  order by a.place;
end;

-- Definer: the person may not delete the row themselves, since leaving is more than that.
create or replace function user_private.delete_account()
returns void language plpgsql volatile security definer set search_path = '' as $$
begin
  -- It may take long, and whoever asks again meanwhile is not to wait.
  if not pg_try_advisory_xact_lock(hashtextextended('leaving ' || (select auth.uid()), 0)) then
    perform user_private.refuse('request_in_progress', 'Your account is being deleted. Ask again in a moment.', 409);
  end if;
  perform user_private.lock_leaver((select auth.uid()));
  delete from user_service.users where id = (select auth.uid());
  if not found then
    perform user_private.refuse('account_gone', 'This account no longer exists. Sign in again.', 401);
  end if;
end $$;

-- The newest comments first, so that one is a leaf once its own author's replies are gone; what others replied to becomes
-- a tombstone.
create or replace function post_private.forget_person(person uuid)
returns void language plpgsql volatile set search_path = '' as $$
declare
  comment uuid;
begin
  delete from post_service.likes where user_id = person;
  delete from post_service.bookmarks where user_id = person;
  delete from post_service.shares where user_id = person;
  delete from post_service.poll_votes where user_id = person;
  perform from post_service.posts
  where author_id = person or original_post_id in (select p.id from post_service.posts p where p.author_id = person)
  order by id for update;
  delete from post_service.posts where author_id = person;
  for comment in select c.id from post_service.comments c where c.author_id = person order by c.created_at desc, c.id loop
    delete from post_service.comments where id = comment;
  end loop;
end $$;

-- Definer: someone left, and what is theirs goes.
create or replace function post_private.tg_profiles__forget_person()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  perform post_private.forget_person(old.id);
  return null;
end $$;

create or replace function event_private.forget_questions(person uuid)
returns void language plpgsql volatile set search_path = '' as $$
begin
  perform from event_service.qna_upvotes
  where user_id = person or question_id in (select q.id from event_service.event_qna q where q.user_id = person and not q.is_answered)
  order by question_id, user_id for update;
  delete from event_service.qna_upvotes where user_id = person;
  perform from event_service.event_qna where user_id = person or answered_by = person order by id for update;
  delete from event_service.event_qna where user_id = person and not is_answered;
  update event_service.event_qna set user_id = null where user_id = person;
  update event_service.event_qna set answered_by = null where answered_by = person;
end $$;

-- Definer: it changes rows of everyone's. Someone left: what is theirs goes, what others need stays without them.
-- Attendance before capacity, as everyone locks them, and capacity in the order of events.
create or replace function event_private.tg_profiles__forget_person()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  update event_service.events set status = 'cancelled' where host_id = old.id and status in ('upcoming', 'ongoing');
  update event_service.events set host_id = null where host_id = old.id;
  perform from event_service.event_attendees a where a.user_id = old.id for update;
  perform from event_private.event_capacity c
  where c.event_id in (select a.event_id from event_service.event_attendees a where a.user_id = old.id)
  order by c.event_id for update;
  delete from event_service.event_attendees where user_id = old.id;
  perform event_private.forget_questions(old.id);
  update event_service.reviews set reviewer_id = null where reviewer_id = old.id;
  update event_service.reviews set host_id = null where host_id = old.id;
  return null;
end $$;

-- Definer: the server's role has no way into this schema.
create or replace function ticket_private.tg_tickets__stamp()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  new.checked_in_at = case when new.is_checked_in then coalesce(new.checked_in_at, now()) end;
  -- Who left holds nothing, and keeps no seat that cost nothing at an event that is not over.
  if tg_op = 'UPDATE' and new.user_id is null and old.user_id is not null
    and (new.status = 'pending' or new.status = 'active' and new.price_paid = 0 and not new.is_checked_in
      and exists (select from event_service.events e where e.id = new.event_id and e.status in ('upcoming', 'ongoing')))
  then
    new.status = 'cancelled';
    -- Nobody is to pay for it: the provider is told at once.
    update ticket_private.attempts a set check_at = now() where a.ticket_id = new.id and a.state in ('creating', 'open');
  end if;
  if new.status = 'active' then
    new.activated_at = coalesce(new.activated_at, now());
  end if;
  new.held_until = case when new.status = 'pending'
    then coalesce(new.held_until, now() + ticket_private.time_to_pay() + ticket_private.time_after_payment()) end;
  return new;
end $$;

-- Definer: clients may not write tickets. The caller holds the lock of the event's seats. Each offer is a pending ticket,
-- so it has its seat like any other.
create or replace function ticket_private.offer_seats(event uuid)
returns void language plpgsql volatile security definer set search_path = '' as $$
declare
  next record;
  until timestamptz;
  currency text;
begin
  select least(now() + interval '2 hours', e.end_time), e.currency into until, currency
  from event_service.events e where e.id = event and e.status in ('upcoming', 'ongoing') and e.ticketing_enabled;
  if until is null or until <= now() then
    return;
  end if;
  -- A hundred at a time, since everyone else waits for the seats meanwhile; offer_free_seats() goes on.
  for number in 1..100 loop
    exit when ticket_private.is_full(event);
    -- Whoever is just leaving holds their profile and will want this entry: they are passed over, not waited for.
    delete from ticket_service.waitlist_entries w
    where w.id = (
      select f.id from ticket_service.waitlist_entries f join user_service.profiles p on p.id = f.user_id
      where f.event_id = event order by f.joined_at, f.id limit 1 for update of f skip locked for key share of p skip locked)
    returning w.user_id into next;
    exit when not found;
    if ticket_private.sees_event(next.user_id, event) then
      insert into ticket_service.tickets (user_id, event_id, status, held_until, currency) values (next.user_id, event, 'pending', until, currency)
      on conflict (user_id, event_id) where status in ('pending', 'active') do nothing;
    end if;
  end loop;
end $$;

create or replace view ticket_private.payment_balances as
  select p.provider, p.provider_id, p.attempt_id, p.ticket_id, p.transaction_id, p.outcome, p.state, p.amount, p.currency,
    r.done, r.done_by_provider, r.promised, r.standing_elsewhere, r.given_elsewhere, r.ever_given, d.called_back, d.ever_called_back, r.gone, p.has_bought
  from ticket_private.payments p
  cross join lateral (
    select coalesce(sum(r.amount) filter (where r.is_done), 0) as done,
      coalesce(sum(r.amount) filter (where r.state = 'succeeded'), 0) as done_by_provider,
      coalesce(sum(r.amount) filter (where r.is_done or r.is_excess
        or not r.is_overtaken and not (r.origin = 'provider' and r.state >= 'failed')), 0) as promised,
      coalesce(sum(r.amount) filter (where r.origin = 'provider' and r.state = 'succeeded'), 0) as standing_elsewhere,
      coalesce(sum(r.amount) filter (where r.origin = 'provider' and r.has_succeeded), 0) as given_elsewhere,
      coalesce(sum(r.amount) filter (where r.has_succeeded or r.closed_at is not null), 0) as ever_given,
      coalesce(sum(r.amount) filter (where r.is_done or r.is_excess), 0) as gone
    from ticket_private.refunds r where r.provider = p.provider and r.payment_provider_id = p.provider_id) r
  -- A dispute in another currency is taken to be of all there is.
  cross join lateral (
    select coalesce(sum(case d.currency when p.currency then d.amount else p.amount end) filter (where d.is_withdrawn and not d.is_reinstated), 0) as called_back,
      coalesce(sum(case d.currency when p.currency then d.amount else p.amount end) filter (where d.is_withdrawn or d.is_reinstated), 0) as ever_called_back
    from ticket_private.disputes d where d.provider = p.provider and d.payment_provider_id = p.provider_id) d;

create or replace view ticket_private.money as
  select p.ticket_id, p.transaction_id, 'captured'::ticket_private.journal_kind as kind, p.amount, p.currency
  from ticket_private.payments p where p.state >= 'paid' and p.transaction_id is not null and p.amount > 0
  union all
  select r.ticket_id, r.id, 'refunded', r.amount, r.currency
  from ticket_private.refunds r
  join ticket_private.payments p on p.provider = r.provider and p.provider_id = r.payment_provider_id
  where p.transaction_id is not null and r.is_done
  union all
  -- Of a refund that was more than was left, what was left.
  select b.ticket_id, b.transaction_id, 'refunded', least(b.gone, b.amount) - b.done, b.currency
  from ticket_private.payment_balances b where b.transaction_id is not null and least(b.gone, b.amount) > b.done
  union all
  select p.ticket_id, p.transaction_id, 'charged_back', d.amount, d.currency
  from ticket_private.disputes d
  join ticket_private.payments p on p.provider = d.provider and p.provider_id = d.payment_provider_id
  where p.transaction_id is not null and (d.is_withdrawn or d.is_reinstated)
  union all
  select p.ticket_id, p.transaction_id, 'charge_back_returned', d.amount, d.currency
  from ticket_private.disputes d
  join ticket_private.payments p on p.provider = d.provider and p.provider_id = d.payment_provider_id
  where p.transaction_id is not null and d.is_reinstated
  union all
  -- A provider that takes a payment back takes what had not gone back already.
  select b.ticket_id, b.transaction_id, 'charged_back', b.amount - b.done_by_provider - b.called_back, b.currency
  from ticket_private.payment_balances b
  where b.state = 'reversed' and b.transaction_id is not null and b.amount > b.done_by_provider + b.called_back;

create or replace view ticket_private.refunds_for_operators as
  select r.* from ticket_private.refunds r
  where r.closed_at is null and r.origin <> 'provider' and not r.is_overtaken
    and ((r.is_manual or r.sends >= 60) and r.state < 'succeeded' or r.state >= 'failed');

-- Or one could hold a seat for ever without paying. Offers count too, however they ended. Seats for which the buyer was
-- given no page, such as those whose provider failed, are forgiven more of.
create or replace function ticket_private.require_holds_left(person uuid, event uuid)
returns void language plpgsql volatile set search_path = '' as $$
declare
  ended record;
begin
  select count(*) as holds,
    count(*) filter (where exists (select from ticket_private.attempts a where a.ticket_id = t.id and a.checkout_url is not null)
      or not exists (select from ticket_private.attempts a where a.ticket_id = t.id and a.started_at = t.purchased_at)) as kept
  into ended
  from ticket_service.tickets t
  where t.user_id = person and t.event_id = event and t.purchased_at > now() - interval '1 day'
    and t.status in ('cancelled', 'expired') and t.activated_at is null;
  if ended.kept >= 5 or ended.holds >= 20 then
    perform ticket_private.refuse('too_many_holds', 'You have held a seat at this event too often today without taking it. Try again tomorrow.', 429);
  end if;
end $$;

-- Definer: as above.
create or replace function ticket_private.finish_checkout(
  person uuid, idempotency_key text, attempt_id uuid, session_id text, checkout_url text)
returns jsonb language plpgsql volatile security definer set search_path = '' as $$
begin
  perform ticket_private.lock_key(person, 'ticket-checkout', idempotency_key);
  perform from ticket_service.tickets t
  where t.id = (select a.ticket_id from ticket_private.attempts a where a.id = finish_checkout.attempt_id) for no key update;
  update ticket_private.attempts a
  set state = 'open', session_id = finish_checkout.session_id, checkout_url = finish_checkout.checkout_url
  where a.id = finish_checkout.attempt_id and a.state in ('creating', 'open')
    and exists (select from ticket_service.tickets t where t.id = a.ticket_id and t.status = 'pending');
  if not found then
    -- Another one took its place meanwhile, or the seat is gone; the address is told to nobody.
    update ticket_private.attempts a set session_id = finish_checkout.session_id where a.id = finish_checkout.attempt_id;
    return jsonb_build_object('next', 'expire', 'attempt', ticket_private.attempt_to_send(finish_checkout.attempt_id));
  end if;
  return ticket_private.keep_answer(person, 'ticket-checkout', idempotency_key, 200, ticket_private.checkout_answer(finish_checkout.attempt_id));
end $$;

-- Definer: as above. Nobody was given the address of the checkout, so nobody can have paid.
create or replace function ticket_private.fail_checkout(person uuid, idempotency_key text, attempt_id uuid, status int, answer jsonb)
returns jsonb language plpgsql volatile security definer set search_path = '' as $$
declare
  ticket uuid;
begin
  perform ticket_private.lock_key(person, 'ticket-checkout', idempotency_key);
  select a.ticket_id into ticket from ticket_private.attempts a where a.id = fail_checkout.attempt_id;
  perform from ticket_service.tickets t where t.id = ticket for no key update;
  -- What was refused here its provider has not heard of.
  update ticket_private.attempts a set state = 'closed', check_at = case when status >= 500 then now() + interval '5 minutes' end
  where a.id = fail_checkout.attempt_id and a.state = 'creating';
  if not found then
    perform ticket_private.refuse_in_progress();
  end if;
  perform ticket_private.fail_transaction(fail_checkout.attempt_id);
  update ticket_service.tickets t set status = 'cancelled' where t.id = ticket and t.status = 'pending';
  return ticket_private.keep_answer(person, 'ticket-checkout', idempotency_key, status, answer);
end $$;

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
      -- What arrived is what the notice of its arrival says, not one before it.
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
        -- What went back although it was overtaken, and came back, is owed again.
        is_overtaken = r.is_overtaken and not (r.state = 'succeeded' and fact ->> 'state' in ('failed', 'cancelled')),
        problem = coalesce(fact ->> 'problem', r.problem)
      where r.id = known;
    else
      -- Not asked for by us: somebody refunded it at the provider.
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

-- By what was ever given or called back since a refund was asked for, so that it does not matter whether that came to
-- light before it was undone. The newest go first. What is left for them is asked for anew, less what the policy kept,
-- since a refund that may have been sent cannot be changed.
create or replace function ticket_private.overtake_refunds(payment ticket_private.payment_balances)
returns void language plpgsql volatile set search_path = '' as $$
declare
  elsewhere constant numeric := payment.given_elsewhere + payment.ever_called_back;
  mine ticket_private.refunds;
  newest ticket_private.refunds;
  wanted numeric := (
    select coalesce(sum(r.amount), 0) from ticket_private.refunds r
    where r.provider = payment.provider and r.payment_provider_id = payment.provider_id and r.origin <> 'provider'
      and (r.is_done or r.is_excess or not r.is_overtaken));
  overtaken numeric := 0;
begin
  for mine in
    select * from ticket_private.refunds r
    where r.provider = payment.provider and r.payment_provider_id = payment.provider_id and r.origin <> 'provider'
      and not r.is_done and not r.is_overtaken and not r.is_excess
    order by r.requested_at desc, r.id
  loop
    exit when payment.state <> 'reversed' and wanted <= mine.asked_of - elsewhere;
    update ticket_private.refunds r set is_overtaken = true, send_at = null where r.id = mine.id;
    perform ticket_private.fail_transaction(mine.id);
    newest := case when newest.id is null then mine else newest end;
    wanted := wanted - mine.amount;
    overtaken := overtaken + mine.amount;
  end loop;
  if payment.state <> 'reversed' then
    perform ticket_private.request_refund_of(payment.provider, payment.provider_id,
      least(overtaken, newest.asked_of - elsewhere - wanted - newest.fee), newest.fee, newest.origin, newest.reason, newest.asked_of);
  end if;
end $$;

-- What a provider tells is true, also that more has gone back than came: the books keep to what was captured, ours first,
-- and an operator is told of the rest.
create or replace function ticket_private.mark_excess_refunds(payment ticket_private.payments)
returns void language plpgsql volatile set search_path = '' as $$
begin
  update ticket_private.refunds r set is_excess = not r.is_excess
  from (
    select o.id, gone.has_gone
        and sum(o.amount) filter (where gone.has_gone) over (order by o.origin = 'provider', coalesce(o.provider_id, o.id::text)) > payment.amount as is_excess
    from ticket_private.refunds o cross join lateral (select o.state = 'succeeded' or o.closed_at is not null as has_gone) gone
    where o.provider = payment.provider and o.payment_provider_id = payment.provider_id) now
  where r.id = now.id and r.is_excess <> now.is_excess;
  -- At once, since the others are shown in their place.
  perform ticket_private.fail_transaction(r.id) from ticket_private.refunds r
  where r.provider = payment.provider and r.payment_provider_id = payment.provider_id and (r.is_excess or r.origin = 'provider' and r.state >= 'failed');
end $$;

-- Refunds that somebody made at the provider are shown once they have succeeded, as soon as their payment is.
create or replace function ticket_private.show_refunds(attempt ticket_private.attempts)
returns void language plpgsql volatile set search_path = '' as $$
declare
  payment ticket_private.payment_balances;
begin
  if not exists (select from ticket_private.refunds r where r.attempt_id = attempt.id)
  and not exists (select from ticket_private.disputes d where d.attempt_id = attempt.id) then
    return;
  end if;
  perform ticket_private.mark_excess_refunds(p) from ticket_private.payments p where p.attempt_id = attempt.id and p.transaction_id is not null;
  for payment in select * from ticket_private.payment_balances b where b.attempt_id = attempt.id and b.transaction_id is not null order by b.provider_id loop
    perform ticket_private.overtake_refunds(payment);
    insert into ticket_service.ticket_transactions (id, ticket_id, kind, refund_of, transaction_id, amount, currency, payment_method, status)
    select r.id, r.ticket_id, 'refund', payment.transaction_id, r.provider_id, r.amount, r.currency, r.provider,
      case when r.is_excess or r.state >= 'failed' then 'failed' else 'pending' end::ticket_service.transaction_status
    from ticket_private.refunds r
    where r.provider = payment.provider and r.payment_provider_id = payment.provider_id and r.origin = 'provider' and r.has_succeeded
      and not exists (select from ticket_service.ticket_transactions x where x.id = r.id);
  end loop;
end $$;

create or replace function ticket_private.decide_payments(attempt ticket_private.attempts)
returns void language plpgsql volatile set search_path = '' as $$
declare
  ticket ticket_service.tickets;
  payment ticket_private.payment_balances;
  verdict ticket_service.payment_outcome;
begin
  for payment in
    select b.* from ticket_private.payment_balances b join ticket_private.payments p on p.provider = b.provider and p.provider_id = b.provider_id
    where b.attempt_id = attempt.id and b.transaction_id is not null order by b.outcome nulls last, p.first_told_at, b.provider_id
  loop
    select * into ticket from ticket_service.tickets t where t.id = attempt.ticket_id;
    verdict := coalesce(ticket_private.way_back_of(payment), payment.outcome);
    payment.has_bought := payment.has_bought or payment.outcome is null and verdict is not null
      and ticket.status <> 'active' and (payment.amount, payment.currency) = (attempt.amount, attempt.currency);
    if verdict is null then
      verdict := case
        when (payment.amount, payment.currency) <> (attempt.amount, attempt.currency) then 'set_aside'
        when exists (select from ticket_private.payments p where p.ticket_id = ticket.id and p.outcome = 'activated') and ticket.status in ('active', 'refunded') then 'paid_twice'
        when ticket.status = 'active' then 'already_has_ticket'
        else ticket_private.activate(attempt, ticket)
      end;
      payment.has_bought := verdict = 'activated';
    end if;
    if verdict is distinct from payment.outcome then
      update ticket_private.payments p set outcome = verdict, has_bought = payment.has_bought where p.provider = payment.provider and p.provider_id = payment.provider_id;
      perform ticket_private.apply_outcome(attempt, ticket, payment, verdict);
    end if;
  end loop;
end $$;

create or replace function ticket_private.apply_outcome(
  attempt ticket_private.attempts, ticket ticket_service.tickets, payment ticket_private.payment_balances, verdict ticket_service.payment_outcome)
returns void language plpgsql volatile set search_path = '' as $$
begin
  if payment.has_bought then
    update ticket_private.attempts a set state = 'ending', check_at = now()
    where a.ticket_id = ticket.id and a.id <> attempt.id and a.state in ('creating', 'open');
  end if;
  case verdict
    when 'activated' then
      null;
    when 'set_aside', 'refunded', 'reversed', 'disputed' then
      -- The money is gone, so is the ticket that it bought, unless another payment stands for it. What bought none leaves
      -- nothing to wait for but another page.
      update ticket_service.tickets t
      set status = case when not payment.has_bought then 'expired' when verdict = 'refunded' then 'refunded' else 'cancelled' end::ticket_service.ticket_status
      where t.id = ticket.id
        and case when payment.has_bought then t.status <> 'refunded' and (verdict = 'refunded' or t.status <> 'cancelled') else t.status = 'pending'
            and not exists (select from ticket_private.attempts a where a.ticket_id = ticket.id and a.id <> attempt.id and a.state in ('creating', 'open')) end
        and not exists (select from ticket_private.payments p where p.ticket_id = ticket.id and p.outcome = 'activated'
          and (p.provider, p.provider_id) <> (payment.provider, payment.provider_id));
    else
      update ticket_service.tickets t set status = 'cancelled' where t.id = ticket.id and t.status = 'pending';
      perform ticket_private.request_refund_of(payment.provider, payment.provider_id, ticket_private.refundable(payment), 0, 'payment', null);
  end case;
end $$;

-- What is owed stays pending, also when the provider failed to send it.
create or replace function ticket_private.show_states(attempt uuid)
returns void language plpgsql volatile set search_path = '' as $$
begin
  update ticket_service.ticket_transactions x
  set status = shown_now.status, completed_at = case when shown_now.status <> 'pending' then coalesce(x.completed_at, now()) end,
    transaction_id = coalesce(x.transaction_id, shown_now.provider_id), outcome = shown_now.outcome
  from (
    select b.transaction_id as id, b.provider_id, b.outcome,
      case when b.state = 'reversed' or b.amount > 0 and b.amount <= b.gone then 'refunded' else 'success' end::ticket_service.transaction_status as status
    from ticket_private.payment_balances b where b.attempt_id = show_states.attempt and b.transaction_id is not null
    union all
    select r.id, r.provider_id, null,
      case when r.is_done then 'success'
        when r.is_overtaken or r.is_excess or r.state >= 'failed' and r.origin = 'provider' then 'failed'
        else 'pending' end::ticket_service.transaction_status
    from ticket_private.refunds r where r.attempt_id = show_states.attempt) shown_now
  where x.id = shown_now.id
    and ((x.status, x.outcome) is distinct from (shown_now.status, shown_now.outcome) or x.transaction_id is null and shown_now.provider_id is not null);
end $$;

create or replace function ticket_private.fail_transaction(transaction uuid)
returns void language plpgsql volatile set search_path = '' as $$
begin
  update ticket_service.ticket_transactions x set status = 'failed', completed_at = now() where x.id = transaction and x.status <> 'failed';
end $$;

create or replace function ticket_private.drop_attempt(attempt uuid)
returns void language plpgsql volatile set search_path = '' as $$
begin
  update ticket_private.attempts a set state = 'closed' where a.id = attempt;
  perform ticket_private.fail_transaction(attempt);
end $$;

create or replace function ticket_private.close_attempt(attempt ticket_private.attempts)
returns void language plpgsql volatile set search_path = '' as $$
begin
  if exists (select from ticket_private.payments p where p.attempt_id = attempt.id and p.state >= 'paid') then
    update ticket_private.attempts a set state = 'closed', check_at = null where a.id = attempt.id and (a.state <> 'closed' or a.check_at is not null);
  elsif exists (select from ticket_private.payments p where p.attempt_id = attempt.id and p.state in ('expired', 'failed')) then
    perform ticket_private.fail_transaction(attempt.id);
    if attempt.state in ('creating', 'open') then
      update ticket_service.tickets t set status = 'expired' where t.id = attempt.ticket_id and t.status = 'pending';
    end if;
    -- Whoever pays all the same, on a page that could not be ended or by a payment that goes on, is found later.
    update ticket_private.attempts a
    set state = 'closed', check_at = case
      when now() < a.expires_at then a.expires_at + interval '1 minute'
      when exists (select from ticket_private.payments p where p.attempt_id = a.id and p.state = 'pending') then a.check_at end
    where a.id = attempt.id;
  end if;
end $$;

create or replace function ticket_private.refund_to_send(refund uuid)
returns jsonb language sql stable set search_path = '' as $$
  select jsonb_build_object('id', r.id, 'attempt_id', r.attempt_id, 'provider', r.provider, 'payment_id', r.payment_provider_id,
    'provider_id', r.provider_id, 'amount', r.amount, 'currency', r.currency, 'paid', p.amount, 'sent_at', r.sent_at)
  from ticket_private.refunds r
  left join ticket_private.payments p on p.provider = r.provider and p.provider_id = r.payment_provider_id
  where r.id = refund
$$;

create or replace function ticket_private.refund_answer(ticket uuid, refund uuid)
returns jsonb language sql stable set search_path = '' as $$
  select jsonb_build_object(
    'ticket', jsonb_build_object('id', t.id, 'event_id', t.event_id, 'status', t.status),
    'refund', (select jsonb_build_object('id', r.id, 'amount', r.amount, 'currency', r.currency, 'fee', r.fee,
        'status', case when r.is_done then 'succeeded' when r.is_overtaken then 'cancelled'
          when r.is_manual then 'manual' else r.state::text end)
      from ticket_private.refunds r where r.id = refund))
  from ticket_service.tickets t where t.id = ticket
$$;

-- Money that was imported with a ticket, with the refunds that came along, as if a provider had told of it.
create or replace function ticket_private.take_in_imported_payments(ticket uuid)
returns void language plpgsql volatile set search_path = '' as $$
begin
  insert into ticket_private.payments (provider, provider_id, attempt_id, ticket_id, transaction_id, state, amount, currency, method, outcome, has_bought)
  select 'imported', x.id, x.id, x.ticket_id, x.id, 'paid', x.amount, x.currency, x.payment_method, 'activated', true
  from ticket_service.ticket_transactions x
  where x.ticket_id = ticket and x.kind = 'payment' and x.status in ('success', 'refunded') and x.amount > 0;
  insert into ticket_private.refunds (id, ticket_id, attempt_id, provider, payment_provider_id, provider_id, amount, currency, origin, state, has_succeeded, is_manual)
  select x.id, x.ticket_id, x.refund_of, 'imported', x.refund_of, x.id, x.amount, x.currency, 'operator',
    case x.status when 'success' then 'succeeded' else 'requested' end::ticket_private.refund_state, x.status = 'success', true
  from ticket_service.ticket_transactions x
  where x.ticket_id = ticket and x.kind = 'refund' and x.amount > 0 and x.status <> 'failed';
  perform ticket_private.record_journal(ticket);
end $$;

-- Under the ticket's lock, as all that writes tickets.
create or replace function ticket_private.end_ticket(
  ticket uuid, payment ticket_private.payment_balances, fee numeric, origin ticket_private.refund_origin, reason text)
returns uuid language plpgsql volatile set search_path = '' as $$
declare
  available numeric := coalesce(ticket_private.refundable(payment), 0);
  kept numeric := least(available, fee);
begin
  update ticket_service.tickets t
  set status = case when payment.provider_id is null then 'cancelled' else 'refunded' end::ticket_service.ticket_status, refund_fee = fee
  where t.id = ticket;
  -- Imported ones may have been paid in parts.
  perform ticket_private.request_refund_of(b.provider, b.provider_id, ticket_private.refundable(b), 0, origin, reason)
  from ticket_private.payment_balances b where b.ticket_id = ticket and b.provider = 'imported' and b.provider_id <> payment.provider_id;
  return ticket_private.request_refund_of(payment.provider, payment.provider_id, available - kept, kept, origin, reason);
end $$;

create or replace function ticket_private.give_up_hold(person uuid, idempotency_key text, ticket uuid)
returns jsonb language plpgsql volatile set search_path = '' as $$
declare
  attempt ticket_private.attempts;
begin
  select * into attempt from ticket_private.attempts a
  where a.ticket_id = ticket and a.state in ('creating', 'open', 'ending') and a.check_at is not null
  order by a.state = 'creating', a.state limit 1;
  if attempt.state in ('open', 'ending') then
    -- The provider takes no more money before the seat is free.
    return ticket_private.expire_first(person, 'ticket-refund', idempotency_key, attempt.id);
  elsif attempt.id is not null then
    perform ticket_private.drop_attempt(attempt.id);
  end if;
  update ticket_service.tickets t set status = 'cancelled' where t.id = ticket;
  return ticket_private.keep_answer(person, 'ticket-refund', idempotency_key, 200, ticket_private.refund_answer(ticket, null));
end $$;

create or replace function ticket_private.require_amount(amount numeric, payment ticket_private.payment_balances, currency text)
returns void language plpgsql stable set search_path = '' as $$
begin
  if amount <= 0 or amount <> round(amount, greatest(ticket_private.currency_decimals(coalesce(payment.currency, currency)), scale(trim_scale(payment.amount)))) then
    perform ticket_private.refuse('invalid_amount', 'An amount is more than 0, and has no more decimals than its currency, or than what was paid.');
  elsif amount > coalesce(ticket_private.refundable(payment), 0) then
    perform ticket_private.refuse('refund_exceeds_payment', 'Refunds cannot exceed what was paid.', 409);
  end if;
end $$;

-- The ticket's lock first: of two requests at once the second sees what the first did.
create or replace function ticket_private.refund_ticket(person uuid, idempotency_key text, ticket_id uuid, amount numeric, reason text)
returns jsonb language plpgsql volatile set search_path = '' as $$
declare
  ticket ticket_service.tickets;
  event record;
  is_host boolean;
  payment ticket_private.payment_balances;
  refund uuid;
  next jsonb;
  kept jsonb;
begin
  perform ticket_private.lock_tickets(t.user_id, t.event_id, t.id) from ticket_service.tickets t where t.id = refund_ticket.ticket_id;
  select * into ticket from ticket_service.tickets t where t.id = refund_ticket.ticket_id;
  select e.host_id, e.start_time, e.status = 'cancelled' as is_cancelled into event from event_service.events e where e.id = ticket.event_id;
  is_host := event.host_id is not distinct from person and person is not null;
  if ticket.id is null or not (is_host or ticket.user_id is not distinct from person) then
    perform ticket_private.refuse('ticket_not_found', 'There is no such ticket.', 404);
  elsif not is_host and amount is not null then
    perform ticket_private.refuse('amount_is_for_hosts', 'Only the host chooses an amount. A refund that you ask for is of the whole price, less the fee.', 403);
  elsif not is_host then
    perform ticket_private.require_refundable(ticket, event.start_time, event.is_cancelled);
  end if;
  if amount is null and ticket.status not in ('pending', 'active') then
    perform ticket_private.refuse('ticket_ended', 'This ticket has ended already.', 409);
  elsif amount is null and ticket.status = 'pending' and ticket.user_id is distinct from person then
    perform ticket_private.refuse('ticket_not_paid', 'This ticket is not paid for yet. Its seat is free again by itself.', 409);
  elsif amount is null and ticket.status = 'pending' then
    return ticket_private.give_up_hold(person, idempotency_key, ticket.id);
  end if;

  payment := ticket_private.payment_of(ticket.id);
  if amount is not null then
    perform ticket_private.require_amount(amount, payment, ticket.currency);
    refund := ticket_private.request_refund_of(payment.provider, payment.provider_id, amount, 0, 'host', reason);
  else
    refund := ticket_private.end_ticket(ticket.id, payment,
      case when is_host or event.is_cancelled or event.start_time <> ticket.event_start_time then 0 else ticket.refund_fee end,
      case when is_host then 'host' else 'buyer' end::ticket_private.refund_origin, reason);
  end if;
  update ticket_private.refunds r set state = 'sent', sent_at = now(), send_at = now() + interval '2 minutes', sends = 1
  where r.id = refund and not r.is_manual returning jsonb_build_object('next', 'refund', 'refund', ticket_private.refund_to_send(r.id)) into next;
  -- Kept at once: whoever repeats the request after a crash is told of this refund, and maintenance sends it.
  kept := ticket_private.keep_answer(person, 'ticket-refund', idempotency_key, 200, ticket_private.refund_answer(ticket.id, refund));
  return coalesce(next, kept);
end $$;

-- Definer: as above.
create or replace function ticket_private.record_refund(
  refund_id uuid, state ticket_private.refund_state, provider_id text, is_manual boolean, problem text,
  person uuid, idempotency_key text)
returns jsonb language plpgsql volatile security definer set search_path = '' as $$
declare
  refund ticket_private.refunds;
begin
  perform ticket_private.lock_key(person, 'ticket-refund', idempotency_key);
  select * into refund from ticket_private.refunds r where r.id = record_refund.refund_id;
  if not found then
    return jsonb_build_object('result', 'unknown');
  end if;
  perform from ticket_service.tickets t where t.id = refund.ticket_id for no key update;
  update ticket_private.refunds r
  set state = greatest(r.state, record_refund.state), provider_id = coalesce(r.provider_id, record_refund.provider_id),
    has_succeeded = r.has_succeeded or record_refund.state = 'succeeded',
    is_overtaken = r.is_overtaken and not (r.state = 'succeeded' and record_refund.state >= 'failed'),
    is_manual = r.is_manual or record_refund.is_manual, problem = coalesce(record_refund.problem, r.problem),
    -- Asked again ever more rarely. After some weeks it is listed for operators, and what the provider does not know of is theirs alone.
    send_at = case
      when r.is_manual or record_refund.is_manual or r.closed_at is not null or greatest(r.state, record_refund.state) >= 'succeeded' or r.is_overtaken then null
      when r.sends >= 60 and coalesce(r.provider_id, record_refund.provider_id) is null then null
      else now() + least(interval '1 minute' * power(2, least(r.sends, 10)), interval '12 hours') end
  where r.id = refund.id;
  perform ticket_private.settle_or_record(refund);
  if idempotency_key is not null then
    return ticket_private.keep_answer(person, 'ticket-refund', idempotency_key, 200, ticket_private.refund_answer(refund.ticket_id, refund.id), is_better => true);
  end if;
  return jsonb_build_object('result', 'recorded');
end $$;

-- Definer: as above.
create or replace function ticket_private.cancellation_progress(person uuid, event_id uuid, reason text)
returns jsonb language plpgsql volatile security definer set search_path = '' as $$
declare
  event record;
begin
  select e.host_id, e.status::text as status into event from event_service.events e where e.id = cancellation_progress.event_id;
  if event.host_id is distinct from person or person is null then
    perform ticket_private.refuse('event_not_found', 'There is no such event of yours.', 404);
  elsif event.status <> 'cancelled' then
    perform ticket_private.refuse('event_over', 'This event is over or cancelled, and stays so.', 409);
  end if;
  update ticket_service.event_cancellations c set reason = cancellation_progress.reason
  where c.event_id = cancellation_progress.event_id and c.reason is null;
  perform ticket_private.continue_cancellations(event => cancellation_progress.event_id);
  return (
    select jsonb_build_object(
      'event_id', cancellation_progress.event_id,
      'reason', (select c.reason from ticket_service.event_cancellations c where c.event_id = cancellation_progress.event_id),
      'tickets_to_end', (select count(*) from ticket_service.tickets t where t.event_id = cancellation_progress.event_id and t.status in ('pending', 'active')),
      'refunds', count(r.id),
      'refunds_succeeded', count(r.id) filter (where r.is_done),
      'refunds_under_way', count(r.id) filter (where not r.is_done and o.id is null),
      'refunds_for_an_operator', count(o.id))
    from ticket_service.tickets t
    join ticket_private.refunds r on r.ticket_id = t.id and r.origin = 'cancellation' and not r.is_overtaken and not r.is_excess
    left join ticket_private.refunds_for_operators o on o.id = r.id
    where t.event_id = cancellation_progress.event_id);
end $$;

create or replace view ticket_private.payments_for_operators as
  select b.transaction_id, b.ticket_id, b.provider, b.provider_id, b.currency, b.outcome, ticket_private.refundable(b) - kept.fee as available, p.first_told_at as since
  from ticket_private.payments p join ticket_private.payment_balances b on b.provider = p.provider and b.provider_id = p.provider_id
  join ticket_service.tickets t on t.id = p.ticket_id
  cross join lateral (
    -- A fee of the whole price left nothing to refund.
    select greatest(max(r.fee), case when p.has_bought and p.outcome in ('activated', 'disputed') and t.status = 'refunded' then t.refund_fee else 0 end) as fee
    from ticket_private.refunds r where r.provider = p.provider and r.payment_provider_id = p.provider_id) kept
  where ticket_private.refundable(b) > kept.fee
    and (p.outcome in ('set_aside', 'disputed', 'refunded')
      -- A refund that somebody made at the provider left nothing to ask for, and came back.
      or p.outcome is not null and t.status not in ('pending', 'active') and exists (select from ticket_private.refunds r
        where r.provider = p.provider and r.payment_provider_id = p.provider_id and r.origin = 'provider' and r.state >= 'failed'));

-- Definer: only this, not the server's role, reads refunds and payments.
create or replace function ticket_private.operator_queue()
returns table (kind text, id uuid, ticket_id uuid, provider text, provider_id text, amount numeric, currency text, problem text, since timestamptz)
language sql stable security definer set search_path = '' as $$
  select q.* from (
    select 'refund' as kind, r.id, r.ticket_id, r.provider, coalesce(r.provider_id, r.payment_provider_id) as provider_id, r.amount, r.currency,
      coalesce(r.problem, case when r.is_manual then 'The provider cannot refund this payment.' end) as problem, r.requested_at as since
    from ticket_private.refunds_for_operators r
    union all
    select 'payment', p.transaction_id, p.ticket_id, p.provider, p.provider_id, p.available, p.currency,
      case p.outcome when 'set_aside' then 'Another amount or currency arrived than was asked for.'
        else 'This is left of a payment (' || p.outcome || ') for which there is no ticket.' end, p.since
    from ticket_private.payments_for_operators p
    union all
    select 'excess', r.id, r.ticket_id, r.provider, coalesce(r.provider_id, r.payment_provider_id),
      case when r.is_excess then least(r.amount, gone.so_far - p.amount) else 0 end + case when r.closed_at is not null and r.state = 'succeeded' then r.amount else 0 end, r.currency,
      'This went back although there was no more to give.', r.requested_at
    from ticket_private.refunds r join ticket_private.payments p on p.provider = r.provider and p.provider_id = r.payment_provider_id
    cross join lateral (
      select sum(o.amount) as so_far from ticket_private.refunds o
      where o.provider = r.provider and o.payment_provider_id = r.payment_provider_id and (o.is_done or o.is_excess
        and (o.origin = 'provider', coalesce(o.provider_id, o.id::text)) <= (r.origin = 'provider', coalesce(r.provider_id, r.id::text)))) gone
    where r.is_excess or r.closed_at is not null and r.state = 'succeeded'
    union all
    select 'cancellation', c.event_id, null, null, null, null, null, 'Tickets of this cancelled event could not be ended: the server''s log says why.', c.cancelled_at
    from ticket_service.event_cancellations c where c.tickets_ended_at is null and c.cancelled_at < now() - interval '1 hour'
    union all
    select 'attempt', a.id, a.ticket_id, a.provider, coalesce(a.session_id, a.id::text), a.amount, a.currency,
      'The provider has not said for a week what became of this payment.', a.started_at
    from ticket_private.attempts a
    where a.check_at is null and a.checks >= 40
      and (a.state <> 'closed' or exists (select from ticket_private.payments p where p.attempt_id = a.id and p.state = 'pending'))) q
  where not exists (select from ticket_private.closed_items c where c.kind = q.kind and c.id = q.id)
  order by q.since, q.id
$$;

-- Definer: clients write neither waiting list nor seats. Under the lock of the seats: none is freed meanwhile unseen.
create or replace function ticket_private.join_waitlist(event_id uuid)
returns int language plpgsql volatile security definer set search_path = '' as $$
declare
  asker uuid := (select auth.uid());
begin
  if not exists (select from ticket_private.me) then
    perform ticket_private.refuse('account_gone', 'This account no longer exists. Sign in again.', 401);
  elsif not exists (select from ticket_private.visible_events e where e.id = join_waitlist.event_id) then
    perform ticket_private.refuse('event_not_found', 'There is no such event.', 404);
  end if;
  perform ticket_private.require_open(join_waitlist.event_id);
  if exists (select from ticket_service.tickets t where t.user_id = asker and t.event_id = join_waitlist.event_id and t.status = 'active') then
    perform ticket_private.refuse('already_has_ticket', 'You already have a ticket to this event.', 409);
  elsif exists (select from ticket_service.tickets t where t.user_id = asker and t.event_id = join_waitlist.event_id and t.status = 'pending' and t.held_until > now()) then
    return 0;
  end if;
  perform ticket_private.require_holds_left(asker, join_waitlist.event_id);
  -- One's own entry before the seats, as one's checkout takes them.
  perform from ticket_service.waitlist_entries w where w.event_id = join_waitlist.event_id and w.user_id = asker for update;
  perform ticket_private.expire_holds(500, join_waitlist.event_id);
  perform from ticket_private.event_seats s where s.event_id = join_waitlist.event_id for update;
  if exists (select from ticket_service.tickets t where t.user_id = asker and t.event_id = join_waitlist.event_id and t.status in ('pending', 'active')) then
    -- They waited already, and have just been offered a seat.
    return 0;
  end if;
  if not ticket_private.is_full(join_waitlist.event_id) then
    perform ticket_private.refuse('seats_available', 'There are seats left: buy one.', 409);
  end if;
  insert into ticket_service.waitlist_entries (event_id, user_id) values (join_waitlist.event_id, asker) on conflict do nothing;
  return (
    select count(*) from ticket_service.waitlist_entries w
    join ticket_service.waitlist_entries mine on mine.event_id = w.event_id and mine.user_id = asker
    where w.event_id = join_waitlist.event_id and (w.joined_at, w.id) <= (mine.joined_at, mine.id));
end $$;

-- Definer: it reads attempts and refunds, which are internal. Only of tickets that are the caller's.
create or replace function ticket_private.my_ticket_cards(cursor text, page_size int)
returns setof ticket_service.ticket_card language plpgsql stable security definer set search_path = '' as $$
declare
  after jsonb := ticket_private.read_cursor(cursor, 'tickets');
  after_time timestamptz := coalesce(ticket_private.cursor_time(after, 'time'), 'infinity');
begin
  return query
    select t.id, t.status, t.attendance_code, t.price_paid, t.currency, t.purchased_at, t.is_checked_in, t.checked_in_at, t.held_until,
      t.status = 'pending' and a.id is null, t.refund_fee, t.refund_deadline,
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

-- Definer: as above.
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

create or replace function user_private.require_nothing_sold(host uuid)
returns void language plpgsql volatile set search_path = '' as $$
begin
  if exists (
    select from event_service.events e
    join ticket_service.tickets t on t.event_id = e.id and t.status in ('pending', 'active')
    where e.host_id = host and e.status in ('upcoming', 'ongoing'))
  then
    perform user_private.refuse('has_sold_tickets', 'You host a coming event with sold tickets. Cancel it and see its tickets refunded, then delete your account.', 409);
  end if;
end $$;

-- What someone's leaving changes here: rows of many events, each kind in the order of events. Theirs alone is deleted by it.
create or replace function user_private.lock_leaver(person uuid)
returns void language plpgsql volatile set search_path = '' as $$
declare
  hosted uuid[];
  ticketed uuid[];
  attended uuid[];
begin
  perform from user_service.profiles p where p.id = person for update;
  perform user_private.require_nothing_sold(person);
  -- What they wrote goes before anything is locked that others wait for: it may take long.
  perform set_config('user_private.leaving', person::text, true);
  perform post_private.forget_person(person), event_private.forget_questions(person);
  hosted := array(
    select e.id from event_service.events e where e.host_id = person and e.status in ('upcoming', 'ongoing') order by e.id for no key update);
  -- Those that have ended, too: a late payment may just be reviving one.
  perform from ticket_service.tickets t where t.user_id = person order by t.id for no key update;
  ticketed := array(select t.event_id from ticket_service.tickets t where t.user_id = person and t.status in ('pending', 'active'));
  perform from ticket_service.waitlist_entries w where w.user_id = person order by w.event_id for update;
  perform from ticket_private.event_seats s where s.event_id = any (hosted || ticketed) order by s.event_id for update;
  attended := array(select a.event_id from event_service.event_attendees a where a.user_id = person order by a.id for update);
  perform from user_service.invitations i where person in (i.inviter_id, i.invitee_id) order by i.id for update;
  perform user_private.lock_invitations(i.invitee_id, i.event_id)
  from (select distinct i.event_id, i.invitee_id from user_service.invitations i where person in (i.inviter_id, i.invitee_id) order by 1, 2) i;
  perform from event_private.event_capacity c where c.event_id = any (hosted || attended) order by c.event_id for update;
  perform from user_service.user_stats s where s.user_id = person for update;
end $$;

-- Definer: it reads and deletes tickets of everyone's. Those that nobody paid for and nobody can any more go with the
-- event, or whoever once looked at its checkout would keep it for ever.
create or replace function event_private.tg_events__keep_ticketed()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  -- What people wrote before what they have, as whoever leaves goes through it.
  perform from post_service.posts p where p.event_id = old.id or p.attached_event_id = old.id order by p.id for update;
  perform from event_service.qna_upvotes u join event_service.event_qna q on q.id = u.question_id where q.event_id = old.id order by u.question_id, u.user_id for update of u;
  perform from event_service.event_qna q where q.event_id = old.id order by q.id for update;
  if exists (
    select from ticket_service.tickets t
    where t.event_id = old.id
      and (t.status in ('pending', 'active', 'refunded')
        or exists (select from ticket_service.ticket_transactions x where x.ticket_id = t.id and x.status <> 'failed')
        or exists (select from ticket_private.payments p where p.ticket_id = t.id and p.state >= 'paid')
        -- Somebody may still pay on a page that they opened before it ended.
        or exists (select from ticket_private.attempts a where a.ticket_id = t.id
          and (a.check_at is not null or a.checkout_url is not null and a.started_at > now() - interval '30 days'))))
  then
    perform event_private.refuse('has_sold_tickets', 'Tickets to this event are sold, or somebody may still be paying for one. Cancel it instead of deleting it.', 409);
  end if;
  delete from ticket_private.payments p using ticket_service.tickets t where t.id = p.ticket_id and t.event_id = old.id;
  delete from ticket_private.attempts a using ticket_service.tickets t where t.id = a.ticket_id and t.event_id = old.id;
  delete from ticket_service.ticket_transactions x using ticket_service.tickets t where t.id = x.ticket_id and t.event_id = old.id;
  delete from ticket_service.tickets t where t.event_id = old.id;
  return old;
end $$;

-- Definer: it reads tickets of everyone's.
create or replace function user_private.tg_users__refuse_while_selling()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  perform user_private.require_nothing_sold(old.id);
  return old;
end $$;

comment on function user_private.lock_leaver(uuid) is 'Locks, in everyone''s order, what the leaving of this person will change; what they wrote may go by it already.';
comment on function post_private.forget_person(uuid) is 'Deletes what somebody who leaves has posted, liked and said.';
comment on function event_private.forget_questions(uuid) is 'Deletes what somebody who leaves has asked and nobody answered; what was answered stays without them.';
comment on column ticket_service.tickets.refund_fee is 'What a refund that the buyer asks for costs, in major units of currency, by the policy at purchase; of a refunded one, what its did.';
comment on column ticket_private.attempts.check_at is 'When maintenance asks the provider about it; null once nothing more is to come, or after it was asked forty times.';
comment on column ticket_private.attempts.state is 'creating: the provider may or may not know it; open: the buyer may pay; ending: its provider is to take no more money for it; closed: paid, expired, failed or dropped.';
comment on column ticket_private.payments.has_bought is 'Whether the ticket was its own, or was to be when it went back before that was decided: then it ends with it.';
comment on table ticket_private.refunds is 'Money that is to go back, or went back. Its id is the provider''s idempotency key. Owed until it succeeded, was overtaken or was closed by an operator; also what failed, or was cancelled, at the provider.';
comment on view ticket_private.payment_balances is
  'Each payment, and of it in major units: done, what has gone back by refunds that are in the books; gone, with what went back beside all there was; done_by_provider, of gone less what operators paid; promised, with what is to go back; standing_elsewhere, of gone by somebody at the provider; given_elsewhere, what somebody ever refunded at the provider; ever_given, with what we did; called_back, what disputes hold; ever_called_back, what they ever took.';
comment on function ticket_private.require_holds_left(uuid, uuid) is 'Refuses a seat to whoever held one at this event five times within a day and took none, or twenty times where no page to pay on came of it.';
comment on view ticket_private.payments_for_operators is 'Payments of another amount than was asked for, and what is left of those whose ticket ended, less what the policy kept: refund_rest() sends it back.';
comment on type ticket_service.ticket_card is 'A ticket as its buyer sees it. event: {id, title, start_time, end_time, location_name, price, currency, status, cancellation_reason}, of one that was never had and is no longer seen {id}; payment: {id, amount, currency, payment_method, status, outcome, checkout_url, expires_at} or null; refunds: [{id, amount, currency, fee, status, reason}]; cursor continues the list after this row.';
comment on type ticket_service.sales_line is 'What an event sold on a day (UTC) in a currency; day null: altogether. Money in major units: gross as captured, refunded and charged_back as they went back, fees_kept what is left of payments whose ticket was refunded and is owed to nobody, owed still to be refunded.';
comment on function ticket_service.join_waitlist(uuid) is
  'Waits for a seat at a sold-out event; returns one''s place in the line, 1 being next, 0 while a seat is offered to or held for one: a pending ticket, to be checked out until held_until.';
comment on function ticket_service.finish_checkout(uuid, text, uuid, text, text) is
  'For service_role: what the provider answered. Returns {next: answer, status, answer}, or {next: expire, attempt} where another attempt has taken its place, or the seat is gone.';
comment on function ticket_service.fail_checkout(uuid, text, uuid, int, jsonb) is
  'For service_role: the attempt came to nothing: refused here (status below 500), or by the provider, which is asked once more. Frees the seat, keeps and returns the answer.';
comment on function user_private.require_nothing_sold(uuid) is 'Refuses whoever hosts a coming event with live tickets.';
revoke execute on function post_private.forget_person(uuid) from public;
revoke execute on function event_private.forget_questions(uuid) from public;
revoke execute on function ticket_private.mark_excess_refunds(ticket_private.payments) from public;
revoke execute on function ticket_private.fail_transaction(uuid) from public;
revoke execute on function user_private.require_nothing_sold(uuid) from public;

-- What there is already, by the new rules.
select ticket_private.settle(a) from ticket_private.attempts a
where a.id in (select r.attempt_id from ticket_private.refunds r where r.is_excess or r.state = 'cancelled')
  or a.id in (select d.attempt_id from ticket_private.disputes d join ticket_private.payments p on p.provider = d.provider and p.provider_id = d.payment_provider_id
    where d.currency <> p.currency)
order by a.id;
