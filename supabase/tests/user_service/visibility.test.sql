begin;
set local search_path = extensions, public;
select no_plan();

-- The views that policies read; visible_views.test.sql compares visible_people with the policies on profiles.
select tests.make_people();
update user_service.user_privacy set allow_followers = false where user_id = tests.id('followed');
update user_service.users set avatar_url = id || '/me.png' where id = tests.id('owner');
update user_service.users set avatar_url = tests.id('owner') || '/secret.png' where id = tests.id('stranger');
select tests.outcomes($$ select from user_private.visible_people $$, 'owner 42501/grant, anonymous 42501/grant', 'clients cannot reach the views by name');
grant usage on schema user_private to anon, authenticated;
select tests.outcomes($$ select from user_private.me $$, 'owner 1, gone 0, anonymous 0', 'me is the caller, if the account exists');
select tests.outcomes($$ select from user_private.my_mutuals $$, 'owner 1, mutual 1, followed 0, anonymous 0', 'my_mutuals has people who follow each other');
select tests.outcomes($$ select from user_private.my_following $$, 'owner 2, follower 2, followed 0, anonymous 0', 'my_following has whom the caller follows');
select tests.outcomes($$ select from user_private.my_blocks where user_id in (tests.id('owner'), tests.id('blocked'), tests.id('blocker')) $$, 'owner 2, blocked 1, blocker 1, mutual 0, anonymous 0', 'my_blocks has blocks from both sides');
select tests.outcomes($$ select from user_private.accepts_followers where user_id in (tests.id('followed'), tests.id('mutual')) $$, 'owner 1', 'accepts_followers has people who allow followers');
select tests.outcomes($$ select from user_private.visible_files where path = tests.id('owner') || '/me.png' $$, 'owner 1, stranger 1, anonymous 1, blocked 0', 'an avatar is readable by everyone who sees its owner');
select tests.outcomes($$ select from user_private.visible_files where path = tests.id('owner') || '/secret.png' $$, 'owner 0, stranger 0, anonymous 0', 'naming a file of another person does not make it readable');

select * from finish();
rollback;
