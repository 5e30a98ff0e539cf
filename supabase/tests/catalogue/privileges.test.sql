begin;
set local search_path = extensions, public;
select no_plan();

-- All that clients may do, by name. Granting anything more makes this fail, until it is added here on purpose.
create temp view our_schemas as
  select oid, nspname as name from pg_namespace
  where nspname in ('user_service', 'event_service', 'post_service', 'ticket_service', 'user_private', 'event_private', 'post_private', 'ticket_private');
create temp view client_roles as select oid, rolname::text as name from pg_roles where rolname in ('anon', 'authenticated') union all select 0, 'public';

create temp view table_privileges as
  select role.name as role, relation::regclass::text as relation,
    string_agg(privilege || coalesce(' (' || columns || ')', ''), ', ' order by privilege) as privileges
  from (
    select g.grantee, c.oid as relation, lower(g.privilege_type) as privilege, null as columns
    from pg_class c join our_schemas s on s.oid = c.relnamespace, aclexplode(c.relacl) g where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
    union all
    select g.grantee, c.oid, lower(g.privilege_type), string_agg(a.attname, ', ' order by a.attnum)
    from pg_class c join our_schemas s on s.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid, aclexplode(a.attacl) g group by 1, 2, 3
  ) granted join client_roles role on role.oid = granted.grantee
  group by 1, 2;
create temp view function_privileges as
  select role.name as role, p.oid::regprocedure::text as function
  from pg_proc p join our_schemas s on s.oid = p.pronamespace, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) g join client_roles role on role.oid = g.grantee;

-- In the schemas that clients reach.
select set_eq(
  $$ select role, relation, privileges from table_privileges where relation not like '%\_private.%' $$,
  $$ values
    ('authenticated', 'event_service.event_attendees', 'delete, insert (event_id, user_id, status), select, update (status)'),
    ('anon', 'event_service.event_images', 'select'),
    ('authenticated', 'event_service.event_images', 'delete, insert (event_id, image_url, order_index), select, update (image_url, order_index)'),
    ('anon', 'event_service.event_qna', 'select'),
    ('authenticated', 'event_service.event_qna', 'delete, insert (event_id, user_id, question), select, update (question, answer)'),
    ('anon', 'event_service.events', 'select'),
    ('authenticated', 'event_service.events', 'delete, insert (host_id, title, description, category, start_time, end_time, location_name, location_address, location_lat, location_lng, max_attendees, price, currency, privacy, requirements, ticketing_enabled), select, update (title, description, category, start_time, end_time, location_name, location_address, location_lat, location_lng, max_attendees, price, currency, status, privacy, requirements, ticketing_enabled)'),
    ('anon', 'event_service.people', 'select'),
    ('authenticated', 'event_service.people', 'select'),
    ('authenticated', 'event_service.qna_upvotes', 'delete, insert (question_id, user_id), select'),
    ('anon', 'event_service.reviews', 'select'),
    ('authenticated', 'event_service.reviews', 'delete, insert (event_id, reviewer_id, rating, comment), select, update (rating, comment)'),
    ('authenticated', 'post_service.bookmarks', 'delete, insert (user_id, post_id), select'),
    ('anon', 'post_service.comments', 'select'),
    ('authenticated', 'post_service.comments', 'delete, insert (post_id, author_id, parent_comment_id, content), select, update (content)'),
    ('anon', 'post_service.events', 'select'),
    ('authenticated', 'post_service.events', 'select'),
    ('authenticated', 'post_service.likes', 'delete, insert (user_id, likeable_type, likeable_id), select'),
    ('anon', 'post_service.people', 'select'),
    ('authenticated', 'post_service.people', 'select'),
    ('anon', 'post_service.poll_options', 'select'),
    ('authenticated', 'post_service.poll_options', 'delete, insert (post_id, label, order_index), select'),
    ('authenticated', 'post_service.poll_votes', 'delete, insert (post_id, option_id, user_id), select, update (option_id)'),
    ('anon', 'post_service.post_images', 'select'),
    ('authenticated', 'post_service.post_images', 'delete, insert (post_id, image_url, order_index), select, update (image_url, order_index)'),
    ('anon', 'post_service.posts', 'select'),
    ('authenticated', 'post_service.posts', 'delete, insert (author_id, event_id, content, type, attached_event_id, original_post_id, visibility, poll_closes_at), select, update (content, visibility)'),
    ('authenticated', 'post_service.reposts', 'delete, insert (user_id, post_id, quote_content), select, update (quote_content)'),
    ('authenticated', 'post_service.shares', 'insert (user_id, post_id, platform), select'),
    ('authenticated', 'ticket_service.ticket_transactions', 'select'),
    ('authenticated', 'ticket_service.tickets', 'select'),
    ('authenticated', 'user_service.blocks', 'delete, insert (blocker_id, blocked_id), select'),
    ('authenticated', 'user_service.follows', 'delete, insert (follower_id, following_id), select'),
    ('authenticated', 'user_service.invitations', 'delete, insert (inviter_id, invitee_id, event_id), select, update (status)'),
    ('anon', 'user_service.profiles', 'select'),
    ('authenticated', 'user_service.profiles', 'select'),
    ('authenticated', 'user_service.user_privacy', 'select, update (profile_visible, events_visible, allow_followers, show_email, show_location)'),
    ('authenticated', 'user_service.user_settings', 'select, update (push_notifications, email_notifications, dark_mode, language, location_enabled, show_online_status)'),
    ('anon', 'user_service.user_stats', 'select'),
    ('authenticated', 'user_service.user_stats', 'select'),
    ('authenticated', 'user_service.users', 'select, update (name, username, bio, avatar_url, phone, date_of_birth, gender, location, interests)') $$,
  'what clients do with tables and views');
