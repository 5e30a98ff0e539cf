begin;
set local search_path = extensions, public;
select no_plan();

select tests.make_people();
select tests.make_event('show', 'owner', '{"ticketing_enabled": true, "price": 10, "max_attendees": 1}'), tests.make_event('free show', 'owner', '{"ticketing_enabled": true, "price": 0, "max_attendees": 1}'),
  tests.make_event('open house', 'owner'), tests.make_event('cancelled show', 'owner', '{"ticketing_enabled": true, "price": 10, "status": "cancelled"}');
create function pg_temp.statuses(event text) returns text language sql as $$
  select string_agg(p.username || ' ' || t.status, ', ' order by p.username, t.status) from ticket_service.tickets t join user_service.profiles p on p.id = t.user_id where t.event_id = tests.id(event) $$;
create function pg_temp.waiting(event text) returns text language sql as $$
  select string_agg(p.username, ', ' order by w.joined_at, w.id) from ticket_service.waitlist_entries w join user_service.profiles p on p.id = w.user_id where w.event_id = tests.id(event) $$;

select is(tests.may('owner', 'ticket_service.waitlist_entries'), 'select', 'clients wait by join_waitlist()');
select is(tests.may('anonymous', 'ticket_service.waitlist_entries'), 'nothing', 'visitors do not wait');
select tests.outcomes($$ select ticket_service.join_waitlist(tests.id('show')) $$, 'stranger seats_available/409, blocked event_not_found/404, nobody account_gone/401, anonymous 42501/grant', 'while there are seats one buys one');
insert into ticket_service.tickets (id, user_id, event_id, status) values (tests.id('sold'), tests.id('mutual'), tests.id('show'), 'active');
select tests.outcomes(format($$ select ticket_service.join_waitlist(tests.id(%L)) $$, event), outcome, event)
from (values ('show', 'stranger 1, mutual already_has_ticket/409, blocked event_not_found/404, owner 1'), ('nothing', 'stranger event_not_found/404'), ('open house', 'stranger no_ticket_needed/409'), ('cancelled show', 'stranger event_not_open/409')) tries (event, outcome);

select tests.act_as('stranger');
select is(ticket_service.join_waitlist(tests.id('show')), 1, 'the first in line');
select tests.act_as('follower');
select is(ticket_service.join_waitlist(tests.id('show')), 2, 'the second');
select tests.act_as('stranger');
select is(ticket_service.join_waitlist(tests.id('show')), 1, 'asking again keeps one''s place');
select tests.act_as('followed');
select is(ticket_service.join_waitlist(tests.id('show')), 3, 'the third');
select tests.act_as('database');
select tests.outcomes($$ select from ticket_service.waitlist_entries $$, 'stranger 1, followed 1, owner 0, mutual 0', 'each sees their own');
select tests.does('followed', $$ select from (select ticket_service.leave_waitlist(tests.id('show')) as did) x where did $$);
select tests.outcomes($$ select from (select ticket_service.leave_waitlist(tests.id('show')) as did) x where did $$, 'followed 0, follower 1, anonymous 42501/grant', 'one leaves for oneself');
select is(pg_temp.waiting('show'), 'tap_stranger, tap_follower', 'two wait');
select tests.outcomes($$ insert into ticket_service.waitlist_entries (event_id, user_id) values (tests.id('show'), tests.id('stranger')) $$, 'database 23505/waitlist_entries_are_unique', 'nobody stands in line twice');

