-- Reviews of an event by its attendees. The user service counts them (user/22_user_stats.sql).

create table if not exists event_service.reviews (
  id uuid primary key default extensions.uuid_generate_v4(),
  event_id uuid not null references event_service.events (id) on delete cascade,
  reviewer_id uuid default auth.uid(),
  host_id uuid,
  rating int not null constraint rating_in_range check (rating between 1 and 5
    or event_private.refuse('rating_out_of_range', 'Give a rating from 1 to 5.')),
  comment text constraint comment_is_bounded check ((length(comment) <= 5000) is not false
    or event_private.refuse('text_too_long', 'A review has at most 5,000 characters.')),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint reviews_are_unique unique (event_id, reviewer_id)
);
comment on table event_service.reviews is 'Ratings by attendees, once the event has started.';
comment on column event_service.reviews.reviewer_id is 'Null after the reviewer''s account is deleted.';
comment on column event_service.reviews.host_id is 'Host of the event, copied by trigger so that the host''s average rating needs no look-up.';

create index if not exists reviews_reviewer_id on event_service.reviews (reviewer_id);
create index if not exists reviews_host_id on event_service.reviews (host_id);

alter table event_service.reviews enable row level security;

drop policy if exists reviews_select_visible on event_service.reviews;
create policy reviews_select_visible on event_service.reviews for select to anon, authenticated
  using (
    exists (select 1 from event_private.visible_events e where e.id = reviews.event_id)
    and (reviewer_id is null or exists (select 1 from event_private.visible_people p where p.id = reviews.reviewer_id)));
-- Confirmed attendance is enough at ticketed events too: otherwise the event of a host who does not use check-in would
-- get no reviews.
drop policy if exists reviews_insert_attendee on event_service.reviews;
create policy reviews_insert_attendee on event_service.reviews for insert to authenticated
  with check (
    reviewer_id = (select auth.uid())
    and (exists (select 1 from event_private.me)
      or event_private.refuse('account_gone', 'This account no longer exists. Sign in again.', 401))
    and (exists (select 1 from event_private.visible_events e where e.id = reviews.event_id)
      or event_private.refuse('event_not_found', 'There is no such event.', 404))
    and (not exists (select 1 from event_private.my_events e where e.id = reviews.event_id)
      or event_private.refuse('own_event', 'You cannot review your own event.', 403))
    and (exists (select 1 from event_private.visible_events e
        where e.id = reviews.event_id and e.start_time <= now() and e.status <> 'cancelled')
      or event_private.refuse('event_not_started', 'You can review an event once it has started, unless it was cancelled.', 409))
    and (exists (select 1 from event_private.my_attendance a where a.event_id = reviews.event_id and a.status = 'confirmed')
      or event_private.refuse('not_attended', 'Only people who attended an event can review it.', 403)));
drop policy if exists reviews_update_own on event_service.reviews;
create policy reviews_update_own on event_service.reviews for update to authenticated
  using (reviewer_id = (select auth.uid()) and exists (select 1 from event_private.visible_events e where e.id = reviews.event_id))
  with check (reviewer_id = (select auth.uid()));
drop policy if exists reviews_delete_own on event_service.reviews;
create policy reviews_delete_own on event_service.reviews for delete to authenticated
  using (reviewer_id = (select auth.uid()));

-- host_id is not granted: it is set by trigger.
revoke all on event_service.reviews from anon, authenticated;
grant select on event_service.reviews to anon;
grant select, delete on event_service.reviews to authenticated;
grant insert (event_id, reviewer_id, rating, comment) on event_service.reviews to authenticated;
grant update (event_id, reviewer_id, rating, comment) on event_service.reviews to authenticated;
grant all on event_service.reviews to service_role;

create or replace trigger reviews_refuse_move before update of event_id on event_service.reviews
  for each row when (old.event_id <> new.event_id) execute function event_private.tg_rows__refuse_move();

create or replace trigger reviews_updated_at before update of rating, comment on event_service.reviews
  for each row execute function event_service.update_updated_at_column();

-- Definer: the caller may not be able to see the event.
create or replace function event_private.tg_reviews__set_host()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  select e.host_id into new.host_id from event_service.events e where e.id = new.event_id;
  return new;
end $$;
revoke execute on function event_private.tg_reviews__set_host() from public;
create or replace trigger reviews_set_host before insert or update of event_id on event_service.reviews
  for each row execute function event_private.tg_reviews__set_host();

create or replace function event_service.reviewer(event_service.reviews)
returns setof event_service.people rows 1 language sql stable
begin atomic
  select p.* from event_service.people p where p.id = $1.reviewer_id;
end;
comment on function event_service.reviewer(event_service.reviews) is 'Relationship: reviews?select=rating,reviewer(username).';