select set_eq(
  $$ select function, string_agg(role, ', ' order by role) from function_privileges where function not like '%\_private.%' group by function $$,
  $$ values
    ('event_service.answerer(event_service.event_qna)', 'public'),
    ('event_service.asker(event_service.event_qna)', 'public'),
    ('event_service.attendee(event_service.event_attendees)', 'public'),
    ('event_service.discover_events(event_service.discovery_mode,double precision,double precision,event_service.event_category[],text,integer)', 'public'),
    ('event_service.events_near(double precision,double precision,double precision,event_service.event_category[],timestamp with time zone,timestamp with time zone,numeric,text,text,integer)', 'public'),
    ('event_service.friends_who_go(uuid,text,integer)', 'authenticated'),
    ('event_service.host(event_service.events)', 'public'),
    ('event_service.location(event_service.events)', 'public'),
    ('event_service.reviewer(event_service.reviews)', 'public'),
    ('event_service.search_events(text,event_service.event_category[],boolean,text,integer)', 'public'),
    ('event_service.update_updated_at_column()', 'public'),
    ('post_service.attached_event(post_service.posts)', 'public'),
    ('post_service.author(post_service.comments)', 'public'),
    ('post_service.author(post_service.posts)', 'public'),
    ('post_service.event(post_service.posts)', 'public'),
    ('post_service.home_feed(text,integer)', 'authenticated'),
    ('post_service.liker(post_service.likes)', 'public'),
    ('post_service.posts_by(uuid,text,integer)', 'public'),
    ('post_service.publish_post(text,post_service.post_visibility,uuid,uuid,text[],text[],timestamp with time zone)', 'authenticated'),
    ('post_service.reposter(post_service.reposts)', 'public'),
    ('post_service.search_posts(text,text,integer)', 'public'),
    ('post_service.update_updated_at_column()', 'public'),
    ('ticket_service.update_updated_at_column()', 'public'),
    ('user_service.delete_account()', 'authenticated'),
    ('user_service.remove_hidden_followers()', 'authenticated'),
    ('user_service.follower(user_service.follows)', 'public'),
    ('user_service.following(user_service.follows)', 'public'),
    ('user_service.invitee(user_service.invitations)', 'public'),
    ('user_service.inviter(user_service.invitations)', 'public'),
    ('user_service.profile(text)', 'public'),
    ('user_service.search_people(text,text,integer)', 'public'),
    ('user_service.stats(user_service.profiles)', 'public'),
    ('user_service.update_updated_at_column()', 'public'),
    ('user_service.username_available(text)', 'public') $$,
  'what clients call');

