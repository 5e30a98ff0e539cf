import { readFileSync } from "node:fs";
import { createClient } from "@supabase/supabase-js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import ws from "ws";
import { notInStack } from "../../stack/missing.ts";
import { MISSING } from "../../stack/storage/storage.ts";
import { type Desk, startDesk } from "./support/desk.ts";
import {
  analyticsClients,
  base,
  type Call,
  type Known,
  type Method,
  quiet,
  refused,
  vectorClients,
} from "./support/storage-methods.ts";

let desk: Desk;
beforeAll(async () => {
  desk = await startDesk();
}, 60_000);
afterAll(() => desk?.stop());

const storage = () =>
  createClient(desk.api.url, desk.api.keys.secretKey, { realtime: { transport: ws as never } }).storage;
type Files = ReturnType<ReturnType<typeof storage>["from"]>;

const papers = () => storage().from("walk");
const text = (words: string) => new Blob([words], { type: "text/plain" });
const any = { time: expect.stringMatching(/^\d{4}-.*\dZ$/), id: expect.stringMatching(/^[0-9a-f-]{36}$/) };
const object = { id: any.id, created_at: any.time, updated_at: any.time, last_accessed_at: any.time };
const bucket = { id: "walk", name: "walk", type: "STANDARD", created_at: any.time, updated_at: any.time };

async function uploaded(name: string): Promise<Files> {
  const { error } = await papers().upload(name, text(name), { upsert: true, metadata: { by: "walk" } });
  expect(error).toBeNull();
  return papers();
}

const works = (call: Call, data: unknown): Known => ({ works: call, like: { data, error: null } });
const files: Method = {
  ...base,
  ...quiet("encodeMetadata", "toBase64", "_getFinalPath", "_removeEmptyFolders", "applyTransformOptsToQuery"),
  // Sends what upload and update send.
  ...quiet("uploadOrUpdate"),
  upload: works(() => papers().upload("up.txt", text("up")), { id: any.id, path: "up.txt", fullPath: "walk/up.txt" }),
  update: works(async () => (await uploaded("b")).update("b", text("new")), { path: "b", fullPath: "walk/b" }),
  createSignedUploadUrl: works(() => papers().createSignedUploadUrl("slot"), {
    path: "slot",
    token: expect.any(String),
  }),
  uploadToSignedUrl: works(
    async () => {
      const { data } = await papers().createSignedUploadUrl("signed.txt");
      return papers().uploadToSignedUrl("signed.txt", data!.token, text("signed"));
    },
    { path: "signed.txt", fullPath: "walk/signed.txt" },
  ),
  download: works(async () => (await uploaded("c")).download("c"), expect.any(Blob)),
  info: works(async () => (await uploaded("d")).info("d"), {
    id: any.id,
    name: "d",
    version: any.id,
    bucketId: "walk",
    size: 1,
    contentType: "text/plain",
    cacheControl: "max-age=3600",
    etag: expect.stringMatching(/^"[0-9a-f]{32}"$/),
    metadata: { by: "walk" },
    lastModified: any.time,
    createdAt: any.time,
  }),
  exists: works(async () => (await uploaded("e")).exists("e"), true),
  list: works(async () => (await uploaded("list/a")).list("list"), [{ ...object, name: "a", metadata: { size: 6 } }]),
  listV2: works(async () => (await uploaded("v2/a")).listV2({ prefix: "v2/" }), {
    hasNext: false,
    folders: [],
    objects: [{ ...object, name: "v2/a" }],
  }),
  move: works(async () => (await uploaded("f")).move("f", "moved"), { message: "Successfully moved" }),
  copy: works(async () => (await uploaded("g")).copy("g", "copied"), { path: "walk/copied" }),
  remove: works(async () => (await uploaded("h")).remove(["h"]), [{ name: "h" }]),
  createSignedUrl: works(async () => (await uploaded("i")).createSignedUrl("i", 60), {
    signedUrl: expect.stringContaining("/storage/v1/object/sign/walk/i?token="),
  }),
  createSignedUrls: works(
    async () => (await uploaded("j")).createSignedUrls(["j"], 60),
    [{ path: "j", error: null, signedUrl: expect.stringContaining("/object/sign/walk/j?token=") }],
  ),
  getPublicUrl: {
    works: () => papers().getPublicUrl("k"),
    like: { data: { publicUrl: expect.stringContaining("/storage/v1/object/public/walk/k") } },
  },
  purgeCache: refused("Purges of a CDN's cache")(() => papers().purgeCache("k")),
};

