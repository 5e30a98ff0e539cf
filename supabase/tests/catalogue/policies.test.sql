begin;
set local search_path = extensions, public;
select no_plan();

create temp view our_schemas as
  select oid, nspname as name, nspname like '%\_private' as is_private from pg_namespace
  where nspname in ('user_service', 'event_service', 'post_service', 'ticket_service', 'user_private', 'event_private', 'post_private', 'ticket_private');
create temp view our_policies as
  select p.*, n.nspname, c.relname, p.polroles::regrole[]::text[] as roles,
    case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' end as command
  from pg_policy p join pg_class c on c.oid = p.polrelid join pg_namespace n on n.oid = c.relnamespace
  where n.oid in (select oid from our_schemas) or n.nspname = 'storage' and p.polname like 'objects\_%';

select is_empty($$ select c.oid::regclass from pg_class c join our_schemas s on s.oid = c.relnamespace where c.relkind in ('r', 'p') and not c.relrowsecurity $$,
  'row-level security is enabled for every table');
select is_empty($$ select relname, polname from our_policies where command is null $$, 'a policy is for one command');
select is_empty($$ select relname, polname from our_policies where not roles <@ array['anon', 'authenticated'] $$, 'a policy is to anon or authenticated');
select is_empty($$ select relname, command, role from our_policies, unnest(roles) role where polpermissive group by nspname, relname, command, role having count(*) > 1 $$,
  'a role has at most one permissive policy for each command');
select is_empty($$ select relname, polname from our_policies where polname not like relname || '\_' || command || '\_%' $$, 'names of policies follow <table>_<command>_<who>');
select is_empty($$ select relname, polname from our_policies where command in ('insert', 'update') and polwithcheck is null $$, 'policies for insert and update have a check');
select is_empty($$ select relname from our_policies p join our_schemas s on s.name = p.nspname where s.is_private $$, 'internal tables have no policy');
select is_empty(
  $$ select p.relname, p.polname, other.oid::regclass
     from our_policies p join pg_depend d on d.classid = 'pg_policy'::regclass and d.objid = p.oid and d.refclassid = 'pg_class'::regclass
     join pg_class other on other.oid = d.refobjid
     where other.oid <> p.polrelid and not (other.relkind = 'v' and other.relnamespace in (select oid from our_schemas where is_private)) $$,
  'policies read views of private schemas, and no table besides their own');
select is_empty(
  $$ select p.relname, p.polname, p.nspname, v.nspname
     from our_policies p join pg_depend d on d.classid = 'pg_policy'::regclass and d.objid = p.oid and d.refclassid = 'pg_class'::regclass
     join pg_class other on other.oid = d.refobjid and other.relkind = 'v' join pg_namespace v on v.oid = other.relnamespace
     where p.nspname <> 'storage' and v.nspname <> replace(p.nspname, '_service', '_private') $$,
  'policies read views of their own service');

-- The commands that policies allow, by table and role.
select set_eq(
  $$ select nspname || '.' || relname, string_agg(distinct command || ' ' || role, ', ' order by command || ' ' || role) from our_policies, unnest(roles) role group by nspname, relname $$,
  $$ values
    ('user_service.users', 'select authenticated, update authenticated'),
    ('user_service.user_settings', 'select authenticated, update authenticated'),
    ('user_service.user_privacy', 'select authenticated, update authenticated'),
    ('user_service.profiles', 'select anon, select authenticated'),
    ('user_service.user_stats', 'select anon, select authenticated'),
    ('user_service.follows', 'delete authenticated, insert authenticated, select authenticated'),
    ('user_service.blocks', 'delete authenticated, insert authenticated, select authenticated'),
    ('user_service.invitations', 'delete authenticated, insert authenticated, select authenticated, update authenticated'),
    ('event_service.events', 'delete authenticated, insert authenticated, select anon, select authenticated, update authenticated'),
    ('event_service.event_attendees', 'delete authenticated, insert authenticated, select authenticated, update authenticated'),
    ('event_service.event_images', 'delete authenticated, insert authenticated, select anon, select authenticated, update authenticated'),
    ('event_service.event_qna', 'delete authenticated, insert authenticated, select anon, select authenticated, update authenticated'),
    ('event_service.qna_upvotes', 'delete authenticated, insert authenticated, select authenticated'),
    ('event_service.reviews', 'delete authenticated, insert authenticated, select anon, select authenticated, update authenticated'),
    ('post_service.posts', 'delete authenticated, insert authenticated, select anon, select authenticated, update authenticated'),
    ('post_service.post_images', 'delete authenticated, insert authenticated, select anon, select authenticated, update authenticated'),
    ('post_service.poll_options', 'delete authenticated, insert authenticated, select anon, select authenticated'),
    ('post_service.poll_votes', 'delete authenticated, insert authenticated, select authenticated, update authenticated'),
    ('post_service.comments', 'delete authenticated, insert authenticated, select anon, select authenticated, update authenticated'),
    ('post_service.likes', 'delete authenticated, insert authenticated, select authenticated'),
    ('post_service.reposts', 'delete authenticated, insert authenticated, select authenticated, update authenticated'),
    ('post_service.bookmarks', 'delete authenticated, insert authenticated, select authenticated'),
    ('post_service.shares', 'insert authenticated, select authenticated'),
    ('ticket_service.tickets', 'select authenticated'),
    ('ticket_service.waitlist_entries', 'select authenticated'),
    ('ticket_service.event_cancellations', 'select authenticated'),
    ('ticket_service.event_staff', 'delete authenticated, insert authenticated, select authenticated'),
    ('ticket_service.refund_policies', 'delete authenticated, insert authenticated, select authenticated, update authenticated'),
    ('ticket_service.ticket_transactions', 'select authenticated'),
    ('storage.objects', 'delete authenticated, insert authenticated, select anon, select authenticated, update authenticated') $$,
  'the policies are these');

select * from finish();
rollback;
