-- Account deletion. Other services clean up when the profile is deleted (db/one_database/20_effects.sql).

-- Locks the rows that account deletion changes before the account itself, because other writers reach the account last,
-- through a foreign key. db/one_database/40_account_deletion.sql replaces it to include the other services.
do $do$
begin
  if to_regprocedure('user_private.lock_account(uuid)') is null then
    create function user_private.lock_account(person uuid)
    returns void language plpgsql volatile set search_path = '' as $$
    begin
      perform from user_service.profiles p where p.id = person for update;
      -- fold_counters() locks this row first and the account after it, through the foreign key.
      perform from user_service.user_stats s where s.user_id = person for update;
    end $$;
  end if;
end $do$;

comment on function user_private.lock_account(uuid) is 'Locks what the deletion of this account changes, in the locking order of CONTRIBUTING.md.';
revoke execute on function user_private.lock_account(uuid) from public;

-- Definer: clients may not delete the row, because account deletion includes more than that.
create or replace function user_private.delete_account()
returns void language plpgsql volatile security definer set search_path = '' as $$
begin
  -- Deletion may take long. A second request is refused instead of waiting for it.
  if not pg_try_advisory_xact_lock(hashtextextended('account deletion ' || (select auth.uid()), 0)) then
    perform user_private.refuse('request_in_progress', 'Your account is being deleted. Try again in a moment.', 409);
  end if;
  perform user_private.lock_account((select auth.uid()));
  delete from user_service.users where id = (select auth.uid());
  if not found then
    perform user_private.refuse('account_gone', 'This account no longer exists. Sign in again.', 401);
  end if;
end $$;
revoke execute on function user_private.delete_account() from public;
grant execute on function user_private.delete_account() to authenticated, service_role;

create or replace function user_service.delete_account()
returns void language sql volatile security invoker set search_path = ''
begin atomic
  select user_private.delete_account();
end;
comment on function user_service.delete_account() is 'Deletes the caller''s account and data. Cannot be undone. Refused with has_sold_tickets while the caller hosts an upcoming event with sold tickets.';
revoke execute on function user_service.delete_account() from public;
grant execute on function user_service.delete_account() to authenticated, service_role;
