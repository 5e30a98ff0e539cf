begin;
set local search_path = extensions, public;
select no_plan();

select tests.make_people();
select tests.make_event('show', 'owner', '{"ticketing_enabled": true, "price": 50000}'), tests.make_event('free show', 'owner', '{"ticketing_enabled": true}'),
  tests.make_event('other show', 'stranger', '{"ticketing_enabled": true, "price": 50000}');
insert into ticket_service.refund_policies (event_id, fee_fixed) values (tests.id('show'), 5000);

create function pg_temp.buys(person text, event text default 'show') returns uuid language plpgsql as $$
declare answer jsonb := ticket_service.begin_checkout(tests.id(person), gen_random_uuid()::text, 'hash', tests.id(event), 'sandbox', null);
begin
  if answer ->> 'next' = 'answer' then return (answer #>> '{answer,ticket,id}')::uuid; end if;
  perform ticket_service.record_notice('sandbox', null, (answer #>> '{attempt,id}')::uuid,
    format('{"payments": [{"id": "%s", "state": "paid", "amount": 50000, "currency": "IDR", "method": "card"}]}', person || ' ' || event)::jsonb);
  return (answer #>> '{attempt,ticket_id}')::uuid;
end $$;
create function pg_temp.refunds(person text, ticket uuid, amount numeric default null, key text default null) returns jsonb language sql as $$
  select ticket_service.begin_refund(tests.id(person), coalesce(key, gen_random_uuid()::text), 'hash', ticket, amount, 'reason') $$;
create function pg_temp.journal(ticket uuid) returns text language sql as $$
  select string_agg(kind || ' ' || amount, ', ' order by kind) from (
    select e.kind, sum(e.amount)::bigint as amount from ticket_private.journal_entries e where e.ticket_id = ticket group by e.kind having sum(e.amount) <> 0) sums $$;
create temporary table tickets (name text primary key, id uuid);
create function pg_temp.id(name text) returns uuid language sql as $$ select t.id from tickets t where t.name = $1 $$;
insert into tickets select person, pg_temp.buys(person) from unnest(array['mutual', 'follower', 'followed', 'owner', 'acquaintance']) person;
insert into tickets values ('free', pg_temp.buys('mutual', 'free show')), ('elsewhere', pg_temp.buys('mutual', 'other show'));
update ticket_service.tickets set is_checked_in = true where id = pg_temp.id('follower');

-- Who may refund what.
select tests.outcomes($$ select tests.unwrapped(ticket_service.begin_refund(tests.id('mutual'), 'key', 'hash', tests.id('nothing'), null, null)) $$, 'mutual 42501/grant, anonymous 42501/grant, service ticket_not_found/404', 'only the server begins a refund');
select tests.outcomes(format($$ select tests.unwrapped(ticket_service.begin_refund(tests.id(%L), 'key', 'hash', pg_temp.id(%L), %s, null)) $$, person, ticket, amount), 'database ' || outcome, format('%s refunds %s of the ticket of %s', person, amount, ticket))
from (values
  ('mutual', 'mutual', 'null', '1'), ('stranger', 'mutual', 'null', 'ticket_not_found/404'), ('nobody', 'mutual', 'null', 'ticket_not_found/404'), ('mutual', 'nothing', 'null', 'ticket_not_found/404'),
  ('mutual', 'mutual', '1', 'amount_is_for_hosts/403'), ('follower', 'follower', 'null', 'ticket_used/409'), ('owner', 'follower', 'null', '1'),
  ('owner', 'mutual', 'null', '1'), ('owner', 'elsewhere', 'null', 'ticket_not_found/404'), ('stranger', 'elsewhere', 'null', '1'),
  ('owner', 'mutual', '1', '1'), ('owner', 'mutual', '50000', '1'), ('owner', 'mutual', '50001', 'refund_exceeds_payment/409'), ('owner', 'mutual', '0', 'invalid_amount/400'), ('owner', 'mutual', '-1', 'invalid_amount/400'),
  ('owner', 'mutual', '0.5', 'invalid_amount/400'), ('owner', 'mutual', '1e30', 'refund_exceeds_payment/409'), ('owner', 'mutual', '''NaN''', 'refund_exceeds_payment/409'), ('owner', 'free', '1', 'refund_exceeds_payment/409'), ('mutual', 'free', 'null', '1')
) tries (person, ticket, amount, outcome);
select tests.outcomes(format($$ select ticket_private.require_amount(%s, jsonb_populate_record(null::ticket_private.payment_balances, '{"state": "paid", "amount": 12345.5, "currency": "IDR", "promised": 0, "called_back": 0}'), 'IDR') $$, amount),
  'database ' || outcome, format('a refund of %s of a payment of 12345.5 IDR', amount)) from (values (345.5, '1'), (345.25, 'invalid_amount/400')) tries (amount, outcome);
update ticket_service.refund_policies set closes_hours_before = 30 where event_id = tests.id('show');
select tests.outcomes($$ select tests.unwrapped(ticket_service.begin_refund(tests.id('mutual'), 'key', 'hash', pg_temp.id('mutual'), null, null)) $$, 'database 1', 'the deadline is that of the purchase');
update ticket_service.tickets set refund_deadline = now() - interval '1 second' where id in (pg_temp.id('mutual'), pg_temp.id('followed'));
select tests.outcomes($$ select tests.unwrapped(ticket_service.begin_refund(tests.id('mutual'), 'key', 'hash', pg_temp.id('mutual'), null, null)) $$, 'database refund_deadline_passed/409', 'after the deadline the buyer cannot request a refund');
select tests.outcomes($$ select tests.unwrapped(ticket_service.begin_refund(tests.id('owner'), 'key', 'hash', pg_temp.id('mutual'), null, null)) $$, 'database 1', 'the host can refund after the deadline');
savepoint moved;
update event_service.events set start_time = now() + interval '1 hour' where id = tests.id('show');
select is(pg_temp.refunds('mutual', pg_temp.id('mutual')) #>> '{refund,amount}', '50000', 'after a change of the start the buyer gets a full refund');
rollback to moved;
update event_service.events set status = 'cancelled' where id = tests.id('show');
select is(pg_temp.refunds('mutual', pg_temp.id('mutual')) #>> '{refund,amount}', '50000', 'after a cancellation the buyer gets a full refund');
rollback to moved;
update ticket_service.tickets set refund_deadline = now() where id = pg_temp.id('mutual');

-- Refunds requested by the buyer.
select is(pg_temp.refunds('mutual', pg_temp.id('mutual'), null, 'first') #>> '{refund,amount}', '45000', 'the buyer gets the price less the fee');
select is((select array[status::text, refund_fee::text] from ticket_service.tickets where id = pg_temp.id('mutual')), array['refunded', '5000'], 'the ticket is refunded at once');
select is((select array[r.state::text, r.origin::text, r.fee::text, x.status::text] from ticket_private.refunds r join ticket_service.ticket_transactions x on x.id = r.id where r.ticket_id = pg_temp.id('mutual')),
  array['sent', 'buyer', '5000', 'pending'], 'the refund is sent and its transaction is pending');
select is(pg_temp.refunds('mutual', pg_temp.id('mutual'), null, 'first') #>> '{answer,refund,amount}', '45000', 'a repeated request returns the stored answer');
select tests.outcomes($$ select tests.unwrapped(ticket_service.begin_refund(tests.id('mutual'), 'key', 'hash', pg_temp.id('mutual'), null, null)) $$, 'database ticket_ended/409', 'a second refund of the ticket is refused');
select is(ticket_service.record_refund(r.id, 'succeeded', 'provider refund', person => tests.id('mutual'), idempotency_key => 'first') #>> '{answer,refund,status}', 'success', 'a refund that succeeded is reported')
from ticket_private.refunds r where r.ticket_id = pg_temp.id('mutual');
select is(pg_temp.refunds('mutual', pg_temp.id('mutual'), null, 'first') #>> '{answer,refund,status}', 'success', 'a repeated request returns the new status');
select is(pg_temp.journal(pg_temp.id('mutual')), 'captured 50000, refunded 45000', 'the journal keeps the fee');
select is((select array_agg(x.status::text order by x.kind) from ticket_service.ticket_transactions x where x.ticket_id = pg_temp.id('mutual')), array['success', 'success'], 'the payment is not marked as refunded, because the fee is left');
select is(pg_temp.refunds('owner', pg_temp.id('mutual'), 5000) ->> 'next', 'refund', 'the host can refund the fee');
select tests.outcomes($$ select tests.unwrapped(ticket_service.begin_refund(tests.id('owner'), 'key', 'hash', pg_temp.id('mutual'), 1, null)) $$, 'database refund_exceeds_payment/409', 'but not more');

-- Refunds by the host.
select is(pg_temp.refunds('owner', pg_temp.id('followed'), 20000) #>> '{refund,amount}', '20000', 'the host refunds a part');
select is((select status::text from ticket_service.tickets where id = pg_temp.id('followed')), 'active', 'the ticket stays active after a partial refund');
select is(pg_temp.refunds('owner', pg_temp.id('followed')) #>> '{refund,amount}', '30000', 'a full refund is what is left, without a fee');
select is((select status::text from ticket_service.tickets where id = pg_temp.id('followed')), 'refunded', 'the ticket is refunded after a full refund');
select is((select status::text from event_service.event_attendees where event_id = tests.id('show') and user_id = tests.id('followed')), 'cancelled', 'attendance is cancelled with the ticket');
select is(pg_temp.refunds('mutual', pg_temp.id('free')) #>> '{answer,ticket,status}', 'cancelled', 'a refund of a free ticket cancels it');
select is((select count(*)::int from ticket_private.refunds where ticket_id = pg_temp.id('free')), 0, 'no refund is requested for a free ticket');

-- Releasing a hold.
insert into tickets select 'held', (ticket_service.begin_checkout(tests.id('blocker'), 'held', 'hash', tests.id('other show'), 'sandbox', null) #>> '{attempt,ticket_id}')::uuid;
savepoint held;
select tests.outcomes($$ select tests.unwrapped(ticket_service.begin_refund(tests.id('stranger'), 'key', 'hash', pg_temp.id('held'))) $$, 'database ticket_not_paid/409', 'the host cannot refund a hold');
select is(pg_temp.refunds('blocker', pg_temp.id('held')) #>> '{answer,ticket,status}', 'cancelled', 'the buyer releases a hold');
rollback to held;
select ticket_service.finish_checkout(tests.id('blocker'), 'held', a.id, 'session', 'https://pay.test') from ticket_private.attempts a where a.ticket_id = pg_temp.id('held');
select is(pg_temp.refunds('blocker', pg_temp.id('held'), null, 'give up') ->> 'next', 'expire', 'an attempt with a checkout page must be expired first');
select ticket_service.record_notice('sandbox', null, a.id, '{"payments": [{"id": "session", "state": "expired"}]}') from ticket_private.attempts a where a.ticket_id = pg_temp.id('held');
select is(pg_temp.refunds('blocker', pg_temp.id('held'), null, 'give up') #>> '{answer,ticket,status}', 'cancelled', 'then the hold is released');

-- Failed refunds.
select is(pg_temp.refunds('owner', pg_temp.id('acquaintance')) ->> 'next', 'refund', 'the host requests a refund');
create temporary table failing as select r.id from ticket_private.refunds r where r.ticket_id = pg_temp.id('acquaintance');
select tests.outcomes($$ select ticket_service.close_refund(id, 'transfer 1') from failing $$, 'database refund_not_open/404', 'a sent refund cannot be closed by an operator');
select ticket_service.record_refund(id, 'failed', 'provider refund 2', problem => 'closed account') from failing;
select is((select array[kind, id::text, amount::text, problem] from ticket_service.operator_queue() where id = (select f.id from failing f)), array['refund', id::text, '50000', 'closed account'], 'a failed refund is listed for operators') from failing;
select is((select status::text from ticket_service.ticket_transactions where id = (select f.id from failing f)), 'pending', 'its transaction stays pending');
select is((select ticket_private.refund_answer(pg_temp.id('acquaintance'), f.id) -> 'refund' @> '{"status": "pending", "is_manual": true}' from failing f), true, 'so does the answer, which says that an operator pays it');
select tests.outcomes($$ select tests.unwrapped(ticket_service.begin_refund(tests.id('owner'), 'key', 'hash', pg_temp.id('acquaintance'), 1, null)) $$, 'database refund_exceeds_payment/409', 'its amount cannot be refunded again');
savepoint late;
create function pg_temp.sent_late(change text) returns timestamptz language plpgsql as $$
begin
  execute 'update ticket_private.refunds set send_at = null, state = ''sent'', ' || change || ' where id = (select id from failing)';
  perform ticket_service.record_refund(id, 'sent') from failing;
  return (select send_at from ticket_private.refunds where id = (select id from failing));
end $$;
select is(array[pg_temp.sent_late('is_manual = true') is null, pg_temp.sent_late('is_manual = false') is null], array[true, false], 'a late answer does not send a manual refund again');
select is(pg_temp.sent_late('closed_at = now(), closing_reference = ''transfer''') is null, true, 'nor a closed refund');
rollback to late;
select tests.outcomes($$ select ticket_service.close_refund(id, '') from failing $$, 'database 23514/closing_reference_is_given', 'closing a refund requires a reference');
select tests.outcomes($$ select ticket_service.close_refund(id, 'x'), ticket_service.operator_queue() from failing $$, 'stranger 42501/grant, anonymous 42501/grant', 'clients cannot close refunds or read the queue');
select ticket_service.close_refund(id, 'transfer 1') from failing;
select is(pg_temp.journal(pg_temp.id('acquaintance')), 'captured 50000, refunded 50000', 'the journal has the closed refund');
select tests.outcomes($$ select ticket_service.close_refund(id, 'transfer 2') from failing $$, 'database refund_not_open/404', 'a refund is closed once');
select is((select count(*)::int from ticket_service.operator_queue() q join tickets t on t.id = q.ticket_id), 0, 'the queue is empty');

-- Payments imported with their tickets.
insert into ticket_service.tickets (id, user_id, event_id, status, price_paid) values (tests.id('imported'), tests.id('nuisance'), tests.id('show'), 'active', 50000);
insert into ticket_service.ticket_transactions (id, ticket_id, transaction_id, amount, status) values (tests.id('imported payment'), tests.id('imported'), 'old-1', 50000, 'success');
insert into tickets values ('imported', tests.id('imported'));
select is(pg_temp.refunds('nuisance', pg_temp.id('imported')) #> '{answer,refund}' @> '{"status": "pending", "is_manual": true}', true, 'a refund of an imported payment is manual');
select ticket_service.close_refund(r.id, 'transfer 3') from ticket_private.refunds r where r.ticket_id = tests.id('imported');
select is(pg_temp.journal(tests.id('imported')), 'captured 50000, refunded 50000', 'the journal has the closed refund of an imported payment');

set constraints all immediate;
select * from finish();
rollback;
