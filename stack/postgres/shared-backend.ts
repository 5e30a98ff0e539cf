import type { PGlite } from "@electric-sql/pglite";
import type { ClientSession } from "./client-session.ts";
import { errorResponse, queryMessage, SYNC } from "./frontend-messages.ts";

/** How a session saves and restores its state: `rows` returns fields as text, `run` whether the SQL succeeded. */
export type Engine = {
  rows(sql: string): Promise<(string | null)[][]>;
  run(sql: string): Promise<boolean>;
};

type Job = {
  session: ClientSession;
  messages: Uint8Array;
  /** Whether the last message is answered by ReadyForQuery (Query, Sync). */
  endsBatch: boolean;
  send: (data: Uint8Array) => void;
  done: () => void;
};

/** What the WebAssembly module exports of its stack; PGlite's types do not name it. */
type Stack = { ___stack_pointer: { value: number }; _error_context_stack: number; HEAPU32: Uint32Array };

const READY_FOR_QUERY = "Z";
const READY_FOR_QUERY_BYTES = 6;

const ERROR_RESPONSE = "E";
/** The server messages that answer each client message: Query and Execute, Parse, Bind. */
const ANSWERS: Record<string, string> = { Q: "CIsGHW", E: "CIsGHW", P: "1", B: "2" };

/** How long a client may be idle in a transaction while others wait for the backend. */
const HOLD_LIMIT_MS = 20_000;

/**
 * The single backend of the embedded PostgreSQL, used by one client at a time. A client keeps it for a whole batch and
 * a whole transaction: otherwise another client's statements would run in the wrong transaction, as the wrong role.
 */
export class SharedBackend {
  readonly #db: PGlite;
  readonly #queue: Job[] = [];
  #busy = false;
  #holder: ClientSession | undefined;
  #holdTimer: NodeJS.Timeout | undefined;
  /** The client whose settings the backend currently has. */
  #occupant: ClientSession | undefined;
  readonly #evict: (session: ClientSession) => void;
  readonly #engine: Engine = {
    rows: async (sql) => (await this.#execute(queryMessage(sql))).rows,
    run: async (sql) => !(await this.#execute(queryMessage(sql))).failed,
  };

  /** `evict` must close a client's connection: it held the backend for too long, or the backend failed. */
  constructor(db: PGlite, evict: (session: ClientSession) => void) {
    this.#db = db;
    this.#evict = evict;
  }

  /** Queues a client's messages; resolves when they have run. */
  submit(job: Omit<Job, "done">): Promise<void> {
    return new Promise((done) => {
      this.#queue.push({ ...job, done });
      void this.#work();
    });
  }

  /** Rolls back a disconnected client's transaction, and removes what it left in the backend. */
  async disconnect(session: ClientSession, closeStatements: Uint8Array): Promise<void> {
    for (const job of this.#queue.filter((waiting) => waiting.session === session)) {
      this.#queue.splice(this.#queue.indexOf(job), 1);
      job.done();
    }
    await this.exclusively(async () => {
      if (this.#holder === session) {
        await this.#execute(SYNC);
        await this.#engine.run("rollback");
        this.#hold(undefined);
      }
      if (closeStatements.length > 0) await this.#execute(Buffer.concat([closeStatements, SYNC]));
      for (const sql of session.cleanup()) await this.#engine.run(sql);
      if (this.#occupant === session) {
        await this.#reset();
        this.#occupant = undefined;
      }
    });
  }

  /** Runs a task of the embedded server between two jobs. */
  async exclusively<T>(task: () => Promise<T>): Promise<T> {
    while (this.#busy) await new Promise((resolve) => setImmediate(resolve));
    this.#busy = true;
    try {
      return await task();
    } finally {
      this.#busy = false;
      void this.#work();
    }
  }

  async #work(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    for (let job = this.#take(); job !== undefined; job = this.#take()) {
      try {
        await this.#run(job);
      } catch (error) {
        console.error("embedded database:", error);
        this.#evict(job.session);
      }
      job.done();
    }
    this.#busy = false;
    if (this.#holder !== undefined && this.#queue.length > 0) this.#limitHold(this.#holder);
  }

  async #run(job: Job): Promise<void> {
    await this.#admit(job.session);
    const { data, status } = await this.#execute(job.messages);
    this.#hold(job.endsBatch && status === "I" ? undefined : job.session);
    job.send(withReadyForQuery(withItsError(job.messages, data), job.endsBatch ? 1 : 0));
  }

