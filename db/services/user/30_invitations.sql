-- Invitations to events: the table, its policies, the daily limit, and invite().

do $$
begin
  if to_regtype('user_service.invitation_status') is null then
    create type user_service.invitation_status as enum ('pending', 'accepted', 'declined');
  end if;
end $$;

create table if not exists user_service.invitations (
  id uuid primary key default gen_random_uuid(),
  inviter_id uuid not null default auth.uid() references user_service.users (id) on delete cascade,
  invitee_id uuid not null references user_service.users (id) on delete cascade,
  event_id uuid not null,
  status user_service.invitation_status not null default 'pending',
  invited_at timestamptz not null default now(),
  responded_at timestamptz,
  constraint invitations_are_unique unique (inviter_id, invitee_id, event_id),
  constraint nobody_invites_themselves check (inviter_id <> invitee_id
    or user_private.refuse('self_invitation', 'You cannot invite yourself.'))
);
comment on table user_service.invitations is 'inviter_id invites invitee_id to an event. Visible to these two people.';
comment on column user_service.invitations.responded_at is 'When the invitee last accepted or declined.';

create index if not exists invitations_invitee_id on user_service.invitations (invitee_id, event_id);
create index if not exists invitations_event_id on user_service.invitations (event_id);

-- Only the event service knows which events the caller sees, and may invite to. Empty until db/one_database/30_later_services.sql
-- replaces them, so that nobody can invite in a user service that has no events.
do $$
begin
  if to_regclass('user_private.invitable_events') is null then
    create view user_private.invitable_events as select null::uuid as id, null::uuid as friends_of where false;
    create view user_private.visible_events as
      select null::uuid as id, null::uuid as host_id, null::text as title, null::text as category, null::timestamptz as start_time,
        null::timestamptz as end_time, null::text as location_name, null::text as status, null::text as privacy where false;
    comment on view user_private.visible_events is 'The events that the caller sees.';
    comment on view user_private.invitable_events is 'Events the caller may invite to; friends_of names the host whose mutual followers alone may be invited.';
  end if;
end $$;

create or replace view user_private.mutuals as
  select f.follower_id as user_id, f.following_id as friend_id
  from user_service.follows f
  where exists (select 1 from user_service.follows b where b.follower_id = f.following_id and b.following_id = f.follower_id);
grant select on user_private.invitable_events, user_private.visible_events, user_private.mutuals to authenticated, service_role;

-- A security barrier, because clients filter this view: otherwise a filter that raises an error could run on hidden
-- rows.
create or replace view user_service.events with (security_invoker = true, security_barrier = true) as
  select e.id, e.host_id, e.title, e.category, e.start_time, e.end_time, e.location_name, e.status, e.privacy from user_private.visible_events e;
comment on view user_service.events is 'The events that the caller sees, for embedding: invitations?select=status,event(title,start_time).';
revoke all on user_service.events from anon, authenticated;
grant select on user_service.events to authenticated, service_role;

alter table user_service.invitations enable row level security;

drop policy if exists invitations_select_party on user_service.invitations;
create policy invitations_select_party on user_service.invitations for select to authenticated
  using (
    (select auth.uid()) in (inviter_id, invitee_id)
    and not exists (select 1 from user_private.my_blocks b where b.user_id in (invitations.inviter_id, invitations.invitee_id)));
drop policy if exists invitations_insert_own on user_service.invitations;
create policy invitations_insert_own on user_service.invitations for insert to authenticated
  with check (
    inviter_id = (select auth.uid())
    and (exists (select 1 from user_private.me)
      or user_private.refuse('account_gone', 'This account no longer exists. Sign in again.', 401))
    and (exists (select 1 from user_private.visible_people p where p.id = invitations.invitee_id)
      or user_private.refuse('person_not_found', 'There is no such person.', 404))
    and (exists (select 1 from user_private.invitable_events e where e.id = invitations.event_id)
      or user_private.refuse('event_not_found', 'There is no such event, or you may not invite to it.', 404))
    and (exists (select 1 from user_private.invitable_events e
        where e.id = invitations.event_id
          and (e.friends_of is null
            or e.friends_of = invitations.invitee_id
            or exists (select 1 from user_private.mutuals m where m.user_id = e.friends_of and m.friend_id = invitations.invitee_id)))
      or user_private.refuse('person_not_found', 'There is no such person.', 404)));
drop policy if exists invitations_update_invitee on user_service.invitations;
create policy invitations_update_invitee on user_service.invitations for update to authenticated
  using (invitee_id = (select auth.uid())
    and not exists (select 1 from user_private.my_blocks b where b.user_id = invitations.inviter_id))
  with check (invitee_id = (select auth.uid()));
drop policy if exists invitations_delete_inviter on user_service.invitations;
create policy invitations_delete_inviter on user_service.invitations for delete to authenticated
  using (inviter_id = (select auth.uid()));

-- status is not granted on insert, because only the invitee may change it. Timestamps are set by the database.
revoke all on user_service.invitations from anon, authenticated;
grant select, delete on user_service.invitations to authenticated;
grant insert (inviter_id, invitee_id, event_id) on user_service.invitations to authenticated;
grant update (status) on user_service.invitations to authenticated;
grant all on user_service.invitations to service_role;

-- Definer: clients have no access to the schema of refuse().
create or replace function user_private.tg_invitations__set_responded_at()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  if new.status is distinct from old.status then
    if new.status = 'pending' then
      perform user_private.refuse('invitation_answered', 'An answered invitation cannot become pending again. Accept or decline it.', 409);
    end if;
    new.responded_at = now();
  end if;
  return new;
