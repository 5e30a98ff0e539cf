-- Images of a post, written by its author. The same as those of an event.

-- @include ../templates/images.sql
--   owner = author
--   a = a
--   new_id = gen_random_uuid()
