-- Which invitation brought an attendee to an event, counted for the inviter. Uses invitations and user_stats.

-- Who attends which event. Empty until db/one_database/30_later_services.sql replaces it.
do $$
begin
  if to_regclass('user_private.attendance') is null then
    create view user_private.attendance as select null::uuid as event_id, null::uuid as user_id, null::timestamptz as joined_at where false;
    comment on view user_private.attendance is 'Who has a place at which event: joined, or by an active ticket.';
  end if;
end $$;

-- A separate table without foreign keys, because a column of invitations or a foreign key would lock rows that others
-- update.
create table if not exists user_private.successful_invitations (
  invitee_id uuid not null,
  event_id uuid not null,
  invitation_id uuid not null,
  inviter_id uuid not null,
  constraint one_success_for_each_guest primary key (invitee_id, event_id)
);
comment on table user_private.successful_invitations is 'The invitation that brought an attendee to an event: the first one accepted by a person with a confirmed email address who then attends. Maintained by triggers.';
create index if not exists successful_invitations_invitation_id on user_private.successful_invitations (invitation_id);
alter table user_private.successful_invitations enable row level security;

-- Includes invitations to people who are now hidden from the caller, so that the figures equal the counter.
create or replace view user_private.my_sent_invitations as
  select i.event_id, i.status, exists (select 1 from user_private.successful_invitations s where s.invitation_id = i.id) as is_successful
  from user_service.invitations i where i.inviter_id = (select auth.uid());
grant select on user_private.my_sent_invitations to authenticated, service_role;

create or replace function user_private.lock_invitations(invitee uuid, event uuid)
returns void language sql volatile set search_path = '' as $$ select pg_advisory_xact_lock(hashtextextended(invitee::text || event::text, 0)) $$;
comment on function user_private.lock_invitations(uuid, uuid) is 'Serializes the choice of the successful invitation of this person to this event. Take several locks in the order of events, then invitees.';
revoke execute on function user_private.lock_invitations(uuid, uuid) from public;

-- Definer: clients may not write this table. Locked, so that a concurrent answer and join both count.
create or replace function user_private.resolve_successful_invitation(invitee uuid, event uuid)
returns void language plpgsql volatile security definer set search_path = '' as $$
declare
  first_of_all record;
begin
  if not exists (select from user_service.invitations i where i.invitee_id = invitee and i.event_id = event)
  and not exists (select from user_private.successful_invitations s where s.invitee_id = invitee and s.event_id = event) then
    return;
  end if;
  perform user_private.lock_invitations(invitee, event);
  select i.id, i.inviter_id into first_of_all from user_service.invitations i
  where i.invitee_id = invitee and i.event_id = event and i.status = 'accepted'
    -- An invitation does not count if the person attended before.
    and exists (select 1 from user_private.attendance a where a.event_id = event and a.user_id = invitee and a.joined_at >= i.invited_at)
    and exists (select 1 from user_service.users u where u.id = invitee and u.is_email_verified)
  order by i.invited_at, i.id limit 1;
  delete from user_private.successful_invitations s
  where s.invitee_id = invitee and s.event_id = event and s.invitation_id is distinct from first_of_all.id;
  insert into user_private.successful_invitations (invitee_id, event_id, invitation_id, inviter_id)
  select invitee, event, first_of_all.id, first_of_all.inviter_id where first_of_all.id is not null
  on conflict do nothing;
end $$;
comment on function user_private.resolve_successful_invitation(uuid, uuid) is 'Determines which invitation, if any, brought this person to this event.';
revoke execute on function user_private.resolve_successful_invitation(uuid, uuid) from public;

-- Definer: clients may not write successful invitations.
create or replace function user_private.tg_invitations__resolve_success()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  perform user_private.resolve_successful_invitation(i.invitee_id, i.event_id)
  from (select old.invitee_id, old.event_id where tg_op <> 'INSERT' union select new.invitee_id, new.event_id where tg_op <> 'DELETE') i;
  return null;
end $$;
revoke execute on function user_private.tg_invitations__resolve_success() from public;
create or replace trigger invitations_resolve_success after insert or delete or update of status, inviter_id, invitee_id, event_id on user_service.invitations
  for each row execute function user_private.tg_invitations__resolve_success();

