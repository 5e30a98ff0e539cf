begin;
set local search_path = extensions, public;
select no_plan();

select tests.make_people();
select tests.make_post('mine'), tests.make_post('theirs', 'mutual'), tests.make_post('repost of mine', 'stranger', jsonb_build_object('type', 'repost', 'original_post_id', tests.id('mine')));
insert into post_service.comments (id, post_id, author_id, content, parent_comment_id, created_at) values
  (tests.id('with reply'), tests.id('theirs'), tests.id('owner'), 'With reply', null, now() - interval '2 minutes'),
  (tests.id('reply'), tests.id('theirs'), tests.id('mutual'), 'Reply', tests.id('with reply'), now() - interval '1 minute'),
  (tests.id('thread'), tests.id('theirs'), tests.id('owner'), 'Thread', null, now() - interval '2 minutes'),
  (tests.id('own reply'), tests.id('theirs'), tests.id('owner'), 'Own reply', tests.id('thread'), now() - interval '1 minute');
insert into post_service.likes (user_id, likeable_type, likeable_id) values (tests.id('owner'), 'post', tests.id('theirs')), (tests.id('stranger'), 'post', tests.id('theirs'));
insert into post_service.bookmarks (user_id, post_id) values (tests.id('owner'), tests.id('theirs')), (tests.id('stranger'), tests.id('theirs'));

-- The profile is deleted with the account.
delete from user_service.profiles where id = tests.id('owner');
set constraints all immediate;
select is((select count(*)::int from post_service.posts where id in (tests.id('mine'), tests.id('repost of mine'))), 0, 'the person''s posts are deleted, and reposts of them');
select is((select array_agg(id) from post_service.posts where id = tests.id('theirs')), array[tests.id('theirs')], 'posts of others are kept');
select is((select array_agg(coalesce(content, 'tombstone') order by created_at) from post_service.comments where post_id = tests.id('theirs')), array['tombstone', 'Reply'],
  'a comment with a reply of another person becomes a tombstone, and a thread of the person''s own replies is deleted');
select is((select array_agg(user_id) from post_service.likes where likeable_id = tests.id('theirs')), array[tests.id('stranger')], 'only the person''s likes are deleted');
select is((select array_agg(user_id) from post_service.bookmarks where post_id = tests.id('theirs')), array[tests.id('stranger')], 'only the person''s bookmarks are deleted');
select is((select array[likes_count, comments_count] from post_service.posts where id = tests.id('theirs')), array[1, 2], 'counters follow');

select * from finish();
rollback;
