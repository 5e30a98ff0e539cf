create or replace function {{service}}_private.cursor_time(keys jsonb, key text)
returns timestamptz language plpgsql stable set search_path = '' as $$
begin
  if keys is not null and (keys ->> key)::timestamptz is null then
    perform {{service}}_private.refuse('malformed_cursor', 'This is not a cursor of this list. Start again without a cursor.');
  end if;
  return (keys ->> key)::timestamptz;
exception when data_exception then
  perform {{service}}_private.refuse('malformed_cursor', 'This is not a cursor of this list. Start again without a cursor.');
  return null;
end $$;
comment on function {{service}}_private.cursor_time(jsonb, text) is 'Reads a timestamp from the keys of a cursor. Refuses anything else with malformed_cursor.';
