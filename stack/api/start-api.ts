import { mkdtempSync, rmSync } from "node:fs";
import type { Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAdaptorServer, type HttpBindings } from "@hono/node-server";
import { createAuth } from "../auth/auth.ts";
import type { StackConfig } from "../config.ts";
import { FunctionRunner } from "../functions/runner.ts";
import type { Keys } from "../keys.ts";
import { type Log, quiet } from "../progress.ts";
import { startPostgrest } from "../rest/postgrest.ts";
import { createRest } from "../rest/rest.ts";
import { bytesOf } from "../storage/sizes.ts";
import { createGateway } from "./gateway.ts";
import { listen } from "./listen.ts";
import { createLite } from "./lite-app.ts";
import { serveRealtime } from "./realtime.ts";
import { holdBackComplaints } from "./refusals.ts";
import { withRequestLog } from "./request-log.ts";
import { unavailable } from "./requests.ts";
import { startScheduledWork } from "./scheduled-work.ts";
import { StudioAccess } from "./studio.ts";

export type ApiOptions = {
  databaseUrl: string;
  keys: Keys;
  config: StackConfig;
  /** The folder of the edge functions. Without it, none are served. */
  functionsDir?: string;
  /** Variables for the edge functions, in addition to their `.env`. */
  functionsEnv?: Record<string, string>;
  /** 0, the default, picks a free port. */
  port?: number;
  /** An address besides loopback at which other machines reach the API; `0.0.0.0` or `::` for every one. */
  host?: string;
  studio?: boolean;
  /** Where uploads are stored; by default a temporary folder, which `stop` deletes. */
  storageDir?: string;
  /** Database connections: 1 for the embedded database, which has one backend. */
  connections?: number;
  /** Whether to run scheduled work once a second, as `pg_cron` does on hosted Supabase. */
  scheduledWork?: boolean;
  log?: Log;
};

export type Api = {
  url: string;
  /** The link that opens Studio, or a page of it, if it is served. */
  studioLink?: (path?: string) => string;
  keys: Keys;
  /** Handles a request in-process, as if from a client on this machine. */
  fetch(request: Request): Promise<Response>;
  /** The process id of PostgREST, or undefined while it restarts; for tests. */
  postgrestPid(): number | undefined;
  stop(): Promise<void>;
};

const MAX_BODY_BYTES = 10 * 1024 * 1024;

/** Serves a prepared database like Supabase: `/rest/v1`, `/auth/v1`, `/storage/v1`, `/functions/v1`, Studio at `/`. */
export async function startApi(options: ApiOptions): Promise<Api> {
  const { databaseUrl, keys, config, studio = false, log = quiet, connections = 1 } = options;
  const temporary = options.storageDir === undefined ? mkdtempSync(join(tmpdir(), "anigmaa-storage-")) : undefined;
  const storageDir = options.storageDir ?? temporary!;
  const lite = await createLite({ databaseUrl, keys, config, storageDir, studio, connections });
  let gateway: ReturnType<typeof createGateway> | undefined;
  const server = createAdaptorServer({
    overrideGlobalObjects: false,
    serverOptions: {
      // Above 16 KB of headers, Node by default closes the connection, often before the client reads the response.
      maxHeaderSize: 128 * 1024,
      // After Node's 5 s, a client's next request often meets the closing of its connection. nginx has 75 s too.
      keepAliveTimeout: 75_000,
    },
    fetch: (request, env) => {
      if (gateway === undefined) return unavailable("The embedded stack is starting");
      const { incoming } = env as HttpBindings;
      return gateway(request, incoming.socket.remoteAddress ?? null);
    },
  });
  const realtime = serveRealtime(server as Server);
  const listening = await listen(server as Server, options.port ?? 0, options.host);
  const url = `http://127.0.0.1:${listening.port}`;
  const functions = options.functionsDir
    ? new FunctionRunner({
        functionsDir: options.functionsDir,
        config: config.functions,
        keys,
        apiUrl: url,
        databaseUrl,
        env: options.functionsEnv,
        siteUrl: config.auth.site_url,
        log,
      })
    : undefined;
  const postgrest = await startPostgrest({
    databaseUrl,
    config: config.api,
    jwtSecret: keys.jwtSecret,
    connections,
    publicUrl: url,
    log,
  });
  const rest = await createRest(postgrest, keys);
  const access = studio ? new StudioAccess() : undefined;
  const auth = createAuth({ lite, keys, settings: config.auth, databaseUrl, apiUrl: url, connections });
  const maxFileBytes = bytesOf(config.storage.file_size_limit);
  const limits = { maxBodyBytes: MAX_BODY_BYTES, maxFileBytes };
  gateway = withRequestLog(createGateway({ rest, auth, lite, ...limits, functions, studio: access }), log);
  const work = options.scheduledWork
    ? await startScheduledWork(databaseUrl, { url, secretKey: keys.secretKey })
    : undefined;
  const letComplain = holdBackComplaints();
  return {
    url,
    studioLink: access && ((path) => access.link(url, path)),
    keys,
    postgrestPid: postgrest.pid,
    fetch: (request) => gateway(request, "127.0.0.1"),
    stop: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      realtime.stop();
      listening.close();
      if ("closeAllConnections" in server) server.closeAllConnections();
      await Promise.all([closed, functions?.stop(), work?.stop()]);
      await Promise.all([auth.stop(), lite.stop(), postgrest.stop()]);
      letComplain();
      if (temporary) rmSync(temporary, { recursive: true, force: true });
    },
  };
}
