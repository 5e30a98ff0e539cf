begin;
set local search_path = extensions, public;
select no_plan();

-- Refusals.
select throws_ok($$ select user_private.refuse('some_code', 'Some message.', 409) $$, 'PGRST', '{"code" : "some_code", "message" : "Some message.", "details" : null, "hint" : null}', 'a refusal carries its code and message');
select tests.outcomes($$ select user_private.refuse('some_code', 'Some message.', 409) $$, 'database some_code/409', 'a refusal carries its HTTP status');
select tests.outcomes($$ select user_private.refuse('some_code', 'Some message.') $$, 'database some_code/400', 'the HTTP status is 400 by default');

-- Cursors and pages.
select is(user_private.read_cursor(user_private.write_cursor('{"kind": "list", "id": "00000000-0000-0000-0000-000000000000", "name": "Ünï 🐧 ?>"}'), 'list') ->> 'name', 'Ünï 🐧 ?>', 'a cursor decodes to its keys');
select matches(user_private.write_cursor('{"kind": "list", "id": "00000000-0000-0000-0000-000000000000", "name": "Ünï 🐧 ?>"}'), '^[A-Za-z0-9_-]+$', 'a cursor needs no escaping in a URL');
select is(user_private.read_cursor(null, 'list'), null, 'a null cursor is the first page');
select tests.outcomes(format($$ select user_private.read_cursor(%L, 'list') $$, cursor), 'database malformed_cursor/400', 'refuses the cursor ' || cursor)
from (values ('nonsense'), (''), (user_private.write_cursor('{"kind": "other", "id": "00000000-0000-0000-0000-000000000000"}')), (user_private.write_cursor('{"kind": "list", "id": "none"}')), (user_private.write_cursor('{"kind": "list"}'))) cursors (cursor);
select is((select array_agg(user_private.page_size(wanted) order by place) from unnest(array[null, -1, 0, 1, 100, 101]) with ordinality sizes (wanted, place)), array[20, 1, 1, 1, 100, 100], 'a page has 20 rows by default, at least 1 and at most 100');

select * from finish();
rollback;
