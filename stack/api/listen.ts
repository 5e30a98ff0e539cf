import { type AddressInfo, createServer, type Server } from "node:net";
import { listenError } from "../ports.ts";

const WILDCARDS = ["0.0.0.0", "::"];
/** Where a machine has no IPv6. */
const UNAVAILABLE = ["EADDRNOTAVAIL", "EAFNOSUPPORT", "EINVAL"];

/**
 * Makes an HTTP server listen on both loopback addresses and, if given, on another one. Returns the port and what closes
 * the other listeners.
 */
export async function listen(server: Server, port: number, host?: string): Promise<{ port: number; close(): void }> {
  const isWildcard = WILDCARDS.includes(host ?? "");
  const first = isWildcard ? host! : "127.0.0.1";
  await listenAt(server, port, first).catch((error: NodeJS.ErrnoException) => {
    throw listenError(error, port, first);
  });
  const { port: actual } = server.address() as AddressInfo;
  const others: Server[] = [];
  for (const address of isWildcard ? [] : ["::1", ...(host ? [host] : [])]) {
    const other = createServer((socket) => server.emit("connection", socket));
    try {
      await listenAt(other, actual, address);
      others.push(other.unref());
    } catch (error) {
      const { code = "" } = error as NodeJS.ErrnoException;
      const isOptional = address !== host && (port === 0 || UNAVAILABLE.includes(code));
      if (!isOptional) throw listenError(error as NodeJS.ErrnoException, actual, address);
    }
  }
  return {
    port: actual,
    close: () => {
      for (const other of others) other.close();
    },
  };
}

function listenAt(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => server.once("error", reject).listen({ port, host }, resolve));
}
