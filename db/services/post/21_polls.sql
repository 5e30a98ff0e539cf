-- Polls: the options of a post of type poll, and votes for them.

create table if not exists post_service.poll_options (
  id uuid primary key default gen_random_uuid(),
  post_id uuid not null references post_service.posts (id) on delete cascade,
  label text not null constraint label_is_given_and_bounded check (label ~ '\S' and length(label) <= 200
    or post_private.refuse('invalid_option', 'An option has 1 to 200 characters.')),
  order_index int not null default 0 constraint at_most_ten_options check (order_index between 0 and 9
    or post_private.refuse('too_many_options', 'A poll has at most ten options, with an order_index from 0 to 9.')),
  votes_count int not null default 0,
  constraint options_have_a_place_each unique (post_id, order_index),
  constraint option_and_its_post unique (id, post_id)
);
comment on table post_service.poll_options is 'Options of a post of type poll. Fixed after the first vote.';

create table if not exists post_service.poll_votes (
  id uuid primary key default gen_random_uuid(),
  post_id uuid not null references post_service.posts (id) on delete cascade,
  option_id uuid not null,
  user_id uuid not null default auth.uid(),
  created_at timestamptz not null default now(),
  constraint one_vote_for_each_poll unique (post_id, user_id),
  constraint option_of_the_same_poll foreign key (option_id, post_id) references post_service.poll_options (id, post_id) on delete cascade
);
comment on table post_service.poll_votes is 'Votes. Everyone sees the counts; only the voter sees the vote.';

create index if not exists poll_votes_option_id on post_service.poll_votes (option_id, post_id);
create index if not exists poll_votes_user_id on post_service.poll_votes (user_id);

create or replace view post_private.my_unvoted_polls as
  select p.id from post_service.posts p
  where p.author_id = (select auth.uid()) and p.type = 'poll'
    and not exists (select 1 from post_service.poll_votes v where v.post_id = p.id);
create or replace view post_private.option_posts as
  select o.id, o.post_id from post_service.poll_options o;

grant select on post_private.my_unvoted_polls, post_private.option_posts to authenticated, service_role;

alter table post_service.poll_options enable row level security;

drop policy if exists poll_options_select_visible on post_service.poll_options;
create policy poll_options_select_visible on post_service.poll_options for select to anon, authenticated
  using (exists (select 1 from post_private.visible_posts p where p.id = poll_options.post_id));
drop policy if exists poll_options_insert_author on post_service.poll_options;
create policy poll_options_insert_author on post_service.poll_options for insert to authenticated
  with check (
    (exists (select 1 from post_private.me)
      or post_private.refuse('account_gone', 'This account no longer exists. Sign in again.', 401))
    and (exists (select 1 from post_private.my_unvoted_polls p where p.id = poll_options.post_id)
      or post_private.refuse('post_not_found', 'You have no such poll without votes.', 404)));
drop policy if exists poll_options_delete_author on post_service.poll_options;
create policy poll_options_delete_author on post_service.poll_options for delete to authenticated
  using (exists (select 1 from post_private.my_unvoted_polls p where p.id = poll_options.post_id));

-- Update is not granted: an option must not change after people voted for it.
revoke all on post_service.poll_options from anon, authenticated;
grant select on post_service.poll_options to anon;
grant select, delete on post_service.poll_options to authenticated;
grant insert (post_id, label, order_index) on post_service.poll_options to authenticated;
grant all on post_service.poll_options to service_role;

create or replace function post_private.tg_poll_options__reset_votes()
returns trigger language plpgsql volatile set search_path = '' as $$
begin
  new.votes_count = 0;
  return new;
end $$;
create or replace trigger poll_options_reset_votes before insert on post_service.poll_options
  for each row execute function post_private.tg_poll_options__reset_votes();

-- Definer: clients may not read the votes of others. The policy uses the snapshot of the statement, and the first vote
-- may have arrived since. When the post is deleted, options and votes are deleted with it.
create or replace function post_private.tg_poll_options__refuse_deletion_after_vote()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  if exists (select from post_service.posts p join post_service.poll_votes v on v.post_id = p.id where p.id = old.post_id) then
    perform post_private.refuse('poll_has_votes', 'This poll has votes and can no longer be changed.', 409);
  end if;
  return old;
