import { describe, expect, test } from "vitest";
import { type Oracle, RELATIONS } from "../world/oracle.ts";
import { ask, differences, EXPOSED, expectNone, idDifferences, stage, VIEWERS } from "../world/stage.ts";
import type { TableName, Viewer } from "../world/world.ts";

/** The column with the id that a relationship refers to, and whether a viewer sees the target. */
type Relationship = { column: string; key?: string; sees: (oracle: Oracle, viewer: Viewer, id: string) => boolean };

const person = (column: string): Relationship => ({ column, sees: (o, viewer, id) => o.person(viewer, id) });
const event = (column: string): Relationship => ({ column, sees: (o, viewer, id) => o.event(viewer, id) });

const RELATIONSHIPS: Record<string, Relationship> = {
  "user_service.stats(user_service.profiles)": { ...person("id"), key: "user_id" },
  "user_service.follower(user_service.follows)": person("follower_id"),
  "user_service.following(user_service.follows)": person("following_id"),
  "user_service.inviter(user_service.invitations)": person("inviter_id"),
  "user_service.invitee(user_service.invitations)": person("invitee_id"),
  "user_service.event(user_service.invitations)": event("event_id"),
  "event_service.host(event_service.events)": person("host_id"),
  "event_service.attendee(event_service.event_attendees)": person("user_id"),
  "event_service.asker(event_service.event_qna)": person("user_id"),
  "event_service.answerer(event_service.event_qna)": person("answered_by"),
  "event_service.reviewer(event_service.reviews)": person("reviewer_id"),
  "post_service.author(post_service.posts)": person("author_id"),
  "post_service.author(post_service.comments)": person("author_id"),
  "post_service.original(post_service.posts)": {
    column: "original_post_id",
    sees: (o, viewer, id) => o.post(viewer, id),
  },
  "post_service.parent(post_service.comments)": {
    column: "parent_comment_id",
    sees: (o, viewer, id) => o.comment(viewer, id),
  },
  "post_service.liker(post_service.likes)": person("user_id"),
  "post_service.reposter(post_service.reposts)": person("user_id"),
  "post_service.event(post_service.posts)": event("event_id"),
  "post_service.attached_event(post_service.posts)": event("attached_event_id"),
  "ticket_service.event(ticket_service.tickets)": event("event_id"),
  "ticket_service.event(ticket_service.waitlist_entries)": event("event_id"),
  "ticket_service.event(ticket_service.event_staff)": event("event_id"),
  "ticket_service.person(ticket_service.event_staff)": person("user_id"),
};

/** Computed columns that only depend on their own row, and what is tested by another query below. */
const OTHERS = ["event_service.location(event_service.events)", "post_service.replies(post_service.comments)"];

const FUNCTIONS = Object.entries(RELATIONSHIPS).map(([signature, relationship]) => {
  const [, name, table] = /^(.+)\((.+)\)$/.exec(signature)!;
  return { signature, name: name!, table: table!, key: "id", ...relationship };
});

export function embeds(): void {
  test("every function that takes a row in the exposed schemas is tested", async () => {
    const { rows } = await stage.client.query<{ signature: string }>(
      `select p.oid::regprocedure::text as signature from pg_proc p join pg_type t on t.oid = p.proargtypes[0]
     where p.pronamespace::regnamespace::text = any($1) and p.pronargs = 1 and t.typtype = 'c'`,
      [EXPOSED],
    );
    expect(rows.map((row) => row.signature).sort()).toEqual([...Object.keys(RELATIONSHIPS), ...OTHERS].sort());
  });

  /** The world's rows in a table. */
  function rowsOf(table: string): Record<string, string | null>[] {
    const rows = stage.world.tables[table.split(".")[1] as TableName];
    return (rows ?? [...stage.world.people.values()]) as unknown as Record<string, string | null>[];
  }

  const pairs = (rows: { id: string; target: string | null }[]) =>
    rows.map(({ id, target }) => `${stage.world.describe(id)} -> ${stage.world.describe(target)}`);

  describe.each(VIEWERS)("as %s", (name, viewer) => {
    test("an embed returns only visible rows", async () => {
      const found: string[] = [];
      for (const { signature, name: fn, table, key, column, sees } of FUNCTIONS) {
        const visible = new Set(RELATIONS[table]!(stage.oracle, viewer));
        const answer = await ask<{ id: string; target: string | null }>(
          stage,
          viewer,
          `select t.id, f.${key} as target from ${table} t left join lateral ${fn}(t) f on true`,
        );
        // If the table itself is refused, nothing can be embedded; the table tests check that.
        if (!Array.isArray(answer)) continue;
        const expected = rowsOf(table)
          .filter((row) => visible.has(row.id!))
          .map((row) => {
            const id = row[column] ?? null;
            return { id: row.id!, target: id !== null && sees(stage.oracle, viewer, id) ? id : null };
          });
        const got = answer.filter((row) => stage.world.labels.has(row.id));
        found.push(...differences(signature, pairs(expected), pairs(got)));
      }
      expectNone(found, name);
    });

    test("replies are the visible ones", async () => {
      const answer = await ask<{ id: string; target: string }>(
        stage,
        viewer,
        "select c.id, r.id as target from post_service.comments c cross join lateral post_service.replies(c) r",
      );
      if (!Array.isArray(answer)) throw new Error(answer.message);
      const sees = (id: string | null) => id !== null && stage.oracle.comment(viewer, id);
      const expected = stage.world.tables.comments
        .filter((row) => sees(row.parent_comment_id ?? null) && sees(row.id))
        .map((row) => ({ id: row.parent_comment_id!, target: row.id }));
      const ours = answer.filter((row) => stage.world.labels.has(row.target));
      expectNone(differences("replies", pairs(expected), pairs(ours)), name);
    });

    test("a forged row does not reveal hidden rows", async () => {
      const found: string[] = [];
      for (const { signature, name: fn, table, key, column, sees } of FUNCTIONS) {
        const ids = [...new Set(rowsOf(table).map((row) => row[column] ?? null))].filter((id) => id !== null);
        const answer = await ask<{ target: string }>(
          stage,
          viewer,
          `select f.${key} as target from jsonb_populate_recordset(null::${table}, $1) r cross join lateral ${fn}(r) f`,
          [JSON.stringify(ids.map((id) => ({ [column]: id })))],
        );
        if (!Array.isArray(answer)) continue;
        const expected = ids.filter((id) => sees(stage.oracle, viewer, id));
        found.push(
          ...idDifferences(
            stage.world,
            signature,
            expected,
            answer.map((row) => row.target),
          ),
        );
      }
      expectNone(found, name);
    });
  });

  test("the location of an event has the coordinates of its row", async () => {
    const rows = await ask<{ same: boolean }>(
      stage,
      null,
      `select event_service.location(e) = jsonb_build_object('type', 'Point',
       'coordinates', jsonb_build_array(e.location_lng::float8, e.location_lat::float8)) as same
     from event_service.events e where e.location_lat is not null`,
    );
    expect(Array.isArray(rows) && rows.length > 0 && rows.every((row) => row.same)).toBe(true);
  });
}