  #take(): Job | undefined {
    const index = this.#holder === undefined ? 0 : this.#queue.findIndex((job) => job.session === this.#holder);
    return index === -1 ? undefined : this.#queue.splice(index, 1)[0];
  }

  #hold(session: ClientSession | undefined): void {
    this.#holder = session;
    clearTimeout(this.#holdTimer);
    this.#holdTimer = undefined;
  }

  #limitHold(session: ClientSession): void {
    this.#holdTimer ??= setTimeout(() => this.#evict(session), HOLD_LIMIT_MS).unref();
  }

  async #admit(session: ClientSession): Promise<void> {
    if (this.#occupant === session) return;
    await this.#occupant?.save(this.#engine);
    await this.#reset();
    await session.restore(this.#engine);
    this.#occupant = session;
  }

  async #reset(): Promise<void> {
    await this.#engine.run("reset session authorization; reset all");
  }

  /**
   * Puts the stack of the WebAssembly module back. Each error that PostgreSQL raises leaves about 1 KB on it, and a stack
   * overflow 1 MB, so that after some thousand errors every statement would fail with 54001 (stack depth limit exceeded).
   */
  async #restoringStack<T>(work: () => Promise<T>): Promise<T> {
    const module = this.#db.Module as unknown as Stack;
    const top = module.___stack_pointer.value;
    try {
      return await work();
    } finally {
      module.___stack_pointer.value = top;
      // After an overflow it points to what was on the stack.
      module.HEAPU32[module._error_context_stack / Uint32Array.BYTES_PER_ELEMENT] = 0;
    }
  }

  async #execute(messages: Uint8Array) {
    const { messages: answers, data } = await this.#restoringStack(() =>
      this.#db.execProtocol(messages, { throwOnError: false, syncToFs: false }),
    );
    const rows: (string | null)[][] = [];
    let status: string | undefined;
    let failed = false;
    for (const answer of answers) {
      if (answer.name === "dataRow") rows.push((answer as unknown as { fields: (string | null)[] }).fields);
      else if (answer.name === "readyForQuery") status = (answer as unknown as { status: string }).status;
      else if (answer.name === "error") failed = true;
    }
    return { data, status, rows, failed };
  }
}

/**
 * PGlite sends ReadyForQuery right after an error, and again at the Sync that ends the batch. A client would take the
 * second one as the response to its next statement, so this keeps only the last `wanted` ones.
 */
function withReadyForQuery(data: Uint8Array, wanted: number): Uint8Array {
  const starts = messagesIn(data).flatMap(({ type, at }) => (type === READY_FOR_QUERY ? [at] : []));
  const surplus = starts.slice(0, starts.length - wanted);
  if (surplus.length === 0) return data;
  const parts: Uint8Array[] = [];
  let from = 0;
  for (const at of surplus) {
    parts.push(data.subarray(from, at));
    from = at + READY_FOR_QUERY_BYTES;
  }
  return Buffer.concat([...parts, data.subarray(from)]);
}

/**
 * Adds the missing error of a statement that exhausted WebAssembly's stack: PGlite sends neither a response nor an
 * error, and the client would wait forever.
 */
function withItsError(messages: Uint8Array, data: Uint8Array): Uint8Array {
  const answers = messagesIn(data);
  const count = (types: string) => answers.filter(({ type }) => types.includes(type)).length;
  const asked = messagesIn(messages).map(({ type }) => ANSWERS[type]);
  const isAnswered = (types: string | undefined) =>
    types === undefined || count(types) >= asked.filter((other) => other === types).length;
  if (count(ERROR_RESPONSE) > 0 || asked.every(isAnswered)) return data;
  const end = answers.find(({ type }) => type === READY_FOR_QUERY)?.at ?? data.length;
  const error = errorResponse("ERROR", "54001", "the statement is nested too deeply for the embedded database");
  return Buffer.concat([data.subarray(0, end), error, data.subarray(end)]);
}

function messagesIn(data: Uint8Array): { type: string; at: number }[] {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const found: { type: string; at: number }[] = [];
  for (let at = 0; at < data.length; at += 1 + view.getInt32(at + 1)) {
    found.push({ type: String.fromCharCode(data[at]!), at });
  }
  return found;
}
