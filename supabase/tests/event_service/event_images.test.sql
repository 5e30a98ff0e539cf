begin;
set local search_path = extensions, public;
select no_plan();

select tests.make_people();
select tests.make_event('open'), tests.make_event('secret', 'owner', '{"privacy": "private"}'), tests.make_event('theirs', 'stranger');
insert into event_service.event_images (id, event_id, image_url) values
  (tests.id('open picture'), tests.id('open'), tests.id('owner') || '/open.png'), (tests.id('secret picture'), tests.id('secret'), tests.id('owner') || '/secret.png'),
  (tests.id('stolen picture'), tests.id('theirs'), tests.id('owner') || '/stolen.png');

select is(tests.may('owner', 'event_service.event_images'), 'select, insert (event_id, image_url, order_index), update (image_url, order_index), delete', 'a picture stays with its event');
select is(tests.may('anonymous', 'event_service.event_images'), 'select', 'visitors look');
select tests.outcomes($$ select from event_service.event_images where id = tests.id('open picture') $$,
  'owner 1, stranger 1, anonymous 1, blocked 0, blocker 0, service 1', 'whoever sees the event sees its pictures');
select tests.outcomes($$ select from event_service.event_images where id = tests.id('secret picture') $$, 'owner 1, mutual 0, stranger 0, anonymous 0', 'and nobody else');
select tests.outcomes(
  $$ insert into event_service.event_images (event_id, image_url) values (tests.id('open'), 'new.png') $$,
  'owner 1, mutual event_not_found/404, stranger event_not_found/404, gone account_gone/401, anonymous 42501/grant', 'the host adds them');
select tests.outcomes(
  $$ update event_service.event_images set order_index = 1 where event_id = tests.id('open') $$, 'owner 1, mutual 0, stranger 0, anonymous 42501/grant', 'and orders them');
select tests.outcomes($$ update event_service.event_images set order_index = 1 $$, 'mutual 0', 'nobody another''s');
select tests.outcomes(
  $$ delete from event_service.event_images where event_id = tests.id('open') $$, 'owner 1, mutual 0, stranger 0, anonymous 42501/grant', 'and removes them');

select tests.outcomes(format($$ update event_service.event_images set %s where id = tests.id('open picture') $$, change), 'owner ' || outcome, left(change, 60))
from (values
  ('image_url = ''''', 'text_too_long/400'), ('image_url = repeat(''a'', 1001)', 'text_too_long/400'), ('image_url = repeat(''a'', 1000)', '1'), ('image_url = null', '23502'),
  ('order_index = -1', 'order_index_out_of_range/400'), ('order_index = 1001', 'order_index_out_of_range/400'), ('order_index = 1000', '1')
) changes (change, outcome);
select tests.outcomes(
  $$ insert into event_service.event_images (event_id, image_url) values (tests.id('nothing'), 'new.png') $$, 'database 23503/event_images_event_id_fkey', 'a picture is of an event');
select tests.outcomes(
  $$ insert into event_service.event_images (id, event_id, image_url) values (tests.id('open picture'), tests.id('open'), 'new.png') $$, 'owner 42501/grant, service 23505/event_images_pkey', 'ids are the database''s to choose');
select tests.does('owner', $$ insert into event_service.event_images (event_id, image_url) select tests.id('open'), n || '.png' from generate_series(2, 10) n $$);
select tests.outcomes($$ insert into event_service.event_images (event_id, image_url) values (tests.id('open'), '11.png') $$, 'owner too_many_images/409, service 1', 'ten pictures are enough, but an import may bring more');
delete from event_service.events where id = tests.id('secret');
select is((select count(*)::int from event_service.event_images where id = tests.id('secret picture')), 0, 'pictures go with their event');

-- What Storage asks.
select is((select array_agg(path) from event_private.visible_files where path like tests.id('owner') || '/%'), array[tests.id('owner') || '/open.png'],
  'a file counts only in the folder of the event''s host');

select * from finish();
rollback;
