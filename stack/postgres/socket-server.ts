import { randomBytes } from "node:crypto";
import { createServer, type Server, type Socket } from "node:net";
import { isSecret } from "../keys.ts";
import { askForPassword, errorResponse, greetingWith } from "./backend-messages.ts";
import { ClientSession } from "./client-session.ts";
import { DatabaseEnded, type DatabaseThread, STOPPED } from "./database-thread.ts";
import {
  type FrontendMessage,
  MessageReader,
  parseMessage,
  queryMessage,
  START_CODES,
  sqlOf,
  startParameters,
  textOf,
  withStatementPrefix,
} from "./frontend-messages.ts";
import { SharedBackend } from "./shared-backend.ts";

/** Messages after which a client expects a response. Earlier ones wait, so that a batch runs in one go. */
const ANSWERED = new Set(["Q", "S", "H", "F", "c", "f"]);

const COPIES_IN = /\bcopy\b[^;]*\bfrom\s+stdin\b/i;
const withoutComments = (sql: string) => sql.replace(/\/\*.*?\*\/|--[^\n]*/gs, " ");

const CANCELLED = new DatabaseEnded("57014", "canceling statement due to user request");
/** Ending a statement restarts the database, so one that is almost done may finish. */
const CANCEL_PATIENCE_MS = 1_000;

export type SocketServerOptions = {
  database: DatabaseThread;
  greeting: Uint8Array;
  /** What every client must know. */
  password: string;
  statementLimitMs?: number;
};

export type SocketServer = {
  server: Server;
  backend: SharedBackend;
  sessions(): Iterable<ClientSession>;
  close(): void;
};

type Shared = SocketServerOptions & { backend: SharedBackend; connections: Map<ClientSession, Connection> };

/**
 * Serves the embedded database to any PostgreSQL client. Unlike the `pglite-socket` package, which queues single
 * messages, it gives a client the backend for whole batches and transactions, so that no client can bind another's
 * unnamed statement. It also answers `psql`'s request for TLS, and keeps session settings apart.
 */
export function createSocketServer(options: SocketServerOptions): SocketServer {
  const { database, statementLimitMs } = options;
  const connections = new Map<ClientSession, Connection>();
  const backend = new SharedBackend(
    database,
    (session, reason) => connections.get(session)?.terminate(reason),
    statementLimitMs,
  );
  const shared: Shared = { ...options, backend, connections };
  const server = createServer({ noDelay: true }, (socket) => new Connection(socket, shared));
  const close = () => {
    server.close();
    for (const connection of connections.values()) connection.terminate(STOPPED);
  };
  return { server, backend, sessions: () => connections.keys(), close };
}

class Connection {
  readonly #socket: Socket;
  readonly #shared: Shared;
  readonly #reader = new MessageReader();
  /** With it, the client can ask for the cancellation of a statement, on a connection of its own. */
  readonly #key = randomBytes(8);
  #starting: ClientSession | undefined;
  #session: ClientSession | undefined;
  #batch: Buffer[] = [];
  #turn: Promise<void> = Promise.resolve();

  constructor(socket: Socket, shared: Shared) {
    this.#socket = socket;
    this.#shared = shared;
    socket.unref();
    socket.on("data", (chunk) => this.#receive(chunk));
    socket.on("error", () => socket.destroy());
    socket.on("close", () => void this.#disconnect());
  }

  terminate({ code, message, hint }: Pick<DatabaseEnded, "code" | "message" | "hint">): void {
    this.#socket.end(errorResponse("FATAL", code, message, hint));
    this.#socket.destroySoon();
  }

  #receive(chunk: Buffer): void {
    try {
      this.#reader.push(chunk);
      for (let message = this.#reader.next(); message !== undefined; message = this.#reader.next()) {
        if (this.#session !== undefined) this.#take(this.#session, message);
        else if (this.#starting !== undefined) this.#signIn(this.#starting, message);
        else this.#start(message.bytes);
      }
    } catch (error) {
      this.terminate(new DatabaseEnded("08P01", error instanceof Error ? error.message : String(error)));
    }
  }

  #start(message: Buffer): void {
    const code = message.readInt32BE(4);
    if (code === START_CODES.ssl || code === START_CODES.gss) {
      this.#socket.write("N");
      return;
    }
    if (code === START_CODES.cancel) this.#cancel(message.subarray(8));
    if (code >> 16 !== START_CODES.protocol3) {
      this.#socket.destroy();
      return;
    }
    this.#reader.startDone();
    this.#starting = new ClientSession(startParameters(message));
    this.#socket.write(askForPassword);
  }

  #signIn(session: ClientSession, message: FrontendMessage): void {
    if (message.type !== "p" || !isSecret(textOf(message), this.#shared.password)) {
      this.terminate(new DatabaseEnded("28P01", "password authentication failed: `npm start` prints the URL with it"));
      return;
    }
    this.#session = session;
    this.#reader.signedIn();
    this.#shared.connections.set(session, this);
    this.#socket.write(greetingWith(Buffer.from(this.#shared.greeting), this.#key));
  }

  #cancel(key: Buffer): void {
    for (const [session, connection] of this.#shared.connections) {
      if (!connection.#key.equals(key)) continue;
      void this.#shared.backend.cancel(session, CANCELLED, CANCEL_PATIENCE_MS);
    }
  }

  #take(session: ClientSession, message: FrontendMessage): void {
    if (message.type === "X") {
      this.#socket.end();
      return;
    }
    const sql = sqlOf(message);
    if (sql !== undefined) session.observe(sql);
    if (sql !== undefined && COPIES_IN.test(withoutComments(sql))) {
      this.#refuseCopy(session, message);
      return;
    }
    this.#batch.push(withStatementPrefix(message, session.statementPrefix));
    if (!ANSWERED.has(message.type)) return;
    const messages = Buffer.concat(this.#batch);
    this.#batch = [];
    this.#turn = this.#turn.then(() =>
      this.#shared.backend.submit({
        session,
        messages,
        endsBatch: message.type === "Q" || message.type === "S",
        send: (data) => {
          if (this.#socket.writable) this.#socket.write(data);
        },
      }),
    );
  }

  /** COPY FROM STDIN crashes PGlite, so an error is raised instead. The message must not match COPIES_IN itself. */
  #refuseCopy(session: ClientSession, message: FrontendMessage): void {
    const refusal = "the embedded database cannot load rows with COPY: use INSERT, or a PostgreSQL server";
    const sql = `do $$ begin raise feature_not_supported using message = '${refusal}'; end $$`;
    this.#take(session, { type: message.type, bytes: message.type === "Q" ? queryMessage(sql) : parseMessage(sql) });
  }

  async #disconnect(): Promise<void> {
    const session = this.#session;
    if (session === undefined) return;
    this.#shared.connections.delete(session);
    await this.#shared.backend.disconnect(session);
  }
}
