import type { FunctionRunner } from "../functions/runner.ts";
import type { Lite } from "./lite-app.ts";
import { currentRequest, isUnreadable, refusalBehind } from "./refusals.ts";
import { type Body, isJson, nesting, nestingOfJson, problem, readBody, valuesOf, withBody } from "./requests.ts";
import { asksForLinks, copyObject, listFolder, plainUpload, signLinks } from "./storage-requests.ts";
import { isFromStudio, isLocal, studioAsset } from "./studio.ts";

export type Gateway = (request: Request, peerAddress: string | null) => Promise<Response>;

export type GatewayOptions = {
  lite: Lite;
  /** The schema of a request that names none: the first exposed one, as in PostgREST. */
  defaultSchema: string;
  maxBodyBytes: number;
  functions?: FunctionRunner;
  studio: boolean;
};

/** PostgREST's codes for names that it does not find in its picture of the schema, which may be old. */
const UNKNOWN_NAME = /"code":"PGRST20[0-5]"/;
const RELOAD_PAUSE_MS = 5_000;

const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);
/** What lite and the embedded database take apart by recursion would keep everyone waiting, or end them. */
const MAX_NESTING = 100;
/** Each embed within an embed multiplies the rows. */
const MAX_EMBEDS = 50;
const MAX_EMBED_DEPTH = 6;
/** Lite sends a parameter for each value, and the embedded database takes no more. */
const MAX_VALUES = 32_767;
const MAX_ADDRESS = 32 * 1024;
/** An answer names the address that was asked for; above this size `fetch` in Node does not take the headers. */
const MAX_ECHO = 4096;

/** What stands before lite and the edge functions: it turns away what they would stumble over, and hides `/_system`. */
export function createGateway(options: GatewayOptions): Gateway {
  const { lite, functions, maxBodyBytes } = options;
  let reloadedAt = 0;
  let signUps: Promise<unknown> = Promise.resolve();

  /** Lets lite answer. What it printed meanwhile is shown if it is a fault, and not if it was a refusal. */
  async function ask(request: Request, peerAddress: string | null, schema?: string): Promise<Response> {
    const complaints: unknown[] = [];
    const response = await currentRequest.run({ schema, complaints }, () => lite.app.fetch(request, { peerAddress }));
    if (response.status < 500) return response;
    const refused = schema === undefined ? refusalBehind(complaints) : undefined;
    if (refused) return problem(refused.status, refused.code, refused.message);
    if (isUnreadable(complaints)) return problem(400, "PGRST100", "The query has a quote that is not closed");
    console.error(`${request.method} ${request.url}:`, ...complaints);
    return response;
  }

  async function rest(request: Request, body: Body, peerAddress: string | null): Promise<Response> {
    const parameters = new URL(request.url).searchParams;
    const select = parameters.getAll("select").join();
    if (nesting(select) > MAX_EMBED_DEPTH || select.split("(").length - 1 > MAX_EMBEDS) {
      const limits = `${MAX_EMBEDS} embeds, ${MAX_EMBED_DEPTH} within each other`;
      return problem(400, "PGRST100", `select may have ${limits} at most`);
    }
    const columns = parameters.getAll("columns").join().split(",").length;
    if (body && isJson(request) && valuesOf(body, columns) > MAX_VALUES) {
      return problem(413, "413", `The rows of a request may have ${MAX_VALUES} values together: send fewer at once`);
    }
    const schema = nameSchema(request, options.defaultSchema);
    const send = () => ask(withBody(request, body), peerAddress, schema);
    const response = await send();
    if (response.status !== 404 && response.status !== 400) return response;
    const text = await response.text();
    if (!UNKNOWN_NAME.test(text) || Date.now() - reloadedAt < RELOAD_PAUSE_MS) return new Response(text, response);
    // A developer may have changed the schema through psql a moment ago.
    reloadedAt = Date.now();
    await lite.reloadSchema();
    return send();
  }

  /** Sign-ups go one after the other: of two at once with the same email lite refuses the second by a fault (500). */
  function auth(request: Request): Promise<Response> {
    const send = () => ask(request, null);
    if (!new URL(request.url).pathname.startsWith("/auth/v1/signup")) return send();
    const turn = signUps.then(send);
    signUps = turn.catch(() => undefined);
    return turn;
  }

  async function answer(request: Request, peerAddress: string | null): Promise<Response> {
    if (!METHODS.has(request.method)) return problem(405, "405", `There is no method ${request.method} here`);
    const url = new URL(request.url);
    if (request.url.length > MAX_ADDRESS) {
      return problem(414, "414", `The address may have ${MAX_ADDRESS} characters at most`);
    }
    if (nesting(url.search) > MAX_NESTING) {
      return problem(400, "PGRST100", `The query may have ${MAX_NESTING} parentheses within each other at most`);
    }
    // Lite looks at the decoded path too, so what is hidden must be hidden under each of its spellings.
    const pathname = decoded(url.pathname);
    if (pathname === undefined) return problem(400, "PGRST125", "The path is not valid percent-encoding");
    const body = request.body ? await readBody(request, maxBodyBytes) : undefined;
    if (body === "too large") return problem(413, "413", `The request body may have ${maxBodyBytes} bytes at most`);
    if (body && isJson(request) && nestingOfJson(body) > MAX_NESTING) {
      return problem(400, "PGRST102", `The body may have ${MAX_NESTING} arrays and objects within each other at most`);
    }
    if (pathname.startsWith("/functions/v1/")) {
      return functions ? functions.fetch(withBody(request, body)) : problem(404, "NOT_FOUND", "There are no functions");
    }
    const studio = options.studio && isFromStudio(request, peerAddress);
    // Without an address lite never takes a request for Studio's.
    const peer = studio ? peerAddress : null;
    if (pathname.startsWith("/rest/v1")) {
      const response = await rest(request, body, peer);
      if ((response.headers.get("Content-Location")?.length ?? 0) > MAX_ECHO)
        response.headers.delete("Content-Location");
      // The description of the API is for the secret key; lite says so without a code.
      return response.status === 403 && pathname.endsWith("/")
        ? problem(403, "403", "Only the secret key may ask for the description of the API")
        : response;
    }
    if (pathname.startsWith("/storage/v1/")) {
      if (pathname.split("/").some((part) => part === "." || part === "..")) {
        return problem(400, "InvalidKey", 'The name of an object has no part "." or ".."');
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
    // The page is the same at every path, and at this one it is nothing else.
    return lite.app.fetch(new Request(new URL("/", url), { headers: request.headers }), { peerAddress });
  }

  return async (request, peerAddress) => {
    try {
      return await answer(request, peerAddress);
    } catch (error) {
      console.error(error);
      return problem(500, "500", "The embedded stack failed to answer; its terminal says more");
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

/** Lite takes `public` for the schema of a request that names none, PostgREST the first of those it exposes. */
function nameSchema({ method, headers }: Request, defaultSchema: string): string {
  const header = method === "GET" || method === "HEAD" ? "Accept-Profile" : "Content-Profile";
  const schema = headers.get(header) ?? defaultSchema;
  headers.set(header, schema);
  return schema;
}
