begin;
set local search_path = extensions, public;
select no_plan();

-- Data of the existing app: plain inserts with its columns, among them counters, which are ignored.
set local search_path = event_service, user_service, post_service, ticket_service, extensions, public;

insert into users (id, email, name, username, bio, avatar_url, phone, date_of_birth, gender, location, interests, created_at, updated_at, last_login_at, is_verified, is_email_verified) values
  (tests.id('ani'), 'ani@tap.test', 'Ani', 'tap_ani', 'Bio', 'https://example.com/ani.png', '+62 811', '1999-01-01', 'female', 'Jakarta', '{coffee,art}', '2024-01-01', '2024-02-01', '2024-03-01', true, true),
  (tests.id('budi'), null, 'Budi', 'tap_budi', null, null, null, null, null, null, '{}', '2024-01-02', '2024-01-02', null, false, true);
insert into user_settings (user_id, push_notifications, email_notifications, dark_mode, language, location_enabled, show_online_status) values (tests.id('ani'), false, false, true, 'en', false, false);
insert into user_stats (user_id, events_attended, events_created, followers_count, following_count, reviews_given, average_rating, posts_count, invites_successful_count) values
  (tests.id('ani'), 99, 99, 99, 99, 99, 4.99, 99, 99), (tests.id('budi'), 99, 99, 99, 99, 99, 4.99, 99, 99);
insert into user_privacy (user_id, profile_visible, events_visible, allow_followers, show_email, show_location) values (tests.id('ani'), true, true, false, true, false);
insert into follows (follower_id, following_id, created_at) values (tests.id('budi'), tests.id('ani'), '2024-01-03');
insert into events (id, host_id, title, description, category, start_time, end_time, location_name, location_address, location_lat, location_lng, location_geom, max_attendees, attendees_count, price, is_free, status, privacy,
  requirements, ticketing_enabled, tickets_sold, created_at, updated_at) values
  (tests.id('past'), tests.id('ani'), 'Coffee', 'Talk', 'coffee', '2024-01-05', '2024-01-06', 'Kopi', 'Jalan 1', -6.1754, 106.8272, null, 10, 99, 0, true, 'completed', 'public', null, false, 99, '2024-01-01', '2024-01-02'),
  (tests.id('ticketed'), tests.id('ani'), 'Concert', null, 'music', now() + interval '1 day', now() + interval '2 days', null, null, null, null, null, null, 99, 100000, false, 'upcoming', 'private', null, true, 99, '2024-01-01', '2024-01-02');
insert into event_attendees (id, event_id, user_id, joined_at, status) values (tests.id('attendance'), tests.id('past'), tests.id('budi'), '2024-01-03', 'confirmed');
insert into event_images (id, event_id, image_url, order_index) values (tests.id('image'), tests.id('past'), 'https://example.com/1.png', 0);
insert into event_qna (id, event_id, user_id, question, answer, answered_by, answered_at, is_answered, created_at, updated_at) values
  (tests.id('question'), tests.id('past'), tests.id('budi'), 'Where?', 'Here', tests.id('ani'), '2024-01-04', true, '2024-01-03', '2024-01-04');
insert into reviews (id, event_id, reviewer_id, rating, comment, created_at, updated_at) values (tests.id('review'), tests.id('past'), tests.id('budi'), 5, 'Good', '2024-01-07', '2024-01-07');
insert into invitations (id, inviter_id, invitee_id, event_id, status, invited_at, responded_at) values (tests.id('invitation'), tests.id('ani'), tests.id('budi'), tests.id('past'), 'accepted', '2024-01-02', '2024-01-03');
insert into posts (id, author_id, content, type, attached_event_id, original_post_id, visibility, created_at, updated_at, likes_count, comments_count, reposts_count, shares_count) values
  (tests.id('post'), tests.id('ani'), 'Hello', 'text_with_event', tests.id('past'), null, 'public', '2024-01-01', '2024-01-01', 99, 99, 99, 99),
  (tests.id('repost'), tests.id('budi'), 'Look', 'repost', null, tests.id('post'), 'public', '2024-01-02', '2024-01-02', 99, 99, 99, 99);
insert into post_images (id, post_id, image_url, order_index) values (tests.id('post image'), tests.id('post'), 'https://example.com/2.png', 0);
insert into comments (id, post_id, author_id, parent_comment_id, content, likes_count, created_at, updated_at) values
  (tests.id('comment'), tests.id('post'), tests.id('budi'), null, 'Nice', 99, '2024-01-02', '2024-01-02'), (tests.id('reply'), tests.id('post'), tests.id('ani'), tests.id('comment'), 'Thanks', 99, '2024-01-03', '2024-01-03');
