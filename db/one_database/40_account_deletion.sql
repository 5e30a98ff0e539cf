-- Account deletion across services: what is refused, which locks are taken, and which files are queued for deletion.

create or replace function user_private.require_no_live_tickets(host uuid)
returns void language plpgsql volatile set search_path = '' as $$
begin
  if exists (
    select from event_service.events e
    join ticket_service.tickets t on t.event_id = e.id and t.status in ('pending', 'active')
    where e.host_id = host and e.status in ('upcoming', 'ongoing'))
  then
    perform user_private.refuse('has_sold_tickets', 'You host an upcoming event with sold tickets. Cancel the event, wait for its refunds, then delete your account.', 409);
  end if;
end $$;
comment on function user_private.require_no_live_tickets(uuid) is 'Refuses hosts of upcoming or ongoing events with live tickets.';
revoke execute on function user_private.require_no_live_tickets(uuid) from public;

-- Locks rows of several events, each kind in the order of events. Omits rows that only account deletion locks.
create or replace function user_private.lock_account(person uuid)
returns void language plpgsql volatile set search_path = '' as $$
declare
  hosted uuid[];
  ticketed uuid[];
  attended uuid[];
begin
  perform from user_service.profiles p where p.id = person for update;
  perform user_private.require_no_live_tickets(person);
  -- Deletes posts and questions before it takes the locks that others wait for, because this may take long.
  perform set_config('user_private.deleting_account', person::text, true);
  perform post_private.delete_contributions(person), event_private.delete_questions(person);
  hosted := array(
    select e.id from event_service.events e where e.host_id = person and e.status in ('upcoming', 'ongoing') order by e.id for no key update);
  -- Includes ended tickets: a late payment may be reactivating one.
  perform from ticket_service.tickets t where t.user_id = person order by t.id for no key update;
  ticketed := array(select t.event_id from ticket_service.tickets t where t.user_id = person and t.status in ('pending', 'active'));
  perform from ticket_service.waitlist_entries w where w.user_id = person order by w.event_id for update;
  perform from ticket_private.event_seats s where s.event_id = any (hosted || ticketed) order by s.event_id for update;
  attended := array(select a.event_id from event_service.event_attendees a where a.user_id = person order by a.id for update);
  perform from user_service.invitations i where person in (i.inviter_id, i.invitee_id) order by i.id for update;
  perform user_private.lock_invitations(i.invitee_id, i.event_id)
  from (select distinct i.event_id, i.invitee_id from user_service.invitations i where person in (i.inviter_id, i.invitee_id) order by 1, 2) i;
  perform from event_private.event_capacity c where c.event_id = any (hosted || attended) order by c.event_id for update;
  perform from user_service.user_stats s where s.user_id = person for update;
end $$;

-- Definer: it reads tickets of others.
create or replace function user_private.tg_users__refuse_with_live_tickets()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  perform user_private.require_no_live_tickets(old.id);
  return old;
end $$;
revoke execute on function user_private.tg_users__refuse_with_live_tickets() from public;
create or replace trigger users_refuse_with_live_tickets before delete on user_service.users
  for each row execute function user_private.tg_users__refuse_with_live_tickets();

-- Definer: clients may read neither the queue nor storage.objects. Only the Storage API may delete files.
create or replace function user_private.tg_users__queue_files()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  if to_regclass('storage.objects') is not null then
    execute 'insert into user_private.files_to_delete (bucket_id, path)
      select o.bucket_id, o.name from storage.objects o
      where o.bucket_id in (''avatars'', ''event-images'', ''post-images'') and o.name like $1 || ''/%''
      on conflict do nothing' using old.id::text;
  end if;
  return null;
end $$;
revoke execute on function user_private.tg_users__queue_files() from public;
create or replace trigger users_queue_files after delete on user_service.users
  for each row execute function user_private.tg_users__queue_files();
