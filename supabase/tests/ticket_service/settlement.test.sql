begin;
set local search_path = extensions, public;
select no_plan();

select tests.make_people();
select tests.make_event('show', 'owner', '{"ticketing_enabled": true, "price": 50000, "max_attendees": 2}');

create function pg_temp.buys(person text, provider text default 'sandbox') returns uuid language sql as $$
  select (ticket_service.begin_checkout(tests.id(person), gen_random_uuid()::text, 'hash', tests.id('show'), provider, null) #>> '{attempt,id}')::uuid $$;
create function pg_temp.ticket(attempt uuid) returns ticket_service.tickets language sql as $$
  select t from ticket_service.tickets t join ticket_private.attempts a on a.ticket_id = t.id where a.id = attempt $$;
create function pg_temp.outcome(attempt uuid) returns text language sql as $$ select outcome::text from ticket_service.ticket_transactions where id = attempt $$;
create function pg_temp.journal(attempt uuid) returns text language sql as $$
  select string_agg(kind || ' ' || amount || ' ' || currency, ', ' order by kind, currency) from (
    select e.kind, sum(e.amount)::bigint as amount, e.currency from ticket_private.journal_entries e join ticket_private.attempts a on a.ticket_id = e.ticket_id where a.id = attempt
    group by e.kind, e.currency having sum(e.amount) <> 0) sums $$;
create function pg_temp.record(attempt uuid, facts text, notice text default null) returns text language plpgsql as $$
declare answer text;
begin
  select ticket_service.record_notice('sandbox', notice, attempt, facts::jsonb) ->> 'result' into answer;
  set constraints all immediate;
  set constraints all deferred;
  return answer;
end $$;
create function pg_temp.payment(state text, id text default 'pay', amount numeric default 50000, currency text default 'IDR') returns text language sql as $$
  select format('{"payments": [{"id": "%s", "state": "%s", "amount": %s, "currency": "%s", "method": "card"}]}', id, state, amount, currency) $$;
create temporary table attempts (name text primary key, id uuid);
create function pg_temp.id(name text) returns uuid language sql as $$ select a.id from attempts a where a.name = $1 $$;

-- Paid.
insert into attempts values ('first', pg_temp.buys('stranger'));
select pg_temp.record(pg_temp.id('first'), pg_temp.payment('paid'));
select is((pg_temp.ticket(pg_temp.id('first'))).held_until, null, 'an activated ticket is no longer held');
select is(pg_temp.outcome(pg_temp.id('first')), 'activated', 'the outcome of the payment is activated');
select is(pg_temp.journal(pg_temp.id('first')), 'captured 50000 IDR', 'the journal has the captured amount');
select is((select array[status::text, transaction_id] from ticket_service.ticket_transactions where id = pg_temp.id('first')), array['success', 'pay'], 'the transaction has succeeded');
select is((select array[held, sold] from ticket_private.event_seats where event_id = tests.id('show')), array[0, 1], 'the seat is sold');

-- Paid twice.
select pg_temp.record(pg_temp.id('first'), pg_temp.payment('paid', 'again'));
select is((select array[p.outcome::text, x.status::text, r.state::text, r.amount::text] from ticket_private.payments p join ticket_service.ticket_transactions x on x.id = p.transaction_id
  join ticket_private.refunds r on r.payment_provider_id = p.provider_id where p.provider_id = 'again'), array['paid_twice', 'success', 'requested', '50000'], 'a second payment is refunded');
select is(pg_temp.journal(pg_temp.id('first')), 'captured 100000 IDR', 'the journal has both payments');
select is(ticket_service.record_refund(r.id, 'succeeded', 'refund again') ->> 'result', 'recorded', 'the refund succeeds') from ticket_private.refunds r where r.payment_provider_id = 'again';
select is(pg_temp.journal(pg_temp.id('first')), 'captured 100000 IDR, refunded 50000 IDR', 'the journal has the refund');
select is((select status::text from ticket_service.ticket_transactions where transaction_id = 'again'), 'refunded', 'the transaction of the second payment is refunded');
select is((pg_temp.ticket(pg_temp.id('first'))).status::text, 'active', 'the ticket stays active');

-- A payment for a ticket that became active without it.
insert into attempts values ('beside', pg_temp.buys('mutual'));
savepoint beside;
update event_service.events set price = 0 where id = tests.id('show');
update ticket_private.attempts set state = 'closed' where id = pg_temp.id('beside');
select ticket_service.begin_checkout(tests.id('mutual'), 'free now', 'hash', tests.id('show'), null, null);
select is((pg_temp.ticket(pg_temp.id('beside'))).status::text, 'active', 'a ticket becomes active when its event becomes free');
select pg_temp.record(pg_temp.id('beside'), pg_temp.payment('paid', 'beside'));
select is(pg_temp.outcome(pg_temp.id('beside')), 'already_has_ticket', 'a payment for an active ticket is refunded');
select pg_temp.record(pg_temp.id('beside'), '{"disputes": [{"id": "beside", "payment_id": "beside", "amount": 25000, "currency": "IDR", "withdrawn": true}]}'),
  pg_temp.record(pg_temp.id('beside'), '{"refunds": [{"id": "beside back", "payment_id": "beside", "amount": 50000, "currency": "IDR", "state": "succeeded"}]}');
select is(array[(pg_temp.ticket(pg_temp.id('beside'))).status::text, pg_temp.outcome(pg_temp.id('beside'))], array['active', 'refunded'], 'any return of that payment leaves the ticket active');
rollback to beside;
update ticket_service.tickets set status = 'cancelled' where user_id = tests.id('mutual');
delete from attempts where name = 'beside';

-- Late payments.
insert into attempts values ('late', pg_temp.buys('mutual'));
update ticket_service.tickets set held_until = now() where user_id = tests.id('mutual');
select ticket_private.expire_holds();
savepoint expired;
select pg_temp.record(pg_temp.id('late'), pg_temp.payment('paid', 'late'));
select is((pg_temp.ticket(pg_temp.id('late'))).status::text, 'active', 'a late payment activates the ticket if a seat is free');
rollback to expired;
insert into attempts values ('other', pg_temp.buys('follower'));
select pg_temp.record(pg_temp.id('late'), pg_temp.payment('paid', 'late'));
select is(array[(pg_temp.ticket(pg_temp.id('late'))).status::text, pg_temp.outcome(pg_temp.id('late'))], array['expired', 'sold_out'], 'a late payment for a sold-out event has the outcome sold_out');
select is((select array[state::text, origin::text] from ticket_private.refunds where payment_provider_id = 'late'), array['requested', 'payment'], 'its refund is requested');
select pg_temp.record(pg_temp.id('late'), '{"refunds": [{"id": "late back", "payment_id": "late", "amount": 50000, "currency": "IDR", "state": "succeeded"}]}');
select is(array[(pg_temp.ticket(pg_temp.id('late'))).status::text, pg_temp.outcome(pg_temp.id('late'))], array['expired', 'refunded'], 'if it was refunded at the provider, the ticket stays expired');
rollback to expired;
insert into ticket_service.tickets (user_id, event_id, status) values (tests.id('mutual'), tests.id('show'), 'active');
select pg_temp.record(pg_temp.id('late'), pg_temp.payment('paid', 'late'));
select is(pg_temp.outcome(pg_temp.id('late')), 'already_has_ticket', 'a late payment of a buyer with another ticket has the outcome already_has_ticket');
rollback to expired;
update event_service.events set status = 'cancelled' where id = tests.id('show');
select pg_temp.record(pg_temp.id('late'), pg_temp.payment('paid', 'late'));
select is(pg_temp.outcome(pg_temp.id('late')), 'event_closed', 'a late payment for a cancelled event has the outcome event_closed');
rollback to expired;
delete from auth.users where id = tests.id('mutual');
select pg_temp.record(pg_temp.id('late'), pg_temp.payment('paid', 'late'));
select is(pg_temp.outcome(pg_temp.id('late')), 'buyer_gone', 'a late payment after the account deletion has the outcome buyer_gone');
rollback to expired;

-- Another amount or currency.
select pg_temp.record(pg_temp.id('late'), pg_temp.payment('paid', 'less', 49999));
select is(array[(pg_temp.ticket(pg_temp.id('late'))).status::text, pg_temp.outcome(pg_temp.id('late')), pg_temp.journal(pg_temp.id('late'))], array['expired', 'set_aside', 'captured 49999 IDR'], 'a payment of another amount is set aside');
select is((select count(*)::int from ticket_private.refunds where payment_provider_id = 'less'), 0, 'it is not refunded automatically');
select is((select array[kind, amount::text] from ticket_service.operator_queue() where provider_id = 'less'), array['payment', '49999'], 'it is listed for operators');
select tests.outcomes(format($$ select tests.unwrapped(ticket_service.begin_refund(tests.id('owner'), 'disposes', 'hash', %L, 1, null)) $$, (pg_temp.ticket(pg_temp.id('late'))).id), 'service refund_exceeds_payment/409', 'the host cannot refund it');
select isnt(ticket_service.refund_rest(pg_temp.id('late')), null, 'an operator refunds it');
select tests.outcomes($$ select ticket_service.refund_rest(pg_temp.id('late')) $$, 'database payment_not_set_aside/404', 'once');
rollback to expired;
select pg_temp.record(pg_temp.id('late'), pg_temp.payment('paid', 'dollars', 50000, 'usd'));
select is(array[pg_temp.outcome(pg_temp.id('late')), pg_temp.journal(pg_temp.id('late'))], array['set_aside', 'captured 50000 USD'], 'a payment in another currency is set aside');
rollback to expired;

-- Failed payments.
insert into attempts values ('failing', pg_temp.buys('mutual'));
savepoint held;
select pg_temp.record(pg_temp.id('failing'), pg_temp.payment('failed', 'no'));
select is(array[(pg_temp.ticket(pg_temp.id('failing'))).status::text, (select status::text from ticket_service.ticket_transactions where id = pg_temp.id('failing'))], array['expired', 'failed'], 'a failed payment ends the hold');
rollback to held;

-- Reversals and charge-backs.
select pg_temp.record(pg_temp.id('failing'), pg_temp.payment('paid', 'gone'));
savepoint paid;
select pg_temp.record(pg_temp.id('failing'), pg_temp.payment('reversed', 'gone'));
select is(array[(pg_temp.ticket(pg_temp.id('failing'))).status::text, pg_temp.outcome(pg_temp.id('failing')), pg_temp.journal(pg_temp.id('failing'))],
  array['cancelled', 'reversed', 'captured 50000 IDR, charged_back 50000 IDR'], 'a reversal cancels the ticket');
rollback to paid;
select pg_temp.record(pg_temp.id('failing'), '{"disputes": [{"id": "d", "payment_id": "gone", "amount": 50000, "currency": "idr", "withdrawn": true}]}');
select is(array[(pg_temp.ticket(pg_temp.id('failing'))).status::text, pg_temp.outcome(pg_temp.id('failing')), pg_temp.journal(pg_temp.id('failing'))],
  array['cancelled', 'disputed', 'captured 50000 IDR, charged_back 50000 IDR'], 'a charge-back cancels the ticket');
select pg_temp.record(pg_temp.id('failing'), '{"disputes": [{"id": "d", "payment_id": "gone", "amount": 50000, "currency": "idr", "reinstated": true}]}');
select is(array[(pg_temp.ticket(pg_temp.id('failing'))).status::text, pg_temp.journal(pg_temp.id('failing'))],
  array['cancelled', 'captured 50000 IDR, charged_back 50000 IDR, charge_back_returned 50000 IDR'], 'a reinstated charge-back is in the journal, and the ticket stays cancelled');
rollback to paid;
select pg_temp.record(pg_temp.id('failing'), '{"disputes": [{"id": "d", "payment_id": "gone", "amount": 50000, "currency": "idr"}]}');
select is((pg_temp.ticket(pg_temp.id('failing'))).status::text, 'active', 'a dispute without a withdrawal changes nothing');

-- Refunds made at the provider.
select pg_temp.record(pg_temp.id('failing'), '{"refunds": [{"id": "r1", "payment_id": "gone", "amount": 20000, "currency": "idr", "state": "succeeded"}]}');
select is(array[(pg_temp.ticket(pg_temp.id('failing'))).status::text, pg_temp.journal(pg_temp.id('failing'))], array['active', 'captured 50000 IDR, refunded 20000 IDR'], 'a partial refund leaves the ticket active');
select pg_temp.record(pg_temp.id('failing'), '{"refunds": [{"id": "r2", "payment_id": "gone", "amount": 30000, "currency": "idr", "state": "succeeded"}]}');
select is(array[(pg_temp.ticket(pg_temp.id('failing'))).status::text, pg_temp.outcome(pg_temp.id('failing')), pg_temp.journal(pg_temp.id('failing'))], array['refunded', 'refunded', 'captured 50000 IDR, refunded 50000 IDR'], 'a full refund ends the ticket');
select pg_temp.record(pg_temp.id('failing'), '{"refunds": [{"id": "r2", "payment_id": "gone", "amount": 30000, "currency": "idr", "state": "failed"}]}');
select is(pg_temp.journal(pg_temp.id('failing')), 'captured 50000 IDR, refunded 20000 IDR', 'a refund that failed after it had succeeded is reversed in the journal');
select is((select array_agg(e.amount order by e.amount) from ticket_private.journal_entries e join ticket_private.refunds r on r.id = e.transaction_id where r.provider_id = 'r2'), array[-30000, 30000]::numeric[], 'by an entry of its own');

-- The journal must match the facts.
select tests.outcomes(format('insert into ticket_private.journal_entries (ticket_id, transaction_id, kind, amount, currency) select a.ticket_id, a.id, %L, %s, %L from ticket_private.attempts a where a.id = pg_temp.id(''first'')', kind, amount, currency),
  'database journal_out_of_balance/409', format('an entry without a fact: %s %s %s', kind, amount, currency))
from (values ('captured', 1, 'IDR'), ('captured', -1, 'IDR'), ('refunded', 1, 'IDR'), ('charged_back', 1, 'IDR'), ('captured', 1, 'EUR')) entries (kind, amount, currency);
insert into ticket_private.disputes (provider, provider_id, ticket_id, attempt_id, payment_provider_id, amount, currency)
select provider, 'open', ticket_id, attempt_id, provider_id, 1, currency from ticket_private.payments where provider_id = 'pay';
select tests.outcomes(format('update ticket_private.%I set %s where ticket_id = (select ticket_id from ticket_private.attempts where id = pg_temp.id(%L))', source, change, attempt), 'database journal_out_of_balance/409', source || ' ' || change)
from (values ('payments', 'first', 'amount = amount + 1'), ('payments', 'first', 'state = ''pending'''), ('refunds', 'first', 'state = ''failed'''), ('refunds', 'first', 'amount = 1'), ('disputes', 'first', 'is_withdrawn = true')) changes (source, attempt, change);

-- Refunds of ours and refunds made at the provider.
set constraints all deferred;
select tests.make_event('big show', 'owner', '{"ticketing_enabled": true, "price": 50000}'), tests.make_event('other show', 'stranger', '{"ticketing_enabled": true, "price": 50000}');
create function pg_temp.paid(person text) returns uuid language plpgsql as $$
declare attempt uuid := (ticket_service.begin_checkout(tests.id(rtrim(person, '0123456789')), gen_random_uuid()::text, 'hash', tests.id('big show'), 'sandbox', null) #>> '{attempt,id}')::uuid;
begin
  perform pg_temp.record(attempt, pg_temp.payment('paid', person));
  insert into attempts values (person, attempt);
  return attempt;
end $$;
create function pg_temp.refund_at_provider(attempt text, amount int, state text) returns text language sql as $$
  select pg_temp.record(pg_temp.id(attempt), format('{"refunds": [{"id": "%s at provider", "payment_id": "%s", "amount": %s, "currency": "IDR", "state": "%s"}]}', attempt, attempt, amount, state)) $$;
create function pg_temp.refund_by_host(attempt text, amount numeric) returns uuid language sql as $$
  select (ticket_service.begin_refund(tests.id('owner'), gen_random_uuid()::text, 'hash', (pg_temp.ticket(pg_temp.id(attempt))).id, amount) #>> '{refund,id}')::uuid $$;
create function pg_temp.queue(attempt text) returns text language sql as $$
  select string_agg(kind || ' ' || amount::int, ', ' order by kind, amount desc) from ticket_service.operator_queue() where ticket_id = (pg_temp.ticket(pg_temp.id(attempt))).id $$;
select pg_temp.paid(person) from unnest(array['follower', 'followed', 'acquaintance', 'owner', 'nuisance']) person;

select pg_temp.refund_at_provider('follower', 50000, 'sent');
select is(ticket_service.begin_refund(tests.id('follower'), 'back', 'hash', (pg_temp.ticket(pg_temp.id('follower'))).id) #>> '{answer,refund}', null, 'money that is being refunded at the provider is not refunded again');
select pg_temp.refund_at_provider('follower', 50000, 'failed');
select pg_temp.record(pg_temp.id('follower'), '{"refunds": [{"id": "another", "payment_id": "follower", "amount": 1, "currency": "IDR", "state": "failed"}]}');
select is(pg_temp.queue('follower'), 'payment 50000', 'if that refund fails, the payment is listed for operators');
select is((select ticket_service.refund_rest(x.id) is not null from ticket_service.ticket_transactions x where x.id = pg_temp.id('follower')), true, 'an operator refunds it');
select is(pg_temp.queue('follower'), null, 'then it is no longer listed');

select pg_temp.refund_by_host('followed', 30000);
select ticket_service.record_refund(r.id, 'succeeded', 'ours') from ticket_private.refunds r where r.attempt_id = pg_temp.id('followed');
select is((pg_temp.ticket(pg_temp.id('followed'))).status::text, 'active', 'a partial refund by the host leaves the ticket active');
select pg_temp.refund_at_provider('followed', 20000, 'succeeded');
select is(array[(pg_temp.ticket(pg_temp.id('followed'))).status::text, pg_temp.outcome(pg_temp.id('followed')), pg_temp.journal(pg_temp.id('followed'))], array['refunded', 'refunded', 'captured 50000 IDR, refunded 50000 IDR'],
  'refunding the rest at the provider ends the ticket');

select ticket_service.record_refund(pg_temp.refund_by_host('acquaintance', 30000), 'sent', is_manual => true);
select ticket_service.close_refund(r.id, 'transfer') from ticket_private.refunds r where r.attempt_id = pg_temp.id('acquaintance');
select pg_temp.refund_at_provider('acquaintance', 50000, 'succeeded');
select is(array[(pg_temp.ticket(pg_temp.id('acquaintance'))).status::text, pg_temp.journal(pg_temp.id('acquaintance')), pg_temp.queue('acquaintance')], array['refunded', 'captured 50000 IDR, refunded 50000 IDR', 'excess 30000'],
  'refunds beyond the payment end the ticket, and the excess is listed for operators');
select is(pg_temp.refund_by_host('acquaintance', 1), null, 'nothing is left to refund');

select ticket_service.record_refund(pg_temp.refund_by_host('owner', 30000), 'sent', is_manual => true);
select ticket_service.close_refund(r.id, 'transfer') from ticket_private.refunds r where r.attempt_id = pg_temp.id('owner');
select pg_temp.record(pg_temp.id('owner'), pg_temp.payment('reversed', 'owner'));
select is(pg_temp.journal(pg_temp.id('owner')), 'captured 50000 IDR, refunded 30000 IDR, charged_back 50000 IDR', 'a reversal is of the whole payment, whatever an operator paid besides');

-- A refund of ours and a partial one at the provider both succeed; then ours fails.
select pg_temp.paid('mutual');
create temporary table ours as select (ticket_service.begin_refund(tests.id('mutual'), 'ours', 'hash', (pg_temp.ticket(pg_temp.id('mutual'))).id) #>> '{refund,id}')::uuid as id;
create function pg_temp.state(attempt text) returns text[] language sql as $$
  select array[pg_temp.journal(pg_temp.id(attempt)), pg_temp.queue(attempt), (select sum(r.amount)::int::text from ticket_private.refunds r where r.attempt_id = pg_temp.id(attempt) and r.send_at is not null)] $$;
select pg_temp.refund_at_provider('mutual', 20000, 'succeeded');
select is(pg_temp.state('mutual'), array['captured 50000 IDR, refunded 20000 IDR', null, '30000'], 'the rest is to be sent');
select ticket_service.record_refund(id, 'succeeded', 'ours too') from ours;
select is(pg_temp.state('mutual'), array['captured 50000 IDR, refunded 50000 IDR', 'excess 20000', null], 'refunds beyond the payment are listed as excess');
select ticket_service.record_refund(id, 'failed') from ours;
select is(pg_temp.state('mutual'), array['captured 50000 IDR, refunded 20000 IDR', null, '30000'], 'after the failure the rest is to be sent again');
update ticket_private.refunds set send_at = null where attempt_id = pg_temp.id('mutual') and send_at is not null;
select ticket_service.record_refund(r.id, 'failed', 'the rest') from ticket_private.refunds r where r.attempt_id = pg_temp.id('mutual') and r.state = 'requested' and not r.is_overtaken;
select ticket_service.close_refund(r.id, 'transfer') from ticket_private.refunds r where r.provider_id = 'the rest';
select is(pg_temp.state('mutual'), array['captured 50000 IDR, refunded 50000 IDR', null, null], 'a failed refund that an operator paid counts once');

-- A partial refund at the provider that was under way when ours was requested counts once.
select pg_temp.paid('stranger2'), pg_temp.refund_at_provider('stranger2', 20000, 'sent');
select is(ticket_service.begin_refund(tests.id('stranger'), 'rest', 'hash', (pg_temp.ticket(pg_temp.id('stranger2'))).id) #>> '{refund,amount}', '30000', 'our refund is for the rest');
select pg_temp.refund_at_provider('stranger2', 20000, 'succeeded');
select is((select array_agg(r.origin || ' ' || r.amount::int || ' ' || r.is_overtaken order by r.origin) from ticket_private.refunds r where r.attempt_id = pg_temp.id('stranger2')), array['buyer 30000 false', 'provider 20000 false'], 'it stays so after the other has succeeded');

-- Two refunds beyond the payment, then a reversal.
select pg_temp.paid('acquaintance2');
select ticket_service.record_refund(pg_temp.refund_by_host('acquaintance2', 30000), 'sent', is_manual => true);
select ticket_service.close_refund(r.id, 'transfer') from ticket_private.refunds r where r.attempt_id = pg_temp.id('acquaintance2');
select pg_temp.refund_at_provider('acquaintance2', 30000, 'succeeded');
select pg_temp.record(pg_temp.id('acquaintance2'), '{"refunds": [{"id": "z", "payment_id": "acquaintance2", "amount": 5000, "currency": "IDR", "state": "succeeded"}]}'),
  pg_temp.record(pg_temp.id('acquaintance2'), '{"refunds": [{"id": "a", "payment_id": "acquaintance2", "amount": 5000, "currency": "IDR", "state": "succeeded"}]}');
select is(array[pg_temp.journal(pg_temp.id('acquaintance2')), pg_temp.queue('acquaintance2')], array['captured 50000 IDR, refunded 50000 IDR', 'excess 15000, excess 5000'], 'each excess is listed with its amount');
select pg_temp.record(pg_temp.id('acquaintance2'), pg_temp.payment('reversed', 'acquaintance2'));
select is(pg_temp.journal(pg_temp.id('acquaintance2')), 'captured 50000 IDR, refunded 50000 IDR, charged_back 10000 IDR', 'the reversal is of the part that the provider had not refunded');

-- A charge-back in another currency.
select pg_temp.paid('followed2');
select pg_temp.record(pg_temp.id('followed2'), '{"disputes": [{"id": "foreign", "payment_id": "followed2", "amount": 3, "currency": "USD", "withdrawn": true}]}');
select is((pg_temp.ticket(pg_temp.id('followed2'))).status::text, 'cancelled', 'a charge-back in another currency cancels the ticket');
select tests.outcomes(format($$ select tests.unwrapped(ticket_service.begin_refund(tests.id('owner'), 'twice', 'hash', %L, 1)) $$, (pg_temp.ticket(pg_temp.id('followed2'))).id), 'database refund_exceeds_payment/409', 'nothing can be refunded after it');

-- A full refund at the provider leaves nothing to refund, then fails. The fee is kept only if the buyer ended the ticket.
create function pg_temp.fail_at_provider(attempt text, person text) returns text[] language plpgsql as $$
declare before text;
begin
  perform pg_temp.paid(attempt);
  update ticket_service.tickets set refund_fee = 10000 where id = (pg_temp.ticket(pg_temp.id(attempt))).id;
  perform pg_temp.refund_at_provider(attempt, 50000, 'sent'), ticket_service.begin_refund(tests.id(person), attempt, 'hash', (pg_temp.ticket(pg_temp.id(attempt))).id), pg_temp.refund_at_provider(attempt, 50000, 'failed');
  before := pg_temp.queue(attempt);
  perform ticket_service.refund_rest(pg_temp.id(attempt));
  return array[before, pg_temp.queue(attempt)];
end $$;
select is(pg_temp.fail_at_provider('followed3', 'owner'), array['payment 50000', null], 'the whole payment is listed if the host ended the ticket');
select is(pg_temp.fail_at_provider('followed4', 'followed'), array['payment 40000', null], 'the payment less the fee is listed if the buyer ended it');

-- A payment of another amount does not end a hold with another open attempt.
insert into attempts values ('old page', (ticket_service.begin_checkout(tests.id('followed'), 'old page', 'hash', tests.id('big show'), 'sandbox', null) #>> '{attempt,id}')::uuid);
update ticket_private.attempts set state = 'closed', check_at = null where id = pg_temp.id('old page');
select is(ticket_service.begin_checkout(tests.id('followed'), 'new page', 'hash', tests.id('big show'), 'sandbox', null) ->> 'next', 'pay', 'another attempt is created');
savepoint new_page;
select pg_temp.record(pg_temp.id('old page'), pg_temp.payment('paid', 'odd', 40000));
select is(array[(pg_temp.ticket(pg_temp.id('old page'))).status::text, pg_temp.outcome(pg_temp.id('old page'))], array['pending', 'set_aside'], 'the hold stays, and the payment is set aside');
rollback to new_page;
select pg_temp.record(pg_temp.id('old page'), pg_temp.payment('reversed', 'gone at once'));
select is((select a.state::text from ticket_private.attempts a where a.idempotency_key = 'new page'), 'ending', 'a payment that bought the ticket ends the other attempt, even if it was reversed');
rollback to new_page;
update ticket_service.tickets set status = 'cancelled' where id = (pg_temp.ticket(pg_temp.id('old page'))).id;

-- Facts that arrive before their payment, payments of zero, and more returns than one.
insert into attempts select 'early', (ticket_service.begin_checkout(tests.id('blocker'), 'early', 'hash', tests.id('other show'), 'sandbox', null) #>> '{attempt,id}')::uuid;
select is(pg_temp.record(pg_temp.id('early'), pg_temp.payment('pending', 'early')), 'recorded', 'a pending payment is recorded');
select is(pg_temp.record(pg_temp.id('early'), '{"refunds": [{"id": "early back", "payment_id": "early", "amount": 20000, "currency": "IDR", "state": "succeeded"}]}'), 'recorded', 'a refund before its payment is recorded');
select is(pg_temp.record(pg_temp.id('early'), '{"disputes": [{"id": "early dispute", "payment_id": "early", "amount": 30000, "currency": "IDR", "reinstated": true}]}'), 'recorded', 'a reinstated dispute before its payment is recorded');
select is(pg_temp.journal(pg_temp.id('early')), null, 'the journal is empty before the payment');
select is(pg_temp.record(pg_temp.id('early'), pg_temp.payment('paid', 'nothing', 0)), 'recorded', 'a payment of zero is recorded');
select pg_temp.record(pg_temp.id('early'), pg_temp.payment('paid', 'early'));
select is(pg_temp.journal(pg_temp.id('early')), 'captured 50000 IDR, refunded 20000 IDR, charged_back 30000 IDR, charge_back_returned 30000 IDR', 'with the payment the journal has all of them');
select pg_temp.record(pg_temp.id('early'), '{"disputes": [{"id": "second dispute", "payment_id": "early", "amount": 40000, "currency": "IDR", "withdrawn": true}]}');
select pg_temp.record(pg_temp.id('early'), pg_temp.payment('reversed', 'early'));
select is(pg_temp.journal(pg_temp.id('early')), 'captured 50000 IDR, refunded 20000 IDR, charged_back 70000 IDR, charge_back_returned 30000 IDR', 'a reversal of a payment that was returned entirely adds nothing');

-- Ticketing can be disabled once every hold has ended. A later payment is refunded.
select tests.make_event('switched', 'owner', '{"ticketing_enabled": true, "price": 50000, "max_attendees": 1}');
insert into attempts select 'switched', (ticket_service.begin_checkout(tests.id('stranger'), 'switched', 'hash', tests.id('switched'), 'sandbox', null) #>> '{attempt,id}')::uuid;
update ticket_service.tickets set held_until = now() where event_id = tests.id('switched');
select ticket_private.expire_holds();
select tests.does('owner', $$ update event_service.events set ticketing_enabled = false where id = tests.id('switched') $$);
select tests.does('mutual', $$ insert into event_service.event_attendees (event_id) values (tests.id('switched')) $$);
select is(pg_temp.record(pg_temp.id('switched'), pg_temp.payment('paid', 'switched')), 'recorded', 'a payment for an event that is no longer ticketed is recorded');
select is(pg_temp.outcome(pg_temp.id('switched')), 'event_closed', 'its outcome is event_closed');

-- A ticket is sold on the terms of the attempt that was paid, whatever attempts followed it.
select tests.make_event('changing show', 'owner', '{"ticketing_enabled": true, "price": 50000}');
create temporary table first_page as select ticket_service.begin_checkout(tests.id('stranger'), 'first page', 'hash', tests.id('changing show'), 'sandbox', null) as answer;
insert into ticket_service.refund_policies (event_id, fee_percent, closes_hours_before) values (tests.id('changing show'), 100, 0);
update event_service.events set price = 60000, currency = 'EUR', start_time = start_time + interval '1 hour', end_time = end_time + interval '1 hour' where id = tests.id('changing show');
update ticket_private.attempts set started_at = started_at - interval '2 minutes' where id = (select (answer #>> '{attempt,id}')::uuid from first_page);
select ticket_service.begin_checkout(tests.id('stranger'), 'second page', 'hash', tests.id('changing show'), 'sandbox', null);
create function pg_temp.terms() returns text[] language sql as $$
  select array[t.price_paid::text, t.currency, t.refund_fee::text, (e.start_time - t.refund_deadline)::text, (e.start_time - t.event_start_time)::text]
  from ticket_service.tickets t join event_service.events e on e.id = t.event_id where t.event_id = tests.id('changing show') $$;
select is(pg_temp.terms(), array['60000', 'EUR', '60000', '00:00:00', '00:00:00'], 'a held ticket has the terms of the last attempt');
select ticket_service.record_notice('sandbox', null, (answer #>> '{attempt,id}')::uuid, '{"payments": [{"id": "first page", "state": "paid", "amount": 50000, "currency": "IDR"}]}') from first_page;
select is(pg_temp.terms(), array['50000', 'IDR', '0', '1 day 01:00:00', '01:00:00'], 'a paid ticket has the terms of its attempt');

select * from finish();
rollback;
