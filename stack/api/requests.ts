/** A body that was read whole, so that its size is known before anything is done with it. */
export type Body = Uint8Array<ArrayBuffer> | undefined;

/**
 * Reads a request's body, and keeps no more than the limit of it. What goes beyond is read and dropped, to a point: a
 * client that is still sending when the answer comes sees a broken connection in place of the answer.
 */
export async function readBody(request: Request, limit: number): Promise<Body | "too large"> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body as unknown as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size <= limit) chunks.push(chunk);
    if (size > limit * PATIENCE) break;
  }
  return size > limit ? "too large" : Uint8Array.from(Buffer.concat(chunks));
}

const PATIENCE = 10;

/** The same request with its body put back, as often as needed, and its true size. */
export function withBody(request: Request, body: Body): Request {
  const headers = new Headers(request.headers);
  if (body) headers.set("Content-Length", String(body.length));
  return new Request(request.url, { method: request.method, headers, body });
}

/** An answer in the shape that PostgREST gives its errors, readable for browsers of any origin. */
export function problem(status: number, code: string, message: string): Response {
  return Response.json(
    { code, message, details: null, hint: null },
    { status, headers: { "Access-Control-Allow-Origin": "*" } },
  );
}

/** How many parentheses of a query stand within each other, as they are or as percent-encoding. */
export function nesting(query: string): number {
  let [depth, deepest] = [0, 0];
  for (const [parenthesis] of query.matchAll(/[()]|%2[89]/g)) {
    if (parenthesis === "(" || parenthesis === "%28") deepest = Math.max(deepest, ++depth);
    else depth = Math.max(0, depth - 1);
  }
  return deepest;
}

/** Whether a body is read as JSON: that of REST and auth is, unless it says that it is something else. */
export function isJson({ url, headers }: Request): boolean {
  const type = headers.get("Content-Type");
  return type === null ? /^\/(rest|auth)\//.test(new URL(url).pathname) : /\bjson\b/i.test(type);
}

const [QUOTE, BACKSLASH] = ['"', "\\"].map((character) => character.charCodeAt(0));
const OPENING = new Set(["[", "{"].map((character) => character.charCodeAt(0)));
const CLOSING = new Set(["]", "}"].map((character) => character.charCodeAt(0)));

/** How many arrays and objects stand within each other, if the body is JSON. */
export function nestingOfJson(body: Uint8Array): number {
  let [depth, deepest, isText] = [0, 0, false];
  for (let at = 0; at < body.length; at++) {
    const byte = body[at]!;
    if (byte === QUOTE) isText = !isText;
    else if (isText && byte === BACKSLASH) at++;
    else if (!isText && OPENING.has(byte)) deepest = Math.max(deepest, ++depth);
    else if (!isText && CLOSING.has(byte)) depth--;
  }
  return deepest;
}

/** How many values the rows of a body have together, if it is an array of rows: each has the columns of the widest. */
export function valuesOf(body: Uint8Array, columns: number): number {
  if (body.find((byte) => byte > 0x20) !== "[".charCodeAt(0)) return 0;
  try {
    const rows: unknown[] = JSON.parse(Buffer.from(body).toString());
    return rows.length * rows.reduce<number>((widest, row) => Math.max(widest, Object.keys(row ?? {}).length), columns);
  } catch {
    // What is no JSON is refused further on.
    return 0;
  }
}
