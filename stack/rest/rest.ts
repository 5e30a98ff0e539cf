import { SignJWT } from "jose";
import { ApiKeys, keyIn } from "../api/api-keys.ts";
import { type Body, problem, unavailable } from "../api/requests.ts";
import type { Keys } from "../keys.ts";
import { isDisconnect, type Postgrest } from "./postgrest.ts";

export type Rest = (request: Request, body: Body, isStudio: boolean) => Promise<Response>;

/** PostgREST's codes for names that are not in its schema cache, which may be stale. */
const UNKNOWN_NAME = /"code":"PGRST20[0-5]"/;
const RELOAD_PAUSE_MS = 5_000;
/** What PostgREST responds, as text with status 500, to some malformed input, for example to an unclosed quote in CSV. */
const UNPARSABLE = "Something went wrong";
/** Parameters that filter no rows. A name with a dot belongs to an embed, except `not.and` and `not.or`. */
const NOT_A_FILTER = /^$|^(select|columns|order|limit|offset|on_conflict)$|^(?!not\.(and|or)$).*\./;

/**
 * What hosted Supabase adds in front of PostgREST: the check of the API key, which becomes a role, and the refusal of
 * writes without a filter (safeupdate).
 */
export async function createRest(postgrest: Postgrest, keys: Keys): Promise<Rest> {
  const apiKeys = new ApiKeys(keys);
  const secret = new TextEncoder().encode(keys.jwtSecret);
  /** A legacy key is a token itself. */
  const tokens = new Map([
    [keys.publishableKey, await roleToken("anon", secret)],
    [keys.secretKey, await roleToken("service_role", secret)],
  ]);
  let reloading: Promise<void> | undefined;
  let uselessReloadAt = 0;

  /** Sends a request again after reading the schema, which may have changed, for example through psql. */
  async function sendAfterReload(send: () => Promise<Response>): Promise<Response> {
    reloading ??= postgrest.reload().finally(() => {
      reloading = undefined;
    });
    await reloading;
    const response = await send();
    const bytes = await response.arrayBuffer();
    if (UNKNOWN_NAME.test(new TextDecoder().decode(bytes))) uselessReloadAt = Date.now();
    return copyOf(response, bytes);
  }

  return async (request, body, isStudio) => {
    const url = new URL(request.url);
    const given = keyIn(request);
    if (given !== null || !isStudio) {
      const role = await apiKeys.roleOf(request);
      if (role instanceof Response) return role;
    }
    const key = given ?? keys.secretKey;
    const token = tokens.get(key) ?? key;
    const query = parametersOf(url);
    const unfiltered = unfilteredWrite(request.method, query);
    if (unfiltered) return problem(400, "21000", `${unfiltered} requires a WHERE clause`);

    const headers = new Headers(request.headers);
    const bearer = /^bearer\s+(.*)$/i.exec(headers.get("Authorization") ?? "")?.[1];
    if (!headers.get("Authorization") || bearer === key) headers.set("Authorization", `Bearer ${token}`);
    const path = (url.pathname.slice("/rest/v1".length) || "/") + (query.length > 0 ? `?${query.join("&")}` : "");
    const send = () => postgrest.fetch({ method: request.method, path, headers, body });
    try {
      const response = await send();
      if (![400, 404, 500].includes(response.status)) return response;
      const bytes = await response.arrayBuffer();
      const text = new TextDecoder().decode(bytes);
      if (text === UNPARSABLE) return problem(400, "PGRST102", "PostgREST could not parse this request");
      const mayBeStale = UNKNOWN_NAME.test(text) && Date.now() - uselessReloadAt > RELOAD_PAUSE_MS;
      return mayBeStale ? await sendAfterReload(send) : copyOf(response, bytes);
    } catch (error) {
      if (!isDisconnect(error)) return problem(502, "502", `PostgREST failed to respond: ${(error as Error).message}`);
      return unavailable("PostgREST restarted during this request, which may have been carried out");
    }
  };
}

function copyOf({ status, headers }: Response, bytes: ArrayBuffer): Response {
  return new Response(bytes.byteLength > 0 ? bytes : null, { status, headers });
}

/** The parameters as the client wrote them, without the API key. PostgREST separates them at `;` too. */
function parametersOf({ search }: URL): string[] {
  return search
    .slice(1)
    .split("&")
    .filter((parameter) => parameter !== "" && nameOf(parameter) !== "apikey");
}

function nameOf(parameter: string): string {
  const [name = ""] = parameter.split("=");
  try {
    return decodeURIComponent(name.replaceAll("+", " "));
  } catch {
    return "";
  }
}

/** PostgREST ignores parameters without a value. */
function unfilteredWrite(method: string, parameters: string[]): "UPDATE" | "DELETE" | undefined {
  if (method !== "PATCH" && method !== "DELETE") return undefined;
  const pieces = parameters.flatMap((parameter) => parameter.split(";")).filter((piece) => piece.includes("="));
  const isFiltered = pieces.some((piece) => !NOT_A_FILTER.test(nameOf(piece)));
  return isFiltered ? undefined : method === "PATCH" ? "UPDATE" : "DELETE";
}

function roleToken(role: string, secret: Uint8Array): Promise<string> {
  return new SignJWT({ role, iss: "supabase" })
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .setIssuedAt()
    .setExpirationTime("10y")
    .sign(secret);
}
