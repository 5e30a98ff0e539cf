-- Baseline, built by `npm run db:build` until the first release, from db/supabase/.

-- db/supabase/realtime.sql
-- Tables that clients can follow with Realtime, which applies their policies. Skipped where there is no such publication.
do $$
declare
  followed regclass;
begin
  if not exists (select from pg_catalog.pg_publication where pubname = 'supabase_realtime' and not puballtables) then
    raise notice 'Skipped: this database has no publication supabase_realtime.';
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
