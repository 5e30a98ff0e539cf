import { z } from "zod";
import {
  type Context,
  isoTime,
  type ObjectPath,
  readJson,
  redirected,
  refusal,
  reshaped,
  unsupported,
} from "./http.ts";
import { refusedBucketName, refusedObjectName } from "./names.ts";

type Row = {
  id: string;
  name: string;
  version: string;
  bucket_id: string;
  created_at: string;
  updated_at: string;
  user_metadata: object;
  httpMetadata: { size: number; mimetype: string; cacheControl: string; eTag: string };
};

export async function info({ request, send, rows }: Context, { mode, bucket, name }: ObjectPath): Promise<Response> {
  if (mode === "info/public" && !(await rows.bucket(bucket))?.public) {
    return refusal(404, "NoSuchBucket", "Bucket not found", "Bucket not found");
  }
  const response = await send(redirected(request, `/object/info/${bucket}/${name}`));
  return reshaped<Row>(response, (row) => ({
    id: row.id,
    name: row.name,
    version: row.version,
    bucket_id: row.bucket_id,
    size: row.httpMetadata.size,
    content_type: row.httpMetadata.mimetype,
    cache_control: row.httpMetadata.cacheControl,
    etag: row.httpMetadata.eTag,
    metadata: row.user_metadata,
    last_modified: isoTime(row.updated_at),
    created_at: isoTime(row.created_at),
  }));
}

const transfer = z.object({
  bucketId: z.string(),
  sourceKey: z.string(),
  destinationKey: z.string(),
  destinationBucket: z.string().nullish(),
  metadata: z.unknown().optional(),
  copyMetadata: z.boolean().optional(),
});

/** Copies or moves an object. A copy is named as Storage does: `Key`, with the bucket. */
export async function copyOrMove({ request, send }: Context, path: string): Promise<Response> {
  const body = await readJson(request, transfer);
  if (body instanceof Response) return body;
  const { bucketId, sourceKey, destinationKey } = body;
  const destinationBucket = body.destinationBucket ?? bucketId;
  const refused = refusedBucketName(destinationBucket) ?? refusedObjectName(destinationKey);
  if (refused) return refused;
  if (body.metadata !== undefined || body.copyMetadata === false) return unsupported("Copies with other metadata");
  const response = await send(
    redirected(request, path, { json: { bucketId, sourceKey, destinationKey, destinationBucket } }),
  );
  if (path === "/object/move") return response;
  return reshaped(response, () => ({ Key: `${destinationBucket}/${destinationKey}` }));
}

const removal = z.object({ prefixes: z.array(z.string()).max(1000) });

/** Removes objects, apart from those that the caller may not remove. */
export async function removeSeveral({ request, send }: Context, bucket: string): Promise<Response> {
  const json = await readJson(request, removal);
  return json instanceof Response ? json : send(redirected(request, `/object/${bucket}`, { json }));
}

/** Removes one object. Lite has only the route for several, which leaves out what the caller may not remove. */
export async function removeOne({ request, send }: Context, { bucket, name }: ObjectPath): Promise<Response> {
  const response = await send(redirected(request, `/object/${bucket}`, { json: { prefixes: [name] } }));
  if (!response.ok) return response;
  const removed = (await response.json()) as unknown[];
  if (removed.length === 0) return refusal(404, "NoSuchKey", "Object not found", "not_found");
  return Response.json({ message: "Successfully deleted" });
}
