-- Upvotes of questions.

create table if not exists event_service.qna_upvotes (
  id uuid primary key default extensions.uuid_generate_v4(),
  question_id uuid not null references event_service.event_qna (id) on delete cascade,
  user_id uuid not null default auth.uid(),
  created_at timestamptz not null default now(),
  constraint upvotes_are_unique unique (question_id, user_id)
);
comment on table event_service.qna_upvotes is 'People who want a question answered.';

create index if not exists qna_upvotes_user_id on event_service.qna_upvotes (user_id);

alter table event_service.qna_upvotes enable row level security;

drop policy if exists qna_upvotes_select_visible on event_service.qna_upvotes;
create policy qna_upvotes_select_visible on event_service.qna_upvotes for select to authenticated
  using (
    exists (select 1 from event_private.visible_questions q where q.id = qna_upvotes.question_id)
    and exists (select 1 from event_private.visible_people p where p.id = qna_upvotes.user_id));
drop policy if exists qna_upvotes_insert_own on event_service.qna_upvotes;
create policy qna_upvotes_insert_own on event_service.qna_upvotes for insert to authenticated
  with check (
    user_id = (select auth.uid())
    and (exists (select 1 from event_private.me)
      or event_private.refuse('account_gone', 'This account no longer exists. Sign in again.', 401))
    and (exists (select 1 from event_private.visible_questions q where q.id = qna_upvotes.question_id)
      or event_private.refuse('question_not_found', 'There is no such question.', 404)));
drop policy if exists qna_upvotes_delete_own on event_service.qna_upvotes;
create policy qna_upvotes_delete_own on event_service.qna_upvotes for delete to authenticated
  using (user_id = (select auth.uid()));

-- Update is not granted: there is nothing to change in an upvote.
revoke all on event_service.qna_upvotes from anon, authenticated;
grant select, delete on event_service.qna_upvotes to authenticated;
grant insert (question_id, user_id) on event_service.qna_upvotes to authenticated;
grant all on event_service.qna_upvotes to service_role;

-- Definer: clients may not write counters.
create or replace function event_private.tg_qna_upvotes__count_on_question()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  if tg_op <> 'INSERT' then
    perform event_private.add_to_counter('event_qna', old.question_id, 'upvotes_count', -1);
  end if;
  if tg_op <> 'DELETE' then
    perform event_private.add_to_counter('event_qna', new.question_id, 'upvotes_count', 1);
  end if;
  return null;
end $$;
revoke execute on function event_private.tg_qna_upvotes__count_on_question() from public;
create or replace trigger qna_upvotes_count_on_question after insert or delete or update of question_id on event_service.qna_upvotes
  for each row execute function event_private.tg_qna_upvotes__count_on_question();
