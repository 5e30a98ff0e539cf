-- Schemas, roles, and the helpers that services share: refusals and cursors.

-- @include ../templates/foundation.sql

comment on schema ticket_service is 'Tickets and their payments. Exposed over REST.';

-- @include ../templates/cursor_time.sql

-- @include ../templates/stored_files.sql
