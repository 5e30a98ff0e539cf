begin;
set local search_path = extensions, public;
select no_plan();

select tests.make_people();
select tests.make_event('show', 'owner', '{"ticketing_enabled": true, "price": 50000, "max_attendees": 2}'),
  tests.make_event('free show', 'owner', '{"ticketing_enabled": true, "max_attendees": 1}'),
  tests.make_event('open house', 'owner'),
  tests.make_event('friends show', 'owner', '{"ticketing_enabled": true, "price": 50000, "privacy": "friends_only"}'),
  tests.make_event('cancelled show', 'owner', '{"ticketing_enabled": true, "price": 50000, "status": "cancelled"}'),
  tests.make_event('past show', 'owner', format('{"ticketing_enabled": true, "price": 50000, "start_time": "%s", "end_time": "%s"}', now() - interval '2 hours', now())::jsonb);
insert into ticket_service.refund_policies (event_id, fee_percent, closes_hours_before) values (tests.id('show'), 10.001, 5);
select tests.make_event('secret show', 'owner', '{"ticketing_enabled": true, "price": 50000, "privacy": "private"}');
insert into user_service.invitations (inviter_id, invitee_id, event_id) values (tests.id('owner'), tests.id('acquaintance'), tests.id('secret show'));

create function pg_temp.begin_checkout(person text, event text, key text default null, method text default 'sandbox', hash text default 'hash') returns jsonb language sql as $$
  select ticket_service.begin_checkout(tests.id(person), coalesce(key, gen_random_uuid()::text), hash, tests.id(event), method, null) $$;
create function pg_temp.seats(event text) returns int[] language sql as $$ select array[held, sold] from ticket_private.event_seats where event_id = tests.id(event) $$;
create function pg_temp.ticket_of(person text, event text) returns ticket_service.tickets language sql as $$
  select t from ticket_service.tickets t where user_id = tests.id(person) and event_id = tests.id(event) order by status in ('pending', 'active') desc limit 1 $$;
create function pg_temp.attempt_of(person text, event text, number int default 1) returns uuid language sql as $$
  select a.id from ticket_private.attempts a join ticket_service.tickets t on t.id = a.ticket_id
  where t.user_id = tests.id(person) and t.event_id = tests.id(event) order by a.started_at, a.state desc offset number - 1 limit 1 $$;

-- Access.
select tests.outcomes($$ select tests.unwrapped(ticket_service.begin_checkout(tests.id('stranger'), 'key', 'hash', tests.id('show'), 'sandbox', null)) $$,
  'stranger 42501/grant, owner 42501/grant, anonymous 42501/grant, service 1', 'only the server begins a checkout');

-- Events that can be bought.
select tests.outcomes(format($$ select tests.unwrapped(ticket_service.begin_checkout(tests.id(%L), 'key', 'hash', tests.id(%L), %L, null)) $$, person, event, method), 'service ' || outcome, person || ' buys ' || event)
from (values
  ('stranger', 'show', 'sandbox', '1'), ('stranger', 'nothing', 'sandbox', 'event_not_found/404'), ('stranger', 'friends show', 'sandbox', 'event_not_found/404'),
  ('mutual', 'friends show', 'sandbox', '1'), ('follower', 'friends show', 'sandbox', 'event_not_found/404'), ('followed', 'friends show', 'sandbox', 'event_not_found/404'),
  ('mutual', 'secret show', 'sandbox', 'event_not_found/404'), ('acquaintance', 'secret show', 'sandbox', '1'), ('blocked', 'show', 'sandbox', 'event_not_found/404'), ('nobody', 'show', 'sandbox', 'event_not_found/404'),
  ('stranger', 'cancelled show', 'sandbox', 'event_not_open/409'), ('stranger', 'past show', 'sandbox', 'event_not_open/409'), ('stranger', 'open house', 'sandbox', 'no_ticket_needed/409'),
  ('stranger', 'show', null, 'payment_method_required/400'), ('stranger', 'free show', null, '1'), ('owner', 'show', 'sandbox', '1')
) tries (person, event, method, outcome);

