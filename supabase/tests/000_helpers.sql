-- Creates the schema `tests`: people to test as, and assertions about what each of them may do.
-- `supabase test db` runs every file in a session of its own, in the order of their names: this one first,
-- zzz_remove_helpers.sql last. To run one file alone, name this one before it:
--   supabase test db supabase/tests/000_helpers.sql supabase/tests/user_service/follows.test.sql
begin;
create extension if not exists pgtap with schema extensions;
drop schema if exists tests cascade;
create schema tests;
grant usage on schema tests to anon, authenticated, service_role;

create function tests.id(name text)
returns uuid language sql immutable set search_path = '' as $$ select md5('tests ' || name)::uuid $$;
comment on function tests.id(text) is 'The id of the person or row with this name in the tests.';

create function tests.make_person(persona text, metadata jsonb default '{}')
returns uuid language sql volatile set search_path = '' as $$
  insert into auth.users (id, email, raw_user_meta_data)
  values (tests.id(persona), persona || '@tap.test', jsonb_build_object('username', 'tap_' || persona, 'name', initcap(persona)) || metadata)
  returning id
$$;
comment on function tests.make_person(text, jsonb) is 'Signs a person up with the username tap_<persona>.';

create function tests.make_people()
returns void language plpgsql volatile set search_path = '' as $$
begin
  perform tests.make_person(persona)
  from unnest(array['owner', 'follower', 'followed', 'mutual', 'stranger', 'blocked', 'blocker', 'acquaintance', 'nuisance']) persona;
  insert into user_service.follows (follower_id, following_id) values
    (tests.id('follower'), tests.id('owner')),
    (tests.id('owner'), tests.id('followed')),
    (tests.id('mutual'), tests.id('owner')),
    (tests.id('owner'), tests.id('mutual'));
  insert into user_service.blocks (blocker_id, blocked_id) values
    (tests.id('owner'), tests.id('blocked')),
    (tests.id('blocker'), tests.id('owner'));
  -- Rows of the stranger's own, which must give the stranger no access to those of the owner.
  insert into user_service.follows (follower_id, following_id) values
    (tests.id('stranger'), tests.id('acquaintance')), (tests.id('acquaintance'), tests.id('stranger')),
    (tests.id('follower'), tests.id('acquaintance')), (tests.id('acquaintance'), tests.id('follower'));
  insert into user_service.blocks (blocker_id, blocked_id) values (tests.id('stranger'), tests.id('nuisance'));
  perform tests.make_event('strange event', 'stranger'), tests.make_event('acquainted event', 'acquaintance'), tests.make_post('strange post', 'stranger');
  insert into event_service.event_attendees (event_id, user_id) values (tests.id('acquainted event'), tests.id('stranger'));
  insert into user_service.invitations (inviter_id, invitee_id, event_id) values (tests.id('acquaintance'), tests.id('stranger'), tests.id('acquainted event'));
end $$;
comment on function tests.make_people() is
  'Signs up the owner of the tested rows and people named by their relation to the owner: the follower follows the owner, the owner follows the followed, the mutual does both, the owner blocked the blocked, the blocker blocked the owner. The stranger and the follower are mutual followers of the acquaintance; the stranger has blocked the nuisance, hosts, posts, attends and is invited.';

create function tests.act_as(persona text)
returns void language plpgsql volatile set search_path = '' as $$
declare
  role text := case persona when 'anonymous' then 'anon' when 'service' then 'service_role' when 'database' then 'none' else 'authenticated' end;
begin
  perform set_config('request.jwt.claims', case role
    when 'none' then ''
    when 'authenticated' then json_build_object('sub', tests.id(persona), 'role', role)::text
    else json_build_object('role', role)::text end, true);
  perform set_config('request.jwt.claim.sub', '', true);
  perform set_config('role', role, true);
end $$;
comment on function tests.act_as(text) is
  'Makes the session act as this persona: anonymous, service, database (the owner of the tables), or a person, with or without an account.';

