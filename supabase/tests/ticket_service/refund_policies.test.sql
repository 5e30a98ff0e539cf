begin;
set local search_path = extensions, public;
select no_plan();

select tests.make_people();
select tests.make_event('show', 'owner', '{"ticketing_enabled": true, "price": 10}'), tests.make_event('friends show', 'owner', '{"ticketing_enabled": true, "price": 10, "privacy": "friends_only"}');
select is(tests.may('owner', 'ticket_service.refund_policies'), 'select, insert (event_id, fee_fixed, fee_percent, closes_hours_before), update (event_id, fee_fixed, fee_percent, closes_hours_before), delete', 'clients may write every column of a policy but updated_at');
select is(tests.may('anonymous', 'ticket_service.refund_policies'), 'nothing', 'anonymous visitors have no access to policies');
select tests.outcomes($$ insert into ticket_service.refund_policies (event_id, fee_percent) values (tests.id('show'), 10) $$, 'owner 1, stranger event_not_found/404, nobody account_gone/401', 'only the host adds a policy');
select tests.does('owner', $$ insert into ticket_service.refund_policies (event_id) values (tests.id('show')), (tests.id('friends show')) $$);
select is((select array[fee_fixed, fee_percent, closes_hours_before] from ticket_service.refund_policies where event_id = tests.id('show')), array[0, 0, 24]::numeric[], 'a policy has no fee and closes 24 hours before the start by default');
select tests.outcomes($$ select from ticket_service.refund_policies where event_id in (tests.id('show'), tests.id('friends show')) $$, 'owner 2, mutual 2, stranger 1, blocked 0', 'a policy is visible to everyone signed in who sees the event');
select tests.outcomes($$ update ticket_service.refund_policies set fee_percent = 5 $$, 'owner 2, mutual 0, stranger 0', 'only the host updates a policy');
select tests.outcomes($$ update ticket_service.refund_policies set event_id = tests.id('strange event') where event_id = tests.id('show') $$, 'owner 42501/policy', 'a policy cannot be moved to the event of another host');
select tests.outcomes($$ delete from ticket_service.refund_policies $$, 'owner 2, mutual 0, stranger 0', 'only the host deletes a policy');
select tests.outcomes(format('update ticket_service.refund_policies set %s where event_id = tests.id(''show'')', change), 'owner ' || outcome, change)
from (values ('fee_fixed = 5', '1'), ('fee_fixed = -1', 'price_out_of_range/400'), ('fee_fixed = 1e12', 'price_out_of_range/400'), ('fee_fixed = 0.00001', 'price_out_of_range/400'), ('fee_fixed = ''NaN''', 'price_out_of_range/400'),
  ('fee_percent = 100', '1'), ('fee_percent = 100.1', 'fee_out_of_range/400'), ('fee_percent = -1', 'fee_out_of_range/400'), ('fee_percent = ''NaN''', 'fee_out_of_range/400'), ('fee_percent = 1, fee_fixed = 1', 'two_fees/400'),
  ('closes_hours_before = 0', '1'), ('closes_hours_before = -1', 'deadline_out_of_range/400'), ('closes_hours_before = 8760', '1'), ('closes_hours_before = 8761', 'deadline_out_of_range/400')) changes (change, outcome);
update ticket_service.refund_policies set updated_at = '2000-01-01';
select tests.does('owner', $$ update ticket_service.refund_policies set fee_percent = 5 where event_id = tests.id('show') $$);
select is((select updated_at from ticket_service.refund_policies where event_id = tests.id('show')), now(), 'an update sets updated_at');
select tests.outcomes($$ insert into ticket_service.refund_policies (event_id) values (tests.id('show')) $$, 'owner 23505/one_policy_for_each_event', 'an event has one policy');
delete from event_service.events where id = tests.id('show');
select is((select count(*)::int from ticket_service.refund_policies where event_id = tests.id('show')), 0, 'a policy is deleted with its event');

select * from finish();
rollback;
