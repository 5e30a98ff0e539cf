import { z } from "zod";
import { problem } from "./requests.ts";

/**
 * Turns a form upload into a plain one. `supabase-js` sends a Blob or File in a form field without a name, which lite
 * does not find. To the Storage API, a plain upload with the same type, caching and metadata is equivalent.
 */
export async function plainUpload(request: Request): Promise<Request> {
  const { method, url } = request;
  const isUpload = (method === "POST" || method === "PUT") && new URL(url).pathname.startsWith("/storage/v1/object/");
  if (!isUpload || !request.headers.get("content-type")?.startsWith("multipart/form-data")) return request;
  const form = await request
    .clone()
    .formData()
    .catch(() => undefined);
  const file = form && [...form.values()].find((value) => typeof value !== "string");
  if (!form || !file) return request;
  const headers = new Headers(request.headers);
  headers.set("Content-Type", /^[\w.+-]+\/[\w.+-]+/.exec(file.type)?.[0] ?? "application/octet-stream");
  headers.set("Content-Length", String(file.size));
  const [cacheControl, metadata] = [form.get("cacheControl"), form.get("metadata")];
  if (typeof cacheControl === "string" && /^\d+$/.test(cacheControl)) {
    headers.set("Cache-Control", `max-age=${cacheControl}`);
  }
  if (typeof metadata === "string") headers.set("X-Metadata", Buffer.from(metadata).toString("base64"));
  return new Request(url, { method, headers, body: await file.arrayBuffer() });
}

type Send = (request: Request) => Promise<Response>;
type Link = { signedUrl?: string; [key: string]: unknown };

/**
 * Converts signed links to the form that `supabase-js` reads: `signedURL` (`url` for uploads), relative to
 * `/storage/v1`. Lite uses other names, includes `/storage/v1`, and cannot sign several paths at once.
 */
export async function signLinks(request: Request, send: Send): Promise<Response> {
  const { pathname } = new URL(request.url);
  const single = /^\/storage\/v1\/object\/(upload\/)?sign\/[^/]+\/./.test(pathname);
  return single ? signLink(request, send) : signMany(request, send);
}

async function signLink(request: Request, send: Send): Promise<Response> {
  const response = await send(request);
  if (!response.ok) return response;
  const { signedUrl, ...rest } = (await response.json()) as Link;
  const link = signedUrl?.replace(/^\/storage\/v1/, "");
  return Response.json({ ...rest, signedURL: link, url: link }, { headers: withoutLength(response.headers) });
}

async function signMany(request: Request, send: Send): Promise<Response> {
  const body = (await request.json().catch(() => undefined)) as { paths?: unknown; expiresIn?: unknown } | undefined;
  if (!Array.isArray(body?.paths) || body.paths.length > MAX_LINKS) {
    return problem(400, "InvalidRequest", `The body needs expiresIn and paths, an array of at most ${MAX_LINKS}`);
  }
  const links: Link[] = [];
  for (const path of body.paths) {
    const parts = typeof path === "string" && isWellFormed(path) ? path.split("/") : [];
    if (parts.length === 0 || parts.some((part) => part === "." || part === "..")) {
      links.push({ path, signedURL: null, error: "The path is not a valid object name" });
      continue;
    }
    const url = `${request.url.replace(/\/$/, "")}/${parts.map(encodeURIComponent).join("/")}`;
    const one = new Request(url, { ...init(request), body: JSON.stringify({ expiresIn: body.expiresIn }) });
    const response = await signLink(one, send);
    const answer = (await response.json()) as { signedURL?: string; message?: string };
    links.push({ path, signedURL: answer.signedURL ?? null, error: response.ok ? null : answer.message });
  }
  return Response.json(links, { headers: { "Access-Control-Allow-Origin": "*" } });
}

const MAX_LINKS = 1000;
// A lone surrogate cannot be encoded in UTF-8.
const isWellFormed = (text: string) => Buffer.from(text).toString() === text;

function init({ method, headers }: Request): RequestInit {
  return { method, headers: withoutLength(headers) };
}

function withoutLength(headers: Headers): Headers {
  const copy = new Headers(headers);
  copy.delete("Content-Length");
  return copy;
}

type StoredObject = { name: string; id: string | null };

/**
 * Lists a folder as Supabase does: names relative to it, and subfolders as rows without an id. Lite lists everything
 * below the prefix under full names, so this requests all of it and paginates here.
 */
export async function listFolder(request: Request, send: Send): Promise<Response> {
  const parsed = listing.safeParse(await request.json().catch(() => undefined));
  if (!parsed.success) return problem(400, "InvalidRequest", z.prettifyError(parsed.error));
  const { prefix, limit, offset, search, sortBy } = parsed.data;
  const folder = prefix === "" ? "" : `${prefix.replace(/\/*$/, "")}/`;
  const body = JSON.stringify({ prefix: folder, limit: MAX_LISTED, offset: 0, sortBy });
  const response = await send(new Request(request.url, { ...init(request), body }));
  if (!response.ok) return response;
  const entries = new Map<string, StoredObject>();
  for (const object of (await response.json()) as StoredObject[]) {
    const [name, ...below] = object.name.slice(folder.length).split("/") as [string, ...string[]];
    if (!name.toLowerCase().startsWith(search.toLowerCase())) continue;
    entries.set(name, below.length === 0 ? { ...object, name } : { ...aFolder, name });
  }
  return Response.json([...entries.values()].slice(offset, offset + limit), {
    headers: withoutLength(response.headers),
  });
}

const MAX_LISTED = 10_000;
const listing = z.object({
  prefix: z.string().default(""),
  limit: z.int().positive().default(100),
  offset: z.int().nonnegative().default(0),
  search: z.string().default(""),
  sortBy: z
    .object({
      column: z.enum(["name", "updated_at", "created_at", "last_accessed_at"]),
      order: z.enum(["asc", "desc"]).default("asc"),
    })
    .default({ column: "name", order: "asc" }),
});
const aFolder = { id: null, updated_at: null, created_at: null, last_accessed_at: null, metadata: null };

/** Returns the copy's name as Supabase does: `Key`, prefixed with the bucket. */
export async function copyObject(request: Request, send: Send): Promise<Response> {
  const response = await send(request.clone());
  if (!response.ok) return response;
  const { bucketId, destinationBucket = bucketId } = (await request.json()) as Record<string, string>;
  const { key } = (await response.json()) as { key: string };
  return Response.json({ Key: `${destinationBucket}/${key}` }, { headers: withoutLength(response.headers) });
}

/** Whether a request asks for signed links. */
export function asksForLinks(method: string, pathname: string): boolean {
  return method === "POST" && /^\/storage\/v1\/object\/(upload\/)?sign\//.test(pathname);
}
