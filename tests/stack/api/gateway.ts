import { request } from "node:http";
import { describe, expect, test } from "vitest";
import { withRequestLog } from "../../../stack/api/request-log.ts";
import { as, type Desk } from "../support/desk.ts";

export function gatewayTests(desk: () => Desk): void {
  /** Not `fetch`, which sets Host and Sec-Fetch-Site itself. */
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

  /** The cookie of a browser that opened the link to Studio. */
  const cookie = () => `studio=${new URL(desk().api.studioLink!()).searchParams.get("studio")}`;
  const fromStudio = () => ({ "Sec-Fetch-Site": "same-origin", Host: new URL(desk().api.url).host, Cookie: cookie() });

  describe("access reserved for Studio", () => {
    const others: [string, () => Record<string, string>][] = [
      ["a program without a browser", () => ({})],
      ["a program that sends the headers of a browser", () => ({ ...fromStudio(), Cookie: "" })],
      ["a program with another cookie", () => ({ ...fromStudio(), Cookie: `studio=${"x".repeat(32)}` })],
      ["a page of another site", () => ({ "Sec-Fetch-Site": "cross-site", Origin: "https://evil.example" })],
      ["a page on another port", () => ({ "Sec-Fetch-Site": "same-site", Origin: "http://127.0.0.1:9" })],
      ["a domain rebound to this machine", () => ({ ...fromStudio(), Host: "evil.example:54321" })],
      ["Studio's page through a tunnel", () => ({ ...fromStudio(), "X-Forwarded-For": "203.0.113.9" })],
      ["a request with another origin", () => ({ ...fromStudio(), Origin: "https://evil.example" })],
    ];

    test("Studio's page may read /_system, which contains no secrets", async () => {
      const { status, body } = await get("/_system/info", fromStudio());
      expect(status).toBe(200);
      expect(body).not.toContain(":postgres@");
      expect(body).not.toContain(desk().api.keys.jwtSecret);
      expect(body).not.toContain(desk().api.keys.secretKey);
    });

    test.each(others)("%s may not read /_system", async (_who, headers) => {
      for (const path of ["/_system/info", "/_system/config", "/_system/introspect", "/_system/ping"]) {
        expect([path, (await get(path, headers())).status]).toEqual([path, 404]);
      }
      for (const path of ["//_system/info", "/%5Fsystem/info", "/x/../_system/info"]) {
        expect((await get(path, headers())).body).not.toContain("connection");
      }
    });

    test.each(others)("%s is not service_role without a key, while Studio's page is", async (_who, headers) => {
      expect((await get("/rest/v1/notes", headers())).status).toBe(401);
      expect((await get("/rest/v1/notes", fromStudio())).status).toBe(200);
    });

    test("a key has only its own rights, even from Studio's page", async () => {
      const { status } = await get("/rest/v1/notes", { ...fromStudio(), ...(await as(desk().api, "anonymous")) });
      expect(status).toBe(401);
    });
  });

  test("Studio opens with its link, which becomes a cookie, and only under a local host name", async () => {
    const { pathname, search } = new URL(desk().api.studioLink!());
    const response = await fetch(desk().api.studioLink!(), { redirect: "manual" });
    expect([response.status, response.headers.get("location")]).toEqual([302, "/"]);
    expect(response.headers.get("set-cookie")).toBe(`${cookie()}; Path=/; HttpOnly; SameSite=Strict`);
    expect((await get(pathname + search, { Host: "evil.example" })).status).toBe(404);
    const table = await fetch(desk().api.studioLink!("/editor/desk.notes"), { redirect: "manual" });
    expect([table.status, table.headers.get("location")]).toEqual([302, "/editor/desk.notes"]);

    const page = await get("/", { Cookie: cookie() });
    expect([page.status, page.body.includes("<html")]).toEqual([200, true]);
    expect(page.body).toMatch(/<style>.*data-sidebar.*<\/head>/s);
    const script = /src="(\/static\/[^"]+)"/.exec(page.body)?.[1];
    expect((await get(script!, { Cookie: cookie() })).status).toBe(200);
    expect((await get("/editor/desk.notes", { Cookie: cookie() })).status).toBe(200);
    expect((await get("/", { Cookie: cookie(), Host: "evil.example" })).status).toBe(404);
    expect((await get("/static/assets/..%2f..%2f..%2fpackage.json", { Cookie: cookie() })).status).toBe(404);
    expect((await get("/static/package.json", { Cookie: cookie() })).status).toBe(404);

    const refused = await get("/");
    expect([refused.status, refused.body]).toEqual([401, expect.stringContaining("npm start")]);
  });

  test("the log of a request has its duration, and no value that may be secret", async () => {
    for (const [all, pauseMs, count] of [
      [true, 0, 1],
      [false, 0, 0],
      [false, 1_000, 1],
    ] as const) {
      const lines: string[] = [];
      const pause = () => new Promise((resolve) => setTimeout(resolve, pauseMs));
      const gateway = withRequestLog(
        () => pause().then(() => new Response("")),
        (line) => lines.push(line),
        all,
      );
      await gateway(new Request("http://x/rest/v1/a%0Ab?apikey=sb_secret_1&token=t&x%0Ay=1"), null);
      expect(lines).toHaveLength(count);
      for (const line of lines) expect(line).toMatch(/^GET \/rest\/v1\/a%0Ab\?apikey&token&x%0Ay 200 \d+ ms$/);
    }
  });

  test("pages of any origin may call the API", async () => {
    const response = await fetch(`${desk().api.url}/rest/v1/notes`, {
      method: "OPTIONS",
      headers: { Origin: "http://localhost:3000", "Access-Control-Request-Headers": "apikey,authorization" },
    });
    expect([response.status < 300, response.headers.get("access-control-allow-origin")]).toEqual([true, "*"]);
  });
}
