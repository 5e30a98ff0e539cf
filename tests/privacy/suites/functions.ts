import { beforeAll, describe, expect, test } from "vitest";
import { FUNCTIONS, LISTS, NOT_TESTED, TRENDING } from "../world/functions.ts";
import { readPage } from "../world/lists.ts";
import { EXPOSED, expectNone, stage, VIEWERS } from "../world/stage.ts";

export function functions(): void {
  beforeAll(async () => {
    // The ranking is shared by all viewers. This first builds it as a viewer who does not see all of it.
    const blocker = stage.viewers.find((viewer) => viewer.username === "zz_blocker")!;
    await readPage(stage, blocker.id, TRENDING, null);
  });

  test("every function that a client can call is tested, or has a reason not to be", async () => {
    const { rows } = await stage.client.query<{ name: string }>(
      `select distinct p.pronamespace::regnamespace || '.' || p.proname as name
     from pg_proc p left join pg_type t on t.oid = p.proargtypes[0]
     where p.pronamespace::regnamespace::text = any($1)
       and (has_function_privilege('anon', p.oid, 'execute') or has_function_privilege('authenticated', p.oid, 'execute'))
       -- suites/embeds.ts tests the functions that take a row.
       and not (p.pronargs = 1 and t.typtype = 'c')`,
      [EXPOSED],
    );
    expect(rows.map((row) => row.name).sort()).toEqual([...Object.keys(FUNCTIONS), ...Object.keys(NOT_TESTED)].sort());
  });

  describe.each(VIEWERS)("as %s", (name, viewer) => {
    test.each(Object.keys(FUNCTIONS))("%s returns only what the oracle allows", async (fn) => {
      expectNone(await FUNCTIONS[fn]!(stage, viewer), name);
    });
  });

  describe("a cursor of another viewer reveals no hidden rows", () => {
    test.each(LISTS)("%s", async (call) => {
      const [friend, stranger] = [stage.viewers[3]!, stage.viewers[0]!];
      const page = await readPage(stage, friend.id, call, null);
      if (!Array.isArray(page)) throw new Error(page.message);
      expect(page.length).toBeGreaterThan(0);
      for (const viewer of [stranger.id, null]) {
        const next = await readPage(stage, viewer, call, page[0]!.row.cursor);
        const ids = Array.isArray(next) ? next.map(({ row }) => row.id).filter((id) => stage.world.labels.has(id)) : [];
        const { oracle } = stage;
        const sees = (id: string) => (call.startsWith("event") ? oracle.event(viewer, id) : oracle.post(viewer, id));
        expect(ids.filter((id) => !sees(id)).map((id) => stage.world.describe(id))).toEqual([]);
      }
    });
  });
}
