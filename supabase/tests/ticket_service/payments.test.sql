begin;
set local search_path = extensions, public;
select no_plan();

select tests.make_people();
select tests.make_event('show', 'owner', '{"ticketing_enabled": true, "price": 10}');
insert into ticket_service.tickets (id, user_id, event_id, status) values (tests.id('ticket'), tests.id('mutual'), tests.id('show'), 'active');
select tests.make_payment('payment', 'ticket');
insert into ticket_service.ticket_transactions (id, ticket_id, amount) values (tests.id('asked'), tests.id('ticket'), 10), (tests.id('asked again'), tests.id('ticket'), 10);
insert into ticket_private.attempts (id, ticket_id, provider, amount, currency, title, state, expires_at)
values (tests.id('asked'), tests.id('ticket'), 'tap', 10, 'IDR', 'Show', 'open', now() + interval '35 minutes');
insert into ticket_private.refunds (id, ticket_id, attempt_id, provider, payment_provider_id, provider_id, amount, currency, origin)
values (tests.id('refund'), tests.id('ticket'), tests.id('payment'), 'tap', 'payment', 'refund', 4, 'IDR', 'host');
insert into ticket_private.disputes (provider, provider_id, ticket_id, attempt_id, payment_provider_id, amount, currency)
values ('tap', 'dispute', tests.id('ticket'), tests.id('payment'), 'payment', 10, 'IDR');

select is(array_agg(persona || ' ' || relation || ': ' || tests.may(persona, ('ticket_private.' || relation)::regclass)), null, 'clients have no access to internal tables')
from unnest(array['owner', 'anonymous']) persona, unnest(array['attempts', 'payments', 'refunds', 'disputes', 'notices', 'idempotency_keys', 'closed_items']) relation
where tests.may(persona, ('ticket_private.' || relation)::regclass) <> 'nothing';

