import type { Sql } from "postgres";
import { z } from "zod";
import type { StackConfig } from "../config.ts";
import { AuthProblem, invalid } from "./problems.ts";

/** What every handler needs. */
export type AuthContext = {
  sql: Sql;
  settings: StackConfig["auth"];
  /** The address of the API, for links in mails. */
  apiUrl: string;
  jwtSecret: Uint8Array;
  /** How many wrong codes were given for an address since the last right one. */
  wrongCodes: Map<string, number>;
  /** Where mails go: the embedded stack prints them. */
  mail(message: { to: string; subject: string; text: string }): Promise<unknown>;
};

/** A request to Auth. */
export type Call = {
  request: Request;
  /** Below `/auth/v1/`, decoded. */
  path: string;
  query: URLSearchParams;
  body: z.infer<typeof bodySchema>;
  /** Lite's Auth. */
  lite(method: string, path: string, body?: object): Promise<Response>;
};

export type Handler = (auth: AuthContext, call: Call) => Promise<Response>;

/** `sql.begin`, whose `sql` lacks what no transaction has, with the type that everything else takes. */
export function inTransaction<T>(sql: Sql, work: (sql: Sql) => Promise<T>): Promise<T> {
  return sql.begin((transaction) => work(transaction as unknown as Sql)) as Promise<T>;
}

/** As much metadata as fits into a token, and with it into the 50 KB of headers that PostgREST takes. */
const MAX_BYTES = 32 * 1024;

/** GoTrue takes 1 MB, but a token of that size does not fit into a header. */
export function refuseTooLarge(content: string): void {
  if (Buffer.byteLength(content) <= MAX_BYTES) return;
  throw new AuthProblem(
    413,
    "request_entity_too_large",
    `A request and a user's metadata have at most ${MAX_BYTES} bytes`,
  );
}

/** Of a longer password, bcrypt would ignore the rest. */
export function refuseTooLongPassword(password: string | null | undefined): void {
  if (Buffer.byteLength(password ?? "") > 72) throw invalid("Password cannot be longer than 72 characters");
}

const text = z.string().nullish();
const flag = z.boolean().nullish();
const metadata = z.record(z.string(), z.unknown()).nullish();

/** The fields of all endpoints: the same name has the same type everywhere. */
const bodySchema = z.looseObject({
  email: text,
  new_email: text,
  phone: text,
  password: text,
  password_hash: text,
  data: metadata,
  user_metadata: metadata,
  app_metadata: metadata,
  type: text,
  token: text,
  token_hash: text,
  refresh_token: text,
  auth_code: text,
  code_verifier: text,
  code_challenge: text,
  code_challenge_method: text,
  create_user: flag,
  redirect_to: text,
  id: text,
  aud: text,
  role: text,
  ban_duration: text,
  email_confirm: flag,
  phone_confirm: flag,
  should_soft_delete: flag,
});

/** Reads the JSON of a request. GoTrue reads JSON whatever the content type. */
export async function readBody(request: Request, needsBody: boolean): Promise<Call["body"]> {
  const content = await request.text();
  refuseTooLarge(content);
  if (content === "" && !needsBody) return {};
  let given: unknown;
  try {
    given = JSON.parse(content);
  } catch (error) {
    throw new AuthProblem(400, "bad_json", `Could not parse request body as JSON: ${(error as Error).message}`);
  }
  const { success, data, error } = bodySchema.safeParse(given);
  if (success) return data;
  const [issue] = error.issues;
  throw new AuthProblem(
    400,
    "bad_json",
    `Could not parse request body: ${issue!.path.join(".") || "body"}: ${issue!.message}`,
  );
}

/** An address as it is stored. */
export function emailOf(given: string | null | undefined): string {
  if (!given) throw invalid("An email address is required");
  if (given.length > 255) throw invalid("An email address is too long");
  if (!/^[^\s\p{Cc}@]+@[^\s\p{Cc}@.]+(\.[^\s\p{Cc}@.]+)+$/u.test(given))
    throw invalid("Unable to validate email address: invalid format");
  return given.toLowerCase();
}
