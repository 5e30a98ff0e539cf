begin;
set local search_path = extensions, public;
select no_plan();

select tests.make_people();
select is((select array_agg(has_function_privilege(role, 'user_service.delete_account()', 'execute')) from unnest(array['anon', 'authenticated']) role), array[false, true], 'only signed-in callers may call delete_account()');
select tests.outcomes($$ select user_service.delete_account() $$, 'owner 1, anonymous 42501/grant, gone account_gone/401', 'a caller without an account is refused');

-- Rows of the owner in every service.
select tests.make_event('coming'), tests.make_event('quiet', 'stranger'),
  tests.make_event('past', 'owner', jsonb_build_object('start_time', now() - interval '2 days', 'end_time', now() - interval '1 day')),
  tests.make_event('seen', 'stranger', jsonb_build_object('start_time', now() - interval '2 days', 'end_time', now() - interval '1 day')),
  tests.make_event('sold', 'stranger', '{"ticketing_enabled": true, "price": 10}');
insert into event_service.event_attendees (event_id, user_id) values
  (tests.id('quiet'), tests.id('owner')), (tests.id('seen'), tests.id('owner')), (tests.id('past'), tests.id('mutual')), (tests.id('coming'), tests.id('mutual'));
insert into event_service.event_qna (id, event_id, user_id, question, answer, answered_by) values
  (tests.id('asked'), tests.id('quiet'), tests.id('owner'), 'Parking?', null, null),
  (tests.id('answered'), tests.id('quiet'), tests.id('owner'), 'Food?', 'Yes.', tests.id('stranger')),
  (tests.id('answer'), tests.id('past'), tests.id('mutual'), 'Drinks?', 'Yes.', tests.id('owner'));
insert into event_service.qna_upvotes (question_id, user_id) values (tests.id('answer'), tests.id('owner'));
insert into event_service.reviews (id, event_id, reviewer_id, rating) values
  (tests.id('given'), tests.id('seen'), tests.id('owner'), 4), (tests.id('got'), tests.id('past'), tests.id('mutual'), 5);
select tests.make_post('mine'), tests.make_post('theirs', 'mutual'), tests.make_post('about', 'mutual', jsonb_build_object('event_id', tests.id('coming')));
select tests.make_post('poll', 'mutual', '{"type": "poll"}');
insert into post_service.poll_options (id, post_id, label) values (tests.id('option'), tests.id('poll'), 'Yes');
insert into post_service.poll_votes (post_id, option_id, user_id) values (tests.id('poll'), tests.id('option'), tests.id('owner'));
insert into post_service.comments (id, post_id, author_id, content, parent_comment_id, created_at) values
  (tests.id('leaf'), tests.id('theirs'), tests.id('owner'), 'Leaf', null, now()),
  (tests.id('branch'), tests.id('theirs'), tests.id('owner'), 'Branch', null, now() - interval '3 minutes'),
  (tests.id('reply'), tests.id('theirs'), tests.id('mutual'), 'Reply', tests.id('branch'), now() - interval '2 minutes'),
  (tests.id('own branch'), tests.id('theirs'), tests.id('owner'), 'Own branch', null, now() - interval '2 minutes'),
  (tests.id('own reply'), tests.id('theirs'), tests.id('owner'), 'Own reply', tests.id('own branch'), now() - interval '1 minute'),
  (tests.id('on mine'), tests.id('mine'), tests.id('mutual'), 'On mine', null, now());
insert into post_service.likes (user_id, likeable_type, likeable_id) values
  (tests.id('owner'), 'post', tests.id('theirs')), (tests.id('owner'), 'comment', tests.id('reply')), (tests.id('mutual'), 'comment', tests.id('branch'));
insert into post_service.bookmarks (user_id, post_id) values (tests.id('owner'), tests.id('theirs'));
insert into post_service.shares (user_id, post_id) values (tests.id('owner'), tests.id('theirs'));
insert into post_service.reposts (user_id, post_id) values (tests.id('owner'), tests.id('theirs'));
insert into user_service.invitations (inviter_id, invitee_id, event_id) values
  (tests.id('owner'), tests.id('mutual'), tests.id('quiet')), (tests.id('mutual'), tests.id('owner'), tests.id('quiet'));
insert into ticket_service.tickets (id, user_id, event_id, status, price_paid) values (tests.id('ticket'), tests.id('owner'), tests.id('sold'), 'active', 10);
select tests.make_payment('payment', 'ticket');
set constraints all immediate;

-- Refused while the caller hosts an upcoming event with live tickets.
select tests.make_event('show', 'owner', '{"ticketing_enabled": true, "price": 10}');
insert into ticket_service.tickets (id, user_id, event_id, status) values (tests.id('their ticket'), tests.id('mutual'), tests.id('show'), 'active');
select tests.outcomes($$ select user_service.delete_account() $$, 'owner has_sold_tickets/409, mutual 1', 'active tickets of an upcoming event prevent the account deletion of its host');
update ticket_service.tickets set status = 'pending' where id = tests.id('their ticket');
select tests.outcomes($$ select user_service.delete_account() $$, 'owner has_sold_tickets/409', 'so do held tickets');
update event_service.events set status = 'cancelled' where id = tests.id('show');
select tests.outcomes($$ select user_service.delete_account() $$, 'owner 1', 'after the event is cancelled, the host can delete the account');

