begin;
set local search_path = extensions, public;
select no_plan();

-- The views people and events, for embedding.
select tests.make_people();
select tests.make_person('attendee'), tests.make_person('invitee');
select tests.make_event('open'), tests.make_event('secret', 'owner', '{"privacy": "private"}'), tests.make_event('circle', 'owner', '{"privacy": "friends_only"}');
insert into event_service.event_attendees (event_id, user_id, status) values (tests.id('secret'), tests.id('attendee'), 'confirmed'), (tests.id('secret'), tests.id('stranger'), 'cancelled'), (tests.id('circle'), tests.id('attendee'), 'confirmed');
insert into user_service.invitations (inviter_id, invitee_id, event_id) values (tests.id('owner'), tests.id('invitee'), tests.id('secret')), (tests.id('owner'), tests.id('invitee'), tests.id('circle'));

select is(tests.may('owner', 'post_service.people') || ', ' || tests.may('anonymous', 'post_service.people'), 'select, select', 'everyone may read people');
select is(tests.may('owner', 'post_service.events') || ', ' || tests.may('anonymous', 'post_service.events'), 'select, select', 'everyone may read events');
select tests.outcomes($$ select from post_service.people where id = tests.id('owner') $$, 'mutual 1, stranger 1, anonymous 1, blocked 0, blocker 0', 'people is limited to people whom the caller sees');
select tests.outcomes($$ select from post_service.events where id = tests.id('open') $$, 'owner 1, stranger 1, anonymous 1, blocked 0, blocker 0', 'a public event is visible to everyone, except across a block');
select tests.outcomes($$ select from post_service.events where id = tests.id('circle') $$, 'owner 1, mutual 1, follower 0, followed 0, stranger 0, attendee 0, invitee 0, anonymous 0', 'a friends-only event is visible to mutual followers of the host');
select tests.outcomes($$ select from post_service.events where id = tests.id('secret') $$, 'owner 1, attendee 1, invitee 1, mutual 0, stranger 0, anonymous 0', 'a private event is visible to host, attendees and invitees');
insert into user_service.blocks (blocker_id, blocked_id) values (tests.id('owner'), tests.id('attendee'));
select tests.outcomes($$ select from post_service.events where id = tests.id('secret') $$, 'attendee 0', 'a block hides a private event from an attendee');
update user_service.user_privacy set profile_visible = false where user_id = tests.id('owner');
select tests.outcomes($$ select from post_service.people where id = tests.id('owner') $$, 'owner 1, mutual 1, follower 0, followed 0, stranger 0, anonymous 0', 'a hidden person is visible to mutual followers only');

select * from finish();
rollback;
