begin;
set local search_path = extensions, public;
select no_plan();

select tests.make_people();
select tests.make_event('show', 'owner', '{"ticketing_enabled": true, "price": 50000}');
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
create temporary table tickets (name text primary key, id uuid);
create function pg_temp.id(name text) returns uuid language sql as $$ select t.id from tickets t where t.name = $1 $$;
insert into tickets select person, pg_temp.buys(person) from unnest(array['mutual', 'follower', 'followed', 'owner', 'acquaintance']) person;
update ticket_service.tickets set is_checked_in = true where id = pg_temp.id('follower');

-- A refund less the fee.
select pg_temp.refunds('mutual', pg_temp.id('mutual'));
select ticket_service.record_refund(r.id, 'succeeded', 'provider refund') from ticket_private.refunds r where r.ticket_id = pg_temp.id('mutual');
select tests.act_as('owner');
select is((select array_agg(s.fees_kept) from ticket_service.event_sales(tests.id('show')) s), array[5000, 5000]::numeric[], 'fees_kept has the fee, in total and for the day');
select tests.act_as('database');

-- The refund of the fee, two refunds by the host, one closed by an operator, and an imported ticket.
select pg_temp.refunds('owner', pg_temp.id('mutual'), 5000), pg_temp.refunds('owner', pg_temp.id('followed'), 20000);
select pg_temp.refunds('owner', pg_temp.id('followed'));
select pg_temp.refunds('owner', pg_temp.id('acquaintance'));
select ticket_service.record_refund(r.id, 'failed', 'provider refund 2') from ticket_private.refunds r where r.ticket_id = pg_temp.id('acquaintance');
select ticket_service.close_refund(r.id, 'transfer 1') from ticket_private.refunds r where r.ticket_id = pg_temp.id('acquaintance');
insert into ticket_service.tickets (id, user_id, event_id, status, price_paid) values (tests.id('imported'), tests.id('nuisance'), tests.id('show'), 'active', 50000);
insert into ticket_service.ticket_transactions (id, ticket_id, transaction_id, amount, status) values (tests.id('imported payment'), tests.id('imported'), 'old-1', 50000, 'success');
select pg_temp.refunds('nuisance', tests.id('imported'));
select ticket_service.close_refund(r.id, 'transfer 3') from ticket_private.refunds r where r.ticket_id = tests.id('imported');

select tests.outcomes($$ select * from ticket_service.event_sales(tests.id('show')) $$, 'owner 2, stranger event_not_found/404, anonymous 42501/grant', 'only the host reads sales');
select tests.act_as('owner');
select is((select array[s.sold, s.held, s.checked_in, s.gross, s.refunded, s.charged_back, s.fees_kept, s.owed] from ticket_service.event_sales(tests.id('show')) s where s.day is null),
  array[2, 0, 1, 300000, 145000, 0, 0, 55000]::numeric[], 'the total of sales adds up');
select tests.act_as('database');
select is((select array[sum(e.amount) filter (where e.kind = 'captured'), sum(e.amount) filter (where e.kind = 'refunded')] from ticket_private.journal_entries e join ticket_service.tickets t on t.id = e.ticket_id where t.event_id = tests.id('show')),
  array[300000, 145000]::numeric[], 'to the sums of the journal');
select tests.act_as('owner');
select is((select array[count(*), min(total), max(total)] from ticket_service.event_guests(tests.id('show'), page_size => 2)), array[2, 6, 6]::bigint[], 'total is the number of guests in all pages');
select tests.act_as('database');
select tests.outcomes($$ select * from ticket_service.event_guests(tests.id('show')) $$, 'owner 6, stranger event_not_found/404, anonymous 42501/grant', 'only the host reads guests');

set constraints all immediate;
-- The waiting list.
select tests.make_event('sold out', 'owner', '{"ticketing_enabled": true, "price": 10, "max_attendees": 1}');
insert into ticket_service.tickets (user_id, event_id, status) values (tests.id('mutual'), tests.id('sold out'), 'active');
insert into ticket_service.waitlist_entries (event_id, user_id, joined_at) values (tests.id('sold out'), tests.id('follower'), now()), (tests.id('sold out'), tests.id('stranger'), now() - interval '1 hour'), (tests.id('sold out'), tests.id('followed'), now() - interval '2 hours');
update user_service.user_privacy set profile_visible = false where user_id = tests.id('stranger');
select tests.outcomes($$ select * from ticket_service.event_waitlist(tests.id('sold out')) $$, 'owner 3, stranger event_not_found/404, gone event_not_found/404, anonymous 42501/grant', 'only the host reads the waiting list');
select tests.act_as('owner');
select is((select array_agg(place || ' ' || coalesce(person ->> 'username', '-') || ' ' || total order by place) from ticket_service.event_waitlist(tests.id('sold out'))), array['1 tap_followed 3', '2 - 3', '3 tap_follower 3'], 'in the order of joining, without the names of hidden people');
select is((select array_agg(place || ' ' || coalesce(person ->> 'username', '-')) from ticket_service.event_waitlist(tests.id('sold out'), (select w.cursor from ticket_service.event_waitlist(tests.id('sold out'), page_size => 2) w where w.place = 2))), array['3 tap_follower'], 'the next page follows its cursor');
select tests.act_as('database');
select tests.outcomes($$ select * from ticket_service.event_waitlist(tests.id('sold out'), 'nonsense') $$, 'owner malformed_cursor/400', 'refuses what is not a cursor');
select tests.outcomes($$ select from ticket_service.waitlist_entries w, ticket_service.event(w) e where w.event_id = tests.id('sold out') and e.id = w.event_id $$, 'followed 1, owner 0', 'event() returns the event of an entry');
select tests.outcomes($$ select from ticket_service.tickets t, ticket_service.event(t) e where t.event_id = tests.id('sold out') and e.id = t.event_id $$, 'mutual 1, owner 0', 'and of a ticket');

select * from finish();
rollback;
