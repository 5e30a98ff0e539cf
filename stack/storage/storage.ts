import { buckets } from "./buckets.ts";
import { download } from "./downloads.ts";
import { type Context, noRoute, type ObjectPath, type Send, unsupported, unsupportedByIceberg } from "./http.ts";
import { signLink, signMany, signUpload } from "./links.ts";
import { listFolder, listPages } from "./lists.ts";
import { refusedBucketName, refusedObjectName } from "./names.ts";
import { copyOrMove, info, removeOne, removeSeveral } from "./objects.ts";
import type { StorageRows } from "./rows.ts";
import { upload } from "./uploads.ts";

export type Storage = (request: Request, send: Send) => Promise<Response>;

/** What Supabase has at these paths. docs/storage.md lists it. */
export const MISSING: [RegExp, string][] = [
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
    if (path === "/status") return send(request);
    const context = { request, send, rows, maxFileBytes };
    if (/^\/bucket(\/|$)/.test(path)) return buckets(context, path);
    if (request.method === "POST" && /^\/object\/(copy|move)$/.test(path)) return copyOrMove(context, path);
    const several = ofSeveral(context, path);
    if (several) return several;
    const [, mode = "", bucket, name] = OBJECT.exec(path) ?? [];
    if (bucket === undefined || name === undefined) return noRoute(request);
    const refused = refusedBucketName(bucket) ?? refusedObjectName(name);
    return refused ?? ofObject(context, { mode, bucket, name });
  };
}

/** Lists, signs or removes several objects of a bucket. */
function ofSeveral(context: Context, path: string): Promise<Response> | Response | undefined {
  const [, action, bucket = ""] = /^\/object(?:\/(list|list-v2|sign))?\/([^/]+)\/?$/.exec(path) ?? [];
  const handle = SEVERAL[`${context.request.method} ${action ?? ""}`];
  return bucket === "" || !handle ? undefined : (refusedBucketName(bucket) ?? handle(context, bucket));
}

const SEVERAL: Record<string, (context: Context, bucket: string) => Promise<Response>> = {
  "POST list": listFolder,
  "POST list-v2": listPages,
  "POST sign": signMany,
  "DELETE ": removeSeveral,
};

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
      return noRoute(request);
  }
}
