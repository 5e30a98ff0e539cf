import { existsSync, mkdirSync, openAsBlob, rmSync, writeFileSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { PGlite } from "@electric-sql/pglite";
import { extensions, PREPARE_SQL } from "./extensions.ts";
import { startMessage } from "./frontend-messages.ts";

export type WorkerOptions = { dataDir?: string; template?: Blob | string };
export type WorkerRequest = { type: "run"; messages: Uint8Array } | { type: "stop" } | { type: "dump" };
export type WorkerAnswer =
  | { type: "ready"; isNew: boolean; greeting: Uint8Array }
  | { type: "failed"; message: string; code?: string }
  | { type: "ran"; data: Uint8Array }
  | { type: "dumped"; archive: Blob };

/** What the WebAssembly module exports of its stack; PGlite's types do not name it. */
type Stack = { ___stack_pointer: { value: number }; _error_context_stack: number; HEAPU32: Uint32Array };

const { dataDir, template } = workerData as WorkerOptions;

function answer(message: WorkerAnswer, transferred: ArrayBuffer[] = []): void {
  parentPort?.postMessage(message, transferred);
}

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
  // Copied, because the response is a view of a buffer that is reused.
  const greeting = Uint8Array.from(db.execProtocolRawSync(startMessage()));
  parentPort?.on("message", async (request: WorkerRequest) => {
    if (request.type === "run") {
      const data = await run(db, request.messages);
      answer({ type: "ran", data }, [data.buffer as ArrayBuffer]);
    } else if (request.type === "dump") {
      answer({ type: "dumped", archive: await db.dumpDataDir("none") });
    } else {
      await db.close();
      process.exit(0);
    }
  });
  answer({ type: "ready", isNew, greeting });
}

/**
 * Runs a batch of messages, and puts the stack of the WebAssembly module back. Each error that PostgreSQL raises leaves
 * about 1 KB on it, and a stack overflow 1 MB, so that after some thousand errors every statement would fail with 54001.
 */
async function run(db: PGlite, messages: Uint8Array): Promise<Uint8Array> {
  const module = db.Module as unknown as Stack;
  const top = module.___stack_pointer.value;
  try {
    return (await db.execProtocol(messages, { throwOnError: false, syncToFs: false })).data;
  } finally {
    module.___stack_pointer.value = top;
    // After an overflow it points to what was on the stack.
    module.HEAPU32[module._error_context_stack / Uint32Array.BYTES_PER_ELEMENT] = 0;
  }
}

start().catch((error: Error & { code?: string }) =>
  answer({ type: "failed", message: error.message, code: error.code }),
);
