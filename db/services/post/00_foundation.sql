-- Schemas, roles, and the helpers that services share: refusals, cursors, search and counters.

-- @include ../shared/foundation.sql

comment on schema post_service is 'Posts and reactions to them. Exposed over REST.';

-- @include ../shared/cursor_time.sql

-- @include ../shared/search.sql

-- Counters of posts and comments, and poll_options.votes_count.
-- @include ../shared/counters.sql
