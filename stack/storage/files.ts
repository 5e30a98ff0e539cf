import { AsyncLocalStorage } from "node:async_hooks";
import { createHash } from "node:crypto";
import { copyFile, mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { App } from "@supabase/lite";

type StorageAdapter = NonNullable<App["_storageAdapter"]>;
type ObjectMetadata = Awaited<ReturnType<StorageAdapter["headObject"]>>;
type Sidecar = { mimetype: string; cacheControl: string; eTag: string };

/** The type and caching of the file that is being uploaded, which lite does not always pass on. */
export const uploadAs = new AsyncLocalStorage<{ mimetype: string; cacheControl: string }>();

/**
 * Stores uploads as plain files, each with its content type in a JSON file beside it. File names are hashes of bucket
 * and path, since a path may be too long, lie below another object's, or contain "..". Lite manages rows and
 * permissions (`storage.objects`) but does not export its own file adapter.
 */
export class StorageFiles implements StorageAdapter {
  readonly driver = null;
  readonly #root: string;

  constructor(root: string) {
    this.#root = resolve(root);
  }

  #path(bucket: string, key: string): string {
    const name = createHash("sha256").update(`${bucket}/${key}`).digest("hex");
    return join(this.#root, name.slice(0, 2), name);
  }

  #sidecar(path: string): string {
    return `${path}.json`;
  }

  async getObject(bucket: string, key: string) {
    const metadata = await this.headObject(bucket, key);
    // Opened when it is read, because some responses have no body.
    const pull = async (controller: ReadableStreamDefaultController) => {
      controller.enqueue(await readFile(this.#path(bucket, key)));
      controller.close();
    };
    return { metadata, httpStatusCode: 200, body: new ReadableStream({ pull }, { highWaterMark: 0 }) };
  }

  async uploadObject(
    bucket: string,
    key: string,
    _version: string | undefined,
    body: Parameters<StorageAdapter["uploadObject"]>[3],
    mimetype: string,
    cacheControl: string,
  ): Promise<ObjectMetadata> {
    const path = this.#path(bucket, key);
    const bytes =
      body instanceof Uint8Array ? body : new Uint8Array(await new Response(body as ReadableStream).arrayBuffer());
    const eTag = `"${createHash("md5").update(bytes).digest("hex")}"`;
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, bytes);
    const sidecar: Sidecar = { ...(uploadAs.getStore() ?? { mimetype, cacheControl }), eTag };
    await writeFile(this.#sidecar(path), JSON.stringify(sidecar));
    return this.headObject(bucket, key);
  }

  async headObject(bucket: string, key: string): Promise<ObjectMetadata> {
    const path = this.#path(bucket, key);
    const { size, mtime } = await stat(path);
    const sidecar = JSON.parse(await readFile(this.#sidecar(path), "utf8")) as Sidecar;
    return { ...sidecar, size, contentLength: size, lastModified: mtime, httpStatusCode: 200 };
  }

  async deleteObject(bucket: string, key: string): Promise<void> {
    const path = this.#path(bucket, key);
    await rm(path, { force: true });
    await rm(this.#sidecar(path), { force: true });
  }

  async deleteObjects(bucket: string, keys: string[]): Promise<void> {
    await Promise.all(keys.map((key) => this.deleteObject(bucket, key)));
  }

  async copyObject(bucket: string, key: string, _version: string | undefined, toBucket: string, toKey: string) {
    const [from, to] = [this.#path(bucket, key), this.#path(toBucket, toKey)];
    await mkdir(dirname(to), { recursive: true });
    await copyFile(from, to);
    await copyFile(this.#sidecar(from), this.#sidecar(to));
    return this.headObject(toBucket, toKey);
  }

  /** Only an image transformer would call it, and none is configured. */
  async privateAssetUrl(): Promise<string> {
    throw new Error("the embedded stack does not transform images");
  }
}
