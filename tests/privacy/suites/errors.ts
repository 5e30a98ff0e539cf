import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { ask, type Refusal, stage, VIEWERS } from "../world/stage.ts";
import type { Viewer } from "../world/world.ts";
import { type Target, WRITES } from "../world/writes.ts";

export function refusals(): void {
  /** The answer with all ids masked. It must be identical for hidden and unknown ids. */
  async function answer(viewer: Viewer, sql: string, target: string): Promise<string> {
    const result: unknown[] | Refusal = await ask(stage, viewer, sql, [target]);
    const text = JSON.stringify(Array.isArray(result) ? { rows: result } : result);
    return text.replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "<id>");
  }

  /** One hidden row for every reason to hide it. */
  function hidden(target: Target, viewer: Viewer): string[] {
    const found = new Map<string, string>();
    for (const id of target.all(stage)) {
      if (!target.sees(stage, viewer, id)) found.set(target.reason(stage, viewer, id), id);
    }
    return [...found.values()];
  }

  /** One viewer for each reason not to see a row. */
  const WRITERS = VIEWERS.filter(([name]) => ["zz_stranger", "zz_blocker", "zz_blocked_mutual"].includes(name));

  describe.each(WRITERS)("as %s", (name, viewer) => {
    test.each(Object.entries(WRITES))("%s: answers a hidden id like an unknown one", async (_, { target, sql }) => {
      const expected = await answer(viewer, sql, randomUUID());
      const found: string[] = [];
      for (const id of hidden(target, viewer)) {
        const got = await answer(viewer, sql, id);
        if (got !== expected) found.push(`${stage.world.describe(id)}: ${got}`);
      }
      expect(found, `as ${name}, an unknown id is answered with ${expected}`).toEqual([]);
    });
  });

  test.each(Object.entries(WRITES))("%s: succeeds for a visible id, and refuses an unknown one", async (_, write) => {
    const { target, sql, reads, by = "zz_stranger" } = write;
    const { id: writer } = [...stage.world.people.values()].find((person) => person.username === by)!;
    expect(await answer(writer, sql, randomUUID())).toMatch(reads ? /^\{"rows":\[\]/ : /^\{"code"/);
    const visible = target.all(stage).filter((id) => target.sees(stage, writer, id));
    for (const id of visible.reverse()) {
      const result = await ask(stage, writer, sql, [id]);
      if (Array.isArray(result) && (!reads || result.length > 0)) return;
    }
    throw new Error("no visible id succeeded");
  });
}
