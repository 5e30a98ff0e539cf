import { request } from "node:http";
import { describe, expect, test } from "vitest";
import { as, type Desk } from "../support/desk.ts";

export function gatewayTests(desk: () => Desk): void {
  /** `fetch` sets Host and Sec-Fetch-Site by itself; here they are what is tested. */
  function get(path: string, headers: Record<string, string> = {}): Promise<{ status: number; body: string }> {
    return new Promise((resolve, reject) => {
      const { hostname, port } = new URL(desk().api.url);
      const outgoing = request({ hostname, port, path, headers }, (response) => {
        let body = "";
        response.setEncoding("utf8").on("data", (chunk) => {
          body += chunk;
        });
        response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
      });
      outgoing.on("error", reject).end();
    });
  }

  const fromStudio = () => ({ "Sec-Fetch-Site": "same-origin", Host: new URL(desk().api.url).host });

  describe("what Studio alone may ask", () => {
    const others: [string, () => Record<string, string>][] = [
      ["a program without a browser", () => ({})],
      ["another site's page", () => ({ "Sec-Fetch-Site": "cross-site", Origin: "https://evil.example" })],
      ["a page of another port", () => ({ "Sec-Fetch-Site": "same-site", Origin: "http://127.0.0.1:9" })],
      ["a domain rebound to this machine", () => ({ ...fromStudio(), Host: "evil.example:54321" })],
      ["its own page through a tunnel", () => ({ ...fromStudio(), "X-Forwarded-For": "203.0.113.9" })],
      ["an origin that is not its own", () => ({ ...fromStudio(), Origin: "https://evil.example" })],
    ];

    test("its page may see /_system, which names no password", async () => {
      const { status, body } = await get("/_system/info", fromStudio());
      expect(status).toBe(200);
      expect(body).not.toContain(":postgres@");
      expect(body).not.toContain(desk().api.keys.jwtSecret);
      expect(body).not.toContain(desk().api.keys.secretKey);
    });

    test.each(others)("%s may not", async (_who, headers) => {
      for (const path of ["/_system/info", "/_system/config", "/_system/introspect", "/_system/ping"]) {
        expect([path, (await get(path, headers())).status]).toEqual([path, 404]);
      }
      for (const path of ["//_system/info", "/%5Fsystem/info", "/x/../_system/info"]) {
        expect((await get(path, headers())).body).not.toContain("connection");
      }
    });

    test.each(others)("%s is not service_role without a key, but its page is", async (_who, headers) => {
      expect((await get("/rest/v1/notes", headers())).status).toBe(401);
      expect((await get("/rest/v1/notes", fromStudio())).status).toBe(200);
    });

    test("a key is never more than what it is, also from Studio's page", async () => {
      const { status } = await get("/rest/v1/notes", { ...fromStudio(), ...(await as(desk().api, "anonymous")) });
      expect(status).toBe(401);
    });
  });

  test("Studio's page and its files are served on this machine, not under another name", async () => {
    const page = await get("/");
    expect([page.status, page.body.includes("<html")]).toEqual([200, true]);
    const script = /src="(\/static\/[^"]+)"/.exec(page.body)?.[1];
    expect((await get(script!)).status).toBe(200);
    expect((await get("/editor/desk.notes")).status).toBe(200);
    expect((await get("/", { Host: "evil.example" })).status).toBe(404);
    expect((await get("/static/assets/..%2f..%2f..%2fpackage.json")).status).toBe(404);
    expect((await get("/static/package.json")).status).toBe(404);
  });

  test("browsers of any origin may call the API", async () => {
    const response = await fetch(`${desk().api.url}/rest/v1/notes`, {
      method: "OPTIONS",
      headers: { Origin: "http://localhost:3000", "Access-Control-Request-Headers": "apikey,authorization" },
    });
    expect([response.status < 300, response.headers.get("access-control-allow-origin")]).toEqual([true, "*"]);
  });
}
