import { createServer, type Server, type Socket } from "node:net";
import type { PGlite } from "@electric-sql/pglite";
import { ClientSession } from "./client-session.ts";
import {
  closeStatement,
  errorResponse,
  type FrontendMessage,
  MessageReader,
  parseMessage,
  queryMessage,
  START_CODES,
  sqlOf,
  startMessage,
  startParameters,
  statementName,
  withStatementPrefix,
} from "./frontend-messages.ts";
import { SharedBackend } from "./shared-backend.ts";

/** Messages after which a client expects a response. Earlier ones wait, so that a batch runs in one go. */
const ANSWERED = new Set(["Q", "S", "H", "F", "c", "f"]);

const COPIES_IN = /\bcopy\b[^;]*\bfrom\s+stdin\b/i;
const withoutComments = (sql: string) => sql.replace(/\/\*.*?\*\/|--[^\n]*/gs, " ");

/**
 * Serves the embedded database to any PostgreSQL client. Unlike the `pglite-socket` package, which queues single
 * messages, it gives a client the backend for whole batches and transactions, so that no client can bind another's
 * unnamed statement. It also answers `psql`'s request for TLS, and keeps session settings apart.
 */
export function createSocketServer(db: PGlite): { server: Server; backend: SharedBackend } {
  const connections = new Map<ClientSession, Connection>();
  const backend = new SharedBackend(db, (session) =>
    connections
      .get(session)
      ?.terminate("25P03", "terminated: idle in a transaction while others waited, or the embedded database failed"),
  );
  // Copied, because the response is a view of a buffer that is reused.
  const greeting = Buffer.from(db.execProtocolRawSync(startMessage()));
  const server = createServer({ noDelay: true }, (socket) => new Connection(socket, greeting, backend, connections));
  return { server, backend };
}

class Connection {
  readonly #socket: Socket;
  readonly #greeting: Uint8Array;
  readonly #backend: SharedBackend;
  readonly #connections: Map<ClientSession, Connection>;
  readonly #reader = new MessageReader();
  readonly #statements = new Set<string>();
  #session: ClientSession | undefined;
  #batch: Buffer[] = [];
  #turn: Promise<void> = Promise.resolve();

  constructor(
    socket: Socket,
    greeting: Uint8Array,
    backend: SharedBackend,
    connections: Map<ClientSession, Connection>,
  ) {
    this.#socket = socket;
    this.#greeting = greeting;
    this.#backend = backend;
    this.#connections = connections;
    socket.on("data", (chunk) => this.#receive(chunk));
    socket.on("error", () => socket.destroy());
    socket.on("close", () => void this.#disconnect());
  }

  terminate(code: string, message: string): void {
    this.#socket.end(errorResponse("FATAL", code, message));
    this.#socket.destroySoon();
  }

  #receive(chunk: Buffer): void {
    try {
      this.#reader.push(chunk);
      for (let message = this.#reader.next(); message !== undefined; message = this.#reader.next()) {
        if (this.#session === undefined) this.#start(message.bytes);
        else this.#take(this.#session, message);
      }
    } catch (error) {
      this.terminate("08P01", error instanceof Error ? error.message : String(error));
    }
  }

  #start(message: Buffer): void {
    const code = message.readInt32BE(4);
    if (code === START_CODES.ssl || code === START_CODES.gss) {
      this.#socket.write("N");
      return;
    }
    if (code >> 16 !== START_CODES.protocol3) {
      this.#socket.destroy();
      return;
    }
    this.#reader.startDone();
    this.#session = new ClientSession(startParameters(message));
    this.#connections.set(this.#session, this);
    this.#socket.write(this.#greeting);
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
    const name = statementName(message);
    if (name) this.#statements.add(name);
    this.#batch.push(withStatementPrefix(message, session.statementPrefix));
    if (!ANSWERED.has(message.type)) return;
    const messages = Buffer.concat(this.#batch);
    this.#batch = [];
    this.#turn = this.#turn.then(() =>
      this.#backend.submit({
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
    this.#connections.delete(session);
    const closing = [...this.#statements].map((name) => closeStatement(session.statementPrefix + name));
    await this.#backend.disconnect(session, Buffer.concat(closing));
  }
}
