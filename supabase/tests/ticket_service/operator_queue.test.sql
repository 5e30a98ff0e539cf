begin;
set local search_path = extensions, public;
select no_plan();

select tests.make_people();
select tests.make_event('show', 'owner', '{"ticketing_enabled": true, "price": 10}');

-- Payments through the sandbox.
select tests.make_event('big show', 'owner', '{"ticketing_enabled": true, "price": 50000}');
create temporary table attempts (name text primary key, id uuid);
create function pg_temp.ticket(attempt uuid) returns ticket_service.tickets language sql as $$
  select t from ticket_service.tickets t join ticket_private.attempts a on a.ticket_id = t.id where a.id = attempt $$;
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
create function pg_temp.id(name text) returns uuid language sql as $$ select a.id from attempts a where a.name = $1 $$;
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
select pg_temp.paid(person) from unnest(array['stranger', 'follower', 'acquaintance', 'nuisance']) person;

-- What is left of a payment: refunded by refund_rest(), or closed by close_item().
select pg_temp.record(pg_temp.id('nuisance'), '{"disputes": [{"id": "won", "payment_id": "nuisance", "amount": 50000, "currency": "IDR", "withdrawn": true, "reinstated": true}]}');
select is(pg_temp.queue('nuisance'), 'payment 50000', 'a reinstated payment without a ticket is listed');
savepoint won;
create temporary table rest as select ticket_service.refund_rest(pg_temp.id('nuisance')) as id;
select ticket_service.record_refund(id, 'sent', 'rest') from rest;
select is((select array[state::text, is_overtaken::text] from ticket_private.refunds r join rest on rest.id = r.id), array['sent', 'false'], 'its refund by refund_rest() is sent, not overtaken');
select ticket_service.record_refund(id, 'succeeded') from rest;
select is(pg_temp.journal(pg_temp.id('nuisance')), 'captured 50000 IDR, refunded 50000 IDR, charged_back 50000 IDR, charge_back_returned 50000 IDR', 'the journal has the refund');
rollback to won;
select ticket_service.close_item('payment', pg_temp.id('nuisance'), 'kept, as agreed with the buyer');
select is(pg_temp.queue('nuisance'), null, 'a closed item is not listed');
select tests.outcomes($$ select ticket_service.close_item('payment', pg_temp.id('nuisance'), 'x') $$, 'database item_not_open/404, stranger 42501/grant', 'an item is closed once, and only by the server');
select ticket_service.record_refund(r.id, 'requires_action', 'slow', is_manual => true) from (select ticket_private.request_refund('sandbox', 'stranger', 10, 0, 'host', null) as id) r;
select ticket_service.close_refund(r.id, 'transfer') from ticket_private.refunds r where r.provider_id = 'slow';
select ticket_service.record_refund(r.id, 'succeeded') from ticket_private.refunds r where r.provider_id = 'slow';
select is((select amount::int from ticket_service.operator_queue() where kind = 'excess' and provider_id = 'slow'), 10, 'a refund that an operator paid and the provider made too is listed as excess');

-- Refunds that are listed.
create function pg_temp.listed(attempt text) returns bigint language sql as $$ select count(*) from ticket_private.refunds_for_operators r where r.attempt_id = pg_temp.id(attempt) $$;
select ticket_service.record_refund(pg_temp.refund_by_host('acquaintance', 30000), 'sent', is_manual => true);
select ticket_service.close_refund(r.id, 'transfer') from ticket_private.refunds r where r.attempt_id = pg_temp.id('acquaintance');
select is(pg_temp.listed('acquaintance'), 0::bigint, 'a closed refund is not listed');
select pg_temp.refund_at_provider('follower', 50000, 'sent'), ticket_service.begin_refund(tests.id('follower'), 'back', 'hash', (pg_temp.ticket(pg_temp.id('follower'))).id), pg_temp.refund_at_provider('follower', 50000, 'failed'),
  ticket_service.refund_rest(pg_temp.id('follower'));
update ticket_private.refunds set sends = 60 where attempt_id = pg_temp.id('follower') and origin = 'operator';
select is(pg_temp.listed('follower'), 1::bigint, 'a refund that the provider does not complete is listed after 60 tries');
update ticket_private.refunds set sends = 1, is_manual = true where attempt_id = pg_temp.id('follower') and origin = 'operator';
select is(pg_temp.listed('follower'), 1::bigint, 'a refund that the provider cannot make is listed');
savepoint listed;
select ticket_service.record_refund(r.id, 'succeeded') from ticket_private.refunds r where r.attempt_id = pg_temp.id('follower') and r.origin = 'operator';
select is(pg_temp.listed('follower'), 0::bigint, 'a refund that succeeded after all is not listed');
rollback to listed;
select pg_temp.record(pg_temp.id('follower'), '{"disputes": [{"id": "whole", "payment_id": "follower", "amount": 50000, "currency": "IDR", "withdrawn": true}]}');
select is(pg_temp.listed('follower'), 0::bigint, 'a refund overtaken by a charge-back is not listed');
rollback to listed;

