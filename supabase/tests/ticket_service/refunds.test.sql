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

-- Who may have what back.
select tests.outcomes($$ select tests.unwrapped(ticket_service.begin_refund(tests.id('mutual'), 'key', 'hash', tests.id('nothing'), null, null)) $$, 'mutual 42501/grant, anonymous 42501/grant, service ticket_not_found/404', 'only the server');
select tests.outcomes(format($$ select tests.unwrapped(ticket_service.begin_refund(tests.id(%L), 'key', 'hash', pg_temp.id(%L), %s, null)) $$, person, ticket, amount), 'database ' || outcome, format('%s has %s of the ticket of %s back', person, amount, ticket))
from (values
  ('mutual', 'mutual', 'null', '1'), ('stranger', 'mutual', 'null', 'ticket_not_found/404'), ('nobody', 'mutual', 'null', 'ticket_not_found/404'), ('mutual', 'nothing', 'null', 'ticket_not_found/404'),
  ('mutual', 'mutual', '1', 'amount_is_for_hosts/403'), ('follower', 'follower', 'null', 'ticket_used/409'), ('owner', 'follower', 'null', '1'),
  ('owner', 'mutual', 'null', '1'), ('owner', 'elsewhere', 'null', 'ticket_not_found/404'), ('stranger', 'elsewhere', 'null', '1'),
  ('owner', 'mutual', '1', '1'), ('owner', 'mutual', '50000', '1'), ('owner', 'mutual', '50001', 'refund_exceeds_payment/409'), ('owner', 'mutual', '0', 'invalid_amount/400'), ('owner', 'mutual', '-1', 'invalid_amount/400'),
  ('owner', 'mutual', '0.5', 'invalid_amount/400'), ('owner', 'mutual', '1e30', 'refund_exceeds_payment/409'), ('owner', 'mutual', '''NaN''', 'refund_exceeds_payment/409'), ('owner', 'free', '1', 'refund_exceeds_payment/409'), ('mutual', 'free', 'null', '1')
) tries (person, ticket, amount, outcome);
select tests.outcomes(format($$ select ticket_private.require_amount(%s, jsonb_populate_record(null::ticket_private.payment_balances, '{"state": "paid", "amount": 12345.5, "currency": "IDR", "promised": 0, "called_back": 0}'), 'IDR') $$, amount),
  'database ' || outcome, 'of 12345.5 rupiah ' || amount) from (values (345.5, '1'), (345.25, 'invalid_amount/400')) tries (amount, outcome);
