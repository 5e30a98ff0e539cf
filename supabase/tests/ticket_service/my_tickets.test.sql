begin;
set local search_path = extensions, public;
select no_plan();

select tests.make_people();
select tests.make_event('show', 'owner', '{"ticketing_enabled": true, "price": 50000}'), tests.make_event('free show', 'owner', '{"ticketing_enabled": true}'),
  tests.make_event('other show', 'stranger', '{"ticketing_enabled": true, "price": 50000}'), tests.make_event('secret show', 'owner', '{"ticketing_enabled": true, "price": 50000, "privacy": "private"}');
insert into ticket_service.refund_policies (event_id, fee_fixed) values (tests.id('show'), 5000);

create function pg_temp.buys(person text, event text default 'show') returns uuid language plpgsql as $$
declare answer jsonb := ticket_service.begin_checkout(tests.id(person), gen_random_uuid()::text, 'hash', tests.id(event), 'sandbox', null);
begin
  if answer ->> 'next' = 'answer' then return (answer #>> '{answer,ticket,id}')::uuid; end if;
  perform ticket_service.record_notice('sandbox', null, (answer #>> '{attempt,id}')::uuid,
    format('{"payments": [{"id": "%s", "state": "paid", "amount": 50000, "currency": "IDR", "method": "card"}]}', person || ' ' || event)::jsonb);
  return (answer #>> '{attempt,ticket_id}')::uuid;
end $$;
create temporary table ticket as select pg_temp.buys('mutual') as id;
select pg_temp.buys('mutual', 'free show'), pg_temp.buys('mutual', 'other show'), pg_temp.buys('follower');

select tests.outcomes($$ select * from ticket_service.my_tickets() $$, 'mutual 3, follower 1, nobody 0, anonymous 42501/grant', 'a caller gets only their own tickets');
select ticket_service.begin_refund(tests.id('mutual'), 'refund', 'hash', id, null, 'reason') from ticket;
select tests.act_as('mutual');
select is((select array[t.refunds #>> '{0,reason}', t.refunds #>> '{0,fee}'] from ticket_service.my_tickets() t where t.event ->> 'title' = 'Show'), array['reason', '5000'], 'a ticket has its refunds with reason and fee');
select tests.act_as('database');

-- The event of a ticket is shown to everyone who ever paid for it.
insert into ticket_service.tickets (id, user_id, event_id, status) values (tests.id('too late'), tests.id('follower'), tests.id('secret show'), 'expired');
select tests.act_as('follower');
select is((select count(*)::int from ticket_service.my_tickets() t where t.event ->> 'title' = 'Secret Show'), 0, 'hidden after an expired hold, if the caller cannot see the event');
select tests.act_as('database');
select tests.make_payment('too late', 'too late');
update ticket_private.payments set outcome = 'sold_out', has_bought = false where provider_id = 'too late';
select tests.act_as('follower');
select is((select count(*)::int from ticket_service.my_tickets() t where t.event ->> 'title' = 'Secret Show'), 1, 'shown after a late payment');
select tests.act_as('database');

-- Offers and pages.
insert into ticket_service.tickets (user_id, event_id, status) values (tests.id('followed'), tests.id('show'), 'pending'), (tests.id('followed'), tests.id('free show'), 'active');
select tests.act_as('followed');
select is((select array_agg(is_offer order by status) from ticket_service.my_tickets()), array[true, false], 'a pending ticket without an attempt is an offer');
create temporary table page_1 as select * from ticket_service.my_tickets(page_size => 1);
select isnt((select id from ticket_service.my_tickets((select cursor from page_1))), (select id from page_1), 'the next page follows its cursor');
select tests.act_as('database');
select tests.outcomes($$ select from ticket_service.my_tickets('nonsense') $$, 'followed malformed_cursor/400', 'refuses a malformed cursor');

select * from finish();
rollback;
