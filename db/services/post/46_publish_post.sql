-- publish_post(): a post with its images or poll options in one call.

create or replace function post_service.publish_post(
  content text, visibility post_service.post_visibility default 'public', event_id uuid default null, attached_event_id uuid default null,
  image_urls text[] default '{}', poll_options text[] default '{}', poll_closes_at timestamptz default null)
returns post_service.post_card language plpgsql volatile security invoker set search_path = '' as $$
declare
  new_id uuid;
  published post_service.post_card;
begin
  insert into post_service.posts (author_id, content, type, visibility, event_id, attached_event_id, poll_closes_at)
  values ((select auth.uid()), publish_post.content,
    (case when cardinality(poll_options) > 0 then 'poll' when attached_event_id is not null then 'text_with_event'
      when cardinality(image_urls) > 0 then 'text_with_images' else 'text' end)::post_service.post_type,
    publish_post.visibility, publish_post.event_id, publish_post.attached_event_id, publish_post.poll_closes_at)
  returning id into new_id;
  insert into post_service.post_images (post_id, image_url, order_index)
  select new_id, image.url, image.place - 1 from unnest(image_urls) with ordinality image (url, place);
  insert into post_service.poll_options (post_id, label, order_index)
  select new_id, choice.label, choice.place - 1 from unnest(poll_options) with ordinality choice (label, place);
  select * into published from post_service.post(new_id);
  return published;
end $$;
comment on function post_service.publish_post(text, post_service.post_visibility, uuid, uuid, text[], text[], timestamptz) is
  'Creates a post together with its images (paths in the bucket post-images) or poll options, or nothing on an error. The type follows from the arguments. Returns the post as a card, with its images and the ids of its options.';
revoke execute on function post_service.publish_post(text, post_service.post_visibility, uuid, uuid, text[], text[], timestamptz) from public;
grant execute on function post_service.publish_post(text, post_service.post_visibility, uuid, uuid, text[], text[], timestamptz) to authenticated, service_role;
