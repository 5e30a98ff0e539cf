begin;
set local search_path = extensions, public;
select no_plan();

select tests.make_people();
select tests.make_event('show', 'owner', '{"ticketing_enabled": true, "price": 50000, "max_attendees": 2}');
create function pg_temp.begin_checkout(person text, event text, key text default null, method text default 'sandbox', hash text default 'hash') returns jsonb language sql as $$
  select ticket_service.begin_checkout(tests.id(person), coalesce(key, gen_random_uuid()::text), hash, tests.id(event), method, null) $$;
create function pg_temp.seats(event text) returns int[] language sql as $$ select array[held, sold] from ticket_private.event_seats where event_id = tests.id(event) $$;
create function pg_temp.ticket_of(person text, event text) returns ticket_service.tickets language sql as $$
  select t from ticket_service.tickets t where user_id = tests.id(person) and event_id = tests.id(event) order by status in ('pending', 'active') desc limit 1 $$;

-- Expiry.
select pg_temp.begin_checkout('stranger', 'show');
update ticket_service.tickets set held_until = now() where user_id = tests.id('stranger') and event_id = tests.id('show');
select is(ticket_private.expire_holds(500, tests.id('show')), 1, 'an expired hold ends');
select is(ticket_private.expire_holds(500, tests.id('show')), 0, 'a hold ends once');
select is(pg_temp.seats('show'), array[0, 0], 'its seat is free');

-- At most five unused holds a day.
create function pg_temp.holds_again(status text default 'cancelled', url text default 'https://pay.test') returns text language plpgsql as $$
declare answer jsonb;
begin
  answer := pg_temp.begin_checkout('acquaintance', 'show', gen_random_uuid()::text);
  update ticket_private.attempts set checkout_url = url, state = 'closed' where id = (answer #>> '{attempt,id}')::uuid;
  update ticket_service.tickets t set status = holds_again.status::ticket_service.ticket_status where t.id = (answer #>> '{attempt,ticket_id}')::uuid;
  return coalesce(answer #>> '{answer,error,code}', answer ->> 'next');
end $$;
select is(array(select pg_temp.holds_again(url => null) from generate_series(1, 6)), array_fill('pay'::text, array[6]), 'holds without a checkout page do not count towards the limit of five');
select is(array(select pg_temp.holds_again(case when n % 2 = 0 then 'cancelled' else 'expired' end) from generate_series(1, 5) n), array_fill('pay'::text, array[5]), 'five unused holds are accepted');
select is(pg_temp.holds_again(), 'too_many_holds', 'the sixth is refused');
savepoint held_often;
update ticket_service.tickets set purchased_at = now() - interval '1 day' where user_id = tests.id('acquaintance') and event_id = tests.id('show');
select is(pg_temp.holds_again(), 'pay', 'the limit starts again after a day');
rollback to held_often;
update ticket_service.tickets set activated_at = now() where id = (select t.id from ticket_service.tickets t join ticket_private.attempts a on a.ticket_id = t.id
  where t.user_id = tests.id('acquaintance') and a.checkout_url is not null limit 1);
select is(pg_temp.holds_again(), 'pay', 'a hold that was bought does not count');
rollback to held_often;
select is(pg_temp.begin_checkout('follower', 'show', 'another''s') ->> 'next', 'pay', 'the limit is per person');
rollback to held_often;
update ticket_private.attempts a set checkout_url = null from ticket_service.tickets t where t.id = a.ticket_id and t.user_id = tests.id('acquaintance');
select is(array(select pg_temp.holds_again(url => null) from generate_series(1, 10)), array_fill('pay'::text, array[9]) || array['too_many_holds'], 'without checkout pages the limit is twenty');
rollback to held_often;
update ticket_private.attempts a set checkout_url = null from ticket_service.tickets t where t.id = a.ticket_id and t.user_id = tests.id('acquaintance');
update ticket_service.tickets set purchased_at = now() - interval '1 second' where id in (select id from ticket_service.tickets where user_id = tests.id('acquaintance') and event_id = tests.id('show') limit 5);
select is(pg_temp.holds_again(), 'too_many_holds', 'expired offers count towards the limit of five');
rollback to held_often;

-- Defaults and constraints.
select is(pg_temp.begin_checkout('stranger', 'show') ->> 'next', 'pay', 'a seat is held');
update ticket_service.tickets set held_until = null where status = 'pending';
select is((pg_temp.ticket_of('stranger', 'show')).held_until, now() + interval '45 minutes', 'held_until of a pending ticket has a default of 45 minutes');
alter table ticket_service.tickets disable trigger tickets_set_derived_columns;
select tests.outcomes($$ update ticket_service.tickets set held_until = null where status = 'pending' $$, 'database 23514/held_while_pending', 'a pending ticket requires held_until');
alter table ticket_service.tickets enable trigger tickets_set_derived_columns;

select * from finish();
rollback;
