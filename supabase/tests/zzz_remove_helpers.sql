-- Takes away what 000_helpers.sql made: the schema is no part of the product.
begin;
drop schema if exists tests cascade;
commit;

begin;
set local search_path = extensions, public;
select plan(1);
select ok(to_regnamespace('tests') is null, 'the helpers are gone');
select * from finish();
rollback;
