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
create function pg_temp.told(attempt uuid, facts text, notice text default null) returns text language plpgsql as $$
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

select tests.outcomes($$ select ticket_service.record_notice('sandbox', 'notice', tests.id('nothing'), '{}') $$, 'stranger 42501/grant, anonymous 42501/grant, service 1', 'only the server hears providers');

-- Paid.
insert into attempts values ('first', pg_temp.buys('stranger'));
select is(pg_temp.told(tests.id('nothing'), pg_temp.payment('paid')), 'unknown', 'what is not ours changes nothing');
select is((select ticket_service.record_notice('stripe', null, pg_temp.id('first'), pg_temp.payment('paid')::jsonb) ->> 'result'), 'unknown', 'nor what another provider says');
select is(pg_temp.told(pg_temp.id('first'), pg_temp.payment('pending'), 'n1'), 'recorded', 'pending');
select is((pg_temp.ticket(pg_temp.id('first'))).status::text, 'pending', 'buys nothing');
select is(pg_temp.told(pg_temp.id('first'), pg_temp.payment('paid'), 'n1'), 'repeated', 'a notice counts once');
select is((pg_temp.ticket(pg_temp.id('first'))).status::text, 'pending', 'whatever it says the next time');
select is(pg_temp.told(pg_temp.id('first'), pg_temp.payment('paid'), 'n2'), 'recorded', 'paid');
select is((pg_temp.ticket(pg_temp.id('first'))).status::text, 'active', 'buys the ticket');
select is((pg_temp.ticket(pg_temp.id('first'))).held_until, null, 'which is held no more');
select is(pg_temp.outcome(pg_temp.id('first')), 'activated', 'and the buyer sees it');
select is(pg_temp.journal(pg_temp.id('first')), 'captured 50000 IDR', 'the journal says so');
select is((select array[status::text, transaction_id] from ticket_service.ticket_transactions where id = pg_temp.id('first')), array['success', 'pay'], 'so does the transaction');
select is((select array[held, sold] from ticket_private.event_seats where event_id = tests.id('show')), array[0, 1], 'the seat is sold');
select pg_temp.told(pg_temp.id('first'), pg_temp.payment('failed')), pg_temp.told(pg_temp.id('first'), pg_temp.payment('expired')), pg_temp.told(pg_temp.id('first'), pg_temp.payment('pending'));
select is((pg_temp.ticket(pg_temp.id('first'))).status::text, 'active', 'what was true before the payment is no more');

-- Paid twice.
select pg_temp.told(pg_temp.id('first'), pg_temp.payment('paid', 'again'));
select is((select array[p.outcome::text, x.status::text, r.state::text, r.amount::text] from ticket_private.payments p join ticket_service.ticket_transactions x on x.id = p.transaction_id
  join ticket_private.refunds r on r.payment_provider_id = p.provider_id where p.provider_id = 'again'), array['paid_twice', 'success', 'requested', '50000'], 'a second payment is to go back');
select is(pg_temp.journal(pg_temp.id('first')), 'captured 100000 IDR', 'it arrived');
select is(ticket_service.record_refund(r.id, 'succeeded', 'refund again') ->> 'result', 'recorded', 'gone back') from ticket_private.refunds r where r.payment_provider_id = 'again';
select is(pg_temp.journal(pg_temp.id('first')), 'captured 100000 IDR, refunded 50000 IDR', 'and left');
select is((select status::text from ticket_service.ticket_transactions where transaction_id = 'again'), 'refunded', 'the buyer sees it');
select is((pg_temp.ticket(pg_temp.id('first'))).status::text, 'active', 'the ticket stays');

-- A payment beside a ticket that came another way ends none.
insert into attempts values ('beside', pg_temp.buys('mutual'));
savepoint beside;
update event_service.events set price = 0 where id = tests.id('show');
update ticket_private.attempts set state = 'closed' where id = pg_temp.id('beside');
select ticket_service.begin_checkout(tests.id('mutual'), 'free now', 'hash', tests.id('show'), null, null);
select is((pg_temp.ticket(pg_temp.id('beside'))).status::text, 'active', 'it became free');
select pg_temp.told(pg_temp.id('beside'), pg_temp.payment('paid', 'beside'));
select is(pg_temp.outcome(pg_temp.id('beside')), 'already_has_ticket', 'and was paid all the same');
select pg_temp.told(pg_temp.id('beside'), '{"disputes": [{"id": "beside", "payment_id": "beside", "amount": 25000, "currency": "IDR", "withdrawn": true}]}'),
  pg_temp.told(pg_temp.id('beside'), '{"refunds": [{"id": "beside back", "payment_id": "beside", "amount": 50000, "currency": "IDR", "state": "succeeded"}]}');
