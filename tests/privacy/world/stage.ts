import { resolve } from "node:path";
import type pg from "pg";
import { afterAll, beforeAll, expect } from "vitest";
import { readConfig } from "../../../stack/config.ts";
import { actAs, actAsOwner, connect } from "../../support/database.ts";
import { buildWorld, type Cast } from "./build-world.ts";
import { Oracle } from "./oracle.ts";
import { removeWorld, storeWorld } from "./store-world.ts";
import type { Viewer, World } from "./world.ts";

/** The world in a database, and who looks at it. */
export type Stage = Cast & {
  client: pg.Client;
  oracle: Oracle;
  close(): Promise<void>;
};

/** Where the file's tests play. Set before they begin. */
export let stage: Stage;

export function useStage(open: () => Promise<Stage>): void {
  beforeAll(async () => {
    stage = await open();
  });
  afterAll(() => stage?.close());
}

/** Puts the world into a transaction that is rolled back at the end. */
export async function openStage(): Promise<Stage> {
  const client = await connect();
  const cast = buildWorld();
  await client.query("begin");
  // Left there if a run was cut short.
  await removeWorld(client, cast.world);
  await storeWorld(client, cast.world);
  const close = async () => {
    await client.query("rollback");
    await client.end();
  };
  return { ...cast, client, oracle: new Oracle(cast.world), close };
}

/** Puts the world there for other connections too, and takes it away at the end. */
export async function openPublicStage(): Promise<Stage> {
  const client = await connect();
  const cast = buildWorld();
  await removeWorld(client, cast.world);
  await client.query("begin");
  await storeWorld(client, cast.world);
  await client.query("commit");
  const close = async () => {
    await removeWorld(client, cast.world);
    await client.end();
  };
  return { ...cast, client, oracle: new Oracle(cast.world), close };
}

/**
 * Known without the database, so that each viewer can have a test of their own. Whom one refuses as followers says
 * nothing of what one sees oneself.
 */
export const VIEWERS: [name: string, viewer: Viewer][] = [
  ["anonymous", null],
  ...[...buildWorld().world.people.values()]
    .filter((person) => !person.refusesFollowers)
    .map((person): [string, Viewer] => [person.username, person.id]),
];

export const EXPOSED = readConfig(resolve(import.meta.dirname, "../../../supabase/config.toml")).api.schemas.filter(
  (schema) => !["public", "graphql_public"].includes(schema),
);

export type Refusal = { code: string; message: string; detail?: string; hint?: string };

/** Asks as the viewer. A refusal is an answer too, and leaves the transaction usable. */
export async function ask<T>(
  stage: Stage,
  viewer: Viewer,
  sql: string,
  values: unknown[] = [],
  keep = false,
): Promise<T[] | Refusal> {
  const { client } = stage;
  await client.query("savepoint ask");
  let end = "rollback to savepoint ask; release savepoint ask";
  try {
    await actAs(client, viewer);
    const { rows } = await client.query(sql, values);
    if (keep) {
      await actAsOwner(client);
      end = "release savepoint ask";
    }
    return rows as T[];
  } catch (error) {
    const { code, message, detail, hint } = error as Refusal;
    if (!/^([0-9A-Z]{5})$/.test(code ?? "")) throw error;
    return { code, message, detail, hint };
  } finally {
    await client.query(end);
  }
}

/** Where an answer differs from the oracle's. */
export function differences(what: string, expected: Iterable<string>, got: Iterable<string>): string[] {
  const wanted = new Set(expected);
  const shown = new Set(got);
  return [
    ...[...wanted].filter((text) => !shown.has(text)).map((text) => `${what}: not shown, though visible: ${text}`),
    ...[...shown].filter((text) => !wanted.has(text)).map((text) => `${what}: shown, though hidden: ${text}`),
  ];
}

/** The same for ids, in words. What the world does not know is another suite's, and not looked at. */
export function idDifferences(world: World, what: string, expected: Iterable<string>, got: Iterable<string>): string[] {
  // Other suites leave people behind, whom this world does not know.
  const known = (ids: Iterable<string>) =>
    [...ids].filter((id) => world.labels.has(id)).map((id) => world.describe(id));
  return differences(what, known(expected), known(got));
}

/** Fails with all differences (the first fifty), not with the first. */
export function expectNone(found: string[], viewer: string): void {
  const told = found.slice(0, 50).map((line) => `  as ${viewer}: ${line}`);
  expect(found.length, `${found.length} differences from the oracle\n${told.join("\n")}\n`).toBe(0);
}