insert into likes (id, user_id, likeable_type, likeable_id, created_at) values (tests.id('like'), tests.id('budi'), 'post', tests.id('post'), '2024-01-02'), (tests.id('like 2'), tests.id('ani'), 'comment', tests.id('comment'), '2024-01-02');
insert into bookmarks (id, user_id, post_id, created_at) values (tests.id('bookmark'), tests.id('budi'), tests.id('post'), '2024-01-02');
insert into shares (id, user_id, post_id, platform, created_at) values (tests.id('share'), tests.id('budi'), tests.id('post'), 'whatsapp', '2024-01-02');
insert into tickets (id, user_id, event_id, attendance_code, price_paid, purchased_at, is_checked_in, checked_in_at, status) values (tests.id('ticket'), tests.id('budi'), tests.id('ticketed'), 'A1B2', 100000, '2024-01-02', false, null, 'active');
insert into ticket_transactions (id, ticket_id, transaction_id, amount, payment_method, status, created_at, completed_at) values (tests.id('payment'), tests.id('ticket'), 'tap-import', 100000, 'gopay', 'success', '2024-01-02', '2024-01-02');
set constraints all immediate;
set constraints all deferred;

select is((select to_jsonb(s) - 'user_id' - 'ratings_count' - 'ratings_sum' from user_stats s where user_id = tests.id('ani')),
  '{"events_attended": 0, "events_created": 2, "followers_count": 1, "following_count": 0, "reviews_given": 0, "average_rating": 5.00, "posts_count": 1, "invites_successful_count": 1}'::jsonb, 'the counters of a host are counted again');
select is((select to_jsonb(s) - 'user_id' - 'ratings_count' - 'ratings_sum' from user_stats s where user_id = tests.id('budi')),
  '{"events_attended": 1, "events_created": 0, "followers_count": 0, "following_count": 1, "reviews_given": 1, "average_rating": 0, "posts_count": 1, "invites_successful_count": 0}'::jsonb, 'the counters of an attendee are counted again');
select is((select array_agg(array[attendees_count, tickets_sold] order by title) from events where host_id = tests.id('ani')), array[[1, 0], [1, 1]], 'the counters of an event are counted again');
select is((select array[likes_count, comments_count, reposts_count, shares_count] from posts where id = tests.id('post')), array[1, 2, 1, 1], 'the counters of a post are counted again');
select is((select array_agg(likes_count order by created_at) from comments where post_id = tests.id('post')), array[1, 0], 'the counters of a comment are counted again');
select is((select count(*)::int from reposts where repost_id = tests.id('repost') and post_id = tests.id('post')), 1, 'a post of type repost gets its row in reposts');
select is((select array[to_jsonb(s) ->> 'language', (select (not allow_followers)::text from user_privacy where user_id = tests.id('ani'))] from user_settings s where user_id = tests.id('ani')), array['en', 'true'], 'settings and privacy are kept');
select is((select array[email, location] from profiles where id = tests.id('ani')), array['ani@tap.test', null], 'profiles follow the imported privacy');
select is((select array[created_at::date::text, updated_at::date::text] from users where id = tests.id('ani')), array['2024-01-01', '2024-02-01'], 'timestamps of people are kept');
select is((select array[updated_at::date::text, st_asgeojson(location_geom)] from events where id = tests.id('past')), array['2024-01-02', '{"type":"Point","coordinates":[106.8272,-6.1754]}'], 'timestamps of events are kept, and the location is derived from the coordinates');
select is((select array[by_ticket::text, status::text] from event_attendees where event_id = tests.id('ticketed')), array['true', 'confirmed'], 'an active ticket creates attendance');
select is((select array[held, sold] from ticket_private.event_seats where event_id = tests.id('ticketed')), array[0, 1], 'an active ticket takes its seat');
select is((select answered_at::date from event_qna where id = tests.id('question')), '2024-01-04', 'the time of an answer is kept');

-- A login created later belongs to its imported person.
insert into auth.users (id, email, raw_user_meta_data) values (tests.id('ani'), 'ani@tap.test', '{"username": "somebody_else"}');
select is((select username from users where id = tests.id('ani')), 'tap_ani', 'an imported person keeps their username at sign-up');

-- Reposts imported as rows.
insert into reposts (id, user_id, post_id, quote_content, created_at) values (tests.id('repost 2'), tests.id('ani'), tests.id('post'), 'Mine', '2024-01-03');
select is((select reposts_count from posts where id = tests.id('post')), 2, 'an imported repost is counted');
select is((select created_at::date from posts where original_post_id = tests.id('post') and author_id = tests.id('ani')), '2024-01-03', 'its post keeps the time of the repost');

select * from finish();
rollback;
