import { SignJWT } from "jose";
import { type Body, problem } from "../api/requests.ts";
import type { Keys } from "../keys.ts";
import type { Postgrest } from "./postgrest.ts";

export type Rest = (request: Request, body: Body, isStudio: boolean) => Promise<Response>;

/** PostgREST's codes for names that are not in its schema cache, which may be stale. */
const UNKNOWN_NAME = /"code":"PGRST20[0-5]"/;
const RELOAD_PAUSE_MS = 5_000;
/** What PostgREST responds, as text with status 500, to some malformed input, for example to an unclosed quote in CSV. */
const UNPARSABLE = "Something went wrong";
/** Parameters that filter no rows. A name with a dot belongs to an embed. */
const NOT_A_FILTER = /^(select|columns|order|limit|offset|on_conflict|apikey)$|\./;

/**
 * What hosted Supabase adds in front of PostgREST: the check of the API key, which becomes a role, and the refusal of
 * writes without a filter (safeupdate).
 */
export async function createRest(postgrest: Postgrest, keys: Keys): Promise<Rest> {
  const tokens = new Map([
    [keys.publishableKey, await roleToken("anon", keys)],
    [keys.secretKey, await roleToken("service_role", keys)],
  ]);
  let reloadedAt = 0;

  return async (request, body, isStudio) => {
    const url = new URL(request.url);
    const key = request.headers.get("apikey") ?? url.searchParams.get("apikey") ?? (isStudio ? keys.secretKey : null);
    if (key === null)
      return unauthorized("No API key found in request", "No `apikey` request header or url param was found.");
    // A legacy key is a token itself, which PostgREST verifies.
    const token = tokens.get(key) ?? (isToken(key) ? key : undefined);
    if (token === undefined) {
      return unauthorized("Invalid API key", "Double check your Supabase `anon` or `service_role` API key.");
    }
    const unfiltered = unfilteredWrite(request.method, url.searchParams);
    if (unfiltered) return problem(400, "21000", `${unfiltered} requires a WHERE clause`);

    const headers = new Headers(request.headers);
    const authorization = headers.get("Authorization");
    if (authorization === null || authorization === `Bearer ${key}`) headers.set("Authorization", `Bearer ${token}`);
    const path = `${url.pathname.slice("/rest/v1".length) || "/"}${queryOf(request.url)}`;
    const send = () => postgrest.fetch({ method: request.method, path, headers, body });
    try {
      const response = await send();
      if (![400, 404, 500].includes(response.status)) return response;
      const text = await response.text();
      if (text === UNPARSABLE) return problem(400, "PGRST102", "PostgREST could not parse this request");
      if (!UNKNOWN_NAME.test(text) || Date.now() - reloadedAt < RELOAD_PAUSE_MS) return new Response(text, response);
      // The schema may have changed since, for example through psql.
      reloadedAt = Date.now();
      await postgrest.reload();
      return await send();
    } catch {
      const response = problem(503, "503", "PostgREST restarted during this request, which may have been carried out");
      response.headers.set("Retry-After", "1");
      return response;
    }
  };
}

/** The query as the client wrote it, without the API key. */
function queryOf(url: string): string {
  const [, query = ""] = /\?([^#]*)/.exec(url) ?? [];
  const parameters = query.split("&").filter((parameter) => !parameter.startsWith("apikey="));
  return query === "" ? "" : `?${parameters.join("&")}`;
}

function unfilteredWrite(method: string, parameters: URLSearchParams): "UPDATE" | "DELETE" | undefined {
  if (method !== "PATCH" && method !== "DELETE") return undefined;
  const isFiltered = [...parameters.keys()].some((name) => !NOT_A_FILTER.test(name));
  return isFiltered ? undefined : method === "PATCH" ? "UPDATE" : "DELETE";
}

const isToken = (key: string) => /^[\w-]+\.[\w-]+\.[\w-]+$/.test(key);

function roleToken(role: string, keys: Keys): Promise<string> {
  return new SignJWT({ role, iss: "supabase" })
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .setIssuedAt()
    .setExpirationTime("10y")
    .sign(new TextEncoder().encode(keys.jwtSecret));
}

function unauthorized(message: string, hint: string): Response {
  return Response.json({ message, hint }, { status: 401, headers: { "Access-Control-Allow-Origin": "*" } });
}
