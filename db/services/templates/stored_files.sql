-- Columns such as avatar_url hold a path in their bucket, or the URL of an imported row. Cards tell which.
create or replace function {{service}}_private.stored_path(file text)
returns text language sql immutable parallel safe set search_path = '' as $$ select case when file !~* '^https?://' then file end $$;
comment on function {{service}}_private.stored_path(text) is 'The path of an uploaded file in its bucket. Null for a URL.';
create or replace function {{service}}_private.stored_url(file text)
returns text language sql immutable parallel safe set search_path = '' as $$ select case when file ~* '^https?://' then file end $$;
comment on function {{service}}_private.stored_url(text) is 'The URL of a file of an imported row. Null for a path.';
