-- Schemas, roles, extensions, and the helpers that services share: refusals, cursors, search, counters and upserts.

-- @include ../templates/foundation.sql

create schema if not exists extensions;
create extension if not exists "uuid-ossp" with schema extensions;
create extension if not exists postgis with schema extensions;
comment on schema event_service is 'Events, their attendees, and what people say about them. Exposed over REST.';

-- Functions with an empty search_path name the schema of every extension they use.
do $$
begin
  if to_regprocedure('extensions.st_asgeojson(extensions.geography, integer, integer)') is null or to_regprocedure('extensions.uuid_generate_v4()') is null then
    raise exception 'PostGIS or uuid-ossp is installed in this database, but not in the schema "extensions"'
      using hint = 'Drop it and load this file again, or install it with: create extension … with schema extensions.';
  end if;
end $$;
-- Filters and defaults of clients call the extensions' functions.
grant usage on schema extensions to anon, authenticated, service_role;

-- @include ../templates/cursor_time.sql

-- @include ../templates/search.sql

-- @include ../templates/refuse_move.sql

-- @include ../templates/stored_files.sql

-- Counters: events.attendees_count, events.tickets_sold, event_qna.upvotes_count.
-- @include ../templates/counters.sql
