import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { PREPARE_SQL } from "./extensions.ts";
import type { WorkerAnswer, WorkerOptions, WorkerRequest } from "./worker.ts";

export type EmbeddedPostgres = {
  /** For any PostgreSQL client. All clients share one backend and take turns, see `shared-backend.ts`. */
  url: string;
  /** True if this start created the data folder. */
  isNew: boolean;
  stop(): Promise<void>;
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
  /** Called when the database exits without `stop()`. */
  onExit?: () => void;
};

const require = createRequire(import.meta.url);

/**
 * Starts PostgreSQL with PostGIS inside this process, in a thread of its own: WebAssembly runs each statement to
 * completion, which must not block HTTP requests.
 */
export async function startEmbeddedPostgres(options: EmbeddedOptions = {}): Promise<EmbeddedPostgres> {
  const cached = templatePath();
  const template = options.loadDataDir ?? (existsSync(cached) ? cached : undefined);
  const workerData: WorkerOptions = { dataDir: options.dataDir, port: options.port ?? 0, template };
  const worker = new Worker(fileURLToPath(new URL("./worker-entry.mjs", import.meta.url)), {
    workerData,
    execArgv: ["--no-warnings"],
    env: process.env,
  });
  const exited = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
  const ready = await nextAnswer(worker, "ready");
  worker.unref();
  let stopping = false;
  void exited.then(() => stopping || options.onExit?.());
  const dump = async () => {
    worker.ref();
    worker.postMessage({ type: "dump" } satisfies WorkerRequest);
    const { archive } = await nextAnswer(worker, "dumped");
    worker.unref();
    return archive;
  };
  if (template === undefined && ready.isNew) await writeTemplate(cached, await dump());
  return {
    url: `postgresql://postgres:postgres@127.0.0.1:${ready.port}/postgres?sslmode=disable`,
    isNew: ready.isNew,
    dump,
    stop: async () => {
      stopping = true;
      worker.ref();
      worker.postMessage({ type: "stop" } satisfies WorkerRequest);
      await exited;
    },
  };
}

function nextAnswer<T extends WorkerAnswer["type"]>(worker: Worker, type: T) {
  return new Promise<Extract<WorkerAnswer, { type: T }>>((resolve, reject) => {
    const settle = (finish: () => void) => {
      worker.off("message", onMessage).off("error", onError).off("exit", onExit);
      finish();
    };
    const onMessage = (answer: WorkerAnswer) => {
      if (answer.type === type) settle(() => resolve(answer as Extract<WorkerAnswer, { type: T }>));
      else if (answer.type === "failed") {
        settle(() => reject(Object.assign(new Error(answer.message), { code: answer.code })));
      }
    };
    const onError = (error: Error) => settle(() => reject(error));
    const onExit = () => settle(() => reject(new Error("the embedded PostgreSQL exited unexpectedly")));
    worker.on("message", onMessage).on("error", onError).on("exit", onExit);
  });
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
