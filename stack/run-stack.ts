import { existsSync } from "node:fs";
import { join } from "node:path";
import postgres from "postgres";
import { startApi } from "./api/start-api.ts";
import type { StackConfig } from "./config.ts";
import { type dataFolder, isPortTaken, writeLock } from "./data-folder.ts";
import { prepareDatabase } from "./database/prepare.ts";
import { StackError } from "./errors.ts";
import type { StackKeys } from "./keys.ts";
import { startEmbeddedPostgres } from "./postgres/embedded.ts";
import { type Log, step } from "./progress.ts";

export type StackOptions = {
  root: string;
  config: StackConfig;
  keys: StackKeys;
  folder: ReturnType<typeof dataFolder>;
  /** Serve this PostgreSQL server instead of the embedded one. */
  databaseUrl?: string;
  /** Opens the API to other machines at this address. */
  host?: string;
  log: Log;
};

export type Stack = {
  apiUrl: string;
  studioLink: (path?: string) => string;
  databaseUrl: string;
  stop(): Promise<void>;
};

/** Connections to a PostgreSQL server; the embedded one has a single backend. */
const SERVER_CONNECTIONS = 10;

/** How long a statement may occupy the embedded database, unless its client sets `statement_timeout`. */
const STATEMENT_LIMIT_MS = 10_000;

/** Starts the database, then the API; `stop` ends them in reverse order. */
export async function runStack({ root, config, keys, folder, databaseUrl, host, log }: StackOptions): Promise<Stack> {
  const supabase = join(root, "supabase");
  await requireFree(config.api.port, "api");
  if (databaseUrl === undefined) await requireFree(config.db.port, "db");
  else await requireServer(databaseUrl);
  const unlock = writeLock(folder.lock, [config.api.port, config.db.port]);
  const embedded =
    databaseUrl === undefined
      ? await step(log, describeStart(folder.database), () =>
          startEmbeddedPostgres({
            dataDir: folder.database,
            port: config.db.port,
            password: keys.databasePassword,
            statementLimitMs: STATEMENT_LIMIT_MS,
            onRestart: (reason) => log(`The embedded database restarts: ${reason}`),
            onExit: exitWithoutDatabase,
          }),
        )
      : undefined;
  const url = databaseUrl ?? embedded!.url;
  try {
    await prepareDatabase({
      url,
      migrationsDir: join(supabase, "migrations"),
      seedFile: config.db.seed.enabled ? join(supabase, config.db.seed.sql_paths[0]!) : null,
      log,
    });
    const api = await step(log, "REST, auth, storage, functions, Studio", () =>
      startApi({
        databaseUrl: url,
        keys,
        config,
        functionsDir: join(supabase, "functions"),
        port: config.api.port,
        host,
        studio: true,
        storageDir: folder.storage,
        connections: embedded ? 1 : SERVER_CONNECTIONS,
        scheduledWork: true,
        log,
      }),
    );
    const stop = async () => {
      await api.stop();
      await embedded?.stop();
      unlock();
    };
    return { apiUrl: api.url, studioLink: api.studioLink!, databaseUrl: url, stop };
  } catch (error) {
    await embedded?.stop();
    unlock();
    throw error;
  }
}

function describeStart(dataDir: string): string {
  return `embedded PostgreSQL with PostGIS${existsSync(dataDir) ? "" : ", new database"}`;
}

async function requireFree(port: number, section: string): Promise<void> {
  if (!(await isPortTaken(port))) return;
  throw new StackError(
    `Port ${port} is taken by another program. Stop that program (perhaps another Supabase project), or set ` +
      `another [${section}] port in supabase/config.toml.`,
  );
}

/** Explains a problem with DATABASE_URL in one sentence, before anything else is done. */
async function requireServer(databaseUrl: string): Promise<void> {
  if (!URL.canParse(databaseUrl) || !/^postgres(ql)?:$/.test(new URL(databaseUrl).protocol)) {
    throw new StackError(
      "DATABASE_URL is not a valid URL. Use the form postgresql://user:password@host:5432/database.",
    );
  }
  const { host, pathname, username } = new URL(databaseUrl);
  const database = decodeURIComponent(pathname.slice(1));
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {}, fetch_types: false });
  try {
    await sql`select`;
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    if (code === "3D000") {
      throw new StackError(
        `There is no database "${database}" on ${host}. Create it with createdb, or correct DATABASE_URL.`,
      );
    }
    if (code === "28P01" || code === "28000") {
      throw new StackError(
        `${host} rejects the login of ${username || "the default user"}: ${message}. Correct DATABASE_URL.`,
      );
    }
    throw new StackError(`No PostgreSQL server answers at ${host} (${message}). Start it, or correct DATABASE_URL.`);
  } finally {
    await sql.end();
  }
}

/** The stack cannot run without its database. */
function exitWithoutDatabase(): void {
  console.error("The embedded PostgreSQL exited unexpectedly. Start again: committed data is kept.");
  process.exit(1);
}
