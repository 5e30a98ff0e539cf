-- Schemas, roles, and the helpers that every service has: refusals, cursors and search.

-- @include ../templates/foundation.sql

create schema if not exists extensions;
comment on schema user_service is 'Accounts, profiles, follows, blocks and invitations. Exposed over REST.';

-- @include ../templates/search.sql

-- @include ../templates/stored_files.sql
