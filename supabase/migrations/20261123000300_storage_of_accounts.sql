-- A token outlives its account: whose account is gone neither changes nor removes files, which wait to be deleted under
-- the names that they have, nor reads them. Does nothing where there is no storage.
do $$
begin
  if to_regclass('storage.objects') is null then
    return;
  end if;
  alter policy objects_select_visible on storage.objects
    using (
      bucket_id in ('avatars', 'event-images', 'post-images') and split_part(name, '/', 1) = (select auth.uid())::text
        and exists (select 1 from user_private.me)
      or bucket_id = 'avatars' and exists (select 1 from user_private.visible_files f where f.path = objects.name)
      or bucket_id = 'event-images' and exists (select 1 from event_private.visible_files f where f.path = objects.name)
      or bucket_id = 'post-images' and exists (select 1 from post_private.visible_files f where f.path = objects.name));
  alter policy objects_update_owner on storage.objects
    using (bucket_id in ('avatars', 'event-images', 'post-images') and split_part(name, '/', 1) = (select auth.uid())::text
      and exists (select 1 from user_private.me))
    with check (bucket_id in ('avatars', 'event-images', 'post-images') and split_part(name, '/', 1) = (select auth.uid())::text);
  alter policy objects_delete_owner on storage.objects
    using (bucket_id in ('avatars', 'event-images', 'post-images') and split_part(name, '/', 1) = (select auth.uid())::text
      and exists (select 1 from user_private.me));
end $$;
