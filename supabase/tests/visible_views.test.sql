begin;
set local search_path = extensions, public;
select no_plan();

-- Search, lists and policies read views of what the caller sees, because full-text and spatial indexes cannot be used
-- under a policy. Each view must return what the policies return, for every caller.
select tests.make_people();
select tests.make_person('hidden'), tests.make_person('attendee'), tests.make_person('invitee');
update user_service.user_privacy set profile_visible = false where user_id = tests.id('hidden');
insert into user_service.follows (follower_id, following_id) values
  (tests.id('hidden'), tests.id('mutual')), (tests.id('mutual'), tests.id('hidden')), (tests.id('follower'), tests.id('hidden')), (tests.id('hidden'), tests.id('followed'));

select tests.make_event(format('%s %s', host, privacy), host, jsonb_build_object('privacy', privacy)) from unnest(array['owner', 'hidden', 'stranger']) host, unnest(array['public', 'private', 'friends_only']) privacy;
select tests.make_event('orphan ' || privacy, 'owner', jsonb_build_object('privacy', privacy, 'host_id', null)) from unnest(array['public', 'private', 'friends_only']) privacy;
insert into event_service.event_attendees (event_id, user_id, status)
select e.id, tests.id(person), case person when 'followed' then 'cancelled' when 'blocked' then 'pending' else 'confirmed' end::event_service.attendee_status
from event_service.events e, unnest(array['attendee', 'followed', 'blocked']) person where e.host_id in (tests.id('owner'), tests.id('hidden'));
insert into user_service.invitations (inviter_id, invitee_id, event_id)
select tests.id('mutual'), tests.id(person), e.id from event_service.events e, unnest(array['invitee', 'blocker']) person where e.host_id in (tests.id('owner'), tests.id('hidden'));
insert into event_service.event_qna (event_id, user_id, question)
select e.id, asker, 'Parking?' from event_service.events e, unnest(array[tests.id('owner'), tests.id('hidden'), tests.id('stranger'), null]) asker where e.host_id in (tests.id('owner'), tests.id('hidden'));

select tests.make_post(format('%s %s', author, visibility), author, jsonb_build_object('visibility', visibility)) from unnest(array['owner', 'hidden', 'stranger']) author, unnest(array['public', 'followers', 'private']) visibility;
insert into post_service.comments (post_id, author_id, content)
select p.id, author, case when author is not null then 'Nice' end from post_service.posts p, unnest(array[tests.id('owner'), tests.id('hidden'), tests.id('stranger'), null]) author
where p.author_id in (tests.id('owner'), tests.id('hidden'));

grant usage on schema user_private, event_private, post_private, ticket_private to anon, authenticated;
-- Anonymous visitors have no access to the views of the ticket service, which must return the same all the same.
grant select on ticket_private.visible_people, ticket_private.visible_events to anon;
select tests.outcomes(
  format($$ (select id from %1$s except select id from %2$s) union all (select id from %2$s except select id from %1$s) $$, relation, visible),
  array_to_string(array(select persona || ' 0' from unnest(array['owner', 'mutual', 'follower', 'followed', 'stranger', 'blocked', 'blocker', 'acquaintance', 'nuisance', 'hidden', 'attendee', 'invitee', 'gone', 'anonymous']) persona), ', '),
  visible || ' returns what the caller sees of ' || relation)
from (values
  ('user_service.profiles', 'user_private.visible_people'), ('user_service.profiles', 'event_private.visible_people'), ('user_service.profiles', 'post_private.visible_people'),
  ('event_service.events', 'event_private.visible_events'), ('event_service.events', 'post_private.visible_events'), ('event_service.events', 'ticket_private.visible_events'), ('user_service.profiles', 'ticket_private.visible_people'), ('event_service.event_qna', 'event_private.visible_questions'),
  ('post_service.posts', 'post_private.visible_posts'), ('post_service.comments', 'post_private.visible_comments')
) views (relation, visible);

-- The views are not empty.
select tests.outcomes(format($$ select from %s where id = any (%L) $$, relation, ids), outcome, relation || ' is not empty')
from (values
  ('user_private.visible_people', array[tests.id('owner'), tests.id('hidden'), tests.id('stranger')], 'owner 2, mutual 3, stranger 2, anonymous 2'),
  ('event_private.visible_events', array(select id from event_service.events where host_id in (tests.id('owner'), tests.id('hidden'))), 'owner 4, mutual 4, attendee 4, stranger 2, anonymous 2'),
  ('event_private.visible_questions', array(select q.id from event_service.event_qna q join event_service.events e on e.id = q.event_id where e.host_id in (tests.id('owner'), tests.id('hidden'))), 'owner 12, mutual 16, stranger 6, anonymous 6'),
  ('post_private.visible_posts', array(select id from post_service.posts where author_id in (tests.id('owner'), tests.id('hidden'))), 'owner 3, mutual 4, follower 2, stranger 1, anonymous 1'),
  ('post_private.visible_comments', array(select c.id from post_service.comments c join post_service.posts p on p.id = c.post_id where p.author_id in (tests.id('owner'), tests.id('hidden'))), 'owner 9, mutual 16, follower 6, stranger 3, anonymous 3')
) views (relation, ids, outcome);

select * from finish();
rollback;
