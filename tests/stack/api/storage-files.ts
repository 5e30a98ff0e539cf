import { createClient } from "@supabase/supabase-js";
import { expect, test } from "vitest";
import ws from "ws";
import { ANI, type Desk } from "../support/desk.ts";
import { storageOf } from "../support/storage.ts";

export function storageFilesTests(desk: () => Desk): void {
  const { who, send, put } = storageOf(desk);

  test("metadata of a form, a plain and a signed upload are kept, and replaced by the next upload", async () => {
    const supabase = createClient(desk().api.url, desk().api.keys.secretKey, { realtime: { transport: ws as never } });
    const files = supabase.storage.from("shown");
    const metadata = async (name: string) => (await files.info(name)).data?.metadata;
    await files.upload("form", new Blob(["x"]), { metadata: { ä: ["ö"] } });
    await files.upload("plain", "x", { metadata: { ä: 1 }, cacheControl: "7" });
    const { data: slot } = await files.createSignedUploadUrl("slot");
    await files.uploadToSignedUrl("slot", slot!.token, "x", { metadata: { a: 2 }, cacheControl: "8" });
    expect([await metadata("form"), await metadata("plain"), await metadata("slot")]).toEqual([
      { ä: ["ö"] },
      { ä: 1 },
      { a: 2 },
    ]);
    expect([(await files.info("plain")).data?.cacheControl, (await files.info("slot")).data?.cacheControl]).toEqual([
      "max-age=7",
      "max-age=8",
    ]);
    await files.copy("plain", "copied");
    await files.update("plain", "y");
    expect([await metadata("plain"), await metadata("copied")]).toEqual([{}, { ä: 1 }]);
    const deep = `${'{"a":'.repeat(200)}1${"}".repeat(200)}`;
    const nested = { ...who.service, "X-Metadata": Buffer.from(deep).toString("base64") };
    expect((await put("shown/deep", nested, "x")).status).toBe(400);
  });

  test.each([
    ["bytes=0-1", 206, "01", "bytes 0-1/10"],
    ["bytes=8-", 206, "89", "bytes 8-9/10"],
    ["bytes=-3", 206, "789", "bytes 7-9/10"],
    ["bytes=5-99999999999999999999", 206, "56789", "bytes 5-9/10"],
    ["bytes=-99999999999999999999", 206, "0123456789", "bytes 0-9/10"],
    ["bytes=10-", 416, undefined, "bytes */10"],
    ["bytes=99999999999999999999-", 416, undefined, "bytes */10"],
    ["bytes=-0", 416, undefined, "bytes */10"],
    ["bytes=0-1,4-5", 200, "0123456789", null],
    ["bytes=3-1", 200, "0123456789", null],
    ["bytes=-", 200, "0123456789", null],
    ["lines=0-1", 200, "0123456789", null],
  ])("Range: %s is %i", async (range, status, body, contentRange) => {
    const response = await send("GET", `/object/papers/${ANI}/ten`, { ...who.ani, Range: range });
    expect([response.status, response.headers.get("Content-Range")]).toEqual([status, contentRange]);
    if (body !== undefined) expect(await response.text()).toBe(body);
  });

  test("an empty file has no range, and a changed one is sent whole", async () => {
    await put("shown/empty", who.service, "");
    expect((await send("GET", "/object/public/shown/empty", { Range: "bytes=0-" })).status).toBe(416);
    const whole = await send("GET", "/object/public/shown/empty", {});
    expect([whole.status, whole.headers.get("Content-Length"), await whole.text()]).toEqual([200, "0", ""]);
    const changed = { Range: "bytes=0-1", "If-Range": '"another"' };
    expect((await send("GET", "/object/public/shown/ten", changed)).status).toBe(200);
  });

  test("HEAD has the headers of GET, and an unchanged file is 304", async () => {
    const [get, head] = (await Promise.all(
      ["GET", "HEAD"].map((method) => send(method, `/object/authenticated/papers/${ANI}/ten`, who.ani)),
    )) as [Response, Response];
    for (const name of ["Content-Length", "Content-Type", "ETag", "Last-Modified", "Cache-Control"]) {
      expect([name, head.headers.get(name)]).toEqual([name, get.headers.get(name)]);
    }
    expect([head.status, head.headers.get("Content-Length"), await head.text()]).toEqual([200, "10", ""]);
    const known = { "If-None-Match": get.headers.get("ETag")! };
    expect((await send("GET", "/object/public/shown/ten", known)).status).toBe(304);
    expect((await send("GET", "/object/public/shown/ten", { "If-None-Match": '"another"' })).status).toBe(200);
  });

  test("download= names the file, in public and signed URLs", async () => {
    const supabase = createClient(desk().api.url, desk().api.keys.secretKey, { realtime: { transport: ws as never } });
    const files = supabase.storage.from("shown");
    const disposition = async (url: string) => (await fetch(url)).headers.get("Content-Disposition");
    expect(await disposition(files.getPublicUrl("ten").data.publicUrl)).toBeNull();
    expect(await disposition(files.getPublicUrl("ten", { download: true }).data.publicUrl)).toBe("attachment;");
    const { data } = await files.createSignedUrl("ten", 60, { download: "ten.txt" });
    expect(await disposition(data!.signedUrl)).toBe("attachment; filename=ten.txt; filename*=UTF-8''ten.txt");
    const encoded = "a%22%0D%0Ab.txt";
    const hostile = `${files.getPublicUrl("ten").data.publicUrl}?download=${encoded}`;
    expect(await disposition(hostile)).toBe(`attachment; filename=${encoded}; filename*=UTF-8''${encoded}`);
    const expires = Date.parse((await fetch(data!.signedUrl)).headers.get("Expires")!) - Date.now();
    expect(expires).toBeGreaterThan(50_000);
    expect(expires).toBeLessThan(61_000);
  });

  test("an uploaded page cannot run in the origin of Studio", async () => {
    await put("shown/page", who.service, "<script>alert(1)</script>", "text/html; charset=utf-8");
    await put("shown/drawing", who.service, "<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml");
    const page = await send("GET", "/object/public/shown/page", {});
    expect([page.headers.get("Content-Type"), page.headers.get("Content-Security-Policy")]).toEqual([
      "text/plain",
      "sandbox",
    ]);
    const drawing = await send("GET", "/object/public/shown/drawing", {});
    expect(drawing.headers.get("Content-Security-Policy")).toBe("sandbox");
  });

  test("a file may be larger than other bodies, up to the limit of config.toml", async () => {
    const sized = (bytes: number) =>
      send("POST", "/object/shown/big", { ...who.service, "x-upsert": "true" }, new Uint8Array(bytes));
    expect((await sized(11 * 1024 * 1024)).status).toBe(200);
    expect((await sized(50 * 1024 * 1024 + 1)).status).toBe(400);
  });
}
