import type { Log } from "../progress.ts";
import type { Gateway } from "./gateway.ts";

const SLOW_MS = 1_000;
const MAX_PATH = 200;

/** Logs how long requests take until their response begins: the slow ones, or all with ANIGMAA_LOG=requests. */
export function withRequestLog(gateway: Gateway, log: Log, all = process.env.ANIGMAA_LOG === "requests"): Gateway {
  return async (request, peerAddress) => {
    const startedAt = performance.now();
    const response = await gateway(request, peerAddress);
    const ms = Math.round(performance.now() - startedAt);
    if (all || ms >= SLOW_MS) log(`${request.method} ${nameOf(request.url)} ${response.status} ${ms} ms`);
    return response;
  };
}

/** The path and the names of the parameters, whose values may be secret. */
function nameOf(address: string): string {
  const { pathname, search } = new URL(address);
  const names = [...new URLSearchParams(search).keys()].map(encodeURIComponent);
  const path = pathname.slice(0, MAX_PATH);
  return names.length > 0 ? `${path}?${names.join("&").slice(0, MAX_PATH)}` : path;
}
