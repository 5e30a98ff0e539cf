import type { FunctionRunner } from "../functions/runner.ts";
import type { Lite } from "./lite-app.ts";
import { currentRequest, isUnreadable, refusalBehind } from "./refusals.ts";
import { type Body, isJson, nesting, nestingOfJson, problem, readBody, valuesOf, withBody } from "./requests.ts";
import { asksForLinks, copyObject, listFolder, plainUpload, signLinks } from "./storage-requests.ts";
import { isFromStudio, isLocal, studioAsset } from "./studio.ts";

export type Gateway = (request: Request, peerAddress: string | null) => Promise<Response>;

export type GatewayOptions = {
  lite: Lite;
  /** Used for requests that name no schema: the first exposed one, as in PostgREST. */
  defaultSchema: string;
  maxBodyBytes: number;
  functions?: FunctionRunner;
  studio: boolean;
};

/** PostgREST's codes for names that are not in its schema cache, which may be stale. */
const UNKNOWN_NAME = /"code":"PGRST20[0-5]"/;
const RELOAD_PAUSE_MS = 5_000;

const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);
/** Lite and the embedded database parse recursively: deeper input could block or crash them. */
const MAX_NESTING = 100;
/** Nested embeds multiply the rows. */
const MAX_EMBEDS = 50;
const MAX_EMBED_DEPTH = 6;
/** Lite sends one parameter per value, and the embedded database accepts no more. */
const MAX_VALUES = 32_767;
const MAX_ADDRESS = 32 * 1024;
/** Responses repeat the URL in a header, and Node's `fetch` rejects larger headers. */
const MAX_ECHO = 4096;

