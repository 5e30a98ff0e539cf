import postgres from "postgres";

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
    return Response.json(
      { code: status, error_code: code, msg: message, message },
      { status, headers: { "X-Sb-Error-Code": code } },
    );
  }
}

export const invalid = (message: string, status = 400) => new AuthProblem(status, "validation_failed", message);

/** What an error of the database means: a taken address, a refusal by a trigger, text that it cannot store, its restart. */
export function problemOfDatabase(error: unknown): AuthProblem | undefined {
  if (/^(57P0|CONNECTION_)/.test(String((error as { code?: string }).code))) {
    return new AuthProblem(503, "database_unavailable", "The database ended the connection. Try again");
  }
  if (!(error instanceof postgres.PostgresError)) return undefined;
  const { code, message, detail, constraint_name: constraint = "" } = error;
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
