begin;
set local search_path = extensions, public;
select no_plan();

select tests.make_people();
select tests.make_event('show', 'owner', '{"ticketing_enabled": true, "price": 10}');
insert into ticket_service.tickets (id, user_id, event_id, status) values (tests.id('ticket'), tests.id('mutual'), tests.id('show'), 'active'), (tests.id('other ticket'), tests.id('follower'), tests.id('show'), 'active');
select tests.make_payment('payment', 'ticket');
set constraints all immediate;
set constraints all deferred;

select is(tests.may('owner', 'ticket_private.journal_entries'), 'nothing', 'clients have no access to the journal');
select is(tests.may('anonymous', 'ticket_private.journal_entries'), 'nothing', 'anonymous visitors have no access to the journal');
select is((select array_agg(kind || ' ' || amount) from ticket_private.journal_entries where ticket_id = tests.id('ticket')), array['captured 10'], 'a payment is recorded as captured');
select ticket_private.record_journal(tests.id('ticket'));
select is((select count(*)::int from ticket_private.journal_entries where ticket_id = tests.id('ticket')), 1, 'a payment is recorded once');

-- Entries are append-only.
select tests.outcomes($$ update ticket_private.journal_entries set amount = 5 $$, 'database journal_is_append_only/409', 'entries cannot be updated');
select tests.outcomes($$ delete from ticket_private.journal_entries $$, 'database journal_is_append_only/409', 'entries cannot be deleted');
select tests.outcomes($$ truncate ticket_private.journal_entries $$, 'database journal_is_append_only/409', 'the journal cannot be truncated');

-- Sums must match payments, refunds and disputes.
select tests.outcomes(format($$ insert into ticket_private.journal_entries (ticket_id, transaction_id, kind, amount, currency) values %s $$, entries), 'database ' || outcome, entries)
from (values
  ('(tests.id(''ticket''), tests.id(''payment''), ''refunded'', 10, ''IDR'')', 'journal_out_of_balance/409'), ('(tests.id(''ticket''), tests.id(''payment''), ''captured'', 10, ''IDR'')', 'journal_out_of_balance/409'),
  ('(tests.id(''ticket''), tests.id(''payment''), ''charged_back'', 1, ''IDR'')', 'journal_out_of_balance/409'), ('(tests.id(''ticket''), tests.id(''payment''), ''captured'', -1, ''IDR'')', 'journal_out_of_balance/409'),
  ('(tests.id(''ticket''), tests.id(''payment''), ''captured'', 1, ''IDR''), (tests.id(''ticket''), tests.id(''payment''), ''captured'', -1, ''IDR'')', '2'),
  ('(tests.id(''ticket''), tests.id(''payment''), ''captured'', 1, ''EUR'')', 'journal_out_of_balance/409'), ('(tests.id(''other ticket''), tests.id(''payment''), ''captured'', 1, ''IDR'')', 'journal_out_of_balance/409'),
  ('(tests.id(''ticket''), tests.id(''payment''), ''captured'', 0, ''IDR'')', '23514/amount_in_range'), ('(tests.id(''ticket''), tests.id(''payment''), ''captured'', 1e12, ''IDR'')', '23514/amount_in_range'),
  ('(tests.id(''ticket''), tests.id(''payment''), ''captured'', ''NaN'', ''IDR'')', '23514/amount_in_range'), ('(tests.id(''ticket''), tests.id(''payment''), ''captured'', 1, ''rp'')', '23514/currency_is_a_code'),
  ('(tests.id(''nothing''), tests.id(''payment''), ''captured'', 1, ''IDR'')', '23503/journal_entries_ticket_id_fkey'), ('(tests.id(''ticket''), tests.id(''nothing''), ''captured'', 1, ''IDR'')', '23503/journal_entries_transaction_id_fkey')
) inserts (entries, outcome);
select tests.outcomes($$ insert into ticket_private.payments (provider, provider_id, attempt_id, ticket_id, transaction_id, state, amount, currency)
  values ('tap', 'unbooked', tests.id('payment'), tests.id('ticket'), null, 'paid', 5, 'IDR') $$, 'database 1', 'a payment without a transaction needs no entry');
select tests.outcomes($$ update ticket_private.payments set amount = 11 where provider_id = 'payment' $$, 'database journal_out_of_balance/409', 'a changed payment without a matching entry is refused');
select tests.outcomes($$ delete from ticket_private.payments where provider_id = 'payment' $$, 'database journal_out_of_balance/409', 'a deleted payment with an entry is refused');
select tests.outcomes($$ with payment as (delete from ticket_private.payments where provider_id = 'payment') delete from ticket_service.ticket_transactions where id = tests.id('payment') $$, 'database 23503/journal_entries_transaction_id_fkey', 'a transaction with entries cannot be deleted');
select tests.outcomes($$ delete from ticket_service.tickets where id = tests.id('ticket') $$, 'database 23503/ticket_transactions_ticket_id_fkey', 'a ticket with transactions cannot be deleted');

-- Refunds cannot exceed the captured amount.
insert into ticket_service.ticket_transactions (id, ticket_id, kind, refund_of, amount, status) values (tests.id('refund'), tests.id('ticket'), 'refund', tests.id('payment'), 10, 'success');
select tests.outcomes(format($$ with refunded as (
    insert into ticket_private.refunds (id, ticket_id, attempt_id, provider, payment_provider_id, amount, currency, origin, state)
    values (tests.id('refund'), tests.id('ticket'), tests.id('payment'), 'tap', 'payment', %1$s, 'IDR', 'host', 'succeeded') returning ticket_id, id)
  insert into ticket_private.journal_entries (ticket_id, transaction_id, kind, amount, currency) select ticket_id, id, 'refunded', %1$s, 'IDR' from refunded $$, amount), 'database ' || outcome, 'a refund of ' || amount)
from (values (10, '1'), (11, 'journal_out_of_balance/409')) refunds (amount, outcome);

select * from finish();
rollback;
