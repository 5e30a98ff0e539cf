import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, extname, join } from "node:path";
import { isSecret } from "../keys.ts";

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

/** In lite's Studio only the table editor works: its other buttons do nothing. */
const HIDE_DEAD_BUTTONS = `<style>
  header button,
  [data-sidebar="content"] > :not(:has([data-active="true"])),
  [data-sidebar="menu-item"]:not(:has([data-active="true"])) { display: none !important; }
</style>`;

/** Studio's page without the buttons that do nothing. */
export async function studioPage(page: Response): Promise<Response> {
  const html = await page.text();
  return new Response(html.replace("</head>", `${HIDE_DEAD_BUTTONS}</head>`), {
    status: page.status,
    headers: { "Content-Type": "text/html; charset=utf-8" },
  });
}

/** Whether a request comes from this machine and has its name as `Host`, which rules out DNS rebinding. */
export function isLocal(request: Request, peerAddress: string | null): boolean {
  const loopback = peerAddress === "127.0.0.1" || peerAddress === "::1" || peerAddress === "::ffff:127.0.0.1";
  const host = request.headers.get("host")?.replace(/:\d+$/, "");
  return (
    loopback &&
    (host === "127.0.0.1" || host === "localhost" || host === "[::1]") &&
    !PROXY_HEADERS.some((h) => request.headers.has(h))
  );
}

/** The parameter of the link that `npm start` prints, and the cookie that it becomes. */
const PARAMETER = "studio";

/**
 * Who may use Studio: a browser that was opened with the link. A Studio page may use `/_system` and, without a key, act as
 * `service_role`, which other programs and users of this machine may not.
 */
export class StudioAccess {
  readonly #secret = randomBytes(24).toString("base64url");

  /** The link to a page of Studio of an API at this URL. */
  link(apiUrl: string, path = "/"): string {
    return `${apiUrl}${path}?${PARAMETER}=${this.#secret}`;
  }

  /** Exchanges the secret of the link for a cookie, so that it does not stay in the address bar. */
  signIn(request: Request): Response | undefined {
    const url = new URL(request.url);
    if (!isSecret(url.searchParams.get(PARAMETER) ?? "", this.#secret)) return undefined;
    url.searchParams.delete(PARAMETER);
    const cookie = `${PARAMETER}=${this.#secret}; Path=/; HttpOnly; SameSite=Strict`;
    return new Response(null, { status: 302, headers: { Location: url.pathname + url.search, "Set-Cookie": cookie } });
  }

  isSignedIn(request: Request): boolean {
    const cookies = request.headers.get("cookie")?.split("; ") ?? [];
    return cookies.some(
      (cookie) => cookie.startsWith(`${PARAMETER}=`) && isSecret(cookie.split("=")[1]!, this.#secret),
    );
  }

  /** Whether a Studio page sent the request. Browsers set Origin and Sec-Fetch-Site, and pages cannot change them. */
  isFromStudio(request: Request, peerAddress: string | null): boolean {
    const origin = request.headers.get("origin");
    const sameOrigin = origin === null || origin === `http://${request.headers.get("host")}`;
    const isSameSite = request.headers.get("sec-fetch-site") === "same-origin";
    return sameOrigin && isSameSite && isLocal(request, peerAddress) && this.isSignedIn(request);
  }
}
