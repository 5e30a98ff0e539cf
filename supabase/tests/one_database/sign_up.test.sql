begin;
set local search_path = extensions, public;
select no_plan();

-- Sign-up creates a person.
insert into auth.users (id, email, raw_user_meta_data, email_confirmed_at)
values (tests.id('new'), 'new@tap.test', '{"username": "Tap_New", "name": "New Person"}', now());
select is((select array[username, name, email, is_email_verified::text] from user_service.users where id = tests.id('new')),
  array['Tap_New', 'New Person', 'new@tap.test', 'true'], 'the person has the username, name and email address of the sign-up');
select is((select (select count(*) from user_service.profiles where id = tests.id('new')) + (select count(*) from user_service.user_settings where user_id = tests.id('new'))
  + (select count(*) from user_service.user_stats where user_id = tests.id('new')) + (select count(*) from user_service.user_privacy where user_id = tests.id('new')))::int, 4,
  'profile, settings, stats and privacy are created');

-- Sign-up never fails because of its data.
create function pg_temp.signed_up(who text, address text, metadata jsonb) returns text language plpgsql as $$
begin
  insert into auth.users (id, email, raw_user_meta_data) values (tests.id(who), address, metadata);
  return (select username from user_service.users where id = tests.id(who));
end $$;
select is(pg_temp.signed_up('plain', 'Tap.Plain+tag@tap.test', '{}'), 'Tap_Plain_tag', 'the default username is derived from the email address');
select matches(pg_temp.signed_up('taken', 'taken@tap.test', '{"username": "tap_NEW"}'), '^tap_NEW_[0-9a-f]{8}$', 'a taken username gets a suffix');
select is(pg_temp.signed_up('odd', 'odd@tap.test', '{"username": "täp odd!"}'), 't_p_odd_', 'invalid characters of a username are replaced');
select is(pg_temp.signed_up('short', 'short@tap.test', '{"username": "q7"}'), 'user_q7', 'a short username gets a prefix');
select matches(pg_temp.signed_up('empty', 'empty@tap.test', '{"username": ""}'), '^user_', 'an empty username gets a prefix');
select is(pg_temp.signed_up('long', 'long@tap.test', jsonb_build_object('username', 'tap' || repeat('a', 300))), 'tap' || repeat('a', 47), 'a long username is truncated');
select matches(pg_temp.signed_up('longer', 'longer@tap.test', jsonb_build_object('username', 'tap' || repeat('a', 300))), '^tapa{38}_[0-9a-f]{8}$', 'a taken long username is truncated to fit its suffix');
select matches(pg_temp.signed_up('number', 'number@tap.test', '{"username": 12345, "name": {"a": 1}}'), '^12345', 'a username that is not a string is converted');
select is(pg_temp.signed_up('null', 'tap_null@tap.test', 'null'), 'tap_null', 'metadata may be a JSON null');
select is(pg_temp.signed_up('none', 'tap_none@tap.test', null), 'tap_none', 'metadata may be null');
select isnt(pg_temp.signed_up('list', 'tap_list@tap.test', '[1, 2]'), null, 'metadata may be an array');
select matches(pg_temp.signed_up('phone', null, null), '^user_', 'the email address may be null');
select is(pg_temp.signed_up('wordy', 'wordy@tap.test', jsonb_build_object('username', 'tap_wordy', 'name', repeat('a', 101))), 'tap_wordy', 'a name over the limit is accepted');
select is((select length(name) from user_service.users where id = tests.id('wordy')), 100, 'and truncated');
select is(pg_temp.signed_up('full', 'full@tap.test', '{"username": "tap_full", "full_name": "Full Name"}'), 'tap_full', 'full_name is accepted');
select is((select name from user_service.users where id = tests.id('full')), 'Full Name', 'as the name');
insert into user_service.users (id, username, email) values (tests.id('imported'), 'tap_imported', 'IMPORTED@tap.test');
select is(pg_temp.signed_up('imported', 'imported@tap.test', '{"username": "tap_other"}'), 'tap_imported', 'an imported person keeps their username');
select is(pg_temp.signed_up('same', 'Imported@tap.test', '{"username": "tap_same"}'), 'tap_same', 'an email address that another person has is accepted');
select is((select email from user_service.users where id = tests.id('same')), null, 'and stays with the other person');

-- The email address and its confirmation are copied from Auth.
update auth.users set email = 'newer@tap.test', email_confirmed_at = null, last_sign_in_at = '2026-01-01' where id = tests.id('new');
select is((select array[email, is_email_verified::text, last_login_at::date::text] from user_service.users where id = tests.id('new')),
  array['newer@tap.test', 'false', '2026-01-01'], 'changes of the login are copied');
update auth.users set email = 'FULL@tap.test', email_confirmed_at = now() where id = tests.id('new');
select is((select array[email, is_email_verified::text] from user_service.users where id = tests.id('new')), array['newer@tap.test', 'true'],
  'an email address that another person has is not copied');

-- Deleting the login deletes the person.
delete from auth.users where id = tests.id('new');
select is((select count(*)::int from user_service.users where id = tests.id('new')), 0, 'the person is deleted with the login');

select * from finish();
rollback;