-- A freed seat goes to the first, whoever frees it.
savepoint full_house;
update ticket_service.tickets set status = 'refunded' where id = tests.id('sold');
select is(pg_temp.statuses('show'), 'tap_mutual refunded, tap_stranger pending', 'a refund makes an offer');
select is((select held_until from ticket_service.tickets where user_id = tests.id('stranger')), now() + interval '2 hours', 'for two hours');
select is(pg_temp.waiting('show'), 'tap_follower', 'who got one waits no more');
select tests.act_as('stranger');
select is(ticket_service.join_waitlist(tests.id('show')), 0, 'their place is a seat');
select tests.act_as('database');
savepoint offered;
update ticket_service.tickets set held_until = now() where user_id = tests.id('stranger');
select tests.act_as('stranger');
select is(ticket_service.join_waitlist(tests.id('show')), 1, 'until its time is over: it goes to the next, and they stand in line again');
select tests.act_as('database');
rollback to offered;
select tests.outcomes($$ select tests.unwrapped(ticket_service.begin_checkout(tests.id('followed'), 'key', 'hash', tests.id('show'), 'sandbox', null)) $$, 'service sold_out/409', 'nobody comes between');
select is(ticket_service.begin_checkout(tests.id('stranger'), 'offered', 'hash', tests.id('show'), 'sandbox', null) ->> 'next', 'pay', 'the offer is bought');
select is((select array[price_paid::text, status::text] from ticket_service.tickets where user_id = tests.id('stranger')), array['10', 'pending'], 'at the price');
update ticket_service.tickets set held_until = now() where user_id = tests.id('stranger');
select ticket_private.expire_holds();
select is(pg_temp.statuses('show'), 'tap_follower pending, tap_mutual refunded, tap_stranger expired', 'or passes on');
rollback to full_house;
delete from ticket_service.tickets where id = tests.id('sold');
select is(pg_temp.statuses('show'), 'tap_stranger pending', 'deleting a ticket frees its seat');
rollback to full_house;
select tests.does('owner', $$ update event_service.events set max_attendees = 3 where id = tests.id('show') $$);
select is(pg_temp.statuses('show'), 'tap_follower pending, tap_mutual active, tap_stranger pending', 'more seats are for those who wait');
rollback to full_house;
insert into user_service.blocks (blocker_id, blocked_id) values (tests.id('owner'), tests.id('stranger'));
update ticket_service.tickets set status = 'refunded' where id = tests.id('sold');
select is(pg_temp.statuses('show'), 'tap_follower pending, tap_mutual refunded', 'not for one who no longer sees the event');
rollback to full_house;
select tests.does('owner', $$ update event_service.events set status = 'cancelled' where id = tests.id('show') $$);
select is(pg_temp.waiting('show'), null, 'nobody waits for a cancelled event');
update ticket_service.tickets set status = 'refunded' where id = tests.id('sold');
select is(pg_temp.statuses('show'), 'tap_mutual refunded', 'or is offered a seat there');
rollback to full_house;
delete from auth.users where id = tests.id('stranger');
update ticket_service.tickets set status = 'refunded' where id = tests.id('sold');
select is(pg_temp.statuses('show'), 'tap_follower pending, tap_mutual refunded', 'who left does not wait');
rollback to full_house;
insert into ticket_service.waitlist_entries (event_id, user_id) values (tests.id('cancelled show'), tests.id('stranger'));
delete from event_service.events where id = tests.id('cancelled show');
select is((select count(*)::int from ticket_service.waitlist_entries where event_id = tests.id('cancelled show')), 0, 'an event that is deleted has no line');
rollback to full_house;

