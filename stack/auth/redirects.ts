import type { StackConfig } from "../config.ts";
import type { Call } from "./call.ts";

type Settings = Pick<StackConfig["auth"], "site_url" | "additional_redirect_urls">;

/** Where a mail's link leads in the end: to `redirect_to` or the calling page if config.toml allows it, else to the site. */
export function redirectTarget(settings: Settings, { request, query }: Pick<Call, "request" | "query">): string {
  const wanted = [query.get("redirect_to"), request.headers.get("redirect_to"), request.headers.get("referer")];
  return wanted.find((url) => url && isAllowedRedirect(settings, url)) ?? settings.site_url;
}

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/** GoTrue's rule: the site's own origin (on loopback with any port), loopback addresses, and what a pattern matches. */
export function isAllowedRedirect(settings: Settings, url: string): boolean {
  if (!URL.canParse(url) || !URL.canParse(settings.site_url)) return false;
  const [to, site] = [new URL(url), new URL(settings.site_url)];
  const isHttp = /^https?:$/.test(to.protocol);
  const isSameSite = to.protocol === site.protocol && to.hostname === site.hostname;
  if (isSameSite && (to.port === site.port || LOOPBACK.test(to.hostname))) return true;
  if (/^\[|^[\d.]+$/.test(to.hostname)) return isHttp && LOOPBACK.test(to.hostname);
  const [address = ""] = url.split("#");
  return settings.additional_redirect_urls.some((pattern) => globToRegExp(pattern).test(address));
}

const WILDCARDS: Record<string, string> = { "**": ".*", "*": "[^./]*", "?": "[^./]" };

/** `*` and `?` stop at `.` and `/`, `**` does not; `[…]` and `{a,b}` as in a shell. */
function globToRegExp(glob: string): RegExp {
  const sourceOf = (part: string): string =>
    part.replace(/\\.|\*\*|\[!?[^\]\\]+\]|\{[^{}]*\}|[\s\S]/g, (token) => {
      if (WILDCARDS[token]) return WILDCARDS[token];
      if (/^\{.*\}$/.test(token)) return `(?:${token.slice(1, -1).split(",").map(sourceOf).join("|")})`;
      if (/^\[.+\]$/.test(token)) return token.replace("[!", "[^");
      return token.replace(/^\\(?=.)/, "").replace(/[\\^$.*+?()[\]{}|/]/, "\\$&");
    });
  return new RegExp(`^${sourceOf(glob)}$`);
}
