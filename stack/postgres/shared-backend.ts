import { errorResponse, outcomeOf, readyForQuery, withItsError, withReadyForQuery } from "./backend-messages.ts";
import type { ClientSession } from "./client-session.ts";
import { DatabaseEnded, type DatabaseThread } from "./database-thread.ts";
import { queryMessage, SYNC } from "./frontend-messages.ts";

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

/** Closes a client's connection for this reason. */
export type Evict = (session: ClientSession, reason: DatabaseEnded) => void;

/** How long a client may be idle in a transaction while others wait for the backend. */
const HOLD_LIMIT_MS = 20_000;
const IDLE = new DatabaseEnded("25P03", "terminated: idle in a transaction while others waited");
/** PostgreSQL does not unwind such a statement, so that its locks and error state stay. */
const OVERFLOWED = new DatabaseEnded(
  "57P01",
  "a statement exhausted the stack of the embedded database, which restarts",
);
const STATEMENTS_LOST = new DatabaseEnded(
  "57P01",
  "the embedded database restarted without this connection's statements",
);
const FAILED = new DatabaseEnded("57P02", "terminated: the embedded database failed");

/**
 * The single backend of the embedded PostgreSQL, used by one client at a time. A client keeps it for a whole batch and
 * a whole transaction: otherwise another client's statements would run in the wrong transaction, as the wrong role.
 */
export class SharedBackend {
  readonly #database: DatabaseThread;
  readonly #evict: Evict;
  readonly #limitMs: number | undefined;
  readonly #queue: Job[] = [];
  readonly #tasks: (() => Promise<void>)[] = [];
  #busy = false;
  #running: Job | undefined;
  #holder: ClientSession | undefined;
  #holdTimer: NodeJS.Timeout | undefined;
  /** The client whose settings the backend currently has. */
  #occupant: ClientSession | undefined;
  readonly #engine: Engine = {
    rows: async (sql) => outcomeOf(await this.#execute(queryMessage(sql))).rows(),
    run: async (sql) => !outcomeOf(await this.#execute(queryMessage(sql))).failed,
  };

  /** `limitMs`: how long a batch of a client may run that has set no statement_timeout. */
  constructor(database: DatabaseThread, evict: Evict, limitMs?: number) {
    this.#database = database;
    this.#evict = evict;
    this.#limitMs = limitMs;
  }

  /** Queues a client's messages; resolves when they have run. */
  submit(job: Omit<Job, "done">): Promise<void> {
    return new Promise((done) => {
      this.#queue.push({ ...job, done });
      void this.#work();
    });
  }

  /** Rolls back a disconnected client's transaction, and removes what it left in the backend. */
  async disconnect(session: ClientSession): Promise<void> {
    this.#drop(session);
    await this.exclusively(async () => {
      if (this.#holder === session) {
        await this.#execute(SYNC);
        await this.#engine.run("rollback");
        this.#hold(undefined);
      }
      const closing = session.closeStatements();
      if (closing.length > 0) await this.#execute(Buffer.concat([...closing, SYNC]));
      for (const sql of session.cleanup()) await this.#engine.run(sql);
      if (this.#occupant === session) {
        await this.#reset();
        this.#occupant = undefined;
      }
    }).catch(() => undefined);
  }

  /** Ends a client's statement, as pressing Ctrl-C in psql asks for. */
  async cancel(session: ClientSession, reason: DatabaseEnded, patienceMs: number): Promise<void> {
    const job = this.#running;
    if (job?.session !== session) return;
    await new Promise((resolve) => setTimeout(resolve, patienceMs).unref());
    if (this.#running === job) this.#database.end(reason);
  }

  /** Runs a task of the embedded server between two jobs. */
  exclusively<T>(task: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#tasks.push(() => task().then(resolve, reject));
      void this.#work();
    });
  }

  /** The database has been started again: clients whose transaction or temporary objects are lost must notice. */
  restarted(sessions: Iterable<ClientSession>, reason: DatabaseEnded): void {
    const holder = this.#holder;
    this.#hold(undefined);
    this.#occupant = undefined;
    for (const session of sessions) {
      const isRunning = session === this.#running?.session;
      if (!isRunning && (session === holder || session.isLost())) this.#evict(session, reason);
      session.mustPrepareAgain = true;
    }
  }

