import { z } from "zod";
import { digest } from "./digests.ts";

/** An error response: `{error: {code, message, details?}}` with this HTTP status. */
export class Refusal extends Error {
  constructor(readonly status: number, readonly code: string, message: string, readonly details?: unknown) {
    super(message);
  }

  toResponse(): Response {
    const { code, message, details } = this;
    return reply({ error: { code, message, ...(details === undefined ? {} : { details }) } }, this.status);
  }
}

const MAX_BODY_BYTES = 64 * 1024;
const CORS = {
  "Access-Control-Allow-Origin": "*",
  "Access-Control-Allow-Headers": "authorization, apikey, content-type, idempotency-key, x-client-info",
  "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
};

/** A JSON response that pages of any origin may read. */
export function reply(body: unknown, status = 200): Response {
  return Response.json(body, { status, headers: CORS });
}

export const data = (value: unknown, status = 200): Response => reply({ data: value }, status);

/** The response stored for an Idempotency-Key: a success as its `data`, a failure as the whole `{error}` envelope. */
export const answer = (kept: { status: number; answer: unknown }): Response =>
  kept.status < 400 ? data(kept.answer, kept.status) : reply(kept.answer, kept.status);

/** The refusal stored for an Idempotency-Key, to be thrown. */
export function kept({ status, answer }: { status: number; answer: unknown }): Refusal {
  const { code, message } = (answer as { error: { code: string; message: string } }).error;
  return new Refusal(status, code, message);
}

/** Answers CORS preflights, refuses other methods, and turns errors of the handler into the `{error}` envelope. */
export function endpoint(methods: ("GET" | "POST")[], handle: (request: Request) => Promise<Response>) {
  return async (request: Request): Promise<Response> => {
    if (request.method === "OPTIONS") return new Response(null, { status: 204, headers: CORS });
    try {
      if (!(methods as string[]).includes(request.method)) {
        throw new Refusal(405, "method_not_allowed", `Use the ${methods.join(" or ")} method.`);
      }
      return await handle(request);
    } catch (error) {
      if (error instanceof Refusal) return error.toResponse();
      // Log only the name and stack frames: the message may contain a person's or a provider's data.
      const places = error instanceof Error ? error.stack?.split("\n").filter((line) => /^\s+at /.test(line)) : [];
      console.error([error instanceof Error ? error.name : "unknown error", ...places ?? []].join("\n"));
      return new Refusal(500, "internal_error", "Something went wrong on our side. Try again in a moment.")
        .toResponse();
    }
  };
}

/** Reads the body as text, up to 64 KB. */
export async function readText(request: Request): Promise<string> {
  const tooLarge = () => new Refusal(413, "body_too_large", `The body may have at most ${MAX_BODY_BYTES} bytes.`);
  if (Number(request.headers.get("content-length") ?? 0) > MAX_BODY_BYTES) throw tooLarge();
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let text = "";
  let bytes = 0;
  try {
    for await (const chunk of request.body ?? []) {
      bytes += chunk.byteLength;
      if (bytes > MAX_BODY_BYTES) throw tooLarge();
      text += decoder.decode(chunk, { stream: true });
    }
    return text + decoder.decode();
  } catch (error) {
    if (error instanceof TypeError) throw new Refusal(400, "invalid_body", "The body is not valid UTF-8.");
    throw error;
  }
}

/** Reads and validates a JSON body. A refusal names the invalid fields. */
export async function readBody<T extends z.ZodType>(request: Request, shape: T): Promise<z.infer<T>> {
  const text = await readText(request);
  let value: unknown;
  let hasNul = false;
  try {
    value = JSON.parse(text, (name, part) => {
      hasNul ||= name.includes("\0") || typeof part === "string" && part.includes("\0");
      return part;
    });
  } catch {
    throw new Refusal(400, "invalid_body", "The body is not valid JSON.");
  }
  // PostgreSQL's text type cannot store it.
  if (hasNul) {
    throw new Refusal(400, "invalid_body", "Text cannot contain the character U+0000.");
  }
  return check(shape, value);
}

/** Reads and validates the query parameters. */
export function readQuery<T extends z.ZodType>(request: Request, shape: T): z.infer<T> {
  return check(shape, Object.fromEntries(new URL(request.url).searchParams));
}

function check<T extends z.ZodType>(shape: T, value: unknown): z.infer<T> {
  const result = shape.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const place = issue?.path.length ? `${issue.path.join(".")}: ` : "";
  throw new Refusal(400, "invalid_body", `${place}${issue?.message ?? "The value is invalid."}`, {
    issues: result.error.issues.slice(0, 10).map(({ path, message }) => ({ path, message })),
  });
}

/** Reads the `Idempotency-Key` and hashes the body, which a repetition must match. */
export async function readKey(
  request: Request,
  body: unknown,
): Promise<{ idempotency_key: string; request_hash: string }> {
  const key = request.headers.get("idempotency-key")?.trim();
  if (!key) {
    throw new Refusal(
      400,
      "idempotency_key_required",
      "Send an Idempotency-Key: a new key for each request, and the same key when you retry it.",
    );
  }
  return { idempotency_key: key, request_hash: await digest("SHA-256", JSON.stringify(body)) };
}
