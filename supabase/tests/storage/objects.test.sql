begin;
set local search_path = extensions, public;
select no_plan();

-- One function, so that it can be skipped without storage.
create function pg_temp.test_storage() returns setof text language plpgsql as $test$
begin
  if to_regclass('storage.objects') is null then
    return next skip('no storage in this database', 1);
    return;
  end if;
  -- The Storage API sets this before it deletes. Without it, storage itself would refuse, not only a policy.
  perform set_config('storage.allow_delete_query', 'true', true);
  perform tests.make_people();
  perform tests.make_person('hidden');
  perform tests.make_event('open'), tests.make_event('secret', 'owner', '{"privacy": "private"}'), tests.make_post('open post'), tests.make_post('for followers', 'owner', '{"visibility": "followers"}');
  update user_service.users set avatar_url = id || '/me.png' where id in (tests.id('owner'), tests.id('hidden'));
  -- Naming a file of another person does not make it readable.
  update user_service.users set avatar_url = tests.id('owner') || '/old.png' where id = tests.id('stranger');
  update user_service.user_privacy set profile_visible = false where user_id = tests.id('hidden');
  insert into event_service.event_images (event_id, image_url) values (tests.id('open'), tests.id('owner') || '/open.png'), (tests.id('secret'), tests.id('owner') || '/secret.png');
  insert into post_service.post_images (post_id, image_url) values (tests.id('open post'), tests.id('owner') || '/open.png'), (tests.id('for followers'), tests.id('owner') || '/for-followers.png'),
    (tests.id('open post'), tests.id('stranger') || '/private.png');
  insert into storage.buckets (id, name) values ('tap-other', 'tap-other') on conflict do nothing;
  insert into storage.objects (bucket_id, name)
  select bucket, tests.id('owner') || '/' || file
  from (values ('avatars', 'me.png'), ('avatars', 'old.png'), ('event-images', 'open.png'), ('event-images', 'secret.png'), ('post-images', 'open.png'), ('post-images', 'for-followers.png'), ('post-images', 'unused.png'), ('tap-other', 'me.png'),
    ('avatars', 'open.png'), ('event-images', 'me.png')) files (bucket, file);
  insert into storage.objects (bucket_id, name) values ('avatars', tests.id('hidden') || '/me.png'), ('post-images', tests.id('stranger') || '/private.png'), ('avatars', 'no-uuid/me.png'), ('avatars', tests.id('gone') || '/me.png');

  -- Reading: a file is readable by everyone who sees the row that names it.
  return query select tests.outcomes(format($$ select from storage.objects where bucket_id = %L and name = tests.id(%L) || '/' || %L $$, bucket, owner, file), outcomes, format('%s of the %s in %s', file, owner, bucket))
  from (values
    ('avatars', 'owner', 'me.png', 'owner 1, mutual 1, stranger 1, anonymous 1, blocked 0, blocker 0'),
    ('avatars', 'owner', 'old.png', 'owner 1, mutual 0, stranger 0, anonymous 0'),
    ('avatars', 'hidden', 'me.png', 'hidden 1, stranger 0, anonymous 0'),
    ('event-images', 'owner', 'open.png', 'owner 1, stranger 1, anonymous 1, blocked 0'),
    ('event-images', 'owner', 'secret.png', 'owner 1, mutual 0, stranger 0, anonymous 0'),
    ('post-images', 'owner', 'open.png', 'owner 1, stranger 1, anonymous 1, blocked 0'),
    ('post-images', 'owner', 'for-followers.png', 'owner 1, follower 1, stranger 0, anonymous 0'),
    ('post-images', 'owner', 'unused.png', 'owner 1, stranger 0, anonymous 0'),
    ('post-images', 'stranger', 'private.png', 'stranger 1, owner 0, mutual 0, anonymous 0'),
    ('tap-other', 'owner', 'me.png', 'owner 0, stranger 0, anonymous 0'),
    -- A file that is visible in one bucket is not visible in another.
    ('avatars', 'owner', 'open.png', 'owner 1, stranger 0, anonymous 0'),
    ('event-images', 'owner', 'me.png', 'owner 1, stranger 0, anonymous 0')
  ) files (bucket, owner, file, outcomes);
  return next tests.outcomes($$ select from storage.objects where name = 'no-uuid/me.png' $$, 'owner 0, anonymous 0', 'a folder that belongs to nobody is not readable');

  -- Writing: only into the caller's own folder of the three buckets.
  return query select tests.outcomes(format($$ insert into storage.objects (bucket_id, name) values (%L, tests.id(%L) || '/new.png') $$, bucket, folder), outcomes, format('into %s of the %s', bucket, folder))
  from (values
    ('avatars', 'owner', 'owner 1, stranger 42501/policy, anonymous 42501/policy'), ('event-images', 'owner', 'owner 1'), ('post-images', 'owner', 'owner 1'),
    ('tap-other', 'owner', 'owner 42501/policy'), ('avatars', 'gone', 'gone 42501/policy')
  ) files (bucket, folder, outcomes);
  -- Without a condition too, because with one the select policy applies.
  return query select tests.outcomes(statement, 'gone 0', 'a deleted account: ' || statement)
  from unnest(array[$$ select from storage.objects where name = tests.id('gone') || '/me.png' $$, $$ update storage.objects set metadata = '{}' $$, $$ delete from storage.objects $$]) statement;
  return next tests.outcomes($$ insert into storage.objects (bucket_id, name) values ('avatars', tests.id('owner') || 'x/new.png') $$, 'owner 42501/policy', 'a folder whose name begins with the caller''s id is refused');
  return next tests.outcomes($$ update storage.objects set metadata = '{}' where bucket_id = 'avatars' and name = tests.id('owner') || '/me.png' $$, 'owner 1, stranger 0, anonymous 0', 'only the owner replaces a file');
  -- Without a condition, because with one the select policy applies too.
  return next tests.outcomes($$ update storage.objects set name = tests.id('stranger') || '/taken.png' $$, 'owner 42501/policy, mutual 0', 'a file cannot be moved into the folder of another person');
  return next tests.outcomes($$ update storage.objects set bucket_id = 'tap-other' $$, 'owner 42501/policy', 'a file cannot be moved into another bucket');
  return next tests.outcomes($$ delete from storage.objects where bucket_id = 'avatars' and name = tests.id('owner') || '/me.png' $$, 'owner 1, stranger 0, anonymous 0', 'only the owner deletes a file');
  return next tests.outcomes($$ update storage.objects set metadata = '{}' $$, 'owner 9, mutual 0', 'files in other buckets cannot be replaced');
  return next tests.outcomes($$ delete from storage.objects $$, 'owner 9, mutual 0', 'files in other buckets cannot be deleted');

  return next is((select array_agg(id || ' ' || public order by id) from storage.buckets where id in ('avatars', 'event-images', 'post-images')),
    array['avatars false', 'event-images false', 'post-images false'], 'the buckets are private');
end $test$;
select * from pg_temp.test_storage();

select * from finish();
rollback;