end $$;
revoke execute on function user_private.tg_invitations__set_responded_at() from public;
create or replace trigger invitations_set_responded_at before update of status on user_service.invitations
  for each row execute function user_private.tg_invitations__set_responded_at();

-- Deleting an invitation does not reduce the count.
create table if not exists user_private.invitations_sent (
  inviter_id uuid not null references user_service.users (id) on delete cascade,
  day date not null,
  sent int not null constraint at_most_100_a_day check (sent <= 100
    or user_private.refuse('too_many_invitations', 'You can send at most 100 invitations a day. Try again tomorrow.', 429)),
  constraint one_count_a_day primary key (inviter_id, day)
);
comment on table user_private.invitations_sent is 'Invitations sent by each person on each day (UTC).';
alter table user_private.invitations_sent enable row level security;

-- Definer: clients may not write the count. Rows imported by an operator are not counted.
create or replace function user_private.tg_invitations__count_sent()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  if (select auth.uid()) is not null then
    insert into user_private.invitations_sent as s (inviter_id, day, sent) values (new.inviter_id, (now() at time zone 'UTC')::date, 1)
    on conflict (inviter_id, day) do update set sent = s.sent + 1;
  end if;
  return null;
end $$;
revoke execute on function user_private.tg_invitations__count_sent() from public;
create or replace trigger invitations_count_sent after insert on user_service.invitations
  for each row execute function user_private.tg_invitations__count_sent();

-- Definer: clients have no access to the schema of refuse().
create or replace function user_private.require_inviter(event uuid, invitees text[])
returns boolean language plpgsql stable security definer set search_path = '' as $$
begin
  if not exists (select from user_private.me) then
    perform user_private.refuse('account_gone', 'This account no longer exists. Sign in again.', 401);
  elsif coalesce(cardinality(invitees), 0) not between 1 and 50 then
    perform user_private.refuse('too_many_invitees', 'Invite 1 to 50 people at once.');
  elsif not exists (select from user_private.invitable_events e where e.id = event) then
    perform user_private.refuse('event_not_found', 'There is no such event, or you may not invite to it.', 404);
  end if;
  return true;
end $$;
comment on function user_private.require_inviter(uuid, text[]) is 'Refuses if the caller may not invite to this event, or names more than 50 people.';
revoke execute on function user_private.require_inviter(uuid, text[]) from public;
grant execute on function user_private.require_inviter(uuid, text[]) to authenticated, service_role;

-- Only selects the people who can be invited; policies and triggers check each inserted row as for a client's insert.
create or replace function user_service.invite(event_id uuid, invitees text[])
returns table (invitee text, invitation_id uuid, result text) language sql volatile security invoker set search_path = ''
begin atomic
  with asked as (
    select left(a.name, 100) as name, min(a.place) as place,
      case when left(a.name, 100) ~ '^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$' then left(a.name, 100)::uuid end as id
    from unnest(invitees) with ordinality a (name, place)
    where user_private.require_inviter(invite.event_id, invitees)
    group by left(a.name, 100)),
  people as (
    select a.name, p.id from asked a join user_private.visible_people p on p.id = a.id
    union
    select a.name, p.id from asked a join user_private.visible_people p on lower(p.username) = lower(a.name) where a.id is null),
  invitable as (
    select p.name, p.id from people p
    join user_private.invitable_events e on e.id = invite.event_id
    where p.id <> (select auth.uid())
      and (e.friends_of is null or e.friends_of = p.id
        or exists (select 1 from user_private.mutuals m where m.user_id = e.friends_of and m.friend_id = p.id))),
  made as (
    insert into user_service.invitations (inviter_id, invitee_id, event_id)
    select distinct (select auth.uid()), i.id, invite.event_id from invitable i
    on conflict do nothing
    returning id, invitee_id)
  select a.name, coalesce(m.id, k.id),
    case when m.id is not null then 'invited' when k.id is not null then 'already_invited' else 'person_not_found' end
  from asked a
  left join invitable i on i.name = a.name
  left join made m on m.invitee_id = i.id
  left join user_service.invitations k on k.inviter_id = (select auth.uid()) and k.invitee_id = i.id and k.event_id = invite.event_id
  order by a.place;
end;
comment on function user_service.invite(uuid, text[]) is
  'Invites up to 50 people, by id or username, to an event; at most 100 invitations a day. Returns a row for each: result is invited, already_invited, or person_not_found, which includes people whom the caller cannot see.';
revoke execute on function user_service.invite(uuid, text[]) from public, anon;
grant execute on function user_service.invite(uuid, text[]) to authenticated, service_role;

create or replace function user_service.inviter(user_service.invitations)
returns setof user_service.profiles rows 1 language sql stable
begin atomic
  select p.* from user_service.profiles p where p.id = $1.inviter_id;
end;
create or replace function user_service.invitee(user_service.invitations)
returns setof user_service.profiles rows 1 language sql stable
begin atomic
  select p.* from user_service.profiles p where p.id = $1.invitee_id;
end;
create or replace function user_service.event(user_service.invitations)
returns setof user_service.events rows 1 language sql stable
begin atomic
  select e.* from user_service.events e where e.id = $1.event_id;
end;
comment on function user_service.event(user_service.invitations) is 'Relationship: invitations?select=status,event(title,start_time). Null if the caller cannot see the event.';
comment on function user_service.inviter(user_service.invitations) is 'Relationship: invitations?select=inviter(username,avatar_url).';
comment on function user_service.invitee(user_service.invitations) is 'Relationship: invitations?select=invitee(username,avatar_url).';
