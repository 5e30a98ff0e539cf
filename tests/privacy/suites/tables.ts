import { beforeAll, describe, expect, test } from "vitest";
import { RELATIONS } from "../world/oracle.ts";
import { ask, EXPOSED, expectNone, idDifferences, stage, VIEWERS } from "../world/stage.ts";
import type { TableName } from "../world/world.ts";

export function tables(): void {
  let keys: Map<string, string>;

  beforeAll(async () => {
    const { rows } = await stage.client.query<{ name: string; key: string }>(
      `select c.oid::regclass::text as name, min(a.attname) as key
     from pg_class c left join pg_attribute a on a.attrelid = c.oid and a.attname in ('id', 'user_id')
     where c.relnamespace::regnamespace::text = any($1) and c.relkind in ('r', 'p', 'v', 'm', 'f') group by c.oid`,
      [EXPOSED],
    );
    keys = new Map(rows.map(({ name, key }) => [name, key]));
  });

  test("every table and view of the exposed schemas has an oracle", () => {
    expect([...keys.keys()].sort()).toEqual(Object.keys(RELATIONS).sort());
  });

  test("in every relation the oracle shows rows to some viewers and hides them from others", () => {
    for (const [relation, visible] of Object.entries(RELATIONS)) {
      const sizes = VIEWERS.map(([, viewer]) => visible(stage.oracle, viewer).length);
      expect(new Set(sizes).size > 1 || Math.max(...sizes) === 1, `${relation}: ${sizes}`).toBe(true);
    }
  });

  /** The ids of the world's rows in a table, or of all people if the table has a row for each person. */
  function idsOf(relation: string): string[] {
    const rows = stage.world.tables[relation.split(".")[1] as TableName];
    return rows?.map((row) => row.id) ?? [...stage.world.people.keys()];
  }

  describe.each(VIEWERS)("as %s", (name, viewer) => {
    test("each table returns and counts exactly the rows of the oracle", async () => {
      const found: string[] = [];
      for (const [relation, visible] of Object.entries(RELATIONS)) {
        const key = keys.get(relation);
        const expected = visible(stage.oracle, viewer);
        const answer = await ask<{ shown: string[]; count: number }>(
          stage,
          viewer,
          `select coalesce(array_agg(${key}::text), '{}') as shown, count(*) filter (where ${key} = any($1))::int as count
           from ${relation}`,
          [idsOf(relation)],
        );
        // Only anonymous visitors may be refused, and only where they see no rows.
        if (!Array.isArray(answer)) {
          if (viewer || answer.code !== "42501" || expected.length > 0) found.push(`${relation}: ${answer.message}`);
          continue;
        }
        const { shown, count } = answer[0]!;
        found.push(...idDifferences(stage.world, relation, expected, shown));
        if (count !== expected.length) found.push(`${relation}: counts ${count}, expected ${expected.length}`);
      }
      expectNone(found, name);
    });

    test("a profile shows email and location only if the person allows it", async () => {
      const answer = await ask<{ id: string; email: string | null; location: string | null; is_private: boolean }>(
        stage,
        viewer,
        "select id, email, location, is_private from user_service.profiles where id = any($1)",
        [[...stage.world.people.keys()]],
      );
      const found = (Array.isArray(answer) ? answer : []).flatMap(({ id, email, location, is_private }) => {
        const person = stage.world.people.get(id)!;
        return [
          ...((email !== null) === person.showsEmail ? [] : [`email of ${person.username}: ${email}`]),
          ...((location !== null) === person.showsLocation ? [] : [`location of ${person.username}: ${location}`]),
          ...(is_private === person.hidden ? [] : [`is_private of ${person.username}: ${is_private}`]),
        ];
      });
      expectNone(found, name);
    });
  });
}
