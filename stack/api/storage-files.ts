import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { copyFile, mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { dirname, resolve, sep } from "node:path";
import { Readable } from "node:stream";
import type { App } from "@supabase/lite";

type StorageAdapter = NonNullable<App["_storageAdapter"]>;
type ObjectMetadata = Awaited<ReturnType<StorageAdapter["headObject"]>>;
type Sidecar = { mimetype: string; cacheControl: string; eTag: string };

/**
 * Keeps what clients upload as plain files, `<folder>/<bucket>/<path>`, with a JSON file of its content type beside
 * each. Rows and permissions are lite's business (`storage.objects`); its own adapter of this kind is not exported.
 */
export class StorageFiles implements StorageAdapter {
  readonly driver = null;
  readonly #root: string;

  constructor(root: string) {
    this.#root = resolve(root);
  }

  /** Where an object's bytes are. Names come from clients, so a path that leaves the folder is refused. */
  #path(bucket: string, key: string): string {
    const path = resolve(this.#root, "objects", bucket, key);
    if (!path.startsWith(`${this.#root}${sep}`)) throw new Error("the object's name leaves its bucket");
    return path;
  }

  #sidecar(path: string): string {
    return path.replace(`${this.#root}${sep}objects`, `${this.#root}${sep}types`);
  }

  async getObject(bucket: string, key: string) {
    const metadata = await this.headObject(bucket, key);
    const body = Readable.toWeb(createReadStream(this.#path(bucket, key))) as ReadableStream;
    return { metadata, httpStatusCode: 200, body };
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
    const sidecar = this.#sidecar(path);
    await mkdir(dirname(path), { recursive: true });
    await mkdir(dirname(sidecar), { recursive: true });
    await writeFile(path, bytes);
    await writeFile(sidecar, JSON.stringify({ mimetype, cacheControl, eTag } satisfies Sidecar));
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
    await mkdir(dirname(this.#sidecar(to)), { recursive: true });
    await copyFile(from, to);
    await copyFile(this.#sidecar(from), this.#sidecar(to));
    return this.headObject(toBucket, toKey);
  }

  /** Only an image transformer would ask for it, and none is set. */
  async privateAssetUrl(): Promise<string> {
    throw new Error("images are not transformed by the embedded stack");
  }
}
