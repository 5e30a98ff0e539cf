import type { Auth } from "../auth/auth.ts";
import type { FunctionRunner } from "../functions/runner.ts";
import type { Rest } from "../rest/rest.ts";
import { createStorage } from "../storage/storage.ts";
import type { Lite } from "./lite-app.ts";
import { isRealtime, refuseRealtime } from "./realtime.ts";
import { currentRequest, refusalBehind } from "./refusals.ts";
import {
  decoded,
  isJson,
  MAX_NESTING,
  METHODS,
  nestingOfJson,
  problem,
  readBody,
  refuseMalformed,
  unavailable,
  withBody,
} from "./requests.ts";
import { isLocal, type StudioAccess, studioAsset, studioPage } from "./studio.ts";

export type Gateway = (request: Request, peerAddress: string | null) => Promise<Response>;

export type GatewayOptions = {
  rest: Rest;
  auth: Auth;
  lite: Lite;
  maxBodyBytes: number;
  /** The largest file that Storage takes. */
  maxFileBytes: number;
  functions?: FunctionRunner;
  /** Without it, Studio is not served. */
  studio?: StudioAccess;
};

/** What a form may have besides its file: metadata of at most 1 MB. */
const FORM_BYTES = 2 * 1024 * 1024;
/** Responses repeat the URL in a header, and Node's `fetch` rejects larger headers. */
const MAX_ECHO = 4096;

/** Routes requests to PostgREST, Auth, Storage and edge functions; Studio and `/_system` only for whom they are. */
export function createGateway(options: GatewayOptions): Gateway {
  const { rest, auth, lite, functions, maxBodyBytes } = options;
  const storage = createStorage(lite.storageRows, options.maxFileBytes);

  /** Forwards a request to lite. Prints what lite logged meanwhile for a fault, but not for a refusal. */
  async function ask(request: Request, peerAddress: string | null): Promise<Response> {
    const complaints: unknown[] = [];
    const response = await currentRequest.run({ complaints }, () => lite.app.fetch(request, { peerAddress }));
    if (response.status < 500) return response;
    const refused = refusalBehind(complaints);
    if (refused?.status === 503) return unavailable(refused.message);
    if (refused) return problem(refused.status, refused.code, refused.message);
    console.error(`${request.method} ${request.url}:`, ...complaints);
    return response;
  }

  /** Studio's page and files, for a browser of this machine that was opened with the link. */
  async function answerWithStudio(request: Request, pathname: string, peerAddress: string | null): Promise<Response> {
    const { studio } = options;
    if (!studio || !isLocal(request, peerAddress) || request.method !== "GET") return notFound();
    const signedIn = studio.signIn(request);
    if (signedIn) return signedIn;
    if (!studio.isSignedIn(request)) return signInFirst();
    if (pathname.startsWith("/static/")) return (await studioAsset(pathname)) ?? notFound();
    // Studio's page is the same at every path, and lite serves nothing else at `/`.
    const page = new Request(new URL("/", request.url), { headers: request.headers });
    return studioPage(await lite.app.fetch(page, { peerAddress }));
  }

  async function answer(request: Request, peerAddress: string | null): Promise<Response> {
    if (request.method === "OPTIONS" && request.headers.has("Origin")) return preflight(request);
    const malformed = refuseMalformed(request);
    if (malformed) return malformed;
    const url = new URL(request.url);
    // Lite also matches the decoded path, so hidden paths must be hidden in every encoding.
    const pathname = decodeURIComponent(url.pathname);
    const isStorage = pathname.startsWith("/storage/v1/");
    const limit = isStorage ? options.maxFileBytes + FORM_BYTES : maxBodyBytes;
    const body = request.body ? await readBody(request, limit) : undefined;
    if (body === "too large") return problem(413, "413", `The request body may have at most ${limit} bytes`);
    if (body && !isStorage && isJson(request) && nestingOfJson(body) > MAX_NESTING) {
      return problem(400, "PGRST102", `Arrays and objects in the body may be nested at most ${MAX_NESTING} deep`);
    }
    if (pathname.startsWith("/functions/v1/")) {
      return functions
        ? functions.fetch(withBody(request, body))
        : problem(404, "NOT_FOUND", "Edge functions are not enabled");
    }
    if (isRealtime(pathname)) return refuseRealtime();
    const studio = options.studio?.isFromStudio(request, peerAddress) ?? false;
    // Without an address, lite never treats a request as Studio's.
    const peer = studio ? peerAddress : null;
    if (/^\/rest\/v1(\/|$)/.test(url.pathname)) {
      // PostgREST answers these with a plain-text 500.
      if (decoded(url.search) === undefined) return problem(400, "PGRST100", "The query has invalid percent-encoding");
      const response = await rest(request, body, studio);
      if ((response.headers.get("Content-Location")?.length ?? 0) > MAX_ECHO)
        response.headers.delete("Content-Location");
      return response;
    }
    if (isStorage) return storage(withBody(request, body), (part) => ask(part, peer));
    if (pathname.startsWith("/auth/v1/"))
      return auth.fetch(withBody(request, body), pathname, (part) => ask(part, null));
    if (pathname.startsWith("/_system")) return studio ? lite.app.fetch(request, { peerAddress }) : notFound();
    return answerWithStudio(request, pathname, peerAddress);
  }

  return async (request, peerAddress) => {
    try {
      return readableByPages(await answer(request, peerAddress));
    } catch (error) {
      console.error(error);
      return problem(500, "500", "The embedded stack failed to respond. Its terminal shows the error");
    }
  };
}

/** Lets web apps of any origin call the API, as Supabase does. */
function preflight(request: Request): Response {
  return new Response(null, {
    status: 204,
    headers: {
      "Access-Control-Allow-Origin": "*",
      "Access-Control-Allow-Methods": [...METHODS].join(", "),
      "Access-Control-Allow-Headers": request.headers.get("Access-Control-Request-Headers") ?? "*",
      "Access-Control-Max-Age": "3600",
      Vary: "Access-Control-Request-Headers",
    },
  });
}

/** Without `Access-Control-Expose-Headers`, a page cannot read counts, for example. */
function readableByPages(response: Response): Response {
  const headers = new Headers(response.headers);
  headers.set("Access-Control-Allow-Origin", "*");
  headers.set("Access-Control-Expose-Headers", "*");
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
}

const signInFirst = () =>
  new Response("Open Studio with the link that `npm start` prints in its terminal.\n", {
    status: 401,
    headers: { "Content-Type": "text/plain; charset=utf-8" },
  });

const notFound = () => problem(404, "404", "There is nothing at this path");
