begin;
set local search_path = extensions, public;
select no_plan();

select tests.make_people();
select tests.make_person('hidden');
update user_service.user_privacy set profile_visible = false where user_id = tests.id('hidden');

select is(tests.may('owner', 'user_service.blocks'), 'select, insert (blocker_id, blocked_id), delete', 'a block is there or not');
select is(tests.may('anonymous', 'user_service.blocks'), 'nothing', 'visitors block nobody');
select tests.outcomes(
  $$ select from user_service.blocks where blocked_id = tests.id('blocked') $$,
  'owner 1, blocked 0, mutual 0, stranger 0, anonymous 42501/grant, service 1', 'only the blocker sees a block');
select tests.outcomes(
  $$ insert into user_service.blocks (blocked_id) values (tests.id('stranger')) $$,
  'owner 1, mutual 1, stranger self_block/400, gone account_gone/401, anonymous 42501/grant', 'one blocks whom one sees, but not oneself');
select tests.outcomes(
  $$ insert into user_service.blocks (blocked_id) values (tests.id('owner')) $$,
  'stranger 1, blocker person_not_found/404, blocked person_not_found/404', 'and nobody who is parted by a block already');
select tests.outcomes(
  $$ insert into user_service.blocks (blocked_id) values (tests.id('hidden')) $$, 'owner person_not_found/404', 'nor who is hidden');
select tests.outcomes(
  $$ insert into user_service.blocks (blocked_id) values (tests.id('nobody')) $$, 'owner person_not_found/404', 'nor who does not exist');
select tests.outcomes(
  $$ insert into user_service.blocks (blocker_id, blocked_id) values (tests.id('mutual'), tests.id('stranger')) $$,
  'mutual 1, owner 42501/policy', 'one blocks for oneself alone');
select tests.outcomes(
  $$ delete from user_service.blocks where blocked_id = tests.id('blocked') $$,
  'owner 1, blocked 0, stranger 0, anonymous 42501/grant', 'only the blocker lifts a block');
-- Without a condition it would ask the select policy too: what is deleted then is not decided by the delete policy alone.
select tests.outcomes($$ delete from user_service.blocks $$, 'blocked 0, stranger 1, blocker 1', 'and none but their own');

-- The database's own rules.
select tests.outcomes(
  $$ insert into user_service.blocks (blocker_id, blocked_id) values (tests.id('owner'), tests.id('owner')) $$, 'database self_block/400', 'nobody blocks themselves');
select tests.outcomes(
  $$ insert into user_service.blocks (blocker_id, blocked_id) values (tests.id('owner'), tests.id('blocked')) $$,
  'database 23505/blocks_are_unique', 'one blocks once');
select tests.outcomes(
  $$ insert into user_service.blocks (blocker_id, blocked_id) values (tests.id('nobody'), tests.id('owner')) $$, 'database 23503/blocks_blocker_id_fkey', 'who blocks exists');
select tests.outcomes(
  $$ insert into user_service.blocks (blocker_id, blocked_id) values (tests.id('owner'), tests.id('nobody')) $$, 'database 23503/blocks_blocked_id_fkey', 'who is blocked exists');

-- Blocking parts both.
select tests.make_event('party');
insert into user_service.invitations (inviter_id, invitee_id, event_id, status) values
  (tests.id('owner'), tests.id('mutual'), tests.id('party'), 'pending'),
  (tests.id('mutual'), tests.id('owner'), tests.id('party'), 'pending'),
  (tests.id('owner'), tests.id('follower'), tests.id('party'), 'accepted');
select tests.does('mutual', $$ insert into user_service.blocks (blocked_id) values (tests.id('owner')) $$);
select tests.does('owner', $$ insert into user_service.blocks (blocked_id) values (tests.id('follower')) $$);
select is((select count(*)::int from user_service.follows
  where (follower_id, following_id) in ((tests.id('owner'), tests.id('mutual')), (tests.id('mutual'), tests.id('owner')), (tests.id('follower'), tests.id('owner')))),
  0, 'follows end on both sides');
select is((select count(*)::int from user_service.follows where follower_id = tests.id('owner') and following_id = tests.id('followed')), 1, 'others go on');
select is((select array_agg(i.status::text) from user_service.invitations i where event_id = tests.id('party')), array['accepted'], 'open invitations between them go, answered ones stay');
select is((select array[followers_count, following_count] from user_service.user_stats where user_id = tests.id('owner')), array[0, 1], 'and are counted off');
select tests.outcomes(
  $$ select from user_service.invitations where event_id = tests.id('party') $$, 'owner 0, follower 0', 'what stays is seen by neither');
select tests.does('owner', $$ delete from user_service.blocks where blocked_id = tests.id('follower') $$);
select tests.outcomes(
  $$ select from user_service.invitations where event_id = tests.id('party') $$, 'owner 1, follower 1', 'until the block is lifted');

select * from finish();
rollback;
