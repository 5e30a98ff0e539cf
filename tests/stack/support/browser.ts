import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join, resolve } from "node:path";
import { type Browser, chromium } from "playwright-core";

const CANDIDATES = [
  process.env.CHROMIUM_BIN,
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/** The path of an installed Chromium or Chrome. */
export const chromiumPath = CANDIDATES.find((path) => path && existsSync(path));

export function startBrowser(): Promise<Browser> {
  // Chromium has no sandbox for root.
  const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  return chromium.launch({ executablePath: chromiumPath, args });
}

const root = resolve(import.meta.dirname, "../../..");
const fixtures = join(root, "tests/stack/fixtures/browser");
const FILES: Record<string, [path: string, type: string]> = {
  "/": [join(fixtures, "index.html"), "text/html"],
  "/app.js": [join(fixtures, "app.js"), "text/javascript"],
  "/supabase.js": [join(root, "node_modules/@supabase/supabase-js/dist/umd/supabase.js"), "text/javascript"],
};

export type WebApp = { origin: string; settings: { url: string; key: string }; stop(): Promise<void> };

/** Serves the web app of `fixtures/browser` on a port of its own, so that the API is of another origin. */
export async function startWebApp(): Promise<WebApp> {
  const settings = { url: "", key: "" };
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url!, "http://localhost");
    const [path, type] = FILES[pathname] ?? [];
    if (pathname === "/settings.js") {
      response.setHeader("Content-Type", "text/javascript");
      response.end(`const settings = ${JSON.stringify(settings)};`);
    } else if (path && type) {
      response.setHeader("Content-Type", type);
      response.end(readFileSync(path));
    } else response.writeHead(404).end();
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const stop = () =>
    new Promise<void>((done) => {
      server.close(() => done());
      server.closeAllConnections();
    });
  return { origin, settings, stop };
}