-- In those that they do not reach: what policies read with the caller's rights, and what the wrappers that clients call
-- call in turn. Nothing of it can be named by a client.
select set_eq(
  $$ select role, relation, privileges from table_privileges where relation like '%\_private.%' $$,
  $$ values
    ('anon', 'event_private.me', 'select'),
    ('authenticated', 'event_private.me', 'select'),
    ('anon', 'event_private.my_attendance', 'select'),
    ('authenticated', 'event_private.my_attendance', 'select'),
    ('anon', 'event_private.my_blocks', 'select'),
    ('authenticated', 'event_private.my_blocks', 'select'),
    ('anon', 'event_private.my_events', 'select'),
    ('authenticated', 'event_private.my_events', 'select'),
    ('anon', 'event_private.my_following', 'select'),
    ('authenticated', 'event_private.my_following', 'select'),
    ('anon', 'event_private.my_invitations', 'select'),
    ('authenticated', 'event_private.my_invitations', 'select'),
    ('anon', 'event_private.my_mutuals', 'select'),
    ('authenticated', 'event_private.my_mutuals', 'select'),
    ('anon', 'event_private.visible_events', 'select'),
    ('authenticated', 'event_private.visible_events', 'select'),
    ('anon', 'event_private.visible_files', 'select'),
    ('authenticated', 'event_private.visible_files', 'select'),
    ('anon', 'event_private.visible_people', 'select'),
    ('authenticated', 'event_private.visible_people', 'select'),
    ('anon', 'event_private.visible_questions', 'select'),
    ('authenticated', 'event_private.visible_questions', 'select'),
    ('anon', 'post_private.me', 'select'),
    ('authenticated', 'post_private.me', 'select'),
    ('anon', 'post_private.my_blocks', 'select'),
    ('authenticated', 'post_private.my_blocks', 'select'),
    ('anon', 'post_private.my_following', 'select'),
    ('authenticated', 'post_private.my_following', 'select'),
    ('anon', 'post_private.my_invitations', 'select'),
    ('authenticated', 'post_private.my_invitations', 'select'),
    ('anon', 'post_private.my_mutuals', 'select'),
    ('authenticated', 'post_private.my_mutuals', 'select'),
    ('anon', 'post_private.my_posts', 'select'),
    ('authenticated', 'post_private.my_posts', 'select'),
    ('authenticated', 'post_private.my_unvoted_polls', 'select'),
    ('authenticated', 'post_private.option_posts', 'select'),
    ('anon', 'post_private.visible_comments', 'select'),
    ('authenticated', 'post_private.visible_comments', 'select'),
    ('anon', 'post_private.visible_events', 'select'),
    ('authenticated', 'post_private.visible_events', 'select'),
    ('anon', 'post_private.visible_files', 'select'),
    ('authenticated', 'post_private.visible_files', 'select'),
    ('anon', 'post_private.visible_people', 'select'),
    ('authenticated', 'post_private.visible_people', 'select'),
    ('anon', 'post_private.visible_posts', 'select'),
    ('authenticated', 'post_private.visible_posts', 'select'),
    ('authenticated', 'ticket_private.my_tickets', 'select'),
    ('authenticated', 'user_private.accepts_followers', 'select'),
    ('authenticated', 'user_private.invitable_events', 'select'),
    ('anon', 'user_private.me', 'select'),
    ('authenticated', 'user_private.me', 'select'),
    ('authenticated', 'user_private.mutuals', 'select'),
    ('anon', 'user_private.my_blocks', 'select'),
    ('authenticated', 'user_private.my_blocks', 'select'),
    ('anon', 'user_private.my_following', 'select'),
    ('authenticated', 'user_private.my_following', 'select'),
    ('anon', 'user_private.my_mutuals', 'select'),
    ('authenticated', 'user_private.my_mutuals', 'select'),
    ('anon', 'user_private.person_cards', 'select'),
    ('authenticated', 'user_private.person_cards', 'select'),
    ('anon', 'user_private.visible_files', 'select'),
    ('authenticated', 'user_private.visible_files', 'select'),
    ('anon', 'user_private.visible_people', 'select'),
    ('authenticated', 'user_private.visible_people', 'select') $$,
  'what policies read for clients');
