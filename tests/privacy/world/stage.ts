import { resolve } from "node:path";
import type pg from "pg";
import { afterAll, beforeAll, expect } from "vitest";
import { readConfig } from "../../../stack/config.ts";
import { actAs, actAsOwner, connect } from "../../support/database.ts";
import { buildWorld, type Cast } from "./build-world.ts";
import { Oracle } from "./oracle.ts";
import { removeWorld, storeWorld } from "./store-world.ts";
import type { Viewer, World } from "./world.ts";

/** The test world in a database, with its people. */
export type Stage = Cast & {
  client: pg.Client;
  oracle: Oracle;
  close(): Promise<void>;
};

/** The stage of the current test file. Set by useStage(). */
export let stage: Stage;

export function useStage(open: () => Promise<Stage>): void {
  beforeAll(async () => {
    stage = await open();
  });
  afterAll(() => stage?.close());
}

/** Stores the world in a transaction that close() rolls back. */
export async function openStage(): Promise<Stage> {
  const client = await connect();
  const cast = buildWorld();
  await client.query("begin");
  // An aborted run may have left the world behind.
  await removeWorld(client, cast.world);
  await storeWorld(client, cast.world);
  const close = async () => {
    await client.query("rollback");
    await client.end();
  };
  return { ...cast, client, oracle: new Oracle(cast.world), close };
}

/** Commits the world, so that other connections see it. close() removes it. */
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
 * All viewers, known without a database so that each can have its own tests.
 * People who refuse followers are left out, because that does not affect what they see.
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

/** Runs a statement as the viewer. Returns a refusal instead of throwing it, and keeps the transaction usable. */
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

/** The differences between an answer and the oracle. */
export function differences(what: string, expected: Iterable<string>, got: Iterable<string>): string[] {
  const wanted = new Set(expected);
  const shown = new Set(got);
  return [
    ...[...wanted].filter((text) => !shown.has(text)).map((text) => `${what}: missing, though visible: ${text}`),
    ...[...shown].filter((text) => !wanted.has(text)).map((text) => `${what}: returned, though hidden: ${text}`),
  ];
}

/** The differences between ids, as labels. Ignores ids that are not of the world. */
export function idDifferences(world: World, what: string, expected: Iterable<string>, got: Iterable<string>): string[] {
  // Other suites leave rows behind.
  const known = (ids: Iterable<string>) =>
    [...ids].filter((id) => world.labels.has(id)).map((id) => world.describe(id));
  return differences(what, known(expected), known(got));
}

/** Fails with the first fifty differences. */
export function expectNone(found: string[], viewer: string): void {
  const lines = found.slice(0, 50).map((line) => `  as ${viewer}: ${line}`);
  expect(found.length, `${found.length} differences from the oracle\n${lines.join("\n")}\n`).toBe(0);
}
