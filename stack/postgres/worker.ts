import { existsSync, mkdirSync, openAsBlob, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { parentPort, workerData } from "node:worker_threads";
import { PGlite } from "@electric-sql/pglite";
import { extensions, PREPARE_SQL } from "./extensions.ts";
import { createSocketServer } from "./socket-server.ts";

export type WorkerOptions = { dataDir?: string; port: number; template?: Blob | string };
export type WorkerRequest = { type: "stop" } | { type: "dump" };
export type WorkerAnswer =
  | { type: "ready"; port: number; isNew: boolean }
  | { type: "failed"; message: string; code?: string }
  | { type: "dumped"; archive: Blob }
  | { type: "stopped" };

const { dataDir, port, template } = workerData as WorkerOptions;
const answer = (message: WorkerAnswer) => parentPort?.postMessage(message);

/** PGlite's defaults, with Supabase's search path and time zone. */
const startParams = [
  ...PGlite.defaultStartParams.map((word) =>
    word === "search_path=public" ? 'search_path="$user", public, extensions' : word,
  ),
  "-c",
  "timezone=UTC",
];

/** A data folder without this mark is left over from a first start that was killed; it holds no data yet. */
const completeMark = (folder: string) => `${folder}.complete`;

async function start(): Promise<void> {
  const isNew = dataDir === undefined || !existsSync(completeMark(dataDir));
  if (dataDir !== undefined && isNew) rmSync(dataDir, { recursive: true, force: true });
  if (dataDir !== undefined) mkdirSync(dataDir, { recursive: true });
  const loadDataDir = typeof template === "string" ? await openAsBlob(template) : template;
  const db = await PGlite.create({ dataDir, extensions, startParams, ...(isNew && loadDataDir && { loadDataDir }) });
  if (isNew && template === undefined) await db.exec(PREPARE_SQL);
  if (dataDir !== undefined && isNew) writeFileSync(completeMark(dataDir), "");
  const { server, backend } = createSocketServer(db);
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(port, "127.0.0.1", resolve));
  parentPort?.on("message", async (request: WorkerRequest) => {
    if (request.type === "dump") {
      const archive = await backend.exclusively(() => db.dumpDataDir("none"));
      answer({ type: "dumped", archive });
      return;
    }
    server.close();
    await backend.exclusively(() => db.close());
    answer({ type: "stopped" });
    process.exit(0);
  });
  answer({ type: "ready", port: (server.address() as AddressInfo).port, isNew });
}

start().catch((error: Error & { code?: string }) =>
  answer({ type: "failed", message: error.message, code: error.code }),
);
