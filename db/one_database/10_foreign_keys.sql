-- Foreign keys between services. Four databases have none.

do $$
declare
  link record;
begin
  for link in
    select * from (values
      ('event_service.events', 'host_id', 'user_service.users', 'set null'),
      ('event_service.event_attendees', 'user_id', 'user_service.users', 'cascade'),
      ('event_service.event_qna', 'user_id', 'user_service.users', 'set null'),
      ('event_service.event_qna', 'answered_by', 'user_service.users', 'set null'),
      ('event_service.reviews', 'reviewer_id', 'user_service.users', 'set null'),
      ('post_service.posts', 'author_id', 'user_service.users', 'cascade'),
      ('post_service.posts', 'event_id', 'event_service.events', 'set null'),
      ('post_service.posts', 'attached_event_id', 'event_service.events', 'set null'),
      ('post_service.comments', 'author_id', 'user_service.users', 'set null'),
      ('post_service.likes', 'user_id', 'user_service.users', 'cascade'),
      ('post_service.reposts', 'user_id', 'user_service.users', 'cascade'),
      ('post_service.bookmarks', 'user_id', 'user_service.users', 'cascade'),
      ('post_service.shares', 'user_id', 'user_service.users', 'cascade'),
      ('ticket_service.tickets', 'user_id', 'user_service.users', 'set null'),
      ('ticket_service.tickets', 'event_id', 'event_service.events', 'restrict'),
      -- Not in the original app.
      ('user_service.invitations', 'event_id', 'event_service.events', 'cascade'),
      ('event_service.qna_upvotes', 'user_id', 'user_service.users', 'cascade'),
      ('event_service.reviews', 'host_id', 'user_service.users', 'set null'),
      ('post_service.poll_votes', 'user_id', 'user_service.users', 'cascade'),
      ('ticket_service.tickets', 'checked_in_by', 'user_service.users', 'set null'),
      ('ticket_service.waitlist_entries', 'user_id', 'user_service.users', 'cascade'),
      ('ticket_service.event_staff', 'user_id', 'user_service.users', 'cascade')
    ) as links (source, source_column, target, on_delete)
  loop
    if not exists (
      select from pg_catalog.pg_constraint
      where conrelid = link.source::regclass and conname = split_part(link.source, '.', 2) || '_' || link.source_column || '_fkey')
    then
      execute format('alter table %s add constraint %I foreign key (%I) references %s (id) on delete %s',
        link.source, split_part(link.source, '.', 2) || '_' || link.source_column || '_fkey', link.source_column, link.target, link.on_delete);
    end if;
  end loop;
end $$;
