import { createClient } from "@supabase/supabase-js";
import { beforeAll, describe, expect, test } from "vitest";
import ws from "ws";
import { runSql } from "../support/databases.ts";
import { ANI, as, BUDI, type Desk } from "../support/desk.ts";

type Headers = Record<string, string>;

/** Ani's files in the private bucket `papers` are hers alone; `shown` is public. */
export function storageTests(desk: () => Desk): void {
  let ani: Headers;
  let budi: Headers;
  let service: Headers;
  let visitor: Headers;

  const send = (method: string, path: string, headers: Headers, body?: string | Uint8Array<ArrayBuffer> | FormData) =>
    fetch(`${desk().api.url}/storage/v1${path}`, { method, headers, body });
  const json = (method: string, path: string, headers: Headers, body: unknown) =>
    send(method, path, { ...headers, "Content-Type": "application/json" }, JSON.stringify(body));
  const put = (path: string, headers: Headers, body: string, type = "text/plain") =>
    send("POST", `/object/${path}`, { ...headers, "Content-Type": type, "x-upsert": "true" }, body);

  beforeAll(async () => {
    [ani, budi, service, visitor] = (await Promise.all(
      [ANI, BUDI, "service", "anonymous"].map((who) => as(desk().api, who)),
    )) as [Headers, Headers, Headers, Headers];
    await json("POST", "/bucket", service, { name: "shown", public: true });
    expect((await put(`papers/${ANI}/ten`, ani, "0123456789")).status).toBe(200);
    expect((await put("shown/ten", service, "0123456789")).status).toBe(200);
  });

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
    const nested = { ...service, "X-Metadata": Buffer.from(deep).toString("base64") };
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
    const response = await send("GET", `/object/papers/${ANI}/ten`, { ...ani, Range: range });
    expect([response.status, response.headers.get("Content-Range")]).toEqual([status, contentRange]);
    if (body !== undefined) expect(await response.text()).toBe(body);
  });

  test("an empty file has no range, and a changed one is sent whole", async () => {
    await put("shown/empty", service, "");
    expect((await send("GET", "/object/public/shown/empty", { Range: "bytes=0-" })).status).toBe(416);
    const whole = await send("GET", "/object/public/shown/empty", {});
    expect([whole.status, whole.headers.get("Content-Length"), await whole.text()]).toEqual([200, "0", ""]);
    const changed = { Range: "bytes=0-1", "If-Range": '"another"' };
    expect((await send("GET", "/object/public/shown/ten", changed)).status).toBe(200);
  });

  test("HEAD has the headers of GET, and an unchanged file is 304", async () => {
    const [get, head] = (await Promise.all(
      ["GET", "HEAD"].map((method) => send(method, `/object/authenticated/papers/${ANI}/ten`, ani)),
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
    await put("shown/page", service, "<script>alert(1)</script>", "text/html; charset=utf-8");
    await put("shown/drawing", service, "<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml");
    const page = await send("GET", "/object/public/shown/page", {});
    expect([page.headers.get("Content-Type"), page.headers.get("Content-Security-Policy")]).toEqual([
      "text/plain",
      "sandbox",
    ]);
    const drawing = await send("GET", "/object/public/shown/drawing", {});
    expect(drawing.headers.get("Content-Security-Policy")).toBe("sandbox");
  });

  test.each([
    ["GET", `/object/papers/${ANI}/ten`],
    ["HEAD", `/object/papers/${ANI}/ten`],
    ["GET", `/object/authenticated/papers/${ANI}/ten`],
    ["HEAD", `/object/authenticated/papers/${ANI}/ten`],
    ["GET", `/object/info/papers/${ANI}/ten`],
    ["GET", `/object/info/authenticated/papers/${ANI}/ten`],
  ])("%s %s is for its owner alone", async (method, path) => {
    expect((await send(method, path, ani)).status).toBe(200);
    for (const stranger of [budi, visitor, {}]) {
      const response = await send(method, path, { ...stranger, Range: "bytes=0-1" });
      expect(response.status).toBe(400);
      if (method === "GET") expect(await response.json()).toMatchObject({ statusCode: "404" });
    }
  });

  test("a private bucket has no public paths", async () => {
    for (const path of ["/object/public", "/object/info/public"]) {
      expect((await send("GET", `${path}/shown/ten`, visitor)).status).toBe(200);
      const response = await send("GET", `${path}/papers/${ANI}/ten`, ani);
      expect([response.status, await response.json()]).toMatchObject([400, { statusCode: "404" }]);
    }
  });

  test("only the owner removes an object by its path", async () => {
    await put(`papers/${ANI}/gone`, ani, "x");
    expect((await send("DELETE", `/object/papers/${ANI}/gone`, budi)).status).toBe(400);
    expect((await send("DELETE", `/object/papers/${ANI}/gone`, ani)).status).toBe(200);
    expect((await send("DELETE", `/object/papers/${ANI}/gone`, ani)).status).toBe(400);
  });

  test("who sees a bucket and an object cannot empty it of what others own", async () => {
    await json("POST", "/bucket", service, { name: "shared" });
    await runSql(
      desk().database.url,
      `create policy shared_bucket on storage.buckets for select to authenticated using (id = 'shared');
       create policy shared_select on storage.objects for select to authenticated using (bucket_id = 'shared')`,
    );
    await put("shared/kept", service, "x");
    expect((await json("POST", "/bucket/shared/empty", budi, {})).status).toBe(400);
    expect((await send("GET", "/object/shared/kept", budi)).status).toBe(200);
    expect((await json("POST", "/bucket/shared/empty", service, {})).status).toBe(200);
    expect((await send("GET", "/object/shared/kept", budi)).status).toBe(400);
  });

  describe("list-v2", () => {
    type Page = { hasNext: boolean; nextCursor?: string; folders: { name: string }[]; objects: { name: string }[] };
    const list = async (headers: Headers, body: object) =>
      (await (await json("POST", "/object/list-v2/pages", headers, body)).json()) as Page;
    const names = ({ folders, objects }: Page) => [...folders, ...objects].map(({ name }) => name);

    beforeAll(async () => {
      await json("POST", "/bucket", service, { name: "pages" });
      for (const name of ["b", "a/1", "a/2", "c_d/1", "cxd/1", "e"]) await put(`pages/${name}`, service, name);
    });

    test.each([
      [{}, ["a/1", "a/2", "b", "c_d/1", "cxd/1", "e"]],
      [{ sortBy: { column: "name", order: "desc" } }, ["e", "cxd/1", "c_d/1", "b", "a/2", "a/1"]],
      [{ sortBy: { column: "created_at", order: "asc" } }, ["b", "a/1", "a/2", "c_d/1", "cxd/1", "e"]],
      [{ prefix: "c_" }, ["c_d/1"]],
      [{ with_delimiter: true }, ["a/", "b", "c_d/", "cxd/", "e"]],
      [{ with_delimiter: true, prefix: "a/" }, ["a/1", "a/2"]],
    ])("%j in pages of two", async (options, expected) => {
      const found: string[] = [];
      let page = await list(service, { ...options, limit: 2 });
      for (; page.hasNext; page = await list(service, { ...options, limit: 2, cursor: page.nextCursor })) {
        found.push(...names(page));
      }
      expect([...found, ...names(page)].sort()).toEqual([...expected].sort());
      if (!("with_delimiter" in options)) expect([...found, ...names(page)]).toEqual(expected);
    });

    test("shows a caller what the policies show, and refuses a foreign cursor", async () => {
      expect(names(await list(budi, {}))).toEqual([]);
      expect((await json("POST", "/object/list-v2/pages", service, { cursor: "nonsense" })).status).toBe(400);
    });
  });

  test("buckets have sizes with a unit, patterns of types, and limits that can be removed", async () => {
    await json("POST", "/bucket", service, {
      name: "pictures",
      file_size_limit: "1kb",
      allowed_mime_types: ["image/*"],
    });
    expect((await put("pictures/a.png", service, "png", "image/png")).status).toBe(200);
    expect(await (await send("GET", "/object/info/pictures/a.png", service)).json()).toMatchObject({
      content_type: "image/png",
    });
    const refused = await put("pictures/a.txt", service, "text");
    expect([refused.status, await refused.json()]).toMatchObject([
      400,
      { statusCode: "415", message: "mime type text/plain is not supported" },
    ]);
    expect((await put("pictures/b.png", service, "x".repeat(1001), "image/png")).status).toBe(400);
    const limits = { file_size_limit: null, allowed_mime_types: null };
    expect((await json("PUT", "/bucket/pictures", budi, limits)).status).toBe(400);
    expect((await put("pictures/a.txt", service, "text")).status).toBe(400);
    expect((await json("PUT", "/bucket/pictures", service, limits)).status).toBe(200);
    expect((await put("pictures/a.txt", service, "x".repeat(1001))).status).toBe(200);
    const huge = await json("POST", "/bucket", service, { name: "huge", file_size_limit: "51gb" });
    expect(await huge.json()).toMatchObject({ statusCode: "413" });
  });

  test("lists buckets by limit, search and order", async () => {
    for (const name of ["order-a", "order-c", "order-b"]) await json("POST", "/bucket", service, { name });
    const list = async (query: string) =>
      ((await (await send("GET", `/bucket?${query}`, service)).json()) as { name: string }[]).map(({ name }) => name);
    expect(await list("search=ORDER-&sortColumn=name")).toEqual(["order-a", "order-b", "order-c"]);
    expect(await list("search=order-&sortColumn=name&sortOrder=desc&limit=1&offset=1")).toEqual(["order-b"]);
    expect((await send("GET", "/bucket?sortColumn=owner", service)).status).toBe(400);
    expect(await (await send("GET", "/bucket", visitor)).json()).toEqual([]);
  });

  test.each([
    ["GET", "/render/image/public/shown/ten?width=10", "Image transformations"],
    ["GET", "/render/image/authenticated/shown/ten?width=10", "Image transformations"],
    ["POST", "/upload/resumable", "Resumable uploads"],
    ["GET", "/s3/shown", "S3 protocol"],
  ])("%s %s is 501 by name", async (method, path, name) => {
    const response = await send(method, path, service);
    expect([response.status, await response.json()]).toMatchObject([501, { message: expect.stringContaining(name) }]);
  });

  test("a URL for a transformed image is not signed for the original", async () => {
    const response = await json("POST", "/object/sign/shown/ten", service, { expiresIn: 60, transform: { width: 10 } });
    expect(response.status).toBe(501);
    expect((await json("POST", "/object/sign/shown/ten", service, { expiresIn: 60, transform: {} })).status).toBe(200);
  });

  test("names of any allowed characters are the same in every route", async () => {
    const name = "a b!'()*&$=@;:+,-_.c";
    expect((await put(`shown/${encodeURIComponent(name)}`, service, "x")).status).toBe(200);
    expect((await send("GET", `/object/public/shown/${encodeURI(name)}`, {})).status).toBe(200);
    const links = await json("POST", "/object/sign/shown", service, { expiresIn: 60, paths: [name] });
    const [{ signedURL }] = (await links.json()) as [{ signedURL: string }];
    expect((await send("GET", encodeURI(signedURL), {})).status).toBe(200);
    const removed = await json("DELETE", "/object/shown", service, { prefixes: [name] });
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
    const response = await put(`shown/${name}`, service, "x");
    expect(response.status).toBe(400);
    expect((await json("POST", "/object/upload/sign/shown/x%25", service, {})).status).toBe(400);
    for (const path of ["copy", "move"]) {
      const destinationKey = name === "%00" ? "\0" : decodeURIComponent(name);
      const body = { bucketId: "shown", sourceKey: "ten", destinationKey };
      expect((await json("POST", `/object/${path}`, service, body)).status).toBe(400);
    }
  });

  test("a path never reaches another route of Storage", async () => {
    for (const path of [
      "/object/..%2Fbucket",
      "/object/%2e%2e%2fbucket/x",
      "/bucket/..%2Fobject",
      "/bucket/%2e%2e%2fx",
    ]) {
      const response = await send("GET", path, service);
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
      const response = await send(method, path, { ...service, "Content-Type": type }, body);
      expect([type, Math.floor(response.status / 100)]).toEqual([type, 4]);
    }
    expect(await (await send("GET", "/object/public/shown/ten", {})).text()).toBe("0123456789");
  });

  test("the token of a signed URL does not sign in the person that its object is named after", async () => {
    await json("POST", "/bucket", service, { name: "open" });
    await runSql(
      desk().database.url,
      `create policy open_insert on storage.objects for insert to authenticated with check (bucket_id = 'open')`,
    );
    const slot = await json("POST", `/object/upload/sign/open/${ANI}`, budi, {});
    const { token } = (await slot.json()) as { token: string };
    const whoAmI = (headers: Headers) => fetch(`${desk().api.url}/rest/v1/rpc/who_am_i`, { method: "POST", headers });
    expect(await (await whoAmI(ani)).json()).toMatchObject({ sub: ANI });
    expect((await whoAmI({ ...visitor, Authorization: `Bearer ${token}` })).status).toBe(401);
    expect((await send("PUT", `/object/upload/sign/open/${ANI}?token=${token}`, budi, "x")).status).toBe(200);
  });

  test("a file may be larger than other bodies, up to the limit of config.toml", async () => {
    const sized = (bytes: number) =>
      send("POST", "/object/shown/big", { ...service, "x-upsert": "true" }, new Uint8Array(bytes));
    expect((await sized(11 * 1024 * 1024)).status).toBe(200);
    expect((await sized(50 * 1024 * 1024 + 1)).status).toBe(400);
  });
}
