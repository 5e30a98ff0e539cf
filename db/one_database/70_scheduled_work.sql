-- Work that runs on a schedule in one database.

-- No `set search_path`: a procedure that has one cannot commit.
create or replace procedure event_private.run_scheduled_work()
language plpgsql security invoker as $$
begin
  perform event_private.advance_event_status();
  commit;
  perform user_private.fold_counters();
  commit;
  perform event_private.fold_counters();
  commit;
  perform post_private.fold_counters();
  commit;
  call ticket_private.run_scheduled_work();
end $$;
comment on procedure event_private.run_scheduled_work() is 'To be called every second by the owner of the database: updates the status of events, folds counters, expires holds and continues cancellations, each in its own transaction.';
revoke execute on procedure event_private.run_scheduled_work() from public;