select is(array[(pg_temp.ticket(pg_temp.id('beside'))).status::text, pg_temp.outcome(pg_temp.id('beside'))], array['active', 'refunded'], 'which goes back in whatever way');
rollback to beside;
delete from attempts where name = 'beside';
select pg_temp.told(a.id, '{"refunds": [{"id": "b", "payment_id": "both", "amount": 50000, "currency": "IDR", "state": "succeeded"}]}'), pg_temp.told(a.id, pg_temp.payment('paid', 'both')),
  pg_temp.told(a.id, '{"refunds": [{"id": "a", "payment_id": "both", "amount": 50000, "currency": "IDR", "state": "succeeded"}, {"id": "b", "payment_id": "both", "amount": 50000, "currency": "IDR", "state": "failed"}]}')
from ticket_private.attempts a join ticket_service.tickets t on t.id = a.ticket_id where t.user_id = tests.id('mutual');
select is((select string_agg(x.transaction_id || ' ' || x.status, ', ' order by x.transaction_id) from ticket_service.ticket_transactions x join ticket_service.tickets t on t.id = x.ticket_id where t.user_id = tests.id('mutual') and x.kind = 'refund'),
  'a success, b failed', 'one notice may tell that one refund came back and another arrived');
rollback to beside;
update ticket_service.tickets set status = 'cancelled' where user_id = tests.id('mutual');
delete from attempts where name = 'beside';

-- Too late.
insert into attempts values ('late', pg_temp.buys('mutual'));
update ticket_service.tickets set held_until = now() where user_id = tests.id('mutual');
select ticket_private.expire_holds();
savepoint expired;
select pg_temp.told(pg_temp.id('late'), pg_temp.payment('paid', 'late'));
select is((pg_temp.ticket(pg_temp.id('late'))).status::text, 'active', 'late money takes a seat if one is free');
rollback to expired;
insert into attempts values ('other', pg_temp.buys('follower'));
select pg_temp.told(pg_temp.id('late'), pg_temp.payment('paid', 'late'));
select is(array[(pg_temp.ticket(pg_temp.id('late'))).status::text, pg_temp.outcome(pg_temp.id('late'))], array['expired', 'sold_out'], 'and goes back if there is none');
select is((select array[state::text, origin::text] from ticket_private.refunds where payment_provider_id = 'late'), array['requested', 'payment'], 'by itself');
select pg_temp.told(pg_temp.id('late'), '{"refunds": [{"id": "late back", "payment_id": "late", "amount": 50000, "currency": "IDR", "state": "succeeded"}]}');
select is(array[(pg_temp.ticket(pg_temp.id('late'))).status::text, pg_temp.outcome(pg_temp.id('late'))], array['expired', 'refunded'], 'or by somebody at the provider: it never was a ticket');
rollback to expired;
insert into ticket_service.tickets (user_id, event_id, status) values (tests.id('mutual'), tests.id('show'), 'active');
select pg_temp.told(pg_temp.id('late'), pg_temp.payment('paid', 'late'));
select is(pg_temp.outcome(pg_temp.id('late')), 'already_has_ticket', 'so does that of somebody who has a ticket by now');
rollback to expired;
update event_service.events set status = 'cancelled' where id = tests.id('show');
select pg_temp.told(pg_temp.id('late'), pg_temp.payment('paid', 'late'));
select is(pg_temp.outcome(pg_temp.id('late')), 'event_closed', 'or for an event that was cancelled');
rollback to expired;
delete from auth.users where id = tests.id('mutual');
select pg_temp.told(pg_temp.id('late'), pg_temp.payment('paid', 'late'));
select is(pg_temp.outcome(pg_temp.id('late')), 'buyer_gone', 'or of somebody who left');
rollback to expired;

-- Not what was asked for.
select pg_temp.told(pg_temp.id('late'), pg_temp.payment('paid', 'less', 49999));
select is(array[(pg_temp.ticket(pg_temp.id('late'))).status::text, pg_temp.outcome(pg_temp.id('late')), pg_temp.journal(pg_temp.id('late'))], array['expired', 'set_aside', 'captured 49999 IDR'], 'another amount is set aside');
select is((select count(*)::int from ticket_private.refunds where payment_provider_id = 'less'), 0, 'for an operator');
select is((select array[kind, amount::text] from ticket_service.operator_queue() where provider_id = 'less'), array['payment', '49999'], 'who finds it');
select tests.outcomes(format($$ select tests.unwrapped(ticket_service.begin_refund(tests.id('owner'), 'disposes', 'hash', %L, 1, null)) $$, (pg_temp.ticket(pg_temp.id('late'))).id), 'service refund_exceeds_payment/409', 'not for the host');
select isnt(ticket_service.refund_rest(pg_temp.id('late')), null, 'and sends it back');
select tests.outcomes($$ select ticket_service.refund_rest(pg_temp.id('late')) $$, 'database payment_not_set_aside/404', 'once');
rollback to expired;
select pg_temp.told(pg_temp.id('late'), pg_temp.payment('paid', 'dollars', 50000, 'usd'));
select is(array[pg_temp.outcome(pg_temp.id('late')), pg_temp.journal(pg_temp.id('late'))], array['set_aside', 'captured 50000 USD'], 'so is another currency');
rollback to expired;

