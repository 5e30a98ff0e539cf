begin;
set local search_path = extensions, public;
select no_plan();

-- What others have left to do is not for this test.
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

select is(tests.may('owner', 'ticket_service.event_cancellations'), 'select', 'a row comes with cancelling');
select is(tests.may('anonymous', 'ticket_service.event_cancellations'), 'nothing', 'and is not for visitors');
select tests.outcomes($$ select ticket_service.cancellation_progress(tests.id('owner'), tests.id('show'), 'Rain') $$, 'service event_over/409, owner 42501/grant', 'what is not cancelled is not refunded');
select tests.does('owner', $$ update event_service.events set status = 'cancelled' where id in (tests.id('show'), tests.id('unsold'), tests.id('free show')) $$);
select is((select count(*)::int from ticket_service.event_cancellations where event_id in (tests.id('show'), tests.id('free show'))), 2, 'however an event was cancelled, its tickets are to be refunded');
select tests.outcomes($$ select from ticket_service.event_cancellations where event_id = tests.id('show') $$, 'owner 1, mutual 1, acquaintance 1, followed 0', 'host and buyers see it');
select tests.outcomes($$ select ticket_service.cancellation_progress(tests.id('stranger'), tests.id('show'), 'Rain') $$, 'service event_not_found/404', 'the host alone gives the reason');
select tests.outcomes($$ select ticket_service.cancellation_progress(tests.id('owner'), tests.id('show'), '') $$, 'service text_too_long/400', 'which is words');

-- A batch at a time.
select is(ticket_service.continue_cancellations(2), 2, 'a batch');
select is((select count(*)::int from ticket_service.tickets where event_id in (tests.id('show'), tests.id('free show')) and status in ('pending', 'active')), 3, 'leaves the rest');
select is((select count(*)::int from ticket_service.event_cancellations where tickets_ended_at is not null and event_id in (tests.id('show'), tests.id('free show'))), 0, 'it is not done');
select is(ticket_service.cancellation_progress(tests.id('owner'), tests.id('show'), 'Rain') - 'event_id',
  '{"reason": "Rain", "tickets_to_end": 0, "refunds": 3, "refunds_succeeded": 0, "refunds_under_way": 3, "refunds_for_an_operator": 0}', 'asking for the progress goes on');
select is(ticket_service.cancellation_progress(tests.id('owner'), tests.id('show'), 'Snow') ->> 'reason', 'Rain', 'the first reason stays');
select is(ticket_service.continue_cancellations(), 0, 'then it is done');
select is((select count(*)::int from ticket_service.event_cancellations where tickets_ended_at is not null and event_id in (tests.id('show'), tests.id('free show'))), 2, 'and known to be');
select is((select string_agg(p.username || ' ' || t.status, ', ' order by p.username) from ticket_service.tickets t join user_service.profiles p on p.id = t.user_id where t.event_id = tests.id('show')),
  'tap_acquaintance cancelled, tap_follower refunded, tap_mutual refunded, tap_stranger refunded', 'everyone, also who was checked in');
select is((select array_agg(distinct array[r.amount, r.fee]) from ticket_private.refunds r join ticket_service.tickets t on t.id = r.ticket_id where t.event_id = tests.id('show')), array[array[50000, 0]]::numeric[], 'everything, without a fee');
select is((select status::text from ticket_service.tickets where event_id = tests.id('free show')), 'cancelled', 'a free ticket ends');
select is((select count(*)::int from ticket_private.attempts a join ticket_service.tickets t on t.id = a.ticket_id where a.check_at <= now() and t.event_id = tests.id('show')), 1, 'the provider is told about the open attempt');

-- Claimed by whoever does the work.
create temporary table work as select ticket_service.claim_work(2) as claimed;
select is((select jsonb_array_length(claimed -> 'refunds') from work), 2, 'a batch of refunds');
select is((select jsonb_agg(a -> 'expire') from work, jsonb_array_elements(claimed -> 'attempts') a), '[true]', 'and the attempt, to be ended');
select is(jsonb_array_length(ticket_service.claim_work(20) -> 'refunds'), 1, 'the next is given the rest');
select is(ticket_service.claim_work(20), '{"refunds": [], "attempts": []}', 'nothing is given twice');
select tests.outcomes($$ select ticket_service.claim_work() $$, 'owner 42501/grant, anonymous 42501/grant, service 1', 'work is the server''s');
select ticket_service.record_refund((r ->> 'id')::uuid, 'sent', problem => 'no answer') from work, jsonb_array_elements(claimed -> 'refunds') r limit 1;
select is((select array[state::text, problem] from ticket_private.refunds where problem is not null), array['sent', 'no answer'], 'what was not answered');
select ok((select send_at > now() from ticket_private.refunds where problem is not null), 'is sent again later');

-- What a bank has called back is not given back as well.
update ticket_private.refunds set send_at = null where ticket_id not in (select t.id from ticket_service.tickets t where t.user_id = tests.id('follower') and t.event_id = tests.id('show'));
update ticket_private.refunds r set send_at = now(), is_manual = true from ticket_service.tickets t where t.id = r.ticket_id and t.user_id = tests.id('follower') and t.event_id = tests.id('show');
create function pg_temp.mine() returns uuid language sql as $$ select r.id from ticket_private.refunds r join ticket_service.tickets t on t.id = r.ticket_id where t.user_id = tests.id('follower') and t.event_id = tests.id('show') $$;
create function pg_temp.waits() returns boolean[] language sql as $$
  select array[ticket_private.maintenance_is_due(), exists (select from ticket_service.operator_queue() q where q.id = pg_temp.mine())] $$;
select is(pg_temp.waits(), array[true, true], 'a refund waits');
insert into ticket_private.disputes (provider, provider_id, ticket_id, attempt_id, payment_provider_id, amount, currency, is_withdrawn)
select r.provider, 'dispute', r.ticket_id, r.attempt_id, r.payment_provider_id, 1, r.currency, false from ticket_private.refunds r where r.id = pg_temp.mine();
select is(pg_temp.waits(), array[true, true], 'a dispute without money moved changes nothing');
update ticket_private.disputes set is_withdrawn = true where provider_id = 'dispute';
select is(pg_temp.waits(), array[false, false], 'one that stands holds it back');
select is(ticket_service.claim_work(20), '{"refunds": [], "attempts": []}', 'from who sends it');
select tests.outcomes($$ select ticket_service.close_refund(pg_temp.mine(), 'transfer') $$, 'database refund_not_open/404', 'and from operators');
update ticket_private.disputes set is_reinstated = true where provider_id = 'dispute';
select is(pg_temp.waits(), array[true, true], 'until the money is back');
select is(jsonb_array_length(ticket_service.claim_work(20) -> 'refunds'), 1, 'then it is sent');

select * from finish();
rollback;
