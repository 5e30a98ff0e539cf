begin;
set local search_path = extensions, public;
select no_plan();

select tests.make_people();

-- Access.
select is(tests.may('owner', 'user_service.users'),
  'select, update (name, username, bio, avatar_url, phone, date_of_birth, gender, location, interests)',
  'clients cannot set email, flags and times, and cannot insert or delete accounts');
select is(tests.may('anonymous', 'user_service.users'), 'nothing', 'anonymous visitors have no access to accounts');
select tests.outcomes(
  $$ select from user_service.users where id = tests.id('owner') $$,
  'owner 1, mutual 0, follower 0, stranger 0, blocked 0, anonymous 42501/grant, service 1', 'a person reads only their own account');
select tests.outcomes(
  $$ update user_service.users set bio = 'Hello' where id = tests.id('owner') $$,
  'owner 1, mutual 0, stranger 0, anonymous 42501/grant, service 1', 'a person updates only their own account');
select tests.outcomes(
  $$ update user_service.users set bio = 'Hello' $$, 'owner 1', 'an unconditional update changes only the caller''s row');
select tests.outcomes(
  $$ update user_service.users set email = 'else@tap.test' where id = tests.id('owner') $$, 'owner 42501/grant, service 1', 'clients cannot change the email address');
select tests.outcomes(
  $$ update user_service.users set is_verified = true where id = tests.id('owner') $$, 'owner 42501/grant, service 1', 'clients cannot set is_verified');
select tests.outcomes(
  $$ delete from user_service.users where id = tests.id('owner') $$, 'owner 42501/grant, service 1', 'clients cannot delete accounts other than by delete_account()');

-- Constraints and their bounds.
select tests.outcomes(
  $$ update user_service.users set username = 'ab' where id = auth.uid() $$, 'owner invalid_username/400', 'a username of two characters is refused');
select tests.outcomes(
  $$ update user_service.users set username = 'abc' || left(auth.uid()::text, 8) where id = auth.uid() $$, 'owner 1', 'a username of eleven characters is accepted');
select tests.outcomes(
  $$ update user_service.users set username = repeat('a', 51) where id = auth.uid() $$, 'owner invalid_username/400', 'a username of 51 characters is refused');
select tests.outcomes(
  $$ update user_service.users set username = repeat('a', 50) where id = auth.uid() $$, 'owner 1', 'a username of 50 characters is accepted');
select tests.outcomes(
  $$ update user_service.users set username = 'with space' where id = auth.uid() $$, 'owner invalid_username/400', 'a username with a space is refused');
select tests.outcomes(
  $$ update user_service.users set username = null where id = auth.uid() $$, 'owner 23502', 'a username is required');
select tests.outcomes(
  $$ update user_service.users set username = 'TAP_Mutual' where id = auth.uid() $$, 'owner username_taken/409, mutual 1', 'a username that differs from a taken one only in case is refused');
select tests.outcomes(
  $$ insert into user_service.users (username) values ('TAP_Mutual') $$, 'database 23505/usernames_are_unique', 'the index refuses a taken username too');
select tests.outcomes(
  $$ update user_service.users set email = 'MUTUAL@tap.test' where id = tests.id('owner') $$, 'database 23505/emails_are_unique', 'an email address that differs from a taken one only in case is refused');
select tests.outcomes(
  $$ update user_service.users set email = 'MUTUAL2@tap.test' where id = tests.id('owner') $$, 'database 1', 'a free email address is accepted');
select tests.outcomes(
  $$ update user_service.users set email = repeat('a', 321) where id = tests.id('owner') $$, 'database text_too_long/400', 'an email address of 321 characters is refused');
select tests.outcomes(
  $$ update user_service.users set email = repeat('a', 320) where id = tests.id('owner') $$, 'database 1', 'an email address of 320 characters is accepted');

select tests.outcomes(
  format($$ update user_service.users set %I = repeat('a', %s) where id = auth.uid() $$, field, most + 1), 'owner text_too_long/400', field || ': one character over the limit')
from (values ('name', 100), ('bio', 1000), ('avatar_url', 1000), ('phone', 32), ('gender', 50), ('location', 200)) bounds (field, most);
select tests.outcomes(
  format($$ update user_service.users set %I = repeat('a', %s) where id = auth.uid() $$, field, most), 'owner 1', field || ': at the limit')
from (values ('name', 100), ('bio', 1000), ('avatar_url', 1000), ('phone', 32), ('gender', 50), ('location', 200)) bounds (field, most);
select tests.outcomes(
  format($$ update user_service.users set %I = null where id = auth.uid() $$, field), 'owner 1', field || ' may be null')
from unnest(array['name', 'bio', 'avatar_url', 'phone', 'gender', 'location', 'date_of_birth']) field;
select tests.outcomes(
  $$ update user_service.users set date_of_birth = '1899-12-31' where id = auth.uid() $$, 'owner date_of_birth_out_of_range/400', 'a date of birth before 1900 is refused');
select tests.outcomes(
  $$ update user_service.users set date_of_birth = '1900-01-01' where id = auth.uid() $$, 'owner 1', 'a date of birth in 1900 is accepted');
select tests.outcomes(
  $$ update user_service.users set interests = array_fill('a'::text, array[51]) where id = auth.uid() $$, 'owner text_too_long/400', '51 interests are refused');
select tests.outcomes(
  $$ update user_service.users set interests = array_fill('a'::text, array[50]) where id = auth.uid() $$, 'owner 1', '50 interests are accepted');
select tests.outcomes(
  $$ update user_service.users set interests = array[repeat('a', 2001)] where id = auth.uid() $$, 'owner text_too_long/400', 'interests of more than 2,000 characters are refused');
select tests.outcomes(
  $$ update user_service.users set interests = array[repeat('a', 2000)] where id = auth.uid() $$, 'owner 1', 'interests of 2,000 characters are accepted');
select tests.outcomes(
  $$ insert into user_service.users (id, username) values (tests.id('owner'), 'tap_twice') $$, 'database 23505/users_pkey', 'a taken id is refused');
select tests.outcomes(
  $$ insert into user_service.users (username) values ('tap_imported') $$, 'database 1, service 1', 'people can be imported before their logins');

-- Triggers.
update user_service.users set updated_at = '2001-01-01', last_login_at = now() where id = tests.id('owner');
select is((select updated_at from user_service.users where id = tests.id('owner')), '2001-01-01', 'signing in does not change updated_at');
update user_service.users set bio = 'New' where id = tests.id('owner');
select is((select updated_at from user_service.users where id = tests.id('owner')), now(), 'an update sets updated_at');

-- username_available()
select is((select array_agg(user_service.username_available(name) order by place)
  from unnest(array['tap_nobody', 'TAP_mutual', 'q7', 'with space', repeat('a', 51)]) with ordinality names (name, place)),
  array[true, false, false, false, false], 'username_available() is true for a free and valid username only');
select tests.outcomes($$ select where user_service.username_available('tap_nobody') $$, 'anonymous 1, owner 1, service 1', 'everyone may call username_available()');
update user_service.user_privacy set profile_visible = false where user_id = tests.id('mutual');
select tests.outcomes($$ select where user_service.username_available('tap_mutual') $$, 'anonymous 0', 'the username of a hidden person is taken');

select * from finish();
rollback;
