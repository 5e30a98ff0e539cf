import type { SupabaseClient } from "@supabase/supabase-js";

export type Dependencies = {
  /** A client with the secret key. */
  service: SupabaseClient;
  /** Who sends one of them may ask for the work. */
  secretKeys: string[];
};

const batch = 100;
// Bounded, so that a call ends well within a scheduler's timeout; what is left waits for the next one.
const maxBatches = 20;

/**
 * Deletes the files of people who left, through the Storage API, and takes them off the queue.
 * `POST` with the secret key as `apikey`; answers `{data: {deleted}}`, or `{error: {code, message}}` with 401, 405 or 502.
 */
export async function handle(request: Request, { service, secretKeys }: Dependencies): Promise<Response> {
  if (request.method !== "POST") return refuse(405, "method_not_allowed", "Send a POST.");
  if (!secretKeys.includes(request.headers.get("apikey") ?? "")) {
    return refuse(401, "secret_key_required", "Send the secret key as apikey.");
  }
  let deleted = 0;
  for (let round = 0; round < maxBatches; round++) {
    const { data: waiting, error } = await service.schema("user_service").rpc("files_to_delete", { batch });
    if (error) return refuse(502, "queue_unavailable", error.message);
    if (waiting.length === 0) break;
    const problems: string[] = [];
    for (const [bucket, paths] of byBucket(waiting)) {
      const problem = await remove(service, bucket, paths);
      if (problem) problems.push(`${bucket}: ${problem}`);
      else deleted += paths.length;
    }
    if (problems.length > 0) return refuse(502, "storage_failed", problems.join("; "));
  }
  return Response.json({ data: { deleted } });
}

/** A file that is gone already counts as deleted: the Storage API does not mind, and a crash between the two calls heals. */
async function remove(service: SupabaseClient, bucket: string, paths: string[]): Promise<string | undefined> {
  const removed = await service.storage.from(bucket).remove(paths);
  if (removed.error) return removed.error.message;
  const done = await service.schema("user_service").rpc("files_deleted", { bucket_id: bucket, paths });
  return done.error?.message;
}

function byBucket(files: { bucket_id: string; path: string }[]): Map<string, string[]> {
  const buckets = new Map<string, string[]>();
  for (const { bucket_id, path } of files) buckets.set(bucket_id, [...(buckets.get(bucket_id) ?? []), path]);
  return buckets;
}

function refuse(status: number, code: string, message: string): Response {
  return Response.json({ error: { code, message } }, { status });
}