/** Routes requests to lite and the edge functions, refuses what they cannot handle, and hides `/_system`. */
export function createGateway(options: GatewayOptions): Gateway {
  const { lite, functions, maxBodyBytes } = options;
  let reloadedAt = 0;
  let signUps: Promise<unknown> = Promise.resolve();

  /** Forwards a request to lite. Prints what lite logged meanwhile for a fault, but not for a refusal. */
  async function ask(request: Request, peerAddress: string | null, schema?: string): Promise<Response> {
    const complaints: unknown[] = [];
    const response = await currentRequest.run({ schema, complaints }, () => lite.app.fetch(request, { peerAddress }));
    if (response.status < 500) return response;
    const refused = schema === undefined ? refusalBehind(complaints) : undefined;
    if (refused) return problem(refused.status, refused.code, refused.message);
    if (isUnreadable(complaints)) return problem(400, "PGRST100", "The query has an unclosed quote");
    console.error(`${request.method} ${request.url}:`, ...complaints);
    return response;
  }

  async function rest(request: Request, body: Body, peerAddress: string | null): Promise<Response> {
    const parameters = new URL(request.url).searchParams;
    const select = parameters.getAll("select").join();
    if (nesting(select) > MAX_EMBED_DEPTH || select.split("(").length - 1 > MAX_EMBEDS) {
      const limits = `at most ${MAX_EMBEDS} embeds, nested at most ${MAX_EMBED_DEPTH} deep`;
      return problem(400, "PGRST100", `select may have ${limits}`);
    }
    const columns = parameters.getAll("columns").join().split(",").length;
    if (body && isJson(request) && valuesOf(body, columns) > MAX_VALUES) {
      return problem(413, "413", `The rows of a request may have at most ${MAX_VALUES} values in total`);
    }
    const schema = nameSchema(request, options.defaultSchema);
    const send = () => ask(withBody(request, body), peerAddress, schema);
    const response = await send();
    if (response.status !== 404 && response.status !== 400) return response;
    const text = await response.text();
    if (!UNKNOWN_NAME.test(text) || Date.now() - reloadedAt < RELOAD_PAUSE_MS) return new Response(text, response);
    // The schema may have changed since, for example through psql.
    reloadedAt = Date.now();
    await lite.reloadSchema();
    return send();
  }

  /** Runs sign-ups one at a time: lite answers 500 to the second of two concurrent ones with the same email. */
  function auth(request: Request): Promise<Response> {
    const send = () => ask(request, null);
    if (!new URL(request.url).pathname.startsWith("/auth/v1/signup")) return send();
    const turn = signUps.then(send);
    signUps = turn.catch(() => undefined);
    return turn;
  }

  async function answer(request: Request, peerAddress: string | null): Promise<Response> {
    if (!METHODS.has(request.method)) return problem(405, "405", `The method ${request.method} is not supported`);
    const url = new URL(request.url);
    if (request.url.length > MAX_ADDRESS) {
      return problem(414, "414", `The URL may have at most ${MAX_ADDRESS} characters`);
    }
    if (nesting(url.search) > MAX_NESTING) {
      return problem(400, "PGRST100", `Parentheses in the query may be nested at most ${MAX_NESTING} deep`);
    }
    // Lite also matches the decoded path, so hidden paths must be hidden in every encoding.
    const pathname = decoded(url.pathname);
    if (pathname === undefined) return problem(400, "PGRST125", "The path has invalid percent-encoding");
    const body = request.body ? await readBody(request, maxBodyBytes) : undefined;
    if (body === "too large") return problem(413, "413", `The request body may have at most ${maxBodyBytes} bytes`);
    if (body && isJson(request) && nestingOfJson(body) > MAX_NESTING) {
      return problem(400, "PGRST102", `Arrays and objects in the body may be nested at most ${MAX_NESTING} deep`);
    }
    if (pathname.startsWith("/functions/v1/")) {
      return functions
        ? functions.fetch(withBody(request, body))
        : problem(404, "NOT_FOUND", "Edge functions are not enabled");
    }
    const studio = options.studio && isFromStudio(request, peerAddress);
    // Without an address, lite never treats a request as Studio's.
    const peer = studio ? peerAddress : null;
    if (pathname.startsWith("/rest/v1")) {
      const response = await rest(request, body, peer);
      if ((response.headers.get("Content-Location")?.length ?? 0) > MAX_ECHO)
        response.headers.delete("Content-Location");
      // Only the secret key may read the API description; lite refuses others without a code.
      return response.status === 403 && pathname.endsWith("/")
        ? problem(403, "403", "Only the secret key may read the API description")
        : response;
    }
    if (pathname.startsWith("/storage/v1/")) {
      if (pathname.split("/").some((part) => part === "." || part === "..")) {
        return problem(400, "InvalidKey", 'An object name cannot contain the segment "." or ".."');
      }
      const send = (part: Request) => ask(part, peer);
      if (asksForLinks(request.method, pathname)) return signLinks(withBody(request, body), send);
      if (request.method === "POST" && pathname.startsWith("/storage/v1/object/list/")) {
        return listFolder(withBody(request, body), send);
      }
      if (request.method === "POST" && pathname === "/storage/v1/object/copy") {
        return copyObject(withBody(request, body), send);
      }
      return send(await plainUpload(withBody(request, body)));
    }
    if (pathname.startsWith("/auth/v1/")) return auth(withBody(request, body));
    if (pathname.startsWith("/_system")) return studio ? lite.app.fetch(request, { peerAddress }) : notFound();
    if (!options.studio || !isLocal(request, peerAddress) || request.method !== "GET") return notFound();
    if (pathname.startsWith("/static/")) return (await studioAsset(pathname)) ?? notFound();
    // Studio's page is the same at every path, and lite serves nothing else at `/`.
    return lite.app.fetch(new Request(new URL("/", url), { headers: request.headers }), { peerAddress });
  }

  return async (request, peerAddress) => {
    try {
      return await answer(request, peerAddress);
    } catch (error) {
      console.error(error);
      return problem(500, "500", "The embedded stack failed to respond. Its terminal shows the error");
    }
  };
}

const notFound = () => problem(404, "404", "There is nothing at this path");

function decoded(pathname: string): string | undefined {
  try {
    return decodeURIComponent(pathname);
  } catch {
    return undefined;
  }
}

/** Makes the schema explicit: PostgREST defaults to the first exposed one, lite to `public`. */
function nameSchema({ method, headers }: Request, defaultSchema: string): string {
  const header = method === "GET" || method === "HEAD" ? "Accept-Profile" : "Content-Profile";
  const schema = headers.get(header) ?? defaultSchema;
  headers.set(header, schema);
  return schema;
}
