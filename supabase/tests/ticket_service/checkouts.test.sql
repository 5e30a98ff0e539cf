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

create function pg_temp.begins(person text, event text, key text default null, method text default 'sandbox', hash text default 'hash') returns jsonb language sql as $$
  select ticket_service.begin_checkout(tests.id(person), coalesce(key, gen_random_uuid()::text), hash, tests.id(event), method, null) $$;
create function pg_temp.seats(event text) returns int[] language sql as $$ select array[held, sold] from ticket_private.event_seats where event_id = tests.id(event) $$;
create function pg_temp.ticket_of(person text, event text) returns ticket_service.tickets language sql as $$
  select t from ticket_service.tickets t where user_id = tests.id(person) and event_id = tests.id(event) order by status in ('pending', 'active') desc limit 1 $$;
create function pg_temp.attempt_of(person text, event text, number int default 1) returns uuid language sql as $$
  select a.id from ticket_private.attempts a join ticket_service.tickets t on t.id = a.ticket_id
  where t.user_id = tests.id(person) and t.event_id = tests.id(event) order by a.started_at, a.state desc offset number - 1 limit 1 $$;

-- Only the server does this.
select tests.outcomes($$ select tests.unwrapped(ticket_service.begin_checkout(tests.id('stranger'), 'key', 'hash', tests.id('show'), 'sandbox', null)) $$,
  'stranger 42501/grant, owner 42501/grant, anonymous 42501/grant, service 1', 'the server alone begins a checkout');

-- What can be bought.
select tests.outcomes(format($$ select tests.unwrapped(ticket_service.begin_checkout(tests.id(%L), 'key', 'hash', tests.id(%L), %L, null)) $$, person, event, method), 'service ' || outcome, person || ' buys ' || event)
from (values
  ('stranger', 'show', 'sandbox', '1'), ('stranger', 'nothing', 'sandbox', 'event_not_found/404'), ('stranger', 'friends show', 'sandbox', 'event_not_found/404'),
  ('mutual', 'friends show', 'sandbox', '1'), ('follower', 'friends show', 'sandbox', 'event_not_found/404'), ('followed', 'friends show', 'sandbox', 'event_not_found/404'),
  ('mutual', 'secret show', 'sandbox', 'event_not_found/404'), ('acquaintance', 'secret show', 'sandbox', '1'), ('blocked', 'show', 'sandbox', 'event_not_found/404'), ('nobody', 'show', 'sandbox', 'event_not_found/404'),
  ('stranger', 'cancelled show', 'sandbox', 'event_not_open/409'), ('stranger', 'past show', 'sandbox', 'event_not_open/409'), ('stranger', 'open house', 'sandbox', 'no_ticket_needed/409'),
  ('stranger', 'show', null, 'payment_method_required/400'), ('stranger', 'free show', null, '1'), ('owner', 'show', 'sandbox', '1')
) tries (person, event, method, outcome);

