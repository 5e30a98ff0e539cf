import { typedMessage } from "./backend-messages.ts";

/** Framing of the messages that a PostgreSQL client sends (protocol 3.0, "Message Formats" in PostgreSQL's manual). */

export type FrontendMessage = { type: string; bytes: Buffer };

export const START_CODES = { protocol3: 3, ssl: 80877103, gss: 80877104, cancel: 80877102 } as const;

/** The largest message accepted from a client. PostgreSQL allows 1 GB, which this process could not hold. */
const MAX_MESSAGE_BYTES = 256 * 1024 * 1024;
/** The largest one before the password, as in PostgreSQL. */
const MAX_START_BYTES = 10_000;

/** Splits a client's byte stream into messages. The first message of a connection has no type byte. */
export class MessageReader {
  #buffer: Buffer = Buffer.alloc(0);
  #started = false;
  #maxBytes = MAX_START_BYTES;

  /** From now on, messages have a type byte. Refused encryption requests come before this. */
  startDone(): void {
    this.#started = true;
  }

  /** The client has given the password. */
  signedIn(): void {
    this.#maxBytes = MAX_MESSAGE_BYTES;
  }

  push(chunk: Buffer): void {
    this.#buffer = this.#buffer.length === 0 ? chunk : Buffer.concat([this.#buffer, chunk]);
  }

  next(): FrontendMessage | undefined {
    const typeBytes = this.#started ? 1 : 0;
    if (this.#buffer.length < typeBytes + 4) return undefined;
    const length = this.#buffer.readInt32BE(typeBytes);
    if (length < 4 || length > this.#maxBytes) throw new Error(`a message cannot be ${length} bytes long`);
    const end = typeBytes + length;
    if (this.#buffer.length < end) return undefined;
    const bytes = this.#buffer.subarray(0, end);
    this.#buffer = this.#buffer.subarray(end);
    return { type: this.#started ? String.fromCharCode(bytes[0] ?? 0) : "", bytes };
  }
}

/** The parameters of a start-up message: user, database and any settings such as TimeZone. */
export function startParameters(message: Buffer): Map<string, string> {
  const words = message.subarray(8).toString("utf8").split("\0");
  const parameters = new Map<string, string>();
  for (let i = 0; i + 1 < words.length && words[i] !== ""; i += 2) parameters.set(words[i]!, words[i + 1]!);
  return parameters;
}

/** The SQL text of a Query or Parse message. */
export function sqlOf(message: FrontendMessage): string | undefined {
  if (message.type === "Q") return cString(message.bytes, 5).text;
  if (message.type === "P") return cString(message.bytes, cString(message.bytes, 5).end).text;
  return undefined;
}

/**
 * Prefixes the name of a prepared statement in a message with its client's. All clients share one backend, and drivers
 * such as JDBC use the same statement names on every connection.
 */
export function withStatementPrefix(message: FrontendMessage, prefix: string): Buffer {
  const { type, bytes } = message;
  if (type === "P") return insertAt(bytes, 5, prefix);
  if (type === "B") return insertAt(bytes, cString(bytes, 5).end, prefix);
  if ((type === "D" || type === "C") && bytes[5] === 0x53) return insertAt(bytes, 6, prefix);
  return bytes;
}

/** The name of the prepared statement that a Parse or Close message is about; empty for the unnamed one. */
export function statementName(type: string, bytes: Buffer): string {
  return type === "P" ? cString(bytes, 5).text : type === "C" && bytes[5] === 0x53 ? cString(bytes, 6).text : "";
}

/** The text of a message that has nothing else, such as a password. */
export function textOf(message: FrontendMessage): string {
  return cString(message.bytes, 5).text;
}

/** For a name that has its prefix. */
export function closeStatement(name: string): Buffer {
  return typedMessage("C", `S${name}\0`);
}

/** A start-up message as the database owner. The session applies the parameters of the client's own message. */
export function startMessage(): Buffer {
  const body = Buffer.from("\0\0\0\0\0\x03\0\0user\0postgres\0database\0postgres\0client_encoding\0UTF8\0\0", "latin1");
  body.writeInt32BE(body.length, 0);
  return body;
}

function insertAt(bytes: Buffer, at: number, prefix: string): Buffer {
  if (bytes[at] === 0) return bytes;
  const result = Buffer.concat([bytes.subarray(0, at), Buffer.from(prefix), bytes.subarray(at)]);
  result.writeInt32BE(result.length - 1, 1);
  return result;
}

function cString(bytes: Buffer, start: number): { text: string; end: number } {
  const zero = bytes.indexOf(0, start);
  const stop = zero === -1 ? bytes.length : zero;
  return { text: bytes.toString("utf8", start, stop), end: stop + 1 };
}

export function queryMessage(sql: string): Buffer {
  return typedMessage("Q", `${sql}\0`);
}

export function parseMessage(sql: string): Buffer {
  return typedMessage("P", `\0${sql}\0\0\0`);
}

export const SYNC = typedMessage("S", "");
