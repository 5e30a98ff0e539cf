/** Framing of the messages that PostgreSQL sends (protocol 3.0, "Message Formats" in PostgreSQL's manual). */

const READY_FOR_QUERY = "Z";
const READY_FOR_QUERY_BYTES = 6;
const ERROR_RESPONSE = "E";

/** The server messages that answer each client message: Query and Execute, Parse, Bind, Close. */
const ANSWERS: Record<string, string> = { Q: "CIsGHW", E: "CIsGHW", P: "1", B: "2" };

export type Message = { type: string; at: number };

/** The messages in a stream of them, of a server or of a client. */
export function messagesIn(data: Uint8Array): Message[] {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const found: Message[] = [];
  for (let at = 0; at < data.length; at += 1 + view.getInt32(at + 1)) {
    found.push({ type: String.fromCharCode(data[at]!), at });
  }
  return found;
}

/** What a batch came to: its rows as text, whether a statement failed, and the transaction status after it. */
export function outcomeOf(data: Uint8Array) {
  const messages = messagesIn(data);
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const ready = messages.findLast(({ type }) => type === READY_FOR_QUERY);
  return {
    status: ready && String.fromCharCode(data[ready.at + READY_FOR_QUERY_BYTES - 1]!),
    failed: messages.some(({ type }) => type === ERROR_RESPONSE),
    rows: () => messages.filter(({ type }) => type === "D").map(({ at }) => fieldsOf(bytes, at)),
  };
}

/** The fields of a DataRow message. */
function fieldsOf(data: Buffer, at: number): (string | null)[] {
  const count = data.readInt16BE(at + 5);
  const fields: (string | null)[] = [];
  for (let i = 0, from = at + 7; i < count; i++) {
    const length = data.readInt32BE(from);
    fields.push(length === -1 ? null : data.toString("utf8", from + 4, from + 4 + length));
    from += 4 + Math.max(length, 0);
  }
  return fields;
}

/**
 * PGlite sends ReadyForQuery right after an error, and again at the Sync that ends the batch. A client would take the
 * second one as the response to its next statement, so this keeps only the last `wanted` ones.
 */
export function withReadyForQuery(data: Uint8Array, wanted: number): Uint8Array {
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
 * error, and the client would wait forever. Returns `data` itself if nothing is missing.
 */
export function withItsError(messages: Uint8Array, data: Uint8Array): Uint8Array {
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

/** An ErrorResponse. The connection is closed after a FATAL one. */
export function errorResponse(severity: "ERROR" | "FATAL", code: string, message: string, hint?: string): Buffer {
  const fields = [`S${severity}`, `V${severity}`, `C${code}`, `M${message}`, ...(hint ? [`H${hint}`] : [])];
  return typedMessage("E", `${fields.join("\0")}\0\0`);
}

/** The response to every batch. Status I: no transaction is open; E: one has failed. */
export const readyForQuery = (status: "I" | "E") => typedMessage(READY_FOR_QUERY, status);

export const askForPassword = typedMessage("R", Buffer.from([0, 0, 0, 3]));

/** What PGlite answers to a start-up message, with a key by which this connection's statements can be cancelled. */
export function greetingWith(greeting: Buffer, key: Buffer): Buffer {
  const kept = messagesIn(greeting).filter(({ type }) => type !== "K" && type !== READY_FOR_QUERY);
  const parts = kept.map(({ at }) => greeting.subarray(at, at + 1 + greeting.readInt32BE(at + 1)));
  return Buffer.concat([...parts, typedMessage("K", key), readyForQuery("I")]);
}

export function typedMessage(type: string, body: string | Buffer): Buffer {
  const bytes = Buffer.concat([Buffer.from(type), Buffer.alloc(4), Buffer.from(body as string)]);
  bytes.writeInt32BE(bytes.length - 1, 1);
  return bytes;
}
