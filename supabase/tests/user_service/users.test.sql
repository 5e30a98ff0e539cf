begin;
set local search_path = extensions, public;
select no_plan();

select tests.make_people();

-- Who reads and writes an account.
select is(tests.may('owner', 'user_service.users'),
  'select, update (name, username, bio, avatar_url, phone, date_of_birth, gender, location, interests)',
  'email, flags and times are not for the person to write, and accounts not to be made or deleted by hand');
select is(tests.may('anonymous', 'user_service.users'), 'nothing', 'visitors have no business with accounts');
select tests.outcomes(
  $$ select from user_service.users where id = tests.id('owner') $$,
  'owner 1, mutual 0, follower 0, stranger 0, blocked 0, anonymous 42501/grant, service 1', 'only the person reads their account');
select tests.outcomes(
  $$ update user_service.users set bio = 'Hello' where id = tests.id('owner') $$,
  'owner 1, mutual 0, stranger 0, anonymous 42501/grant, service 1', 'only the person changes it');
select tests.outcomes(
  $$ update user_service.users set bio = 'Hello' $$, 'owner 1', 'and nobody else''s along with it');
select tests.outcomes(
  $$ update user_service.users set email = 'else@tap.test' where id = tests.id('owner') $$, 'owner 42501/grant, service 1', 'email is auth''s');
select tests.outcomes(
  $$ update user_service.users set is_verified = true where id = tests.id('owner') $$, 'owner 42501/grant, service 1', 'nobody vouches for themselves');
select tests.outcomes(
  $$ delete from user_service.users where id = tests.id('owner') $$, 'owner 42501/grant, service 1', 'leaving takes delete_account()');

-- What an account may say.
select tests.outcomes(
  $$ update user_service.users set username = 'ab' where id = auth.uid() $$, 'owner invalid_username/400', 'a username of two characters');
select tests.outcomes(
  $$ update user_service.users set username = 'abc' || left(auth.uid()::text, 8) where id = auth.uid() $$, 'owner 1', 'a longer one');
select tests.outcomes(
  $$ update user_service.users set username = repeat('a', 51) where id = auth.uid() $$, 'owner invalid_username/400', 'a username of 51 characters');
select tests.outcomes(
  $$ update user_service.users set username = repeat('a', 50) where id = auth.uid() $$, 'owner 1', 'one of 50');
select tests.outcomes(
  $$ update user_service.users set username = 'with space' where id = auth.uid() $$, 'owner invalid_username/400', 'a username with a space');
select tests.outcomes(
  $$ update user_service.users set username = null where id = auth.uid() $$, 'owner 23502', 'no username');
select tests.outcomes(
  $$ update user_service.users set username = 'TAP_Mutual' where id = auth.uid() $$, 'owner username_taken/409, mutual 1', 'a username that is taken, in another case');
select tests.outcomes(
  $$ insert into user_service.users (username) values ('TAP_Mutual') $$, 'database 23505/usernames_are_unique', 'the index has the last word');
select tests.outcomes(
  $$ update user_service.users set email = 'MUTUAL@tap.test' where id = tests.id('owner') $$, 'database 23505/emails_are_unique', 'an email address that is taken, in another case');
select tests.outcomes(
  $$ update user_service.users set email = 'MUTUAL2@tap.test' where id = tests.id('owner') $$, 'database 1', 'and one that is not');
select tests.outcomes(
  $$ update user_service.users set email = repeat('a', 321) where id = tests.id('owner') $$, 'database text_too_long/400', 'an email address of 321 characters');
select tests.outcomes(
  $$ update user_service.users set email = repeat('a', 320) where id = tests.id('owner') $$, 'database 1', 'one of 320');

select tests.outcomes(
  format($$ update user_service.users set %I = repeat('a', %s) where id = auth.uid() $$, field, most + 1), 'owner text_too_long/400', field || ': one character too many')
from (values ('name', 100), ('bio', 1000), ('avatar_url', 1000), ('phone', 32), ('gender', 50), ('location', 200)) bounds (field, most);
select tests.outcomes(
  format($$ update user_service.users set %I = repeat('a', %s) where id = auth.uid() $$, field, most), 'owner 1', field || ': as many as there is room for')
from (values ('name', 100), ('bio', 1000), ('avatar_url', 1000), ('phone', 32), ('gender', 50), ('location', 200)) bounds (field, most);
select tests.outcomes(
  format($$ update user_service.users set %I = null where id = auth.uid() $$, field), 'owner 1', field || ' may be left out')
from unnest(array['name', 'bio', 'avatar_url', 'phone', 'gender', 'location', 'date_of_birth']) field;
select tests.outcomes(
  $$ update user_service.users set date_of_birth = '1899-12-31' where id = auth.uid() $$, 'owner date_of_birth_out_of_range/400', 'born in 1899');
select tests.outcomes(
  $$ update user_service.users set date_of_birth = '1900-01-01' where id = auth.uid() $$, 'owner 1', 'born in 1900');
select tests.outcomes(
  $$ update user_service.users set interests = array_fill('a'::text, array[51]) where id = auth.uid() $$, 'owner text_too_long/400', '51 interests');
select tests.outcomes(
  $$ update user_service.users set interests = array_fill('a'::text, array[50]) where id = auth.uid() $$, 'owner 1', '50 interests');
select tests.outcomes(
  $$ update user_service.users set interests = array[repeat('a', 2001)] where id = auth.uid() $$, 'owner text_too_long/400', 'an interest of 2,001 characters');
select tests.outcomes(
  $$ update user_service.users set interests = array[repeat('a', 2000)] where id = auth.uid() $$, 'owner 1', 'one of 2,000');
select tests.outcomes(
  $$ insert into user_service.users (id, username) values (tests.id('owner'), 'tap_twice') $$, 'database 23505/users_pkey', 'an id that is taken');
select tests.outcomes(
  $$ insert into user_service.users (username) values ('tap_imported') $$, 'database 1, service 1', 'people can be imported before their logins');

-- Triggers.
update user_service.users set updated_at = '2001-01-01', last_login_at = now() where id = tests.id('owner');
select is((select updated_at from user_service.users where id = tests.id('owner')), '2001-01-01', 'to sign in is no change of oneself');
update user_service.users set bio = 'New' where id = tests.id('owner');
select is((select updated_at from user_service.users where id = tests.id('owner')), now(), 'updated_at is stamped');

select * from finish();
rollback;