const bucketMethods: Method = {
  listBuckets: works(() => storage().listBuckets({ search: "walk" }), [bucket]),
  getBucket: works(() => storage().getBucket("walk"), { ...bucket, public: false }),
  createBucket: works(() => storage().createBucket("made", { public: true, fileSizeLimit: "1mb" }), { name: "made" }),
  updateBucket: works(() => storage().updateBucket("made", { public: false, fileSizeLimit: null }), {
    message: "Successfully updated",
  }),
  emptyBucket: works(() => storage().emptyBucket("made"), { message: expect.stringContaining("Empty bucket") }),
  deleteBucket: works(() => storage().deleteBucket("made"), { message: "Successfully deleted" }),
  purgeBucketCache: refused("Purges of a CDN's cache")(() => storage().purgeBucketCache("made")),
};

const clients: [string, () => object, Method][] = [
  [
    "storage",
    storage,
    { ...base, ...bucketMethods, ...quiet("from", "vectors", "analytics", "listBucketOptionsToQueryString") },
  ],
  ["storage.from()", papers, files],
  ...vectorClients(storage),
  ...analyticsClients(storage),
];

describe.each(clients)("%s", (_, client, methods) => {
  beforeAll(() => storage().createBucket("walk"));

  test("has exactly the methods that are known here", () => {
    const found = new Set<string>();
    for (
      let level = Object.getPrototypeOf(client());
      level !== Object.prototype;
      level = Object.getPrototypeOf(level)
    ) {
      for (const name of Object.getOwnPropertyNames(level)) found.add(name);
    }
    found.delete("constructor");
    expect([...found].sort()).toEqual(Object.keys(methods).sort());
  });

  const called = Object.entries(methods).flatMap(([name, known]) =>
    known === "sends nothing" ? [] : [{ name, known }],
  );
  test.each(called)("$name", async ({ known }) => {
    if ("works" in known) return expect(await known.works()).toMatchObject(known.like as object);
    const { data, error } = (await known.refused()) as { data: unknown; error: { status: number; message: string } };
    expect(data).toBeNull();
    expect([error.status, error.message]).toEqual([501, expect.stringContaining(known.as)]);
  });
});

/** A request for each thing that docs/storage.md says is missing. */
const MISSING_REQUESTS: Record<string, [method: string, path: string, body?: object]> = {
  "Image transformations": ["GET", "/render/image/public/walk/a"],
  "Resumable uploads (TUS)": ["POST", "/upload/resumable", {}],
  "Requests in the S3 protocol": ["GET", "/s3/walk"],
  "Vector buckets": ["POST", "/vector/ListVectorBuckets", {}],
  "Analytics buckets": ["GET", "/iceberg/bucket"],
  "Purges of a CDN's cache": ["DELETE", "/cdn/walk/a"],
  "Copies with other metadata": [
    "POST",
    "/object/copy",
    { bucketId: "walk", sourceKey: "a", destinationKey: "b", copyMetadata: false },
  ],
  'Object names with "?"': ["POST", "/object/walk/a%3Fb", {}],
};

test("docs/storage.md lists what is refused at paths of its own, and nothing that is not refused", () => {
  const page = readFileSync(new URL("../../docs/storage.md", import.meta.url), "utf8");
  const documented = [...page.matchAll(/^\| ([A-Z].*?) \|/gm)].map(([, what]) => what);
  expect(documented).toEqual(Object.keys(MISSING_REQUESTS));
  expect(documented).toEqual(expect.arrayContaining(MISSING.map(([, what]) => what)));
});

test.each(Object.entries(MISSING_REQUESTS))("%s: 501 with the name that docs/storage.md has", async (what, request) => {
  const [method, path, body] = request;
  const headers = { apikey: desk.api.keys.secretKey, "Content-Type": "application/json" };
  const response = await fetch(`${desk.api.url}/storage/v1${path}`, { method, headers, body: JSON.stringify(body) });
  expect(response.status).toBe(501);
  expect(await response.json()).toMatchObject({ code: "not_in_embedded_stack", message: notInStack(what) });
});
