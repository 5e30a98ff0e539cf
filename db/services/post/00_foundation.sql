-- Schemas, roles, and the helpers that services share: refusals, cursors, search and counters.

-- @include ../templates/foundation.sql

comment on schema post_service is 'Posts and reactions to them. Exposed over REST.';

-- @include ../templates/cursor_time.sql

-- @include ../templates/search.sql

-- Counters of posts and comments, and poll_options.votes_count.
-- @include ../templates/counters.sql
