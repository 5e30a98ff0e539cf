import { type AddressInfo, createServer } from "node:net";
import { StackError } from "./errors.ts";

/** A port on loopback that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Why a server cannot listen at an address, in a sentence. */
export function listenError(error: NodeJS.ErrnoException, port: number, host: string): Error {
  if (error.code === "EADDRINUSE") return new StackError(`Port ${port} of ${host} is taken by another program.`);
  if (error.code === "EADDRNOTAVAIL" || error.code === "ENOTFOUND") {
    return new StackError(`ANIGMAA_HOST is ${host}, which is not an address of this machine.`);
  }
  return error;
}
