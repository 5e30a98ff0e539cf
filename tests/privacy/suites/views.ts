import { describe, expect, test } from "vitest";
import { actAs } from "../../support/database.ts";
import { RELATIONS } from "../world/oracle.ts";
import { ask, differences, expectNone, idDifferences, type Stage, stage, VIEWERS } from "../world/stage.ts";
import type { Viewer } from "../world/world.ts";

/** Views that repeat a policy's condition for functions, each with the relation that the policy protects. */
const VIEWS: Record<string, string> = {
  "user_private.visible_people": "user_service.profiles",
  "event_private.visible_people": "user_service.profiles",
  "event_private.visible_events": "event_service.events",
  "event_private.visible_questions": "event_service.event_qna",
  "post_private.visible_people": "user_service.profiles",
  "post_private.visible_events": "event_service.events",
  "post_private.visible_posts": "post_service.posts",
  "post_private.visible_comments": "post_service.comments",
  "ticket_private.visible_people": "user_service.profiles",
  "ticket_private.visible_events": "event_service.events",
  "user_private.visible_events": "event_service.events",
  "user_service.events": "event_service.events",
  "event_service.people": "user_service.profiles",
  "post_service.people": "user_service.profiles",
  "post_service.events": "event_service.events",
  "ticket_service.people": "user_service.profiles",
  "ticket_service.events": "event_service.events",
};

/** Views that anonymous visitors may not read. */
const SIGNED_IN_ONLY = ["user_service.events", "ticket_service.people", "ticket_service.events"];

/** Views of readable files: those in their owner's folder that a visible row references. */
const FILES: Record<string, (stage: Stage, viewer: Viewer) => string[]> = {
  "user_private.visible_files": ({ oracle }, viewer) => oracle.people(viewer).map((id) => `${id}/me.jpg`),
  "event_private.visible_files": ({ oracle, world }, viewer) =>
    world.tables.event_images
      .filter(({ event_id }) => oracle.event(viewer, event_id))
      .filter(({ event_id, image_url }) => image_url.startsWith(`${oracle.row("events", event_id).host_id}/`))
      .map(({ image_url }) => image_url),
  "post_private.visible_files": ({ oracle, world }, viewer) =>
    world.tables.post_images
      .filter(({ post_id }) => oracle.post(viewer, post_id))
      .filter(({ post_id, image_url }) => image_url.startsWith(`${oracle.row("posts", post_id).author_id}/`))
      .map(({ image_url }) => image_url),
};

export function views(): void {
  test("every visible_* view and every view of the exposed schemas is tested", async () => {
    const { rows } = await stage.client.query<{ name: string }>(
      `select c.oid::regclass::text as name from pg_class c
     where c.relkind in ('v', 'm') and (c.relnamespace::regnamespace::text ~ '^(user|event|post|ticket)_service$'
       or c.relnamespace::regnamespace::text ~ '^(user|event|post|ticket)_private$' and c.relname ~ '^visible_')`,
    );
    expect(rows.map((row) => row.name).sort()).toEqual([...Object.keys(VIEWS), ...Object.keys(FILES)].sort());
  });

  test("the views of the exposed schemas are security invokers", async () => {
    const { rows } = await stage.client.query<{ name: string }>(
      `select c.oid::regclass::text as name from pg_class c
       where c.relkind = 'v' and c.relnamespace::regnamespace::text ~ '^(user|event|post|ticket)_service$'
         and not coalesce(c.reloptions @> '{security_invoker=true}' or c.reloptions @> '{security_invoker=on}', false)`,
    );
    expect(rows).toEqual([]);
  });

  /** Reads a view as the owner with the viewer's claims, so that only the view's own condition applies. */
  async function readAsOwner(viewer: string | null, sql: string): Promise<string[]> {
    const { client } = stage;
    await client.query("savepoint owner");
    await actAs(client, viewer);
    await client.query("set local role none");
    const { rows } = await client.query<{ shown: string[] | null }>(sql);
    await client.query("rollback to savepoint owner; release savepoint owner");
    return rows[0]!.shown ?? [];
  }

  describe.each(VIEWERS)("as %s", (name, viewer) => {
    test("each view returns the same rows as the policy of its table", async () => {
      const found: string[] = [];
      for (const [view, table] of Object.entries(VIEWS)) {
        const sql = `select array_agg(id::text) as shown from`;
        const inSchema = view.includes("_service.");
        const throughPolicy = await ask<{ shown: string[] | null }>(stage, viewer, `${sql} ${table}`);
        if (!Array.isArray(throughPolicy)) throw new Error(throughPolicy.message);
        const asViewer = inSchema ? await ask<{ shown: string[] | null }>(stage, viewer, `${sql} ${view}`) : undefined;
        if (!viewer && SIGNED_IN_ONLY.includes(view)) {
          expect(asViewer, view).toMatchObject({ message: expect.stringContaining("permission denied") });
          continue;
        }
        if (asViewer && !Array.isArray(asViewer)) throw new Error(asViewer.message);
        const shown = asViewer ? (asViewer[0]!.shown ?? []) : await readAsOwner(viewer, `${sql} ${view}`);
        found.push(...idDifferences(stage.world, `${view} against ${table}`, throughPolicy[0]!.shown ?? [], shown));
        found.push(...idDifferences(stage.world, view, RELATIONS[table]!(stage.oracle, viewer), shown));
      }
      expectNone(found, name);
    });

    test("only files of visible rows are readable", async () => {
      const found: string[] = [];
      for (const [view, files] of Object.entries(FILES)) {
        const shown = await readAsOwner(viewer, `select array_agg(path) as shown from ${view}`);
        const ours = shown.filter((path) => stage.world.people.has(path.split("/")[0]!));
        found.push(...differences(view, files(stage, viewer), ours));
      }
      expectNone(found, name);
    });
  });
}