  async #work(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    for (;;) {
      const task = this.#tasks.shift();
      const job = task ? undefined : this.#take();
      if (task) await task();
      else if (job) await this.#run(job);
      else break;
    }
    this.#busy = false;
    if (this.#holder !== undefined && this.#queue.length > 0) this.#limitHold(this.#holder);
  }

  async #run(job: Job): Promise<void> {
    const { session, messages, endsBatch } = job;
    const wasOpen = this.#holder === session;
    this.#running = job;
    try {
      await this.#admit(session);
      const answer = await this.#execute(messages, session.limitMs() ?? this.#limitMs);
      const data = withItsError(messages, answer);
      const { status } = outcomeOf(data);
      session.prepared(messages, data);
      this.#hold(endsBatch && status === "I" ? undefined : session);
      if (session.hasSetLimit && status === "I") await session.save(this.#engine);
      job.send(withReadyForQuery(data, endsBatch ? 1 : 0));
      if (data !== answer) this.#database.restart(OVERFLOWED);
    } catch (error) {
      if (error instanceof DatabaseEnded) this.#interrupt(job, error, wasOpen);
      else this.#fail(job, error);
    }
    this.#running = undefined;
    job.done();
  }

  /** Tells a client that its statement was ended. Its connection stays if it has lost nothing but its transaction. */
  #interrupt({ session, messages, endsBatch, send }: Job, reason: DatabaseEnded, wasOpen: boolean): void {
    const isWhole = endsBatch && !session.isLost() && (wasOpen || !mayBegin(messages));
    if (reason.code !== "57014" || !isWhole) {
      this.#evict(session, reason);
      return;
    }
    if (wasOpen) this.#hold(session);
    session.mustFail = wasOpen;
    const error = errorResponse("ERROR", reason.code, reason.message, reason.hint);
    send(Buffer.concat([error, readyForQuery(wasOpen ? "E" : "I")]));
  }

  #fail(job: Job, error: unknown): void {
    console.error("embedded database:", error);
    this.#evict(job.session, FAILED);
  }

  #take(): Job | undefined {
    const index = this.#holder === undefined ? 0 : this.#queue.findIndex((job) => job.session === this.#holder);
    return index === -1 ? undefined : this.#queue.splice(index, 1)[0];
  }

  #drop(session: ClientSession): void {
    for (const job of this.#queue.filter((waiting) => waiting.session === session)) {
      this.#queue.splice(this.#queue.indexOf(job), 1);
      job.done();
    }
  }

  #hold(session: ClientSession | undefined): void {
    this.#holder = session;
    clearTimeout(this.#holdTimer);
    this.#holdTimer = undefined;
  }

  #limitHold(session: ClientSession): void {
    this.#holdTimer ??= setTimeout(() => this.#evict(session, IDLE), HOLD_LIMIT_MS).unref();
  }

  async #admit(session: ClientSession): Promise<void> {
    if (this.#occupant === session) return;
    await this.#occupant?.save(this.#engine);
    await this.#reset();
    await session.restore(this.#engine);
    if (session.mustPrepareAgain) {
      for (const parse of session.statements()) {
        // One may need the search path of the transaction in which it was prepared.
        if (outcomeOf(await this.#execute(Buffer.concat([parse, SYNC]))).failed) throw STATEMENTS_LOST;
      }
      session.mustPrepareAgain = false;
    }
    if (session.mustFail) await this.#engine.run("begin").then(() => this.#engine.run("select 1 / 0"));
    session.mustFail = false;
    this.#occupant = session;
  }

  async #reset(): Promise<void> {
    await this.#engine.run("reset session authorization; reset all");
  }

  async #execute(messages: Uint8Array, limitMs = this.#limitMs): Promise<Uint8Array> {
    return this.#database.run(messages, limitMs);
  }
}

/** Whether a statement of a batch opens a transaction, which is then lost with the database. */
function mayBegin(messages: Uint8Array): boolean {
  return /(^.{5}|[;\0])\s*(begin|start)\b/is.test(Buffer.from(messages).toString("latin1"));
}