-- Failed, expired.
insert into attempts values ('failing', pg_temp.buys('mutual'));
savepoint held;
select pg_temp.told(pg_temp.id('failing'), pg_temp.payment('failed', 'no'));
select is(array[(pg_temp.ticket(pg_temp.id('failing'))).status::text, (select status::text from ticket_service.ticket_transactions where id = pg_temp.id('failing'))], array['expired', 'failed'], 'a payment that failed ends the hold');
rollback to held;

-- Taken back by the provider.
select pg_temp.told(pg_temp.id('failing'), pg_temp.payment('paid', 'gone'));
savepoint paid;
select pg_temp.told(pg_temp.id('failing'), pg_temp.payment('reversed', 'gone'));
select is(array[(pg_temp.ticket(pg_temp.id('failing'))).status::text, pg_temp.outcome(pg_temp.id('failing')), pg_temp.journal(pg_temp.id('failing'))],
  array['cancelled', 'reversed', 'captured 50000 IDR, charged_back 50000 IDR'], 'a payment that is taken back ends the ticket');
rollback to paid;
select pg_temp.told(pg_temp.id('failing'), '{"disputes": [{"id": "d", "payment_id": "gone", "amount": 50000, "currency": "idr", "withdrawn": true}]}');
select is(array[(pg_temp.ticket(pg_temp.id('failing'))).status::text, pg_temp.outcome(pg_temp.id('failing')), pg_temp.journal(pg_temp.id('failing'))],
  array['cancelled', 'disputed', 'captured 50000 IDR, charged_back 50000 IDR'], 'so does a dispute');
select pg_temp.told(pg_temp.id('failing'), '{"disputes": [{"id": "d", "payment_id": "gone", "amount": 50000, "currency": "idr", "reinstated": true}]}');
select is(array[(pg_temp.ticket(pg_temp.id('failing'))).status::text, pg_temp.journal(pg_temp.id('failing'))],
  array['cancelled', 'captured 50000 IDR, charged_back 50000 IDR, charge_back_returned 50000 IDR'], 'the money may come back');
rollback to paid;
select pg_temp.told(pg_temp.id('failing'), '{"disputes": [{"id": "d", "payment_id": "gone", "amount": 50000, "currency": "idr"}]}');
select is((pg_temp.ticket(pg_temp.id('failing'))).status::text, 'active', 'a dispute without money moved is a warning');

-- Refunded at the provider.
select pg_temp.told(pg_temp.id('failing'), '{"refunds": [{"id": "r1", "payment_id": "gone", "amount": 20000, "currency": "idr", "state": "succeeded"}]}');
select is(array[(pg_temp.ticket(pg_temp.id('failing'))).status::text, pg_temp.journal(pg_temp.id('failing'))], array['active', 'captured 50000 IDR, refunded 20000 IDR'], 'in part');
select pg_temp.told(pg_temp.id('failing'), '{"refunds": [{"id": "r2", "payment_id": "gone", "amount": 30000, "currency": "idr", "state": "succeeded"}]}');
select is(array[(pg_temp.ticket(pg_temp.id('failing'))).status::text, pg_temp.outcome(pg_temp.id('failing')), pg_temp.journal(pg_temp.id('failing'))], array['refunded', 'refunded', 'captured 50000 IDR, refunded 50000 IDR'], 'in whole');
select pg_temp.told(pg_temp.id('failing'), '{"refunds": [{"id": "r2", "payment_id": "gone", "amount": 30000, "currency": "idr", "state": "failed"}]}');
select is(pg_temp.journal(pg_temp.id('failing')), 'captured 50000 IDR, refunded 20000 IDR', 'a refund that came back is corrected by another entry');
select is((select array_agg(e.amount order by e.amount) from ticket_private.journal_entries e join ticket_private.refunds r on r.id = e.transaction_id where r.provider_id = 'r2'), array[-30000, 30000]::numeric[], 'not by a change');

