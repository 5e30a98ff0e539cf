begin;
set local search_path = extensions, public;
select no_plan();

select tests.make_people();
select tests.make_post('open'), tests.make_post('diary', 'owner', '{"visibility": "private"}'), tests.make_post('theirs', 'stranger');
insert into post_service.post_images (id, post_id, image_url) values
  (tests.id('open picture'), tests.id('open'), tests.id('owner') || '/open.png'), (tests.id('diary picture'), tests.id('diary'), tests.id('owner') || '/diary.png'),
  (tests.id('stolen picture'), tests.id('theirs'), tests.id('owner') || '/stolen.png');

select is(tests.may('owner', 'post_service.post_images'), 'select, insert (post_id, image_url, order_index), update (image_url, order_index), delete', 'a picture stays with its post');
select is(tests.may('anonymous', 'post_service.post_images'), 'select', 'visitors look');
select tests.outcomes($$ select from post_service.post_images where id = tests.id('open picture') $$, 'owner 1, stranger 1, anonymous 1, blocked 0, blocker 0, service 1', 'whoever sees the post sees its pictures');
select tests.outcomes($$ select from post_service.post_images where id = tests.id('diary picture') $$, 'owner 1, mutual 0, stranger 0, anonymous 0', 'and nobody else');
select tests.outcomes($$ insert into post_service.post_images (post_id, image_url) values (tests.id('open'), 'new.png') $$,
  'owner 1, mutual post_not_found/404, stranger post_not_found/404, gone account_gone/401, anonymous 42501/grant', 'the author adds them');
select tests.outcomes($$ update post_service.post_images set order_index = 1 where post_id = tests.id('open') $$, 'owner 1, mutual 0, stranger 0, anonymous 42501/grant', 'and orders them');
select tests.outcomes($$ update post_service.post_images set order_index = 1 $$, 'mutual 0', 'nobody another''s');
select tests.outcomes($$ delete from post_service.post_images where post_id = tests.id('open') $$, 'owner 1, mutual 0, stranger 0, anonymous 42501/grant', 'and removes them');

select tests.outcomes(format($$ update post_service.post_images set %s where id = tests.id('open picture') $$, change), 'owner ' || outcome, left(change, 60))
from (values
  ('image_url = ''''', 'text_too_long/400'), ('image_url = repeat(''a'', 1001)', 'text_too_long/400'), ('image_url = repeat(''a'', 1000)', '1'), ('image_url = null', '23502'),
  ('order_index = -1', 'order_index_out_of_range/400'), ('order_index = 1001', 'order_index_out_of_range/400'), ('order_index = 1000', '1')
) changes (change, outcome);
select tests.outcomes($$ insert into post_service.post_images (post_id, image_url) values (tests.id('nothing'), 'new.png') $$, 'database 23503/post_images_post_id_fkey', 'a picture is of a post');
select tests.outcomes($$ insert into post_service.post_images (id, post_id, image_url) values (tests.id('open picture'), tests.id('open'), 'new.png') $$, 'owner 42501/grant, service 23505/post_images_pkey', 'ids are the database''s to choose');
select is((select array_agg(path) from post_private.visible_files where path like tests.id('owner') || '/%'), array[tests.id('owner') || '/open.png'],
  'a file counts only in the folder of the post''s author');
select tests.does('owner', $$ insert into post_service.post_images (post_id, image_url) select tests.id('open'), n || '.png' from generate_series(2, 10) n $$);
select tests.outcomes($$ insert into post_service.post_images (post_id, image_url) values (tests.id('open'), '11.png') $$, 'owner too_many_images/409, service 1', 'ten pictures are enough, but an import may bring more');
delete from post_service.posts where id = tests.id('diary');
select is((select count(*)::int from post_service.post_images where id = tests.id('diary picture')), 0, 'pictures go with their post');

select * from finish();
rollback;
