import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { listenError } from "../ports.ts";
import { CRASHED, DatabaseThread } from "./database-thread.ts";
import { PREPARE_SQL } from "./extensions.ts";
import { createSocketServer } from "./socket-server.ts";

export type EmbeddedPostgres = {
  /** For any PostgreSQL client. All clients share one backend and take turns, see `shared-backend.ts`. */
  url: string;
  /** True if this start created the data folder. */
  isNew: boolean;
  stop(): Promise<void>;
  /** Ends the database as if it had failed; for tests. */
  crash(): void;
  /** The whole database as an archive for `loadDataDir`. Call it while no client is in a transaction. */
  dump(): Promise<Blob>;
};

export type EmbeddedOptions = {
  /** Where the data is stored; in memory by default. */
  dataDir?: string;
  /** 0, the default, picks a free port. */
  port?: number;
  /** An archive made by `dump()`, to start from if there is no data yet. */
  loadDataDir?: Blob;
  /** What clients must know to connect; by default a random one, which the URL contains. */
  password?: string;
  /** How long the statements of a client may run that has set no `statement_timeout`; by default without a limit. */
  statementLimitMs?: number;
  /** Called when a statement was ended, or the database failed, and it is started again on its data folder. */
  onRestart?: (reason: string) => void;
  /** Called when the database has ended for good without `stop()`, as one in memory does instead. */
  onExit?: () => void;
};

const require = createRequire(import.meta.url);

/**
 * Starts PostgreSQL with PostGIS inside this process, in a thread of its own: WebAssembly runs each statement to
 * completion, which must not block HTTP requests.
 */
export async function startEmbeddedPostgres(options: EmbeddedOptions = {}): Promise<EmbeddedPostgres> {
  const { dataDir, password = randomBytes(18).toString("base64url"), statementLimitMs } = options;
  const cached = templatePath();
  const template = options.loadDataDir ?? (existsSync(cached) ? cached : undefined);
  const database = new DatabaseThread({ dataDir, template });
  const { isNew, greeting } = await database.ready;
  const { server, backend, sessions, close } = createSocketServer({ database, greeting, password, statementLimitMs });
  await new Promise<void>((resolve, reject) =>
    server.once("error", reject).listen(options.port ?? 0, "127.0.0.1", resolve),
  ).catch(async (error: NodeJS.ErrnoException) => {
    await database.stop();
    throw listenError(error, options.port ?? 0, "127.0.0.1");
  });
  server.unref();
  database.onEnd = (reason, gone) => {
    backend.restarted(sessions(), reason);
    if (gone) options.onExit?.();
    else options.onRestart?.(reason.message);
  };
  const dump = () => backend.exclusively(() => database.dump());
  if (template === undefined && isNew) await writeTemplate(cached, await dump());
  const { port } = server.address() as AddressInfo;
  return {
    url: `postgresql://postgres:${encodeURIComponent(password)}@127.0.0.1:${port}/postgres?sslmode=disable`,
    isNew,
    dump,
    crash: () => database.end(CRASHED),
    stop: async () => {
      close();
      await database.stop();
    },
  };
}

/**
 * An empty database with its extensions, cached beside the installed packages: it takes 13 s to build and 3 s to load.
 * New versions of the packages or of the extensions get a new name.
 */
function templatePath(): string {
  const root = dirname(dirname(dirname(dirname(require.resolve("@electric-sql/pglite")))));
  const versions = ["pglite", "pglite-postgis"].map((name) =>
    readFileSync(join(root, "@electric-sql", name, "package.json"), "utf8"),
  );
  const hash = createHash("sha256")
    .update([...versions, PREPARE_SQL].join())
    .digest("hex")
    .slice(0, 12);
  return join(root, ".cache", "anigmaa-stack", `empty-database-${hash}.tar`);
}

/** Writes under another name first, since another process may be reading or writing the file. */
async function writeTemplate(path: string, archive: Blob): Promise<void> {
  mkdirSync(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, Buffer.from(await archive.arrayBuffer()));
  renameSync(draft, path);
}