create function tests.outcome(persona text, statement text)
returns text language plpgsql volatile set search_path = '' as $$
declare
  rows bigint;
  outcome text;
  code text;
  message text;
  detail text;
  broken text;
begin
  begin
    perform tests.act_as(persona);
    execute statement;
    get diagnostics rows = row_count;
    set constraints all immediate;
    raise exception 'rolled back' using errcode = 'TAPOK';
  exception
    when sqlstate 'TAPOK' then
      outcome := rows::text;
    when others then
      get stacked diagnostics code = returned_sqlstate, message = message_text, detail = pg_exception_detail, broken = constraint_name;
      outcome := case
        when code = 'PGRST' then (message::jsonb ->> 'code') || '/' || (detail::jsonb ->> 'status')
        when code = '42501' then code || case when message like '%row-level security%' then '/policy' else '/grant' end
        else code || coalesce('/' || nullif(broken, ''), '') end;
  end;
  return outcome;
end $$;
comment on function tests.outcome(text, text) is
  'Runs the statement as the persona and rolls it back. Returns the number of rows returned or changed; or a refusal as code/status; or the SQLSTATE with the constraint, or for 42501 with grant or policy, whichever refused it.';

create function tests.outcomes(statement text, expected text, description text)
returns text language plpgsql volatile set search_path = extensions as $$
declare
  entry text;
  persona text;
  found text[] := '{}';
begin
  foreach entry in array regexp_split_to_array(expected, '\s*,\s*') loop
    persona := split_part(entry, ' ', 1);
    found := found || (persona || ' ' || tests.outcome(persona, statement));
  end loop;
  return extensions.is(array_to_string(found, ', '), array_to_string(regexp_split_to_array(expected, '\s*,\s*'), ', '), description);
end $$;
comment on function tests.outcomes(text, text, text) is
  'Asserts the outcome of the statement for each persona: ''owner 1, stranger 0, anonymous 42501/grant''. Every change is rolled back.';

create function tests.unwrapped(answer jsonb)
returns jsonb language plpgsql volatile set search_path = '' as $$
begin
  if (answer ->> 'status')::int >= 400 then
    raise sqlstate 'PGRST' using message = answer #>> '{answer,error}', detail = json_build_object('status', answer -> 'status')::text;
  end if;
  return answer;
end $$;
comment on function tests.unwrapped(jsonb) is 'Returns the answer of a function for the server. Raises a refusal that was stored as an answer, like one that was not.';

create function tests.does(persona text, statement text, description text default null)
returns text language plpgsql volatile set search_path = extensions as $$
declare
  rows bigint;
  message text;
begin
  begin
    perform tests.act_as(persona);
    execute statement;
    get diagnostics rows = row_count;
    perform tests.act_as('database');
  exception when others then
    message := sqlstate || ' ' || sqlerrm;
  end;
  return extensions.ok(message is null and rows > 0, coalesce(description, persona || ': ' || regexp_replace(statement, '\s+', ' ', 'g')))
    || case when message is not null then E'\n' || extensions.diag(message) when rows = 0 then E'\n' || extensions.diag('no row') else '' end;
end $$;
comment on function tests.does(text, text, text) is 'Asserts that the statement succeeds for the persona and affects a row. Keeps its changes. Afterwards the session acts as database.';

create function tests.may(persona text, relation regclass)
returns text language plpgsql volatile set search_path = '' as $$
declare
  commands text[] := '{}';
  columns text[];
  command text;
  attempt text;
