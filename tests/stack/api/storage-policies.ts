import { expect, test } from "vitest";
import { runSql } from "../support/databases.ts";
import { ANI, type Desk } from "../support/desk.ts";
import { type Headers, storageOf } from "../support/storage.ts";

export function storagePoliciesTests(desk: () => Desk): void {
  const { who, send, json, put } = storageOf(desk);

  test.each([
    ["GET", `/object/papers/${ANI}/ten`],
    ["HEAD", `/object/papers/${ANI}/ten`],
    ["GET", `/object/authenticated/papers/${ANI}/ten`],
    ["HEAD", `/object/authenticated/papers/${ANI}/ten`],
    ["GET", `/object/info/papers/${ANI}/ten`],
    ["GET", `/object/info/authenticated/papers/${ANI}/ten`],
  ])("%s %s is for its owner alone", async (method, path) => {
    expect((await send(method, path, who.ani)).status).toBe(200);
    for (const stranger of [who.budi, who.visitor, {}]) {
      const response = await send(method, path, { ...stranger, Range: "bytes=0-1" });
      expect(response.status).toBe(400);
      if (method === "GET") expect(await response.json()).toMatchObject({ statusCode: "404" });
    }
  });

  test("a private bucket has no public paths", async () => {
    for (const path of ["/object/public", "/object/info/public"]) {
      expect((await send("GET", `${path}/shown/ten`, who.visitor)).status).toBe(200);
      const response = await send("GET", `${path}/papers/${ANI}/ten`, who.ani);
      expect([response.status, await response.json()]).toMatchObject([400, { statusCode: "404" }]);
    }
  });

  test("only the owner removes an object by its path", async () => {
    await put(`papers/${ANI}/gone`, who.ani, "x");
    expect((await send("DELETE", `/object/papers/${ANI}/gone`, who.budi)).status).toBe(400);
    expect((await send("DELETE", `/object/papers/${ANI}/gone`, who.ani)).status).toBe(200);
    expect((await send("DELETE", `/object/papers/${ANI}/gone`, who.ani)).status).toBe(400);
  });

  test("who sees a bucket and an object cannot empty it of what others own", async () => {
    await json("POST", "/bucket", who.service, { name: "shared" });
    await runSql(
      desk().database.url,
      `create policy shared_bucket on storage.buckets for select to authenticated using (id = 'shared');
       create policy shared_select on storage.objects for select to authenticated using (bucket_id = 'shared')`,
    );
    await put("shared/kept", who.service, "x");
    expect((await json("POST", "/bucket/shared/empty", who.budi, {})).status).toBe(400);
    expect((await send("GET", "/object/shared/kept", who.budi)).status).toBe(200);
    expect((await json("POST", "/bucket/shared/empty", who.service, {})).status).toBe(200);
    expect((await send("GET", "/object/shared/kept", who.budi)).status).toBe(400);
  });

  test("the token of a signed URL does not sign in the person that its object is named after", async () => {
    await json("POST", "/bucket", who.service, { name: "open" });
    await runSql(
      desk().database.url,
      `create policy open_insert on storage.objects for insert to authenticated with check (bucket_id = 'open')`,
    );
    const slot = await json("POST", `/object/upload/sign/open/${ANI}`, who.budi, {});
    const { token } = (await slot.json()) as { token: string };
    const whoAmI = (headers: Headers) => fetch(`${desk().api.url}/rest/v1/rpc/who_am_i`, { method: "POST", headers });
    expect(await (await whoAmI(who.ani)).json()).toMatchObject({ sub: ANI });
    expect((await whoAmI({ ...who.visitor, Authorization: `Bearer ${token}` })).status).toBe(401);
    expect((await send("PUT", `/object/upload/sign/open/${ANI}?token=${token}`, who.budi, "x")).status).toBe(200);
  });
}