select tests.does('owner', $$ select user_service.delete_account() $$, 'the owner deletes the account');
set constraints all immediate;

select is((select count(*)::int from auth.users where id = tests.id('owner')), 0, 'the login is deleted');
select is((select (select count(*) from user_service.users where id = tests.id('owner')) + (select count(*) from user_service.profiles where id = tests.id('owner'))
  + (select count(*) from user_service.user_settings where user_id = tests.id('owner')) + (select count(*) from user_service.user_privacy where user_id = tests.id('owner'))
  + (select count(*) from user_service.user_stats where user_id = tests.id('owner')))::int, 0, 'the account is deleted with its profile, settings, privacy and stats');
select is((select count(*)::int from user_service.follows where tests.id('owner') in (follower_id, following_id)), 0, 'follows are deleted');
select is((select count(*)::int from user_service.blocks where tests.id('owner') in (blocker_id, blocked_id)), 0, 'blocks are deleted');
select is((select count(*)::int from user_service.invitations where tests.id('owner') in (inviter_id, invitee_id)), 0, 'invitations are deleted');
select is((select array[followers_count, following_count] from user_service.user_stats where user_id = tests.id('mutual')), array[0, 0], 'counters of the other people follow');

select is((select array[status::text, host_id::text] from event_service.events where id = tests.id('coming')), array['cancelled', null], 'an upcoming event is cancelled and has no host');
select is((select array[status::text, host_id::text] from event_service.events where id = tests.id('past')), array['completed', null], 'a completed event keeps its status and has no host');
select is((select array_agg(user_id) from event_service.event_attendees where event_id in (tests.id('quiet'), tests.id('seen'))), null, 'attendance is deleted');
select is((select attendees_count from event_service.events where id = tests.id('quiet')), 0, 'attendees_count follows');
select is((select taken from event_private.event_capacity where event_id = tests.id('quiet')), 0, 'the place is free again');
select is((select count(*)::int from event_service.event_qna where id = tests.id('asked')), 0, 'an unanswered question is deleted');
select is((select array_agg(question || ' ' || coalesce(user_id::text, '-')) from event_service.event_qna where id = tests.id('answered')), array['Food? -'], 'an answered question stays without its author');
select is((select array_agg(answer || ' ' || coalesce(answered_by::text, '-')) from event_service.event_qna where id = tests.id('answer')), array['Yes. -'], 'an answer stays without its author');
select is((select array_agg(upvotes_count) from event_service.event_qna where id = tests.id('answer')), array[0], 'upvotes are deleted and no longer counted');
select is((select array_agg(rating || coalesce(reviewer_id::text, '-')) from event_service.reviews where id = tests.id('given')), array['4-'], 'a review stays without its reviewer');
select is((select array_agg(rating || coalesce(host_id::text, '-')) from event_service.reviews where id = tests.id('got')), array['5-'], 'a review of the owner''s event stays without its host');
select is((select array[average_rating::text, ratings_count::text] from user_service.user_stats where user_id = tests.id('stranger')), array['4.00', '1'], 'a review without a reviewer still counts for the host');

select is((select count(*)::int from post_service.posts where id = tests.id('mine') or author_id = tests.id('owner')), 0, 'posts and reposts are deleted');
select is((select count(*)::int from post_service.comments where id = tests.id('on mine')), 0, 'comments on the owner''s posts are deleted');
select is((select array_agg(coalesce(content, '-') || coalesce(author_id::text, '-') order by created_at) from post_service.comments where post_id = tests.id('theirs')),
  array['--', 'Reply' || tests.id('mutual')], 'a comment with a reply of another person becomes a tombstone, other comments are deleted');
select is((select likes_count from post_service.comments where id = tests.id('branch')), 0, 'a tombstone has no likes');
select is((select array[likes_count, comments_count, reposts_count, shares_count] from post_service.posts where id = tests.id('theirs')), array[0, 2, 0, 0], 'counters of posts follow');
select is((select likes_count from post_service.comments where id = tests.id('reply')), 0, 'counters of comments follow');
select is((select count(*)::int from post_service.likes where user_id = tests.id('owner')) + (select count(*)::int from post_service.bookmarks where user_id = tests.id('owner'))
  + (select count(*)::int from post_service.shares where user_id = tests.id('owner')) + (select count(*)::int from post_service.reposts where user_id = tests.id('owner'))
  + (select count(*)::int from post_service.poll_votes where user_id = tests.id('owner')), 0, 'likes, bookmarks, shares, reposts and votes are deleted');
select is((select votes_count from post_service.poll_options where id = tests.id('option')), 0, 'deleted votes are no longer counted');

select is((select array_agg(status || coalesce(user_id::text, '-')) from ticket_service.tickets where id = tests.id('ticket')), array['active-'], 'an active paid ticket stays without its buyer');
select is((select count(*)::int from ticket_service.ticket_transactions where id = tests.id('payment')), 1, 'its payment stays');
select is((select count(*)::int from ticket_private.journal_entries where ticket_id = tests.id('ticket')), 1, 'its journal entry stays');
select is((select array[tickets_sold, attendees_count] from event_service.events where id = tests.id('sold')), array[1, 0], 'its seat stays sold, and its buyer is no attendee');

-- A token stays valid after the account deletion.
select tests.outcomes($$ insert into post_service.posts (content) values ('Still here') $$, 'owner account_gone/401', 'a deleted account cannot write');

select * from finish();
rollback;
