begin;
set local search_path = extensions, public;
select no_plan();

-- What policies refuse by themselves: clients are granted everything until the rollback, because a grant may be added
-- by mistake.
select tests.make_people();
select tests.make_event('party'), tests.make_event('other party', 'mutual'), tests.make_post('post'), tests.make_post('other post', 'mutual'), tests.make_post('poll', 'mutual', '{"type": "poll"}');
insert into post_service.poll_options (id, post_id, label) values (tests.id('option'), tests.id('poll'), 'Yes');
insert into event_service.event_attendees (event_id, user_id) values (tests.id('other party'), tests.id('owner'));
insert into event_service.event_images (event_id, image_url) values (tests.id('party'), 'a.png');
insert into event_service.event_qna (event_id, user_id, question) values (tests.id('other party'), tests.id('owner'), 'Parking?');
insert into event_service.qna_upvotes (question_id, user_id) select id, tests.id('owner') from event_service.event_qna where user_id = tests.id('owner');
insert into event_service.reviews (event_id, reviewer_id, rating) values (tests.id('other party'), tests.id('owner'), 4);
insert into user_service.invitations (inviter_id, invitee_id, event_id) values (tests.id('mutual'), tests.id('owner'), tests.id('other party'));
insert into post_service.post_images (post_id, image_url) values (tests.id('post'), 'a.png');
insert into post_service.poll_votes (post_id, option_id, user_id) values (tests.id('poll'), tests.id('option'), tests.id('owner'));
insert into post_service.comments (post_id, author_id, content) values (tests.id('other post'), tests.id('owner'), 'Nice');
insert into post_service.likes (user_id, likeable_type, likeable_id) values (tests.id('owner'), 'post', tests.id('other post'));
insert into post_service.reposts (user_id, post_id) values (tests.id('owner'), tests.id('other post'));
insert into post_service.bookmarks (user_id, post_id) values (tests.id('owner'), tests.id('other post'));
insert into post_service.shares (user_id, post_id) values (tests.id('owner'), tests.id('other post'));
insert into ticket_service.tickets (id, user_id, event_id, status) values (tests.id('ticket'), tests.id('owner'), tests.id('party'), 'active');
select tests.make_payment('payment', 'ticket');
insert into user_private.counter_deltas (user_id, counter, delta) values (tests.id('owner'), 'posts_count', 0);
insert into event_private.counter_deltas (counted, target_id, counter, delta) values ('events', tests.id('party'), 'attendees_count', 0);
insert into post_private.counter_deltas (counted, target_id, counter, delta) values ('posts', tests.id('post'), 'likes_count', 0);
insert into user_private.files_to_delete (bucket_id, path) values ('avatars', 'tap');
insert into event_private.rankings (mode, area, event_ids) values ('trending', 'tap', '{}');
set constraints all immediate;
set constraints all deferred;

grant usage on schema user_private, event_private, post_private, ticket_private to anon, authenticated;
grant all on all tables in schema user_service, event_service, post_service, ticket_service to anon, authenticated;
grant select, insert, update, delete on user_private.counter_deltas, user_private.files_to_delete, event_private.counter_deltas, event_private.event_capacity,
  event_private.rankings, post_private.counter_deltas, ticket_private.event_seats, ticket_private.journal_entries to anon, authenticated;

-- Rows cannot be given to another person or moved. Without a condition, because with one the select policy applies too.
select tests.outcomes(format($$ update %s set %s $$, relation, change), 'owner 42501/policy', relation || ': ' || change)
from (values
  ('user_service.users', 'id = tests.id(''nobody'')'),
  ('user_service.user_settings', 'user_id = tests.id(''nobody'')'),
  ('user_service.user_privacy', 'user_id = tests.id(''nobody'')'),
  ('user_service.invitations', 'invitee_id = tests.id(''stranger'')'),
  ('event_service.events', 'host_id = tests.id(''mutual'')'),
  ('event_service.event_attendees', 'user_id = tests.id(''stranger'')'),
  ('event_service.event_images', 'event_id = tests.id(''other party'')'),
  ('event_service.event_qna', 'user_id = tests.id(''mutual'')'),
  ('event_service.reviews', 'reviewer_id = tests.id(''mutual'')'),
  ('post_service.posts', 'author_id = tests.id(''mutual'')'),
  ('post_service.post_images', 'post_id = tests.id(''other post'')'),
  ('post_service.poll_votes', 'user_id = tests.id(''mutual'')'),
  ('post_service.comments', 'author_id = tests.id(''mutual'')'),
  ('post_service.reposts', 'user_id = tests.id(''mutual'')')
) updates (relation, change);

