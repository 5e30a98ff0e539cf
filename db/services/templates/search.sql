create or replace function {{service}}_private.search_query(words text)
returns tsquery language plpgsql immutable set search_path = '' as $$
declare
  parsed tsquery;
begin
  -- All words must match, each as a prefix.
  select to_tsquery('simple', string_agg('''' || replace(replace(lexeme, '\', '\\'), '''', '''''') || ''':*', ' & '))
  into parsed
  from unnest(to_tsvector('simple', left(words, 200)));
  if parsed is null then
    perform {{service}}_private.refuse('empty_search', 'Search for at least one word or number.');
  end if;
  return parsed;
end $$;
comment on function {{service}}_private.search_query(text) is 'Parses the first 200 characters of a search text into a prefix query. Refuses a text without a word with empty_search.';
