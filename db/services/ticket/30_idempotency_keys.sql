-- Idempotency keys: a repeated request returns the first answer.

create table if not exists ticket_private.idempotency_keys (
  user_id uuid not null,
  function text not null,
  key text not null constraint key_is_bounded check (length(key) between 1 and 255
    or ticket_private.refuse('invalid_idempotency_key', 'An Idempotency-Key has 1 to 255 characters.')),
  request_hash text not null,
  locked_until timestamptz,
  status int,
  answer jsonb,
  created_at timestamptz not null default now(),
  constraint idempotency_keys_are_unique primary key (user_id, function, key),
  constraint answered_with_a_status check ((status is null) = (answer is null))
);
comment on table ticket_private.idempotency_keys is 'First answers of requests, kept for a week. A request without an answer is in progress until locked_until; after that, a retry resumes it.';
create index if not exists idempotency_keys_created_at on ticket_private.idempotency_keys (created_at);
alter table ticket_private.idempotency_keys enable row level security;

create or replace function ticket_private.claim_key(person uuid, function text, idempotency_key text, request_hash text)
returns jsonb language plpgsql volatile set search_path = '' as $$
declare
  known ticket_private.idempotency_keys;
begin
  insert into ticket_private.idempotency_keys as k (user_id, function, key, request_hash, locked_until)
  values (person, claim_key.function, idempotency_key, claim_key.request_hash, now() + interval '1 minute')
  on conflict on constraint idempotency_keys_are_unique do update set locked_until = now() + interval '1 minute'
    where k.answer is null and k.locked_until <= now() and k.request_hash = excluded.request_hash;
  if found then
    return null;
  end if;
  select * into known from ticket_private.idempotency_keys k
  where k.user_id = person and k.function = claim_key.function and k.key = idempotency_key;
  if known.request_hash <> claim_key.request_hash then
    perform ticket_private.refuse('idempotency_key_reused', 'This Idempotency-Key was used for another request. Send a new key with a new request.', 422);
  elsif known.answer is null then
    perform ticket_private.refuse('request_in_progress', 'The first request with this Idempotency-Key is in progress. Try again in a moment.', 409);
  end if;
  return jsonb_build_object('next', 'answer', 'status', known.status, 'answer', known.answer);
end $$;
comment on function ticket_private.claim_key(uuid, text, text, text) is
  'Returns null if the request is to be processed, otherwise its stored answer. Refuses a key reused for another request, and a request in progress.';
revoke execute on function ticket_private.claim_key(uuid, text, text, text) from public;

create or replace function ticket_private.store_answer(
  person uuid, function text, idempotency_key text, status int, answer jsonb, is_better boolean default false)
returns jsonb language plpgsql volatile set search_path = '' as $$
declare
  kept record;
begin
  update ticket_private.idempotency_keys k
  set status = store_answer.status, answer = store_answer.answer, locked_until = null
  where k.user_id = person and k.function = store_answer.function and k.key = idempotency_key and (is_better or k.answer is null);
  if not found then
    select k.status, k.answer into kept from ticket_private.idempotency_keys k
    where k.user_id = person and k.function = store_answer.function and k.key = idempotency_key;
    if found then
      return jsonb_build_object('next', 'answer', 'status', kept.status, 'answer', kept.answer);
    end if;
  end if;
  return jsonb_build_object('next', 'answer', 'status', status, 'answer', answer);
end $$;
comment on function ticket_private.store_answer(uuid, text, text, int, jsonb, boolean) is
  'Stores the first answer of a request, and returns the stored one as {next: answer, status, answer}. is_better: replaces the stored answer.';
revoke execute on function ticket_private.store_answer(uuid, text, text, int, jsonb, boolean) from public;

create or replace function ticket_private.store_refusal(person uuid, function text, idempotency_key text, message text, detail text)
returns jsonb language plpgsql volatile set search_path = '' as $$
declare
  refusal jsonb := message::jsonb;
  status int := (detail::jsonb ->> 'status')::int;
begin
  if refusal ->> 'code' = 'request_in_progress' then
    -- Not an answer of this request: the client has to repeat it.
    raise sqlstate 'PGRST' using message = message, detail = detail;
  end if;
  return ticket_private.store_answer(person, function, idempotency_key, status,
    jsonb_build_object('error', jsonb_build_object('code', refusal -> 'code', 'message', refusal -> 'message')));
end $$;
comment on function ticket_private.store_refusal(uuid, text, text, text, text) is
  'Stores a refusal as the answer of a request that was rolled back. message and detail are those raised by refuse().';
revoke execute on function ticket_private.store_refusal(uuid, text, text, text, text) from public;

create or replace function ticket_private.lock_key(person uuid, function text, idempotency_key text)
returns void language plpgsql volatile set search_path = '' as $$
begin
  perform from ticket_private.idempotency_keys k
  where k.user_id = person and k.function = lock_key.function and k.key = idempotency_key for update;
end $$;
comment on function ticket_private.lock_key(uuid, text, text) is 'Locks the idempotency key before tickets and attempts, in the locking order.';
revoke execute on function ticket_private.lock_key(uuid, text, text) from public;

create or replace function ticket_private.refuse_in_progress()
returns void language plpgsql stable set search_path = '' as $$
begin
  perform ticket_private.refuse('request_in_progress', 'Another request of yours for this ticket is in progress. Try again in a moment.', 409);
end $$;
revoke execute on function ticket_private.refuse_in_progress() from public;
