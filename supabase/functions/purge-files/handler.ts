import type { SupabaseClient } from "@supabase/supabase-js";
import { data, Refusal } from "../_shared/http.ts";
import type { Supabase } from "../_shared/supabase.ts";

export type Dependencies = { db: Supabase };

const batch = 100;
// Bounded, so that a call ends well within a scheduler's timeout. The next call continues.
const maxBatches = 20;

/**
 * Deletes the files of deleted accounts through the Storage API and removes them from the queue. `POST` with the secret
 * key as `apikey`. Returns `{data: {deleted}}`, or `{error: {code, message}}` with 401, 405 or 502.
 */
export async function handle(request: Request, { db }: Dependencies): Promise<Response> {
  await db.requireSecretKey(request);
  const { service } = db;
  let deleted = 0;
  for (let round = 0; round < maxBatches; round++) {
    const { data: waiting, error } = await service.schema("user_service").rpc("files_to_delete", { batch });
    if (error) throw new Refusal(502, "queue_unavailable", error.message);
    if (waiting.length === 0) break;
    const problems: string[] = [];
    for (const [bucket, paths] of byBucket(waiting)) {
      const problem = await remove(service, bucket, paths);
      if (problem) problems.push(`${bucket}: ${problem}`);
      else deleted += paths.length;
    }
    if (problems.length > 0) throw new Refusal(502, "storage_failed", problems.join("; "));
  }
  return data({ deleted });
}

/** Repeatable after a crash between the two calls: the Storage API accepts paths that no longer exist. */
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
