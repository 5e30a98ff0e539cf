import { sign } from "hono/jwt";

/** A person's token, as Auth issues it. */
export function personToken(jwtSecret: string, sub: string, claims: Record<string, unknown> = {}): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const payload = { sub, aud: "authenticated", role: "authenticated", iat: now, exp: now + 3600, ...claims };
  return sign(payload, jwtSecret, "HS256");
}
