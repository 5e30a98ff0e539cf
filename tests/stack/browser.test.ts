import { resolve } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type Api, readConfig, startApi } from "../../stack/index.ts";
import { freePort } from "../../stack/ports.ts";
import { target } from "../support/database.ts";
import { signUp } from "../support/people.ts";
import { chromiumPath, startBrowser, startWebApp, type WebApp } from "./support/browser.ts";

if (!chromiumPath) {
  console.log(
    "NOT RUN: the tests in a browser. Install Chromium (on Debian: apt-get install chromium), or set CHROMIUM_BIN.",
  );
}

const root = resolve(import.meta.dirname, "../..");
const email = `browser_${Date.now()}@example.test`;
const password = "correct horse battery";

describe.runIf(chromiumPath)("a page of another origin, in Chromium", () => {
  let browser: Browser;
  let webApp: WebApp;
  let api: Api;
  let page: Page;
  const mails: string[] = [];

  /** Calls a function of fixtures/browser/app.js. */
  const see = (name: string, ...parameters: unknown[]) =>
    page.evaluate(
      ([called, given]) =>
        (globalThis as unknown as { app: Record<string, (...all: unknown[]) => unknown> }).app[called]!(...given),
      [name, parameters] as const,
    ) as Promise<{ data: Record<string, never>; error: unknown }>;

  beforeAll(async () => {
    vi.spyOn(console, "info").mockImplementation((text: string) => mails.push(text));
    [browser, webApp] = await Promise.all([startBrowser(), startWebApp()]);
    const port = await freePort();
    const config = readConfig(resolve(root, "supabase/config.toml"));
    config.api.port = port;
    config.auth.site_url = webApp.origin;
    config.auth.email.enable_confirmations = true;
    const { databaseUrl, name, publishableKey, secretKey, jwtSecret, sandboxSecret, ticketSigningSecret } = target();
    api = await startApi({
      databaseUrl,
      keys: { publishableKey, secretKey, jwtSecret, sandboxSecret, ticketSigningSecret },
      config,
      port,
      connections: name === "server" ? 8 : 1,
      functionsDir: resolve(root, "supabase/functions"),
      studio: true,
    });
    Object.assign(webApp.settings, { url: api.url, key: publishableKey });
    page = await browser.newPage();
    await page.goto(webApp.origin);
  });
  afterAll(async () => {
    await browser?.close();
    await Promise.all([api?.stop(), webApp?.stop()]);
    vi.restoreAllMocks();
  });

  test("signs up, and signs in after following the link in the mail", async () => {
    const username = `browser_${Date.now().toString(36)}`;
    const { data, error } = await see("signUp", email, password, username);
    expect([error, data.session]).toEqual([null, null]);
    expect(await see("signIn", email, password)).toMatchObject({ error: { code: "email_not_confirmed", status: 400 } });
    const link = /http:\S+\/auth\/v1\/verify\S+/.exec(mails.find((mail) => mail.includes(email)) ?? "")?.[0];
    const tab = await browser.newPage();
    await tab.goto(link!);
    expect(new URL(tab.url()).origin).toBe(webApp.origin);
    await tab.close();
    expect(await see("signIn", email, password)).toMatchObject({ data: { user: { email } }, error: null });
    expect(await see("readMyself")).toEqual({ data: [{ username, email }], error: null });
  });

  test("stays signed in when it is loaded again", async () => {
    await page.reload();
    expect(await see("readMyself")).toMatchObject({ data: [{ email }] });
  });

  test("writes, reads counts, and calls an edge function", async () => {
    const content = "Kopi from a browser";
    expect(await see("publish", content)).toEqual({ data: { content }, error: null, count: expect.any(Number) });
    const event = await see("hostEvent", "Ngopi");
    expect(event).toMatchObject({ data: { title: "Ngopi" }, error: null });
    const friend = await signUp("friend");
    const { data, error } = await see("invite", event.data.id, friend.username);
    expect([error, data]).toMatchObject([
      null,
      { data: { invitations: [{ invitee: friend.username, result: "invited" }] } },
    ]);
  });

  test("uploads an image, shows it by a signed URL, and cannot read a stranger's", async () => {
    const { data } = await see("signIn", email, password);
    const { id } = data.user as unknown as { id: string };
    const { data: path, error } = await see("uploadAvatar", id);
    expect([error, path]).toEqual([null, `${id}/me.png`]);
    expect(await see("showAvatar", path)).toEqual({
      width: 1,
      status: 206,
      range: expect.stringMatching(/^bytes 1-3\//),
      text: "PNG",
    });
    const stranger = `${crypto.randomUUID()}/me.png`;
    expect(await see("strangersAvatar", stranger)).toMatchObject({ data: null, error: { status: 400 } });
    expect(await see("uploadAvatar", crypto.randomUUID())).toMatchObject({ error: { status: 400 } });
  });

  test("signs out", async () => {
    expect(await see("signOut")).toEqual({ data: { session: null }, error: null });
    expect(await see("readMyself")).toMatchObject({ data: null, error: { code: "42501" } });
  });

  test("Studio opens by its secret link alone", async () => {
    const stranger = await browser.newContext();
    const refused = await (await stranger.newPage()).goto(api.url);
    expect(refused?.status()).toBe(401);
    const studio = await browser.newContext();
    const tab = await studio.newPage();
    const failures: string[] = [];
    tab.on("pageerror", (error) => failures.push(error.message));
    await tab.goto(api.studioLink!());
    await tab.goto(`${api.url}/editor/user_service.users`);
    // The first page has other people too if other suites ran before.
    await tab
      .getByText(/@example\.test$/)
      .first()
      .waitFor({ timeout: 30_000 });
    expect(failures).toEqual([]);
    await Promise.all([stranger.close(), studio.close()]);
  });
});
