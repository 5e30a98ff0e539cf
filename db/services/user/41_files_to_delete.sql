-- The queue of files that deleted accounts leave in Storage.

create table if not exists user_private.files_to_delete (
  id bigint generated always as identity primary key,
  bucket_id text not null,
  path text not null,
  queued_at timestamptz not null default now(),
  constraint files_to_delete_are_unique unique (bucket_id, path)
);
comment on table user_private.files_to_delete is 'Files of deleted accounts, until the edge function purge-files has deleted them. Only the Storage API may delete files.';
alter table user_private.files_to_delete enable row level security;

grant select, delete on user_private.files_to_delete to service_role;

create or replace function user_service.files_to_delete(batch int default 100)
returns table (bucket_id text, path text) language sql stable security invoker set search_path = ''
begin atomic
  select f.bucket_id, f.path from user_private.files_to_delete f order by f.id limit least(batch, 1000);
end;
create or replace function user_service.files_deleted(bucket_id text, paths text[])
returns void language sql volatile security invoker set search_path = ''
begin atomic
  delete from user_private.files_to_delete f where f.bucket_id = files_deleted.bucket_id and f.path = any (paths);
end;
comment on function user_service.files_to_delete(int) is 'For service_role: the oldest files in the queue.';
comment on function user_service.files_deleted(text, text[]) is 'For service_role: removes deleted files from the queue.';
revoke execute on function user_service.files_to_delete(int), user_service.files_deleted(text, text[]) from public, anon, authenticated;
grant execute on function user_service.files_to_delete(int), user_service.files_deleted(text, text[]) to service_role;
