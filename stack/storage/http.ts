import { z } from "zod";
import { NOT_IN_STACK, notInStack } from "../missing.ts";
import type { StorageRows } from "./rows.ts";

/** Sends a request to lite as the caller. */
export type Send = (request: Request) => Promise<Response>;

/** What handlers of Storage's routes need. */
export type Context = { request: Request; send: Send; rows: StorageRows; maxFileBytes: number };

/** `/object/<mode>/<bucket>/<name>`; the mode is empty in `/object/<bucket>/<name>`. */
export type ObjectPath = { mode: string; bucket: string; name: string };

/** The statuses that Storage sends as they are. Others are in the body of a 400. */
const SENT_AS_THEY_ARE = new Set([416, 501]);

/** An error in Storage's format. */
export function refusal(status: number, code: string, message: string, error = code): Response {
  return Response.json(
    { statusCode: String(status), error, message, code },
    { status: SENT_AS_THEY_ARE.has(status) ? status : 400 },
  );
}

export function tooLarge(entity: string): Response {
  return refusal(413, "EntityTooLarge", `The ${entity} exceeded the maximum allowed size`, "Payload too large");
}

export function noRoute({ method, url }: Request): Response {
  return refusal(404, "NotFound", `Route ${method}:${new URL(url).pathname} not found`, "Not Found");
}

/** The refusal of what only Supabase has. */
export function unsupported(what: string): Response {
  return refusal(501, NOT_IN_STACK, notInStack(what));
}

/** The same in the format of Iceberg's REST catalog. */
export function unsupportedByIceberg(what: string): Response {
  return Response.json({ error: { message: notInStack(what), type: NOT_IN_STACK, code: 501 } }, { status: 501 });
}

/** Parses a JSON body, or returns the refusal of an invalid one. */
export async function readJson<T>(request: Request, schema: z.ZodType<T>): Promise<T | Response> {
  const parsed = schema.safeParse(await request.json().catch(() => undefined));
  return parsed.success ? parsed.data : refusal(400, "InvalidRequest", z.prettifyError(parsed.error));
}

/** The same request to another path of Storage, with another JSON body if one is given. */
export function redirected(request: Request, path: string, change: { method?: string; json?: unknown } = {}): Request {
  const url = new URL(request.url);
  url.pathname = encodePath(path);
  const headers = withoutLength(request.headers);
  const method = change.method ?? request.method;
  if (!("json" in change)) return new Request(url, { method, headers });
  headers.set("Content-Type", "application/json");
  return new Request(url, { method, headers, body: JSON.stringify(change.json) });
}

/** Lite decodes paths as `decodeURI` does, so that `@` must not be encoded, for example. */
export function encodePath(path: string): string {
  return `/storage/v1${encodeURI(path)}`;
}

export function withoutLength(headers: Headers): Headers {
  const copy = new Headers(headers);
  copy.delete("Content-Length");
  return copy;
}

/** A successful response of lite with its body changed; others as they are. */
export async function reshaped<T>(response: Response, change: (body: T) => unknown): Promise<Response> {
  if (!response.ok) return response;
  return Response.json(change((await response.json()) as T), { headers: withoutLength(response.headers) });
}

/** A timestamp as Storage writes it. */
export function isoTime(text: string | null): string | null {
  return text === null ? null : new Date(text).toISOString();
}
