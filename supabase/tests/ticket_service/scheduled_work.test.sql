begin;
set local search_path = extensions, public;
select no_plan();

-- Work of other events is not part of this test.
update ticket_private.refunds set send_at = null, problem = null;
update ticket_private.attempts set check_at = null;
select tests.make_people();
select tests.make_event('show', 'owner', '{"ticketing_enabled": true, "price": 50000}');
create function pg_temp.buys(person text) returns jsonb language plpgsql as $$
declare answer jsonb := ticket_service.begin_checkout(tests.id(person), gen_random_uuid()::text, 'hash', tests.id('show'), 'sandbox', null);
begin
  return ticket_service.record_notice('sandbox', null, (answer #>> '{attempt,id}')::uuid, format('{"payments": [{"id": "%s", "state": "paid", "amount": 50000, "currency": "IDR"}]}', person)::jsonb);
end $$;
select pg_temp.buys(person) from unnest(array['mutual', 'follower', 'stranger']) person;
select ticket_service.begin_checkout(tests.id('acquaintance'), 'held', 'hash', tests.id('show'), 'sandbox', null);
select is(ticket_private.maintenance_is_due(), false, 'maintenance is not due while nothing is to be sent or checked');
select tests.does('owner', $$ update event_service.events set status = 'cancelled' where id = tests.id('show') $$);
select ticket_service.continue_cancellations();

-- claim_work()
select is(ticket_private.maintenance_is_due(), true, 'maintenance is due once there are refunds to send');
create temporary table work as select ticket_service.claim_work(2) as claimed;
select is((select jsonb_array_length(claimed -> 'refunds') from work), 2, 'refunds are claimed up to the batch');
select is((select jsonb_agg(a -> 'expire') from work, jsonb_array_elements(claimed -> 'attempts') a), '[true]', 'an attempt of a cancelled event is claimed to be expired');
select is(jsonb_array_length(ticket_service.claim_work(20) -> 'refunds'), 1, 'the next caller claims the rest');
select is(ticket_service.claim_work(20), '{"refunds": [], "attempts": []}', 'nothing is claimed twice');
select tests.outcomes($$ select ticket_service.claim_work() $$, 'owner 42501/grant, anonymous 42501/grant, service 1', 'only the server claims work');
select ticket_service.record_refund((r ->> 'id')::uuid, 'sent', problem => 'no answer') from work, jsonb_array_elements(claimed -> 'refunds') r limit 1;
select is((select array[state::text, problem] from ticket_private.refunds where problem is not null), array['sent', 'no answer'], 'the problem of a refund is recorded');
select ok((select send_at > now() from ticket_private.refunds where problem is not null), 'and the refund is sent again later');
select is(ticket_private.maintenance_is_due(), false, 'maintenance is not due while all work is claimed');
update ticket_private.attempts set check_at = now(), checks = 40 where idempotency_key = 'held';
select is((select jsonb_array_length(ticket_service.claim_work(20) -> 'attempts')), 1, 'an attempt is claimed for the last time after forty checks');
select is((select check_at from ticket_private.attempts where idempotency_key = 'held'), null, 'after that it is left to operators');

-- delete_old_requests()
update ticket_private.idempotency_keys set created_at = now() - interval '7 days 1 second' where key = 'held';
insert into ticket_private.notices (provider, notice_id, attempt_id, facts, received_at) select 'tap', 'old', id, '{}', now() - interval '90 days 1 second' from ticket_private.attempts where idempotency_key = 'held';
insert into ticket_private.notices (provider, notice_id, attempt_id, facts, received_at) select 'tap', 'recent', id, '{}', now() - interval '90 days' from ticket_private.attempts where idempotency_key = 'held';
select ticket_private.delete_old_requests();
select is((select count(*)::int from ticket_private.idempotency_keys where key = 'held'), 0, 'answers are deleted after a week');
select is((select count(*)::int from ticket_private.idempotency_keys where user_id in (tests.id('mutual'), tests.id('follower'), tests.id('stranger'))), 3, 'newer answers stay');
select is((select array_agg(notice_id) from ticket_private.notices where provider = 'tap'), array['recent'], 'notices are deleted after ninety days');
select is((select array_agg(has_function_privilege(role, fn, 'execute')) from unnest(array['anon', 'authenticated', 'service_role']) role,
  unnest(array['ticket_private.run_scheduled_work()', 'ticket_private.delete_old_requests(integer)', 'ticket_private.maintenance_is_due()']) fn), array_fill(false, array[9]), 'only the owner of the database executes these functions');

select * from finish();
rollback;
