begin;
set local search_path = extensions, public;
select no_plan();

select tests.make_people();
select tests.make_post('open'), tests.make_post('diary', 'owner', '{"visibility": "private"}'), tests.make_post('theirs', 'stranger');
insert into post_service.post_images (id, post_id, image_url) values
  (tests.id('open image'), tests.id('open'), tests.id('owner') || '/open.png'), (tests.id('diary image'), tests.id('diary'), tests.id('owner') || '/diary.png'),
  (tests.id('stolen image'), tests.id('theirs'), tests.id('owner') || '/stolen.png');

select is(tests.may('owner', 'post_service.post_images'), 'select, insert (post_id, image_url, order_index), update (image_url, order_index), delete', 'clients cannot change the post of an image');
select is(tests.may('anonymous', 'post_service.post_images'), 'select', 'anonymous visitors may read images');
select tests.outcomes($$ select from post_service.post_images where id = tests.id('open image') $$, 'owner 1, stranger 1, anonymous 1, blocked 0, blocker 0, service 1', 'images are visible to everyone who sees the post');
select tests.outcomes($$ select from post_service.post_images where id = tests.id('diary image') $$, 'owner 1, mutual 0, stranger 0, anonymous 0', 'images of a private post are hidden from others');
select tests.outcomes($$ insert into post_service.post_images (post_id, image_url) values (tests.id('open'), 'new.png') $$,
  'owner 1, mutual post_not_found/404, stranger post_not_found/404, gone account_gone/401, anonymous 42501/grant', 'only the author adds images');
select tests.outcomes($$ update post_service.post_images set order_index = 1 where post_id = tests.id('open') $$, 'owner 1, mutual 0, stranger 0, anonymous 42501/grant', 'only the author changes their order');
select tests.outcomes($$ update post_service.post_images set order_index = 1 $$, 'mutual 0', 'an unconditional update changes no image of others');
select tests.outcomes($$ delete from post_service.post_images where post_id = tests.id('open') $$, 'owner 1, mutual 0, stranger 0, anonymous 42501/grant', 'only the author deletes images');

select tests.outcomes(format($$ update post_service.post_images set %s where id = tests.id('open image') $$, change), 'owner ' || outcome, left(change, 60))
from (values
  ('image_url = ''''', 'text_too_long/400'), ('image_url = repeat(''a'', 1001)', 'text_too_long/400'), ('image_url = repeat(''a'', 1000)', '1'), ('image_url = null', '23502'),
  ('order_index = -1', 'order_index_out_of_range/400'), ('order_index = 1001', 'order_index_out_of_range/400'), ('order_index = 1000', '1')
) changes (change, outcome);
select tests.outcomes($$ insert into post_service.post_images (post_id, image_url) values (tests.id('nothing'), 'new.png') $$, 'database 23503/post_images_post_id_fkey', 'the post must exist');
select tests.outcomes($$ insert into post_service.post_images (id, post_id, image_url) values (tests.id('open image'), tests.id('open'), 'new.png') $$, 'owner 42501/grant, service 23505/post_images_pkey', 'clients cannot set the id, and a taken id is refused');
select is((select array_agg(path) from post_private.visible_files where path like tests.id('owner') || '/%'), array[tests.id('owner') || '/open.png'],
  'a file is readable only in the folder of the author');
select tests.does('owner', $$ insert into post_service.post_images (post_id, image_url) select tests.id('open'), n || '.png' from generate_series(2, 10) n $$);
select tests.outcomes($$ insert into post_service.post_images (post_id, image_url) values (tests.id('open'), '11.png') $$, 'owner too_many_images/409, service 1', 'a post has at most ten images, except for imports');
delete from post_service.posts where id = tests.id('diary');
select is((select count(*)::int from post_service.post_images where id = tests.id('diary image')), 0, 'images are deleted with their post');

select * from finish();
rollback;
