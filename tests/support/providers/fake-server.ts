import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import { Hono } from "hono";

export type FakeServer = { url: string; stop(): Promise<void> };

/** Serves an app on a free port. */
export async function listen(app: { fetch(request: Request): Response | Promise<Response> }): Promise<FakeServer> {
  const server = await new Promise<ReturnType<typeof serve>>((resolve) => {
    const started = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, () => resolve(started));
  });
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      if ("closeAllConnections" in server) server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, stop };
}

/** A fake payment provider on a free port. Each subclass implements one provider's wire format. */
export abstract class FakeProvider {
  /** Called before each request. If it returns a response, that is sent instead of the fake's. */
  before: (request: Request) => Promise<Response | undefined> = async () => undefined;
  /** How often each of our attempts and refunds took effect, whatever keys were sent. */
  readonly effects = new Map<string, number>();
  readonly app = new Hono<{ Bindings: { isReceived?: boolean } }>();
  #server: FakeServer | undefined;

  constructor() {
    this.app.use(async (c, next) => {
      const replaced = c.env.isReceived ? undefined : await this.before(c.req.raw.clone());
      return replaced ?? next();
    });
  }

  static async start<T extends FakeProvider>(this: new () => T): Promise<T> {
    const fake = new this();
    fake.#server = await listen(fake.app);
    return fake;
  }

  get url(): string {
    return this.#server!.url;
  }

  async stop(): Promise<void> {
    await this.#server?.stop();
  }

  /** Handles a request without calling `before`. */
  async receive(request: Request): Promise<Response> {
    return this.app.fetch(request, { isReceived: true });
  }

  protected count(ours: string): void {
    this.effects.set(ours, (this.effects.get(ours) ?? 0) + 1);
  }
}
