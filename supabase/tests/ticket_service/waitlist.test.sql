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

select is(tests.may('owner', 'ticket_service.waitlist_entries'), 'select', 'clients may only read the waiting list');
select is(tests.may('anonymous', 'ticket_service.waitlist_entries'), 'nothing', 'anonymous visitors have no access to the waiting list');
select tests.outcomes($$ select ticket_service.join_waitlist(tests.id('show')) $$, 'stranger seats_available/409, blocked event_not_found/404, nobody account_gone/401, anonymous 42501/grant', 'an event with free seats has no waiting list');
insert into ticket_service.tickets (id, user_id, event_id, status) values (tests.id('sold'), tests.id('mutual'), tests.id('show'), 'active');
select tests.outcomes(format($$ select ticket_service.join_waitlist(tests.id(%L)) $$, event), outcome, 'joining the waiting list of ' || event)
from (values ('show', 'stranger 1, mutual already_has_ticket/409, blocked event_not_found/404, owner 1'), ('nothing', 'stranger event_not_found/404'), ('open house', 'stranger no_ticket_needed/409'), ('cancelled show', 'stranger event_not_open/409')) tries (event, outcome);

select tests.act_as('stranger');
select is(ticket_service.join_waitlist(tests.id('show')), 1, 'the first person is at position 1');
select tests.act_as('follower');
select is(ticket_service.join_waitlist(tests.id('show')), 2, 'the second person is at position 2');
select tests.act_as('stranger');
select is(ticket_service.join_waitlist(tests.id('show')), 1, 'a person who joins again keeps their position');
select tests.act_as('followed');
select is(ticket_service.join_waitlist(tests.id('show')), 3, 'the third person is at position 3');
select tests.act_as('database');
select tests.outcomes($$ select from ticket_service.waitlist_entries $$, 'stranger 1, followed 1, owner 0, mutual 0', 'a person sees only their own entry');
select tests.does('followed', $$ select from (select ticket_service.leave_waitlist(tests.id('show')) as did) x where did $$);
select tests.outcomes($$ select from (select ticket_service.leave_waitlist(tests.id('show')) as did) x where did $$, 'followed 0, follower 1, anonymous 42501/grant', 'a person leaves only for themselves');
select is(pg_temp.waiting('show'), 'tap_stranger, tap_follower', 'two people are left');
select tests.outcomes($$ insert into ticket_service.waitlist_entries (event_id, user_id) values (tests.id('show'), tests.id('stranger')) $$, 'database 23505/waitlist_entries_are_unique', 'a person is on a waiting list once');

