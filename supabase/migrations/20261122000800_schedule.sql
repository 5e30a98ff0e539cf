-- Scheduled work each second by pg_cron, where it is. Does nothing elsewhere: the embedded stack has a timer of its own.
do $$
begin
  if not exists (select from pg_catalog.pg_available_extensions where name = 'pg_cron') then
    raise notice 'No pg_cron here: call event_private.run_scheduled_work() each second by other means.';
    return;
  end if;
  begin
    create extension if not exists pg_cron;
  exception when others then
    -- Installed on the server, but for another database.
    raise notice 'pg_cron cannot be used here (%): call event_private.run_scheduled_work() each second by other means.', sqlerrm;
    return;
  end;
  perform cron.schedule('anigmaa-scheduled-work', '1 second', 'select event_private.run_scheduled_work()');
end $$;
