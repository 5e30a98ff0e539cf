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
  /** The migrated database, for its owner. Tests use people of their own or undo their changes. */
  databaseUrl: string;
  apiUrl: string;
  /** The server itself, where suites create databases of their own; absent on the embedded database. */
  serverUrl?: string;
  /** The name of a database on the server that the migrations built and nobody is connected to. */
  template?: string;
};

declare module "vitest" {
  interface ProvidedContext {
    target: Target;
  }
}

const root = resolve(import.meta.dirname, "../..");

/** Provides a database that the migrations built, and serves it, once for all files of a part. */
export default async function setup(project: TestProject) {
  const { TEST_SERVER_URL: serverUrl, TEST_TEMPLATE: template } = process.env;
  const database = serverUrl ? await copyTemplate(serverUrl, template!) : await startEmbedded();
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
    template,
  });
  return async () => {
    await api.stop();
    await database.stop();
  };
}

async function startEmbedded() {
  const database = await startEmbeddedPostgres();
  await prepareDatabase({ url: database.url, migrationsDir: resolve(root, "supabase/migrations"), seedFile: null });
  return database;
}

async function copyTemplate(serverUrl: string, template: string) {
  const name = `anigmaa_test_${process.pid}`;
  const url = await createDatabase(serverUrl, name, template);
  return { url, stop: () => dropDatabase(serverUrl, name) };
}
