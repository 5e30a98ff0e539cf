begin;
set local search_path = extensions, public;
select no_plan();

select tests.make_people();
select tests.make_event('show', 'owner', '{"ticketing_enabled": true, "price": 10, "max_attendees": 3}'), tests.make_event('other', 'owner', '{"ticketing_enabled": true, "price": 10}');
insert into ticket_service.tickets (id, user_id, event_id, status, price_paid) values (tests.id('ticket'), tests.id('mutual'), tests.id('show'), 'active', 10);

create function pg_temp.begin_checkout(person text, event text, key text default null, method text default 'sandbox', hash text default 'hash') returns jsonb language sql as $$
  select ticket_service.begin_checkout(tests.id(person), coalesce(key, gen_random_uuid()::text), hash, tests.id(event), method, null) $$;
create function pg_temp.attempt_of(person text, event text, number int default 1) returns uuid language sql as $$
  select a.id from ticket_private.attempts a join ticket_service.tickets t on t.id = a.ticket_id
  where t.user_id = tests.id(person) and t.event_id = tests.id(event) order by a.started_at, a.state desc offset number - 1 limit 1 $$;

-- Events with sold tickets cannot be deleted.
select tests.outcomes($$ delete from event_service.events where id = tests.id('show') $$, 'owner has_sold_tickets/409, database has_sold_tickets/409', 'an event with active tickets cannot be deleted');
update ticket_service.tickets set status = 'refunded' where id = tests.id('ticket');
select tests.outcomes($$ delete from event_service.events where id = tests.id('show') $$, 'owner has_sold_tickets/409, database has_sold_tickets/409', 'an event with refunded tickets cannot be deleted, because of their journal');
select tests.outcomes($$ delete from event_service.events where id = tests.id('other') $$, 'owner 1', 'an event without tickets can be deleted');
-- Without the ticket service in the same database, attendance by ticket shows that tickets were sold.
insert into event_service.event_attendees (event_id, user_id, by_ticket) values (tests.id('other'), tests.id('acquaintance'), true);
select tests.outcomes($$ delete from event_service.events where id = tests.id('other') $$, 'owner has_sold_tickets/409', 'an event with attendance by ticket cannot be deleted');
update event_service.event_attendees set status = 'cancelled' where event_id = tests.id('other') and user_id = tests.id('acquaintance');
select tests.outcomes($$ delete from event_service.events where id = tests.id('other') $$, 'owner 1', 'an event whose attendance by ticket is cancelled can be deleted');

-- Unpaid tickets are deleted with their event.
select tests.make_event('unpaid', 'owner', '{"ticketing_enabled": true, "price": 10}');
select is(pg_temp.begin_checkout('nuisance', 'unpaid', 'unpaid') ->> 'next', 'pay', 'a checkout is started');
select tests.outcomes($$ delete from event_service.events where id = tests.id('unpaid') $$, 'owner has_sold_tickets/409', 'an event with an open checkout cannot be deleted');
select ticket_service.fail_checkout(tests.id('nuisance'), 'unpaid', pg_temp.attempt_of('nuisance', 'unpaid'), 502, '{}');
select tests.outcomes($$ delete from event_service.events where id = tests.id('unpaid') $$, 'owner has_sold_tickets/409', 'an event with an attempt that is still to be checked cannot be deleted');
update ticket_private.attempts set check_at = null where id = pg_temp.attempt_of('nuisance', 'unpaid');
select tests.outcomes($$ delete from event_service.events where id = tests.id('unpaid') $$, 'owner 1, stranger 0', 'an event with only unpaid tickets is deleted with them, by its host only');
update ticket_service.tickets set status = 'active' where user_id = tests.id('nuisance') and event_id = tests.id('unpaid');
select tests.outcomes($$ delete from event_service.events where id = tests.id('unpaid') $$, 'owner has_sold_tickets/409', 'an event with an active ticket cannot be deleted');

-- An event cannot be deleted while a buyer may still pay on a checkout page.
select tests.make_event('tiny show', 'owner', '{"ticketing_enabled": true, "price": 50000}');
create temporary table opened as select (ticket_service.begin_checkout(tests.id('stranger'), 'opened', 'hash', tests.id('tiny show'), 'sandbox', null) #>> '{attempt,id}')::uuid as id;
select ticket_service.finish_checkout(tests.id('stranger'), 'opened', id, 'session', 'https://pay.test') from opened;
select ticket_service.record_notice('sandbox', null, id, '{"payments": [{"id": "page", "state": "expired", "amount": 50000, "currency": "IDR", "method": "card"}]}') from opened;
update ticket_private.attempts set check_at = null where id = (select id from opened);
select tests.outcomes($$ delete from event_service.events where id = tests.id('tiny show') $$, 'owner has_sold_tickets/409', 'an expired attempt with a checkout page keeps the event');
update ticket_private.attempts set started_at = now() - interval '31 days' where id = (select id from opened);
select tests.outcomes($$ delete from event_service.events where id = tests.id('tiny show') $$, 'owner 1', 'after 30 days the event can be deleted');

select * from finish();
rollback;
