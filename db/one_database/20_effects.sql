-- Effects: a trigger function of one service, attached to the table of another whose changes it follows.

create or replace trigger posts_count_for_author after insert or delete or update of author_id on post_service.posts
  for each row execute function user_private.tg_posts__count_for_author();
create or replace trigger events_count_for_host after insert or delete or update of host_id on event_service.events
  for each row execute function user_private.tg_events__count_for_host();
create or replace trigger event_attendees_count_for_attendee
  after insert or delete or update of user_id, status, checked_in_at, has_attended on event_service.event_attendees
  for each row execute function user_private.tg_event_attendees__count_for_attendee();
create or replace trigger event_attendees_resolve_successful_invitation after insert or delete or update of event_id, user_id, status on event_service.event_attendees
  for each row execute function user_private.tg_event_attendees__resolve_successful_invitation();
create or replace trigger events_resolve_successful_invitations after update of status on event_service.events
  for each row when (old.status is distinct from new.status and new.status = 'cancelled') execute function user_private.tg_events__resolve_successful_invitations();
create or replace trigger reviews_count_for_both after insert or delete or update of rating, reviewer_id, event_id, host_id on event_service.reviews
  for each row execute function user_private.tg_reviews__count_for_both();

create or replace trigger profiles_remove_from_events after delete on user_service.profiles
  for each row execute function event_private.tg_profiles__remove_person();
create or replace trigger tickets_make_attendee
  after insert or delete or update of status, user_id, event_id, is_checked_in, checked_in_at on ticket_service.tickets
  for each row execute function event_private.tg_tickets__make_attendee();

create or replace trigger profiles_remove_from_posts after delete on user_service.profiles
  for each row execute function post_private.tg_profiles__remove_person();
create or replace trigger profiles_mirror_privacy after update of is_private on user_service.profiles
  for each row when (old.is_private is distinct from new.is_private) execute function post_private.tg_profiles__mirror_privacy();

create or replace trigger events_cancel_tickets after update of status on event_service.events
  for each row when (old.status is distinct from new.status and new.status = 'cancelled') execute function ticket_private.tg_events__cancel_tickets();
create or replace trigger events_refuse_ticketing_change before update of ticketing_enabled on event_service.events
  for each row when (old.ticketing_enabled and not new.ticketing_enabled) execute function ticket_private.tg_events__refuse_ticketing_change();
create or replace trigger events_allot_seats after insert or delete or update of max_attendees on event_service.events
  for each row execute function ticket_private.tg_events__allot_seats();
