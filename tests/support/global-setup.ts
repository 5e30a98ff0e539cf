import { resolve } from "node:path";
import type { TestProject } from "vitest/node";
import {
  type Keys,
  makeKeys,
  prepareDatabase,
  readConfig,
  startApi,
  startEmbeddedPostgres,
} from "../../stack/index.ts";
import { createDatabase, dropDatabase } from "./server.ts";

export type Target = Keys & {
  name: "embedded" | "server";
  /** The database that the migrations built, for its owner. Suites leave it as they found it or use people of their own. */
  databaseUrl: string;
  apiUrl: string;
  /** The server itself, where suites make databases of their own; absent on the embedded database. */
  serverUrl?: string;
};

declare module "vitest" {
  interface ProvidedContext {
    target: Target;
  }
}

const root = resolve(import.meta.dirname, "../..");

/** Builds the database from the migrations and serves it, once for all suites. */
export default async function setup(project: TestProject) {
  const serverUrl = process.env.TEST_TARGET === "server" ? process.env.TEST_SERVER_URL : undefined;
  const database = serverUrl ? await onServer(serverUrl) : await startEmbeddedPostgres();
  await prepareDatabase({ url: database.url, migrationsDir: resolve(root, "supabase/migrations"), seedFile: null });
  const keys = makeKeys();
  const api = await startApi({
    databaseUrl: database.url,
    keys,
    config: readConfig(resolve(root, "supabase/config.toml")),
    connections: serverUrl ? 8 : 1,
    functionsDir: resolve(root, "supabase/functions"),
  });
  project.provide("target", {
    name: serverUrl ? "server" : "embedded",
    databaseUrl: database.url,
    apiUrl: api.url,
    ...keys,
    serverUrl,
  });
  return async () => {
    await api.stop();
    await database.stop();
  };
}

async function onServer(serverUrl: string) {
  const name = `anigmaa_test_${process.pid}`;
  const url = await createDatabase(serverUrl, name);
  return { url, stop: () => dropDatabase(serverUrl, name) };
}
