begin;
set local search_path = extensions, public;
select no_plan();

-- Work of other events is not part of this test.
update ticket_private.refunds set send_at = null, problem = null;
update ticket_private.attempts set check_at = null;
select tests.make_people();
select tests.make_event('show', 'owner', '{"ticketing_enabled": true, "price": 50000}'), tests.make_event('free show', 'owner', '{"ticketing_enabled": true}'), tests.make_event('unsold', 'owner', '{"ticketing_enabled": true}');
insert into ticket_service.refund_policies (event_id, fee_fixed) values (tests.id('show'), 5000);
create function pg_temp.buys(person text) returns jsonb language plpgsql as $$
declare answer jsonb := ticket_service.begin_checkout(tests.id(person), gen_random_uuid()::text, 'hash', tests.id('show'), 'sandbox', null);
begin
  return ticket_service.record_notice('sandbox', null, (answer #>> '{attempt,id}')::uuid, format('{"payments": [{"id": "%s", "state": "paid", "amount": 50000, "currency": "IDR"}]}', person)::jsonb);
end $$;
select pg_temp.buys(person) from unnest(array['mutual', 'follower', 'stranger']) person;
select ticket_service.begin_checkout(tests.id('acquaintance'), 'held', 'hash', tests.id('show'), 'sandbox', null);
select ticket_service.begin_checkout(tests.id('mutual'), 'free', 'hash', tests.id('free show'));
update ticket_service.tickets set is_checked_in = true where user_id = tests.id('stranger');

select is(tests.may('owner', 'ticket_service.event_cancellations'), 'select', 'clients cannot write cancellations');
select is(tests.may('anonymous', 'ticket_service.event_cancellations'), 'nothing', 'anonymous visitors have no access to cancellations');
select tests.outcomes($$ select ticket_service.cancellation_progress(tests.id('owner'), tests.id('show'), 'Rain') $$, 'service event_over/409, owner 42501/grant', 'only a cancelled event can be refunded');
select tests.does('owner', $$ update event_service.events set status = 'cancelled' where id in (tests.id('show'), tests.id('unsold'), tests.id('free show')) $$);
select is((select count(*)::int from ticket_service.event_cancellations where event_id in (tests.id('show'), tests.id('free show'))), 2, 'a cancellation is recorded whoever cancels the event');
select tests.outcomes($$ insert into ticket_service.event_cancellations (event_id) values (tests.id('show')) $$, 'database 23505/events_are_cancelled_once', 'an event is cancelled once');
select tests.make_event('their show', 'stranger', '{"ticketing_enabled": true}');
select tests.does('stranger', $$ update event_service.events set status = 'cancelled' where id = tests.id('their show') $$);
select tests.outcomes($$ select from ticket_service.event_cancellations where event_id in (tests.id('show'), tests.id('free show'), tests.id('unsold'), tests.id('their show')) $$,
  'owner 3, mutual 2, acquaintance 1, stranger 2, followed 0', 'host and ticket holders see a cancellation');
select tests.outcomes($$ select ticket_service.cancellation_progress(tests.id('stranger'), tests.id('show'), 'Rain') $$, 'service event_not_found/404', 'only the host gives the reason');
select tests.outcomes($$ select ticket_service.cancellation_progress(tests.id('owner'), tests.id('show'), '') $$, 'service text_too_long/400', 'an empty reason is refused');

-- Batches. The oldest cancellation comes first.
update ticket_service.event_cancellations set cancelled_at = cancelled_at + interval '1 second' where event_id = tests.id('free show');
select is(ticket_service.continue_cancellations(2), 2, 'a run is limited to its batch');
select is((select count(*)::int from ticket_service.tickets where event_id in (tests.id('show'), tests.id('free show')) and status in ('pending', 'active')), 3, 'tickets beyond the batch stay live');
select is((select count(*)::int from ticket_service.event_cancellations where tickets_ended_at is not null and event_id in (tests.id('show'), tests.id('free show'))), 0, 'the cancellation is not finished');
select is(ticket_service.cancellation_progress(tests.id('owner'), tests.id('show'), 'Rain') - 'event_id',
  '{"reason": "Rain", "tickets_to_end": 0, "refunds": 3, "refunds_succeeded": 0, "refunds_under_way": 3, "refunds_for_an_operator": 0}', 'cancellation_progress() continues the cancellation');
select is(ticket_service.cancellation_progress(tests.id('owner'), tests.id('show'), 'Snow') ->> 'reason', 'Rain', 'the first reason is kept');
select is(ticket_service.continue_cancellations(), 1, 'cancellation_progress() ends tickets of its own event only');
select is((select count(*)::int from ticket_service.event_cancellations where tickets_ended_at is not null and event_id in (tests.id('show'), tests.id('free show'))), 2, 'the cancellations are finished');
select is((select string_agg(p.username || ' ' || t.status, ', ' order by p.username) from ticket_service.tickets t join user_service.profiles p on p.id = t.user_id where t.event_id = tests.id('show')),
  'tap_acquaintance cancelled, tap_follower refunded, tap_mutual refunded, tap_stranger refunded', 'all tickets ended, also checked-in ones');
select is((select array_agg(distinct array[r.amount, r.fee]) from ticket_private.refunds r join ticket_service.tickets t on t.id = r.ticket_id where t.event_id = tests.id('show')), array[array[50000, 0]]::numeric[], 'refunds are for the full price, without a fee');
select is((select status::text from ticket_service.tickets where event_id = tests.id('free show')), 'cancelled', 'a free ticket is cancelled');
select is((select count(*)::int from ticket_private.attempts a join ticket_service.tickets t on t.id = a.ticket_id where a.check_at <= now() and t.event_id = tests.id('show')), 1, 'the open attempt is checked at once');

-- The scheduler claims the refunds and the attempt.
select ticket_service.claim_work(20);

-- Refunds that are overtaken by a charge-back or a refund at the provider.
create function pg_temp.record(facts text) returns text language plpgsql as $$
declare attempt uuid := (select a.id from ticket_private.attempts a join ticket_service.tickets t on t.id = a.ticket_id where t.user_id = tests.id('follower') and t.event_id = tests.id('show'));
begin
  perform ticket_service.record_notice('sandbox', null, attempt, facts::jsonb);
  set constraints all immediate;
  set constraints all deferred;
  return (select string_agg(r.origin || ' ' || r.amount::int || case when r.is_overtaken then ' overtaken' when r.is_excess then ' excess' when r.is_done then ' done' else '' end
      || case when r.send_at is not null then ' to send' else '' end, ', ' order by r.is_overtaken, r.origin, r.amount)
    from ticket_private.refunds r where r.attempt_id = attempt);
end $$;
update ticket_private.refunds r set send_at = now() where r.ticket_id in (select t.id from ticket_service.tickets t where t.user_id = tests.id('follower') and t.event_id = tests.id('show'));
savepoint called_back;
select is(pg_temp.record('{"disputes": [{"id": "dispute", "payment_id": "follower", "amount": 1, "currency": "IDR"}]}'), 'cancellation 50000 to send', 'a dispute without a withdrawal changes nothing');
select is(pg_temp.record('{"disputes": [{"id": "dispute", "payment_id": "follower", "amount": 1, "currency": "IDR", "withdrawn": true}]}'),
  'cancellation 49999 to send, cancellation 50000 overtaken', 'a withdrawn amount is not refunded again');
select is(pg_temp.record('{"disputes": [{"id": "dispute", "payment_id": "follower", "amount": 1, "currency": "IDR", "withdrawn": true, "reinstated": true}]}'),
  'cancellation 49999 to send, cancellation 50000 overtaken', 'not even if it is reinstated');
select is((select array[kind, amount::int::text] from ticket_service.operator_queue() where provider_id = 'follower'), array['payment', '1'], 'a reinstated amount is listed for operators');
rollback to called_back;
select is(pg_temp.record('{"refunds": [{"id": "theirs", "payment_id": "follower", "amount": 20000, "currency": "IDR", "state": "sent"}]}'),
  'cancellation 50000 to send, provider 20000', 'a refund at the provider that has not succeeded changes nothing');
select is(pg_temp.record('{"refunds": [{"id": "theirs", "payment_id": "follower", "amount": 20000, "currency": "IDR", "state": "succeeded"}]}'),
  'cancellation 30000 to send, provider 20000 done, cancellation 50000 overtaken', 'a refund at the provider that has succeeded reduces ours');
select is((select string_agg(x.amount::int || ' ' || x.status, ', ' order by x.amount) from ticket_service.ticket_transactions x join ticket_private.refunds r on r.id = x.id join ticket_service.tickets t on t.id = r.ticket_id
    where t.user_id = tests.id('follower')), '20000 success, 30000 pending, 50000 failed', 'the transactions show this to the buyer');
select is(ticket_service.record_refund(r.id, 'succeeded', 'ours') ->> 'result', 'recorded', 'an overtaken refund may still succeed') from ticket_private.refunds r where r.is_overtaken;
select is((select array_agg(kind || ' ' || amount::int order by kind) from ticket_service.operator_queue() where ticket_id in (select id from ticket_service.tickets where user_id = tests.id('follower'))), array['excess 20000'], 'then the excess is listed for operators');
select is(pg_temp.record('{}'), 'provider 20000 excess, cancellation 30000 overtaken, cancellation 50000 overtaken', 'and no other refund is sent');
set constraints all immediate;

-- A ticket that cannot be ended does not stop the others. Refunds imported with a payment reduce ours.
set constraints all deferred;
select tests.make_event('old show', 'owner', '{"ticketing_enabled": true, "price": 100}');
insert into ticket_service.tickets (id, user_id, event_id, status, price_paid) values (tests.id('imported'), tests.id('mutual'), tests.id('old show'), 'active', 100), (tests.id('stuck'), tests.id('follower'), tests.id('old show'), 'active', 100);
insert into ticket_service.ticket_transactions (id, ticket_id, amount, status) values (tests.id('old payment'), tests.id('imported'), 100, 'success');
insert into ticket_service.ticket_transactions (ticket_id, kind, refund_of, amount, status) values (tests.id('imported'), 'refund', tests.id('old payment'), 40, 'success');
create function pg_temp.stick() returns trigger language plpgsql as $$ begin raise 'stuck'; end $$;
create trigger stick before update on ticket_service.tickets for each row when (old.id = tests.id('stuck')) execute function pg_temp.stick();
select tests.does('owner', $$ update event_service.events set status = 'cancelled' where id = tests.id('old show') $$);
select is(ticket_service.continue_cancellations(), 1, 'all tickets but one end');
select is((select string_agg(r.amount::int || ' ' || r.state, ', ' order by r.amount) from ticket_private.refunds r where r.ticket_id = tests.id('imported')), '40 succeeded, 60 requested', 'the rest of an imported payment is refunded');
select is((select count(*)::int from ticket_service.operator_queue() where kind = 'cancellation'), 0, 'an unfinished cancellation is not listed within an hour');
update ticket_service.event_cancellations set cancelled_at = now() - interval '2 hours' where event_id = tests.id('old show');
select is((select id from ticket_service.operator_queue() where kind = 'cancellation'), tests.id('old show'), 'after an hour it is listed for operators');
set constraints all immediate;

-- A cancellation is visible to callers who hold, have or had a ticket to the event.
set constraints all deferred;
create function pg_temp.sees_cancellation(person text, event text default 'tale') returns boolean language plpgsql as $$
declare answer boolean;
begin
  perform tests.act_as(person);
  answer := exists (select from ticket_service.event_cancellations c where c.event_id = tests.id(event));
  perform tests.act_as('database');
  return answer;
end $$;
select tests.make_event('tale', 'owner', '{"ticketing_enabled": true, "price": 50000}');
insert into ticket_service.event_cancellations (event_id) values (tests.id('tale'));
insert into ticket_service.tickets (id, user_id, event_id, status, price_paid) values (tests.id('tale ticket'), tests.id('stranger'), tests.id('tale'), 'pending', 50000);
create function pg_temp.set_status(new_status text, paid numeric default 50000) returns boolean language plpgsql as $$
begin
  update ticket_service.tickets set status = new_status::ticket_service.ticket_status, price_paid = paid where id = tests.id('tale ticket');
  return pg_temp.sees_cancellation('stranger');
end $$;
savepoint never_had;
select is(pg_temp.set_status('pending'), true, 'visible to the buyer of a held ticket');
select is(array[pg_temp.set_status('cancelled'), pg_temp.set_status('expired'), pg_temp.set_status('expired', 0), pg_temp.set_status('cancelled', 0)], array[false, false, false, false], 'hidden from a person whose hold or offer ended');
select is(pg_temp.set_status('refunded'), true, 'visible to the buyer of a refunded ticket');
rollback to never_had;
select is(array[pg_temp.set_status('active', 0), pg_temp.set_status('cancelled', 0), pg_temp.set_status('expired', 0)], array[true, true, true], 'visible to a person who had a ticket, also a free one');
create temporary table buying as select (ticket_service.begin_checkout(tests.id('mutual'), 'tale checkout', 'hash', tests.id('tale'), 'sandbox', null) -> 'attempt') as attempt;
select ticket_service.record_notice('sandbox', null, (attempt ->> 'id')::uuid, '{"payments": [{"id": "tale payment", "state": "failed", "amount": 50000, "currency": "IDR"}]}') from buying;
select is(pg_temp.sees_cancellation('mutual'), false, 'hidden from a person whose payment failed');
select ticket_service.record_notice('sandbox', null, (attempt ->> 'id')::uuid, '{"payments": [{"id": "tale payment", "state": "paid", "amount": 50000, "currency": "IDR"}]}') from buying;
update ticket_service.tickets set status = 'cancelled' where id = (select (attempt ->> 'ticket_id')::uuid from buying);
select is(array[pg_temp.sees_cancellation('mutual'), pg_temp.sees_cancellation('follower')], array[true, false], 'visible to the buyer of a paid ticket that was cancelled, and to nobody else');

select * from finish();
rollback;
