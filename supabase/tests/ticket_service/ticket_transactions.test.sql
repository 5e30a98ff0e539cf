begin;
set local search_path = extensions, public;
select no_plan();

select tests.make_people();
select tests.make_event('show', 'owner', '{"ticketing_enabled": true, "price": 10}');
insert into ticket_service.tickets (id, user_id, event_id, status) values (tests.id('ticket'), tests.id('mutual'), tests.id('show'), 'active'), (tests.id('other ticket'), tests.id('follower'), tests.id('show'), 'active');
insert into ticket_service.ticket_transactions (id, ticket_id, transaction_id, amount, status) values
  (tests.id('payment'), tests.id('ticket'), 'tap-1', 10, 'success'), (tests.id('pending'), tests.id('ticket'), 'tap-2', 10, 'pending'), (tests.id('failed'), tests.id('ticket'), null, 10, 'failed');

select is(tests.may('owner', 'ticket_service.ticket_transactions'), 'select', 'clients cannot write transactions');
select is(tests.may('anonymous', 'ticket_service.ticket_transactions'), 'nothing', 'anonymous visitors have no access to transactions');
select tests.outcomes($$ select from ticket_service.ticket_transactions where id = tests.id('payment') $$, 'mutual 1, owner 0, follower 0, stranger 0, anonymous 42501/grant, service 1', 'only the buyer sees transactions');
select tests.outcomes($$ insert into ticket_service.ticket_transactions (ticket_id, amount, status) values (tests.id('ticket'), 10, 'success') $$, 'mutual 42501/grant, anonymous 42501/grant, service 1', 'only the server inserts transactions');

-- Refunds cannot exceed the payment.
select tests.outcomes(format($$ insert into ticket_service.ticket_transactions (ticket_id, kind, refund_of, amount, currency, status) values (tests.id(%L), 'refund', tests.id(%L), %s, %L, 'pending') $$, ticket, payment, amount, currency),
  'service ' || outcome, format('a refund of %s %s of the %s of the %s', amount, currency, payment, ticket))
from (values
  ('ticket', 'payment', 10, 'IDR', '1'), ('ticket', 'payment', 4, 'IDR', '1'), ('ticket', 'payment', 10.01, 'IDR', 'refund_exceeds_payment/409'),
  ('ticket', 'pending', 1, 'IDR', 'refund_exceeds_payment/409'), ('ticket', 'failed', 1, 'IDR', 'refund_exceeds_payment/409'), ('ticket', 'nothing', 1, 'IDR', '23503/ticket_transactions_refund_of_fkey'),
  ('ticket', 'payment', 10, 'EUR', 'refund_mismatch/409'), ('other ticket', 'payment', 10, 'IDR', 'refund_mismatch/409')
) refunds (ticket, payment, amount, currency, outcome);
insert into ticket_service.ticket_transactions (id, ticket_id, kind, refund_of, amount, status) values (tests.id('refund'), tests.id('ticket'), 'refund', tests.id('payment'), 6, 'pending');
select tests.outcomes($$ insert into ticket_service.ticket_transactions (ticket_id, kind, refund_of, amount) values (tests.id('ticket'), 'refund', tests.id('payment'), 5) $$, 'service refund_exceeds_payment/409', 'two refunds together cannot exceed the payment');
select tests.outcomes($$ insert into ticket_service.ticket_transactions (ticket_id, kind, refund_of, amount) values (tests.id('ticket'), 'refund', tests.id('payment'), 4) $$, 'service 1', 'two refunds together can equal the payment');
select tests.outcomes($$ insert into ticket_service.ticket_transactions (ticket_id, kind, refund_of, amount) values (tests.id('ticket'), 'refund', tests.id('refund'), 1) $$, 'service refund_mismatch/409', 'a refund of a refund is refused');
select tests.outcomes(format($$ update ticket_service.ticket_transactions set %s where id = tests.id('refund') $$, change), 'service ' || outcome, 'a refund with ' || change)
from (values ('amount = 11', 'refund_exceeds_payment/409'), ('amount = 10', '1'), ('currency = ''EUR''', 'refund_mismatch/409'), ('ticket_id = tests.id(''other ticket'')', 'refund_mismatch/409'), ('status = ''success''', '1'),
  ('refund_of = tests.id(''pending'')', 'refund_exceeds_payment/409')) changes (change, outcome);
select tests.outcomes(format($$ update ticket_service.ticket_transactions set %s where id = tests.id('payment') $$, change), 'service ' || outcome, 'a payment with ' || change)
from (values ('amount = 5', 'refund_exceeds_payment/409'), ('amount = 6', '1'), ('status = ''failed''', 'refund_exceeds_payment/409'), ('status = ''refunded''', '1')) changes (change, outcome);
update ticket_service.ticket_transactions set status = 'failed' where id = tests.id('refund');
select tests.outcomes($$ insert into ticket_service.ticket_transactions (ticket_id, kind, refund_of, amount) values (tests.id('ticket'), 'refund', tests.id('payment'), 10) $$, 'service 1', 'a failed refund does not count');
select tests.outcomes($$ update ticket_service.ticket_transactions set status = 'pending', amount = 11 where id = tests.id('refund') $$, 'service refund_exceeds_payment/409', 'it counts again once it is pending');

-- Constraints and their bounds.
select tests.outcomes(format($$ update ticket_service.ticket_transactions set %s where id = tests.id('pending') $$, change), 'service ' || outcome, left(change, 60))
from (values
  ('transaction_id = ''tap-1''', '23505/transaction_ids_are_unique'), ('transaction_id = null', '1'), ('transaction_id = ''''', '23514/transaction_id_is_bounded'), ('transaction_id = repeat(''a'', 256)', '23514/transaction_id_is_bounded'),
  ('transaction_id = repeat(''a'', 255)', '1'), ('amount = -1', '23514/amount_in_range'), ('amount = 1e12', '23514/amount_in_range'), ('amount = ''NaN''', '23514/amount_in_range'), ('amount = 0', '1'), ('amount = null', '23502'),
  ('currency = ''rp''', '23514/currency_is_a_code'), ('currency = ''EUR''', '1'), ('payment_method = repeat(''a'', 51)', '23514/payment_method_is_bounded'), ('payment_method = repeat(''a'', 50)', '1'),
  ('kind = ''refund''', '23514/refunds_name_their_payment'), ('refund_of = tests.id(''payment'')', '23514/refunds_name_their_payment'),
  ('ticket_id = tests.id(''nothing'')', '23503/ticket_transactions_ticket_id_fkey'), ('id = tests.id(''payment'')', '23505/ticket_transactions_pkey')
) changes (change, outcome);
select tests.outcomes($$ delete from ticket_service.tickets where id = tests.id('ticket') $$, 'database 23503/ticket_transactions_ticket_id_fkey', 'a ticket with transactions cannot be deleted');
select tests.outcomes($$ delete from ticket_service.ticket_transactions where id = tests.id('payment') $$, 'database 23503/ticket_transactions_refund_of_fkey', 'a payment with refunds cannot be deleted');

select * from finish();
rollback;
