import { expect, test } from "vitest";
import type { Desk } from "../support/desk.ts";
import { storageOf } from "../support/storage.ts";

export function storageRefusalsTests(desk: () => Desk): void {
  const { who, send, json, put } = storageOf(desk);

  test.each([
    ["GET", "/render/image/public/shown/ten?width=10", "Image transformations"],
    ["GET", "/render/image/authenticated/shown/ten?width=10", "Image transformations"],
    ["POST", "/upload/resumable", "Resumable uploads"],
    ["GET", "/s3/shown", "S3 protocol"],
  ])("%s %s is 501 by name", async (method, path, name) => {
    const response = await send(method, path, who.service);
    expect([response.status, await response.json()]).toMatchObject([501, { message: expect.stringContaining(name) }]);
  });

  test("a URL for a transformed image is not signed for the original", async () => {
    const response = await json("POST", "/object/sign/shown/ten", who.service, {
      expiresIn: 60,
      transform: { width: 10 },
    });
    expect(response.status).toBe(501);
    expect((await json("POST", "/object/sign/shown/ten", who.service, { expiresIn: 60, transform: {} })).status).toBe(
      200,
    );
  });

  test("names of any allowed characters are the same in every route", async () => {
    const name = "a b!'()*&$=@;:+,-_.c";
    expect((await put(`shown/${encodeURIComponent(name)}`, who.service, "x")).status).toBe(200);
    expect((await send("GET", `/object/public/shown/${encodeURI(name)}`, {})).status).toBe(200);
    const links = await json("POST", "/object/sign/shown", who.service, { expiresIn: 60, paths: [name] });
    const [{ signedURL }] = (await links.json()) as [{ signedURL: string }];
    expect((await send("GET", encodeURI(signedURL), {})).status).toBe(200);
    const removed = await json("DELETE", "/object/shown", who.service, { prefixes: [name] });
    expect(await removed.json()).toMatchObject([{ name }]);
  });

  test.each([
    "ä",
    "%25",
    "%23",
    "%5C",
    "%00",
    "a%2F..%2Fb",
    "..%2Fpapers",
    "%252e%252e",
    "a%0Ab",
    "%7Ba",
    "%F0%9F%98%80",
  ])("an object cannot be named %s", async (name) => {
    const response = await put(`shown/${name}`, who.service, "x");
    expect(response.status).toBe(400);
    expect((await json("POST", "/object/upload/sign/shown/x%25", who.service, {})).status).toBe(400);
    for (const path of ["copy", "move"]) {
      const destinationKey = name === "%00" ? "\0" : decodeURIComponent(name);
      const body = { bucketId: "shown", sourceKey: "ten", destinationKey };
      expect((await json("POST", `/object/${path}`, who.service, body)).status).toBe(400);
    }
  });

  test("a path never reaches another route of Storage", async () => {
    for (const path of [
      "/object/..%2Fbucket",
      "/object/%2e%2e%2fbucket/x",
      "/bucket/..%2Fobject",
      "/bucket/%2e%2e%2fx",
    ]) {
      const response = await send("GET", path, who.service);
      expect([path, Math.floor(response.status / 100)]).toEqual([path, 4]);
    }
  });

  test.each([
    ["DELETE", "/object/shown", '{"prefixes":"ten"}'],
    ["DELETE", "/object/shown", "{"],
    ["POST", "/object/shown", "x"],
    ["POST", "/object/sign/shown/ten", '{"expiresIn":1e308}'],
    ["POST", "/object/sign/shown/ten", '{"expiresIn":-1}'],
    ["POST", "/object/list-v2/shown", '{"limit":1e99}'],
    ["POST", "/bucket", '{"name":"x","file_size_limit":"1e9mb"}'],
    ["POST", "/bucket", '{"name":"..","public":true}'],
    ["PUT", "/bucket/shown", "[]"],
    ["PATCH", "/object/shown/ten", "x"],
  ])("%s %s of %s is 4xx", async (method, path, body) => {
    for (const type of ["application/json", "multipart/form-data; boundary=x"]) {
      const response = await send(method, path, { ...who.service, "Content-Type": type }, body);
      expect([type, Math.floor(response.status / 100)]).toEqual([type, 4]);
    }
    expect(await (await send("GET", "/object/public/shown/ten", {})).text()).toBe("0123456789");
  });
}
