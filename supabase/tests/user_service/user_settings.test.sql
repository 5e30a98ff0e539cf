begin;
set local search_path = extensions, public;
select no_plan();

select tests.make_people();

select is((select count(*)::int from user_service.user_settings where user_id = tests.id('owner')), 1, 'an account has a row of settings');
select is(tests.may('owner', 'user_service.user_settings'),
  'select, update (push_notifications, email_notifications, dark_mode, language, location_enabled, show_online_status)',
  'clients may update settings, but not insert or delete them');
select is(tests.may('anonymous', 'user_service.user_settings'), 'nothing', 'anonymous visitors have no access to settings');
select tests.outcomes(
  $$ select from user_service.user_settings where user_id = tests.id('owner') $$,
  'owner 1, mutual 0, stranger 0, anonymous 42501/grant, service 1', 'a person reads only their own settings');
select tests.outcomes(
  $$ update user_service.user_settings set dark_mode = true where user_id = tests.id('owner') $$,
  'owner 1, mutual 0, stranger 0, anonymous 42501/grant, service 1', 'a person updates only their own settings');
select tests.outcomes(
  $$ update user_service.user_settings set dark_mode = true $$, 'owner 1', 'an unconditional update changes only the caller''s row');
select tests.outcomes(
  $$ update user_service.user_settings set user_id = tests.id('mutual') where user_id = auth.uid() $$, 'owner 42501/grant', 'clients cannot change user_id');

select tests.outcomes(
  format($$ update user_service.user_settings set language = %L where user_id = auth.uid() $$, tag), 'owner invalid_language/400', 'refuses the language tag ' || left(tag, 20))
from unnest(array['', 'i', 'Indonesian', 'en_GB', 'en' || repeat('-abcdefgh', 4)]) tag;
select tests.outcomes(
  format($$ update user_service.user_settings set language = %L where user_id = auth.uid() $$, tag), 'owner 1', 'accepts the language tag ' || left(tag, 20))
from unnest(array['id', 'en-GB', 'zh-Hant-TW', 'en' || repeat('-abcdefgh', 3)]) tag;
select tests.outcomes(
  $$ update user_service.user_settings set user_id = tests.id('nobody') where user_id = tests.id('owner') $$,
  'database 23503/user_settings_user_id_fkey', 'the person must exist');

-- An imported row replaces the default.
insert into user_service.user_settings (user_id, dark_mode, language) values (tests.id('owner'), true, 'en');
select is((select array_agg(dark_mode || ' ' || language) from user_service.user_settings where user_id = tests.id('owner')), array['true en'], 'an imported row replaces the default');
select tests.outcomes($$ insert into user_service.user_settings (user_id) values (tests.id('owner')) $$, 'service 23505/user_settings_pkey', 'an imported row does not replace settings that were changed');
select tests.does('service', $$ insert into user_service.user_settings (user_id, language) values (tests.id('owner'), 'id') on conflict (user_id) do update set language = excluded.language $$);
select is((select dark_mode::text || ' ' || language from user_service.user_settings where user_id = tests.id('owner')), 'true id', 'an upsert changes only the given columns');
select tests.outcomes(
  $$ update user_service.user_settings set user_id = tests.id('mutual') where user_id = tests.id('owner') $$,
  'database 23505/user_settings_pkey', 'a person has one row');

select * from finish();
rollback;
