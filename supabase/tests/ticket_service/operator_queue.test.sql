begin;
set local search_path = extensions, public;
select no_plan();

select tests.make_people();
select tests.make_event('show', 'owner', '{"ticketing_enabled": true, "price": 10}');

-- Tickets that ended, of which their payments have something left.
create function pg_temp.ended(name text, outcome text default 'activated', provider text default 'tap') returns void language plpgsql as $$
begin
  insert into ticket_service.tickets (id, event_id, status, price_paid) values (tests.id(name), tests.id('show'), 'refunded', 10);
  perform tests.make_payment(name, name);
  update ticket_private.payments p set outcome = ended.outcome::ticket_service.payment_outcome, provider = ended.provider where p.provider_id = name;
end $$;
create function pg_temp.refund(payment text, origin text, state text) returns void language sql as $$
  insert into ticket_private.refunds (id, ticket_id, attempt_id, provider, payment_provider_id, amount, currency, origin, state)
  values (tests.id(payment || ' back'), tests.id(payment), tests.id(payment), 'tap', payment, 4, 'IDR', origin::ticket_private.refund_origin, state::ticket_private.refund_state) $$;
create function pg_temp.waiting(name text) returns text language sql as $$
  select string_agg(q.kind || ' ' || q.amount::int, ', ' order by q.kind, q.amount) from ticket_service.operator_queue() q where q.ticket_id = tests.id(name) $$;

select pg_temp.ended('all kept');
select is(pg_temp.waiting('all kept'), null, 'a fee of the whole price is nobody''s to decide');
select pg_temp.ended('kept and came back'), pg_temp.refund('kept and came back', 'provider', 'failed');
update ticket_service.tickets set refund_fee = 10 where id = tests.id('kept and came back');
select is(pg_temp.waiting('kept and came back'), null, 'also where somebody gave a part back at the provider, and it came back');
select pg_temp.ended('came back'), pg_temp.refund('came back', 'provider', 'failed');
select is(pg_temp.waiting('came back'), 'payment 10', 'what somebody gave back at the provider, and came back, is');
select is(pg_temp.waiting('all kept'), null, 'that payment alone');
select pg_temp.ended('went back'), pg_temp.refund('went back', 'provider', 'succeeded');
select is(pg_temp.waiting('went back'), null, 'not what went back');
select pg_temp.ended('ours failed'), pg_temp.refund('ours failed', 'host', 'failed');
select is(pg_temp.waiting('ours failed'), 'refund 4', 'of a refund of ours what it was of');
select pg_temp.ended('less the fee'), pg_temp.refund('less the fee', 'buyer', 'sent');
update ticket_private.refunds set is_overtaken = true, fee = 3 where id = tests.id('less the fee back');
insert into ticket_private.refunds (ticket_id, attempt_id, provider, payment_provider_id, amount, currency, origin, state)
values (tests.id('less the fee'), tests.id('less the fee'), 'tap', 'less the fee', 4, 'IDR', 'provider', 'failed');
select is(pg_temp.waiting('less the fee'), 'payment 7', 'less the fee');
select pg_temp.ended('elsewhere', provider => 'other'), pg_temp.refund('elsewhere', 'provider', 'failed');
select is(pg_temp.waiting('elsewhere'), null, 'another provider may count alike');
select pg_temp.ended('set aside', 'set_aside'), pg_temp.refund('set aside', 'provider', 'failed');
select is(pg_temp.waiting('set aside'), 'payment 10', 'nothing is listed twice');

select pg_temp.ended('still theirs'), pg_temp.refund('still theirs', 'provider', 'failed');
select is(pg_temp.waiting('still theirs'), 'payment 10', 'it waits');
update ticket_service.tickets set status = 'active' where id = tests.id('still theirs');
select is(pg_temp.waiting('still theirs'), null, 'unless the ticket stands');
update ticket_private.payments set outcome = null, state = 'failed' where provider_id = 'came back';
select is(pg_temp.waiting('came back'), null, 'nor what never was paid');

select * from finish();
rollback;