-- A free seat is offered too.
insert into ticket_service.tickets (id, user_id, event_id, status) values (tests.id('free'), tests.id('mutual'), tests.id('free show'), 'active');
select tests.does('stranger', $$ select ticket_service.join_waitlist(tests.id('free show')) $$);
update ticket_service.tickets set status = 'cancelled' where id = tests.id('free');
select is(pg_temp.statuses('free show'), 'tap_mutual cancelled, tap_stranger pending', 'as an offer');
select is(ticket_service.begin_checkout(tests.id('stranger'), 'free', 'hash', tests.id('free show')) #>> '{answer,ticket,status}', 'active', 'which is taken without paying');

-- Whom nobody could offer a seat when it was freed is not forgotten.
select tests.make_event('passed over', 'owner', '{"ticketing_enabled": true, "price": 10, "max_attendees": 2}');
insert into ticket_service.waitlist_entries (event_id, user_id) values (tests.id('passed over'), tests.id('stranger')), (tests.id('show'), tests.id('mutual'));
select ticket_private.offer_free_seats();
select is(array[pg_temp.statuses('passed over'), pg_temp.waiting('passed over')], array['tap_stranger pending', null], 'they are offered it by and by');
select is(pg_temp.waiting('show'), 'tap_stranger, tap_follower, tap_mutual', 'nobody is where there is none');
insert into ticket_service.waitlist_entries (event_id, user_id) values (tests.id('cancelled show'), tests.id('stranger'));
select ticket_private.offer_free_seats();
select is(pg_temp.waiting('cancelled show'), null, 'and nobody waits for what is over');

-- Whoever takes none of the seats they are offered does not keep them from others.
insert into ticket_service.tickets (user_id, event_id, status) select tests.id('acquaintance'), tests.id('show'), 'expired' from generate_series(1, 4);
savepoint four;
select tests.outcomes($$ select ticket_service.join_waitlist(tests.id('show')) $$, 'acquaintance 1', 'four offers were let go');
insert into ticket_service.tickets (user_id, event_id, status) values (tests.id('acquaintance'), tests.id('show'), 'expired');
select tests.outcomes($$ select ticket_service.join_waitlist(tests.id('show')) $$, 'acquaintance too_many_holds/429', 'five');
rollback to four;

-- A hold that ran out goes to who waits, also if somebody else asks first.
select tests.make_event('held', 'owner', '{"ticketing_enabled": true, "price": 10, "max_attendees": 1}');
insert into ticket_service.tickets (user_id, event_id, status) values (tests.id('mutual'), tests.id('held'), 'pending');
select tests.does('stranger', $$ select ticket_service.join_waitlist(tests.id('held')) $$);
update ticket_service.tickets set held_until = now() where event_id = tests.id('held');
select is(ticket_service.begin_checkout(tests.id('follower'), 'asks', 'hash', tests.id('held'), 'sandbox', null) #>> '{answer,error,code}', 'sold_out', 'who asks has none');
select is(pg_temp.statuses('held'), 'tap_mutual expired, tap_stranger pending', 'the hold has passed on all the same');
select is(ticket_service.begin_checkout(tests.id('follower'), 'asks', 'hash', tests.id('held'), 'sandbox', null) ->> 'status', '409', 'the same request is answered alike');
update ticket_service.tickets set held_until = now() where event_id = tests.id('held') and status = 'pending';
savepoint own;
insert into ticket_service.waitlist_entries (event_id, user_id) values (tests.id('held'), tests.id('followed'));
select is(ticket_service.begin_checkout(tests.id('stranger'), 'again', 'hash', tests.id('held'), 'sandbox', null) #>> '{answer,error,code}', 'sold_out', 'so does one''s own, whose time is over');
select is(pg_temp.statuses('held'), 'tap_followed pending, tap_mutual expired, tap_stranger expired', 'to who waits');
rollback to own;
insert into ticket_service.waitlist_entries (event_id, user_id) values (tests.id('held'), tests.id('owner'));
select tests.act_as('owner');
select is(ticket_service.join_waitlist(tests.id('held')), 0, 'who waited and is just offered a seat waits no more');
select tests.act_as('database');
select is(array[pg_temp.statuses('held'), pg_temp.waiting('held')], array['tap_mutual expired, tap_owner pending, tap_stranger expired', null], 'they have it');

-- Whoever waits and asks to buy keeps their place.
select tests.make_event('line', 'owner', '{"ticketing_enabled": true, "price": 10, "currency": "EUR", "max_attendees": 1}');
insert into ticket_service.tickets (user_id, event_id, status) values (tests.id('mutual'), tests.id('line'), 'pending');
select tests.does('stranger', $$ select ticket_service.join_waitlist(tests.id('line')) $$);
select tests.does('follower', $$ select ticket_service.join_waitlist(tests.id('line')) $$);
select is(ticket_service.begin_checkout(tests.id('stranger'), 'too early', 'hash', tests.id('line'), 'sandbox', null) #>> '{answer,error,code}', 'sold_out', 'while there is no seat');
select is(pg_temp.waiting('line'), 'tap_stranger, tap_follower', 'both wait on');
update ticket_service.tickets set held_until = now() where event_id = tests.id('line');
savepoint line;
select is(ticket_service.begin_checkout(tests.id('follower'), 'second', 'hash', tests.id('line'), 'sandbox', null) #>> '{answer,error,code}', 'sold_out', 'a seat is the first''s');
select is(array[pg_temp.statuses('line'), pg_temp.waiting('line')], array['tap_mutual expired, tap_stranger pending', 'tap_follower'], 'who has it offered, while the second waits on');
select is((select currency from ticket_service.tickets where event_id = tests.id('line') and status = 'pending'), 'EUR', 'in the money of the event');
rollback to line;
create temporary table first_in_line as select ticket_service.begin_checkout(tests.id('stranger'), 'first', 'hash', tests.id('line'), 'sandbox', null) as answer;
select is((select answer ->> 'next' from first_in_line), 'pay', 'the first buys it');
select is(array[pg_temp.statuses('line'), pg_temp.waiting('line')], array['tap_mutual expired, tap_stranger pending', 'tap_follower'], 'and waits no more');

select * from finish();
rollback;
