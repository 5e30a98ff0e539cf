import type { PostgresConnection } from "@supabase/lite/postgres";
import { type Kysely, sql } from "kysely";
import { currentRequest } from "./refusals.ts";

type Vars = {
  auth?: { uid?: string | null; role?: string; jwt?: Record<string, unknown> | null };
  storage?: { operation?: string | null };
};

type Rpc = { method: string; path: string; requestHeaders?: Record<string, string> };

/** The part of lite's connection that is replaced; its types call it private. */
type Replaceable = {
  applyJwtSessionContext(db: Kysely<unknown>, vars: Vars): Promise<void>;
  applyRpcRequestGucs(db: Kysely<unknown>, rpc: Rpc): Promise<void>;
};

/**
 * Replaces how lite tells the transaction of a request who asks, for two reasons: PostgREST's search path begins with the
 * schema of the request, where lite sets none; and lite takes five statements, ten for a function, for what one and two can do, which on the embedded
 * database is most of the time that a small request takes.
 */
export function setRequestContext(connection: PostgresConnection, extraSearchPath: string[]): void {
  const replaceable = connection as unknown as Replaceable;
  if (!replaceable.applyJwtSessionContext || !replaceable.applyRpcRequestGucs) {
    throw new Error(
      "this version of @supabase/lite sets the context of a request in another way: see request-context.ts",
    );
  }
  replaceable.applyJwtSessionContext = async (db, { auth, storage }) => {
    const role = auth?.role || "anon";
    const schemas = [currentRequest.getStore()?.schema, ...extraSearchPath].filter((name) => name !== undefined);
    await sql`select
      set_config('search_path', ${schemas.map(quoteIdentifier).join(", ")}, true),
      set_config('request.jwt.claims', ${JSON.stringify(auth?.jwt ?? { role })}, true),
      set_config('request.jwt.claim.sub', ${String(auth?.uid ?? "")}, true),
      set_config('request.jwt.claim.role', ${role}, true),
      set_config('storage.operation', ${storage?.operation ?? ""}, true),
      set_config('role', ${role}, true)`.execute(db);
  };
  replaceable.applyRpcRequestGucs = async (db, { method, path, requestHeaders }) => {
    await sql`select
      set_config('response.status', '', true),
      set_config('response.headers', '', true),
      set_config('request.method', ${method}, true),
      set_config('request.path', ${path}, true),
      set_config('request.headers', ${JSON.stringify(requestHeaders ?? {})}, true)`.execute(db);
  };
}

function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