select set_eq(
  $$ select function, string_agg(role, ', ' order by role) from function_privileges where function like '%\_private.%' group by function $$,
  $$ values
    ('event_private.counts_as_attended(event_service.attendee_status,timestamp with time zone,event_service.event_status,boolean)', 'public'),
    ('event_private.cursor_number(jsonb,text)', 'public'),
    ('event_private.cursor_time(jsonb,text)', 'public'),
    ('event_private.discover_events(event_service.discovery_mode,double precision,double precision,event_service.event_category[],text,integer)', 'anon, authenticated'),
    ('event_private.event_document(text,text,text)', 'public'),
    ('event_private.events_near(double precision,double precision,double precision,event_service.event_category[],timestamp with time zone,timestamp with time zone,numeric,text,text,integer)', 'anon, authenticated'),
    ('event_private.friends_who_go(uuid,text,integer)', 'authenticated'),
    ('event_private.page_size(integer)', 'public'),
    ('event_private.read_cursor(text,text)', 'public'),
    ('event_private.refuse(text,text,integer)', 'anon, authenticated, public'),
    ('event_private.search_events(text,event_service.event_category[],boolean,text,integer)', 'anon, authenticated'),
    ('event_private.search_query(text)', 'public'),
    ('event_private.status_at(timestamp with time zone,timestamp with time zone,timestamp with time zone)', 'public'),
    ('event_private.write_cursor(jsonb)', 'public'),
    ('post_private.cursor_time(jsonb,text)', 'public'),
    ('post_private.home_feed(text,integer)', 'authenticated'),
    ('post_private.page_size(integer)', 'public'),
    ('post_private.post_document(text)', 'public'),
    ('post_private.posts_by(uuid,text,integer)', 'anon, authenticated'),
    ('post_private.read_cursor(text,text)', 'public'),
    ('post_private.refuse(text,text,integer)', 'anon, authenticated, public'),
    ('post_private.search_posts(text,text,integer)', 'anon, authenticated'),
    ('post_private.search_query(text)', 'public'),
    ('post_private.tg_comments__start()', 'public'),
    ('post_private.tg_poll_options__start()', 'public'),
    ('post_private.write_cursor(jsonb)', 'public'),
    ('ticket_private.refuse(text,text,integer)', 'anon, authenticated, public'),
    ('ticket_private.tg_tickets__stamp_check_in()', 'public'),
    ('user_private.delete_account()', 'authenticated'),
    ('user_private.remove_hidden_followers()', 'authenticated'),
    ('user_private.page_size(integer)', 'public'),
    ('user_private.person_document(text,text)', 'public'),
    ('user_private.read_cursor(text,text)', 'public'),
    ('user_private.refuse(text,text,integer)', 'anon, authenticated, public'),
    ('user_private.search_people(text,text,integer)', 'anon, authenticated'),
    ('user_private.search_query(text)', 'public'),
    ('user_private.tg_user_privacy__replace_default()', 'public'),
    ('user_private.tg_user_settings__replace_default()', 'public'),
    ('user_private.tg_user_stats__average_ratings()', 'public'),
    ('user_private.tg_user_stats__start_at_zero()', 'public'),
    ('user_private.username_available(text)', 'anon, authenticated'),
    ('user_private.write_cursor(jsonb)', 'public') $$,
  'what is called for clients');
select set_eq(
  $$ select role.name as role, s.name as schema, lower(g.privilege_type) as privilege from our_schemas s join pg_namespace n on n.oid = s.oid, aclexplode(n.nspacl) g join client_roles role on role.oid = g.grantee $$,
  $$ select role, schema, 'usage' from unnest(array['anon', 'authenticated']) role, unnest(array['user_service', 'event_service', 'post_service', 'ticket_service']) schema $$,
  'clients reach the four schemas, and make nothing there');
select is_empty(
  $$ select d.defaclobjtype, d.defaclacl from pg_default_acl d where d.defaclnamespace in (select oid from our_schemas) $$, 'what is made later is granted to nobody by itself');
select is_empty(
  $$ select rolname from pg_roles where rolname in ('anon', 'authenticated') and (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb) $$, 'clients are subject to policies');
select is_empty(
  $$ select c.oid::regclass from pg_class c join our_schemas s on s.oid = c.relnamespace where c.relkind in ('r', 'p') and c.relowner in (select oid from pg_roles where rolname in ('anon', 'authenticated', 'service_role')) $$,
  'and own nothing');

select * from finish();
rollback;
