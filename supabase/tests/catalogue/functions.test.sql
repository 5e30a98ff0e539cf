begin;
set local search_path = extensions, public;
select no_plan();

create temp view our_functions as
  select p.*, p.oid::regprocedure::text as signature, n.nspname like '%\_private' as is_private,
    p.prosqlbody is not null as is_atomic, coalesce(p.proconfig, '{}') @> array['search_path=""'] as has_search_path
  from pg_proc p join pg_namespace n on n.oid = p.pronamespace
  where n.nspname in ('user_service', 'event_service', 'post_service', 'ticket_service', 'user_private', 'event_private', 'post_private', 'ticket_private');

select is_empty($$ select signature from our_functions where not has_search_path and not is_atomic and prokind <> 'p' $$, 'functions set their search_path, except SQL-standard bodies and procedures that commit');
select is_empty($$ select signature from our_functions where prosecdef and not has_search_path $$, 'definer functions set their search_path');
select is_empty($$ select signature from our_functions where prosecdef and not is_private $$, 'definer functions are in private schemas');
select is_empty($$ select signature from our_functions where prosecdef and has_function_privilege('public', oid, 'execute') $$, 'definer functions are not executable by public');
select is_empty($$ select signature from our_functions where not is_private and obj_description(oid, 'pg_proc') is null $$, 'functions that clients call have a comment');
select is_empty($$ select signature from our_functions where prorettype = 'trigger'::regtype and proname !~ '^(tg_[a-z_]+__[a-z_]+|update_updated_at_column)$' $$, 'names of trigger functions follow tg_<table>__<effect>');
select is_empty($$ select signature from our_functions where prorettype = 'trigger'::regtype and prosecdef
  and (has_function_privilege('anon', oid, 'execute') or has_function_privilege('authenticated', oid, 'execute')) $$, 'clients cannot execute definer trigger functions');
select is_empty(
  $$ select t.tgrelid::regclass, t.tgname from pg_trigger t join our_functions f on f.oid = t.tgfoid where not t.tgisinternal and t.tgenabled <> 'O' $$, 'no trigger is disabled');

-- An invoker function that names a private schema fails for clients, who have no usage there. Triggers that only the
-- owner or definer functions fire are allowed to.
select is_empty(
  $$ select signature from our_functions
     where not prosecdef and not is_atomic and prolang <> (select oid from pg_language where lanname = 'internal') and prosrc ~ '\m(user|event|post|ticket)_private\.'
       and (not is_private or exists (
         select from pg_trigger t, unnest(array['authenticated', 'service_role']) role
         where t.tgfoid = our_functions.oid and not has_schema_privilege(role, pronamespace, 'usage')
           and (has_any_column_privilege(role, t.tgrelid, 'insert, update') or has_table_privilege(role, t.tgrelid, 'delete')))) $$,
  'no function that clients run fails because it names a private schema');

select * from finish();
rollback;
