-- Schemas, roles, and the helpers that services share: refusals and cursors.

-- @include ../shared/foundation.sql

comment on schema ticket_service is 'Tickets and their payments. Exposed over REST.';

-- @include ../shared/cursor_time.sql