end $$;
revoke execute on function post_private.tg_poll_options__refuse_deletion_after_vote() from public;
create or replace trigger poll_options_refuse_deletion_after_vote before delete on post_service.poll_options
  for each row execute function post_private.tg_poll_options__refuse_deletion_after_vote();

alter table post_service.poll_votes enable row level security;

drop policy if exists poll_votes_select_own on post_service.poll_votes;
create policy poll_votes_select_own on post_service.poll_votes for select to authenticated
  using (user_id = (select auth.uid()) and exists (select 1 from post_private.visible_posts p where p.id = poll_votes.post_id));
drop policy if exists poll_votes_insert_own on post_service.poll_votes;
create policy poll_votes_insert_own on post_service.poll_votes for insert to authenticated
  with check (
    user_id = (select auth.uid())
    and (exists (select 1 from post_private.me)
      or post_private.refuse('account_gone', 'This account no longer exists. Sign in again.', 401))
    and (exists (select 1 from post_private.visible_posts p where p.id = poll_votes.post_id)
      or post_private.refuse('post_not_found', 'There is no such post.', 404))
    and (exists (select 1 from post_private.option_posts o where o.id = poll_votes.option_id and o.post_id = poll_votes.post_id)
      or post_private.refuse('option_not_found', 'This poll has no such option.', 404))
    and (exists (select 1 from post_private.visible_posts p
        where p.id = poll_votes.post_id and (p.poll_closes_at is null or p.poll_closes_at > now()))
      or post_private.refuse('poll_closed', 'This poll is closed.', 409)));
drop policy if exists poll_votes_update_own on post_service.poll_votes;
create policy poll_votes_update_own on post_service.poll_votes for update to authenticated
  using (user_id = (select auth.uid()) and exists (select 1 from post_private.visible_posts p where p.id = poll_votes.post_id))
  with check (
    user_id = (select auth.uid())
    and (exists (select 1 from post_private.option_posts o where o.id = poll_votes.option_id and o.post_id = poll_votes.post_id)
      or post_private.refuse('option_not_found', 'This poll has no such option.', 404))
    and (exists (select 1 from post_private.visible_posts p
        where p.id = poll_votes.post_id and (p.poll_closes_at is null or p.poll_closes_at > now()))
      or post_private.refuse('poll_closed', 'This poll is closed.', 409)));
drop policy if exists poll_votes_delete_own on post_service.poll_votes;
create policy poll_votes_delete_own on post_service.poll_votes for delete to authenticated
  using (user_id = (select auth.uid()) and exists (select 1 from post_private.visible_posts p
    where p.id = poll_votes.post_id and (p.poll_closes_at is null or p.poll_closes_at > now())));

revoke all on post_service.poll_votes from anon, authenticated;
grant select, delete on post_service.poll_votes to authenticated;
grant insert (post_id, option_id, user_id) on post_service.poll_votes to authenticated;
grant update (post_id, user_id, option_id) on post_service.poll_votes to authenticated;
grant all on post_service.poll_votes to service_role;

create or replace trigger poll_votes_refuse_move before update of post_id on post_service.poll_votes
  for each row when (old.post_id <> new.post_id) execute function post_private.tg_rows__refuse_move();

-- Definer: clients may not write counters.
create or replace function post_private.tg_poll_votes__count_on_option()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  if tg_op <> 'INSERT' then
    perform post_private.add_to_counter('poll_options', old.option_id, 'votes_count', -1);
  end if;
  if tg_op <> 'DELETE' then
    perform post_private.add_to_counter('poll_options', new.option_id, 'votes_count', 1);
  end if;
  return null;
end $$;
revoke execute on function post_private.tg_poll_votes__count_on_option() from public;
create or replace trigger poll_votes_count_on_option after insert or delete or update of option_id on post_service.poll_votes
  for each row execute function post_private.tg_poll_votes__count_on_option();