-- The books.
select tests.outcomes(format('insert into ticket_private.journal_entries (ticket_id, transaction_id, kind, amount, currency) select a.ticket_id, a.id, %L, %s, %L from ticket_private.attempts a where a.id = pg_temp.id(''first'')', kind, amount, currency),
  'database journal_out_of_balance/409', format('an entry that nobody told of: %s %s %s', kind, amount, currency))
from (values ('captured', 1, 'IDR'), ('captured', -1, 'IDR'), ('refunded', 1, 'IDR'), ('charged_back', 1, 'IDR'), ('captured', 1, 'EUR')) entries (kind, amount, currency);
insert into ticket_private.disputes (provider, provider_id, ticket_id, attempt_id, payment_provider_id, amount, currency)
select provider, 'open', ticket_id, attempt_id, provider_id, 1, currency from ticket_private.payments where provider_id = 'pay';
select tests.outcomes(format('update ticket_private.%I set %s where ticket_id = (select ticket_id from ticket_private.attempts where id = pg_temp.id(%L))', source, change, attempt), 'database journal_out_of_balance/409', source || ' ' || change)
from (values ('payments', 'first', 'amount = amount + 1'), ('payments', 'first', 'state = ''pending'''), ('refunds', 'first', 'state = ''failed'''), ('refunds', 'first', 'amount = 1'), ('disputes', 'first', 'is_withdrawn = true')) changes (source, attempt, change);

