create table if not exists {{service}}_service.{{service}}_images (
  id uuid primary key default {{new_id}},
  {{service}}_id uuid not null references {{service}}_service.{{service}}s (id) on delete cascade,
  image_url text not null constraint image_url_is_given_and_bounded check (octet_length(image_url) between 1 and 1000
    or {{service}}_private.refuse('text_too_long', 'An image path has 1 to 1,000 bytes.')),
  order_index int not null default 0 constraint order_index_in_range check (order_index between 0 and 1000
    or {{service}}_private.refuse('order_index_out_of_range', 'An order_index is between 0 and 1,000.'))
);
comment on table {{service}}_service.{{service}}_images is 'Images of {{a}} {{service}}, sorted by order_index.';
comment on column {{service}}_service.{{service}}_images.image_url is 'Path in the bucket {{service}}-images. Imported rows may hold an https URL.';

create index if not exists {{service}}_images_{{service}}_id on {{service}}_service.{{service}}_images ({{service}}_id, order_index);
-- Storage policies look up whose image a file is.
create index if not exists {{service}}_images_image_url on {{service}}_service.{{service}}_images (image_url);

create or replace function {{service}}_private.describe_file(file text)
returns jsonb language sql immutable parallel safe set search_path = '' as $$
  select jsonb_build_object('path', {{service}}_private.stored_path(file), 'url', {{service}}_private.stored_url(file))
$$;
comment on function {{service}}_private.describe_file(text) is 'A file on a card: {path, url}, one of which is null.';
create or replace function {{service}}_private.describe_images(parent uuid)
returns jsonb language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg({{service}}_private.describe_file(i.image_url) order by i.order_index, i.id), '[]')
  from {{service}}_service.{{service}}_images i where i.{{service}}_id = parent
$$;
comment on function {{service}}_private.describe_images(uuid) is 'Images of {{a}} {{service}} on a card: [{path, url}] in order. Does not filter by the caller.';
revoke execute on function {{service}}_private.describe_images(uuid) from public;

-- Only paths in the owner's folder count, so that naming another person's file does not expose it.
create or replace view {{service}}_private.visible_files as
  select i.image_url as path
  from {{service}}_service.{{service}}_images i
  join {{service}}_private.visible_{{service}}s parent on parent.id = i.{{service}}_id
  where split_part(i.image_url, '/', 1) = parent.{{owner}}_id::text;
comment on view {{service}}_private.visible_files is 'Paths in the bucket {{service}}-images that the caller may read.';
grant select on {{service}}_private.visible_files to anon, authenticated, service_role;

alter table {{service}}_service.{{service}}_images enable row level security;

drop policy if exists {{service}}_images_select_visible on {{service}}_service.{{service}}_images;
create policy {{service}}_images_select_visible on {{service}}_service.{{service}}_images for select to anon, authenticated
  using (exists (select 1 from {{service}}_private.visible_{{service}}s parent where parent.id = {{service}}_images.{{service}}_id));
drop policy if exists {{service}}_images_insert_{{owner}} on {{service}}_service.{{service}}_images;
create policy {{service}}_images_insert_{{owner}} on {{service}}_service.{{service}}_images for insert to authenticated
  with check (
    (exists (select 1 from {{service}}_private.me)
      or {{service}}_private.refuse('account_gone', 'This account no longer exists. Sign in again.', 401))
    and (exists (select 1 from {{service}}_private.my_{{service}}s parent where parent.id = {{service}}_images.{{service}}_id)
      or {{service}}_private.refuse('{{service}}_not_found', 'You have no such {{service}}.', 404)));
drop policy if exists {{service}}_images_update_{{owner}} on {{service}}_service.{{service}}_images;
create policy {{service}}_images_update_{{owner}} on {{service}}_service.{{service}}_images for update to authenticated
  using (exists (select 1 from {{service}}_private.my_{{service}}s parent where parent.id = {{service}}_images.{{service}}_id))
  with check (exists (select 1 from {{service}}_private.my_{{service}}s parent where parent.id = {{service}}_images.{{service}}_id));
drop policy if exists {{service}}_images_delete_{{owner}} on {{service}}_service.{{service}}_images;
create policy {{service}}_images_delete_{{owner}} on {{service}}_service.{{service}}_images for delete to authenticated
  using (exists (select 1 from {{service}}_private.my_{{service}}s parent where parent.id = {{service}}_images.{{service}}_id));

-- {{service}}_id is not granted on update: an image cannot move to another {{service}}.
revoke all on {{service}}_service.{{service}}_images from anon, authenticated;
grant select on {{service}}_service.{{service}}_images to anon;
grant select, delete on {{service}}_service.{{service}}_images to authenticated;
grant insert ({{service}}_id, image_url, order_index) on {{service}}_service.{{service}}_images to authenticated;
grant update (image_url, order_index) on {{service}}_service.{{service}}_images to authenticated;
grant all on {{service}}_service.{{service}}_images to service_role;

-- Definer: clients may not lock the parent row. The lock serializes concurrent inserts. Imports by an operator are not
-- limited.
create or replace function {{service}}_private.tg_{{service}}_images__limit_to_ten()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  if (select auth.uid()) is not null then
    perform from {{service}}_service.{{service}}s parent where parent.id = new.{{service}}_id for no key update;
    if (select count(*) from {{service}}_service.{{service}}_images i where i.{{service}}_id = new.{{service}}_id) > 10 then
      perform {{service}}_private.refuse('too_many_images', 'There can be at most ten images.', 409);
    end if;
  end if;
  return null;
end $$;
revoke execute on function {{service}}_private.tg_{{service}}_images__limit_to_ten() from public;
create or replace trigger {{service}}_images_limit_to_ten after insert on {{service}}_service.{{service}}_images
  for each row execute function {{service}}_private.tg_{{service}}_images__limit_to_ten();
