-- Scheduled work has become a procedure, which commits between its steps. pg_cron keeps a row for each run, and would keep
-- 86,400 of them a day for ever.
do $$
begin
  if exists (select from pg_catalog.pg_extension where extname = 'pg_cron') then
    perform cron.schedule('anigmaa-scheduled-work', '1 second', 'call event_private.run_scheduled_work()');
    perform cron.schedule('anigmaa-forget-runs', '17 * * * *',
      'delete from cron.job_run_details where end_time < now() - interval ''1 hour''');
  end if;
end $$;
