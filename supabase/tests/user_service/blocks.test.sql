begin;
set local search_path = extensions, public;
select no_plan();

select tests.make_people();
select tests.make_person('hidden');
update user_service.user_privacy set profile_visible = false where user_id = tests.id('hidden');

select is(tests.may('owner', 'user_service.blocks'), 'select, insert (blocker_id, blocked_id), delete', 'clients may insert and delete blocks, but not update them');
select is(tests.may('anonymous', 'user_service.blocks'), 'nothing', 'anonymous visitors have no access to blocks');
select tests.outcomes(
  $$ select from user_service.blocks where blocked_id = tests.id('blocked') $$,
  'owner 1, blocked 0, mutual 0, stranger 0, anonymous 42501/grant, service 1', 'only the blocker sees a block');
select tests.outcomes(
  $$ insert into user_service.blocks (blocked_id) values (tests.id('stranger')) $$,
  'owner 1, mutual 1, stranger self_block/400, gone account_gone/401, anonymous 42501/grant', 'a caller blocks a visible person, but not themselves');
select tests.outcomes(
  $$ insert into user_service.blocks (blocked_id) values (tests.id('owner')) $$,
  'stranger 1, blocker person_not_found/404, blocked person_not_found/404', 'neither side of a block can block the other');
select tests.outcomes(
  $$ insert into user_service.blocks (blocked_id) values (tests.id('hidden')) $$, 'owner person_not_found/404', 'a hidden person cannot be blocked');
select tests.outcomes(
  $$ insert into user_service.blocks (blocked_id) values (tests.id('nobody')) $$, 'owner person_not_found/404', 'a person who does not exist cannot be blocked');
select tests.outcomes(
  $$ insert into user_service.blocks (blocker_id, blocked_id) values (tests.id('mutual'), tests.id('stranger')) $$,
  'mutual 1, owner 42501/policy', 'the blocker must be the caller');
select tests.outcomes(
  $$ delete from user_service.blocks where blocked_id = tests.id('blocked') $$,
  'owner 1, blocked 0, stranger 0, anonymous 42501/grant', 'only the blocker deletes a block');
-- Without a condition, because with one the select policy applies too.
select tests.outcomes($$ delete from user_service.blocks $$, 'blocked 0, stranger 1, blocker 1', 'an unconditional delete removes only the caller''s blocks');

-- Constraints.
select tests.outcomes(
  $$ insert into user_service.blocks (blocker_id, blocked_id) values (tests.id('owner'), tests.id('owner')) $$, 'database self_block/400', 'a block of oneself is refused');
select tests.outcomes(
  $$ insert into user_service.blocks (blocker_id, blocked_id) values (tests.id('owner'), tests.id('blocked')) $$,
  'database 23505/blocks_are_unique', 'a second block of the same person is refused');
select tests.outcomes(
  $$ insert into user_service.blocks (blocker_id, blocked_id) values (tests.id('nobody'), tests.id('owner')) $$, 'database 23503/blocks_blocker_id_fkey', 'the blocker must exist');
select tests.outcomes(
  $$ insert into user_service.blocks (blocker_id, blocked_id) values (tests.id('owner'), tests.id('nobody')) $$, 'database 23503/blocks_blocked_id_fkey', 'the blocked person must exist');

-- A block ends what connects the two people.
select tests.make_event('party');
insert into user_service.invitations (inviter_id, invitee_id, event_id, status) values
  (tests.id('owner'), tests.id('mutual'), tests.id('party'), 'pending'),
  (tests.id('mutual'), tests.id('owner'), tests.id('party'), 'pending'),
  (tests.id('owner'), tests.id('follower'), tests.id('party'), 'accepted');
select tests.does('mutual', $$ insert into user_service.blocks (blocked_id) values (tests.id('owner')) $$);
select tests.does('owner', $$ insert into user_service.blocks (blocked_id) values (tests.id('follower')) $$);
select is((select count(*)::int from user_service.follows
  where (follower_id, following_id) in ((tests.id('owner'), tests.id('mutual')), (tests.id('mutual'), tests.id('owner')), (tests.id('follower'), tests.id('owner')))),
  0, 'follows between the two people end');
select is((select count(*)::int from user_service.follows where follower_id = tests.id('owner') and following_id = tests.id('followed')), 1, 'other follows stay');
select is((select array_agg(i.status::text) from user_service.invitations i where event_id = tests.id('party')), array['accepted'], 'pending invitations between them are deleted, answered ones stay');
select is((select array[followers_count, following_count] from user_service.user_stats where user_id = tests.id('owner')), array[0, 1], 'counters of follows are updated');
select tests.outcomes(
  $$ select from user_service.invitations where event_id = tests.id('party') $$, 'owner 0, follower 0', 'neither of them sees the answered invitation');
select tests.does('owner', $$ delete from user_service.blocks where blocked_id = tests.id('follower') $$);
select tests.outcomes(
  $$ select from user_service.invitations where event_id = tests.id('party') $$, 'owner 1, follower 1', 'both see it again after the block is deleted');

select * from finish();
rollback;
