import { createClient } from "@supabase/supabase-js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import ws from "ws";
import { type Desk, startDesk } from "./support/desk.ts";

let desk: Desk;
beforeAll(async () => {
  desk = await startDesk();
}, 60_000);
afterAll(() => desk?.stop());

const storage = () =>
  createClient(desk.api.url, desk.api.keys.secretKey, { realtime: { transport: ws as never } }).storage;
type Files = ReturnType<ReturnType<typeof storage>["from"]>;

/** Every method either works, with an answer of this shape, or is refused with 501 and the name of what is missing. */
type Call = () => unknown;
type Known = { works: Call; like: unknown } | { refused: Call; as: string } | "sends nothing";
type Method = { [name: string]: Known };

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

const quiet = (...names: string[]): Method => Object.fromEntries(names.map((name) => [name, "sends nothing"]));
const base = quiet("setHeader", "throwOnError", "handleOperation");
const works = (call: Call, data: unknown): Known => ({ works: call, like: { data, error: null } });
const refused = (as: string) => (call: Call) => ({ refused: call, as });

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

const noVectors = refused("Vector buckets");
const vectors = () => storage().vectors;
const vectorBucket = () => vectors().from("v");
const vectorIndex = () => vectorBucket().index("i");
const dimension = { dataType: "float32", dimension: 3, distanceMetric: "cosine" } as const;
const vectorBuckets: Method = {
  ...base,
  ...quiet("from"),
  createBucket: noVectors(() => vectors().createBucket("v")),
  getBucket: noVectors(() => vectors().getBucket("v")),
  listBuckets: noVectors(() => vectors().listBuckets()),
  deleteBucket: noVectors(() => vectors().deleteBucket("v")),
};
const vectorIndexes: Method = {
  ...base,
  ...quiet("index"),
  createIndex: noVectors(() => vectorBucket().createIndex({ indexName: "i", ...dimension })),
  getIndex: noVectors(() => vectorBucket().getIndex("i")),
  listIndexes: noVectors(() => vectorBucket().listIndexes()),
  deleteIndex: noVectors(() => vectorBucket().deleteIndex("i")),
};
const vectorData: Method = {
  ...base,
  putVectors: noVectors(() => vectorIndex().putVectors({ vectors: [{ key: "a", data: { float32: [1, 2, 3] } }] })),
  getVectors: noVectors(() => vectorIndex().getVectors({ keys: ["a"] })),
  listVectors: noVectors(() => vectorIndex().listVectors()),
  queryVectors: noVectors(() => vectorIndex().queryVectors({ queryVector: { float32: [1, 2, 3] }, topK: 1 })),
  deleteVectors: noVectors(() => vectorIndex().deleteVectors({ keys: ["a"] })),
};

const noAnalytics = refused("Analytics buckets");
const analytics: Method = {
  ...base,
  createBucket: noAnalytics(() => storage().analytics.createBucket("w")),
  listBuckets: noAnalytics(() => storage().analytics.listBuckets()),
  deleteBucket: noAnalytics(() => storage().analytics.deleteBucket("w")),
  from: noAnalytics(() => storage().analytics.from("w").listNamespaces()),
};

const catalog = () => storage().analytics.from("w") as unknown as Record<string, (...parameters: unknown[]) => unknown>;
const space = { namespace: ["n"] };
const table = { ...space, name: "t" };
const schema = { name: "t", schema: { type: "struct", fields: [] } };
const catalogCalls: [string, unknown[]][] = [
  ["listNamespaces", []],
  ["createNamespace", [space]],
  ["createNamespaceIfNotExists", [space]],
  ["dropNamespace", [space]],
  ["loadNamespaceMetadata", [space]],
  ["namespaceExists", [space]],
  ["listTables", [space]],
  ["createTable", [space, schema]],
  ["createTableIfNotExists", [space, schema]],
  ["updateTable", [table, {}]],
  ["dropTable", [table]],
  ["loadTable", [table]],
  ["tableExists", [table]],
];
/** The two that send HEAD cannot read the name of what is missing. */
const tables: Method = Object.fromEntries(
  catalogCalls.map(([name, parameters]) => [
    name,
    refused(name === "tableExists" || name === "namespaceExists" ? "501" : "Analytics buckets")(() =>
      catalog()[name]!(...parameters),
    ),
  ]),
);

const clients: [string, () => object, Method][] = [
  [
    "storage",
    storage,
    { ...base, ...bucketMethods, ...quiet("from", "vectors", "analytics", "listBucketOptionsToQueryString") },
  ],
  ["storage.from()", papers, files],
  ["storage.vectors", vectors, vectorBuckets],
  ["storage.vectors.from()", vectorBucket, vectorIndexes],
  ["storage.vectors.from().index()", vectorIndex, vectorData],
  ["storage.analytics", () => storage().analytics, analytics],
  ["storage.analytics.from()", catalog, tables],
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
