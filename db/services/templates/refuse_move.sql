-- An upsert sets the columns of its conflict target too, so clients may update them, but only to the same values.
-- Definer: clients have no access to the schema of refuse(). Operators may move rows.
create or replace function {{service}}_private.tg_rows__refuse_move()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  if (select auth.uid()) is not null then
    perform {{service}}_private.refuse('row_cannot_move', 'A row cannot be moved to another parent. Delete it and insert a new one.', 409);
  end if;
  return new;
end $$;
revoke execute on function {{service}}_private.tg_rows__refuse_move() from public;
