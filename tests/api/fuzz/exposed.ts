import { asOwner } from "../support/scenes.ts";

/** A column or an argument: `labels` are an enum's, `grants` what a signed-in person may do to a column. */
export type Slot = { name: string; type: string; labels: string[]; grants: ("insert" | "update")[] };
export type Relation = { schema: string; name: string; slots: Slot[]; embeds: string[] };
export type Routine = { schema: string; name: string; slots: Slot[] };
export type Exposed = { relations: Relation[]; routines: Routine[] };

export const schemas = ["user_service", "event_service", "post_service", "ticket_service"];

const slot = (name: string, type: string, grants = "'{}'::text[]") =>
  `jsonb_build_object('name', ${name}, 'type', format_type(${type}, null), 'grants', ${grants},
    'labels', array(select l.enumlabel from pg_enum l where l.enumtypid = ${type} order by l.enumsortorder))`;

const GRANTS = `array(select command from unnest(array['insert', 'update']) command
  where has_column_privilege('authenticated', a.attrelid, a.attnum, command))`;

/** Every table, view and function in the exposed schemas, whatever its grants. */
export async function readExposed(): Promise<Exposed> {
  const relations = await asOwner<Relation>(
    `select c.relnamespace::regnamespace::text as schema, c.relname::text as name,
       (select jsonb_agg(${slot("a.attname", "a.atttypid", GRANTS)} order by a.attnum) from pg_attribute a
         where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as slots,
       array(select f.conrelid::regclass::text from pg_constraint f where f.confrelid = c.oid and f.contype = 'f')
         || array(select p.proname::text from pg_proc p where p.proargtypes[0] = c.reltype and p.pronargs = 1) as embeds
     from pg_class c
     where c.relnamespace::regnamespace::text = any ($1) and c.relkind in ('r', 'v', 'p', 'm') order by 1, 2`,
    [schemas],
  );
  const routines = await asOwner<Routine>(
    `select distinct on (1, 2) p.pronamespace::regnamespace::text as schema, p.proname::text as name,
       coalesce((select jsonb_agg(${slot("a.name", "a.type")}) from unnest(p.proargnames[:p.pronargs], p.proargtypes::oid[]) a (name, type)
         where a.name is not null), '[]') as slots
     from pg_proc p where p.pronamespace::regnamespace::text = any ($1) order by 1, 2`,
    [schemas],
  );
  for (const relation of relations) {
    const embeds = relation.embeds.map((name) => name.split(".").at(-1)!);
    relation.embeds = [...new Set(embeds)];
  }
  // delete_account would end the caller's account in the middle of the test; callers.test.ts covers it.
  return { relations, routines: routines.filter(({ name }) => name !== "delete_account") };
}
