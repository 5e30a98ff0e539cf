import type pg from "pg";
import { conditions, whereClauses } from "./conditions.ts";

export type Kind =
  | "policy dropped"
  | "policy opened"
  | "policy condition"
  | "view condition"
  | "row security off"
  | "trigger disabled"
  | "constraint dropped"
  | "null allowed"
  | "grant added"
  | "grant revoked"
  | "execute added"
  | "execute revoked";

/** A harmful change to the database, which a test should detect. */
export type Mutant = {
  kind: Kind;
  /** Describes the change. tests/mutation/accepted.ts refers to it. */
  name: string;
  sql: string;
  /** Schema and name of the changed table, view or function; its tests run first. */
  schema: string;
  object: string;
};

const SCHEMAS = `(select oid from pg_namespace where nspname in
  ('user_service', 'event_service', 'post_service', 'ticket_service', 'user_private', 'event_private', 'post_private', 'ticket_private'))`;
const CLIENTS = "unnest(array['anon', 'authenticated']) role";

export async function makeMutants(client: pg.Client): Promise<Mutant[]> {
  return [
    ...(await policies(client)),
    ...(await views(client)),
    ...(await fromCatalogue(client, "trigger disabled", TRIGGERS)),
    ...(await fromCatalogue(client, "constraint dropped", CONSTRAINTS)),
    ...(await fromCatalogue(client, "constraint dropped", UNIQUE_INDEXES)),
    ...(await fromCatalogue(client, "null allowed", NOT_NULL)),
    ...(await fromCatalogue(client, "row security off", ROW_SECURITY)),
    ...(await fromCatalogue(client, "grant added", GRANTS)),
    ...(await fromCatalogue(client, "grant revoked", REVOKES)),
    ...(await fromCatalogue(client, "execute added", EXECUTES)),
    ...(await fromCatalogue(client, "execute revoked", REVOKED_EXECUTES)),
  ];
}

/** Reads mutants from a catalogue query that returns schema, object, name and sql. */
async function fromCatalogue(client: pg.Client, kind: Kind, query: string): Promise<Mutant[]> {
  const { rows } = await client.query<Omit<Mutant, "kind">>(`${query} order by 1, 2, 3`);
  return rows.map((row) => ({ kind, ...row }));
}

const TRIGGERS = `
  select n.nspname as schema, c.relname as object, t.tgname || ' on ' || c.oid::regclass as name,
    format('alter table %s disable trigger %I', c.oid::regclass, t.tgname) as sql
  from pg_trigger t join pg_class c on c.oid = t.tgrelid join pg_namespace n on n.oid = c.relnamespace
  join pg_proc p on p.oid = t.tgfoid
  where not t.tgisinternal and p.pronamespace in ${SCHEMAS}`;

const CONSTRAINTS = `
  select n.nspname as schema, c.relname as object, k.conname || ' on ' || c.oid::regclass as name,
    format('alter table %s drop constraint %I cascade', c.oid::regclass, k.conname) as sql
  from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace
  where k.connamespace in ${SCHEMAS} and k.contype in ('c', 'f', 'p', 'u', 'x')`;

const UNIQUE_INDEXES = `
  select n.nspname as schema, c.relname as object, i.indexrelid::regclass || ' on ' || c.oid::regclass as name,
    format('drop index %s', i.indexrelid::regclass) as sql
  from pg_index i join pg_class c on c.oid = i.indrelid join pg_namespace n on n.oid = c.relnamespace
  where i.indisunique and c.relnamespace in ${SCHEMAS}
    and not exists (select from pg_constraint k where k.conindid = i.indexrelid)`;

const NOT_NULL = `
  select n.nspname as schema, c.relname as object, a.attname || ' of ' || c.oid::regclass as name,
    format('alter table %s alter %I drop not null', c.oid::regclass, a.attname) as sql
  from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
  where a.attnotnull and a.attnum > 0 and not a.attisdropped and a.attidentity = '' and c.relkind = 'r' and c.relnamespace in ${SCHEMAS}
    and not exists (select from pg_constraint k where k.conrelid = c.oid and k.contype = 'p' and a.attnum = any (k.conkey))`;

const ROW_SECURITY = `
  select n.nspname as schema, c.relname as object, c.oid::regclass::text as name,
    format('alter table %s disable row level security', c.oid::regclass) as sql
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relrowsecurity and c.relnamespace in ${SCHEMAS}`;

const GRANTS = `
  select n.nspname as schema, c.relname as object, format('%s on %s to %s', privilege, c.oid::regclass, role) as name,
    format('grant %s on %s to %s', privilege, c.oid::regclass, role) as sql
  from pg_class c join pg_namespace n on n.oid = c.relnamespace,
    unnest(array['select', 'insert', 'update', 'delete']) privilege, ${CLIENTS}
  where c.relkind in ('r', 'v') and c.relnamespace in ${SCHEMAS} and not has_table_privilege(role, c.oid, privilege)`;

