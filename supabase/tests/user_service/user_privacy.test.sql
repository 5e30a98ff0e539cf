begin;
set local search_path = extensions, public;
select no_plan();

select tests.make_people();

select is((select count(*)::int from user_service.user_privacy where user_id = tests.id('owner')), 1, 'an account has a row of privacy settings');
select is(tests.may('owner', 'user_service.user_privacy'),
  'select, update (profile_visible, events_visible, allow_followers, show_email, show_location)', 'clients may update the settings, but not insert or delete them');
select is(tests.may('anonymous', 'user_service.user_privacy'), 'nothing', 'anonymous visitors have no access to privacy settings');
select tests.outcomes(
  $$ select from user_service.user_privacy where user_id = tests.id('owner') $$,
  'owner 1, mutual 0, stranger 0, anonymous 42501/grant, service 1', 'a person reads only their own row');
select tests.outcomes(
  $$ update user_service.user_privacy set show_email = true where user_id = tests.id('owner') $$,
  'owner 1, mutual 0, stranger 0, anonymous 42501/grant, service 1', 'a person updates only their own row');
select tests.outcomes($$ update user_service.user_privacy set show_email = true $$, 'owner 1', 'an unconditional update changes only the caller''s row');
select tests.outcomes(
  $$ update user_service.user_privacy set user_id = tests.id('mutual') where user_id = auth.uid() $$, 'owner 42501/grant', 'clients cannot change user_id');
select tests.outcomes(
  $$ update user_service.user_privacy set user_id = tests.id('nobody') where user_id = tests.id('owner') $$,
  'database 23503/user_privacy_user_id_fkey', 'the person must exist');

-- An imported row replaces the default.
insert into user_service.user_privacy (user_id, profile_visible) values (tests.id('owner'), false);
select is((select array_agg(profile_visible) from user_service.user_privacy where user_id = tests.id('owner')), array[false], 'an imported row replaces the default');
select ok((select is_private from user_service.profiles where id = tests.id('owner')), 'the profile follows an imported row');
select tests.outcomes($$ insert into user_service.user_privacy (user_id, show_email) values (tests.id('owner'), true) $$, 'service 23505/user_privacy_pkey', 'an imported row does not replace settings that were changed');
select tests.does('service', $$ insert into user_service.user_privacy (user_id, show_email) values (tests.id('owner'), true) on conflict (user_id) do update set show_email = excluded.show_email $$);
select is((select array[profile_visible, show_email] from user_service.user_privacy where user_id = tests.id('owner')), array[false, true], 'an upsert changes only the given columns');
select tests.outcomes(
  $$ update user_service.user_privacy set user_id = tests.id('mutual') where user_id = tests.id('owner') $$,
  'database 23505/user_privacy_pkey', 'a person has one row');

select * from finish();
rollback;
