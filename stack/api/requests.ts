import { hasLinkToken } from "../storage/links.ts";

export const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);
/** The embedded database parses recursively: deeper input could crash it. */
export const MAX_NESTING = 100;
const MAX_ADDRESS = 32 * 1024;

/** The refusal of a request that no part of the API takes. */
export function refuseMalformed(request: Request): Response | undefined {
  if (!METHODS.has(request.method)) return problem(405, "405", `The method ${request.method} is not supported`);
  if (hasLinkToken(request)) return problem(401, "PGRST301", "The token of a signed URL is not an access token");
  if (request.url.length > MAX_ADDRESS) {
    return problem(414, "414", `The URL may have at most ${MAX_ADDRESS} characters`);
  }
  const { pathname, search } = new URL(request.url);
  if (nesting(search) > MAX_NESTING) {
    return problem(400, "PGRST100", `Parentheses in the query may be nested at most ${MAX_NESTING} deep`);
  }
  const path = decoded(pathname);
  if (path === undefined) return problem(400, "PGRST125", "The path has invalid percent-encoding");
  return path.includes("\0") ? problem(400, "PGRST125", "The path contains a NUL character") : undefined;
}

/** Undefined for invalid percent-encoding. */
export function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** A body that has been read completely, so that its size is known. */
export type Body = Uint8Array<ArrayBuffer> | undefined;

/**
 * Reads a body up to a limit. What exceeds it is read and dropped, up to a point: a client that is still sending would
 * see a closed connection instead of the response.
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

/** The same request with its body and the actual Content-Length. */
export function withBody(request: Request, body: Body): Request {
  const headers = new Headers(request.headers);
  if (body) headers.set("Content-Length", String(body.length));
  return new Request(request.url, { method: request.method, headers, body });
}

/** An error in PostgREST's format, readable by web apps of any origin. */
export function problem(status: number, code: string, message: string): Response {
  return Response.json(
    { code, message, details: null, hint: null },
    { status, headers: { "Access-Control-Allow-Origin": "*" } },
  );
}

/** The same request may succeed in a moment. */
export function unavailable(message: string): Response {
  const response = problem(503, "503", message);
  response.headers.set("Retry-After", "1");
  return response;
}

/** The nesting depth of parentheses in a query, plain or percent-encoded. */
export function nesting(query: string): number {
  let [depth, deepest] = [0, 0];
  for (const [parenthesis] of query.matchAll(/[()]|%2[89]/g)) {
    if (parenthesis === "(" || parenthesis === "%28") deepest = Math.max(deepest, ++depth);
    else depth = Math.max(0, depth - 1);
  }
  return deepest;
}

/** Whether a body is parsed as JSON: bodies of REST and Auth are, unless they have another content type. */
export function isJson({ url, headers }: Request): boolean {
  const type = headers.get("Content-Type");
  return type === null ? /^\/(rest|auth)\//.test(new URL(url).pathname) : /\bjson\b/i.test(type);
}

const [QUOTE, BACKSLASH] = ['"', "\\"].map((character) => character.charCodeAt(0));
const OPENING = new Set(["[", "{"].map((character) => character.charCodeAt(0)));
const CLOSING = new Set(["]", "}"].map((character) => character.charCodeAt(0)));

/** The nesting depth of arrays and objects in a JSON body. */
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
