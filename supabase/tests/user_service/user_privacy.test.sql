begin;
set local search_path = extensions, public;
select no_plan();

select tests.make_people();

select is((select count(*)::int from user_service.user_privacy where user_id = tests.id('owner')), 1, 'privacy comes with the account');
select is(tests.may('owner', 'user_service.user_privacy'),
  'select, update (profile_visible, events_visible, allow_followers, show_email, show_location)', 'privacy is changed, but not made or removed');
select is(tests.may('anonymous', 'user_service.user_privacy'), 'nothing', 'visitors have no business with it');
select tests.outcomes(
  $$ select from user_service.user_privacy where user_id = tests.id('owner') $$,
  'owner 1, mutual 0, stranger 0, anonymous 42501/grant, service 1', 'only the person reads it');
select tests.outcomes(
  $$ update user_service.user_privacy set show_email = true where user_id = tests.id('owner') $$,
  'owner 1, mutual 0, stranger 0, anonymous 42501/grant, service 1', 'only the person changes it');
select tests.outcomes($$ update user_service.user_privacy set show_email = true $$, 'owner 1', 'and nobody else''s along with it');
select tests.outcomes(
  $$ update user_service.user_privacy set user_id = tests.id('mutual') where user_id = auth.uid() $$, 'owner 42501/grant', 'it stays with its person');
select tests.outcomes(
  $$ update user_service.user_privacy set user_id = tests.id('nobody') where user_id = tests.id('owner') $$,
  'database 23503/user_privacy_user_id_fkey', 'privacy is somebody''s');

-- An imported row replaces the one that came with the account.
insert into user_service.user_privacy (user_id, profile_visible) values (tests.id('owner'), false);
select is((select array_agg(profile_visible) from user_service.user_privacy where user_id = tests.id('owner')), array[false], 'imported privacy stands');
select ok((select is_private from user_service.profiles where id = tests.id('owner')), 'and is told to the profile');
select tests.outcomes($$ insert into user_service.user_privacy (user_id, show_email) values (tests.id('owner'), true) $$, 'service 23505/user_privacy_pkey', 'but not what somebody chose');
select tests.does('service', $$ insert into user_service.user_privacy (user_id, show_email) values (tests.id('owner'), true) on conflict (user_id) do update set show_email = excluded.show_email $$);
select is((select array[profile_visible, show_email] from user_service.user_privacy where user_id = tests.id('owner')), array[false, true], 'an upsert changes what it names and nothing else');
select tests.outcomes(
  $$ update user_service.user_privacy set user_id = tests.id('mutual') where user_id = tests.id('owner') $$,
  'database 23505/user_privacy_pkey', 'one row for each person');

select * from finish();
rollback;
