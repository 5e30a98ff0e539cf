import { readFileSync } from "node:fs";
import { type Api, makeConfig, makeKeys, prepareDatabase, type StackConfig, startApi } from "../../../stack/index.ts";
import { runSql, startTestDatabase, type TestDatabase } from "./databases.ts";
import { personToken } from "./tokens.ts";

export type Desk = { api: Api; database: TestDatabase; stop(): Promise<void> };

/** Small enough that a table of 50 rows exceeds it. */
export const MAX_ROWS = 20;

export const ANI = "00000000-0000-0000-0000-00000000000a";
export const BUDI = "00000000-0000-0000-0000-00000000000b";

type AuthSettings = NonNullable<Parameters<typeof makeConfig>[0]>["auth"];

export function deskConfig(auth?: AuthSettings, maxRows = 1000): StackConfig {
  return makeConfig({ api: { schemas: ["desk"], max_rows: maxRows }, auth: { minimum_password_length: 8, ...auth } });
}

/** Starts the API on the schema of `api-schema.sql`. */
export async function startDesk(
  options: { maxRows?: number; studio?: boolean; auth?: AuthSettings } = {},
): Promise<Desk> {
  const database = await startTestDatabase();
  await prepareDatabase({ url: database.url, migrationsDir: "none" });
  await runSql(database.url, readFileSync(new URL("../fixtures/api-schema.sql", import.meta.url), "utf8"));
  const config = deskConfig(options.auth, options.maxRows);
  const { url: databaseUrl, connections } = database;
  const api = await startApi({ databaseUrl, connections, keys: makeKeys(), config, studio: options.studio });
  const stop = async () => {
    await api.stop();
    await database.stop();
  };
  return { api, database, stop };
}

/** The headers of a signed-in person, the service key, or an anonymous visitor. */
export async function as(api: Api, who: string | "service" | "anonymous"): Promise<Record<string, string>> {
  if (who === "service") return { apikey: api.keys.secretKey };
  if (who === "anonymous") return { apikey: api.keys.publishableKey };
  const token = await personToken(api.keys.jwtSecret, who);
  return { apikey: api.keys.publishableKey, Authorization: `Bearer ${token}` };
}