const REVOKES = `
  select n.nspname as schema, c.relname as object, format('%s on %s from %s', privilege, c.oid::regclass, role) as name,
    format('revoke %s on %s from %s', privilege, c.oid::regclass, role) as sql
  from pg_class c join pg_namespace n on n.oid = c.relnamespace,
    unnest(array['select', 'insert', 'update', 'delete']) privilege, ${CLIENTS}
  where c.relkind in ('r', 'v') and c.relnamespace in ${SCHEMAS}
    and case when privilege = 'delete' then has_table_privilege(role, c.oid, privilege) else has_any_column_privilege(role, c.oid, privilege) end`;

const EXECUTES = `
  select n.nspname as schema, p.proname as object, format('%s to %s', p.oid::regprocedure, role) as name,
    format('grant execute on function %s to %s', p.oid::regprocedure, role) as sql
  from pg_proc p join pg_namespace n on n.oid = p.pronamespace, ${CLIENTS}
  where p.pronamespace in ${SCHEMAS} and not has_function_privilege(role, p.oid, 'execute')`;

const REVOKED_EXECUTES = `
  select n.nspname as schema, p.proname as object, format('%s from %s', p.oid::regprocedure, role) as name,
    format('revoke execute on function %s from %s', p.oid::regprocedure, role) as sql
  from pg_proc p join pg_namespace n on n.oid = p.pronamespace,
    aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) g, lateral (select case g.grantee when 0 then 'public' else g.grantee::regrole::text end as role) grantee
  where p.pronamespace in ${SCHEMAS} and role in ('anon', 'authenticated', 'public') and p.prorettype <> 'trigger'::regtype`;

type Policy = {
  schema: string;
  object: string;
  policy: string;
  relation: string;
  using: string | null;
  check: string | null;
};

async function policies(client: pg.Client): Promise<Mutant[]> {
  const { rows } = await client.query<Policy>(`
    select n.nspname as schema, c.relname as object, p.polname as policy, c.oid::regclass::text as relation,
      pg_get_expr(p.polqual, p.polrelid) as using, pg_get_expr(p.polwithcheck, p.polrelid) as check
    from pg_policy p join pg_class c on c.oid = p.polrelid join pg_namespace n on n.oid = c.relnamespace
    where c.relnamespace in ${SCHEMAS} or n.nspname = 'storage' and p.polname like 'objects\\_%'
    order by 1, 2, 3`);
  return rows.flatMap(({ schema, object, policy, relation, using, check }) => {
    const on = { schema, object };
    const alter = (clause: string, expression: string) =>
      `alter policy ${policy} on ${relation} ${clause} (${expression})`;
    const mutants: Mutant[] = [
      { kind: "policy dropped", name: policy, sql: `drop policy ${policy} on ${relation}`, ...on },
    ];
    for (const [clause, expression] of [
      ["using", using],
      ["with check", check],
    ] as const) {
      if (expression === null) continue;
      mutants.push({ kind: "policy opened", name: `${policy} ${clause} (true)`, sql: alter(clause, "true"), ...on });
      for (const { what, text } of replaced(expression, conditions(expression))) {
        mutants.push({
          kind: "policy condition",
          name: `${policy} ${clause}: ${what}`,
          sql: alter(clause, text),
          ...on,
        });
      }
    }
    return mutants;
  });
}

async function views(client: pg.Client): Promise<Mutant[]> {
  const { rows } = await client.query<{
    schema: string;
    object: string;
    relation: string;
    definition: string;
    options: string[] | null;
  }>(`
    select n.nspname as schema, c.relname as object, c.oid::regclass::text as relation, pg_get_viewdef(c.oid) as definition, c.reloptions as options
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'v' and c.relnamespace in ${SCHEMAS}
    order by 1, 2`);
  return rows.flatMap(({ schema, object, relation, definition, options }) => {
    const spans = whereClauses(definition).flatMap((where) => conditions(definition, where.from, where.to));
    const properties = options ? ` with (${options.join(", ")})` : "";
    return replaced(definition, spans).map(({ what, text }) => ({
      kind: "view condition" as const,
      name: `${relation}: ${what}`,
      sql: `create or replace view ${relation}${properties} as ${text.replace(/;\s*$/, "")}`,
      schema,
      object,
    }));
  });
}

/** The text with each condition in turn replaced by true and by false. */
function replaced(text: string, spans: { from: number; to: number }[]) {
  const seen = new Map<string, number>();
  return spans.flatMap(({ from, to }) => {
    const condition = text.slice(from, to).replace(/\s+/g, " ");
    const times = (seen.get(condition) ?? 0) + 1;
    seen.set(condition, times);
    const label = `${condition.length > 110 ? `${condition.slice(0, 107)}...` : condition}${times > 1 ? ` [${times}]` : ""}`;
    return ["true", "false"]
      .filter((value) => value !== condition)
      .map((value) => ({ what: `${label} -> ${value}`, text: text.slice(0, from) + value + text.slice(to) }));
  });
}
