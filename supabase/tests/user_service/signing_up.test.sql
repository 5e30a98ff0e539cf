begin;
set local search_path = extensions, public;
select no_plan();

-- Signing up makes a person.
insert into auth.users (id, email, raw_user_meta_data, email_confirmed_at)
values (tests.id('new'), 'new@tap.test', '{"username": "Tap_New", "name": "New Person"}', now());
select is((select array[username, name, email, is_email_verified::text] from user_service.users where id = tests.id('new')),
  array['Tap_New', 'New Person', 'new@tap.test', 'true'], 'with what they said');
select is((select (select count(*) from user_service.profiles where id = tests.id('new')) + (select count(*) from user_service.user_settings where user_id = tests.id('new'))
  + (select count(*) from user_service.user_stats where user_id = tests.id('new')) + (select count(*) from user_service.user_privacy where user_id = tests.id('new')))::int, 4,
  'and all that belongs to an account');

-- It never fails for data.
create function pg_temp.signed_up(who text, address text, metadata jsonb) returns text language plpgsql as $$
begin
  insert into auth.users (id, email, raw_user_meta_data) values (tests.id(who), address, metadata);
  return (select username from user_service.users where id = tests.id(who));
end $$;
select is(pg_temp.signed_up('plain', 'Tap.Plain+tag@tap.test', '{}'), 'Tap_Plain_tag', 'without a username the address gives one');
select matches(pg_temp.signed_up('taken', 'taken@tap.test', '{"username": "tap_NEW"}'), '^tap_NEW_[0-9a-f]{8}$', 'one that is taken gets a suffix');
select is(pg_temp.signed_up('odd', 'odd@tap.test', '{"username": "täp odd!"}'), 't_p_odd_', 'one with signs loses them');
select is(pg_temp.signed_up('short', 'short@tap.test', '{"username": "q7"}'), 'user_q7', 'a short one is made longer');
select matches(pg_temp.signed_up('empty', 'empty@tap.test', '{"username": ""}'), '^user_', 'an empty one');
select is(pg_temp.signed_up('long', 'long@tap.test', jsonb_build_object('username', 'tap' || repeat('a', 300))), 'tap' || repeat('a', 47), 'a long one is cut');
select matches(pg_temp.signed_up('longer', 'longer@tap.test', jsonb_build_object('username', 'tap' || repeat('a', 300))), '^tapa{38}_[0-9a-f]{8}$', 'and its suffix fits');
select matches(pg_temp.signed_up('number', 'number@tap.test', '{"username": 12345, "name": {"a": 1}}'), '^12345', 'one that is no text');
select is(pg_temp.signed_up('null', 'tap_null@tap.test', 'null'), 'tap_null', 'metadata of null');
select is(pg_temp.signed_up('none', 'tap_none@tap.test', null), 'tap_none', 'no metadata');
select isnt(pg_temp.signed_up('list', 'tap_list@tap.test', '[1, 2]'), null, 'metadata that is a list');
select matches(pg_temp.signed_up('phone', null, null), '^user_', 'no address either');
select is(pg_temp.signed_up('wordy', 'wordy@tap.test', jsonb_build_object('username', 'tap_wordy', 'name', repeat('a', 101))), 'tap_wordy', 'a name that is too long');
select is((select length(name) from user_service.users where id = tests.id('wordy')), 100, 'is cut');
select is(pg_temp.signed_up('full', 'full@tap.test', '{"username": "tap_full", "full_name": "Full Name"}'), 'tap_full', 'what other providers call a name');
select is((select name from user_service.users where id = tests.id('full')), 'Full Name', 'is one');
insert into user_service.users (id, username, email) values (tests.id('imported'), 'tap_imported', 'IMPORTED@tap.test');
select is(pg_temp.signed_up('imported', 'imported@tap.test', '{"username": "tap_other"}'), 'tap_imported', 'who was imported stays who they are');
select is(pg_temp.signed_up('same', 'Imported@tap.test', '{"username": "tap_same"}'), 'tap_same', 'an address that another person has');
select is((select email from user_service.users where id = tests.id('same')), null, 'stays theirs');

-- Email and its confirmation are auth's.
update auth.users set email = 'newer@tap.test', email_confirmed_at = null, last_sign_in_at = '2026-01-01' where id = tests.id('new');
select is((select array[email, is_email_verified::text, last_login_at::date::text] from user_service.users where id = tests.id('new')),
  array['newer@tap.test', 'false', '2026-01-01'], 'later changes are mirrored');
update auth.users set email = 'FULL@tap.test', email_confirmed_at = now() where id = tests.id('new');
select is((select array[email, is_email_verified::text] from user_service.users where id = tests.id('new')), array['newer@tap.test', 'true'],
  'but for an address that another person has');

-- username_available()
select is((select array_agg(user_service.username_available(name) order by place)
  from unnest(array['tap_nobody', 'TAP_new', 'q7', 'with space', repeat('a', 51)]) with ordinality names (name, place)),
  array[true, false, false, false, false], 'free and valid, or not');
select tests.outcomes($$ select where user_service.username_available('tap_nobody') $$, 'anonymous 1, new 1, service 1', 'anyone may ask');
update user_service.user_privacy set profile_visible = false where user_id = tests.id('new');
select tests.outcomes($$ select where user_service.username_available('tap_new') $$, 'anonymous 0', 'the names of the hidden are taken too');

-- A login that is deleted takes the person along.
delete from auth.users where id = tests.id('new');
select is((select count(*)::int from user_service.users where id = tests.id('new')), 0, 'no person without a login');

select * from finish();
rollback;