-- Free tickets.
select is(pg_temp.begin_checkout('stranger', 'free show', 'free') #>> '{answer,ticket,status}', 'active', 'a free ticket is active at once');
select is(pg_temp.seats('free show'), array[0, 1], 'a free ticket takes a seat');
select is((select status::text from event_service.event_attendees where event_id = tests.id('free show') and user_id = tests.id('stranger')), 'confirmed', 'its buyer becomes an attendee');

-- Paid tickets.
create temporary table pay as select pg_temp.begin_checkout('stranger', 'show', 'paid') as answer;
select is(answer ->> 'next', 'pay', 'a paid ticket leads to a payment') from pay;
select is(array[answer #>> '{attempt,amount}', answer #>> '{attempt,currency}', answer #>> '{attempt,title}', answer #>> '{attempt,state}'], array['50000', 'IDR', 'Show', 'creating'], 'the attempt has amount, currency and title of the event') from pay;
select is((pg_temp.ticket_of('stranger', 'show')).status::text, 'pending', 'the ticket is pending');
select is(pg_temp.seats('show'), array[1, 0], 'its seat is held');
select is((select array[t.price_paid, t.refund_fee] from pg_temp.ticket_of('stranger', 'show') t), array[50000, 5001]::numeric[], 'the ticket keeps its price and refund fee, rounded to the currency');
select is((pg_temp.ticket_of('stranger', 'show')).refund_deadline, now() + interval '19 hours', 'the ticket keeps its refund deadline');
select ok((select a.expires_at > now() + interval '30 minutes' and a.expires_at + interval '10 minutes' = t.held_until from ticket_private.attempts a, pg_temp.ticket_of('stranger', 'show') t where a.id = pg_temp.attempt_of('stranger', 'show')),
  'the hold ends ten minutes after the attempt expires');
select tests.outcomes($$ select tests.unwrapped(ticket_service.begin_checkout(tests.id('stranger'), 'paid', 'hash', tests.id('show'), 'sandbox', null)) $$, 'service request_in_progress/409', 'a repeated request is refused while the first is in progress');
update ticket_private.idempotency_keys set locked_until = now() where key = 'paid';
create temporary table again as select pg_temp.begin_checkout('stranger', 'show', 'paid') as answer;
select is(array[again.answer ->> 'next', again.answer #>> '{attempt,ticket_id}'], array['pay', pay.answer #>> '{attempt,ticket_id}'], 'an abandoned request is taken over for the same hold') from again, pay;
select isnt(again.answer #>> '{attempt,id}', pay.answer #>> '{attempt,id}', 'with a new attempt, because a provider may accept an order number only once') from again, pay;
select is((select x.status::text from ticket_service.ticket_transactions x, pay where x.id = (pay.answer #>> '{attempt,id}')::uuid), 'failed', 'the transaction of the abandoned attempt has failed');
select is(ticket_service.finish_checkout(tests.id('stranger'), 'paid', (answer #>> '{attempt,id}')::uuid, 'late', 'https://pay.test/0') ->> 'next', 'expire', 'if the provider answers it after all, the attempt is to be expired') from pay;
select is(ticket_service.finish_checkout(tests.id('stranger'), 'paid', (answer #>> '{attempt,id}')::uuid, 'session', 'https://pay.test/1') #>> '{answer,checkout_url}', 'https://pay.test/1', 'the checkout URL is returned') from again;
select is(pg_temp.begin_checkout('stranger', 'show', 'paid') #>> '{answer,checkout_url}', 'https://pay.test/1', 'a repeated request returns the same checkout URL');
select is(pg_temp.begin_checkout('stranger', 'show', 'another tab') #>> '{answer,checkout_url}', 'https://pay.test/1', 'another request for the same hold returns it too');
select is((select count(*)::int from ticket_private.attempts where state <> 'closed' and ticket_id = (pg_temp.ticket_of('stranger', 'show')).id), 1, 'a hold has one open attempt');

-- Another payment method.
select is(pg_temp.begin_checkout('stranger', 'show', 'switch', 'stripe') ->> 'next', 'expire', 'the first attempt must be expired before another is created');
select is(pg_temp.begin_checkout('stranger', 'show', 'switch', 'stripe') ->> 'next', 'expire', 'it is requested again until the provider has expired the attempt');
select ticket_service.record_notice('sandbox', null, (answer #>> '{attempt,id}')::uuid, '{"payments": [{"id": "session", "state": "expired"}]}') from again;
select is((pg_temp.ticket_of('stranger', 'show')).status::text, 'pending', 'an expired attempt does not end the hold');
select is(pg_temp.begin_checkout('stranger', 'show', 'switch', 'stripe') #>> '{attempt,provider}', 'stripe', 'then another attempt is created');
select is((select array_agg(state::text order by state) from ticket_private.attempts where ticket_id = (pg_temp.ticket_of('stranger', 'show')).id), array['creating', 'closed', 'closed'], 'one attempt is open and the others are closed');
select is(pg_temp.seats('show'), array[1, 0], 'the hold still takes one seat');
select tests.outcomes($$ select tests.unwrapped(ticket_service.begin_checkout(tests.id('stranger'), 'switch back', 'hash', tests.id('show'), 'sandbox', null)) $$, 'service request_in_progress/409', 'an attempt that another request is creating is refused');
update ticket_private.attempts set started_at = started_at - interval '2 minutes' where state = 'creating' and ticket_id = (pg_temp.ticket_of('stranger', 'show')).id;
select is(pg_temp.begin_checkout('stranger', 'show', 'switch back', 'sandbox') #>> '{attempt,provider}', 'sandbox', 'after a minute an attempt without a checkout page is replaced');
select is(ticket_service.finish_checkout(tests.id('stranger'), 'switch', (select id from ticket_private.attempts where provider = 'stripe' and ticket_id = (pg_temp.ticket_of('stranger', 'show')).id), 'late', 'https://pay.test/2') ->> 'next', 'expire', 'if its checkout page is created after all, the attempt is to be expired');

update ticket_private.attempts set started_at = started_at - interval '3 minutes' where state = 'creating' and ticket_id = (pg_temp.ticket_of('stranger', 'show')).id;
update ticket_private.attempts set checkout_url = 'https://pay.test' where ticket_id = (pg_temp.ticket_of('stranger', 'show')).id;
select tests.outcomes($$ select tests.unwrapped(ticket_service.begin_checkout(tests.id('stranger'), 'fourth', 'hash', tests.id('show'), 'midtrans', null)) $$, 'service too_many_attempts/429', 'a hold has at most three attempts with a checkout page');
update ticket_private.attempts set state = 'open' where id = pg_temp.attempt_of('stranger', 'show');
select is(pg_temp.begin_checkout('stranger', 'show', 'fourth', 'midtrans') #>> '{answer,error,code}', 'too_many_attempts', 'whatever the payment method');
select is((select a.state::text from ticket_private.attempts a where a.id = pg_temp.attempt_of('stranger', 'show')), 'open', 'the last attempt stays open');
update ticket_private.attempts set state = 'creating' where id = pg_temp.attempt_of('stranger', 'show');

-- Sold out.
select is(pg_temp.begin_checkout('mutual', 'show') ->> 'next', 'pay', 'the last seat can be held');
select tests.outcomes($$ select tests.unwrapped(ticket_service.begin_checkout(tests.id('follower'), 'key', 'hash', tests.id('show'), 'sandbox', null)) $$, 'service sold_out/409', 'another checkout is refused');
update ticket_service.tickets set held_until = now() where user_id = tests.id('mutual');
select is(pg_temp.begin_checkout('follower', 'show') ->> 'next', 'pay', 'an expired hold frees its seat for a checkout');
select is((pg_temp.ticket_of('mutual', 'show')).status::text, 'expired', 'the ticket of that hold is expired');
update ticket_service.tickets set held_until = now() where user_id = tests.id('follower');
select is(pg_temp.begin_checkout('follower', 'show') ->> 'next', 'pay', 'a buyer whose hold is over starts a new one');
select is((select array_agg(status::text order by status) from ticket_service.tickets where user_id = tests.id('follower')), array['pending', 'expired'], 'with a new ticket');

-- Failures of the provider.
select is(ticket_service.fail_checkout(tests.id('follower'), 'failing', a.id, 502, '{"error": {}}') ->> 'status', '502', 'a failed checkout returns the given status')
from ticket_private.attempts a join ticket_service.tickets t on t.id = a.ticket_id where t.user_id = tests.id('follower') and t.status = 'pending';
select is(pg_temp.seats('show'), array[1, 0], 'its seat is free');
select is((select a.check_at from ticket_private.attempts a join ticket_service.tickets t on t.id = a.ticket_id where t.user_id = tests.id('follower') order by a.check_at limit 1), now() + interval '5 minutes', 'the attempt is checked in five minutes, because the provider may have accepted it');
savepoint refused_here;
select pg_temp.begin_checkout('follower', 'show', 'refused here');
select ticket_service.fail_checkout(tests.id('follower'), 'refused here', a.id, 409, '{"error": {}}') from ticket_private.attempts a where a.idempotency_key = 'refused here';
select is((select a.check_at from ticket_private.attempts a where a.idempotency_key = 'refused here'), null, 'an attempt that was refused before it was sent is not checked');
rollback to refused_here;
select pg_temp.begin_checkout('follower', 'show', 'ended meanwhile');
update ticket_service.tickets set status = 'cancelled' where user_id = tests.id('follower') and status = 'pending';
select is(ticket_service.finish_checkout(tests.id('follower'), 'ended meanwhile', a.id, 'session', 'https://pay.test') ->> 'next', 'expire', 'a checkout page for a ticket that ended is to be expired')
from ticket_private.attempts a where a.idempotency_key = 'ended meanwhile';
rollback to refused_here;
select is((select count(*)::int from ticket_service.tickets where user_id = tests.id('follower') and status in ('pending', 'active')), 0, 'no live ticket is left');

-- Account deletion.
savepoint account_deletion;
select is(pg_temp.begin_checkout('mutual', 'show', 'deletion') ->> 'next', 'pay', 'a buyer starts a payment');
update ticket_private.attempts set check_at = now() + interval '1 hour' where idempotency_key = 'deletion';
delete from auth.users where id = tests.id('mutual');
select is((select a.check_at from ticket_private.attempts a where a.idempotency_key = 'deletion'), now(), 'after the account deletion the attempt is checked at once');
rollback to account_deletion;

-- Constraints.
update ticket_service.tickets set held_until = now() where user_id = tests.id('stranger') and event_id = tests.id('show');
select ticket_private.expire_holds(500, tests.id('show'));
select tests.outcomes($$ update ticket_private.attempts set state = 'open' where ticket_id = (pg_temp.ticket_of('stranger', 'show')).id $$, 'database 23505/one_open_attempt_each', 'a hold has at most one open attempt');
select tests.outcomes($$ insert into ticket_private.attempts (id, ticket_id, provider, amount, currency, title, expires_at, state) values (tests.id('nothing'), (pg_temp.ticket_of('stranger', 'show')).id, 'sandbox', 1, 'IDR', '', now(), 'closed') $$,
  'database 23503/attempts_id_fkey', 'the transaction of an attempt must exist');

select * from finish();
rollback;
