import { AsyncLocalStorage } from "node:async_hooks";

/** What lite printed for the current request. */
export const currentRequest = new AsyncLocalStorage<{ complaints: unknown[] }>();

type DatabaseError = Error & { code: string };

/** HTTP status by SQLSTATE or its class, as in PostgREST. Others are 400, but for faults. */
const STATUS: Record<string, number> = {
  "0L": 403,
  "0P": 403,
  "23503": 409,
  "23505": 409,
  "25006": 405,
  "28": 403,
  "42P01": 404,
};
/** What no request should cause, or what the same request may not cause again. */
const FAULT = /^(0[89]|21|25|2D|3[89]|3B|40|5[34578]|F0|HV|P0(?!001)|XX|42P17)/;

function statusOf(code: string): number | undefined {
  return STATUS[code] ?? STATUS[code.slice(0, 2)] ?? (FAULT.test(code) ? undefined : 400);
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
  /^(08...|57P0[1-4]|53300|CONNECTION_(CLOSED|DESTROYED|ENDED)|CONNECT_TIMEOUT|ECONN(REFUSED|RESET)|EPIPE)$/;

/** What a client is told then. */
export const UNAVAILABLE_MESSAGE = "The database is not available. Try again in a moment";

export function isUnavailable(error: unknown): boolean {
  return error instanceof Error && "code" in error && UNAVAILABLE.test(String(error.code));
}

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
  if (isUnavailable(error)) return { status: 503, code: "503", message: UNAVAILABLE_MESSAGE };
  if (!isDatabaseError(error)) return undefined;
  if (error.code === "57014") return { status: 504, code: error.code, message: error.message };
  const status = statusOf(error.code);
  return status === undefined ? undefined : { status, code: error.code, message: error.message };
}