-- Definer: clients may not write successful invitations. Accepted invitations start to count when the email is
-- confirmed.
create or replace function user_private.tg_users__resolve_successful_invitations()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  perform user_private.resolve_successful_invitation(i.invitee_id, i.event_id)
  from user_service.invitations i where i.invitee_id = new.id and i.status = 'accepted'
  group by i.invitee_id, i.event_id order by i.event_id;
  return null;
end $$;
revoke execute on function user_private.tg_users__resolve_successful_invitations() from public;
create or replace trigger users_resolve_successful_invitations after update of is_email_verified on user_service.users
  for each row when (old.is_email_verified is distinct from new.is_email_verified) execute function user_private.tg_users__resolve_successful_invitations();

-- Effect of event_service.event_attendees. Definer: clients may not write successful invitations.
create or replace function user_private.tg_event_attendees__resolve_successful_invitation()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  if tg_op = 'UPDATE' and (old.status, old.user_id, old.event_id) = (new.status, new.user_id, new.event_id) then
    return null;
  end if;
  perform user_private.resolve_successful_invitation(a.user_id, a.event_id)
  from (select old.user_id, old.event_id where tg_op <> 'INSERT' union select new.user_id, new.event_id where tg_op <> 'DELETE') a;
  return null;
end $$;
revoke execute on function user_private.tg_event_attendees__resolve_successful_invitation() from public;

-- Effect of event_service.events: no invitation to a cancelled event counts.
create or replace function user_private.tg_events__resolve_successful_invitations()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  perform user_private.resolve_successful_invitation(s.invitee_id, s.event_id)
  from (select * from user_private.successful_invitations s where s.event_id = new.id order by s.invitee_id) s;
  return null;
end $$;
revoke execute on function user_private.tg_events__resolve_successful_invitations() from public;

-- Definer: clients may not write counters.
create or replace function user_private.tg_successful_invitations__count_for_inviter()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  if tg_op = 'DELETE' then
    perform user_private.add_to_counter(old.inviter_id, 'invites_successful_count', -1);
  else
    perform user_private.add_to_counter(new.inviter_id, 'invites_successful_count', 1);
  end if;
  return null;
end $$;
revoke execute on function user_private.tg_successful_invitations__count_for_inviter() from public;
create or replace trigger successful_invitations_count_for_inviter after insert or delete on user_private.successful_invitations
  for each row execute function user_private.tg_successful_invitations__count_for_inviter();

create or replace function user_service.invitation_success(event_id uuid default null)
returns jsonb language sql stable security invoker set search_path = ''
begin atomic
  with mine as (
    select i.event_id, count(*) as sent, count(*) filter (where i.status = 'accepted') as accepted,
      count(*) filter (where i.status = 'declined') as declined, count(*) filter (where i.is_successful) as successful
    from user_private.my_sent_invitations i
    where invitation_success.event_id is null or i.event_id = invitation_success.event_id
    group by i.event_id)
  select jsonb_build_object(
    'sent', coalesce(sum(m.sent), 0), 'accepted', coalesce(sum(m.accepted), 0), 'declined', coalesce(sum(m.declined), 0),
    'successful', coalesce(sum(m.successful), 0), 'rate', coalesce(round(sum(m.successful) / nullif(sum(m.sent), 0), 4), 0),
    'by_event', coalesce(jsonb_agg(jsonb_build_object('event_id', m.event_id, 'sent', m.sent, 'accepted', m.accepted, 'declined', m.declined,
      'successful', m.successful, 'rate', round(m.successful::numeric / m.sent, 4)) order by m.sent desc, m.event_id), '[]'))
  from mine m;
end;
comment on function user_service.invitation_success(uuid) is
  'Results of the caller''s invitations, to one event or to all: {sent, accepted, declined, successful, rate, by_event: [{event_id, …}]}. successful equals user_stats.invites_successful_count.';
revoke execute on function user_service.invitation_success(uuid) from public, anon;
grant execute on function user_service.invitation_success(uuid) to authenticated, service_role;