-- A free seat is offered to the first person on the waiting list.
savepoint full_house;
update ticket_service.tickets set status = 'refunded' where id = tests.id('sold');
select is(pg_temp.statuses('show'), 'tap_mutual refunded, tap_stranger pending', 'a refund leads to an offer');
select is((select held_until from ticket_service.tickets where user_id = tests.id('stranger')), now() + interval '2 hours', 'an offer lasts two hours');
select is(pg_temp.waiting('show'), 'tap_follower', 'a person with an offer is no longer on the waiting list');
select tests.act_as('stranger');
select is(ticket_service.join_waitlist(tests.id('show')), 0, 'joining with an offer returns position 0');
select tests.act_as('database');
savepoint offered;
update ticket_service.tickets set held_until = now() where user_id = tests.id('stranger');
select tests.act_as('stranger');
select is(ticket_service.join_waitlist(tests.id('show')), 1, 'after the offer has expired the person joins again, behind the next offer');
select tests.act_as('database');
rollback to offered;
select tests.outcomes($$ select tests.unwrapped(ticket_service.begin_checkout(tests.id('followed'), 'key', 'hash', tests.id('show'), 'sandbox', null)) $$, 'service sold_out/409', 'an offered seat cannot be bought by others');
select is(ticket_service.begin_checkout(tests.id('stranger'), 'offered', 'hash', tests.id('show'), 'sandbox', null) ->> 'next', 'pay', 'the person buys the offered seat');
select is((select array[price_paid::text, status::text] from ticket_service.tickets where user_id = tests.id('stranger')), array['10', 'pending'], 'the ticket gets the price of the event');
update ticket_service.tickets set held_until = now() where user_id = tests.id('stranger');
select ticket_private.expire_holds();
select is(pg_temp.statuses('show'), 'tap_follower pending, tap_mutual refunded, tap_stranger expired', 'an expired offer passes to the next person');
rollback to full_house;
delete from ticket_service.tickets where id = tests.id('sold');
select is(pg_temp.statuses('show'), 'tap_stranger pending', 'a deleted ticket leads to an offer');
rollback to full_house;
select tests.does('owner', $$ update event_service.events set max_attendees = 3 where id = tests.id('show') $$);
select is(pg_temp.statuses('show'), 'tap_follower pending, tap_mutual active, tap_stranger pending', 'a higher capacity leads to offers');
rollback to full_house;
insert into user_service.blocks (blocker_id, blocked_id) values (tests.id('owner'), tests.id('stranger'));
update ticket_service.tickets set status = 'refunded' where id = tests.id('sold');
select is(pg_temp.statuses('show'), 'tap_follower pending, tap_mutual refunded', 'a person who no longer sees the event gets no offer');
rollback to full_house;
select tests.does('owner', $$ update event_service.events set status = 'cancelled' where id = tests.id('show') $$);
select is(pg_temp.waiting('show'), null, 'cancelling an event deletes its waiting list');
update ticket_service.tickets set status = 'refunded' where id = tests.id('sold');
select is(pg_temp.statuses('show'), 'tap_mutual refunded', 'a cancelled event makes no offers');
rollback to full_house;
delete from auth.users where id = tests.id('stranger');
update ticket_service.tickets set status = 'refunded' where id = tests.id('sold');
select is(pg_temp.statuses('show'), 'tap_follower pending, tap_mutual refunded', 'a deleted account is not on the waiting list');
rollback to full_house;
insert into ticket_service.waitlist_entries (event_id, user_id) values (tests.id('cancelled show'), tests.id('stranger'));
delete from event_service.events where id = tests.id('cancelled show');
select is((select count(*)::int from ticket_service.waitlist_entries where event_id = tests.id('cancelled show')), 0, 'the waiting list is deleted with its event');
rollback to full_house;

