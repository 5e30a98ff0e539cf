begin;
set local search_path = extensions, public;
select no_plan();

-- The views that policies read; visible_views.test.sql compares visible_events with the policies on events.
select tests.make_people();
select tests.make_event('private', 'owner', '{"privacy": "private"}'), tests.make_event('public'), tests.make_event('without host', 'owner', '{"privacy": "private", "host_id": null}');
insert into event_service.event_attendees (event_id, user_id, status) values
  (tests.id('private'), tests.id('mutual'), 'pending'), (tests.id('private'), tests.id('follower'), 'cancelled'), (tests.id('without host'), tests.id('mutual'), 'confirmed');
select tests.outcomes($$ select from event_private.my_attendance $$, 'mutual 42501/grant, anonymous 42501/grant', 'clients cannot reach the views by name');
grant usage on schema event_private to anon, authenticated;
select tests.outcomes($$ select from event_private.my_events where id in (tests.id('private'), tests.id('public')) $$, 'owner 2, mutual 0, anonymous 0, gone 0', 'my_events has the caller''s own events');
select tests.outcomes($$ select from event_private.my_attendance where event_id = tests.id('private') $$, 'mutual 1, follower 0, owner 0, anonymous 0', 'my_attendance has pending but not cancelled attendance');
select tests.outcomes($$ select from event_private.visible_events where id = tests.id('private') $$, 'owner 1, mutual 1, follower 0, stranger 0, anonymous 0', 'pending attendance shows a private event');
select tests.outcomes($$ select from event_private.visible_events where id = tests.id('public') $$, 'owner 1, follower 1, stranger 1, anonymous 1, blocked 0, blocker 0', 'a block hides public events too');
select tests.outcomes($$ select from event_private.visible_events where id = tests.id('without host') $$, 'mutual 1, owner 0, stranger 0, anonymous 0', 'an event without a host keeps its privacy');

select * from finish();
rollback;
