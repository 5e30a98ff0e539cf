begin;
set local search_path = extensions, public;
select no_plan();

select tests.make_people();
select tests.make_event('show', 'owner', '{"ticketing_enabled": true, "price": 50000, "max_attendees": 2}');

create function pg_temp.buys(person text, provider text default 'sandbox') returns uuid language sql as $$
  select (ticket_service.begin_checkout(tests.id(person), gen_random_uuid()::text, 'hash', tests.id('show'), provider, null) #>> '{attempt,id}')::uuid $$;
create function pg_temp.ticket(attempt uuid) returns ticket_service.tickets language sql as $$
  select t from ticket_service.tickets t join ticket_private.attempts a on a.ticket_id = t.id where a.id = attempt $$;
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

select tests.outcomes($$ select ticket_service.record_notice('sandbox', 'notice', tests.id('nothing'), '{}') $$, 'stranger 42501/grant, anonymous 42501/grant, service 1', 'only the server records notices');

-- Results of recording.
insert into attempts values ('first', pg_temp.buys('stranger'));
select is(pg_temp.record(tests.id('nothing'), pg_temp.payment('paid')), 'unknown', 'a notice of an unknown attempt is not recorded');
select is((select ticket_service.record_notice('stripe', null, pg_temp.id('first'), pg_temp.payment('paid')::jsonb) ->> 'result'), 'unknown', 'a notice of another provider is not recorded');
select is(pg_temp.record(pg_temp.id('first'), pg_temp.payment('pending'), 'n1'), 'recorded', 'a notice of a pending payment is recorded');
select is((pg_temp.ticket(pg_temp.id('first'))).status::text, 'pending', 'a pending payment leaves the ticket pending');
select is(pg_temp.record(pg_temp.id('first'), pg_temp.payment('paid'), 'n1'), 'repeated', 'a notice with the same id is not recorded again');
select is((pg_temp.ticket(pg_temp.id('first'))).status::text, 'pending', 'its facts are ignored');
select is(pg_temp.record(pg_temp.id('first'), pg_temp.payment('paid'), 'n2'), 'recorded', 'a notice of a paid payment is recorded');
select is((pg_temp.ticket(pg_temp.id('first'))).status::text, 'active', 'a paid payment activates the ticket');
select pg_temp.record(pg_temp.id('first'), pg_temp.payment('failed')), pg_temp.record(pg_temp.id('first'), pg_temp.payment('expired')), pg_temp.record(pg_temp.id('first'), pg_temp.payment('pending'));
select is((pg_temp.ticket(pg_temp.id('first'))).status::text, 'active', 'notices of earlier states do not undo the payment');

-- Facts are added, in any order.
select pg_temp.buys('mutual');
select pg_temp.record(a.id, '{"refunds": [{"id": "b", "payment_id": "both", "amount": 50000, "currency": "IDR", "state": "succeeded"}]}'), pg_temp.record(a.id, pg_temp.payment('paid', 'both')),
  pg_temp.record(a.id, '{"refunds": [{"id": "a", "payment_id": "both", "amount": 50000, "currency": "IDR", "state": "succeeded"}, {"id": "b", "payment_id": "both", "amount": 50000, "currency": "IDR", "state": "failed"}]}')
from ticket_private.attempts a join ticket_service.tickets t on t.id = a.ticket_id where t.user_id = tests.id('mutual');
select is((select string_agg(x.transaction_id || ' ' || x.status, ', ' order by x.transaction_id) from ticket_service.ticket_transactions x join ticket_service.tickets t on t.id = x.ticket_id where t.user_id = tests.id('mutual') and x.kind = 'refund'),
  'a success, b failed', 'one notice may report that one refund failed and another succeeded');

-- Constraints.
insert into ticket_private.notices (provider, notice_id, attempt_id, facts) values ('tap', 'notice', pg_temp.id('first'), '{}');
select tests.outcomes(format('update ticket_private.notices set %s where provider = ''tap''', change), 'database ' || outcome, format('notices: %s', left(change, 60)))
from (values
  ('notice_id = ''''', '23514/notice_id_is_bounded'), ('notice_id = repeat(''a'', 256)', '23514/notice_id_is_bounded'), ('notice_id = repeat(''a'', 255)', '1')
) changes (change, outcome);
select tests.outcomes($$ insert into ticket_private.notices select * from ticket_private.notices where provider = 'tap' $$, 'database 23505/notices_are_unique', 'a notice is recorded once');

select * from finish();
rollback;