-- Without a policy for updates and deletes, none happens.
select tests.outcomes(format($$ update %s set %s $$, relation, change), 'owner 0, mutual 0, anonymous 0', relation || ': ' || change)
from (values
  ('user_service.profiles', 'is_verified = true'), ('user_service.user_stats', 'followers_count = 1'), ('user_service.follows', 'created_at = now()'), ('user_service.blocks', 'created_at = now()'),
  ('event_service.qna_upvotes', 'created_at = now()'), ('post_service.poll_options', 'votes_count = 1'), ('post_service.likes', 'created_at = now()'), ('post_service.bookmarks', 'created_at = now()'),
  ('post_service.shares', 'created_at = now()'), ('ticket_service.tickets', 'price_paid = 0'), ('ticket_service.ticket_transactions', 'amount = 0'), ('ticket_private.journal_entries', 'amount = 1'),
  ('user_private.counter_deltas', 'delta = 1'), ('event_private.counter_deltas', 'delta = 1'), ('post_private.counter_deltas', 'delta = 1'), ('event_private.event_capacity', 'taken = 0'), ('ticket_private.event_seats', 'sold = 0')
) updates (relation, change);
select tests.outcomes(format($$ delete from %s $$, relation), 'owner 0, mutual 0, anonymous 0', relation || ': deletes nothing')
from unnest(array['user_service.users', 'user_service.user_settings', 'user_service.user_privacy', 'user_service.profiles', 'user_service.user_stats', 'post_service.shares', 'ticket_service.tickets',
  'ticket_service.ticket_transactions', 'ticket_private.journal_entries', 'user_private.counter_deltas', 'event_private.counter_deltas', 'post_private.counter_deltas', 'event_private.rankings', 'user_private.files_to_delete',
  'event_private.event_capacity', 'ticket_private.event_seats']) relation;
select tests.outcomes(format($$ select from %s $$, relation), 'owner 0, anonymous 0', relation || ': reads nothing')
from unnest(array['ticket_private.journal_entries', 'user_private.counter_deltas', 'event_private.counter_deltas', 'post_private.counter_deltas', 'event_private.rankings', 'user_private.files_to_delete',
  'event_private.event_capacity', 'ticket_private.event_seats']) relation;
select tests.outcomes(format($$ insert into %s %s $$, relation, row), 'owner 42501/policy, anonymous 42501/policy', relation || ': inserts nothing')
from (values
  ('ticket_service.tickets', '(user_id, event_id, attendance_code, status) values (auth.uid(), tests.id(''party''), ''ABCD'', ''active'')'),
  ('ticket_service.ticket_transactions', '(ticket_id, amount, status) values (tests.id(''ticket''), 10, ''success'')'),
  ('ticket_private.journal_entries', '(ticket_id, transaction_id, kind, amount, currency) values (tests.id(''ticket''), tests.id(''payment''), ''captured'', 10, ''IDR'')'),
  ('user_private.counter_deltas', '(user_id, counter, delta) values (tests.id(''owner''), ''followers_count'', 1)'),
  ('event_private.counter_deltas', '(counted, target_id, counter, delta) values (''events'', tests.id(''party''), ''attendees_count'', 1)'),
  ('post_private.counter_deltas', '(counted, target_id, counter, delta) values (''posts'', tests.id(''post''), ''likes_count'', 1)'),
  ('event_private.rankings', '(mode, area, event_ids) values (''trending'', '''', ''{}'')'),
  ('user_private.files_to_delete', '(bucket_id, path) values (''avatars'', ''tap 2'')')
) inserts (relation, row);
select tests.outcomes(format($$ select from %s $$, relation), 'anonymous 0', relation || ': anonymous visitors read nothing')
from unnest(array['user_service.users', 'user_service.user_settings', 'user_service.user_privacy', 'user_service.follows', 'user_service.blocks', 'user_service.invitations', 'event_service.event_attendees', 'event_service.qna_upvotes',
  'post_service.poll_votes', 'post_service.likes', 'post_service.reposts', 'post_service.bookmarks', 'post_service.shares', 'ticket_service.tickets', 'ticket_service.ticket_transactions']) relation;

select * from finish();
rollback;
