begin;
set local search_path = extensions, public;
select no_plan();

select tests.make_people();

-- Visibility.
select is(tests.may('owner', 'user_service.profiles'), 'select', 'clients cannot write profiles');
select is(tests.may('anonymous', 'user_service.profiles'), 'select', 'anonymous visitors may read profiles');
select tests.outcomes(
  $$ select from user_service.profiles where id = tests.id('owner') $$,
  'owner 1, mutual 1, follower 1, followed 1, stranger 1, blocked 0, blocker 0, anonymous 1, service 1',
  'a profile is visible to everyone, except across a block');
select tests.outcomes(
  $$ select from user_service.profiles where id in (tests.id('blocked'), tests.id('blocker')) $$,
  'owner 0, stranger 2', 'a block hides both people from each other');
select tests.does('owner', $$ update user_service.user_privacy set profile_visible = false where user_id = auth.uid() $$);
select tests.outcomes(
  $$ select from user_service.profiles where id = tests.id('owner') $$,
  'owner 1, mutual 1, follower 0, followed 0, stranger 0, blocked 0, blocker 0, anonymous 0, service 1',
  'a hidden person is visible to mutual followers only');
insert into user_service.blocks (blocker_id, blocked_id) values (tests.id('mutual'), tests.id('owner'));
insert into user_service.follows (follower_id, following_id)
  select a, b from (values (tests.id('owner'), tests.id('stranger')), (tests.id('stranger'), tests.id('owner'))) pairs (a, b);
select tests.outcomes(
  $$ select from user_service.profiles where id = tests.id('owner') $$, 'owner 1, mutual 0, stranger 1', 'a block hides a hidden person from a mutual follower');
select tests.does('owner', $$ update user_service.user_privacy set profile_visible = true where user_id = auth.uid() $$);

-- The profile follows the account and its privacy.
select tests.does('owner', $$ update user_service.users set username = 'tap_renamed', name = 'Renamed', bio = 'Bio', avatar_url = 'path', location = 'Bandung' where id = auth.uid() $$);
select is((select array[username, name, bio, avatar_url, location, email] from user_service.profiles where id = tests.id('owner')),
  array['tap_renamed', 'Renamed', 'Bio', 'path', 'Bandung', null], 'a profile follows changes of the account, and hides the email address by default');
select tests.does('owner', $$ update user_service.user_privacy set show_email = true, show_location = false, events_visible = false where user_id = auth.uid() $$);
select is((select array[email, location, shows_attendance::text] from user_service.profiles where id = tests.id('owner')),
  array['owner@tap.test', null, 'false'], 'a profile follows the privacy settings');
update user_service.users set is_verified = true, email = 'new@tap.test' where id = tests.id('owner');
select is((select array[email, is_verified::text] from user_service.profiles where id = tests.id('owner')),
  array['new@tap.test', 'true'], 'a profile follows a new email address and the verification');

-- Constraints.
select tests.outcomes(
  $$ insert into user_service.profiles (id, username) values (tests.id('nobody'), 'tap_nobody') $$, 'database 23503/profiles_id_fkey', 'a profile must belong to an account');
select tests.outcomes(
  $$ insert into user_service.profiles (id, username) values (tests.id('owner'), 'tap_twice') $$, 'database 23505/profiles_pkey', 'a person has one profile');
select tests.outcomes(
  $$ insert into user_service.profiles (id) values (tests.id('nobody')) $$, 'database 23502', 'a profile has a username');

-- profile()
select tests.outcomes(
  $$ select from user_service.profile('TAP_Renamed') $$,
  'owner 1, stranger 1, mutual 0, blocked 0, anonymous 1', 'profile() finds a visible person by username, ignoring case');
select tests.act_as('stranger');
select is((select array[username, i_follow::text, follows_me::text, followers_count::text, following_count::text, is_private::text] from user_service.profile('tap_renamed')),
  array['tap_renamed', 'true', 'true', '2', '2', 'false'], 'profile() returns the person from the caller''s point of view');
select tests.act_as('follower');
select is((select array[i_follow::text, follows_me::text] from user_service.profile('tap_renamed')), array['true', 'false'], 'i_follow is true for a follower, follows_me is not');
select tests.act_as('followed');
select is((select array[i_follow::text, follows_me::text] from user_service.profile('tap_renamed')), array['false', 'true'], 'follows_me is true for a followed person, i_follow is not');
select tests.act_as('anonymous');
select is((select array[i_follow::text, follows_me::text] from user_service.profile('tap_renamed')), array['false', 'false'], 'both are false for an anonymous visitor');
select is((select count(*)::int from user_service.profile('tap_nobody')), 0, 'an unknown username returns no row');
select tests.act_as('database');

-- stats()
select tests.outcomes(
  $$ select from user_service.profiles p, user_service.stats(p) where p.id = tests.id('owner') $$,
  'stranger 1, blocked 0, anonymous 1', 'stats() embeds the figures of a visible profile');

select * from finish();
rollback;
