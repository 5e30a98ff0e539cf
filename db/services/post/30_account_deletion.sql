-- What happens to posts, comments and reactions when an account is deleted.

-- Deletes the newest comments first, so that a thread of the person's own replies is deleted entirely. Comments with
-- replies of others become tombstones.
create or replace function post_private.delete_contributions(person uuid)
returns void language plpgsql volatile set search_path = '' as $$
declare
  comment uuid;
begin
  delete from post_service.likes where user_id = person;
  delete from post_service.bookmarks where user_id = person;
  delete from post_service.shares where user_id = person;
  delete from post_service.poll_votes where user_id = person;
  perform from post_service.posts
  where author_id = person or original_post_id in (select p.id from post_service.posts p where p.author_id = person)
  order by id for update;
  delete from post_service.posts where author_id = person;
  for comment in select c.id from post_service.comments c where c.author_id = person order by c.created_at desc, c.id loop
    delete from post_service.comments where id = comment;
  end loop;
end $$;
comment on function post_private.delete_contributions(uuid) is 'Deletes a person''s posts, comments and reactions.';
revoke execute on function post_private.delete_contributions(uuid) from public;

-- Effect of user_service.profiles. Definer: it deletes rows of the person and updates counters of others.
create or replace function post_private.tg_profiles__remove_person()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  perform post_private.delete_contributions(old.id);
  return null;
end $$;
revoke execute on function post_private.tg_profiles__remove_person() from public;
