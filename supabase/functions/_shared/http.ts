import { z } from "zod";
import { digest } from "./digests.ts";

/** A refusal as clients see it: `{error: {code, message, details?}}` with this HTTP status. */
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

/** `{data}` or `{error}` as JSON, for pages of any origin. */
export function reply(body: unknown, status = 200): Response {
  return Response.json(body, { status, headers: CORS });
}

export const data = (value: unknown, status = 200): Response => reply({ data: value }, status);

/** An answer that the database keeps for an Idempotency-Key: what is no success is the whole envelope. */
export const answer = (kept: { status: number; answer: unknown }): Response =>
  kept.status < 400 ? data(kept.answer, kept.status) : reply(kept.answer, kept.status);

/** A refusal that the database keeps for an Idempotency-Key, to be thrown. */
export function kept({ status, answer }: { status: number; answer: unknown }): Refusal {
  const { code, message } = (answer as { error: { code: string; message: string } }).error;
  return new Refusal(status, code, message);
}

/** Answers preflights, refuses other methods, and turns what the handler throws into the envelope. */
export function endpoint(methods: ("GET" | "POST")[], handle: (request: Request) => Promise<Response>) {
  return async (request: Request): Promise<Response> => {
    if (request.method === "OPTIONS") return new Response(null, { status: 204, headers: CORS });
    try {
      if (!(methods as string[]).includes(request.method)) {
        throw new Refusal(405, "method_not_allowed", `Send a ${methods.join(" or a ")}.`);
      }
      return await handle(request);
    } catch (error) {
      if (error instanceof Refusal) return error.toResponse();
      // Only its kind and place: a message may hold what a provider or a person wrote.
      const places = error instanceof Error ? error.stack?.split("\n").filter((line) => /^\s+at /.test(line)) : [];
      console.error([error instanceof Error ? error.name : "unknown error", ...places ?? []].join("\n"));
      return new Refusal(500, "internal_error", "Something went wrong here. Try again in a moment.").toResponse();
    }
  };
}

/** The body as text, at most 64 KB of it. */
export async function readText(request: Request): Promise<string> {
  const tooLarge = () => new Refusal(413, "body_too_large", `A body has at most ${MAX_BODY_BYTES} bytes.`);
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
    if (error instanceof TypeError) throw new Refusal(400, "invalid_body", "The body is not UTF-8.");
    throw error;
  }
}

/** The body as JSON of this shape; anything else is refused with what is wrong with it. */
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
    throw new Refusal(400, "invalid_body", "Send a body of JSON.");
  }
  // PostgreSQL has no text with it.
  if (hasNul) {
    throw new Refusal(400, "invalid_body", "Text cannot have the character U+0000.");
  }
  return check(shape, value);
}

/** The parameters of the address. */
export function readQuery<T extends z.ZodType>(request: Request, shape: T): z.infer<T> {
  return check(shape, Object.fromEntries(new URL(request.url).searchParams));
}

function check<T extends z.ZodType>(shape: T, value: unknown): z.infer<T> {
  const result = shape.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const place = issue?.path.length ? `${issue.path.join(".")}: ` : "";
  throw new Refusal(400, "invalid_body", `${place}${issue?.message ?? "This is not what is expected here."}`, {
    issues: result.error.issues.slice(0, 10).map(({ path, message }) => ({ path, message })),
  });
}

/** The `Idempotency-Key` of a request, and what else makes it the same request. */
export async function readKey(
  request: Request,
  body: unknown,
): Promise<{ idempotency_key: string; request_hash: string }> {
  const key = request.headers.get("idempotency-key")?.trim();
  if (!key) {
    throw new Refusal(
      400,
      "idempotency_key_required",
      "Send an Idempotency-Key: a new one with each new request, the same when you repeat it.",
    );
  }
  return { idempotency_key: key, request_hash: await digest("SHA-256", JSON.stringify(body)) };
}
