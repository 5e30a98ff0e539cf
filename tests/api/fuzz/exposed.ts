import { asOwner } from "../support/scenes.ts";

export type Relation = { schema: string; name: string; columns: string[] };
export type Routine = { schema: string; name: string; args: string[] };
export type Exposed = { relations: Relation[]; routines: Routine[] };

export const schemas = ["user_service", "event_service", "post_service", "ticket_service"];

/** Every table, view and function in the exposed schemas, whoever may use it. */
export async function readExposed(): Promise<Exposed> {
  const relations = await asOwner<Relation>(
    `select c.relnamespace::regnamespace::text as schema, c.relname::text as name,
       array(select a.attname::text from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped order by a.attnum) as columns
     from pg_class c
     where c.relnamespace::regnamespace::text = any ($1) and c.relkind in ('r', 'v', 'p', 'm') order by 1, 2`,
    [schemas],
  );
  const routines = await asOwner<Routine>(
    `select distinct on (1, 2) p.pronamespace::regnamespace::text as schema, p.proname::text as name, coalesce(p.proargnames, '{}') as args
     from pg_proc p where p.pronamespace::regnamespace::text = any ($1) order by 1, 2`,
    [schemas],
  );
  // Whoever calls it is gone, and with them the rest of the test; callers.test.ts calls it.
  return { relations, routines: routines.filter(({ name }) => name !== "delete_account") };
}