begin
  foreach command in array array['select', 'insert', 'update', 'delete'] loop
    if command in ('select', 'delete') then
      if tests.outcome(persona, format(case command when 'select' then 'select * from %s where false' else 'delete from %s where false' end, relation)) = '0' then
        commands := commands || command;
      end if;
      continue;
    end if;
    attempt := case command when 'insert' then 'insert into %1$s (%2$I) select null where false' else 'update %1$s set %2$I = null where false' end;
    columns := array(
      select a.attname::text from pg_catalog.pg_attribute a
      where a.attrelid = relation and a.attnum > 0 and not a.attisdropped
        and tests.outcome(persona, format(attempt, relation, a.attname)) = '0'
      order by a.attnum);
    if cardinality(columns) > 0 then
      commands := commands || format('%s (%s)', command, array_to_string(columns, ', '));
    end if;
  end loop;
  return coalesce(nullif(array_to_string(commands, ', '), ''), 'nothing');
end $$;
comment on function tests.may(text, regclass) is
  'What grants allow this persona on a table, found by trying: ''select, insert (a, b), update (b), delete'', or ''nothing''.';

create function tests.fold_counters()
returns int language plpgsql volatile set search_path = '' as $$
begin
  -- Waits for the scheduler of a running stack: fold_counters() does nothing while another session folds.
  perform pg_advisory_xact_lock(hashtext(name || '.fold_counters')) from unnest(array['user_private', 'event_private', 'post_private']) name;
  return user_private.fold_counters() + event_private.fold_counters() + post_private.fold_counters();
end $$;

-- In the Antarctic, where no seeded event is near.
create function tests.make_event(name text, host text default 'owner', more jsonb default '{}')
returns uuid language plpgsql volatile set search_path = '' as $$
declare
  event event_service.events;
begin
  event := jsonb_populate_record(null::event_service.events, jsonb_build_object(
    'id', tests.id(name), 'host_id', tests.id(host), 'title', initcap(name), 'category', 'other', 'start_time', now() + interval '1 day',
    'end_time', now() + interval '1 day 2 hours', 'price', 0, 'currency', 'IDR', 'privacy', 'public', 'status', 'upcoming',
    'attendees_count', 0, 'is_free', true, 'ticketing_enabled', false, 'tickets_sold', 0, 'created_at', now(), 'updated_at', now()) || more);
  insert into event_service.events select event.*;
  return event.id;
end $$;
comment on function tests.make_event(text, text, jsonb) is 'Inserts an event that starts in a day and lasts two hours. `more` overrides columns.';

create function tests.make_payment(name text, ticket text, amount numeric default 10)
returns void language plpgsql volatile set search_path = '' as $$
begin
  insert into ticket_service.ticket_transactions (id, ticket_id, transaction_id, amount, status) values (tests.id(name), tests.id(ticket), name, amount, 'success');
  insert into ticket_private.payments (provider, provider_id, attempt_id, ticket_id, transaction_id, state, amount, currency, outcome, has_bought)
  values ('tap', name, tests.id(name), tests.id(ticket), tests.id(name), 'paid', amount, 'IDR', 'activated', true);
  perform ticket_private.record_journal(tests.id(ticket));
end $$;
comment on function tests.make_payment(text, text, numeric) is 'Inserts a payment of a ticket as if a provider had reported it, with its journal entry.';

create function tests.make_post(name text, author text default 'owner', more jsonb default '{}')
returns uuid language plpgsql volatile set search_path = '' as $$
declare
  post post_service.posts;
begin
  post := jsonb_populate_record(null::post_service.posts, jsonb_build_object(
    'id', tests.id(name), 'author_id', tests.id(author), 'content', initcap(name), 'type', 'text', 'visibility', 'public', 'author_is_private', false,
    'created_at', now(), 'updated_at', now(), 'likes_count', 0, 'comments_count', 0, 'reposts_count', 0, 'shares_count', 0) || more);
  insert into post_service.posts select post.*;
  return post.id;
end $$;
comment on function tests.make_post(text, text, jsonb) is 'Inserts a public text post. `more` overrides columns.';

commit;

-- The part that pg_prove reads.
begin;
set local search_path = extensions, public;
select plan(1);
select ok(to_regnamespace('tests') is not null, 'the schema tests exists');
select * from finish();
rollback;
