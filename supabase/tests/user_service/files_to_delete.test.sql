begin;
set local search_path = extensions, public;
select no_plan();

select tests.make_people();
select is(tests.may('owner', 'user_private.files_to_delete'), 'nothing', 'clients have no access to the queue');
select is(tests.may('anonymous', 'user_private.files_to_delete'), 'nothing', 'anonymous visitors have no access to the queue');

insert into user_private.files_to_delete (bucket_id, path, queued_at) values ('avatars', 'tap/1', now()), ('avatars', 'tap/2', now()), ('post-images', 'tap/1', now());
select tests.outcomes(
  $$ insert into user_private.files_to_delete (bucket_id, path) values ('avatars', 'tap/1') $$, 'database 23505/files_to_delete_are_unique', 'a file is queued once');
select tests.outcomes(
  $$ insert into user_private.files_to_delete (id, bucket_id, path) overriding system value select id, 'avatars', 'tap/3' from user_private.files_to_delete limit 1 $$,
  'database 23505/files_to_delete_pkey', 'ids are unique');
select tests.outcomes(
  $$ select from user_service.files_to_delete() where path like 'tap/%' $$, 'service 3, owner 42501/grant, anonymous 42501/grant', 'only the server lists files to delete');
select tests.outcomes($$ select from user_service.files_to_delete(2) $$, 'service 2', 'the list is limited to a batch');
select tests.outcomes(
  $$ select user_service.files_deleted('avatars', array['tap/1']) $$, 'service 1, owner 42501/grant, anonymous 42501/grant', 'only the server reports deleted files');
select tests.does('service', $$ select user_service.files_deleted('avatars', array['tap/1', 'tap/9']) $$);
select is((select array_agg(bucket_id || ' ' || path order by id) from user_private.files_to_delete where path like 'tap/%'), array['avatars tap/2', 'post-images tap/1'], 'deleted files are removed from the queue');

-- Account deletion queues the person's files.
create function pg_temp.test_account_deletion() returns setof text language plpgsql as $test$
begin
  if to_regclass('storage.objects') is null then
    return next skip('no storage in this database', 2);
    return;
  end if;
  insert into storage.objects (bucket_id, name) values
    ('avatars', tests.id('owner') || '/me.png'), ('post-images', tests.id('owner') || '/a/b.png'), ('avatars', tests.id('mutual') || '/me.png');
  return next tests.does('owner', $$ select user_service.delete_account() $$);
  return next is((select array_agg(bucket_id || ' ' || path order by bucket_id) from user_private.files_to_delete where path like tests.id('owner') || '/%'),
    array['avatars ' || tests.id('owner') || '/me.png', 'post-images ' || tests.id('owner') || '/a/b.png'], 'the deleted person''s files are queued');
  return next is((select count(*)::int from user_private.files_to_delete where path like tests.id('mutual') || '/%'), 0, 'files of other people are not queued');
end $test$;
select * from pg_temp.test_account_deletion();

select * from finish();
rollback;
