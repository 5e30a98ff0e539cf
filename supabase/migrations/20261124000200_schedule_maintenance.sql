-- Where pg_cron, pg_net and Vault are (hosted Supabase), the edge functions that have no caller of their own are called
-- by the database. The address of the API and the secret key are in Vault under these names; until both are there,
-- nothing is called:
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
  if not exists (select from pg_catalog.pg_extension where extname = 'pg_cron')
    or (select count(*) from pg_catalog.pg_available_extensions where name in ('pg_net', 'supabase_vault')) < 2
  then
    raise notice 'No pg_cron, pg_net and Vault here: call the functions maintenance and purge-files by other means.';
    return;
  end if;
  create extension if not exists pg_net with schema extensions;
  create extension if not exists supabase_vault;
  perform cron.schedule('anigmaa-maintenance', '10 seconds', format(call_function, 'maintenance', 'ticket_private.maintenance_is_due()'));
  perform cron.schedule('anigmaa-purge-files', '*/10 * * * *',
    format(call_function, 'purge-files', 'exists (select from user_private.files_to_delete)'));
end $$;
