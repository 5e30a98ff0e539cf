-- What a client follows live. Realtime asks the policies before it tells anyone. Does nothing where the publication
-- is not there.
do $$
declare
  followed regclass;
begin
  if not exists (select from pg_catalog.pg_publication where pubname = 'supabase_realtime' and not puballtables) then
    raise notice 'No publication supabase_realtime here: live updates are left out.';
    return;
  end if;
  foreach followed in array array['post_service.comments', 'event_service.event_qna', 'user_service.invitations', 'ticket_service.tickets']::regclass[] loop
    if not exists (
      select from pg_catalog.pg_publication p join pg_catalog.pg_publication_rel r on r.prpubid = p.oid
      where p.pubname = 'supabase_realtime' and r.prrelid = followed)
    then
      execute format('alter publication supabase_realtime add table %s', followed);
    end if;
  end loop;
end $$;
