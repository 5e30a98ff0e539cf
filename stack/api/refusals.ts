import { AsyncLocalStorage } from "node:async_hooks";

/** What lite printed for the current request. */
export const currentRequest = new AsyncLocalStorage<{ complaints: unknown[] }>();

type DatabaseError = Error & { code: string };

/** HTTP status by SQLSTATE or its class, as in PostgREST. */
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

function statusOf(code: string): number {
  return STATUS[code] ?? STATUS[code.slice(0, 2)] ?? 400;
}

function isDatabaseError(error: unknown): error is DatabaseError {
  return error instanceof Error && "code" in error && /^[0-9A-Z]{5}$/.test(String(error.code)) && "severity" in error;
}

/**
 * Lite prints the error of every request that it refuses. What it prints during a request is kept, and shown only if the
 * response is a server error (`gateway.ts`).
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

/** Codes of errors after which the same request may succeed: PostgreSQL ended or refused the connection. */
const UNAVAILABLE =
  /^(08...|57P0[1-4]|53300|CONNECTION_(CLOSED|DESTROYED)|CONNECT_TIMEOUT|ECONN(REFUSED|RESET)|EPIPE)$/;

/**
 * What a 500 of lite's auth or storage should have been: a 4xx for a value that the database refuses, an invalid or
 * expired token of a signed URL, or a missing file; a 503 while the database is away, a 504 for what it takes too long for.
 */
export function refusalBehind(complaints: unknown[]): { status: number; code: string; message: string } | undefined {
  const error = complaints.findLast((complaint) => complaint instanceof Error) as
    | (Error & { code?: string })
    | undefined;
  // The row exists without its file: the database or the folder was replaced.
  if (error?.code === "ENOENT")
    return { status: 404, code: "NoSuchKey", message: "The file of this object is missing" };
  if (error?.code?.startsWith("ERR_J")) return { status: 400, code: "InvalidJWT", message: error.message };
  if (UNAVAILABLE.test(error?.code ?? "")) {
    return { status: 503, code: "503", message: "The database ended the connection during this request" };
  }
  if (!isDatabaseError(error)) return undefined;
  if (error.code === "57014") return { status: 504, code: error.code, message: error.message };
  const status = statusOf(error.code);
  return status < 500 ? { status, code: error.code, message: error.message } : undefined;
}
