import { createHmac, randomUUID } from "node:crypto";
import { createClient } from "@supabase/supabase-js";
import { describe, expect, test } from "vitest";
import ws from "ws";
import { target } from "../support/database.ts";
import { RELATIONS } from "./world/oracle.ts";
import { differences, expectNone, idDifferences, openPublicStage, stage, useStage, VIEWERS } from "./world/stage.ts";
import type { TableName, Viewer } from "./world/world.ts";

useStage(openPublicStage);

/** A client with a token like that of a sign-in. */
function clientOf(viewer: Viewer) {
  const { apiUrl, publishableKey, jwtSecret } = target();
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString("base64url");
  const exp = Math.floor(Date.now() / 1000) + 3600;
  const claims = { sub: viewer, role: "authenticated", aud: "authenticated", exp };
  const unsigned = `${encode({ alg: "HS256", typ: "JWT" })}.${encode(claims)}`;
  const token = `${unsigned}.${createHmac("sha256", jwtSecret).update(unsigned).digest("base64url")}`;
  return createClient(apiUrl, publishableKey, {
    ...(viewer ? { accessToken: async () => token } : {}),
    auth: { persistSession: false },
    realtime: { transport: ws as never },
  });
}

const SOME = VIEWERS.filter(([name]) =>
  ["anonymous", "zz_stranger", "zz_mutual", "zz_blocked", "zz_blocker", "zz_hidden"].includes(name),
);

/** The column with a person's id, used to select only rows of the test world. */
const COUNTED: Record<string, string> = {
  "user_service.profiles": "id",
  "user_service.follows": "follower_id",
  "event_service.events": "host_id",
  "event_service.event_attendees": "user_id",
  "event_service.event_qna": "user_id",
  "event_service.reviews": "reviewer_id",
  "post_service.posts": "author_id",
  "post_service.comments": "author_id",
  "post_service.likes": "user_id",
  "post_service.bookmarks": "user_id",
};

type Embedded = { id: string } | null;

/** Rows with an embedded person, in the syntax of `supabase-js`. */
const EMBEDS = {
  "event_service.events": { select: "id,host(id,username)", person: "host", column: "host_id" },
  "event_service.event_attendees": { select: "id,attendee(id,username)", person: "attendee", column: "user_id" },
  "event_service.event_qna": { select: "id,asker(id,username)", person: "asker", column: "user_id" },
  "post_service.posts": { select: "id,author(id,username)", person: "author", column: "author_id" },
  "post_service.comments": { select: "id,author(id,username)", person: "author", column: "author_id" },
  "user_service.follows": { select: "id,following(id,username)", person: "following", column: "following_id" },
};

describe.each(SOME)("as %s", (name, viewer) => {
  test("an exact count includes only visible rows", async () => {
    const client = clientOf(viewer);
    const people = [...stage.world.people.keys()];
    const found: string[] = [];
    for (const [relation, column] of Object.entries(COUNTED)) {
      const [schema, table] = relation.split(".") as [string, TableName];
      const answer = await client
        .schema(schema)
        .from(table)
        .select("*", { count: "exact", head: true })
        .in(column, people);
      const rows = (stage.world.tables[table] ?? [...stage.world.people.values()]) as { id: string }[];
      const ofPeople = new Set(
        rows.filter((row) => (row as Record<string, unknown>)[column] !== null).map((row) => row.id),
      );
      const expected = RELATIONS[relation]!(stage.oracle, viewer).filter((id) => ofPeople.has(id)).length;
      if ((answer.count ?? 0) !== expected) found.push(`${relation}: counts ${answer.count}, expected ${expected}`);
      // Only anonymous visitors may be refused, and only where they see no rows.
      if (answer.status >= 400 && (viewer || expected > 0)) found.push(`${relation}: ${answer.status}`);
    }
    expectNone(found, name);
  });

  test("an embed returns only visible people", async () => {
    const client = clientOf(viewer);
    const found: string[] = [];
    for (const [relation, { select, person, column }] of Object.entries(EMBEDS)) {
      const [schema, table] = relation.split(".") as [string, TableName];
      const people = [...stage.world.people.keys()];
      const { data, error } = await client.schema(schema).from(table).select(select).in(column, people);
      const visible = new Set(RELATIONS[relation]!(stage.oracle, viewer));
      if (error) {
        if (viewer || visible.size > 0) found.push(`${relation}: ${error.message}`);
        continue;
      }
      const label = (id: string, whom: string | null) => `${stage.world.describe(id)} -> ${stage.world.describe(whom)}`;
      const rows = stage.world.tables[table] as unknown as Record<string, string | null>[];
      const expected = rows
        .filter((row) => visible.has(row.id!) && row[column] !== null)
        .map((row) => label(row.id!, stage.oracle.person(viewer, row[column]!) ? row[column]! : null));
      const got = (data as unknown as Record<string, Embedded>[]).map((row) =>
        label(row.id as unknown as string, row[person]?.id ?? null),
      );
      found.push(...differences(`${relation}?select=${select}`, expected, got));
    }
    expectNone(found, name);
  });

  test("rows embedded along foreign keys are the visible ones", async () => {
    const { data, error } = await clientOf(viewer)
      .schema("post_service")
      .from("posts")
      .select("id,comments(id,author(id)),post_images(id),poll_options(id)")
      .in("author_id", [...stage.world.people.keys()]);
    expect(error).toBeNull();
    const found = ["comments", "post_images", "poll_options"].flatMap((table) => {
      const shown = (data as Record<string, unknown>[]).flatMap((post) => post[table] as { id: string }[]);
      const expected = RELATIONS[`post_service.${table}`]!(stage.oracle, viewer);
      return idDifferences(
        stage.world,
        `posts?select=${table}(id)`,
        expected,
        shown.map((row) => row.id),
      );
    });
    expectNone(found, name);
  });

  test("profile returns only visible people", async () => {
    const client = clientOf(viewer).schema("user_service");
    const shown: string[] = [];
    for (const { username } of stage.world.people.values()) {
      const { data, error } = await client.rpc("profile", { username });
      expect(error).toBeNull();
      shown.push(...(data as { id: string }[]).map((row) => row.id));
    }
    expectNone(idDifferences(stage.world, "profile", stage.oracle.people(viewer), shown), name);
  });

  test("a write to a hidden row is refused like a write to an unknown one", async () => {
    const { world, oracle } = stage;
    const posts = world.tables.posts.filter((post) => !oracle.post(viewer, post.id)).slice(0, 6);
    const events = world.tables.events.filter((event) => !oracle.event(viewer, event.id)).slice(0, 6);
    const client = clientOf(viewer);
    const like = async (likeable_id: string) => {
      const row = { likeable_type: "post", likeable_id };
      const { status, error } = await client.schema("post_service").from("likes").insert(row);
      return { status, error };
    };
    const join = async (event_id: string) => {
      const { status, error } = await client.schema("event_service").from("event_attendees").insert({ event_id });
      return { status, error };
    };
    for (const [write, ids] of [
      [like, posts.map(({ id }) => id)],
      [join, events.map(({ id }) => id)],
    ] as const) {
      const expected = await write(randomUUID());
      expect(expected.status).toBe(viewer ? 404 : 401);
      expect(ids.length).toBeGreaterThan(0);
      for (const id of ids) expect(await write(id), world.describe(id)).toEqual(expected);
    }
  });
});
