begin;
set local search_path = extensions, public;
select no_plan();

select tests.make_people();
select tests.make_event('show', 'owner', '{"ticketing_enabled": true, "price": 10}');
insert into ticket_service.tickets (id, user_id, event_id, status) values (tests.id('ticket'), tests.id('mutual'), tests.id('show'), 'active'), (tests.id('other ticket'), tests.id('follower'), tests.id('show'), 'active');
insert into ticket_service.ticket_transactions (id, ticket_id, amount, status) values (tests.id('payment'), tests.id('ticket'), 10, 'success');

select is(tests.may('owner', 'ticket_private.journal_entries'), 'nothing', 'the journal is not for clients');
select is(tests.may('anonymous', 'ticket_private.journal_entries'), 'nothing', 'nor for visitors');
insert into ticket_private.journal_entries (id, ticket_id, transaction_id, kind, amount, currency) values (tests.id('captured'), tests.id('ticket'), tests.id('payment'), 'captured', 10, 'IDR');
set constraints all immediate;
set constraints all deferred;

-- Rows are added, never changed.
select tests.outcomes($$ update ticket_private.journal_entries set amount = 5 $$, 'database journal_is_append_only/409', 'nothing is changed');
select tests.outcomes($$ delete from ticket_private.journal_entries $$, 'database journal_is_append_only/409', 'or taken out');
select tests.outcomes($$ truncate ticket_private.journal_entries $$, 'database journal_is_append_only/409', 'not even all at once');

-- What went back never exceeds what came, of each ticket and currency.
select tests.outcomes(format($$ insert into ticket_private.journal_entries (ticket_id, kind, amount, currency) values %s $$, entries), 'database ' || outcome, entries)
from (values
  ('(tests.id(''ticket''), ''refunded'', 10, ''IDR'')', '1'), ('(tests.id(''ticket''), ''refunded'', 10.01, ''IDR'')', 'journal_out_of_balance/409'),
  ('(tests.id(''ticket''), ''charged_back'', 10.01, ''IDR'')', 'journal_out_of_balance/409'),
  ('(tests.id(''ticket''), ''refunded'', 6, ''IDR''), (tests.id(''ticket''), ''charged_back'', 5, ''IDR'')', 'journal_out_of_balance/409'),
  ('(tests.id(''ticket''), ''refunded'', 10, ''IDR''), (tests.id(''ticket''), ''charged_back'', 10, ''IDR''), (tests.id(''ticket''), ''charge_back_returned'', 10, ''IDR'')', '3'),
  ('(tests.id(''ticket''), ''refunded'', 1, ''EUR'')', 'journal_out_of_balance/409'), ('(tests.id(''other ticket''), ''refunded'', 1, ''IDR'')', 'journal_out_of_balance/409'),
  ('(tests.id(''other ticket''), ''refunded'', 1, ''IDR''), (tests.id(''other ticket''), ''captured'', 1, ''IDR'')', '2'),
  ('(tests.id(''ticket''), ''captured'', 0, ''IDR'')', '23514/amount_in_range'), ('(tests.id(''ticket''), ''captured'', -1, ''IDR'')', '23514/amount_in_range'), ('(tests.id(''ticket''), ''captured'', 1e12, ''IDR'')', '23514/amount_in_range'),
  ('(tests.id(''ticket''), ''captured'', ''NaN'', ''IDR'')', '23514/amount_in_range'), ('(tests.id(''ticket''), ''captured'', 1, ''rp'')', '23514/currency_is_a_code'),
  ('(tests.id(''nothing''), ''captured'', 1, ''IDR'')', '23503/journal_entries_ticket_id_fkey')
) inserts (entries, outcome);
select tests.outcomes($$ insert into ticket_private.journal_entries (ticket_id, transaction_id, kind, amount, currency) values (tests.id('ticket'), tests.id('nothing'), 'captured', 1, 'IDR') $$, 'database 23503/journal_entries_transaction_id_fkey', 'a transaction exists');
select tests.outcomes($$ insert into ticket_private.journal_entries (id, ticket_id, kind, amount, currency) values (tests.id('captured'), tests.id('ticket'), 'captured', 1, 'IDR') $$, 'database 23505/journal_entries_pkey', 'an id that is taken');
select tests.outcomes($$ delete from ticket_service.ticket_transactions where id = tests.id('payment') $$, 'database 23503/journal_entries_transaction_id_fkey', 'what it is about stays');
insert into ticket_private.journal_entries (ticket_id, kind, amount, currency) values (tests.id('other ticket'), 'captured', 1, 'IDR');
select tests.outcomes($$ delete from ticket_service.tickets where id = tests.id('other ticket') $$, 'database 23503/journal_entries_ticket_id_fkey', 'tickets too');

select * from finish();
rollback;
