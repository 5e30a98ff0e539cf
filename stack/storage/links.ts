import { decodeJwt } from "jose";
import { z } from "zod";
import { type Context, type ObjectPath, readJson, redirected, reshaped, unsupported } from "./http.ts";
import { refusedObjectName } from "./names.ts";

type Link = { signedUrl: string; [key: string]: unknown };

// A century: an expiry must stay a valid date.
const expiresIn = z.int().min(1).max(3_155_760_000);
const one = z.object({ expiresIn, transform: z.record(z.string(), z.unknown()).nullish() });
const many = z.object({ expiresIn, paths: z.array(z.unknown()).max(1000) });

/** Signs a URL in the form that `supabase-js` reads: `signedURL`, relative to `/storage/v1`, which lite includes. */
export async function signLink(context: Context, { bucket, name }: ObjectPath): Promise<Response> {
  const body = await readJson(context.request, one);
  if (body instanceof Response) return body;
  if (Object.keys(body.transform ?? {}).length > 0) return unsupported("Image transformations");
  return sign(context, bucket, name, body.expiresIn);
}

async function sign({ request, send }: Context, bucket: string, name: string, seconds: number): Promise<Response> {
  const path = `/object/sign/${bucket}/${name}`;
  const response = await send(redirected(request, path, { json: { expiresIn: seconds } }));
  return reshaped<Link>(response, ({ signedUrl }) => ({ signedURL: relative(signedUrl) }));
}

/** Signs several paths, which lite cannot. A path that cannot be signed has an error of its own. */
export async function signMany(context: Context, bucket: string): Promise<Response> {
  const body = await readJson(context.request, many);
  if (body instanceof Response) return body;
  const links: unknown[] = [];
  for (const path of body.paths) {
    const name = typeof path === "string" ? path : "";
    const response = refusedObjectName(name) ?? (await sign(context, bucket, name, body.expiresIn));
    const answer = (await response.json()) as { signedURL?: string; message?: string };
    links.push({ path, signedURL: answer.signedURL ?? null, error: response.ok ? null : answer.message });
  }
  return Response.json(links);
}

export async function signUpload({ request, send }: Context, { bucket, name }: ObjectPath): Promise<Response> {
  const response = await send(redirected(request, `/object/upload/sign/${bucket}/${name}`, { json: {} }));
  return reshaped<Link>(response, ({ signedUrl, token }) => ({ url: relative(signedUrl), token }));
}

const relative = (url: string) => url.replace(/^\/storage\/v1/, "");

/** Whether a request is authorized by the token of a signed URL, whose subject is an object name that callers choose. */
export function hasLinkToken({ headers }: Request): boolean {
  const token = /^Bearer\s+(\S+)/i.exec(headers.get("Authorization") ?? "")?.[1];
  if (!token) return false;
  try {
    return "intent" in decodeJwt(token);
  } catch {
    return false;
  }
}
