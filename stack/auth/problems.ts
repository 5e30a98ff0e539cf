import postgres from "postgres";
import { isUnavailable, UNAVAILABLE_MESSAGE } from "../api/refusals.ts";

/** A refusal in the format of Supabase Auth, which auth-js reads. */
export class AuthProblem extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }

  response(): Response {
    const { status, code, message } = this;
    const response = Response.json(
      { code: status, error_code: code, msg: message, message },
      { status, headers: { "X-Sb-Error-Code": code } },
    );
    if (status === 503) response.headers.set("Retry-After", "1");
    return response;
  }
}

export const invalid = (message: string, status = 400) => new AuthProblem(status, "validation_failed", message);

/** What an error of the database means: a taken address, a refusal by a trigger, text that it cannot store, its absence. */
export function problemOfDatabase(error: unknown): AuthProblem | undefined {
  if (isUnavailable(error)) return new AuthProblem(503, "database_unavailable", UNAVAILABLE_MESSAGE);
  if (!(error instanceof postgres.PostgresError)) return undefined;
  const { code, message, detail, constraint_name: constraint = "" } = error;
  if (code === "57014") return new AuthProblem(504, "request_timeout", message);
  if (code === "23505" && /email/.test(constraint)) return emailExists();
  if (code === "23505" && /phone/.test(constraint)) {
    return new AuthProblem(422, "phone_exists", "Phone number already registered by another user");
  }
  if (code === "23505") return new AuthProblem(422, "conflict", message);
  if (code === "PGRST") {
    const refusal = JSON.parse(message) as { code: string; message: string };
    return new AuthProblem(JSON.parse(detail ?? "{}").status ?? 400, refusal.code, refusal.message);
  }
  return code === "P0001" || /^2[23]/.test(code) ? invalid(message) : undefined;
}

export const emailExists = () =>
  new AuthProblem(422, "email_exists", "A user with this email address has already been registered");

export const userBanned = (status: 400 | 403) => new AuthProblem(status, "user_banned", "User is banned");
