-- Images of an event, written by its host. The same as those of a post.

-- @include ../templates/images.sql
--   owner = host
--   a = an
--   new_id = extensions.uuid_generate_v4()
