import { NOT_IN_STACK, notInStack } from "../missing.ts";
import type { Call } from "./call.ts";
import { AuthProblem } from "./problems.ts";

type Missing = { what: string; path?: RegExp; asks?: (call: Call) => boolean };

/** What Supabase Auth has and the embedded stack does not. docs/auth.md has the same list. */
export const MISSING: Missing[] = [
  { what: "Anonymous sign-in", asks: ({ path, body }) => path === "signup" && !body.email && !body.phone },
  {
    what: "Sign-in by phone",
    asks: ({ path, body }) => !path.startsWith("admin/") && (Boolean(body.phone) || isSms(body)),
  },
  {
    what: "Sign-in with an ID token",
    asks: ({ path, query }) => path === "token" && query.get("grant_type") === "id_token",
  },
  {
    what: "Sign-in with a Web3 wallet",
    asks: ({ path, query }) => path === "token" && query.get("grant_type") === "web3",
  },
  { what: "Sign-in with an OAuth provider", path: /^(authorize|callback)$/ },
  { what: "Linking identities", path: /^user\/identities(\/|$)/ },
  { what: "Single sign-on", path: /^(admin\/)?sso(\/|$)/ },
  { what: "Multi-factor authentication", path: /^(admin\/users\/[^/]+\/)?factors(\/|$)/ },
  { what: "Passkeys", path: /^(admin\/users\/[^/]+\/)?passkeys(\/|$)/ },
  { what: "The OAuth server", path: /^((admin|user)\/)?oauth(\/|$)|^\.well-known\/oauth-authorization-server$/ },
  { what: "Custom OAuth providers", path: /^admin\/custom-providers(\/|$)/ },
  { what: "The audit log", path: /^admin\/audit$/ },
  { what: "SCIM", path: /^scim(\/|$)/ },
];

function isSms({ type }: Call["body"]): boolean {
  return type === "sms" || type === "phone_change";
}

/** Refuses by name what the embedded stack does not have. */
export function missingFeature(call: Call): AuthProblem | undefined {
  const missing = MISSING.find(({ path, asks }) => path?.test(call.path) || asks?.(call));
  if (!missing) return undefined;
  // auth-js reads no body of a 5xx: the message would be "{}".
  const status = call.request.headers.has("X-Supabase-Api-Version") ? 422 : 501;
  return new AuthProblem(status, NOT_IN_STACK, notInStack(missing.what));
}