-- Constraints.
insert into ticket_private.closed_items (kind, id, reference) values ('attempt', tests.id('closed'), 'looked up');
select tests.outcomes(format('update ticket_private.closed_items set %s where id = tests.id(''closed'')', change), 'database ' || outcome, format('closed_items: %s', left(change, 60)))
from (values
  ('reference = ''''', '23514/reference_is_given'), ('reference = repeat(''a'', 201)', '23514/reference_is_given'), ('reference = repeat(''a'', 200)', '1')
) changes (change, outcome);
select tests.outcomes($$ insert into ticket_private.closed_items select * from ticket_private.closed_items where id = tests.id('closed') $$, 'database 23505/closed_items_are_unique', 'an item is closed once');

-- Ended tickets with something left of their payments.
create function pg_temp.ended(name text, outcome text default 'activated', provider text default 'tap') returns void language plpgsql as $$
begin
  insert into ticket_service.tickets (id, event_id, status, price_paid) values (tests.id(name), tests.id('show'), 'refunded', 10);
  perform tests.make_payment(name, name);
  update ticket_private.payments p set outcome = ended.outcome::ticket_service.payment_outcome, provider = ended.provider where p.provider_id = name;
end $$;
create function pg_temp.refund(payment text, origin text, state text) returns void language sql as $$
  insert into ticket_private.refunds (id, ticket_id, attempt_id, provider, payment_provider_id, amount, currency, origin, state)
  values (tests.id(payment || ' back'), tests.id(payment), tests.id(payment), 'tap', payment, 4, 'IDR', origin::ticket_private.refund_origin, state::ticket_private.refund_state) $$;
create function pg_temp.waiting(name text) returns text language sql as $$
  select string_agg(q.kind || ' ' || q.amount::int, ', ' order by q.kind, q.amount) from ticket_service.operator_queue() q where q.ticket_id = tests.id(name) $$;

select pg_temp.ended('all kept');
select is(pg_temp.waiting('all kept'), null, 'a fee of the whole price is not listed');
select pg_temp.ended('kept and came back'), pg_temp.refund('kept and came back', 'provider', 'failed');
update ticket_service.tickets set refund_fee = 10 where id = tests.id('kept and came back');
select is(pg_temp.waiting('kept and came back'), null, 'nor after a refund at the provider failed');
select pg_temp.ended('came back'), pg_temp.refund('came back', 'provider', 'failed');
select is(pg_temp.waiting('came back'), 'payment 10', 'a failed refund at the provider lists the payment');
select is(pg_temp.waiting('all kept'), null, 'other payments are not listed for it');
select pg_temp.ended('went back'), pg_temp.refund('went back', 'provider', 'succeeded');
select is(pg_temp.waiting('went back'), null, 'a succeeded refund is not listed');
select pg_temp.ended('ours failed'), pg_temp.refund('ours failed', 'host', 'failed');
select is(pg_temp.waiting('ours failed'), 'refund 4', 'a failed refund of ours is listed with its amount');
select pg_temp.ended('less the fee'), pg_temp.refund('less the fee', 'buyer', 'sent');
update ticket_private.refunds set is_overtaken = true, fee = 3 where id = tests.id('less the fee back');
insert into ticket_private.refunds (ticket_id, attempt_id, provider, payment_provider_id, amount, currency, origin, state)
values (tests.id('less the fee'), tests.id('less the fee'), 'tap', 'less the fee', 4, 'IDR', 'provider', 'failed');
select is(pg_temp.waiting('less the fee'), 'payment 7', 'a payment is listed less the fee');
select pg_temp.ended('elsewhere', provider => 'other'), pg_temp.refund('elsewhere', 'provider', 'failed');
select is(pg_temp.waiting('elsewhere'), null, 'a refund with the same id at another provider does not matter');
select pg_temp.ended('set aside', 'set_aside'), pg_temp.refund('set aside', 'provider', 'failed');
select is(pg_temp.waiting('set aside'), 'payment 10', 'a payment is listed once');

select pg_temp.ended('still theirs'), pg_temp.refund('still theirs', 'provider', 'failed');
select is(pg_temp.waiting('still theirs'), 'payment 10', 'a payment of an ended ticket is listed');
update ticket_service.tickets set status = 'active' where id = tests.id('still theirs');
select is(pg_temp.waiting('still theirs'), null, 'not while the ticket is active');
update ticket_private.payments set outcome = null, state = 'failed' where provider_id = 'came back';
select is(pg_temp.waiting('came back'), null, 'a payment that was never paid is not listed');

select * from finish();
rollback;