update ticket_service.refund_policies set closes_hours_before = 30 where event_id = tests.id('show');
select tests.outcomes($$ select tests.unwrapped(ticket_service.begin_refund(tests.id('mutual'), 'key', 'hash', pg_temp.id('mutual'), null, null)) $$, 'database 1', 'the deadline is that of the purchase');
update ticket_service.tickets set refund_deadline = now() - interval '1 second' where id in (pg_temp.id('mutual'), pg_temp.id('followed'));
select tests.outcomes($$ select tests.unwrapped(ticket_service.begin_refund(tests.id('mutual'), 'key', 'hash', pg_temp.id('mutual'), null, null)) $$, 'database refund_deadline_passed/409', 'after it the buyer has nothing back');
select tests.outcomes($$ select tests.unwrapped(ticket_service.begin_refund(tests.id('owner'), 'key', 'hash', pg_temp.id('mutual'), null, null)) $$, 'database 1', 'the host may always give');
savepoint moved;
update event_service.events set start_time = now() + interval '1 hour' where id = tests.id('show');
select is(pg_temp.refunds('mutual', pg_temp.id('mutual')) #>> '{refund,amount}', '50000', 'of an event that is moved the buyer may have everything back');
rollback to moved;
update event_service.events set status = 'cancelled' where id = tests.id('show');
select is(pg_temp.refunds('mutual', pg_temp.id('mutual')) #>> '{refund,amount}', '50000', 'so too of one that is cancelled');
rollback to moved;
update ticket_service.tickets set refund_deadline = now() where id = pg_temp.id('mutual');

-- The buyer's own.
select is(pg_temp.refunds('mutual', pg_temp.id('mutual'), null, 'first') #>> '{refund,amount}', '45000', 'the whole less the fee');
select is((select array[status::text, refund_fee::text] from ticket_service.tickets where id = pg_temp.id('mutual')), array['refunded', '5000'], 'the ticket ends at once');
select is((select array[r.state::text, r.origin::text, r.fee::text, x.status::text] from ticket_private.refunds r join ticket_service.ticket_transactions x on x.id = r.id where r.ticket_id = pg_temp.id('mutual')),
  array['sent', 'buyer', '5000', 'pending'], 'the money is on its way');
select is(pg_temp.refunds('mutual', pg_temp.id('mutual'), null, 'first') #>> '{answer,refund,amount}', '45000', 'the same request is answered alike');
select tests.outcomes($$ select tests.unwrapped(ticket_service.begin_refund(tests.id('mutual'), 'key', 'hash', pg_temp.id('mutual'), null, null)) $$, 'database ticket_ended/409', 'another has nothing left');
select is(ticket_service.record_refund(r.id, 'succeeded', 'provider refund', person => tests.id('mutual'), idempotency_key => 'first') #>> '{answer,refund,status}', 'succeeded', 'gone')
from ticket_private.refunds r where r.ticket_id = pg_temp.id('mutual');
select is(pg_temp.refunds('mutual', pg_temp.id('mutual'), null, 'first') #>> '{answer,refund,status}', 'succeeded', 'and answered so');
select is(pg_temp.journal(pg_temp.id('mutual')), 'captured 50000, refunded 45000', 'the fee is kept');
select tests.act_as('owner');
select is((select array_agg(s.fees_kept) from ticket_service.event_sales(tests.id('show')) s), array[5000, 5000]::numeric[], 'as the host sees, altogether and for the day');
select tests.act_as('mutual');
select is((select array[t.refunds #>> '{0,reason}', t.refunds #>> '{0,fee}'] from ticket_service.my_tickets() t where t.event ->> 'title' = 'Show'), array['reason', '5000'], 'and the buyer');
select tests.act_as('database');
select is((select array_agg(x.status::text order by x.kind) from ticket_service.ticket_transactions x where x.ticket_id = pg_temp.id('mutual')), array['success', 'success'], 'so the payment is not all refunded');
select is(pg_temp.refunds('owner', pg_temp.id('mutual'), 5000) ->> 'next', 'refund', 'the host may give that back too');
select tests.outcomes($$ select tests.unwrapped(ticket_service.begin_refund(tests.id('owner'), 'key', 'hash', pg_temp.id('mutual'), 1, null)) $$, 'database refund_exceeds_payment/409', 'and no more');

-- The host's.
select is(pg_temp.refunds('owner', pg_temp.id('followed'), 20000) #>> '{refund,amount}', '20000', 'a part');
select is((select status::text from ticket_service.tickets where id = pg_temp.id('followed')), 'active', 'leaves the ticket');
select is(pg_temp.refunds('owner', pg_temp.id('followed')) #>> '{refund,amount}', '30000', 'the whole is what is left, without a fee');
select is((select status::text from ticket_service.tickets where id = pg_temp.id('followed')), 'refunded', 'and ends it');
select is((select status::text from event_service.event_attendees where event_id = tests.id('show') and user_id = tests.id('followed')), 'cancelled', 'its buyer comes no more');
select is(pg_temp.refunds('mutual', pg_temp.id('free')) #>> '{answer,ticket,status}', 'cancelled', 'a free ticket is given back');
select is((select count(*)::int from ticket_private.refunds where ticket_id = pg_temp.id('free')), 0, 'without money');

-- A hold.
insert into tickets select 'held', (ticket_service.begin_checkout(tests.id('blocker'), 'held', 'hash', tests.id('other show'), 'sandbox', null) #>> '{attempt,ticket_id}')::uuid;
savepoint held;
select tests.outcomes($$ select tests.unwrapped(ticket_service.begin_refund(tests.id('stranger'), 'key', 'hash', pg_temp.id('held'))) $$, 'database ticket_not_paid/409', 'the host has nothing to refund yet');
select is(pg_temp.refunds('blocker', pg_temp.id('held')) #>> '{answer,ticket,status}', 'cancelled', 'a hold is given back');
rollback to held;
select ticket_service.finish_checkout(tests.id('blocker'), 'held', a.id, 'session', 'https://pay.test') from ticket_private.attempts a where a.ticket_id = pg_temp.id('held');
select is(pg_temp.refunds('blocker', pg_temp.id('held'), null, 'give up') ->> 'next', 'expire', 'the provider ends its page first');
select ticket_service.record_notice('sandbox', null, a.id, '{"payments": [{"id": "session", "state": "expired"}]}') from ticket_private.attempts a where a.ticket_id = pg_temp.id('held');
select is(pg_temp.refunds('blocker', pg_temp.id('held'), null, 'give up') #>> '{answer,ticket,status}', 'cancelled', 'then the seat is free');

-- What did not go through.
select is(pg_temp.refunds('owner', pg_temp.id('acquaintance')) ->> 'next', 'refund', 'one more');
create temporary table failing as select r.id from ticket_private.refunds r where r.ticket_id = pg_temp.id('acquaintance');
select tests.outcomes($$ select ticket_service.close_refund(id, 'transfer 1') from failing $$, 'database refund_not_open/404', 'what is on its way is not an operator''s');
select ticket_service.record_refund(id, 'failed', 'provider refund 2', problem => 'closed account') from failing;
select is((select array[kind, id::text, amount::text, problem] from ticket_service.operator_queue() where id = (select f.id from failing f)), array['refund', id::text, '50000', 'closed account'], 'what failed is') from failing;
select is((select status::text from ticket_service.ticket_transactions where id = (select f.id from failing f)), 'pending', 'it is owed');
select tests.outcomes($$ select tests.unwrapped(ticket_service.begin_refund(tests.id('owner'), 'key', 'hash', pg_temp.id('acquaintance'), 1, null)) $$, 'database refund_exceeds_payment/409', 'and not given twice');
savepoint late;
create function pg_temp.sent_late(change text) returns timestamptz language plpgsql as $$
begin
  execute 'update ticket_private.refunds set send_at = null, state = ''sent'', ' || change || ' where id = (select id from failing)';
  perform ticket_service.record_refund(id, 'sent') from failing;
  return (select send_at from ticket_private.refunds where id = (select id from failing));
end $$;
select is(array[pg_temp.sent_late('is_manual = true') is null, pg_temp.sent_late('is_manual = false') is null], array[true, false], 'what is an operator''s to pay is not sent again by an answer that comes late');
select is(pg_temp.sent_late('closed_at = now(), closing_reference = ''transfer''') is null, true, 'nor what they have paid');
rollback to late;
select tests.outcomes($$ select ticket_service.close_refund(id, '') from failing $$, 'database 23514/closing_reference_is_given', 'it is closed by a reference');
select tests.outcomes($$ select ticket_service.close_refund(id, 'x'), ticket_service.operator_queue() from failing $$, 'stranger 42501/grant, anonymous 42501/grant', 'not by anybody');
select ticket_service.close_refund(id, 'transfer 1') from failing;
select is(pg_temp.journal(pg_temp.id('acquaintance')), 'captured 50000, refunded 50000', 'then the money is gone');
select tests.outcomes($$ select ticket_service.close_refund(id, 'transfer 2') from failing $$, 'database refund_not_open/404', 'once');
select is((select count(*)::int from ticket_service.operator_queue() q join tickets t on t.id = q.ticket_id), 0, 'nothing waits');

-- Money that was imported with its ticket.
insert into ticket_service.tickets (id, user_id, event_id, status, price_paid) values (tests.id('imported'), tests.id('nuisance'), tests.id('show'), 'active', 50000);
insert into ticket_service.ticket_transactions (id, ticket_id, transaction_id, amount, status) values (tests.id('imported payment'), tests.id('imported'), 'old-1', 50000, 'success');
insert into tickets values ('imported', tests.id('imported'));
select is(pg_temp.refunds('nuisance', pg_temp.id('imported')) #>> '{answer,refund,status}', 'manual', 'an operator pays it back');
select ticket_service.close_refund(r.id, 'transfer 3') from ticket_private.refunds r where r.ticket_id = tests.id('imported');
select is(pg_temp.journal(tests.id('imported')), 'captured 50000, refunded 50000', 'and the books say so');

-- Sales.
select tests.outcomes($$ select * from ticket_service.event_sales(tests.id('show')) $$, 'owner 2, stranger event_not_found/404, anonymous 42501/grant', 'sales are the host''s');
select tests.act_as('owner');
select is((select array[s.sold, s.held, s.checked_in, s.gross, s.refunded, s.charged_back, s.fees_kept, s.owed] from ticket_service.event_sales(tests.id('show')) s where s.day is null),
  array[2, 0, 1, 300000, 145000, 0, 0, 55000]::numeric[], 'and add up');
select tests.act_as('database');
select is((select array[sum(e.amount) filter (where e.kind = 'captured'), sum(e.amount) filter (where e.kind = 'refunded')] from ticket_private.journal_entries e join ticket_service.tickets t on t.id = e.ticket_id where t.event_id = tests.id('show')),
  array[300000, 145000]::numeric[], 'to what the journal says');
select tests.outcomes($$ select * from ticket_service.event_guests(tests.id('show')) $$, 'owner 6, stranger event_not_found/404, anonymous 42501/grant', 'the host sees who comes');
select tests.outcomes($$ select * from ticket_service.my_tickets() $$, 'mutual 3, follower 1, nobody 0, anonymous 42501/grant', 'each their own tickets');

-- A ticket is sold under what was said when the payment that bought it was begun, whatever was begun after it.
select tests.make_event('changing show', 'owner', '{"ticketing_enabled": true, "price": 50000}');
create temporary table first_page as select ticket_service.begin_checkout(tests.id('stranger'), 'first page', 'hash', tests.id('changing show'), 'sandbox', null) as answer;
insert into ticket_service.refund_policies (event_id, fee_percent, closes_hours_before) values (tests.id('changing show'), 100, 0);
update event_service.events set price = 60000, currency = 'EUR', start_time = start_time + interval '1 hour', end_time = end_time + interval '1 hour' where id = tests.id('changing show');
update ticket_private.attempts set started_at = started_at - interval '2 minutes' where id = (select (answer #>> '{attempt,id}')::uuid from first_page);
select ticket_service.begin_checkout(tests.id('stranger'), 'second page', 'hash', tests.id('changing show'), 'sandbox', null);
create function pg_temp.terms() returns text[] language sql as $$
  select array[t.price_paid::text, t.currency, t.refund_fee::text, (e.start_time - t.refund_deadline)::text, (e.start_time - t.event_start_time)::text]
  from ticket_service.tickets t join event_service.events e on e.id = t.event_id where t.event_id = tests.id('changing show') $$;
select is(pg_temp.terms(), array['60000', 'EUR', '60000', '00:00:00', '00:00:00'], 'while it is held, what was said last');
select ticket_service.record_notice('sandbox', null, (answer #>> '{attempt,id}')::uuid, '{"payments": [{"id": "first page", "state": "paid", "amount": 50000, "currency": "IDR"}]}') from first_page;
select is(pg_temp.terms(), array['50000', 'IDR', '0', '1 day 01:00:00', '01:00:00'], 'once it is paid, what was said of what was paid');

set constraints all immediate;
select * from finish();
rollback;
