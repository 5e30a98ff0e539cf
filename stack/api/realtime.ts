import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { type RawData, type WebSocket, WebSocketServer } from "ws";
import { NOT_IN_STACK, notInStack } from "../missing.ts";
import { problem } from "./requests.ts";

/** Its changes come from logical decoding, which the embedded database cannot do. */
const REASON = notInStack("Realtime (changes, broadcast and presence)");
const MAX_MESSAGE_BYTES = 16 * 1024;
const MAX_UNREAD_BYTES = 1024 * 1024;

export function isRealtime(pathname: string): boolean {
  return /^\/realtime\/v1(\/|$)/.test(pathname);
}

export function refuseRealtime(): Response {
  return problem(501, NOT_IN_STACK, REASON);
}

/** Accepts the connections of realtime-js and refuses every channel, so that `subscribe` reports the reason at once. */
export function serveRealtime(server: Server): { stop(): void } {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES });
  sockets.on("connection", (socket) => {
    socket.on("error", () => socket.terminate());
    socket.on("message", (data, isBinary) => isBinary || answer(socket, data));
  });
  server.on("upgrade", (request, socket, head) => {
    const [path = ""] = (request.url ?? "").split("?");
    if (request.headers.upgrade?.toLowerCase() !== "websocket") serveWithoutUpgrade(server, request, socket, head);
    else if (isRealtime(path)) sockets.handleUpgrade(request, socket, head, (open) => sockets.emit("connection", open));
    else refuseUpgrade(socket);
  });
  const stop = () => {
    for (const socket of sockets.clients) socket.terminate();
  };
  return { stop };
}

/** A message is an array in version 2.0.0 of the protocol, and an object with the same parts in version 1.0.0. */
function answer(socket: WebSocket, data: RawData): void {
  const message = parsed(data.toString());
  const isArray = Array.isArray(message);
  const [join_ref, ref, topic, event] = isArray
    ? message
    : [message?.join_ref, message?.ref, message?.topic, message?.event];
  if (typeof topic !== "string") return;
  const payload =
    event === "phx_join" ? { status: "error", response: { reason: REASON } } : { status: "ok", response: {} };
  const reply = isArray
    ? [join_ref, ref, topic, "phx_reply", payload]
    : { join_ref, ref, topic, event: "phx_reply", payload };
  if (socket.bufferedAmount > MAX_UNREAD_BYTES) socket.terminate();
  else socket.send(JSON.stringify(reply));
}

type Message = unknown[] | { join_ref?: unknown; ref?: unknown; topic?: unknown; event?: unknown } | null;

function parsed(text: string): Message {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Serves a request that offers another protocol, such as HTTP/2, as if it did not: Node gives each Upgrade to `upgrade`. */
function serveWithoutUpgrade(
  server: Server,
  { method, url, rawHeaders }: IncomingMessage,
  socket: Duplex,
  head: Buffer,
) {
  const lines = [`${method} ${url} HTTP/1.1`];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (!/^(upgrade|connection|http2-settings)$/i.test(rawHeaders[i]!))
      lines.push(`${rawHeaders[i]}: ${rawHeaders[i + 1]}`);
  }
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1"), head]));
  server.emit("connection", socket);
}

function refuseUpgrade(socket: Duplex): void {
  const body = "The embedded stack serves WebSockets only under /realtime/v1, and edge functions none.\n";
  socket.on("error", () => socket.destroy());
  socket.end(
    `HTTP/1.1 501 Not Implemented\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
}
