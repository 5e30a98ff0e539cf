begin;
set local search_path = extensions, public;
select no_plan();

-- All lists return cards; here search_events() does.
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

select is((pg_temp.card('stranger', 'somewhere')).host, jsonb_build_object('id', tests.id('owner'), 'username', 'tap_owner', 'name', 'Owner', 'avatar_url', null, 'is_verified', false), 'a card has the host');
select is((pg_temp.card('stranger', 'nowhere')).host, null, 'the host is null if hidden from the caller');
select is((pg_temp.card('mutual', 'nowhere')).host ->> 'username', 'tap_hidden', 'a mutual follower of a hidden host sees the host');
select is((pg_temp.card('stranger', 'somewhere')).location, '{"type": "Point", "coordinates": [100, -75]}', 'the location is a GeoJSON point');
select is((pg_temp.card('stranger', 'nowhere')).location, null, 'the location is null without coordinates');
select is((pg_temp.card('stranger', 'somewhere')).my_attendance::text, 'confirmed', 'my_attendance is the status of the caller''s attendance');
select is((pg_temp.card('stranger', 'nowhere')).my_attendance, null, 'cancelled attendance is null');
select is((pg_temp.card('mutual', 'somewhere')).my_attendance, null, 'attendance of others is not the caller''s');
select is((pg_temp.card('stranger', 'somewhere')).distance_m, null, 'there is no distance without a point to measure from');

select * from finish();
rollback;
