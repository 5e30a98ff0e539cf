import type { SupabaseClient } from "@supabase/supabase-js";

type Storage = SupabaseClient["storage"];

export type Call = () => unknown;
/** A method either works, with an answer of this shape, or is refused with 501 and the name of what is missing. */
export type Known = { works: Call; like: unknown } | { refused: Call; as: string } | "sends nothing";
export type Method = { [name: string]: Known };

export const quiet = (...names: string[]): Method => Object.fromEntries(names.map((name) => [name, "sends nothing"]));
export const base = quiet("setHeader", "throwOnError", "handleOperation");
export const refused = (as: string) => (call: Call) => ({ refused: call, as });

type Client = [name: string, make: () => object, methods: Method];

export function vectorClients(storage: () => Storage): Client[] {
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
  return [
    ["storage.vectors", vectors, vectorBuckets],
    ["storage.vectors.from()", vectorBucket, vectorIndexes],
    ["storage.vectors.from().index()", vectorIndex, vectorData],
  ];
}

export function analyticsClients(storage: () => Storage): Client[] {
  const noAnalytics = refused("Analytics buckets");
  const analytics: Method = {
    ...base,
    createBucket: noAnalytics(() => storage().analytics.createBucket("w")),
    listBuckets: noAnalytics(() => storage().analytics.listBuckets()),
    deleteBucket: noAnalytics(() => storage().analytics.deleteBucket("w")),
    from: noAnalytics(() => storage().analytics.from("w").listNamespaces()),
  };

  const catalog = () =>
    storage().analytics.from("w") as unknown as Record<string, (...parameters: unknown[]) => unknown>;
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
  return [
    ["storage.analytics", () => storage().analytics, analytics],
    ["storage.analytics.from()", catalog, tables],
  ];
}