-- Constraints of rows.
select tests.outcomes(format('update ticket_private.%I set %s where ticket_id = tests.id(''ticket'')', relation, change), 'database ' || outcome, format('%s: %s', relation, left(change, 60)))
from (values
  ('attempts', 'provider = ''''', '23514/provider_is_bounded'), ('attempts', 'provider = repeat(''a'', 51)', '23514/provider_is_bounded'), ('attempts', 'provider = repeat(''a'', 50)', '1'),
  ('attempts', 'amount = 0', '23514/amount_in_range'), ('attempts', 'amount = 1e12', '23514/amount_in_range'), ('attempts', 'amount = ''NaN''', '23514/amount_in_range'), ('attempts', 'amount = 0.01', '1'),
  ('attempts', 'currency = ''rp''', '23514/currency_is_a_code'), ('attempts', 'currency = ''EUR''', '1'),
  ('attempts', 'refund_fee = -1', '23514/refund_fee_in_range'), ('attempts', 'refund_fee = 1e12', '23514/refund_fee_in_range'), ('attempts', 'refund_fee = ''NaN''', '23514/refund_fee_in_range'), ('attempts', 'refund_fee = 0.01', '1'),
  ('attempts', 'id = tests.id(''nothing'')', '23503/attempts_id_fkey'), ('attempts', 'ticket_id = tests.id(''nothing'')', '23503/attempts_ticket_id_fkey'),
  ('payments', 'provider_id = ''''', '23514/provider_id_is_bounded'), ('payments', 'provider_id = repeat(''a'', 256)', '23514/provider_id_is_bounded'), ('payments', 'provider_id = repeat(''a'', 255)', '1'),
  ('payments', 'amount = -1', '23514/amount_in_range'), ('payments', 'amount = 1e12', '23514/amount_in_range'), ('payments', 'amount = ''NaN''', '23514/amount_in_range'),
  ('payments', 'has_bought = false', '23514/activated_has_bought'), ('payments', 'has_bought = false, outcome = ''sold_out''', '1'), ('payments', 'amount = null', '23514/paid_an_amount'), ('payments', 'currency = null', '23514/paid_an_amount'), ('payments', 'currency = ''rp''', '23514/currency_is_a_code'),
  ('payments', 'method = repeat(''a'', 51)', '23514/method_is_bounded'), ('payments', 'method = repeat(''a'', 50)', '1'),
  ('payments', 'attempt_id = tests.id(''nothing'')', '23503/payments_attempt_id_fkey'), ('payments', 'ticket_id = tests.id(''nothing'')', '23503/payments_ticket_id_fkey'),
  ('payments', 'transaction_id = tests.id(''nothing'')', '23503/payments_transaction_id_fkey'),
  ('refunds', 'provider_id = ''''', '23514/provider_id_is_bounded'), ('refunds', 'provider_id = repeat(''a'', 256)', '23514/provider_id_is_bounded'), ('refunds', 'provider_id = repeat(''a'', 255)', '1'),
  ('refunds', 'amount = 0', '23514/amount_in_range'), ('refunds', 'amount = 1e12', '23514/amount_in_range'), ('refunds', 'amount = ''NaN''', '23514/amount_in_range'), ('refunds', 'currency = ''rp''', '23514/currency_is_a_code'),
  ('refunds', 'fee = -1', '23514/fee_in_range'), ('refunds', 'fee = 1e12', '23514/fee_in_range'), ('refunds', 'fee = ''NaN''', '23514/fee_in_range'), ('refunds', 'fee = 0.01', '1'),
  ('refunds', 'reason = repeat(''a'', 501)', '23514/reason_is_bounded'), ('refunds', 'reason = repeat(''a'', 500)', '1'),
  ('refunds', 'closing_reference = ''bank''', '23514/closed_with_a_reference'), ('refunds', 'closed_at = now()', '23514/closed_with_a_reference'),
  ('refunds', 'closed_at = now(), closing_reference = ''''', '23514/closing_reference_is_given'), ('refunds', 'closed_at = now(), closing_reference = repeat(''a'', 201)', '23514/closing_reference_is_given'),
  ('refunds', 'attempt_id = tests.id(''nothing'')', '23503/refunds_attempt_id_fkey'), ('refunds', 'ticket_id = tests.id(''nothing'')', '23503/refunds_ticket_id_fkey'),
  ('refunds', 'state = ''succeeded''', 'journal_out_of_balance/409'), ('refunds', 'state = ''sent''', '1'),
  ('refunds', 'is_excess = true', 'journal_out_of_balance/409'),
  ('disputes', 'provider_id = ''''', '23514/provider_id_is_bounded'), ('disputes', 'provider_id = repeat(''a'', 256)', '23514/provider_id_is_bounded'), ('disputes', 'provider_id = repeat(''a'', 255)', '1'),
  ('disputes', 'amount = 0', '23514/amount_in_range'), ('disputes', 'amount = 1e12', '23514/amount_in_range'), ('disputes', 'amount = ''NaN''', '23514/amount_in_range'), ('disputes', 'currency = ''rp''', '23514/currency_is_a_code'),
  ('disputes', 'attempt_id = tests.id(''nothing'')', '23503/disputes_attempt_id_fkey'), ('disputes', 'ticket_id = tests.id(''nothing'')', '23503/disputes_ticket_id_fkey'),
  ('disputes', 'is_withdrawn = true', 'journal_out_of_balance/409')
) changes (relation, change, outcome);

-- Uniqueness.
select tests.outcomes(statement, 'database ' || outcome, outcome)
from (values
  ($$ insert into ticket_private.attempts select * from ticket_private.attempts where ticket_id = tests.id('ticket') $$, '23505/attempts_pkey'),
  ($$ insert into ticket_private.attempts (id, ticket_id, provider, amount, currency, title, state, expires_at)
    values (tests.id('asked again'), tests.id('ticket'), 'tap', 10, 'IDR', 'Show', 'creating', now()) $$, '23505/one_open_attempt_each'),
  ($$ insert into ticket_private.payments (provider, provider_id, attempt_id, ticket_id, state)
    values ('tap', 'payment', tests.id('payment'), tests.id('ticket'), 'pending') $$, '23505/payments_are_unique'),
  ($$ insert into ticket_private.payments (provider, provider_id, attempt_id, ticket_id, transaction_id, state)
    values ('tap', 'other', tests.id('payment'), tests.id('ticket'), tests.id('payment'), 'pending') $$, '23505/one_payment_for_each_transaction'),
  ($$ insert into ticket_private.refunds (ticket_id, attempt_id, provider, payment_provider_id, provider_id, amount, currency, origin)
    values (tests.id('ticket'), tests.id('payment'), 'tap', 'payment', 'refund', 4, 'IDR', 'host') $$, '23505/provider_refunds_are_unique'),
  ($$ insert into ticket_private.disputes select * from ticket_private.disputes where ticket_id = tests.id('ticket') $$, '23505/disputes_are_unique')
) statements (statement, outcome);

select * from finish();
rollback;
