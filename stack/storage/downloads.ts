import { decodeJwt } from "jose";
import { type Context, type ObjectPath, redirected, refusal } from "./http.ts";

/** Serves a file, or what `Range` and the conditions of the request leave of it. */
export async function download({ request, send }: Context, { mode, bucket, name }: ObjectPath): Promise<Response> {
  const route = mode === "public" || mode === "sign" ? `/object/${mode}` : "/object";
  const response = await send(redirected(request, `${route}/${bucket}/${name}`, { method: "GET" }));
  if (!response.ok) return response;
  const headers = fileHeaders(response.headers, new URL(request.url).searchParams, mode);
  const size = Number(headers.get("Content-Length"));
  if (isUnchanged(request.headers, headers)) return withoutBody(response, 304, headers);
  const range = request.method === "GET" ? wantedRange(request.headers, headers, size) : undefined;
  if (range === "unsatisfiable") {
    await response.body?.cancel();
    const refused = refusal(416, "InvalidRange", "invalid range provided", "invalid_range");
    refused.headers.set("Content-Range", `bytes */${size}`);
    return refused;
  }
  if (request.method === "HEAD") return withoutBody(response, 200, headers);
  if (!range) return new Response(response.body, { headers });
  const part = (await response.arrayBuffer()).slice(range.first, range.last + 1);
  headers.set("Content-Length", String(part.byteLength));
  headers.set("Content-Range", `bytes ${range.first}-${range.last}/${size}`);
  return new Response(part, { status: 206, headers });
}

async function withoutBody(response: Response, status: number, headers: Headers): Promise<Response> {
  await response.body?.cancel();
  return new Response(null, { status, headers });
}

function fileHeaders(from: Headers, query: URLSearchParams, mode: string): Headers {
  const headers = new Headers(from);
  // Lite leaves it out if the file is empty.
  if (!headers.has("Content-Length")) headers.set("Content-Length", "0");
  // Storage serves no pages. Studio has the same origin, so other documents may not run scripts either.
  if (headers.get("Content-Type")?.includes("text/html")) headers.set("Content-Type", "text/plain");
  headers.set("Content-Security-Policy", "sandbox");
  const fileName = query.get("download");
  if (fileName !== null) headers.set("Content-Disposition", attachment(fileName));
  const expires = mode === "sign" ? expiryOf(query.get("token")) : undefined;
  if (expires) {
    headers.set("Expires", expires);
    headers.delete("Cache-Control");
  }
  return headers;
}

function attachment(fileName: string): string {
  if (fileName === "") return "attachment;";
  const encoded = encodeURIComponent(fileName);
  return `attachment; filename=${encoded}; filename*=UTF-8''${encoded}`;
}

/** When a signed URL that lite accepted expires. */
function expiryOf(token: string | null): string | undefined {
  const { exp } = decodeJwt(token ?? "");
  return exp === undefined ? undefined : new Date(exp * 1000).toUTCString();
}

function isUnchanged(asked: Headers, file: Headers): boolean {
  const [etags, since] = [asked.get("If-None-Match"), asked.get("If-Modified-Since")];
  if (etags !== null) return etags.split(/,\s*/).some((etag) => etag === "*" || bare(etag) === bare(file.get("ETag")));
  return since !== null && Date.parse(file.get("Last-Modified") ?? "") <= Date.parse(since);
}

const bare = (etag: string | null) => etag?.replace(/^W\//, "");

/** The requested range. As in HTTP, several ranges and other units are ignored. */
function wantedRange(asked: Headers, file: Headers, size: number) {
  const [, first = "", last = ""] = /^bytes=(\d*)-(\d*)$/.exec(asked.get("Range")?.trim() ?? "") ?? [];
  if (first === "" && last === "") return undefined;
  if (asked.has("If-Range") && asked.get("If-Range") !== file.get("ETag")) return undefined;
  const from = first === "" ? Math.max(size - Number(last), 0) : Number(first);
  const to = first === "" || last === "" ? size - 1 : Math.min(Number(last), size - 1);
  if (first !== "" && last !== "" && Number(last) < from) return undefined;
  return from >= size ? "unsatisfiable" : { first: from, last: to };
}
