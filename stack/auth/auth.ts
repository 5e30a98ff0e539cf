import postgres from "postgres";
import type { Lite } from "../api/lite-app.ts";
import type { StackConfig } from "../config.ts";
import type { Keys } from "../keys.ts";
import { AuthAccess } from "./access.ts";
import { getUser, updateUser } from "./account.ts";
import { adminCreate, adminDelete, adminGet, adminList, adminUpdate } from "./admin.ts";
import { generateLink, invite } from "./admin-links.ts";
import { type AuthContext, type Call, type Handler, readBody } from "./call.ts";
import { mailNonce } from "./mails.ts";
import { AuthProblem, problemOfDatabase } from "./problems.ts";
import { missingFeature } from "./refusals.ts";
import { issueToken, recover, resend, signInWithOtp, signUp } from "./sign-in.ts";
import { followLink, verifyCode } from "./verify.ts";

export type AuthOptions = {
  lite: Lite;
  keys: Keys;
  settings: StackConfig["auth"];
  databaseUrl: string;
  apiUrl: string;
  connections: number;
};

export type Auth = {
  /** `lite` forwards a request to lite. */
  fetch(request: Request, pathname: string, lite: (request: Request) => Promise<Response>): Promise<Response>;
  stop(): Promise<void>;
};

const forward: Handler = (_, { request, path, query, lite }) => lite(request.method, `${path}?${query}`);

const logOut: Handler = (_, { query, lite }) => lite("POST", `logout?scope=${query.get("scope") || "global"}`);

/** `magiclink` is the older path of `otp`. */
const otp = inTurn(signInWithOtp);

const HANDLERS: Record<string, Handler> = {
  "POST signup": inTurn(signUp),
  "POST token": issueToken,
  "POST otp": otp,
  "POST magiclink": otp,
  "POST recover": recover,
  "POST resend": resend,
  "POST verify": verifyCode,
  "GET verify": followLink,
  "GET user": getUser,
  "PUT user": updateUser,
  "POST logout": logOut,
  "GET reauthenticate": forward,
  "GET health": forward,
  "GET settings": forward,
  "GET .well-known/jwks.json": forward,
  "GET .well-known/openid-configuration": forward,
  "POST invite": invite,
  "POST admin/generate_link": generateLink,
  "POST admin/users": adminCreate,
  "GET admin/users": adminList,
  "GET admin/users/*": adminGet,
  "PUT admin/users/*": adminUpdate,
  "DELETE admin/users/*": adminDelete,
};

/** What a browser opens or anybody may read, without an API key. */
const WITHOUT_KEY = /^(verify|authorize|callback|\.well-known\/.*)$/;
const WITHOUT_BODY = /^(POST logout|GET .*|DELETE .*)$/;

/** Supabase Auth: lite keeps passwords and sessions; what it lacks is added here, or refused by name. */
export function createAuth({ lite, keys, settings, databaseUrl, apiUrl, connections }: AuthOptions): Auth {
  const sql = postgres(databaseUrl, {
    max: connections,
    idle_timeout: 30,
    onnotice: () => {},
    prepare: false,
    fetch_types: false,
  });
  const jwtSecret = new TextEncoder().encode(keys.jwtSecret);
  const access = new AuthAccess(keys);
  const mail: AuthContext["mail"] = (message) => lite.sendMail(message);
  const auth: AuthContext = { sql, settings, apiUrl, jwtSecret, wrongCodes: new Map(), mail };
  lite.replaceMailer({
    // `signUp` sends a mail of its own.
    sendConfirmation: async () => {},
    sendReauthentication: (to, code) => mailNonce(auth, to, code),
  });

  async function answer(
    request: Request,
    pathname: string,
    send: (request: Request) => Promise<Response>,
  ): Promise<Response> {
    const path = pathname.slice("/auth/v1/".length);
    const role = WITHOUT_KEY.test(path) && request.method === "GET" ? "anon" : await access.roleOf(request);
    if (role instanceof Response) return role;
    if (/^(admin(\/|$)|invite$)/.test(path)) await access.requireAdmin(request, role);
    const name = `${request.method} ${path.replace(/^admin\/users\/[^/]+$/, "admin/users/*")}`;
    const handler = HANDLERS[name];
    const query = new URL(request.url).searchParams;
    query.delete("apikey");
    const body = await readBody(request, handler !== undefined && !WITHOUT_BODY.test(name));
    const lite: Call["lite"] = (...part) => send(liteRequest(request, access.keyOf(role), ...part));
    const call: Call = { request, path, query, body, lite };
    const missing = missingFeature(call);
    if (missing) throw missing;
    if (!handler) throw new AuthProblem(404, "not_found", `Auth has no ${request.method} /${path}`);
    return handler(auth, call);
  }

  return {
    fetch: async (...call) => {
      try {
        return await answer(...call);
      } catch (error) {
        const problem = error instanceof AuthProblem ? error : problemOfDatabase(error);
        if (!problem) throw error;
        return problem.response();
      }
    },
    stop: () => sql.end({ timeout: 5 }),
  };
}

function liteRequest(
  { url, headers: given }: Request,
  key: string,
  method: string,
  path: string,
  body?: object,
): Request {
  const headers = new Headers({ apikey: key, "Content-Type": "application/json" });
  const authorization = given.get("Authorization");
  if (authorization) headers.set("Authorization", authorization);
  return new Request(new URL(`/auth/v1/${path}`, url), { method, headers, body: body && JSON.stringify(body) });
}

/** Runs one request at a time: of two concurrent sign-ups with the same email, lite answers 500 to the second. */
function inTurn(handler: Handler): Handler {
  let last: Promise<unknown> = Promise.resolve();
  return (auth, call) => {
    const turn = last.then(() => handler(auth, call));
    last = turn.catch(() => undefined);
    return turn;
  };
}
