import { request } from "node:http";
import { createClient } from "@supabase/supabase-js";
import { expect, test } from "vitest";
import { WebSocket } from "ws";
import { as, type Desk } from "../support/desk.ts";

const REASON = /^Not in the embedded stack: Realtime .*supabase start/;

export function realtimeTests(desk: () => Desk): void {
  test.each(["1.0.0", "2.0.0"])(
    "subscribing fails at once and says why, in version %s of the protocol",
    async (vsn) => {
      const { url, keys } = desk().api;
      const client = createClient(url, keys.publishableKey, { realtime: { transport: WebSocket as never, vsn } });
      const [status, error] = await new Promise<[string, Error?]>((resolve) => {
        client
          .channel("notes")
          .on("postgres_changes", { event: "*", schema: "desk", table: "notes" }, () => {})
          .subscribe((...answer) => resolve(answer));
      });
      expect([status, error?.message]).toEqual(["CHANNEL_ERROR", expect.stringMatching(REASON)]);
      await client.removeAllChannels();
      client.realtime.disconnect();
    },
  );

  test("a broadcast over HTTP fails and says why, as does everything else", async () => {
    const { url, keys } = desk().api;
    const client = createClient(url, keys.publishableKey, { realtime: { transport: WebSocket as never } });
    await expect(client.channel("room").httpSend("moved", { x: 1 })).rejects.toThrow(REASON);
    const headers = await as(desk().api, "anonymous");
    for (const path of ["api/broadcast", "api/tenants/x", "websocket", ""]) {
      const response = await fetch(`${url}/realtime/v1/${path}`, { method: "POST", headers, body: "{}" });
      expect([path, response.status, await response.json()]).toEqual([
        path,
        501,
        { code: "not_in_embedded_stack", message: expect.stringMatching(REASON), details: null, hint: null },
      ]);
    }
  });

  test("connections are not upgraded elsewhere, and malformed messages close nothing", async () => {
    const address = desk().api.url.replace("http:", "ws:");
    for (const path of ["/functions/v1/hello", "//"]) {
      const refused = new WebSocket(address + path);
      await expect(new Promise((_, reject) => refused.once("error", reject))).rejects.toThrow(/501/);
    }
    const socket = new WebSocket(`${address}/realtime/v1/websocket?vsn=2.0.0`);
    await new Promise((resolve) => socket.once("open", resolve));
    for (const text of ["", "null", "{", "[]", "7"]) socket.send(text);
    socket.send(JSON.stringify([null, "1", "phoenix", "heartbeat", {}]));
    const reply = await new Promise((resolve) => socket.once("message", (data) => resolve(String(data))));
    expect(JSON.parse(reply as string)).toEqual([null, "1", "phoenix", "phx_reply", { status: "ok", response: {} }]);
    socket.close();
  });

  test("a connection that does not read its replies is closed", async () => {
    const socket = new WebSocket(`${desk().api.url.replace("http:", "ws:")}/realtime/v1/websocket?vsn=2.0.0`);
    await new Promise((resolve) => socket.once("open", resolve));
    socket.pause();
    const closed = new Promise((resolve) => socket.once("close", resolve));
    const sent = JSON.stringify([null, "1", "x".repeat(15_000), "phx_join", {}]);
    for (let i = 0; i < 2_000; i++) socket.send(sent);
    await closed;
  });

  test("a request that offers HTTP/2 is served as usual, with its body", async () => {
    const { url, keys } = desk().api;
    const upgrade = { Connection: "Upgrade, HTTP2-Settings", Upgrade: "h2c", "HTTP2-Settings": "AAMAAABk" };
    const headers = { ...upgrade, apikey: keys.publishableKey, "Content-Type": "application/json" };
    const account = JSON.stringify({ email: "no address", password: "correct horse" });
    const sent = request(`${url}/auth/v1/signup`, {
      method: "POST",
      headers: { ...headers, "Content-Length": account.length },
    });
    const status = new Promise((resolve, reject) =>
      sent.on("response", (response) => resolve(response.statusCode)).on("error", reject),
    );
    sent.end(account);
    expect(await status).toBe(400);
  });
}
