-- Drops the schema that 000_helpers.sql created.
begin;
drop schema if exists tests cascade;
commit;

begin;
set local search_path = extensions, public;
select plan(1);
select ok(to_regnamespace('tests') is null, 'the schema tests is dropped');
select * from finish();
rollback;
