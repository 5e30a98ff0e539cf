import { jwtVerify } from "jose";
import type { Keys } from "../keys.ts";

export type Role = "anon" | "service_role";

/** What hosted Supabase's gateway checks in front of REST and Auth: the API key, which becomes a role. */
export class ApiKeys {
  readonly #roles: Map<string, Role>;
  readonly #secretKey: string;
  readonly #jwtSecret: Uint8Array;

  constructor({ publishableKey, secretKey, jwtSecret }: Keys) {
    this.#roles = new Map([
      [publishableKey, "anon"],
      [secretKey, "service_role"],
    ]);
    this.#secretKey = secretKey;
    this.#jwtSecret = new TextEncoder().encode(jwtSecret);
  }

  /** The role of the request's API key, or a refusal. As on Supabase, browsers may use no secret key but a legacy one. */
  async roleOf(request: Request): Promise<Role | Response> {
    const key = keyIn(request);
    if (!key) return unauthorized("No API key found in request", "No `apikey` request header or url param was found.");
    const role = await this.roleOfKey(key);
    if (!role) return unauthorized("Invalid API key", "Double check your Supabase `anon` or `service_role` API key.");
    if (key === this.#secretKey && /^\s*Mozilla\//.test(request.headers.get("User-Agent") ?? "")) {
      return unauthorized("Forbidden use of secret API key in browser", "Use the publishable key in browsers.");
    }
    return role;
  }

  /** A legacy key is a token. */
  async roleOfKey(key: string): Promise<Role | undefined> {
    const known = this.#roles.get(key);
    if (known) return known;
    const verified = await jwtVerify(key, this.#jwtSecret, { algorithms: ["HS256"] }).catch(() => undefined);
    const role = verified?.payload.role;
    return role === "anon" || role === "service_role" ? role : undefined;
  }
}

export function keyIn({ headers, url }: Request): string | null {
  return headers.get("apikey") ?? new URL(url).searchParams.get("apikey");
}

function unauthorized(message: string, hint: string): Response {
  return Response.json({ message, hint }, { status: 401 });
}
