create table if not exists {{service}}_private.counter_deltas (
  id bigint generated always as identity primary key,
  counted name not null,
  target_id uuid not null,
  counter name not null,
  delta int not null
);
comment on table {{service}}_private.counter_deltas is 'Counter changes whose row was locked, until fold_counters() applies them. counted names the table in {{service}}_service.';
create index if not exists counter_deltas_target_id on {{service}}_private.counter_deltas (target_id);
alter table {{service}}_private.counter_deltas enable row level security;

-- Definer: clients may not write counters. Updates the row if it is free; appends a delta if it is locked or deltas are
-- already waiting for it, so that no request waits for a counter.
create or replace function {{service}}_private.add_to_counter(counted name, target uuid, counter name, delta int)
returns void language plpgsql volatile security definer set search_path = '' as $$
declare
  updated int;
  target_exists boolean := true;
begin
  if target is null or delta = 0 then
    return;
  end if;
  if not exists (select 1 from {{service}}_private.counter_deltas d where d.target_id = target) then
    execute format(
      'update {{service}}_service.%1$I set %2$I = %2$I + $2
       where id = (select id from {{service}}_service.%1$I where id = $1 for no key update skip locked)', counted, counter)
    using target, delta;
    get diagnostics updated = row_count;
    if updated = 1 then
      return;
    end if;
  end if;
  if delta < 0 then
    -- In a cascade the target is already deleted: there is nothing to count.
    execute format('select exists (select 1 from {{service}}_service.%I where id = $1)', counted) into target_exists using target;
  end if;
  if target_exists then
    insert into {{service}}_private.counter_deltas (counted, target_id, counter, delta) values (counted, target, counter, delta);
  end if;
end $$;
comment on function {{service}}_private.add_to_counter(name, uuid, name, int) is 'Adds delta to a counter of a row. All counters in {{service}}_service are changed through it.';
revoke execute on function {{service}}_private.add_to_counter(name, uuid, name, int) from public;

-- Definer: clients may not write counters. Never waits: deltas of a locked row stay for the next run, deltas of a
-- deleted row are dropped.
create or replace function {{service}}_private.fold_counters(batch int default 10000)
returns int language plpgsql volatile security definer set search_path = '' as $$
declare
  change record;
  updated int;
  target_exists boolean;
  folded int := 0;
begin
  if not pg_try_advisory_xact_lock(hashtext('{{service}}_private.fold_counters')) then
    return 0;
  end if;
  for change in
    with taken as (
      delete from {{service}}_private.counter_deltas
      where id in (select id from {{service}}_private.counter_deltas order by id limit batch)
      returning counted, target_id, counter, delta)
    select counted, target_id, counter, sum(delta)::int as delta, count(*)::int as parts
    from taken group by counted, target_id, counter
  loop
    execute format(
      'update {{service}}_service.%1$I set %2$I = %2$I + $2
       where id = (select id from {{service}}_service.%1$I where id = $1 for no key update skip locked)', change.counted, change.counter)
    using change.target_id, change.delta;
    get diagnostics updated = row_count;
    if updated = 0 then
      execute format('select exists (select 1 from {{service}}_service.%I where id = $1)', change.counted) into target_exists using change.target_id;
      if target_exists then
        insert into {{service}}_private.counter_deltas (counted, target_id, counter, delta)
        values (change.counted, change.target_id, change.counter, change.delta);
      end if;
    else
      folded := folded + change.parts;
    end if;
  end loop;
  return folded;
end $$;
comment on function {{service}}_private.fold_counters(int) is 'Applies waiting deltas to their counters and returns how many. To be run every second.';
revoke execute on function {{service}}_private.fold_counters(int) from public;