-- A free one is active at once.
select is(pg_temp.begins('stranger', 'free show', 'free') #>> '{answer,ticket,status}', 'active', 'a free ticket is there at once');
select is(pg_temp.seats('free show'), array[0, 1], 'and has its seat');
select is((select status::text from event_service.event_attendees where event_id = tests.id('free show') and user_id = tests.id('stranger')), 'confirmed', 'its buyer comes');
select is(pg_temp.begins('stranger', 'free show', 'free') #>> '{answer,ticket,id}', (pg_temp.ticket_of('stranger', 'free show')).id::text, 'the same request is answered alike');
select tests.outcomes(format($$ select tests.unwrapped(ticket_service.begin_checkout(tests.id('stranger'), %L, %L, tests.id('free show'), null, null)) $$, key, hash), 'service ' || outcome, 'key ' || key || ' with ' || hash)
from (values ('free', 'hash', '1'), ('free', 'another hash', 'idempotency_key_reused/422'), ('another', 'hash', 'already_has_ticket/409'), ('', 'hash', 'invalid_idempotency_key/400'),
  (repeat('k', 255), 'hash', 'already_has_ticket/409'), (repeat('k', 256), 'hash', 'invalid_idempotency_key/400')) requests (key, hash, outcome);
select tests.outcomes($$ select tests.unwrapped(ticket_service.begin_checkout(tests.id('mutual'), 'free', 'another hash', tests.id('free show'), null, null)) $$, 'service sold_out/409', 'keys are each person''s own; the seat is taken');

-- A paid one is held while its payment goes on.
create temporary table pay as select pg_temp.begins('stranger', 'show', 'paid') as answer;
select is(answer ->> 'next', 'pay', 'a paid one is to be paid') from pay;
select is(array[answer #>> '{attempt,amount}', answer #>> '{attempt,currency}', answer #>> '{attempt,title}', answer #>> '{attempt,state}'], array['50000', 'IDR', 'Show', 'creating'], 'for the price of the event') from pay;
select is((pg_temp.ticket_of('stranger', 'show')).status::text, 'pending', 'its seat is held');
select is(pg_temp.seats('show'), array[1, 0], 'which is one less for others');
select is((select array[t.price_paid, t.refund_fee] from pg_temp.ticket_of('stranger', 'show') t), array[50000, 5001]::numeric[], 'at the price and the fee of now, rounded to rupiah');
select is((pg_temp.ticket_of('stranger', 'show')).refund_deadline, now() + interval '19 hours', 'and the deadline of now');
select ok((select a.expires_at > now() + interval '30 minutes' and a.expires_at + interval '10 minutes' = t.held_until from ticket_private.attempts a, pg_temp.ticket_of('stranger', 'show') t where a.id = pg_temp.attempt_of('stranger', 'show')),
  'the hold outlives the payment');
select tests.outcomes($$ select tests.unwrapped(ticket_service.begin_checkout(tests.id('stranger'), 'paid', 'hash', tests.id('show'), 'sandbox', null)) $$, 'service request_in_progress/409', 'while the first goes on, it is not done twice');
update ticket_private.idempotency_keys set locked_until = now() where key = 'paid';
create temporary table again as select pg_temp.begins('stranger', 'show', 'paid') as answer;
select is(array[again.answer ->> 'next', again.answer #>> '{attempt,ticket_id}'], array['pay', pay.answer #>> '{attempt,ticket_id}'], 'what was dropped is taken up for the same seat') from again, pay;
select isnt(again.answer #>> '{attempt,id}', pay.answer #>> '{attempt,id}', 'under another order number, since a provider may take one once only') from again, pay;
select is((select x.status::text from ticket_service.ticket_transactions x, pay where x.id = (pay.answer #>> '{attempt,id}')::uuid), 'failed', 'the first one failed');
select is(ticket_service.finish_checkout(tests.id('stranger'), 'paid', (answer #>> '{attempt,id}')::uuid, 'late', 'https://pay.test/0') ->> 'next', 'expire', 'and if its provider does answer, it is to be ended') from pay;
select is(ticket_service.finish_checkout(tests.id('stranger'), 'paid', (answer #>> '{attempt,id}')::uuid, 'session', 'https://pay.test/1') #>> '{answer,checkout_url}', 'https://pay.test/1', 'the provider''s page is told') from again;
select is(pg_temp.begins('stranger', 'show', 'paid') #>> '{answer,checkout_url}', 'https://pay.test/1', 'and told again');
select is(pg_temp.begins('stranger', 'show', 'another tab') #>> '{answer,checkout_url}', 'https://pay.test/1', 'also to another request for the same seat');
select is((select count(*)::int from ticket_private.attempts where state <> 'closed' and ticket_id = (pg_temp.ticket_of('stranger', 'show')).id), 1, 'one attempt for each hold');

-- Another way of paying.
select is(pg_temp.begins('stranger', 'show', 'switch', 'stripe') ->> 'next', 'expire', 'the provider ends the first attempt before there is another');
select is(pg_temp.begins('stranger', 'show', 'switch', 'stripe') ->> 'next', 'expire', 'and until it has, there is none');
select ticket_service.record_notice('sandbox', null, (answer #>> '{attempt,id}')::uuid, '{"payments": [{"id": "session", "state": "expired"}]}') from again;
select is((pg_temp.ticket_of('stranger', 'show')).status::text, 'pending', 'its end does not end the hold');
select is(pg_temp.begins('stranger', 'show', 'switch', 'stripe') #>> '{attempt,provider}', 'stripe', 'then there is another');
select is((select array_agg(state::text order by state) from ticket_private.attempts where ticket_id = (pg_temp.ticket_of('stranger', 'show')).id), array['creating', 'closed', 'closed'], 'one open attempt for each hold');
select is(pg_temp.seats('show'), array[1, 0], 'and one seat');
select tests.outcomes($$ select tests.unwrapped(ticket_service.begin_checkout(tests.id('stranger'), 'switch back', 'hash', tests.id('show'), 'sandbox', null)) $$, 'service request_in_progress/409', 'one that another request is just sending is left to it');
update ticket_private.attempts set started_at = started_at - interval '2 minutes' where state = 'creating' and ticket_id = (pg_temp.ticket_of('stranger', 'show')).id;
select is(pg_temp.begins('stranger', 'show', 'switch back', 'sandbox') #>> '{attempt,provider}', 'sandbox', 'one whose page nobody knows needs no ending');
select is(ticket_service.finish_checkout(tests.id('stranger'), 'switch', (select id from ticket_private.attempts where provider = 'stripe' and ticket_id = (pg_temp.ticket_of('stranger', 'show')).id), 'late', 'https://pay.test/2') ->> 'next', 'expire', 'and if its page is made after all, it is ended');

update ticket_private.attempts set started_at = started_at - interval '3 minutes' where state = 'creating' and ticket_id = (pg_temp.ticket_of('stranger', 'show')).id;
update ticket_private.attempts set checkout_url = 'https://pay.test' where ticket_id = (pg_temp.ticket_of('stranger', 'show')).id;
select tests.outcomes($$ select tests.unwrapped(ticket_service.begin_checkout(tests.id('stranger'), 'fourth', 'hash', tests.id('show'), 'midtrans', null)) $$, 'service too_many_attempts/429', 'nobody holds a seat for ever by trying');
update ticket_private.attempts set state = 'open' where id = pg_temp.attempt_of('stranger', 'show');
select is(pg_temp.begins('stranger', 'show', 'fourth', 'midtrans') #>> '{answer,error,code}', 'too_many_attempts', 'whatever they try');
select is((select a.state::text from ticket_private.attempts a where a.id = pg_temp.attempt_of('stranger', 'show')), 'open', 'the page on which they may still pay is not ended for it');
update ticket_private.attempts set state = 'creating' where id = pg_temp.attempt_of('stranger', 'show');

-- Sold out.
select is(pg_temp.begins('mutual', 'show') ->> 'next', 'pay', 'the last seat');
select tests.outcomes($$ select tests.unwrapped(ticket_service.begin_checkout(tests.id('follower'), 'key', 'hash', tests.id('show'), 'sandbox', null)) $$, 'service sold_out/409', 'no more than there are');
update ticket_service.tickets set held_until = now() where user_id = tests.id('mutual');
select is(pg_temp.begins('follower', 'show') ->> 'next', 'pay', 'a hold whose time is over makes room');
select is((pg_temp.ticket_of('mutual', 'show')).status::text, 'expired', 'by ending');
update ticket_service.tickets set held_until = now() where user_id = tests.id('follower');
select is(pg_temp.begins('follower', 'show') ->> 'next', 'pay', 'one whose own hold is over begins anew');
select is((select array_agg(status::text order by status) from ticket_service.tickets where user_id = tests.id('follower')), array['pending', 'expired'], 'with a ticket of its own');

-- A provider that fails.
select is(ticket_service.fail_checkout(tests.id('follower'), 'failing', a.id, 502, '{"error": {}}') ->> 'status', '502', 'the answer')
from ticket_private.attempts a join ticket_service.tickets t on t.id = a.ticket_id where t.user_id = tests.id('follower') and t.status = 'pending';
select is(pg_temp.seats('show'), array[1, 0], 'the seat is free');
select is((select a.check_at from ticket_private.attempts a join ticket_service.tickets t on t.id = a.ticket_id where t.user_id = tests.id('follower') order by a.check_at limit 1), now() + interval '5 minutes', 'it may have taken the request all the same');
savepoint refused_here;
select pg_temp.begins('follower', 'show', 'refused here');
select ticket_service.fail_checkout(tests.id('follower'), 'refused here', a.id, 409, '{"error": {}}') from ticket_private.attempts a where a.idempotency_key = 'refused here';
select is((select a.check_at from ticket_private.attempts a where a.idempotency_key = 'refused here'), null, 'one that was refused here it has not heard of');
rollback to refused_here;
select pg_temp.begins('follower', 'show', 'ended meanwhile');
update ticket_service.tickets set status = 'cancelled' where user_id = tests.id('follower') and status = 'pending';
select is(ticket_service.finish_checkout(tests.id('follower'), 'ended meanwhile', a.id, 'session', 'https://pay.test') ->> 'next', 'expire', 'a page for a seat that is gone is shown to nobody')
from ticket_private.attempts a where a.idempotency_key = 'ended meanwhile';
rollback to refused_here;
select is((select count(*)::int from ticket_service.tickets where user_id = tests.id('follower') and status in ('pending', 'active')), 0, 'the ticket is not');

-- Holds end by themselves.
update ticket_service.tickets set held_until = now() where user_id = tests.id('stranger') and event_id = tests.id('show');
select is(ticket_private.expire_holds(500, tests.id('show')), 1, 'what is over ends');
select is(ticket_private.expire_holds(500, tests.id('show')), 0, 'once');
select is(pg_temp.seats('show'), array[0, 0], 'and frees its seat');

-- Five a day.
create function pg_temp.holds_again(status text default 'cancelled', url text default 'https://pay.test') returns text language plpgsql as $$
declare answer jsonb;
begin
  answer := pg_temp.begins('acquaintance', 'show', gen_random_uuid()::text);
  update ticket_private.attempts set checkout_url = url, state = 'closed' where id = (answer #>> '{attempt,id}')::uuid;
  update ticket_service.tickets t set status = holds_again.status::ticket_service.ticket_status where t.id = (answer #>> '{attempt,ticket_id}')::uuid;
  return coalesce(answer #>> '{answer,error,code}', answer ->> 'next');
end $$;
select is(array(select pg_temp.holds_again(url => null) from generate_series(1, 6)), array_fill('pay'::text, array[6]), 'a provider that gives no page is nobody''s fault');
select is(array(select pg_temp.holds_again(case when n % 2 = 0 then 'cancelled' else 'expired' end) from generate_series(1, 5) n), array_fill('pay'::text, array[5]), 'a seat is held again');
select is(pg_temp.holds_again(), 'too_many_holds', 'but not for ever');
savepoint held_often;
update ticket_service.tickets set purchased_at = now() - interval '1 day' where user_id = tests.id('acquaintance') and event_id = tests.id('show');
select is(pg_temp.holds_again(), 'pay', 'tomorrow again');
rollback to held_often;
update ticket_service.tickets set activated_at = now() where id = (select t.id from ticket_service.tickets t join ticket_private.attempts a on a.ticket_id = t.id
  where t.user_id = tests.id('acquaintance') and a.checkout_url is not null limit 1);
select is(pg_temp.holds_again(), 'pay', 'one that was bought is none of them');
rollback to held_often;
select is(pg_temp.begins('follower', 'show', 'another''s') ->> 'next', 'pay', 'each for themselves');
rollback to held_often;
update ticket_private.attempts a set checkout_url = null from ticket_service.tickets t where t.id = a.ticket_id and t.user_id = tests.id('acquaintance');
select is(array(select pg_temp.holds_again(url => null) from generate_series(1, 10)), array_fill('pay'::text, array[9]) || array['too_many_holds'], 'nor by ways of paying that are always refused');
rollback to held_often;
update ticket_private.attempts a set checkout_url = null from ticket_service.tickets t where t.id = a.ticket_id and t.user_id = tests.id('acquaintance');
update ticket_service.tickets set purchased_at = now() - interval '1 second' where id in (select id from ticket_service.tickets where user_id = tests.id('acquaintance') and event_id = tests.id('show') limit 5);
select is(pg_temp.holds_again(), 'too_many_holds', 'a seat that was offered counts however it ended');
rollback to held_often;

-- The database's own rules.
select tests.outcomes($$ update ticket_private.attempts set state = 'open' where ticket_id = (pg_temp.ticket_of('stranger', 'show')).id $$, 'database 23505/one_open_attempt_each', 'one open attempt for each hold');
select tests.outcomes($$ insert into ticket_private.attempts (id, ticket_id, provider, amount, currency, title, expires_at, state) values (tests.id('nothing'), (pg_temp.ticket_of('stranger', 'show')).id, 'sandbox', 1, 'IDR', '', now(), 'closed') $$,
  'database 23503/attempts_id_fkey', 'each attempt is a transaction');
select is(pg_temp.begins('stranger', 'show') ->> 'next', 'pay', 'again');
update ticket_service.tickets set held_until = null where status = 'pending';
select is((pg_temp.ticket_of('stranger', 'show')).held_until, now() + interval '45 minutes', 'who gives no end is given one');
alter table ticket_service.tickets disable trigger tickets_stamp;
select tests.outcomes($$ update ticket_service.tickets set held_until = null where status = 'pending' $$, 'database 23514/held_while_pending', 'no hold is endless');
alter table ticket_service.tickets enable trigger tickets_stamp;

-- Who leaves pays no more.
savepoint leaves;
select is(pg_temp.begins('mutual', 'show', 'leaves') ->> 'next', 'pay', 'somebody begins to pay');
update ticket_private.attempts set check_at = now() + interval '1 hour' where idempotency_key = 'leaves';
delete from auth.users where id = tests.id('mutual');
select is((select a.check_at from ticket_private.attempts a where a.idempotency_key = 'leaves'), now(), 'and leaves: their page is to be ended at once');
rollback to leaves;

-- Who paid sees what they paid for, whatever became of it.
insert into ticket_service.tickets (id, user_id, event_id, status) values (tests.id('too late'), tests.id('follower'), tests.id('secret show'), 'expired');
select tests.act_as('follower');
select is((select count(*)::int from ticket_service.my_tickets() t where t.event ->> 'title' = 'Secret Show'), 0, 'not who once looked at a checkout');
select tests.act_as('database');
select tests.make_payment('too late', 'too late');
update ticket_private.payments set outcome = 'sold_out', has_bought = false where provider_id = 'too late';
select tests.act_as('follower');
select is((select count(*)::int from ticket_service.my_tickets() t where t.event ->> 'title' = 'Secret Show'), 1, 'who paid too late');
select tests.act_as('database');

-- What nobody paid for does not keep an event.
select tests.make_event('unpaid', 'owner', '{"ticketing_enabled": true, "price": 10}');
select is(pg_temp.begins('nuisance', 'unpaid', 'unpaid') ->> 'next', 'pay', 'somebody looks at a checkout');
select tests.outcomes($$ delete from event_service.events where id = tests.id('unpaid') $$, 'owner has_sold_tickets/409', 'while it is open the event stays');
select ticket_service.fail_checkout(tests.id('nuisance'), 'unpaid', pg_temp.attempt_of('nuisance', 'unpaid'), 502, '{}');
select tests.outcomes($$ delete from event_service.events where id = tests.id('unpaid') $$, 'owner has_sold_tickets/409', 'and until the provider was asked once more');
update ticket_private.attempts set check_at = null where id = pg_temp.attempt_of('nuisance', 'unpaid');
select tests.outcomes($$ delete from event_service.events where id = tests.id('unpaid') $$, 'owner 1, stranger 0', 'then it goes with it');
update ticket_service.tickets set status = 'active' where user_id = tests.id('nuisance') and event_id = tests.id('unpaid');
select tests.outcomes($$ delete from event_service.events where id = tests.id('unpaid') $$, 'owner has_sold_tickets/409', 'one that was sold does not');

select * from finish();
rollback;
