-- Buckets for pictures, all private: clients sign URLs. A file lies in the folder of its owner,
-- <bucket>/<owner's id>/<any name>. The owner writes; whoever sees the profile, event or post that names it reads.
-- Does nothing where there is no storage.
do $$
begin
  if to_regclass('storage.objects') is null or to_regclass('storage.buckets') is null then
    raise notice 'No storage here: buckets are left out.';
    return;
  end if;

  insert into storage.buckets (id, name, public, file_size_limit, allowed_mime_types)
  select wanted.name, wanted.name, false, 5 * 1024 * 1024, array['image/jpeg', 'image/png', 'image/webp', 'image/gif', 'image/avif']
  from unnest(array['avatars', 'event-images', 'post-images']) wanted (name)
  on conflict (id) do nothing;

  -- Names are compared as text: casting one to uuid would fail for a name that is none.
  drop policy if exists objects_select_visible on storage.objects;
  create policy objects_select_visible on storage.objects for select to anon, authenticated
    using (
      bucket_id in ('avatars', 'event-images', 'post-images') and split_part(name, '/', 1) = (select auth.uid())::text
      or bucket_id = 'avatars' and exists (select 1 from user_private.visible_files f where f.path = objects.name)
      or bucket_id = 'event-images' and exists (select 1 from event_private.visible_files f where f.path = objects.name)
      or bucket_id = 'post-images' and exists (select 1 from post_private.visible_files f where f.path = objects.name));
  drop policy if exists objects_insert_owner on storage.objects;
  create policy objects_insert_owner on storage.objects for insert to authenticated
    with check (
      bucket_id in ('avatars', 'event-images', 'post-images') and split_part(name, '/', 1) = (select auth.uid())::text
      and exists (select 1 from user_private.me));
  drop policy if exists objects_update_owner on storage.objects;
  create policy objects_update_owner on storage.objects for update to authenticated
    using (bucket_id in ('avatars', 'event-images', 'post-images') and split_part(name, '/', 1) = (select auth.uid())::text)
    with check (bucket_id in ('avatars', 'event-images', 'post-images') and split_part(name, '/', 1) = (select auth.uid())::text);
  drop policy if exists objects_delete_owner on storage.objects;
  create policy objects_delete_owner on storage.objects for delete to authenticated
    using (bucket_id in ('avatars', 'event-images', 'post-images') and split_part(name, '/', 1) = (select auth.uid())::text);
end $$;