-- Free tickets.
insert into ticket_service.tickets (id, user_id, event_id, status) values (tests.id('free'), tests.id('mutual'), tests.id('free show'), 'active');
select tests.does('stranger', $$ select ticket_service.join_waitlist(tests.id('free show')) $$);
update ticket_service.tickets set status = 'cancelled' where id = tests.id('free');
select is(pg_temp.statuses('free show'), 'tap_mutual cancelled, tap_stranger pending', 'a seat at a free event is offered');
select is(ticket_service.begin_checkout(tests.id('stranger'), 'free', 'hash', tests.id('free show')) #>> '{answer,ticket,status}', 'active', 'and taken without payment');

-- The scheduler offers seats that were not offered when they became free.
select tests.make_event('passed over', 'owner', '{"ticketing_enabled": true, "price": 10, "max_attendees": 2}');
insert into ticket_service.waitlist_entries (event_id, user_id) values (tests.id('passed over'), tests.id('stranger')), (tests.id('show'), tests.id('mutual'));
select ticket_private.offer_free_seats();
select is(array[pg_temp.statuses('passed over'), pg_temp.waiting('passed over')], array['tap_stranger pending', null], 'a free seat is offered by the scheduler');
select is(pg_temp.waiting('show'), 'tap_stranger, tap_follower, tap_mutual', 'without a free seat nobody gets an offer');
insert into ticket_service.waitlist_entries (event_id, user_id) values (tests.id('cancelled show'), tests.id('stranger'));
select ticket_private.offer_free_seats();
select is(pg_temp.waiting('cancelled show'), null, 'the waiting list of an event that is over is deleted');

-- Unused offers count towards the limit of holds.
insert into ticket_service.tickets (user_id, event_id, status) select tests.id('acquaintance'), tests.id('show'), 'expired' from generate_series(1, 4);
savepoint four;
select tests.outcomes($$ select ticket_service.join_waitlist(tests.id('show')) $$, 'acquaintance 1', 'after four unused offers a person can join');
insert into ticket_service.tickets (user_id, event_id, status) values (tests.id('acquaintance'), tests.id('show'), 'expired');
select tests.outcomes($$ select ticket_service.join_waitlist(tests.id('show')) $$, 'acquaintance too_many_holds/429', 'after five unused offers a person cannot join');
rollback to four;

-- A hold that expires during a checkout of somebody else is offered to the waiting list.
select tests.make_event('held', 'owner', '{"ticketing_enabled": true, "price": 10, "max_attendees": 1}');
insert into ticket_service.tickets (user_id, event_id, status) values (tests.id('mutual'), tests.id('held'), 'pending');
select tests.does('stranger', $$ select ticket_service.join_waitlist(tests.id('held')) $$);
update ticket_service.tickets set held_until = now() where event_id = tests.id('held');
select is(ticket_service.begin_checkout(tests.id('follower'), 'asks', 'hash', tests.id('held'), 'sandbox', null) #>> '{answer,error,code}', 'sold_out', 'the checkout is refused as sold out');
select is(pg_temp.statuses('held'), 'tap_mutual expired, tap_stranger pending', 'the expired hold is offered nevertheless');
select is(ticket_service.begin_checkout(tests.id('follower'), 'asks', 'hash', tests.id('held'), 'sandbox', null) ->> 'status', '409', 'a repeated request returns the stored answer');
update ticket_service.tickets set held_until = now() where event_id = tests.id('held') and status = 'pending';
savepoint own;
insert into ticket_service.waitlist_entries (event_id, user_id) values (tests.id('held'), tests.id('followed'));
select is(ticket_service.begin_checkout(tests.id('stranger'), 'again', 'hash', tests.id('held'), 'sandbox', null) #>> '{answer,error,code}', 'sold_out', 'a buyer whose hold has expired is refused too');
select is(pg_temp.statuses('held'), 'tap_followed pending, tap_mutual expired, tap_stranger expired', 'the seat is offered to the waiting list');
rollback to own;
insert into ticket_service.waitlist_entries (event_id, user_id) values (tests.id('held'), tests.id('owner'));
select tests.act_as('owner');
select is(ticket_service.join_waitlist(tests.id('held')), 0, 'joining may lead to an offer at once');
select tests.act_as('database');
select is(array[pg_temp.statuses('held'), pg_temp.waiting('held')], array['tap_mutual expired, tap_owner pending, tap_stranger expired', null], 'the person has the offer');

-- A checkout that is refused keeps the place on the waiting list.
select tests.make_event('line', 'owner', '{"ticketing_enabled": true, "price": 10, "currency": "EUR", "max_attendees": 1}');
insert into ticket_service.tickets (user_id, event_id, status) values (tests.id('mutual'), tests.id('line'), 'pending');
select tests.does('stranger', $$ select ticket_service.join_waitlist(tests.id('line')) $$);
select tests.does('follower', $$ select ticket_service.join_waitlist(tests.id('line')) $$);
select is(ticket_service.begin_checkout(tests.id('stranger'), 'too early', 'hash', tests.id('line'), 'sandbox', null) #>> '{answer,error,code}', 'sold_out', 'a checkout without a free seat is refused');
select is(pg_temp.waiting('line'), 'tap_stranger, tap_follower', 'both people stay on the waiting list');
update ticket_service.tickets set held_until = now() where event_id = tests.id('line');
savepoint line;
select is(ticket_service.begin_checkout(tests.id('follower'), 'second', 'hash', tests.id('line'), 'sandbox', null) #>> '{answer,error,code}', 'sold_out', 'a free seat is not sold to the second person');
select is(array[pg_temp.statuses('line'), pg_temp.waiting('line')], array['tap_mutual expired, tap_stranger pending', 'tap_follower'], 'it is offered to the first, and the second stays on the waiting list');
select is((select currency from ticket_service.tickets where event_id = tests.id('line') and status = 'pending'), 'EUR', 'the offer has the currency of the event');
rollback to line;
create temporary table first_in_line as select ticket_service.begin_checkout(tests.id('stranger'), 'first', 'hash', tests.id('line'), 'sandbox', null) as answer;
select is((select answer ->> 'next' from first_in_line), 'pay', 'the first person buys the seat');
select is(array[pg_temp.statuses('line'), pg_temp.waiting('line')], array['tap_mutual expired, tap_stranger pending', 'tap_follower'], 'and is no longer on the waiting list');

select * from finish();
rollback;
