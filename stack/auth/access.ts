import { jwtVerify } from "jose";
import type { Keys } from "../keys.ts";
import { AuthProblem } from "./problems.ts";

/** What hosted Supabase's gateway checks in front of Auth: the API key, and who may use the admin endpoints. */
export class AuthAccess {
  readonly #keys: Keys;
  readonly #jwtSecret: Uint8Array;

  constructor(keys: Keys, jwtSecret: Uint8Array) {
    this.#keys = keys;
    this.#jwtSecret = jwtSecret;
  }

  /** The role of the request's API key, or a refusal. A legacy key is a token. */
  async roleOf(request: Request): Promise<"anon" | "service_role" | Response> {
    const key = request.headers.get("apikey") ?? new URL(request.url).searchParams.get("apikey");
    if (!key) return unauthorized("No API key found in request", "No `apikey` request header or url param was found.");
    const role = await this.#roleOfKey(key);
    if (!role) return unauthorized("Invalid API key", "Double check your Supabase `anon` or `service_role` API key.");
    if (key === this.#keys.secretKey && /^\s*Mozilla\//.test(request.headers.get("User-Agent") ?? "")) {
      return unauthorized("Forbidden use of secret API key in browser", "Use the publishable key in browsers.");
    }
    return role;
  }

  /** Only the secret key may administer users. Beside it, the token of a user counts, and users may not. */
  async requireAdmin(request: Request, roleOfKey: string): Promise<void> {
    const bearer = /^bearer\s+(.+)$/i.exec(request.headers.get("Authorization") ?? "")?.[1];
    const role = bearer ? ((await this.#roleOfKey(bearer)) ?? "none") : roleOfKey;
    if (roleOfKey === "service_role" && role === "service_role") return;
    if (role === "anon" && bearer?.startsWith("sb_")) {
      throw new AuthProblem(401, "no_authorization", "This endpoint requires a secret key");
    }
    throw new AuthProblem(403, "not_admin", "User not allowed");
  }

  /** The key that lite knows for a role. */
  keyOf(role: "anon" | "service_role"): string {
    return role === "service_role" ? this.#keys.secretKey : this.#keys.publishableKey;
  }

  async #roleOfKey(key: string): Promise<"anon" | "service_role" | undefined> {
    if (key === this.#keys.publishableKey) return "anon";
    if (key === this.#keys.secretKey) return "service_role";
    const verified = await jwtVerify(key, this.#jwtSecret, { algorithms: ["HS256"] }).catch(() => undefined);
    const role = verified?.payload.role;
    return role === "anon" || role === "service_role" ? role : undefined;
  }
}

function unauthorized(message: string, hint: string): Response {
  return Response.json({ message, hint }, { status: 401 });
}
