begin;
set local search_path = extensions, public;
select no_plan();

select tests.make_people();
select tests.make_event('free show', 'owner', '{"ticketing_enabled": true, "max_attendees": 1}');
create function pg_temp.begin_checkout(person text, event text, key text default null, method text default 'sandbox', hash text default 'hash') returns jsonb language sql as $$
  select ticket_service.begin_checkout(tests.id(person), coalesce(key, gen_random_uuid()::text), hash, tests.id(event), method, null) $$;
create function pg_temp.ticket_of(person text, event text) returns ticket_service.tickets language sql as $$
  select t from ticket_service.tickets t where user_id = tests.id(person) and event_id = tests.id(event) order by status in ('pending', 'active') desc limit 1 $$;

-- A repeated request.
select pg_temp.begin_checkout('stranger', 'free show', 'free');
select is(pg_temp.begin_checkout('stranger', 'free show', 'free') #>> '{answer,ticket,id}', (pg_temp.ticket_of('stranger', 'free show')).id::text, 'a repeated request returns the stored answer');
select tests.outcomes(format($$ select tests.unwrapped(ticket_service.begin_checkout(tests.id('stranger'), %L, %L, tests.id('free show'), null, null)) $$, key, hash), 'service ' || outcome, 'key ' || key || ' with ' || hash)
from (values ('free', 'hash', '1'), ('free', 'another hash', 'idempotency_key_reused/422'), ('another', 'hash', 'already_has_ticket/409'), ('', 'hash', 'invalid_idempotency_key/400'),
  (repeat('k', 255), 'hash', 'already_has_ticket/409'), (repeat('k', 256), 'hash', 'invalid_idempotency_key/400')) requests (key, hash, outcome);
select tests.outcomes($$ select tests.unwrapped(ticket_service.begin_checkout(tests.id('mutual'), 'free', 'another hash', tests.id('free show'), null, null)) $$, 'service sold_out/409', 'a key of another person is another key');

-- Constraints.
delete from ticket_private.idempotency_keys;
insert into ticket_private.idempotency_keys (user_id, function, key, request_hash) values (tests.id('mutual'), 'ticket-checkout', 'key', 'hash');
select tests.outcomes(format('update ticket_private.idempotency_keys set %s where user_id = tests.id(''mutual'')', change), 'database ' || outcome, format('idempotency_keys: %s', left(change, 60)))
from (values
  ('key = ''''', 'invalid_idempotency_key/400'), ('key = repeat(''a'', 256)', 'invalid_idempotency_key/400'), ('key = repeat(''a'', 255)', '1'),
  ('status = 200', '23514/answered_with_a_status'), ('answer = ''{}''', '23514/answered_with_a_status'), ('status = 200, answer = ''{}''', '1')
) changes (change, outcome);
select tests.outcomes($$ insert into ticket_private.idempotency_keys select * from ticket_private.idempotency_keys where user_id = tests.id('mutual') $$, 'database 23505/idempotency_keys_are_unique', 'a key is stored once for each person and function');

select * from finish();
rollback;
