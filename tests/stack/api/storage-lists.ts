import { beforeAll, describe, expect, test } from "vitest";
import type { Desk } from "../support/desk.ts";
import { type Headers, storageOf } from "../support/storage.ts";

export function storageListsTests(desk: () => Desk): void {
  const { who, send, json, put } = storageOf(desk);

  describe("list-v2", () => {
    type Page = { hasNext: boolean; nextCursor?: string; folders: { name: string }[]; objects: { name: string }[] };
    const list = async (headers: Headers, body: object) =>
      (await (await json("POST", "/object/list-v2/pages", headers, body)).json()) as Page;
    const names = ({ folders, objects }: Page) => [...folders, ...objects].map(({ name }) => name);

    beforeAll(async () => {
      await json("POST", "/bucket", who.service, { name: "pages" });
      for (const name of ["b", "a/1", "a/2", "c_d/1", "cxd/1", "e"]) await put(`pages/${name}`, who.service, name);
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
      let page = await list(who.service, { ...options, limit: 2 });
      for (; page.hasNext; page = await list(who.service, { ...options, limit: 2, cursor: page.nextCursor })) {
        found.push(...names(page));
      }
      expect([...found, ...names(page)].sort()).toEqual([...expected].sort());
      if (!("with_delimiter" in options)) expect([...found, ...names(page)]).toEqual(expected);
    });

    test("shows a caller what the policies show, and refuses a foreign cursor", async () => {
      expect(names(await list(who.budi, {}))).toEqual([]);
      expect((await json("POST", "/object/list-v2/pages", who.service, { cursor: "nonsense" })).status).toBe(400);
    });
  });

  test("buckets have sizes with a unit, patterns of types, and limits that can be removed", async () => {
    await json("POST", "/bucket", who.service, {
      name: "pictures",
      file_size_limit: "1kb",
      allowed_mime_types: ["image/*"],
    });
    expect((await put("pictures/a.png", who.service, "png", "image/png")).status).toBe(200);
    expect(await (await send("GET", "/object/info/pictures/a.png", who.service)).json()).toMatchObject({
      content_type: "image/png",
    });
    const refused = await put("pictures/a.txt", who.service, "text");
    expect([refused.status, await refused.json()]).toMatchObject([
      400,
      { statusCode: "415", message: "mime type text/plain is not supported" },
    ]);
    expect((await put("pictures/b.png", who.service, "x".repeat(1001), "image/png")).status).toBe(400);
    const limits = { file_size_limit: null, allowed_mime_types: null };
    expect((await json("PUT", "/bucket/pictures", who.budi, limits)).status).toBe(400);
    expect((await put("pictures/a.txt", who.service, "text")).status).toBe(400);
    expect((await json("PUT", "/bucket/pictures", who.service, limits)).status).toBe(200);
    expect((await put("pictures/a.txt", who.service, "x".repeat(1001))).status).toBe(200);
    const huge = await json("POST", "/bucket", who.service, { name: "huge", file_size_limit: "51gb" });
    expect(await huge.json()).toMatchObject({ statusCode: "413" });
  });

  test("lists buckets by limit, search and order", async () => {
    for (const name of ["order-a", "order-c", "order-b"]) await json("POST", "/bucket", who.service, { name });
    const list = async (query: string) =>
      ((await (await send("GET", `/bucket?${query}`, who.service)).json()) as { name: string }[]).map(
        ({ name }) => name,
      );
    expect(await list("search=ORDER-&sortColumn=name")).toEqual(["order-a", "order-b", "order-c"]);
    expect(await list("search=order-&sortColumn=name&sortOrder=desc&limit=1&offset=1")).toEqual(["order-b"]);
    expect((await send("GET", "/bucket?sortColumn=owner", who.service)).status).toBe(400);
    expect(await (await send("GET", "/bucket", who.visitor)).json()).toEqual([]);
  });
}
