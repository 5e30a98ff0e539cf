import { ApiKeys, type Role } from "../api/api-keys.ts";
import type { Keys } from "../keys.ts";
import { AuthProblem } from "./problems.ts";

/** Who may use Auth, and its admin endpoints. */
export class AuthAccess {
  readonly #keys: Keys;
  readonly #apiKeys: ApiKeys;

  constructor(keys: Keys) {
    this.#keys = keys;
    this.#apiKeys = new ApiKeys(keys);
  }

  roleOf(request: Request): Promise<Role | Response> {
    return this.#apiKeys.roleOf(request);
  }

  /** Only the secret key may administer users. Beside it, the token of a user counts, and users may not. */
  async requireAdmin(request: Request, roleOfKey: Role): Promise<void> {
    const bearer = /^bearer\s+(.+)$/i.exec(request.headers.get("Authorization") ?? "")?.[1];
    const role = bearer ? ((await this.#apiKeys.roleOfKey(bearer)) ?? "none") : roleOfKey;
    if (roleOfKey === "service_role" && role === "service_role") return;
    if (role === "anon" && bearer?.startsWith("sb_")) {
      throw new AuthProblem(401, "no_authorization", "This endpoint requires a secret key");
    }
    throw new AuthProblem(403, "not_admin", "User not allowed");
  }

  /** The key that lite knows for a role. */
  keyOf(role: Role): string {
    return role === "service_role" ? this.#keys.secretKey : this.#keys.publishableKey;
  }
}
