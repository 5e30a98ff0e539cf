begin;
set local search_path = extensions, public;
select no_plan();

select tests.make_people();
select is(tests.may('owner', 'user_private.files_to_delete'), 'nothing', 'the queue is not for clients');
select is(tests.may('anonymous', 'user_private.files_to_delete'), 'nothing', 'nor for visitors');

insert into user_private.files_to_delete (bucket_id, path, queued_at) values ('avatars', 'tap/1', now()), ('avatars', 'tap/2', now()), ('post-images', 'tap/1', now());
select tests.outcomes(
  $$ insert into user_private.files_to_delete (bucket_id, path) values ('avatars', 'tap/1') $$, 'database 23505/files_to_delete_are_unique', 'a file waits once');
select tests.outcomes(
  $$ insert into user_private.files_to_delete (id, bucket_id, path) overriding system value select id, 'avatars', 'tap/3' from user_private.files_to_delete limit 1 $$,
  'database 23505/files_to_delete_pkey', 'one id each');
select tests.outcomes(
  $$ select from user_service.files_to_delete() where path like 'tap/%' $$, 'service 3, owner 42501/grant, anonymous 42501/grant', 'the server asks what to delete');
select tests.outcomes($$ select from user_service.files_to_delete(2) $$, 'service 2', 'so many at once');
select tests.outcomes(
  $$ select user_service.files_deleted('avatars', array['tap/1']) $$, 'service 1, owner 42501/grant, anonymous 42501/grant', 'and says what is deleted');
select tests.does('service', $$ select user_service.files_deleted('avatars', array['tap/1', 'tap/9']) $$);
select is((select array_agg(bucket_id || ' ' || path order by id) from user_private.files_to_delete where path like 'tap/%'), array['avatars tap/2', 'post-images tap/1'], 'which then waits no more');

-- Who leaves, leaves their files to be deleted.
create function pg_temp.leave() returns setof text language plpgsql as $leave$
begin
  if to_regclass('storage.objects') is null then
    return next skip('no storage here', 2);
    return;
  end if;
  insert into storage.objects (bucket_id, name) values
    ('avatars', tests.id('owner') || '/me.png'), ('post-images', tests.id('owner') || '/a/b.png'), ('avatars', tests.id('mutual') || '/me.png');
  return next tests.does('owner', $$ select user_service.delete_account() $$);
  return next is((select array_agg(bucket_id || ' ' || path order by bucket_id) from user_private.files_to_delete where path like tests.id('owner') || '/%'),
    array['avatars ' || tests.id('owner') || '/me.png', 'post-images ' || tests.id('owner') || '/a/b.png'], 'their files wait for the Storage API');
  return next is((select count(*)::int from user_private.files_to_delete where path like tests.id('mutual') || '/%'), 0, 'nobody else''s');
end $leave$;
select * from pg_temp.leave();

select * from finish();
rollback;
