import pg from "pg";

export type Access = {
  /** `Insert schema.table.column` and `Update …` for each column that `authenticated` may write. */
  writable: Set<string>;
  /** `schema.table.constraint` of each foreign key to a row that whoever sees this one sees too. */
  visibleParents: Set<string>;
};

/** Reads from the grants and policies of a migrated database what clients may write and see. */
export async function readAccess(databaseUrl: string, schemas: string[]): Promise<Access> {
  const db = new pg.Client({ connectionString: databaseUrl });
  await db.connect();
  try {
    const writable = await db.query<{ name: string }>(WRITABLE, [schemas]);
    const parents = await db.query<ParentRow>(PARENTS, [schemas]);
    return {
      writable: new Set(writable.rows.map(({ name }) => name)),
      visibleParents: new Set(parents.rows.filter(isDemanded).map(({ name }) => name)),
    };
  } finally {
    await db.end();
  }
}

const WRITABLE = `
  select privilege || ' ' || n.nspname || '.' || c.relname || '.' || a.attname as name
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  cross join unnest(array['Insert', 'Update']) privilege
  where n.nspname = any ($1) and c.relkind in ('r', 'v', 'p')
    and has_column_privilege('authenticated', c.oid, a.attnum, privilege)`;

/** A foreign key, the select policies of its table, and the views through which policies ask for its parent. */
type ParentRow = { name: string; column: string; policies: string[]; views: string[] };

const PARENTS = `
  select n.nspname || '.' || c.relname || '.' || k.conname as name, c.relname || '.' || a.attname as column,
    array(select pg_get_expr(p.polqual, p.polrelid) from pg_policy p where p.polrelid = c.oid and p.polcmd in ('r', '*'))
      as policies,
    array(
      select distinct vn.nspname || '.' || v.relname
      from pg_depend d
      join pg_rewrite r on r.oid = d.objid
      join pg_class v on v.oid = r.ev_class and v.relkind = 'v'
      join pg_namespace vn on vn.oid = v.relnamespace
      where d.classid = 'pg_rewrite'::regclass and d.refclassid = 'pg_class'::regclass and d.refobjid = k.confrelid) as views
  from pg_constraint k
  join pg_class c on c.oid = k.conrelid
  join pg_namespace n on n.oid = c.relnamespace
  join pg_attribute a on a.attrelid = c.oid and a.attnum = k.conkey[1]
  where k.contype = 'f' and n.nspname = any ($1)`;

/** Whether each select policy demands, whatever else it says, that a view of what the caller sees has the parent. */
function isDemanded({ column, policies, views }: ParentRow): boolean {
  const asks = (condition: string) => {
    const [, view, alias, compared] =
      /^\(?EXISTS \( SELECT 1\s+FROM (\S+) (\w+)\s+WHERE \((.+?)\)+$/.exec(condition) ?? [];
    return view !== undefined && views.includes(view) && compared === `${alias}.id = ${column}`;
  };
  return policies.length > 0 && policies.every((policy) => conjuncts(policy).some(asks));
}

/** The conditions that must all hold, of an expression as PostgreSQL prints it: in parentheses, as are its parts. */
function conjuncts(expression: string): string[] {
  let depth = 0;
  const parts = [""];
  for (const token of expression.slice(1, -1).split(/( AND | OR |[()])/)) {
    if (token === "(") depth++;
    if (token === ")") depth--;
    if (depth === 0 && token === " OR ") return [];
    if (depth === 0 && token === " AND ") parts.push("");
    else parts[parts.length - 1] += token;
  }
  return parts;
}
