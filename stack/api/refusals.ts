import { AsyncLocalStorage } from "node:async_hooks";

/** The request that lite is answering. `schema` is set for `/rest/v1` alone, `complaints` are what lite printed. */
export const currentRequest = new AsyncLocalStorage<{ schema?: string; complaints: unknown[] }>();

type DatabaseError = { code: string; message: string; detail?: string; hint?: string };

/** Which HTTP status PostgREST answers, by SQLSTATE or its class (postgrest.org, "Errors", "HTTP Status Codes"). */
const STATUS: Record<string, number> = {
  "08": 503,
  "09": 500,
  "0L": 403,
  "0P": 403,
  "23503": 409,
  "23505": 409,
  "25006": 405,
  "21": 500,
  "25": 500,
  "28": 403,
  "2D": 500,
  "38": 500,
  "39": 500,
  "3B": 500,
  "40": 500,
  "53400": 500,
  "53": 503,
  "54": 500,
  "55": 500,
  "57P01": 503,
  "57": 500,
  "58": 500,
  F0: 500,
  HV: 500,
  P0001: 400,
  P0: 500,
  XX: 500,
  "42P01": 404,
  "42P17": 500,
};

/**
 * What lite answers like PostgREST by itself: it knows who asks (42501), and words missing columns and functions (42703,
 * 42883) as PostgREST does.
 */
const LEFT_TO_LITE = new Set(["42501", "42703", "42883"]);

export function statusOf(code: string): number {
  return STATUS[code] ?? STATUS[code.slice(0, 2)] ?? 400;
}

/**
 * The form in which lite passes a refusal on as it is: that of `raise sqlstate 'PGRST'`. Without it a check violation, a
 * plain `raise exception` and SQLSTATEs of one's own become status 500.
 *
 * What already says which status it wants (`PGRST`, `PTxyz`) keeps its form, and so do errors outside of REST requests,
 * whose codes lite's auth and storage look at.
 */
export function asRefusal(error: unknown): unknown {
  if (!isDatabaseError(error) || currentRequest.getStore()?.schema === undefined) return error;
  const { code, message, detail, hint } = error;
  if (code === "PGRST" || code.startsWith("PT") || LEFT_TO_LITE.has(code)) return refusal(error);
  return refusal({
    code: "PGRST",
    message: JSON.stringify({ code, message, details: detail ?? null, hint: hint ?? null }),
    detail: JSON.stringify({ status: isMalformedValue(error) ? 400 : statusOf(code), headers: {} }),
  });
}

/**
 * Text that is no geometry or no tsquery is called an internal error (XX000), and an array or value beyond some limit too
 * complex (54000). They are the client's, like any malformed value.
 */
function isMalformedValue({ code, message }: DatabaseError): boolean {
  return (code === "XX000" && /geometry|geography|tsquery/i.test(message)) || code.startsWith("54");
}

/** Whether lite gave up on a request because it could not read its query; it calls that a fault of its own. */
export function isUnreadable(complaints: unknown[]): boolean {
  return complaints.some((complaint) => /Missing closing quote/.test(String(complaint)));
}

function isDatabaseError(error: unknown): error is DatabaseError {
  return error instanceof Error && "code" in error && /^[0-9A-Z]{5}$/.test(String(error.code)) && "severity" in error;
}

function refusal({ code, message, detail, hint }: DatabaseError): DatabaseError {
  return { code, message, detail, hint };
}

/**
 * Lite prints the error of every request that it refuses. Refusals are no faults of the server, so what is printed during
 * a request is kept until its answer is known, and shown only if that is a fault (`gateway.ts`).
 */
export function holdBackComplaints(): () => void {
  const original = console.error;
  console.error = (...words: unknown[]) => {
    const request = currentRequest.getStore();
    if (request === undefined) original(...words);
    else request.complaints.push(...words);
  };
  return () => {
    console.error = original;
  };
}

/**
 * The 4xx that a fault (500) of lite's auth or storage should have been: a value that the database does not take, a signed
 * link whose token is forged or old, a file that is gone.
 */
export function refusalBehind(complaints: unknown[]): { status: number; code: string; message: string } | undefined {
  const error = complaints.findLast((complaint) => complaint instanceof Error) as
    | (Error & { code?: string })
    | undefined;
  // The row is there, and its file is not: another database was served, or the files were thrown away.
  if (error?.code === "ENOENT") return { status: 404, code: "NoSuchKey", message: "The file of this object is gone" };
  if (error?.code?.startsWith("ERR_J")) return { status: 400, code: "InvalidJWT", message: error.message };
  if (!isDatabaseError(error)) return undefined;
  const status = statusOf(error.code);
  return status < 500 ? { status, code: error.code, message: error.message } : undefined;
}
