-- Questions about an event and the answers of its host.

create table if not exists event_service.event_qna (
  id uuid primary key default extensions.uuid_generate_v4(),
  event_id uuid not null references event_service.events (id) on delete cascade,
  user_id uuid default auth.uid(),
  question text not null constraint question_is_given_and_bounded check (question ~ '\S' and length(question) <= 2000
    or event_private.refuse('invalid_question', 'Ask a question of 1 to 2,000 characters.')),
  answer text constraint answer_is_given_and_bounded check ((answer ~ '\S' and length(answer) <= 5000) is not false
    or event_private.refuse('invalid_answer', 'Give an answer of 1 to 5,000 characters, or null to remove it.')),
  answered_by uuid,
  answered_at timestamptz,
  is_answered boolean not null default false,
  upvotes_count int not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint answered_when_there_is_an_answer check (is_answered = (answer is not null))
);
comment on table event_service.event_qna is 'Questions about an event, answered by its host.';
comment on column event_service.event_qna.user_id is 'Who asked. Null after their account is deleted.';

create index if not exists event_qna_event_id on event_service.event_qna (event_id, created_at, id);
create index if not exists event_qna_user_id on event_service.event_qna (user_id);
create index if not exists event_qna_answered_by on event_service.event_qna (answered_by);

create or replace view event_private.visible_questions as
  select q.*
  from event_service.event_qna q
  where exists (select 1 from event_private.visible_events e where e.id = q.event_id)
    and (q.user_id is null or exists (select 1 from event_private.visible_people p where p.id = q.user_id));
comment on view event_private.visible_questions is 'The questions that the caller sees, by the predicate of the policy on event_qna.';
grant select on event_private.visible_questions to anon, authenticated, service_role;

alter table event_service.event_qna enable row level security;

drop policy if exists event_qna_select_visible on event_service.event_qna;
create policy event_qna_select_visible on event_service.event_qna for select to anon, authenticated
  using (
    exists (select 1 from event_private.visible_events e where e.id = event_qna.event_id)
    and (user_id is null or exists (select 1 from event_private.visible_people p where p.id = event_qna.user_id)));
drop policy if exists event_qna_insert_own on event_service.event_qna;
create policy event_qna_insert_own on event_service.event_qna for insert to authenticated
  with check (
    user_id = (select auth.uid())
    and (exists (select 1 from event_private.me)
      or event_private.refuse('account_gone', 'This account no longer exists. Sign in again.', 401))
    and (exists (select 1 from event_private.visible_events e where e.id = event_qna.event_id)
      or event_private.refuse('event_not_found', 'There is no such event.', 404)));
drop policy if exists event_qna_update_asker_or_host on event_service.event_qna;
create policy event_qna_update_asker_or_host on event_service.event_qna for update to authenticated
  -- Checks the event too: PostgreSQL skips select policies for an update that reads no column.
  using (user_id = (select auth.uid()) and exists (select 1 from event_private.visible_events e where e.id = event_qna.event_id)
    or exists (select 1 from event_private.my_events e where e.id = event_qna.event_id))
  with check (user_id = (select auth.uid()) or exists (select 1 from event_private.my_events e where e.id = event_qna.event_id));
drop policy if exists event_qna_delete_asker_or_host on event_service.event_qna;
create policy event_qna_delete_asker_or_host on event_service.event_qna for delete to authenticated
  using (user_id = (select auth.uid()) or exists (select 1 from event_private.my_events e where e.id = event_qna.event_id));

-- answered_by and answered_at are set by the trigger event_qna_check_change, which also checks who may change which
-- column.
revoke all on event_service.event_qna from anon, authenticated;
grant select on event_service.event_qna to anon;
grant select, delete on event_service.event_qna to authenticated;
grant insert (event_id, user_id, question) on event_service.event_qna to authenticated;
grant update (question, answer) on event_service.event_qna to authenticated;
grant all on event_service.event_qna to service_role;

create or replace trigger event_qna_updated_at before update of question, answer on event_service.event_qna
  for each row execute function event_service.update_updated_at_column();

-- Definer: it checks who hosts the event. A policy cannot compare old and new values.
create or replace function event_private.tg_event_qna__check_change()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
declare
  caller uuid := (select auth.uid());
begin
  if tg_op = 'INSERT' then
    new.upvotes_count = 0;
    new.is_answered = new.answer is not null;
    return new;
  end if;
  if new.question is distinct from old.question and caller is distinct from old.user_id and caller is not null then
    perform event_private.refuse('not_your_question', 'Only the person who asked a question can change it.', 403);
  elsif new.question is distinct from old.question and old.is_answered and caller is not null then
    perform event_private.refuse('question_answered', 'This question is answered and can no longer be changed. Ask another one.', 409);
  end if;
  if new.answer is distinct from old.answer then
    if caller is not null and not exists (select 1 from event_private.my_events e where e.id = old.event_id) then
      perform event_private.refuse('not_your_event', 'Only the host of the event can answer.', 403);
    end if;
    new.is_answered = new.answer is not null;
    new.answered_by = case when new.is_answered then coalesce(caller, new.answered_by) end;
    new.answered_at = case when new.is_answered then now() end;
  end if;
  return new;
end $$;
revoke execute on function event_private.tg_event_qna__check_change() from public;
create or replace trigger event_qna_check_change before insert or update of question, answer on event_service.event_qna
  for each row execute function event_private.tg_event_qna__check_change();

create or replace function event_service.asker(event_service.event_qna)
returns setof event_service.people rows 1 language sql stable
begin atomic
  select p.* from event_service.people p where p.id = $1.user_id;
end;
create or replace function event_service.answerer(event_service.event_qna)
returns setof event_service.people rows 1 language sql stable
begin atomic
  select p.* from event_service.people p where p.id = $1.answered_by;
end;
comment on function event_service.asker(event_service.event_qna) is 'Relationship: event_qna?select=question,asker(username).';
comment on function event_service.answerer(event_service.event_qna) is 'Relationship: event_qna?select=answer,answerer(username).';