-- Money that went back elsewhere.
set constraints all deferred;
select tests.make_event('big show', 'owner', '{"ticketing_enabled": true, "price": 50000}'), tests.make_event('other show', 'stranger', '{"ticketing_enabled": true, "price": 50000}');
create function pg_temp.paid(person text) returns uuid language plpgsql as $$
declare attempt uuid := (ticket_service.begin_checkout(tests.id(rtrim(person, '0123456789')), gen_random_uuid()::text, 'hash', tests.id('big show'), 'sandbox', null) #>> '{attempt,id}')::uuid;
begin
  perform pg_temp.told(attempt, pg_temp.payment('paid', person));
  insert into attempts values (person, attempt);
  return attempt;
end $$;
create function pg_temp.elsewhere(attempt text, amount int, state text) returns text language sql as $$
  select pg_temp.told(pg_temp.id(attempt), format('{"refunds": [{"id": "%s elsewhere", "payment_id": "%s", "amount": %s, "currency": "IDR", "state": "%s"}]}', attempt, attempt, amount, state)) $$;
create function pg_temp.gives(attempt text, amount numeric) returns uuid language sql as $$
  select (ticket_service.begin_refund(tests.id('owner'), gen_random_uuid()::text, 'hash', (pg_temp.ticket(pg_temp.id(attempt))).id, amount) #>> '{refund,id}')::uuid $$;
create function pg_temp.queue(attempt text) returns text language sql as $$
  select string_agg(kind || ' ' || amount::int, ', ' order by kind, amount desc) from ticket_service.operator_queue() where ticket_id = (pg_temp.ticket(pg_temp.id(attempt))).id $$;
select pg_temp.paid(person) from unnest(array['follower', 'followed', 'acquaintance', 'owner', 'nuisance']) person;

select pg_temp.elsewhere('follower', 50000, 'sent');
select is(ticket_service.begin_refund(tests.id('follower'), 'back', 'hash', (pg_temp.ticket(pg_temp.id('follower'))).id) #>> '{answer,refund}', null, 'what is on its way back is not asked for again');
select pg_temp.elsewhere('follower', 50000, 'failed');
select pg_temp.told(pg_temp.id('follower'), '{"refunds": [{"id": "another", "payment_id": "follower", "amount": 1, "currency": "IDR", "state": "failed"}]}');
select is(pg_temp.queue('follower'), 'payment 50000', 'if it comes back, an operator is told');
select is((select ticket_service.refund_rest(x.id) is not null from ticket_service.ticket_transactions x where x.id = pg_temp.id('follower')), true, 'and sends it');
select is(pg_temp.queue('follower'), null, 'once');

select pg_temp.gives('followed', 30000);
select ticket_service.record_refund(r.id, 'succeeded', 'ours') from ticket_private.refunds r where r.attempt_id = pg_temp.id('followed');
select is((pg_temp.ticket(pg_temp.id('followed'))).status::text, 'active', 'a part of the host''s leaves the ticket');
select pg_temp.elsewhere('followed', 20000, 'succeeded');
select is(array[(pg_temp.ticket(pg_temp.id('followed'))).status::text, pg_temp.outcome(pg_temp.id('followed')), pg_temp.journal(pg_temp.id('followed'))], array['refunded', 'refunded', 'captured 50000 IDR, refunded 50000 IDR'],
  'whoever gave the rest back at the provider ended it');

select ticket_service.record_refund(pg_temp.gives('acquaintance', 30000), 'sent', is_manual => true);
select ticket_service.close_refund(r.id, 'transfer') from ticket_private.refunds r where r.attempt_id = pg_temp.id('acquaintance');
select pg_temp.elsewhere('acquaintance', 50000, 'succeeded');
select is(array[(pg_temp.ticket(pg_temp.id('acquaintance'))).status::text, pg_temp.journal(pg_temp.id('acquaintance')), pg_temp.queue('acquaintance')], array['refunded', 'captured 50000 IDR, refunded 50000 IDR', 'excess 30000'],
  'more than there was ends it too, and an operator is told how much more');
select is(pg_temp.gives('acquaintance', 1), null, 'nothing is left to give');

select ticket_service.record_refund(pg_temp.gives('owner', 30000), 'sent', is_manual => true);
select ticket_service.close_refund(r.id, 'transfer') from ticket_private.refunds r where r.attempt_id = pg_temp.id('owner');
select pg_temp.told(pg_temp.id('owner'), pg_temp.payment('reversed', 'owner'));
select is(pg_temp.journal(pg_temp.id('owner')), 'captured 50000 IDR, refunded 30000 IDR, charged_back 50000 IDR', 'what a provider takes back is all of it, whatever an operator paid besides');

-- Ours and a part elsewhere both went back; then ours came back.
select pg_temp.paid('mutual');
create temporary table ours as select (ticket_service.begin_refund(tests.id('mutual'), 'ours', 'hash', (pg_temp.ticket(pg_temp.id('mutual'))).id) #>> '{refund,id}')::uuid as id;
create function pg_temp.state(attempt text) returns text[] language sql as $$
  select array[pg_temp.journal(pg_temp.id(attempt)), pg_temp.queue(attempt), (select sum(r.amount)::int::text from ticket_private.refunds r where r.attempt_id = pg_temp.id(attempt) and r.send_at is not null)] $$;
select pg_temp.elsewhere('mutual', 20000, 'succeeded');
select is(pg_temp.state('mutual'), array['captured 50000 IDR, refunded 20000 IDR', null, '30000'], 'the rest is to be sent');
select ticket_service.record_refund(id, 'succeeded', 'ours too') from ours;
select is(pg_temp.state('mutual'), array['captured 50000 IDR, refunded 50000 IDR', 'excess 20000', null], 'more went back than there was');
select ticket_service.record_refund(id, 'failed') from ours;
select is(pg_temp.state('mutual'), array['captured 50000 IDR, refunded 20000 IDR', null, '30000'], 'and came back: the rest is to be sent again');
update ticket_private.refunds set send_at = null where attempt_id = pg_temp.id('mutual') and send_at is not null;
select ticket_service.record_refund(r.id, 'failed', 'the rest') from ticket_private.refunds r where r.attempt_id = pg_temp.id('mutual') and r.state = 'requested' and not r.is_overtaken;
select ticket_service.close_refund(r.id, 'transfer') from ticket_private.refunds r where r.provider_id = 'the rest';
select is(pg_temp.state('mutual'), array['captured 50000 IDR, refunded 50000 IDR', null, null], 'what failed and an operator paid went back once');

-- A part elsewhere that was under way when ours was asked for counts once.
select pg_temp.paid('stranger2'), pg_temp.elsewhere('stranger2', 20000, 'sent');
select is(ticket_service.begin_refund(tests.id('stranger'), 'rest', 'hash', (pg_temp.ticket(pg_temp.id('stranger2'))).id) #>> '{refund,amount}', '30000', 'the rest is asked for');
select pg_temp.elsewhere('stranger2', 20000, 'succeeded');
select is((select array_agg(r.origin || ' ' || r.amount::int || ' ' || r.is_overtaken order by r.origin) from ticket_private.refunds r where r.attempt_id = pg_temp.id('stranger2')), array['buyer 30000 false', 'provider 20000 false'], 'and stays so once it has arrived');

-- Two that went back beside all there was, and then the provider took the payment back.
select pg_temp.paid('acquaintance2');
select ticket_service.record_refund(pg_temp.gives('acquaintance2', 30000), 'sent', is_manual => true);
select ticket_service.close_refund(r.id, 'transfer') from ticket_private.refunds r where r.attempt_id = pg_temp.id('acquaintance2');
select pg_temp.elsewhere('acquaintance2', 30000, 'succeeded');
select pg_temp.told(pg_temp.id('acquaintance2'), '{"refunds": [{"id": "z", "payment_id": "acquaintance2", "amount": 5000, "currency": "IDR", "state": "succeeded"}]}'),
  pg_temp.told(pg_temp.id('acquaintance2'), '{"refunds": [{"id": "a", "payment_id": "acquaintance2", "amount": 5000, "currency": "IDR", "state": "succeeded"}]}');
select is(array[pg_temp.journal(pg_temp.id('acquaintance2')), pg_temp.queue('acquaintance2')], array['captured 50000 IDR, refunded 50000 IDR', 'excess 15000, excess 5000'], 'each is listed for what it was too much');
select pg_temp.told(pg_temp.id('acquaintance2'), pg_temp.payment('reversed', 'acquaintance2'));
select is(pg_temp.journal(pg_temp.id('acquaintance2')), 'captured 50000 IDR, refunded 50000 IDR, charged_back 10000 IDR', 'it takes what it had not given back');

-- Called back in another currency.
select pg_temp.paid('followed2');
select pg_temp.told(pg_temp.id('followed2'), '{"disputes": [{"id": "foreign", "payment_id": "followed2", "amount": 3, "currency": "USD", "withdrawn": true}]}');
select is((pg_temp.ticket(pg_temp.id('followed2'))).status::text, 'cancelled', 'a dispute in another currency ends the ticket too');
select tests.outcomes(format($$ select tests.unwrapped(ticket_service.begin_refund(tests.id('owner'), 'twice', 'hash', %L, 1)) $$, (pg_temp.ticket(pg_temp.id('followed2'))).id), 'database refund_exceeds_payment/409', 'and nothing is given back as well');

-- Somebody's refund of the whole at the provider leaves nothing to ask for, and comes back: the fee is the buyer's who gave the ticket back.
create function pg_temp.comes_back(attempt text, person text) returns text[] language plpgsql as $$
declare before text;
begin
  perform pg_temp.paid(attempt);
  update ticket_service.tickets set refund_fee = 10000 where id = (pg_temp.ticket(pg_temp.id(attempt))).id;
  perform pg_temp.elsewhere(attempt, 50000, 'sent'), ticket_service.begin_refund(tests.id(person), attempt, 'hash', (pg_temp.ticket(pg_temp.id(attempt))).id), pg_temp.elsewhere(attempt, 50000, 'failed');
  before := pg_temp.queue(attempt);
  perform ticket_service.refund_rest(pg_temp.id(attempt));
  return array[before, pg_temp.queue(attempt)];
end $$;
select is(pg_temp.comes_back('followed3', 'owner'), array['payment 50000', null], 'of a ticket that its host ended all of it');
select is(pg_temp.comes_back('followed4', 'followed'), array['payment 40000', null], 'of one that its buyer gave back what the policy leaves');

-- Another amount ends no hold under which another page is open.
insert into attempts values ('old page', (ticket_service.begin_checkout(tests.id('followed'), 'old page', 'hash', tests.id('big show'), 'sandbox', null) #>> '{attempt,id}')::uuid);
update ticket_private.attempts set state = 'closed', check_at = null where id = pg_temp.id('old page');
select is(ticket_service.begin_checkout(tests.id('followed'), 'new page', 'hash', tests.id('big show'), 'sandbox', null) ->> 'next', 'pay', 'another page');
savepoint new_page;
select pg_temp.told(pg_temp.id('old page'), pg_temp.payment('paid', 'odd', 40000));
select is(array[(pg_temp.ticket(pg_temp.id('old page'))).status::text, pg_temp.outcome(pg_temp.id('old page'))], array['pending', 'set_aside'], 'is still to be paid on');
rollback to new_page;
select pg_temp.told(pg_temp.id('old page'), pg_temp.payment('reversed', 'gone at once'));
select is((select a.state::text from ticket_private.attempts a where a.idempotency_key = 'new page'), 'ending', 'not where the ticket was bought on the old one, whatever became of that');
rollback to new_page;
update ticket_service.tickets set status = 'cancelled' where id = (pg_temp.ticket(pg_temp.id('old page'))).id;

-- What an operator sends back after money came back is sent, and what they do otherwise is kept.
select pg_temp.told(pg_temp.id('nuisance'), '{"disputes": [{"id": "won", "payment_id": "nuisance", "amount": 50000, "currency": "IDR", "withdrawn": true, "reinstated": true}]}');
select is(pg_temp.queue('nuisance'), 'payment 50000', 'a dispute that was won leaves the payment');
savepoint won;
create temporary table rest as select ticket_service.refund_rest(pg_temp.id('nuisance')) as id;
select ticket_service.record_refund(id, 'sent', 'rest') from rest;
select is((select array[state::text, is_overtaken::text] from ticket_private.refunds r join rest on rest.id = r.id), array['sent', 'false'], 'which the operator may give back after all');
select ticket_service.record_refund(id, 'succeeded') from rest;
select is(pg_temp.journal(pg_temp.id('nuisance')), 'captured 50000 IDR, refunded 50000 IDR, charged_back 50000 IDR, charge_back_returned 50000 IDR', 'and the books say so');
rollback to won;
select ticket_service.close_item('payment', pg_temp.id('nuisance'), 'kept, as agreed with the buyer');
select is(pg_temp.queue('nuisance'), null, 'or keep, which is noted');
select tests.outcomes($$ select ticket_service.close_item('payment', pg_temp.id('nuisance'), 'x') $$, 'database item_not_open/404, stranger 42501/grant', 'once, by the server');
select ticket_service.record_refund(r.id, 'requires_action', 'slow', is_manual => true) from (select ticket_private.request_refund_of('sandbox', 'pay', 10, 0, 'host', null) as id) r;
select ticket_service.close_refund(r.id, 'transfer') from ticket_private.refunds r where r.provider_id = 'slow';
select ticket_service.record_refund(r.id, 'succeeded') from ticket_private.refunds r where r.provider_id = 'slow';
select is((select amount::int from ticket_service.operator_queue() where kind = 'excess' and provider_id = 'slow'), 10, 'what an operator paid and the provider too, went back twice');

-- Facts before their payment, of nothing, of the end alone, and of more ways back than one.
insert into attempts select 'early', (ticket_service.begin_checkout(tests.id('blocker'), 'early', 'hash', tests.id('other show'), 'sandbox', null) #>> '{attempt,id}')::uuid;
select is(pg_temp.told(pg_temp.id('early'), pg_temp.payment('pending', 'early')), 'recorded', 'not paid yet');
select is(pg_temp.told(pg_temp.id('early'), '{"refunds": [{"id": "early back", "payment_id": "early", "amount": 20000, "currency": "IDR", "state": "succeeded"}]}'), 'recorded', 'given back');
select is(pg_temp.told(pg_temp.id('early'), '{"disputes": [{"id": "early dispute", "payment_id": "early", "amount": 30000, "currency": "IDR", "reinstated": true}]}'), 'recorded', 'called back and returned');
select is(pg_temp.journal(pg_temp.id('early')), null, 'nothing is booked before its payment');
select is(pg_temp.told(pg_temp.id('early'), pg_temp.payment('paid', 'nothing', 0)), 'recorded', 'a payment of nothing is one');
select pg_temp.told(pg_temp.id('early'), pg_temp.payment('paid', 'early'));
select is(pg_temp.journal(pg_temp.id('early')), 'captured 50000 IDR, refunded 20000 IDR, charged_back 30000 IDR, charge_back_returned 30000 IDR', 'then everything is');
select pg_temp.told(pg_temp.id('early'), '{"disputes": [{"id": "second dispute", "payment_id": "early", "amount": 40000, "currency": "IDR", "withdrawn": true}]}');
select pg_temp.told(pg_temp.id('early'), pg_temp.payment('reversed', 'early'));
select is(pg_temp.journal(pg_temp.id('early')), 'captured 50000 IDR, refunded 20000 IDR, charged_back 70000 IDR, charge_back_returned 30000 IDR', 'what has all gone back cannot be taken back');

-- What waits for an operator, and what does not.
create function pg_temp.listed(attempt text) returns bigint language sql as $$ select count(*) from ticket_private.refunds_for_operators r where r.attempt_id = pg_temp.id(attempt) $$;
select is(pg_temp.listed('acquaintance'), 0::bigint, 'not what was closed');
update ticket_private.refunds set sends = 60 where attempt_id = pg_temp.id('follower') and origin = 'operator';
select is(pg_temp.listed('follower'), 1::bigint, 'what a provider does not come to an end with');
update ticket_private.refunds set sends = 1, is_manual = true where attempt_id = pg_temp.id('follower') and origin = 'operator';
select is(pg_temp.listed('follower'), 1::bigint, 'what it cannot make');
savepoint listed;
select ticket_service.record_refund(r.id, 'succeeded') from ticket_private.refunds r where r.attempt_id = pg_temp.id('follower') and r.origin = 'operator';
select is(pg_temp.listed('follower'), 0::bigint, 'not what it made after all');
rollback to listed;
select pg_temp.told(pg_temp.id('follower'), '{"disputes": [{"id": "whole", "payment_id": "follower", "amount": 50000, "currency": "IDR", "withdrawn": true}]}');
select is(pg_temp.listed('follower'), 0::bigint, 'nor what the bank has taken');
rollback to listed;

-- Of whose event the buyer hears what becomes: of one to which they hold, have or had a ticket.
create function pg_temp.hears(person text, event text default 'tale') returns boolean language plpgsql as $$
declare answer boolean;
begin
  perform tests.act_as(person);
  answer := exists (select from ticket_service.event_cancellations c where c.event_id = tests.id(event));
  perform tests.act_as('database');
  return answer;
end $$;
select tests.make_event('tale', 'owner', '{"ticketing_enabled": true, "price": 50000}');
insert into ticket_service.event_cancellations (event_id) values (tests.id('tale'));
insert into ticket_service.tickets (id, user_id, event_id, status, price_paid) values (tests.id('told'), tests.id('stranger'), tests.id('tale'), 'pending', 50000);
create function pg_temp.becomes(new_status text, paid numeric default 50000) returns boolean language plpgsql as $$
begin
  update ticket_service.tickets set status = new_status::ticket_service.ticket_status, price_paid = paid where id = tests.id('told');
  return pg_temp.hears('stranger');
end $$;
savepoint never_had;
select is(pg_temp.becomes('pending'), true, 'held');
select is(array[pg_temp.becomes('cancelled'), pg_temp.becomes('expired'), pg_temp.becomes('expired', 0), pg_temp.becomes('cancelled', 0)], array[false, false, false, false], 'not what was only looked at, or offered and given back');
select is(pg_temp.becomes('refunded'), true, 'given back for money');
rollback to never_had;
select is(array[pg_temp.becomes('active', 0), pg_temp.becomes('cancelled', 0), pg_temp.becomes('expired', 0)], array[true, true, true], 'had, also for nothing');
insert into attempts select 'told', (ticket_service.begin_checkout(tests.id('mutual'), 'told', 'hash', tests.id('tale'), 'sandbox', null) #>> '{attempt,id}')::uuid;
select pg_temp.told(pg_temp.id('told'), pg_temp.payment('failed', 'told'));
select is(pg_temp.hears('mutual'), false, 'nor one whose payment failed');
select pg_temp.told(pg_temp.id('told'), pg_temp.payment('paid', 'told'));
update ticket_service.tickets set status = 'cancelled' where id = (pg_temp.ticket(pg_temp.id('told'))).id;
select is(array[pg_temp.hears('mutual'), pg_temp.hears('follower')], array[true, false], 'one that was paid, to who paid it');

-- An event stays while somebody may still pay for it.
select tests.make_event('tiny show', 'owner', '{"ticketing_enabled": true, "price": 50000}');
insert into attempts select 'opened', (ticket_service.begin_checkout(tests.id('stranger'), 'opened', 'hash', tests.id('tiny show'), 'sandbox', null) #>> '{attempt,id}')::uuid;
select ticket_service.finish_checkout(tests.id('stranger'), 'opened', pg_temp.id('opened'), 'session', 'https://pay.test');
select pg_temp.told(pg_temp.id('opened'), pg_temp.payment('expired', 'page'));
update ticket_private.attempts set check_at = null where id = pg_temp.id('opened');
select tests.outcomes($$ delete from event_service.events where id = tests.id('tiny show') $$, 'owner has_sold_tickets/409', 'on a page that was opened before it ended');
update ticket_private.attempts set started_at = now() - interval '31 days' where id = pg_temp.id('opened');
select tests.outcomes($$ delete from event_service.events where id = tests.id('tiny show') $$, 'owner 1', 'for a month');

-- Ticketing may be switched off once every hold is over; a payment that comes then goes back.
select tests.make_event('switched', 'owner', '{"ticketing_enabled": true, "price": 50000, "max_attendees": 1}');
insert into attempts select 'switched', (ticket_service.begin_checkout(tests.id('stranger'), 'switched', 'hash', tests.id('switched'), 'sandbox', null) #>> '{attempt,id}')::uuid;
update ticket_service.tickets set held_until = now() where event_id = tests.id('switched');
select ticket_private.expire_holds();
select tests.does('owner', $$ update event_service.events set ticketing_enabled = false where id = tests.id('switched') $$);
select tests.does('mutual', $$ insert into event_service.event_attendees (event_id) values (tests.id('switched')) $$);
select is(pg_temp.told(pg_temp.id('switched'), pg_temp.payment('paid', 'switched')), 'recorded', 'it is taken');
select is(pg_temp.outcome(pg_temp.id('switched')), 'event_closed', 'and goes back');

select * from finish();
rollback;
