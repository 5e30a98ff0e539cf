begin;
set local search_path = extensions, public;
select no_plan();

-- All lists return cards; here search_events() and event() do.
select tests.make_people();
select tests.make_person('hidden');
select tests.make_event('somewhere', 'owner', '{"title": "Penguinology 1", "location_lat": -75, "location_lng": 100}'), tests.make_event('nowhere', 'hidden', '{"title": "Penguinology 2"}');
update user_service.user_privacy set profile_visible = false where user_id = tests.id('hidden');
insert into user_service.follows (follower_id, following_id) values (tests.id('mutual'), tests.id('hidden')), (tests.id('hidden'), tests.id('mutual'));
insert into event_service.event_attendees (event_id, user_id, status) values (tests.id('somewhere'), tests.id('stranger'), 'confirmed'), (tests.id('nowhere'), tests.id('stranger'), 'cancelled');
create temporary table cards as select null::text as persona, * from event_service.search_events('penguinology') limit 0;
grant all on cards to authenticated, anon;
select tests.act_as('stranger');
insert into cards select 'stranger', * from event_service.search_events('penguinology');
select tests.act_as('mutual');
insert into cards select 'mutual', * from event_service.search_events('penguinology');
select tests.act_as('database');
create function pg_temp.card(persona text, event text) returns cards language sql as $$ select c from cards c where c.persona = $1 and c.id = tests.id(event) $$;

select is((pg_temp.card('stranger', 'somewhere')).host, jsonb_build_object('id', tests.id('owner'), 'username', 'tap_owner', 'name', 'Owner', 'avatar_path', null, 'avatar_url', null, 'is_verified', false), 'a card has the host');
select is((pg_temp.card('stranger', 'nowhere')).host, null, 'the host is null if hidden from the caller');
select is((pg_temp.card('mutual', 'nowhere')).host ->> 'username', 'tap_hidden', 'a mutual follower of a hidden host sees the host');
select is((pg_temp.card('stranger', 'somewhere')).location, '{"type": "Point", "coordinates": [100, -75]}', 'the location is a GeoJSON point');
select is((pg_temp.card('stranger', 'nowhere')).location, null, 'the location is null without coordinates');
select is((pg_temp.card('stranger', 'somewhere')).my_attendance::text, 'confirmed', 'my_attendance is the status of the caller''s attendance');
select is((pg_temp.card('stranger', 'nowhere')).my_attendance, null, 'cancelled attendance is null');
select is((pg_temp.card('mutual', 'somewhere')).my_attendance, null, 'attendance of others is not the caller''s');
select is((pg_temp.card('stranger', 'somewhere')).distance_m, null, 'there is no distance without a point to measure from');

-- event(), pictures, and what the ticket service adds.
select tests.make_event('show', 'owner', '{"ticketing_enabled": true, "price": 50000, "max_attendees": 1, "requirements": "Bring shoes"}'), tests.make_event('home', 'owner', '{"privacy": "private"}');
insert into event_service.event_images (event_id, image_url, order_index) values (tests.id('show'), 'https://example.com/b.png', 1), (tests.id('show'), 'a.png', 0);
select tests.outcomes($$ select from event_service.event(tests.id('show')) $$, 'owner 1, stranger 1, anonymous 1, blocked 0', 'event() returns an event that the caller sees');
select tests.outcomes($$ select from event_service.event(tests.id('home')) $$, 'owner 1, stranger 0, anonymous 0', 'and no row for one that is hidden');
select tests.outcomes($$ select from event_service.event(gen_random_uuid()) $$, 'owner 0', 'or does not exist');
select tests.act_as('anonymous');
select is((select array[images::text, requirements, my_ticket::text, i_wait::text] from event_service.event(tests.id('show'))),
  array['[{"url": null, "path": "a.png"}, {"url": "https://example.com/b.png", "path": null}]', 'Bring shoes', null, 'false'], 'a card has the pictures in order, as paths and URLs');
select tests.act_as('database');
select ticket_service.begin_checkout(tests.id('mutual'), 'key', 'hash', tests.id('show'), 'sandbox', null);
create function pg_temp.my_ticket(person text) returns jsonb language sql as $$
  select tests.act_as(person); select my_ticket from event_service.event(tests.id('show')) $$;
select is((select array[t ->> 'status', t ->> 'is_offer', t ->> 'is_checked_in', ((t ->> 'held_until')::timestamptz > now())::text] from pg_temp.my_ticket('mutual') t), array['pending', 'false', 'false', 'true'], 'my_ticket is the caller''s held ticket');
select is(pg_temp.my_ticket('stranger'), null, 'tickets of others are not the caller''s');
select is((select array[ticket_service.join_waitlist(tests.id('show'))::text, (select i_wait::text from event_service.event(tests.id('home')))]), array['1', null], 'a person joins the waiting list');
select is((select array[i_wait, my_ticket is null] from event_service.event(tests.id('show'))), array[true, true], 'i_wait tells that the caller is on the waiting list');
select tests.act_as('follower');
select is((select i_wait from event_service.event(tests.id('show'))), false, 'others on it do not make the caller wait');
select tests.act_as('database');
update ticket_service.tickets set status = 'expired' where event_id = tests.id('show');
select is((select array[t ->> 'status', t ->> 'is_offer'] from pg_temp.my_ticket('stranger') t), array['pending', 'true'], 'an offer is a pending ticket with is_offer');
select is(pg_temp.my_ticket('mutual'), null, 'a ticket that ended is null');
select tests.act_as('database');
update ticket_service.tickets set status = 'active' where event_id = tests.id('show') and user_id = tests.id('stranger');
select tests.act_as('stranger');
select is((select array[my_ticket ->> 'status', my_ticket ->> 'is_offer', tickets_sold::text, i_wait::text] from event_service.event(tests.id('show'))), array['active', 'false', '1', 'false'], 'a sold ticket is active, and counted');
select tests.act_as('database');

select * from finish();
rollback;
