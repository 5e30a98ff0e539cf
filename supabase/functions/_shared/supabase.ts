import { createClient, isAuthRetryableFetchError, type SupabaseClient } from "@supabase/supabase-js";
import { isSame } from "./digests.ts";
import { Refusal } from "./http.ts";

/** The signed-in caller, and a client whose requests run as them, subject to row-level security. */
export type Caller = { id: string; client: SupabaseClient };

export type Supabase = {
  /** A client with the secret key. */
  service: SupabaseClient;
  /** Calls a database function that only `service_role` may call. */
  call<T>(name: string, args: Record<string, unknown>): Promise<T>;
  /** The person whose access token the request carries; refuses with 401 if there is none. */
  requireCaller(request: Request): Promise<Caller>;
  /** Refuses a request that does not carry the secret key as `apikey`. */
  requireSecretKey(request: Request): Promise<void>;
};

/** Connects with Supabase's environment: dictionaries of keys on hosted projects, single keys on older ones. */
export function connect(env: (name: string) => string | undefined): Supabase {
  const url = env("SUPABASE_URL")!;
  const keys = (name: string) => Object.values(JSON.parse(env(name) ?? "{}") as Record<string, string>);
  const secretKeys = [...keys("SUPABASE_SECRET_KEYS"), env("SUPABASE_SERVICE_ROLE_KEY") ?? ""].filter((key) =>
    key !== ""
  );
  const publishableKey = keys("SUPABASE_PUBLISHABLE_KEYS")[0] ?? env("SUPABASE_ANON_KEY")!;
  const auth = { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false };
  const service = createClient(url, secretKeys[0]!, { auth });
  const visitor = createClient(url, publishableKey, { auth });
  /** The claims of a valid token. The library throws on a malformed one. */
  const readClaims = async (token: string) => {
    const { data, error } = await visitor.auth.getClaims(token).catch(() => ({ data: null, error: null }));
    if (isAuthRetryableFetchError(error)) {
      throw new Refusal(
        503,
        "auth_unavailable",
        "Your access token cannot be verified right now. Try again in a moment.",
      );
    }
    return data?.claims;
  };
  return {
    service,
    async call<T>(name: string, args: Record<string, unknown>): Promise<T> {
      try {
        return unwrap(await service.schema("ticket_service").rpc(name, args)) as T;
      } catch (error) {
        // Our own refusals have word codes. Any other code is a fault on our side: log it, and do not expose it.
        if (!(error instanceof Refusal) || !/^(PGRST\d+|[0-9A-Z]{5})$/.test(error.code)) throw error;
        console.error(`${name}: ${error.code}`);
        throw unavailable();
      }
    },
    async requireCaller(request) {
      const token = request.headers.get("authorization")?.match(/^bearer\s+(\S+)$/i)?.[1];
      const claims = token ? await readClaims(token) : undefined;
      if (!token || !claims?.sub || claims.role !== "authenticated") {
        throw new Refusal(401, "sign_in_required", "Sign in and send your access token.");
      }
      const headers = { Authorization: `Bearer ${token}` };
      return { id: claims.sub, client: createClient(url, publishableKey, { auth, global: { headers } }) };
    },
    async requireSecretKey(request) {
      const given = request.headers.get("apikey") ?? "";
      const matches = await Promise.all(secretKeys.map((key) => isSame(given, key)));
      if (!matches.includes(true)) {
        throw new Refusal(401, "secret_key_required", "Send the secret key in the apikey header.");
      }
    },
  };
}

type Answer = {
  data: unknown;
  error: { code: string; message: string; details?: string | null } | null;
  status: number;
};

/** The data of a database response. Passes 4xx errors on unchanged; anything else becomes a 503. */
export function unwrap({ data, error, status }: Answer): unknown {
  if (!error) return data;
  if (status >= 400 && status < 500 && error.code) {
    throw new Refusal(status, error.code, error.message, error.details ?? undefined);
  }
  throw unavailable();
}

export const unavailable = () =>
  new Refusal(503, "database_unavailable", "The database is not available. Try again in a moment.");
