begin;
set local search_path = extensions, public;
select no_plan();

select tests.make_people();
select tests.make_person('hidden');
select tests.make_post('theirs', 'stranger'), tests.make_post('hidden', 'hidden');
update user_service.user_privacy set profile_visible = false where user_id = tests.id('hidden');
select tests.make_event('party', 'owner', '{"privacy": "private"}');
insert into user_service.invitations (inviter_id, invitee_id, event_id) values (tests.id('owner'), tests.id('stranger'), tests.id('party'));
insert into user_service.follows (follower_id, following_id) values (tests.id('stranger'), tests.id('owner')), (tests.id('follower'), tests.id('followed'));
delete from post_service.posts where author_id = tests.id('owner');
select tests.make_post('poll', 'owner', '{"type": "poll"}');
insert into post_service.poll_options (id, post_id, label, order_index) values (tests.id('yes'), tests.id('poll'), 'Yes', 0), (tests.id('no'), tests.id('poll'), 'No', 1);
insert into post_service.poll_votes (post_id, option_id, user_id) values (tests.id('poll'), tests.id('no'), tests.id('stranger'));
select tests.make_post('with event', 'owner', jsonb_build_object('type', 'text_with_event', 'attached_event_id', tests.id('party')));
select tests.make_post('images', 'owner');
insert into post_service.post_images (post_id, image_url, order_index) values (tests.id('images'), 'https://example.com/b.png', 1), (tests.id('images'), 'a.png', 0);
insert into post_service.likes (user_id, likeable_type, likeable_id) values (tests.id('stranger'), 'post', tests.id('images'));
insert into post_service.bookmarks (user_id, post_id) values (tests.id('stranger'), tests.id('images'));
select tests.make_post('repost', 'owner', jsonb_build_object('type', 'repost', 'original_post_id', tests.id('theirs')));
select tests.make_post('hidden repost', 'owner', jsonb_build_object('type', 'repost', 'original_post_id', tests.id('hidden')));
select tests.does('stranger', $$ insert into post_service.reposts (post_id) values (tests.id('images')) $$);
select tests.act_as('stranger');
create temp table cards as select * from post_service.posts_by(tests.id('owner'));
select is((select array[author ->> 'username', images::text, i_like::text, i_bookmarked::text, i_reposted::text, likes_count::text, reposts_count::text, poll::text, event::text, original::text] from cards where id = tests.id('images')),
  array['tap_owner', '[{"url": null, "path": "a.png"}, {"url": "https://example.com/b.png", "path": null}]', 'true', 'true', 'true', '1', '1', null, null, null], 'a card has author, images, the caller''s reactions and counters');
select is((select poll from cards where id = tests.id('poll')), jsonb_build_object('closes_at', null, 'my_option_id', tests.id('no'), 'options', jsonb_build_array(
  jsonb_build_object('id', tests.id('yes'), 'label', 'Yes', 'votes_count', 0), jsonb_build_object('id', tests.id('no'), 'label', 'No', 'votes_count', 1))), 'a card has the poll and the caller''s vote');
select is((select event ->> 'title' from cards where id = tests.id('with event')), 'Party', 'a card has an attached event that the caller sees');
select is((select array[original ->> 'id', original -> 'author' ->> 'username'] from cards where id = tests.id('repost')), array[tests.id('theirs')::text, 'tap_stranger'], 'a card has the original of a repost');
select is((select array[original -> 'images' -> 0 ->> 'path', original ->> 'content'] from post_service.posts_by(tests.id('stranger')) where type = 'repost'), array['a.png', 'Images'], 'the original has its images');
select is((select original from cards where id = tests.id('hidden repost')), null, 'the original is null if the caller cannot see it');
select results_eq('select to_jsonb(p) - ''cursor'' from post_service.post(tests.id(''images'')) p', 'select to_jsonb(c) - ''cursor'' from cards c where c.id = tests.id(''images'')', 'post() returns the same card');
select tests.act_as('follower');
drop table if exists cards_of_follower;
create temp table cards_of_follower as select * from post_service.posts_by(tests.id('owner'));
select is((select array[i_like, i_bookmarked, i_reposted] from cards_of_follower where id = tests.id('images')), array[false, false, false], 'reactions of others are not the caller''s');
select is((select poll ->> 'my_option_id' from cards_of_follower where id = tests.id('poll')), null, 'votes of others are not the caller''s');
select is((select event from cards_of_follower where id = tests.id('with event')), null, 'the attached event is null if the caller cannot see it');
select tests.act_as('database');
select tests.make_post('inner circle', 'owner', '{"visibility": "followers"}');
select tests.outcomes($$ select from post_service.post(tests.id('inner circle')) $$, 'owner 1, follower 1, acquaintance 0, anonymous 0', 'post() returns no row if the caller cannot see the post');
select tests.outcomes($$ select from post_service.post(gen_random_uuid()) $$, 'owner 0', 'nor for an unknown id');

select * from finish();
rollback;
