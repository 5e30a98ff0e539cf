-- Baseline, built by `npm run db:build` until the first release, from db/supabase/.

-- db/supabase/storage.sql
-- Private buckets for images. A file is named <owner's id>/<name>. Its owner writes it; whoever sees the profile, event or
-- post that names it can read it. Skipped where there is no Storage.
do $$
begin
  if to_regclass('storage.objects') is null or to_regclass('storage.buckets') is null then
    raise notice 'Skipped: this database has no Storage.';
    return;
  end if;

  insert into storage.buckets (id, name, public, file_size_limit, allowed_mime_types)
  select wanted.name, wanted.name, false, 5 * 1024 * 1024, array['image/jpeg', 'image/png', 'image/webp', 'image/gif', 'image/avif']
  from unnest(array['avatars', 'event-images', 'post-images']) wanted (name)
  on conflict (id) do nothing;

  -- Names are compared as text, because a cast to uuid could fail. A token outlives its account, hence user_private.me.
  create policy objects_select_visible on storage.objects for select to anon, authenticated
    using (
      bucket_id in ('avatars', 'event-images', 'post-images') and split_part(name, '/', 1) = (select auth.uid())::text
        and exists (select 1 from user_private.me)
      or bucket_id = 'avatars' and exists (select 1 from user_private.visible_files f where f.path = objects.name)
      or bucket_id = 'event-images' and exists (select 1 from event_private.visible_files f where f.path = objects.name)
      or bucket_id = 'post-images' and exists (select 1 from post_private.visible_files f where f.path = objects.name));
  create policy objects_insert_owner on storage.objects for insert to authenticated
    with check (
      bucket_id in ('avatars', 'event-images', 'post-images') and split_part(name, '/', 1) = (select auth.uid())::text
      and exists (select 1 from user_private.me));
  create policy objects_update_owner on storage.objects for update to authenticated
    using (bucket_id in ('avatars', 'event-images', 'post-images') and split_part(name, '/', 1) = (select auth.uid())::text
      and exists (select 1 from user_private.me))
    with check (bucket_id in ('avatars', 'event-images', 'post-images') and split_part(name, '/', 1) = (select auth.uid())::text);
  create policy objects_delete_owner on storage.objects for delete to authenticated
    using (bucket_id in ('avatars', 'event-images', 'post-images') and split_part(name, '/', 1) = (select auth.uid())::text
      and exists (select 1 from user_private.me));
end $$;
