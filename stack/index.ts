/** The embedded stack as a library: the database, its preparation, and the API. */
export { type Api, type ApiOptions, startApi } from "./api/start-api.ts";
export { makeConfig, readConfig, type StackConfig } from "./config.ts";
export { type Prepared, type PrepareOptions, prepareDatabase } from "./database/prepare.ts";
export { type Keys, makeKeys } from "./keys.ts";
export { type EmbeddedOptions, type EmbeddedPostgres, startEmbeddedPostgres } from "./postgres/embedded.ts";
export type { Log } from "./progress.ts";
