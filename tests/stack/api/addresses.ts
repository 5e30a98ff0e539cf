import { request } from "node:http";
import { createServer } from "node:net";
import { networkInterfaces } from "node:os";
import { expect, test } from "vitest";
import { makeConfig, makeKeys, startApi } from "../../../stack/index.ts";
import type { Desk } from "../support/desk.ts";

/** An address of this machine that other machines may reach. */
const address = Object.values(networkInterfaces())
  .flat()
  .find((one) => one?.family === "IPv4" && !one.internal)?.address;
const hasIpv6 = Object.values(networkInterfaces()).some((all) => all?.some((one) => one.address === "::1"));

function status(host: string, port: string, headers: Record<string, string>): Promise<number | string> {
  return new Promise((resolve) => {
    const outgoing = request({ host, port, path: "/", headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    outgoing.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? "")).end();
  });
}

export function addressTests(desk: () => Desk): void {
  const studio = () => ({ Cookie: `studio=${new URL(desk().api.studioLink!()).searchParams.get("studio")}` });

  test.runIf(hasIpv6)("the API and Studio answer at [::1] too", async () => {
    const { port } = new URL(desk().api.url);
    expect(await status("::1", port, { ...studio(), Host: `[::1]:${port}` })).toBe(200);
  });

  test.runIf(address)("by default, nothing answers at other addresses", async () => {
    expect(await status(address!, new URL(desk().api.url).port, {})).toBe("ECONNREFUSED");
  });

  test.runIf(address)("with a host, the API answers there, but Studio does not", async () => {
    const { database } = desk();
    const { url: databaseUrl, connections } = database;
    const config = makeConfig({ api: { schemas: ["desk"] } });
    for (const host of [address!, "0.0.0.0"]) {
      const api = await startApi({ databaseUrl, connections, keys: makeKeys(), config, studio: true, host });
      const { port } = new URL(api.url);
      const cookie = { Cookie: `studio=${new URL(api.studioLink!()).searchParams.get("studio")}` };
      const rest = await fetch(`http://${address}:${port}/rest/v1/numbers?n=eq.1`, {
        headers: { apikey: api.keys.publishableKey },
      });
      expect([host, rest.status]).toEqual([host, 200]);
      expect(await status("127.0.0.1", port, { ...cookie, Host: "localhost" })).toBe(200);
      for (const Host of [`${address}:${port}`, "localhost"]) {
        expect(await status(address!, port, { ...cookie, Host })).toBe(404);
      }
      await api.stop();
    }
  });

  test("an address of another machine, or a port that is taken, is reported in a sentence", async () => {
    const { database } = desk();
    const options = { databaseUrl: database.url, keys: makeKeys(), config: makeConfig({ api: { schemas: ["desk"] } }) };
    await expect(startApi({ ...options, host: "192.0.2.99" })).rejects.toThrow(
      /192\.0\.2\.99, which is not an address/,
    );
    const other = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => other.once("listening", resolve));
    const { port } = other.address() as { port: number };
    await expect(startApi({ ...options, port })).rejects.toThrow(`Port ${port} of 127.0.0.1 is taken`);
    other.close();
  });
}
