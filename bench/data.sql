-- 50,000 people, 500,000 posts, a million follows and 20,000 upcoming events. Loaded with triggers off, which would work
-- row by row; the last statements compute the counters at once.
set session_replication_role = replica;
select setseed(0.42);

insert into user_service.users (id, username)
select ('a0000000-0000-4000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'person_' || n from generate_series(1, 50000) n;
insert into user_service.user_privacy (user_id, profile_visible) select id, random() > 0.1 from user_service.users;
insert into user_service.user_settings (user_id) select id from user_service.users;
insert into user_service.user_stats (user_id) select id from user_service.users;
insert into user_service.profiles (id, username, name, is_private)
select u.id, u.username, 'Person ' || u.username, not p.profile_visible
from user_service.users u join user_service.user_privacy p on p.user_id = u.id;

-- People 1, 2 and 3 follow 15, 221 and 3,026 people, the others 20 on average. Some follow back.
create temporary table followed as
select ('a0000000-0000-4000-8000-' || lpad(to_hex(f), 12, '0'))::uuid as follower_id,
  ('a0000000-0000-4000-8000-' || lpad(to_hex(1 + floor(power(random(), 2) * 49999)::int), 12, '0'))::uuid as following_id
from (
  select 4 + floor(random() * 49996)::int as f from generate_series(1, 1000000)
  union all select 1 from generate_series(1, 15)
  union all select 2 from generate_series(1, 222)
  union all select 3 from generate_series(1, 3300)) followers;
insert into user_service.follows (follower_id, following_id)
select distinct follower_id, following_id from followed where follower_id <> following_id;
insert into user_service.follows (follower_id, following_id)
select f.following_id, f.follower_id from user_service.follows f where random() < 0.05
on conflict do nothing;
insert into user_service.blocks (blocker_id, blocked_id)
select distinct follower_id, following_id from followed tablesample bernoulli (0.5) where follower_id <> following_id;

insert into post_service.posts (id, author_id, content, visibility, author_is_private, created_at, updated_at)
select gen_random_uuid(), p.id,
  'Post ' || n || ' about ' || (array['kopi', 'musik', 'lari', 'film', 'buku', 'seni', 'futsal', 'ramen'])[1 + n % 8]
    || case when n % 5000 = 0 then ' langka' else '' end,
  (case when random() < 0.8 then 'public' when random() < 0.8 then 'followers' else 'private' end)::post_service.post_visibility,
  p.is_private, now() - n * interval '30 seconds', now() - n * interval '30 seconds'
from (select n, ('a0000000-0000-4000-8000-' || lpad(to_hex(1 + floor(random() * 49999)::int), 12, '0'))::uuid as author_id
  from generate_series(1, 500000) n) written
join user_service.profiles p on p.id = written.author_id;

insert into event_service.events (id, host_id, title, category, start_time, end_time, location_lat, location_lng, location_geom, status, privacy)
select gen_random_uuid(), ('a0000000-0000-4000-8000-' || lpad(to_hex(1 + floor(random() * 49999)::int), 12, '0'))::uuid,
  'Event ' || n || ' kopi', 'coffee', now() + (n % 60 + 1) * interval '1 day', now() + (n % 60 + 1) * interval '1 day' + interval '2 hours',
  lat, lng, extensions.st_setsrid(extensions.st_makepoint(lng, lat), 4326)::extensions.geography, 'upcoming',
  (case when random() < 0.8 then 'public' else 'friends_only' end)::event_service.event_privacy
from (select n, -6.4 + random() * 0.5 as lat, 106.6 + random() * 0.5 as lng from generate_series(1, 20000) n) places;

-- As many past events.
insert into event_service.events (id, host_id, title, category, start_time, end_time, location_lat, location_lng, location_geom, status, privacy)
select gen_random_uuid(), e.host_id, e.title, e.category, e.start_time - interval '100 days', e.end_time - interval '100 days',
  e.location_lat, e.location_lng, e.location_geom, 'completed', e.privacy
from event_service.events e;

update user_service.user_stats s set
  following_count = (select count(*) from user_service.follows f where f.follower_id = s.user_id),
  followers_count = (select count(*) from user_service.follows f where f.following_id = s.user_id);
reset session_replication_role;
