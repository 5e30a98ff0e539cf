import { type ChildProcess, spawn } from "node:child_process";
import { Agent, type IncomingMessage, request } from "node:http";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import type { StackConfig } from "../config.ts";
import { StackError } from "../errors.ts";
import { freePort } from "../ports.ts";
import type { Log } from "../progress.ts";
import { findPostgrest } from "./binary.ts";

export type PostgrestOptions = {
  databaseUrl: string;
  config: StackConfig["api"];
  jwtSecret: string;
  /** The size of its connection pool: 1 for the embedded database, which has one backend. */
  connections: number;
  /** The URL under which clients reach it, for the description of the API. */
  publicUrl: string;
  log: Log;
};

export type Forwarded = { method: string; path: string; headers: Headers; body?: Uint8Array<ArrayBuffer> };

export type Postgrest = {
  /** Forwards a request. Waits while PostgREST restarts; rejects if PostgREST exits before it responds to a write. */
  fetch(request: Forwarded): Promise<Response>;
  /** Reads the schema again, and resolves when that is done. */
  reload(): Promise<void>;
  /** The process id, or undefined while it restarts; for tests. */
  pid(): number | undefined;
  stop(): Promise<void>;
};

const START_LIMIT_MS = 30_000;
const RELOAD_LIMIT_MS = 15_000;
const RESPONSE_LIMIT_MS = 60_000;
const MAX_ATTEMPTS = 100;
const RESTART_PAUSE_MS = { first: 100, longest: 5_000 };
const SCHEMA_LOADED = /schema cache loaded/i;
/** What PostgREST prints at every start and request, and nobody needs to read. */
const ROUTINE =
  /starting postgrest|listening on port|config reloaded|connection successful|schema cache|attempting to connect|successfully connected|queried|admin server|http\/1\.\d" \d/i;

/**
 * Runs PostgREST over a database as a child process. It is started again if it exits, and exits with this process even if
 * that is killed.
 */
export async function startPostgrest(options: PostgrestOptions): Promise<Postgrest> {
  const program = await findPostgrest(options.log);
  const [port, adminPort] = [await freePort(), await freePort()];
  const env = environment(options, port, adminPort);
  let stopping = false;
  let pause = RESTART_PAUSE_MS.first;
  let current: Child;
  let ready: Promise<void>;

  const start = () => {
    current = launch(program, env, options.log);
    ready = untilReady(adminPort, current);
    ready.then(() => (pause = RESTART_PAUSE_MS.first)).catch(() => undefined);
    void current.exited.then(() => {
      if (stopping) return;
      options.log("PostgREST exited unexpectedly and is started again");
      setTimeout(() => stopping || start(), pause);
      pause = Math.min(pause * 2, RESTART_PAUSE_MS.longest);
    });
  };
  start();
  await ready!.catch((error: unknown) => {
    stopping = true;
    current.stop();
    throw error;
  });

  /** A refused connection did not reach PostgREST, so the request is sent again when PostgREST is back. So are reads. */
  async function send(forwarded: Forwarded, attempt = 0): Promise<Response> {
    await ready.catch(() => undefined);
    try {
      return await exchange(port, forwarded);
    } catch (error) {
      const { code = "" } = error as NodeJS.ErrnoException;
      const isRead = forwarded.method === "GET" || forwarded.method === "HEAD";
      const isRepeatable = code === "ECONNREFUSED" || (isRead && isDisconnect(error));
      if (!isRepeatable || attempt >= MAX_ATTEMPTS || stopping) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
      return send(forwarded, attempt + 1);
    }
  }

  return {
    fetch: (forwarded) => send(forwarded),
    reload: async () => {
      await ready.catch(() => undefined);
      const loaded = current.untilPrints(SCHEMA_LOADED, RELOAD_LIMIT_MS);
      current.reload();
      await loaded;
    },
    pid: () => current.pid(),
    stop: async () => {
      stopping = true;
      current.stop();
      await current.exited;
    },
  };
}

function environment(options: PostgrestOptions, port: number, adminPort: number): Record<string, string> {
  const { databaseUrl, config, jwtSecret, connections, publicUrl } = options;
  const isEmbedded = connections === 1;
  return {
    PGRST_DB_URI: databaseUrl,
    PGRST_DB_SCHEMAS: config.schemas.join(","),
    PGRST_DB_EXTRA_SEARCH_PATH: config.extra_search_path.join(","),
    PGRST_DB_MAX_ROWS: String(config.max_rows),
    PGRST_DB_ANON_ROLE: "anon",
    PGRST_DB_POOL: String(connections),
    PGRST_DB_POOL_ACQUISITION_TIMEOUT: "30",
    // The listener would need a backend of its own. On a server, `notify pgrst, 'reload schema'` works.
    PGRST_DB_CHANNEL_ENABLED: String(!isEmbedded),
    PGRST_JWT_SECRET: jwtSecret,
    PGRST_OPENAPI_SERVER_PROXY_URI: `${publicUrl}/rest/v1`,
    PGRST_SERVER_HOST: "127.0.0.1",
    PGRST_SERVER_PORT: String(port),
    PGRST_ADMIN_SERVER_PORT: String(adminPort),
    PGRST_LOG_LEVEL: "error",
  };
}

const agent = new Agent({ keepAlive: true, timeout: 10_000 });

