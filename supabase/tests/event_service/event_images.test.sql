begin;
set local search_path = extensions, public;
select no_plan();

select tests.make_people();
select tests.make_event('open'), tests.make_event('secret', 'owner', '{"privacy": "private"}'), tests.make_event('theirs', 'stranger');
insert into event_service.event_images (id, event_id, image_url) values
  (tests.id('open image'), tests.id('open'), tests.id('owner') || '/open.png'), (tests.id('secret image'), tests.id('secret'), tests.id('owner') || '/secret.png'),
  (tests.id('stolen image'), tests.id('theirs'), tests.id('owner') || '/stolen.png');

select is(tests.may('owner', 'event_service.event_images'), 'select, insert (event_id, image_url, order_index), update (image_url, order_index), delete', 'clients cannot change the event of an image');
select is(tests.may('anonymous', 'event_service.event_images'), 'select', 'anonymous visitors may read images');
select tests.outcomes($$ select from event_service.event_images where id = tests.id('open image') $$,
  'owner 1, stranger 1, anonymous 1, blocked 0, blocker 0, service 1', 'images are visible to everyone who sees the event');
select tests.outcomes($$ select from event_service.event_images where id = tests.id('secret image') $$, 'owner 1, mutual 0, stranger 0, anonymous 0', 'images of a private event are hidden from others');
select tests.outcomes(
  $$ insert into event_service.event_images (event_id, image_url) values (tests.id('open'), 'new.png') $$,
  'owner 1, mutual event_not_found/404, stranger event_not_found/404, gone account_gone/401, anonymous 42501/grant', 'only the host adds images');
select tests.outcomes(
  $$ update event_service.event_images set order_index = 1 where event_id = tests.id('open') $$, 'owner 1, mutual 0, stranger 0, anonymous 42501/grant', 'only the host changes their order');
select tests.outcomes($$ update event_service.event_images set order_index = 1 $$, 'mutual 0', 'an unconditional update changes no image of others');
select tests.outcomes(
  $$ delete from event_service.event_images where event_id = tests.id('open') $$, 'owner 1, mutual 0, stranger 0, anonymous 42501/grant', 'only the host deletes images');

select tests.outcomes(format($$ update event_service.event_images set %s where id = tests.id('open image') $$, change), 'owner ' || outcome, left(change, 60))
from (values
  ('image_url = ''''', 'text_too_long/400'), ('image_url = repeat(''a'', 1001)', 'text_too_long/400'), ('image_url = repeat(''a'', 1000)', '1'), ('image_url = null', '23502'),
  ('order_index = -1', 'order_index_out_of_range/400'), ('order_index = 1001', 'order_index_out_of_range/400'), ('order_index = 1000', '1')
) changes (change, outcome);
select tests.outcomes(
  $$ insert into event_service.event_images (event_id, image_url) values (tests.id('nothing'), 'new.png') $$, 'database 23503/event_images_event_id_fkey', 'the event must exist');
select tests.outcomes(
  $$ insert into event_service.event_images (id, event_id, image_url) values (tests.id('open image'), tests.id('open'), 'new.png') $$, 'owner 42501/grant, service 23505/event_images_pkey', 'clients cannot set the id, and a taken id is refused');
select tests.does('owner', $$ insert into event_service.event_images (event_id, image_url) select tests.id('open'), n || '.png' from generate_series(2, 10) n $$);
select tests.outcomes($$ insert into event_service.event_images (event_id, image_url) values (tests.id('open'), '11.png') $$, 'owner too_many_images/409, service 1', 'an event has at most ten images, except for imports');
delete from event_service.events where id = tests.id('secret');
select is((select count(*)::int from event_service.event_images where id = tests.id('secret image')), 0, 'images are deleted with their event');

-- Paths that Storage policies read.
select is((select array_agg(path) from event_private.visible_files where path like tests.id('owner') || '/%'), array[tests.id('owner') || '/open.png'],
  'a file is readable only in the folder of the host');

select * from finish();
rollback;
