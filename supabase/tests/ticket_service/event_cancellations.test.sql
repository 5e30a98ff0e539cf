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
select tests.outcomes($$ insert into ticket_service.event_cancellations (event_id) values (tests.id('show')) $$, 'database 23505/events_are_cancelled_once', 'once');
select tests.make_event('their show', 'stranger', '{"ticketing_enabled": true}');
select tests.does('stranger', $$ update event_service.events set status = 'cancelled' where id = tests.id('their show') $$);
select tests.outcomes($$ select from ticket_service.event_cancellations where event_id in (tests.id('show'), tests.id('free show'), tests.id('unsold'), tests.id('their show')) $$,
  'owner 3, mutual 2, acquaintance 1, stranger 2, followed 0', 'host and buyers see it, each their own');
select tests.outcomes($$ select ticket_service.cancellation_progress(tests.id('stranger'), tests.id('show'), 'Rain') $$, 'service event_not_found/404', 'the host alone gives the reason');
select tests.outcomes($$ select ticket_service.cancellation_progress(tests.id('owner'), tests.id('show'), '') $$, 'service text_too_long/400', 'which is words');

-- A batch at a time.
select is(ticket_service.continue_cancellations(2), 2, 'a batch');
select is((select count(*)::int from ticket_service.tickets where event_id in (tests.id('show'), tests.id('free show')) and status in ('pending', 'active')), 3, 'leaves the rest');
select is((select count(*)::int from ticket_service.event_cancellations where tickets_ended_at is not null and event_id in (tests.id('show'), tests.id('free show'))), 0, 'it is not done');
select is(ticket_service.cancellation_progress(tests.id('owner'), tests.id('show'), 'Rain') - 'event_id',
  '{"reason": "Rain", "tickets_to_end": 0, "refunds": 3, "refunds_succeeded": 0, "refunds_under_way": 3, "refunds_for_an_operator": 0}', 'asking for the progress goes on');
select is(ticket_service.cancellation_progress(tests.id('owner'), tests.id('show'), 'Snow') ->> 'reason', 'Rain', 'the first reason stays');
select is(ticket_service.continue_cancellations(), 1, 'one host''s request does not wait for another''s event');
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

-- What a bank has called back is not given back as well, nor what somebody gave back at the provider.
create function pg_temp.told(facts text) returns text language plpgsql as $$
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
select is(pg_temp.told('{"disputes": [{"id": "dispute", "payment_id": "follower", "amount": 1, "currency": "IDR"}]}'), 'cancellation 50000 to send', 'a dispute without money moved changes nothing');
select is(pg_temp.told('{"disputes": [{"id": "dispute", "payment_id": "follower", "amount": 1, "currency": "IDR", "withdrawn": true}]}'),
  'cancellation 49999 to send, cancellation 50000 overtaken', 'what it took is not given back as well');
select is(pg_temp.told('{"disputes": [{"id": "dispute", "payment_id": "follower", "amount": 1, "currency": "IDR", "withdrawn": true, "reinstated": true}]}'),
  'cancellation 49999 to send, cancellation 50000 overtaken', 'if it comes back');
select is((select array[kind, amount::int::text] from ticket_service.operator_queue() where provider_id = 'follower'), array['payment', '1'], 'an operator decides');
rollback to called_back;
select is(pg_temp.told('{"refunds": [{"id": "theirs", "payment_id": "follower", "amount": 20000, "currency": "IDR", "state": "sent"}]}'),
  'cancellation 50000 to send, provider 20000', 'a refund at the provider that has not succeeded changes nothing');
select is(pg_temp.told('{"refunds": [{"id": "theirs", "payment_id": "follower", "amount": 20000, "currency": "IDR", "state": "succeeded"}]}'),
  'cancellation 30000 to send, provider 20000 done, cancellation 50000 overtaken', 'one that has leaves the rest');
select is((select string_agg(x.amount::int || ' ' || x.status, ', ' order by x.amount) from ticket_service.ticket_transactions x join ticket_private.refunds r on r.id = x.id join ticket_service.tickets t on t.id = r.ticket_id
    where t.user_id = tests.id('follower')), '20000 success, 30000 pending, 50000 failed', 'as its buyer is told');
select is(ticket_service.record_refund(r.id, 'succeeded', 'ours') ->> 'result', 'recorded', 'one of ours that was on its way may arrive all the same') from ticket_private.refunds r where r.is_overtaken;
select is((select array_agg(kind || ' ' || amount::int order by kind) from ticket_service.operator_queue() where ticket_id in (select id from ticket_service.tickets where user_id = tests.id('follower'))), array['excess 20000'], 'an operator is told how much');
select is(pg_temp.told('{}'), 'provider 20000 excess, cancellation 30000 overtaken, cancellation 50000 overtaken', 'and nothing more is sent');
set constraints all immediate;

-- A ticket that cannot be ended does not keep the others, and money refunded before it was imported is not owed.
set constraints all deferred;
select tests.make_event('old show', 'owner', '{"ticketing_enabled": true, "price": 100}');
insert into ticket_service.tickets (id, user_id, event_id, status, price_paid) values (tests.id('imported'), tests.id('mutual'), tests.id('old show'), 'active', 100), (tests.id('stuck'), tests.id('follower'), tests.id('old show'), 'active', 100);
insert into ticket_service.ticket_transactions (id, ticket_id, amount, status) values (tests.id('old payment'), tests.id('imported'), 100, 'success');
insert into ticket_service.ticket_transactions (ticket_id, kind, refund_of, amount, status) values (tests.id('imported'), 'refund', tests.id('old payment'), 40, 'success');
create function pg_temp.stick() returns trigger language plpgsql as $$ begin raise 'stuck'; end $$;
create trigger stick before update on ticket_service.tickets for each row when (old.id = tests.id('stuck')) execute function pg_temp.stick();
select tests.does('owner', $$ update event_service.events set status = 'cancelled' where id = tests.id('old show') $$);
select is(ticket_service.continue_cancellations(), 1, 'all but one');
select is((select string_agg(r.amount::int || ' ' || r.state, ', ' order by r.amount) from ticket_private.refunds r where r.ticket_id = tests.id('imported')), '40 succeeded, 60 requested', 'what is left is owed');
select is((select count(*)::int from ticket_service.operator_queue() where kind = 'cancellation'), 0, 'after an hour');
update ticket_service.event_cancellations set cancelled_at = now() - interval '2 hours' where event_id = tests.id('old show');
select is((select id from ticket_service.operator_queue() where kind = 'cancellation'), tests.id('old show'), 'operators are told of the other');
set constraints all immediate;

-- Ticketing stays while there are tickets.
select tests.make_event('new show', 'owner', '{"ticketing_enabled": true, "price": 100}');
select tests.outcomes($$ update event_service.events set ticketing_enabled = false where id = tests.id('new show') $$, 'owner 1', 'nobody has bought');
select ticket_service.begin_checkout(tests.id('mutual'), 'new', 'hash', tests.id('new show'), 'sandbox', null);
select tests.outcomes($$ update event_service.events set ticketing_enabled = false where id = tests.id('new show') $$, 'owner has_attendees/409', 'a held seat is to be refunded if it is paid');

select * from finish();
rollback;
