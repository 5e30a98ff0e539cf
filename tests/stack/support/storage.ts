import { beforeAll, expect } from "vitest";
import { ANI, as, BUDI, type Desk } from "./desk.ts";

export type Headers = Record<string, string>;
type Content = string | Uint8Array<ArrayBuffer>;

/** Requests to Storage. Ani's file in the private bucket `papers` is hers alone; the bucket `shown` is public. */
export function storageOf(desk: () => Desk) {
  const who: Record<"ani" | "budi" | "service" | "visitor", Headers> = { ani: {}, budi: {}, service: {}, visitor: {} };

  const send = (method: string, path: string, headers: Headers, body?: Content) =>
    fetch(`${desk().api.url}/storage/v1${path}`, { method, headers, body });
  const json = (method: string, path: string, headers: Headers, body: unknown) =>
    send(method, path, { ...headers, "Content-Type": "application/json" }, JSON.stringify(body));
  const put = (path: string, headers: Headers, body: string, type = "text/plain") =>
    send("POST", `/object/${path}`, { ...headers, "Content-Type": type, "x-upsert": "true" }, body);

  beforeAll(async () => {
    who.ani = await as(desk().api, ANI);
    who.budi = await as(desk().api, BUDI);
    who.service = await as(desk().api, "service");
    who.visitor = await as(desk().api, "anonymous");
    // The first of several topics on one database creates them.
    await json("POST", "/bucket", who.service, { name: "shown", public: true });
    await put(`papers/${ANI}/ten`, who.ani, "0123456789");
    expect((await send("GET", `/object/papers/${ANI}/ten`, who.ani)).status).toBe(200);
    expect((await put("shown/ten", who.service, "0123456789")).status).toBe(200);
  });
  return { who, send, json, put };
}
