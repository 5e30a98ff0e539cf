import { problem } from "./requests.ts";

/**
 * Turns a form upload into a plain one. `supabase-js` sends a Blob or File as a form whose file field has no name, which
 * lite does not look for; a plain upload with the same type, caching and metadata is the same to the Storage API.
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
  headers.set("Content-Type", file.type || "application/octet-stream");
  headers.set("Content-Length", String(file.size));
  const [cacheControl, metadata] = [form.get("cacheControl"), form.get("metadata")];
  if (typeof cacheControl === "string") headers.set("Cache-Control", `max-age=${cacheControl}`);
  if (typeof metadata === "string") headers.set("X-Metadata", Buffer.from(metadata).toString("base64"));
  return new Request(url, { method, headers, body: await file.arrayBuffer() });
}

type Send = (request: Request) => Promise<Response>;
type Link = { signedUrl?: string; [key: string]: unknown };

/**
 * Gives signed links the names and the form that `supabase-js` reads: `signedURL` (to upload `url`), relative to
 * `/storage/v1`. Lite calls them otherwise, has `/storage/v1` in them, and does not find its way to many at once.
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
    return problem(400, "InvalidRequest", `The body needs paths, an array of ${MAX_LINKS} at most, and expiresIn`);
  }
  const links: Link[] = [];
  for (const path of body.paths) {
    const url = `${request.url.replace(/\/$/, "")}/${String(path).split("/").map(encodeURIComponent).join("/")}`;
    const one = new Request(url, { ...init(request), body: JSON.stringify({ expiresIn: body.expiresIn }) });
    const response = await signLink(one, send);
    const answer = (await response.json()) as { signedURL?: string; message?: string };
    links.push({ path, signedURL: answer.signedURL ?? null, error: response.ok ? null : answer.message });
  }
  return Response.json(links, { headers: { "Access-Control-Allow-Origin": "*" } });
}

const MAX_LINKS = 1000;

function init({ method, headers }: Request): RequestInit {
  return { method, headers: withoutLength(headers) };
}

function withoutLength(headers: Headers): Headers {
  const copy = new Headers(headers);
  copy.delete("Content-Length");
  return copy;
}

/** Whether a request asks for signed links. */
export function asksForLinks(method: string, pathname: string): boolean {
  return method === "POST" && /^\/storage\/v1\/object\/(upload\/)?sign\//.test(pathname);
}
