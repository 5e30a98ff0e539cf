begin;
set local search_path = extensions, public;
select no_plan();

select tests.make_people();
select tests.make_event('party', 'owner', '{"privacy": "private"}');
select tests.outcomes($$ select post_service.publish_post('Words') $$, 'owner 1, gone account_gone/401, anonymous 42501/grant', 'everyone with an account can publish');
select tests.act_as('owner');
select is((select array[type::text, visibility::text, author ->> 'id'] from post_service.publish_post('Words', 'followers')), array['text', 'followers', tests.id('owner')::text], 'publishes text with a visibility');
create temp table with_images as select * from post_service.publish_post('Images', image_urls => array['b.png', 'a.png']);
create temp table a_poll as select * from post_service.publish_post('Which?', poll_options => array['Yes', 'No'], poll_closes_at => now() + interval '1 day');
select is((select array[type::text, images -> 0 ->> 'path', images -> 1 ->> 'path'] from with_images), array['text_with_images', 'b.png', 'a.png'], 'publishes images in the given order');
select is((select array[type::text, (select string_agg(o.label, ' ' order by o.order_index) from post_service.poll_options o where o.post_id = p.id and o.id = any (select (c ->> 'id')::uuid from jsonb_array_elements(poll -> 'options') c)), ((poll ->> 'closes_at')::timestamptz > now())::text] from a_poll p), array['poll', 'Yes No', 'true'], 'publishes a poll and returns its options');
create temp table with_event as select * from post_service.publish_post('Come!', attached_event_id => tests.id('party'), event_id => tests.id('party'));
select is((select array[p.type::text, p.attached_event_id::text, p.event_id::text, card.event ->> 'id'] from with_event card join post_service.posts p using (id)),
  array['text_with_event', tests.id('party')::text, tests.id('party')::text, tests.id('party')::text], 'publishes an event');
select is((select type::text from post_service.publish_post(null, image_urls => array['a.png'])), 'text_with_images', 'images need no text');
select tests.act_as('database');

-- All or nothing.
select tests.outcomes($$ select post_service.publish_post('Which?', poll_options => array['Yes', ' ']) $$, 'stranger invalid_option/400', 'an option without text is refused');
select tests.outcomes($$ select post_service.publish_post('Which?', poll_options => array_fill('Yes'::text, array[11])) $$, 'stranger too_many_options/400', 'eleven options are refused');
select tests.outcomes($$ select post_service.publish_post('Images', image_urls => array['a.png', '']) $$, 'stranger text_too_long/400', 'an image without a path is refused');
select tests.outcomes($$ select post_service.publish_post('Words', poll_closes_at => now()) $$, 'stranger not_a_poll/400', 'only a poll can close');
select tests.outcomes($$ select post_service.publish_post(' ') $$, 'stranger empty_post/400', 'an empty post is refused');
select tests.outcomes($$ select post_service.publish_post('Come!', attached_event_id => tests.id('party')) $$, 'stranger event_not_found/404, owner 1', 'an event that the caller cannot see is refused');
select is((select count(*)::int from post_service.posts where author_id = tests.id('stranger') and id <> tests.id('strange post')), 0, 'nothing remains of a refused post');

select * from finish();
rollback;
