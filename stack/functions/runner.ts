import { existsSync, type FSWatcher, readFileSync, watch } from "node:fs";
import { join, sep } from "node:path";
import { parse } from "dotenv";
import { verify } from "hono/jwt";
import type { StackConfig } from "../config.ts";
import type { Keys } from "../keys.ts";
import type { Log } from "../progress.ts";
import { type FunctionProcess, startFunction } from "./function-process.ts";
import { IdleTimer, whenRead } from "./idle.ts";

export type FunctionRunnerOptions = {
  /** A folder with one subfolder per function; those that start with `_` hold shared code. */
  functionsDir: string;
  config: StackConfig["functions"];
  keys: Keys;
  apiUrl: string;
  databaseUrl: string;
  /** Variables in addition to those of `functions/.env`. */
  env?: Record<string, string>;
  /** Where buyers return after paying, unless a request or CHECKOUT_RETURN_URL names another URL. */
  siteUrl: string;
  log: Log;
  /** How long a function's process waits for the next request. */
  idleLimitMs?: number;
};

const IDLE_LIMIT_MS = 60_000;
type Running = FunctionProcess & { idle: IdleTimer };

const NAME = /^[A-Za-z0-9][\w-]*$/;
/** Headers of a single connection, and those that are wrong once `fetch` has decoded the body. */
const NOT_FORWARDED = [
  ...["connection", "keep-alive", "transfer-encoding", "content-encoding", "content-length", "host"],
  ...["expect", "upgrade", "te", "trailer", "proxy-connection"],
];

/** Serves `/functions/v1/<name>` with one Deno process per function, from its first request until it is idle. */
export class FunctionRunner {
  readonly #options: FunctionRunnerOptions;
  readonly #running = new Map<string, Promise<Running>>();
  readonly #watcher: FSWatcher | undefined;

  constructor(options: FunctionRunnerOptions) {
    this.#options = options;
    if (!existsSync(options.functionsDir)) return;
    this.#watcher = watch(options.functionsDir, { recursive: true }, (_event, file) => this.#changed(file ?? ""));
    this.#watcher.unref();
  }

  async fetch(request: Request): Promise<Response> {
    const url = new URL(request.url);
    const [name = "", ...rest] = url.pathname.slice("/functions/v1/".length).split("/");
    const entry = join(this.#options.functionsDir, name, "index.ts");
    if (!NAME.test(name) || !existsSync(entry)) return refuse(404, "NOT_FOUND", "Requested function was not found");
    const refused = await this.#checkJwt(name, request);
    if (refused) return refused;
    let running: Running;
    try {
      running = await this.#start(name, entry);
    } catch {
      return refuse(503, "BOOT_ERROR", "Function failed to start (please check logs)");
    }
    const target = `${running.origin}/${[name, ...rest].join("/")}${url.search}`;
    const done = running.idle.begin();
    try {
      return whenRead(await forward(request, target), done);
    } catch {
      done();
      return refuse(502, "WORKER_ERROR", "Function exited due to an error (please check logs)");
    }
  }

  async stop(): Promise<void> {
    this.#watcher?.close();
    await Promise.all([...this.#running.keys()].map((name) => this.#stop(name)));
  }

  /** Requires a JWT unless `verify_jwt = false`, like hosted Supabase. An API key is not a JWT. */
  async #checkJwt(name: string, request: Request): Promise<Response | undefined> {
    if (request.method === "OPTIONS" || this.#options.config[name]?.verify_jwt === false) return undefined;
    const header = request.headers.get("authorization");
    if (!header) return refuse(401, "UNAUTHORIZED_NO_AUTH_HEADER", "Missing authorization header");
    const token = header.replace(/^bearer\s+/i, "");
    const valid = await verify(token, this.#options.keys.jwtSecret, "HS256").then(
      () => true,
      () => false,
    );
    return valid ? undefined : refuse(401, "UNAUTHORIZED_INVALID_JWT_FORMAT", "Invalid JWT");
  }

  #start(name: string, entry: string): Promise<Running> {
    const known = this.#running.get(name);
    if (known) return known;
    const log: Log = (line) => this.#options.log(`[${name}] ${line}`);
    const end = () => void (this.#running.get(name) === starting && this.#stop(name));
    const idle = new IdleTimer(this.#options.idleLimitMs ?? IDLE_LIMIT_MS, end);
    const starting = startFunction(entry, this.#environment(), log).then((running) => ({ ...running, idle }));
    this.#running.set(name, starting);
    const forget = () => {
      if (this.#running.get(name) === starting) this.#running.delete(name);
    };
    starting.then((running) => running.exited.then(forget), forget);
    return starting;
  }

  #environment(): Record<string, string> {
    const { functionsDir, keys, apiUrl, databaseUrl, siteUrl, env } = this.#options;
    const file = join(functionsDir, ".env");
    return {
      SANDBOX_SECRET: keys.sandboxSecret,
      TICKET_SIGNING_SECRET: keys.ticketSigningSecret,
      CHECKOUT_RETURN_URL: siteUrl,
      ...(existsSync(file) ? parse(readFileSync(file)) : {}),
      ...env,
      SUPABASE_URL: apiUrl,
      SUPABASE_ANON_KEY: keys.publishableKey,
      SUPABASE_PUBLISHABLE_KEYS: JSON.stringify({ default: keys.publishableKey }),
      SUPABASE_SERVICE_ROLE_KEY: keys.secretKey,
      SUPABASE_SECRET_KEYS: JSON.stringify({ default: keys.secretKey }),
      SUPABASE_DB_URL: databaseUrl,
    };
  }

  /** A changed function restarts at its next request. A change of shared code restarts all functions. */
  #changed(file: string): void {
    const [name = ""] = file.split(sep);
    const affected = this.#running.has(name) ? [name] : NAME.test(name) && file !== name ? [] : this.#running.keys();
    for (const changed of [...affected]) void this.#stop(changed);
  }

  async #stop(name: string): Promise<void> {
    const starting = this.#running.get(name);
    this.#running.delete(name);
    const running = await starting?.catch(() => undefined);
    await running?.stop();
  }
}

async function forward(request: Request, target: string): Promise<Response> {
  const headers = new Headers(request.headers);
  for (const name of NOT_FORWARDED) headers.delete(name);
  const body = request.body ? await request.arrayBuffer() : undefined;
  const response = await fetch(target, { method: request.method, headers, body, redirect: "manual" });
  const answered = new Headers(response.headers);
  for (const name of NOT_FORWARDED) answered.delete(name);
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers: answered });
}

function refuse(status: number, code: string, message: string): Response {
  return Response.json({ code, message }, { status, headers: { "Access-Control-Allow-Origin": "*" } });
}
