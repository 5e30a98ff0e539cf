-- No policy and no grant: clients cannot read stubs.
do $$
declare
  stub text;
begin
  foreach stub in array array[{{tables}}] loop
    execute format('alter table %s enable row level security', stub);
    if obj_description(stub::regclass, 'pg_class') is null then
      execute format('comment on table %s is %L', stub, 'Stub of another service''s table, filled by replication.');
    end if;
  end loop;
end $$;
