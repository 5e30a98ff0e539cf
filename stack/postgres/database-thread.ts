import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import type { WorkerAnswer, WorkerOptions, WorkerRequest } from "./worker.ts";

/** Why the database, or a statement in it, ended: a code and message for the client, as PostgreSQL words them. */
export class DatabaseEnded extends Error {
  readonly code: string;
  readonly hint: string | undefined;

  constructor(code: string, message: string, hint?: string) {
    super(message);
    this.code = code;
    this.hint = hint;
  }
}

export const CRASHED = new DatabaseEnded("57P01", "the embedded database failed and is started again");
export const STOPPED = new DatabaseEnded("57P01", "the embedded database is stopping");
const STOP_LIMIT_MS = 2_000;

type Answer<T extends WorkerAnswer["type"]> = Extract<WorkerAnswer, { type: T }>;
type Pending = { resolve(answer: WorkerAnswer): void; reject(error: Error): void };

/**
 * PGlite in a thread of its own, since WebAssembly runs each statement to completion. Only ending the thread can end a
 * statement, so the thread is then started again on the same data folder. What was committed is in that folder.
 */
export class DatabaseThread {
  readonly #options: WorkerOptions;
  #worker: Worker | undefined;
  #ready: Promise<Answer<"ready">>;
  #isReady = false;
  #pending: Pending | undefined;
  #reason: DatabaseEnded | undefined;
  #stopping = false;
  /** Called when the thread has ended without `stop()`; `gone` if it cannot be started again. */
  onEnd: (reason: DatabaseEnded, gone: boolean) => void = () => {};

  constructor(options: WorkerOptions) {
    this.#options = options;
    this.#ready = this.#start();
  }

  /** Whether the start created the data, and what PGlite answered to a start-up message. */
  get ready() {
    return this.#ready;
  }

  /** Runs a batch of a client's messages. Rejects with DatabaseEnded if the database ends meanwhile, or after the limit. */
  async run(messages: Uint8Array, limitMs = 0): Promise<Uint8Array> {
    await this.#ready;
    const limit = limitMs > 0 ? setTimeout(() => this.end(timeout(limitMs)), limitMs) : undefined;
    try {
      return (await this.#ask<Answer<"ran">>({ type: "run", messages })).data;
    } finally {
      clearTimeout(limit);
    }
  }

  async dump(): Promise<Blob> {
    await this.#ready;
    return (await this.#ask<Answer<"dumped">>({ type: "dump" })).archive;
  }

  /** Ends the current statement, and with it the thread. */
  end(reason: DatabaseEnded): void {
    this.#reason ??= reason;
    void this.#worker?.terminate();
  }

  /** Ends the thread between two statements, if it can be started again: one in memory goes on as it is. */
  restart(reason: DatabaseEnded): void {
    if (this.#options.dataDir !== undefined) this.end(reason);
  }

  /** Closes the database in an orderly way, unless it is busy for too long. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const worker = this.#worker;
    if (worker === undefined) return;
    const exited = new Promise((resolve) => worker.once("exit", resolve));
    worker.ref();
    worker.postMessage({ type: "stop" } satisfies WorkerRequest);
    const limit = setTimeout(() => this.end(STOPPED), STOP_LIMIT_MS);
    await exited;
    clearTimeout(limit);
  }

  #start(): Promise<Answer<"ready">> {
    const worker = new Worker(fileURLToPath(new URL("./worker-entry.mjs", import.meta.url)), {
      workerData: this.#options,
      execArgv: ["--no-warnings"],
      env: process.env,
    });
    worker.on("message", (answer: WorkerAnswer) => this.#settle(answer));
    worker.on("error", (error) => console.error("embedded database:", error));
    worker.once("exit", () => this.#ended());
    this.#worker = worker;
    this.#reason = undefined;
    this.#isReady = false;
    return this.#answer<Answer<"ready">>().then((answer) => {
      this.#isReady = true;
      worker.unref();
      return answer;
    });
  }

  #ask<T>(request: WorkerRequest): Promise<T> {
    const worker = this.#worker;
    if (worker === undefined) throw STOPPED;
    worker.ref();
    worker.postMessage(request);
    return this.#answer<T>().finally(() => worker.unref());
  }

  #answer<T>(): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#pending = { resolve: resolve as Pending["resolve"], reject };
    });
  }

  #settle(answer: WorkerAnswer): void {
    const pending = this.#pending;
    this.#pending = undefined;
    if (answer.type !== "failed") {
      pending?.resolve(answer);
      return;
    }
    pending?.reject(Object.assign(new Error(answer.message), { code: answer.code }));
    void this.#worker?.terminate();
  }

  #ended(): void {
    const reason = this.#reason ?? (this.#stopping ? STOPPED : CRASHED);
    const pending = this.#pending;
    [this.#worker, this.#pending] = [undefined, undefined];
    if (!this.#stopping) {
      const gone = this.#options.dataDir === undefined || !this.#isReady;
      this.#ready = gone ? Promise.reject(cannotStartAgain(reason)) : this.#start();
      this.#ready.catch(() => undefined);
      this.onEnd(reason, gone);
    }
    pending?.reject(reason);
  }
}

function cannotStartAgain({ message }: DatabaseEnded): DatabaseEnded {
  return new DatabaseEnded("57P03", `the embedded database has ended and cannot be started again: ${message}`);
}

function timeout(limitMs: number): DatabaseEnded {
  return new DatabaseEnded(
    "57014",
    "canceling statement due to statement timeout",
    `The embedded database ends a statement after ${limitMs / 1000} s, and restarts. Set statement_timeout to change that.`,
  );
}
