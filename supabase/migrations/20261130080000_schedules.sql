-- Baseline, built by `npm run db:build` until the first release, from db/supabase/.

-- db/supabase/schedules.sql
-- Scheduled work by pg_cron. Skipped where pg_cron cannot be used; the embedded stack has a timer of its own.
--
-- Where pg_net and Vault exist too (hosted Supabase), pg_cron also calls the edge functions maintenance and purge-files,
-- once the address of the API and a secret key are in Vault:
--   select vault.create_secret('https://<project>.supabase.co', 'anigmaa_api_url');
--   select vault.create_secret('sb_secret_…', 'anigmaa_secret_key');
do $$
declare
  call_function constant text := $call$
    select net.http_post(
      url := url.decrypted_secret || '/functions/v1/%s', headers := jsonb_build_object('apikey', key.decrypted_secret), timeout_milliseconds := 60000)
    from vault.decrypted_secrets url, vault.decrypted_secrets key
    where url.name = 'anigmaa_api_url' and key.name = 'anigmaa_secret_key' and %s$call$;
begin
  if not exists (select from pg_catalog.pg_available_extensions where name = 'pg_cron') then
    raise notice 'Skipped: pg_cron is not installed. Call event_private.run_scheduled_work() every second by other means.';
    return;
  end if;
  begin
    create extension if not exists pg_cron;
  exception when others then
    -- The server allows pg_cron in another database only.
    raise notice 'Skipped: pg_cron cannot be used (%). Call event_private.run_scheduled_work() every second by other means.', sqlerrm;
    return;
  end;
  perform cron.schedule('anigmaa-scheduled-work', '1 second', 'call event_private.run_scheduled_work()');
  -- pg_cron keeps a row for each run, 86,400 a day.
  perform cron.schedule('anigmaa-forget-runs', '17 * * * *',
    'delete from cron.job_run_details where end_time < now() - interval ''1 hour''');

  if (select count(*) from pg_catalog.pg_available_extensions where name in ('pg_net', 'supabase_vault')) < 2 then
    raise notice 'Skipped: pg_net and Vault are not installed. Call the edge functions maintenance and purge-files by other means.';
    return;
  end if;
  create extension if not exists pg_net with schema extensions;
  create extension if not exists supabase_vault;
  perform cron.schedule('anigmaa-maintenance', '10 seconds', format(call_function, 'maintenance', 'ticket_private.maintenance_is_due()'));
  perform cron.schedule('anigmaa-purge-files', '*/10 * * * *',
    format(call_function, 'purge-files', 'exists (select from user_private.files_to_delete)'));
end $$;
