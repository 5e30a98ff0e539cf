import { asOwner } from "../support/scenes.ts";
import { schemas } from "./exposed.ts";

type Rows = Map<string, string>;

/** Counters, which other people's actions may change. */
const COUNTER = /_count$|^(tickets_sold|taken|held|sold|ratings_sum|average_rating)$/;
/** Tables that the server fills by itself. */
const NOT_OF_PEOPLE = ["rankings", "counter_deltas"];

/** Every row of every table by table and key, without counters. */
async function readRows(): Promise<Rows> {
  const tables = await asOwner<{ name: string; key: string }>(
    `select c.oid::regclass::text as name, a.attname as key
     from pg_class c
     join pg_index i on i.indrelid = c.oid and i.indisprimary
     join pg_attribute a on a.attrelid = c.oid and a.attnum = i.indkey[0]
     where c.relkind = 'r' and (c.relnamespace::regnamespace::text = any ($1) or c.relnamespace::regnamespace::text = any ($2) or c.oid = to_regclass('auth.users'))
       and c.relname <> all ($3)`,
    [schemas, schemas.map((schema) => schema.replace("service", "private")), NOT_OF_PEOPLE],
  );
  const rows: Rows = new Map();
  for (const { name, key } of tables) {
    for (const { row } of await asOwner<{ row: Record<string, unknown> }>(`select to_jsonb(t) as row from ${name} t`)) {
      rows.set(`${name} ${row[key]}`, JSON.stringify(Object.entries(row).filter(([column]) => !COUNTER.test(column))));
    }
  }
  return rows;
}

/** A digest of grants, policies, triggers, functions and roles. */
async function readPrivileges(): Promise<string> {
  const [row] = await asOwner<{ digest: string }>(
    `select md5(concat(
       (select string_agg(concat(c.oid::regclass, c.relacl, c.relrowsecurity, c.relforcerowsecurity), '' order by c.oid::regclass::text) from pg_class c where relnamespace::regnamespace::text = any (s)),
       (select string_agg(concat(a.attrelid::regclass, a.attname, a.attacl), '' order by a.attrelid::regclass::text, a.attnum) from pg_attribute a join pg_class c on c.oid = a.attrelid where c.relnamespace::regnamespace::text = any (s)),
       (select string_agg(concat(p.oid::regprocedure, p.proacl, md5(p.prosrc)), '' order by p.oid::regprocedure::text) from pg_proc p where pronamespace::regnamespace::text = any (s)),
       (select string_agg(concat(p.polrelid::regclass, p.polname, pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)), '' order by p.oid) from pg_policy p),
       (select string_agg(concat(t.tgrelid::regclass, t.tgname, t.tgenabled), '' order by t.oid) from pg_trigger t where not t.tgisinternal),
       (select string_agg(concat(n.nspname, n.nspacl), '' order by n.nspname) from pg_namespace n where nspname = any (s)),
       (select string_agg(concat(r.rolname, r.rolsuper, r.rolbypassrls, r.rolconfig), '' order by r.rolname) from pg_roles r))) as digest
     from (select array_cat($1::text[], $2::text[]) as s) schemas`,
    [schemas, schemas.map((schema) => schema.replace("service", "private"))],
  );
  return row!.digest;
}

export type Fingerprint = { rows: Rows; privileges: string };

export const takeFingerprint = async (): Promise<Fingerprint> => ({
  rows: await readRows(),
  privileges: await readPrivileges(),
});

const ID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** Unauthorized changes by the suspects (ids): rows of others that were changed, deleted or added. */
export async function compareWith(before: Fingerprint, suspects: string[]): Promise<string[]> {
  const after = await takeFingerprint();
  const theirs = (row: string) => suspects.some((id) => row.includes(id));
  const found: string[] =
    before.privileges === after.privileges ? [] : ["privileges, policies, triggers or functions changed"];
  const known = new Set<string>();
  for (const [key, row] of before.rows) {
    if (theirs(row)) continue;
    for (const id of `${key} ${row}`.match(ID) ?? []) known.add(id);
    const now = after.rows.get(key);
    if (now !== row) found.push(`${key} was ${row}, is now ${now ?? "deleted"}`);
  }
  for (const [key, row] of after.rows) {
    if (before.rows.has(key) || theirs(row)) continue;
    // A tombstone of a suspect's own comment no longer names its author.
    if (key.startsWith("post_service.comments") && row.includes('["author_id",null]')) continue;
    if (row.match(ID)?.some((id) => known.has(id))) found.push(`${key} is new: ${row}`);
  }
  return found;
}
