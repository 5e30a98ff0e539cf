import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, extname, join } from "node:path";

const STATIC_DIR = join(dirname(createRequire(import.meta.url).resolve("@supabase/lite/dist/manifest.json")), "..");

const CONTENT_TYPES: Record<string, string> = {
  ".js": "text/javascript",
  ".css": "text/css",
  ".woff2": "font/woff2",
  ".ico": "image/x-icon",
};

const PROXY_HEADERS = ["forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "cf-connecting-ip"];

/** Studio's own scripts, styles and fonts. */
export async function studioAsset(pathname: string): Promise<Response | undefined> {
  const folder = pathname.startsWith("/static/assets/") ? "assets" : ".";
  try {
    const bytes = await readFile(join(STATIC_DIR, folder, basename(pathname)));
    const type = CONTENT_TYPES[extname(pathname)] ?? "application/octet-stream";
    return new Response(bytes, { headers: { "Content-Type": type, "Cache-Control": "max-age=3600" } });
  } catch {
    return undefined;
  }
}

/** Whether a request comes from this machine and has its name as `Host`, which rules out DNS rebinding. */
export function isLocal(request: Request, peerAddress: string | null): boolean {
  const loopback = peerAddress === "127.0.0.1" || peerAddress === "::1" || peerAddress === "::ffff:127.0.0.1";
  const host = request.headers.get("host")?.replace(/:\d+$/, "");
  return (
    loopback && (host === "127.0.0.1" || host === "localhost") && !PROXY_HEADERS.some((h) => request.headers.has(h))
  );
}

/**
 * Whether a Studio page sent the request: only then may it use `/_system` and, without a key, act as `service_role`.
 * Browsers set these headers, and pages cannot change them.
 */
export function isFromStudio(request: Request, peerAddress: string | null): boolean {
  const origin = request.headers.get("origin");
  const sameOrigin = origin === null || origin === `http://${request.headers.get("host")}`;
  return sameOrigin && request.headers.get("sec-fetch-site") === "same-origin" && isLocal(request, peerAddress);
}
