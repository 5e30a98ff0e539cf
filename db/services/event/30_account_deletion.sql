-- What happens to events, attendance, questions and reviews when an account is deleted.

create or replace function event_private.delete_questions(person uuid)
returns void language plpgsql volatile set search_path = '' as $$
begin
  perform from event_service.qna_upvotes
  where user_id = person or question_id in (select q.id from event_service.event_qna q where q.user_id = person and not q.is_answered)
  order by question_id, user_id for update;
  delete from event_service.qna_upvotes where user_id = person;
  perform from event_service.event_qna where user_id = person or answered_by = person order by id for update;
  delete from event_service.event_qna where user_id = person and not is_answered;
  update event_service.event_qna set user_id = null where user_id = person;
  update event_service.event_qna set answered_by = null where answered_by = person;
end $$;
comment on function event_private.delete_questions(uuid) is 'Deletes a person''s unanswered questions and upvotes. Answered questions stay without their author.';
revoke execute on function event_private.delete_questions(uuid) from public;

-- Effect of user_service.profiles. Definer: it changes rows of others. Locks attendance before capacity, and capacity
-- in the order of events.
create or replace function event_private.tg_profiles__remove_person()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  update event_service.events set status = 'cancelled' where host_id = old.id and status in ('upcoming', 'ongoing');
  update event_service.events set host_id = null where host_id = old.id;
  perform from event_service.event_attendees a where a.user_id = old.id for update;
  perform from event_private.event_capacity c
  where c.event_id in (select a.event_id from event_service.event_attendees a where a.user_id = old.id)
  order by c.event_id for update;
  delete from event_service.event_attendees where user_id = old.id;
  perform event_private.delete_questions(old.id);
  update event_service.reviews set reviewer_id = null where reviewer_id = old.id;
  update event_service.reviews set host_id = null where host_id = old.id;
  return null;
end $$;
revoke execute on function event_private.tg_profiles__remove_person() from public;
