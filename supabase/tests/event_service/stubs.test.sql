begin;
set local search_path = extensions, public;
select no_plan();

-- The view people, for embedding.
select tests.make_people();
select is(tests.may('owner', 'event_service.people'), 'select', 'clients may read people');
select is(tests.may('anonymous', 'event_service.people'), 'select', 'anonymous visitors may read people');
select tests.outcomes($$ select from event_service.people where id = tests.id('owner') $$, 'mutual 1, stranger 1, blocked 0, blocker 0, anonymous 1', 'people is limited to people whom the caller sees');
insert into user_service.blocks (blocker_id, blocked_id) values (tests.id('owner'), tests.id('stranger'));
select tests.outcomes($$ select from event_service.people where id = tests.id('owner') $$, 'owner 1, stranger 0, follower 1', 'a block hides both people from each other');
update user_service.user_privacy set profile_visible = false where user_id = tests.id('owner');
select tests.outcomes($$ select from event_service.people where id = tests.id('owner') $$, 'mutual 1, follower 0, stranger 0, anonymous 0', 'a hidden person is visible to mutual followers only');
select tests.outcomes($$ insert into event_service.people (username) values ('tap_new') $$, 'owner 42501/grant, anonymous 42501/grant', 'clients cannot write people');

select * from finish();
rollback;
