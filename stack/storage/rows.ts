import type { PostgresConnection } from "@supabase/lite/postgres";

type Bucket = { public: boolean; allowed_mime_types: string[] | null };
type Limit = "file_size_limit" | "allowed_mime_types";

/** What lite does not read from or write to `storage`, as its owner: the callers of these have checked the permission. */
export class StorageRows {
  readonly #connection: PostgresConnection;

  constructor(connection: PostgresConnection) {
    this.#connection = connection;
  }

  get #storage() {
    return this.#connection.kysely.withSchema("storage");
  }

  bucket(id: string): Promise<Bucket | undefined> {
    const columns = ["public", "allowed_mime_types"];
    return this.#storage.selectFrom("buckets").select(columns).where("id", "=", id).executeTakeFirst() as never;
  }

  async setMetadata(bucket: string, name: string, metadata: object): Promise<void> {
    await this.#storage
      .updateTable("objects")
      .set({ user_metadata: JSON.stringify(metadata) })
      .where("bucket_id", "=", bucket)
      .where("name", "=", name)
      .execute();
  }

  async removeLimits(bucket: string, limits: Limit[]): Promise<void> {
    if (limits.length === 0) return;
    const none = Object.fromEntries(limits.map((limit) => [limit, null]));
    await this.#storage.updateTable("buckets").set(none).where("id", "=", bucket).execute();
  }
}
