import { MAX_NESTING, nestingOfJson } from "../api/requests.ts";
import { uploadAs } from "./files.ts";
import { type Context, encodePath, type ObjectPath, refusal, reshaped, tooLarge } from "./http.ts";

type File = { body: ArrayBuffer; mimetype: string; cacheControl: string; metadata?: object };

const MAX_METADATA_BYTES = 1024 * 1024;

/** Stores a file. Lite does not read its metadata, and knows no patterns of types. */
export async function upload({ request, send, rows }: Context, { mode, bucket, name }: ObjectPath): Promise<Response> {
  const file = await readFile(request);
  if (file instanceof Response) return file;
  const { body, mimetype, cacheControl, metadata = {} } = file;
  const types = (await rows.bucket(bucket))?.allowed_mime_types ?? [];
  const isPlaceholder = name.endsWith(".emptyFolderPlaceholder");
  if (types.length > 0 && !isPlaceholder && !types.some((type) => covers(type, mimetype))) {
    return refusal(415, "InvalidMimeType", `mime type ${mimetype} is not supported`, "invalid_mime_type");
  }
  const url = new URL(request.url);
  url.pathname = encodePath(`/object/${mode === "" ? "" : `${mode}/`}${bucket}/${name}`);
  const headers = new Headers(request.headers);
  // Lite compares types as text.
  headers.set("Content-Type", types.length === 0 || types.includes(mimetype) ? mimetype : types[0]!);
  headers.set("Content-Length", String(body.byteLength));
  const plain = new Request(url, { method: request.method, headers, body });
  const response = await uploadAs.run({ mimetype, cacheControl }, () => send(plain));
  if (response.ok) await rows.setMetadata(bucket, name, metadata);
  return reshaped<object>(response, (answer) => ({ ...answer, Key: `${bucket}/${name}` }));
}

/** Whether a type of a bucket, such as `image/*`, allows a type. */
function covers(allowed: string, mimetype: string): boolean {
  return allowed === mimetype || (allowed.endsWith("/*") && mimetype.startsWith(allowed.slice(0, -1)));
}

/** The file of a plain upload, or of a form: `supabase-js` sends a Blob in a form field without a name. */
async function readFile(request: Request): Promise<File | Response> {
  const { headers } = request;
  if (headers.get("Content-Type")?.startsWith("multipart/form-data")) return readForm(request);
  const metadata = readMetadata(Buffer.from(headers.get("X-Metadata") ?? "", "base64"));
  if (metadata instanceof Response) return metadata;
  const mimetype = headers.get("Content-Type") ?? "application/octet-stream";
  const cacheControl = headers.get("Cache-Control") ?? "no-cache";
  return { body: await request.arrayBuffer(), mimetype, cacheControl, metadata };
}

async function readForm(request: Request): Promise<File | Response> {
  const form = await request.formData().catch(() => undefined);
  const file = form && [...form.values()].find((value) => typeof value !== "string");
  if (!form || !file) return refusal(400, "InvalidRequest", "The form contains no file");
  const [seconds, text] = [form.get("cacheControl"), form.get("metadata") ?? form.get("userMetadata")];
  const metadata = readMetadata(Buffer.from(typeof text === "string" ? text : ""));
  if (metadata instanceof Response) return metadata;
  const mimetype = /^[\w.+-]+\/[\w.+-]+/.exec(file.type)?.[0] ?? "application/octet-stream";
  const cacheControl = typeof seconds === "string" && /^\d+$/.test(seconds) ? `max-age=${seconds}` : "no-cache";
  return { body: await file.arrayBuffer(), mimetype, cacheControl, metadata };
}

/** Like Storage, ignores what is not JSON. */
function readMetadata(json: Uint8Array): object | Response | undefined {
  if (json.length > MAX_METADATA_BYTES) return tooLarge("user_metadata");
  if (nestingOfJson(json) > MAX_NESTING) {
    return refusal(400, "InvalidRequest", `The metadata may be nested at most ${MAX_NESTING} deep`);
  }
  try {
    const value: unknown = JSON.parse(Buffer.from(json).toString());
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
