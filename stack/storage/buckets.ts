import { z } from "zod";
import {
  type Context,
  isoTime,
  noRoute,
  readJson,
  redirected,
  refusal,
  reshaped,
  tooLarge,
  unsupported,
} from "./http.ts";
import { objectsBelow } from "./lists.ts";
import { refusedBucketName } from "./names.ts";
import { bytesOf } from "./sizes.ts";

export async function buckets(context: Context, path: string): Promise<Response> {
  const { request, send } = context;
  const found = /^\/bucket(?:\/([^/]+))?(?:\/(empty))?\/?$/.exec(path);
  if (!found) return noRoute(request);
  const [, id, action] = found;
  const refused = id === undefined ? undefined : refusedBucketName(id);
  if (refused) return refused;
  const route = `${request.method}${id === undefined ? "" : " id"}${action ? ` ${action}` : ""}`;
  if (route === "GET") return listBuckets(context);
  if (route === "POST") return createBucket(context);
  if (id === undefined) return noRoute(request);
  if (route === "GET id") return reshaped(await send(redirected(request, `/bucket/${id}`)), asStorage);
  if (route === "PUT id") return updateBucket(context, id);
  if (route === "POST id empty") return emptyBucket(context, id);
  if (route === "DELETE id") return send(redirected(request, `/bucket/${id}`));
  return noRoute(request);
}

type Bucket = { id: string; name: string; created_at: string; updated_at: string; owner_id: string };

function asStorage({ owner_id: _, ...bucket }: Bucket) {
  const times = { created_at: isoTime(bucket.created_at), updated_at: isoTime(bucket.updated_at) };
  return { ...bucket, ...times, type: "STANDARD" };
}

const wanted = z.object({
  limit: z.coerce.number().int().min(1).optional(),
  offset: z.coerce.number().int().min(0).default(0),
  sortColumn: z.enum(["id", "name", "created_at", "updated_at"]).optional(),
  sortOrder: z.enum(["asc", "desc"]).default("asc"),
  search: z.string().default(""),
});

/** Lists the buckets that the caller may see. Lite ignores the query. */
async function listBuckets({ request, send }: Context): Promise<Response> {
  const query = wanted.safeParse(Object.fromEntries(new URL(request.url).searchParams));
  if (!query.success) return refusal(400, "InvalidRequest", z.prettifyError(query.error));
  const { limit, offset, sortColumn, sortOrder, search } = query.data;
  return reshaped<Bucket[]>(await send(redirected(request, "/bucket")), (all) => {
    const found = all.map(asStorage).filter(({ name }) => name.toLowerCase().includes(search.toLowerCase()));
    if (sortColumn) {
      const sign = sortOrder === "asc" ? 1 : -1;
      found.sort((a, b) => (String(a[sortColumn]) < String(b[sortColumn]) ? -sign : sign));
    }
    return found.slice(offset, limit === undefined ? undefined : offset + limit);
  });
}

const settings = {
  public: z.boolean().nullish(),
  file_size_limit: z
    .union([z.int().min(0), z.stringFormat("size", /^\d+(\.\d+)?(gb|mb|kb|b)$/i).transform(bytesOf)])
    .nullish(),
  allowed_mime_types: z.array(z.string()).nullish(),
};
const creation = z.object({
  ...settings,
  id: z.string().nullish(),
  name: z.string(),
  type: z.enum(["STANDARD", "ANALYTICS"]).nullish(),
});

/** Creates a bucket. Lite takes neither nulls nor sizes with a unit. */
async function createBucket({ request, send, maxFileBytes }: Context): Promise<Response> {
  const body = await readJson(request, creation);
  if (body instanceof Response) return body;
  if (body.type === "ANALYTICS") return unsupported("Analytics buckets");
  if ((body.file_size_limit ?? 0) > maxFileBytes) return tooLarge("object");
  const id = body.id || body.name;
  const refused = refusedBucketName(body.name) ?? refusedBucketName(id);
  return refused ?? send(redirected(request, "/bucket", { json: { id, name: body.name, ...forLite(body) } }));
}

async function updateBucket({ request, send, rows, maxFileBytes }: Context, id: string): Promise<Response> {
  const body = await readJson(request, z.object(settings));
  if (body instanceof Response) return body;
  if ((body.file_size_limit ?? 0) > maxFileBytes) return tooLarge("object");
  const response = await send(redirected(request, `/bucket/${id}`, { json: forLite(body) }));
  const limits = (["file_size_limit", "allowed_mime_types"] as const).filter((limit) => body[limit] === null);
  if (response.ok) await rows.removeLimits(id, limits);
  return response;
}

type Settings = z.output<z.ZodObject<typeof settings>>;

function forLite({ public: isPublic, file_size_limit, allowed_mime_types }: Settings) {
  const types = allowed_mime_types?.filter((type) => type !== "");
  return { public: isPublic ?? undefined, file_size_limit: file_size_limit ?? undefined, allowed_mime_types: types };
}

/** Removes what is in a bucket as the caller. Lite would remove all of it for anyone who sees one object. */
async function emptyBucket(context: Context, id: string): Promise<Response> {
  const { request, send } = context;
  const bucket = await send(redirected(request, `/bucket/${id}`, { method: "GET" }));
  if (!bucket.ok) return bucket;
  const objects = await objectsBelow(context, id, "");
  if (objects instanceof Response) return objects;
  const json = { prefixes: objects.map(({ name }) => name) };
  const response = await send(redirected(request, `/object/${id}`, { method: "DELETE", json }));
  if (!response.ok) return response;
  if (((await response.json()) as unknown[]).length < objects.length) {
    return refusal(403, "AccessDenied", "The caller may not remove all objects of the bucket", "Unauthorized");
  }
  return Response.json({ message: "Empty bucket has been queued. Completion may take up to an hour." });
}