/** Headers that belong to a single connection and are not forwarded. */
const CONNECTION_HEADERS = [
  "connection",
  "host",
  "content-length",
  "transfer-encoding",
  "keep-alive",
  "expect",
  "upgrade",
];

/** Not `fetch`, which rejects responses with large headers and rewrites some paths. */
function exchange(port: number, { method, path, headers, body }: Forwarded): Promise<Response> {
  const sent = Object.fromEntries([...headers].filter(([name]) => !CONNECTION_HEADERS.includes(name)));
  if (body) sent["content-length"] = String(body.length);
  return new Promise((resolve, reject) => {
    const outgoing = request({
      host: "127.0.0.1",
      port,
      method,
      path,
      headers: sent,
      agent,
      maxHeaderSize: 256 * 1024,
    });
    const refuse = () => outgoing.destroy(new Error("the response has a status below 200"));
    outgoing
      .on("response", (answer) => {
        try {
          resolve(asResponse(answer));
        } catch (error) {
          outgoing.destroy(error as Error);
        }
      })
      // A function may set any status. Node takes one below 200 for an interim response and waits for another.
      .on("information", refuse)
      .on("continue", refuse)
      .on("upgrade", refuse)
      .setTimeout(RESPONSE_LIMIT_MS, () =>
        outgoing.destroy(new Error(`no response within ${RESPONSE_LIMIT_MS / 1000} s`)),
      )
      .on("error", reject)
      .end(body);
  });
}

/** Whether PostgREST closed or refused the connection, as it does when it exits. */
export function isDisconnect(error: unknown): boolean {
  return ["ECONNREFUSED", "ECONNRESET", "EPIPE"].includes((error as NodeJS.ErrnoException).code ?? "");
}

const STATUS_WITHOUT_BODY = new Set([204, 205, 304]);

function asResponse(answer: IncomingMessage): Response {
  const headers = new Headers();
  for (let at = 0; at < answer.rawHeaders.length; at += 2) {
    const [name, value] = [answer.rawHeaders[at]!.toLowerCase(), answer.rawHeaders[at + 1]!];
    if (!CONNECTION_HEADERS.includes(name)) headers.append(name, value);
  }
  // A function may raise any PTxyz; a Response has a status up to 599.
  const code = answer.statusCode ?? 502;
  const status = code <= 599 ? code : 500;
  const isEmpty = STATUS_WITHOUT_BODY.has(status) || answer.headers["content-length"] === "0";
  if (isEmpty) answer.resume();
  return new Response(isEmpty ? null : (Readable.toWeb(answer) as ReadableStream), { status, headers });
}

type Child = {
  exited: Promise<void>;
  pid(): number | undefined;
  reload(): void;
  stop(): void;
  untilPrints(pattern: RegExp, limitMs: number): Promise<void>;
};

/** Ends the program when its own standard input closes, which also happens when the process that holds it is killed. */
const LEASH =
  'exec 3<&0; "$0" </dev/null 3<&- & p=$!; echo "pid $p"; (cat <&3 >/dev/null; kill "$p" 2>/dev/null; sleep 3; kill -9 "$p" 2>/dev/null) & wait "$p"';

function launch(program: string, env: Record<string, string>, log: Log): Child {
  const options = { env: { PATH: process.env.PATH ?? "", ...env }, stdio: "pipe" as const };
  // Detached, because a terminal sends Ctrl-C to the whole group: PostgREST would end before the stack stops it.
  const child: ChildProcess =
    process.platform === "win32"
      ? spawn(program, options)
      : spawn("/bin/sh", ["-c", LEASH, program], { ...options, detached: true });
  let pid = process.platform === "win32" ? child.pid : undefined;
  let running = true;
  const waiting = new Set<{ pattern: RegExp; resolve: () => void }>();
  const read = (line: string) => {
    const started = /^pid (\d+)$/.exec(line);
    if (started) pid = Number(started[1]);
    for (const entry of waiting) {
      if (!entry.pattern.test(line)) continue;
      waiting.delete(entry);
      entry.resolve();
    }
    if (line.trim() && !started && !ROUTINE.test(line)) log(`PostgREST: ${line}`);
  };
  for (const stream of [child.stdout!, child.stderr!]) createInterface({ input: stream }).on("line", read);
  child.stdin!.on("error", () => undefined);
  const exited = new Promise<void>((resolve) => {
    const end = () => {
      running = false;
      child.stdin!.destroy();
      resolve();
    };
    child.once("error", end).once("exit", end);
  });
  return {
    exited,
    pid: () => (running ? pid : undefined),
    reload: () => {
      if (running && pid !== undefined) process.kill(pid, "SIGUSR1");
    },
    stop: () => (process.platform === "win32" ? child.kill() : child.stdin!.destroy()),
    untilPrints: (pattern, limitMs) =>
      new Promise((resolve) => {
        const entry = { pattern, resolve };
        waiting.add(entry);
        setTimeout(() => waiting.delete(entry) && resolve(), limitMs).unref();
      }),
  };
}

/** Resolves when PostgREST has read the schema; rejects if it exits or takes too long. */
async function untilReady(adminPort: number, child: Child): Promise<void> {
  const end = Date.now() + START_LIMIT_MS;
  let exited = false;
  void child.exited.then(() => {
    exited = true;
  });
  while (Date.now() < end && !exited) {
    const response = await fetch(`http://127.0.0.1:${adminPort}/ready`).catch(() => undefined);
    if (response?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new StackError("PostgREST did not start; the lines above say why");
}
