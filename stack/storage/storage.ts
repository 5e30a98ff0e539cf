import { buckets } from "./buckets.ts";
import { download } from "./downloads.ts";
import { type Context, type ObjectPath, refusal, type Send, unsupported, unsupportedByIceberg } from "./http.ts";
import { signLink, signMany, signUpload } from "./links.ts";
import { listFolder, listPages } from "./lists.ts";
import { refusedBucketName, refusedObjectName } from "./names.ts";
import { copyOrMove, info, removeOne } from "./objects.ts";
import type { StorageRows } from "./rows.ts";
import { upload } from "./uploads.ts";

export type Storage = (request: Request, send: Send) => Promise<Response>;

/** What Supabase has at these paths. docs/storage.md lists it. */
const MISSING: [RegExp, string][] = [
  [/^\/render\/image\//, "Image transformations"],
  [/^\/upload\/resumable(\/|$)/, "Resumable uploads (TUS)"],
  [/^\/s3(\/|$)/, "Requests in the S3 protocol"],
  [/^\/vector(\/|$)/, "Vector buckets"],
  [/^\/iceberg(\/|$)/, "Analytics buckets"],
  [/^\/cdn(\/|$)/, "Purges of a CDN's cache"],
];

const OBJECT =
  /^\/object\/(?:(public|authenticated|sign|upload\/sign|info\/public|info\/authenticated|info)\/)?([^/]+)\/(.+)$/s;

/**
 * Answers as Supabase Storage does. Lite decides what the caller may read and write; this adds what lite lacks, and
 * refuses by name what both lack.
 */
export function createStorage(rows: StorageRows, maxFileBytes: number): Storage {
  return async (request, send) => {
    const path = decodeURIComponent(new URL(request.url).pathname).slice("/storage/v1".length);
    const missing = MISSING.find(([pattern]) => pattern.test(path));
    if (missing) return path.startsWith("/iceberg/v1/") ? unsupportedByIceberg(missing[1]) : unsupported(missing[1]);
    const context = { request, send, rows, maxFileBytes };
    if (/^\/bucket(\/|$)/.test(path)) return buckets(context, path);
    const [, listed] = /^\/object\/(list(?:-v2)?|sign)\/[^/]+\/?$/.exec(path) ?? [];
    if (request.method === "POST" && listed) {
      const bucket = path.split("/")[3]!;
      const refused = refusedBucketName(bucket);
      if (refused) return refused;
      if (listed === "sign") return signMany(context, bucket);
      return listed === "list" ? listFolder(context, bucket) : listPages(context, bucket);
    }
    if (request.method === "POST" && /^\/object\/(copy|move)$/.test(path)) return copyOrMove(context, path);
    const [, mode = "", bucket, name] = OBJECT.exec(path) ?? [];
    if (bucket === undefined || name === undefined) return send(request);
    const refused = refusedBucketName(bucket) ?? refusedObjectName(name);
    return refused ?? ofObject(context, { mode, bucket, name });
  };
}

function ofObject(context: Context, path: ObjectPath): Promise<Response> | Response {
  const { request } = context;
  switch (`${request.method} ${path.mode}`) {
    case "GET ":
    case "HEAD ":
    case "GET public":
    case "HEAD public":
    case "GET sign":
    case "HEAD sign":
    case "GET authenticated":
    case "HEAD authenticated":
      return download(context, path);
    case "GET info":
    case "GET info/public":
    case "GET info/authenticated":
      return info(context, path);
    case "POST ":
    case "PUT ":
    case "PUT upload/sign":
      return upload(context, path);
    case "POST sign":
      return signLink(context, path);
    case "POST upload/sign":
      return signUpload(context, path);
    case "DELETE ":
      return removeOne(context, path);
    default:
      return refusal(
        404,
        "NotFound",
        `Route ${request.method}:${new URL(request.url).pathname} not found`,
        "Not Found",
      );
  }
}
