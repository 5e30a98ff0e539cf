import { App, setExperimental } from "@supabase/lite";
import { createPostgresConnection, type PostgresConnection } from "@supabase/lite/postgres";
import type { StackConfig } from "../config.ts";
import type { Keys } from "../keys.ts";
import { StorageFiles } from "../storage/files.ts";
import { StorageRows } from "../storage/rows.ts";

export type LiteOptions = {
  databaseUrl: string;
  keys: Keys;
  config: StackConfig;
  /** Where uploads are stored. */
  storageDir: string;
  studio: boolean;
  /** Database connections: 1 for the embedded database, which has one backend. */
  connections: number;
};

export type Lite = {
  app: App;
  storageRows: StorageRows;
  /** Prints a mail in the terminal. */
  sendMail(message: { to: string; subject: string; text: string }): Promise<unknown>;
  /** Auth sends mails with the right links itself (stack/auth/mails.ts). */
  replaceMailer(mailer: Mailer): void;
  stop(): Promise<void>;
};

export type Mailer = {
  sendConfirmation(to: string, hash: string, code: string): Promise<void>;
  sendReauthentication(to: string, code: string): Promise<void>;
};

/** Supabase lite's auth, storage and Studio over a PostgreSQL database, with its known problems worked around. */
export async function createLite(options: LiteOptions): Promise<Lite> {
  const connection = connect(options);
  setExperimental("storage", true);
  const app = new App({ connection, ...liteConfig(options), options: { server: { admin: options.studio } } });
  app._storageAdapter = new StorageFiles(options.storageDir);
  await quietly(() => app.init());
  return {
    app,
    storageRows: new StorageRows(connection),
    sendMail: (message) => app.drivers.email.send(message),
    replaceMailer: (mailer) => {
      (app as unknown as { _mailer: Mailer })._mailer = mailer;
    },
    stop: () => connection.close(),
  };
}

/** Lite warns at every start that its storage is experimental. The README says so. */
async function quietly(work: () => Promise<unknown>): Promise<void> {
  const warn = console.warn;
  console.warn = () => {};
  await work().finally(() => {
    console.warn = warn;
  });
}

function connect({ databaseUrl, connections }: LiteOptions): PostgresConnection {
  const connection = createPostgresConnection({
    url: databaseUrl,
    postgresOptions: {
      max: connections,
      types: { json: jsonType(114), jsonb: jsonType(3802) },
      onnotice: () => {},
    },
  });
  // Studio shows the configuration, which must not contain the password.
  connection.config.url = databaseUrl.replace(/:[^:@/]*@/, "@");
  // Otherwise lite's first request grants everything in every schema that has row-level security.
  (connection as unknown as { rlsState: string }).rlsState = "active";
  return connection;
}

/** Lite passes JSON as text, which the driver would encode again. */
function jsonType(oid: number) {
  const serialize = (value: unknown) => (typeof value === "string" && isJson(value) ? value : JSON.stringify(value));
  return { to: oid, from: [oid], parse: JSON.parse, serialize };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function liteConfig({ config, keys, studio }: LiteOptions) {
  return {
    // Studio reads the schemas from here; PostgREST serves the API.
    api: { enabled: true, schemas: config.api.schemas },
    auth: {
      enabled: true,
      ...config.auth,
      jwt_secret: keys.jwtSecret,
      publishable_key: keys.publishableKey,
      secret_key: keys.secretKey,
    },
    storage: { enabled: true, file_size_limit: config.storage.file_size_limit },
    studio: { enabled: studio },
  };
}
