-- Schemas, roles, and the helpers that services share: refusals, cursors, search, counters and upserts.

-- @include ../templates/foundation.sql

comment on schema post_service is 'Posts and reactions to them. Exposed over REST.';

-- @include ../templates/cursor_time.sql

-- @include ../templates/search.sql

-- @include ../templates/refuse_move.sql

-- @include ../templates/stored_files.sql

-- Counters of posts and comments, and poll_options.votes_count.
-- @include ../templates/counters.sql
