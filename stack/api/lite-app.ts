import { App, setExperimental } from "@supabase/lite";
import { createPostgresConnection, type PostgresConnection } from "@supabase/lite/postgres";
import type { StackConfig } from "../config.ts";
import type { Keys } from "../keys.ts";
import { asRefusal } from "./refusals.ts";
import { setRequestContext } from "./request-context.ts";
import { StorageFiles } from "./storage-files.ts";
import { postgresTypes } from "./wire-format.ts";

export type LiteOptions = {
  databaseUrl: string;
  keys: Keys;
  config: StackConfig;
  /** Where uploaded files are kept. */
  storageDir: string;
  studio: boolean;
  /** How many connections to take. The embedded database has one backend, for which more than one is only a detour. */
  connections: number;
};

export type Lite = { app: App; reloadSchema(): Promise<void>; stop(): Promise<void> };

/** Supabase lite's REST, auth and storage over a PostgreSQL database, with its known traps closed. */
export async function createLite(options: LiteOptions): Promise<Lite> {
  const connection = connect(options);
  setExperimental("storage", true);
  const app = new App({ connection, ...liteConfig(options), options: { server: { admin: options.studio } } });
  app._storageAdapter = new StorageFiles(options.storageDir);
  await quietly(() => app.init());
  const reloadSchema = async () => {
    await connection.clearSchemaCache();
    await connection.introspect({ useCache: true });
  };
  // Otherwise each of the first requests reads the whole catalogue.
  await reloadSchema();
  return { app, reloadSchema, stop: () => connection.close() };
}

/** Lite warns at every start that its storage is experimental; that stands in the README. */
async function quietly(work: () => Promise<unknown>): Promise<void> {
  const warn = console.warn;
  console.warn = () => {};
  await work().finally(() => {
    console.warn = warn;
  });
}

function connect({ databaseUrl, config, connections }: LiteOptions): PostgresConnection {
  const connection = createPostgresConnection({
    url: databaseUrl,
    postgresOptions: {
      max: connections,
      types: postgresTypes,
      onnotice: () => {},
    },
  });
  // Its configuration is shown to Studio, which has no use for the database's password.
  connection.config.url = databaseUrl.replace(/:[^:@/]*@/, "@");
  // At "unknown" lite's first request would grant everything in every schema that has row-level security.
  (connection as unknown as { rlsState: string }).rlsState = "active";
  setRequestContext(connection, config.api.extra_search_path);
  const normalize = connection.normalizeDbError.bind(connection);
  connection.normalizeDbError = (error) => normalize(asRefusal(error));
  return connection;
}

function liteConfig({ config, keys, studio }: LiteOptions) {
  const { schemas, extra_search_path, max_rows } = config.api;
  return {
    api: { enabled: true, schemas, extra_search_path, max_rows },
    auth: {
      enabled: true,
      ...config.auth,
      // Lite makes the links of its mails from site_url, where the app is, and not this API.
      site_url: `http://127.0.0.1:${config.api.port}`,
      additional_redirect_urls: [config.auth.site_url, ...config.auth.additional_redirect_urls],
      jwt_secret: keys.jwtSecret,
      publishable_key: keys.publishableKey,
      secret_key: keys.secretKey,
    },
    storage: { enabled: true, file_size_limit: config.storage.file_size_limit },
    studio: { enabled: studio },
  };
}
