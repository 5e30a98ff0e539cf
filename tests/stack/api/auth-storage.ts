import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import postgres from "postgres";
import { describe, expect, test } from "vitest";
import ws from "ws";
import { runSql } from "../support/databases.ts";
import type { Desk } from "../support/desk.ts";

export function authAndStorageTests(desk: () => Desk): void {
  async function query(text: TemplateStringsArray, ...values: string[]) {
    const sql = postgres(desk().database.url, { max: 1, onnotice: () => {} });
    const rows = await sql(text, ...values);
    await sql.end();
    return rows;
  }

  const NUL_IN_DATA = '{"email":"nul@example.org","password":"a good password","data":{"username":"a\\u0000b"}}';

  function client(key = desk().api.keys.publishableKey): SupabaseClient<never, "desk"> {
    return createClient(desk().api.url, key, {
      auth: { persistSession: false, autoRefreshToken: false },
      db: { schema: "desk" },
      realtime: { transport: ws as never },
    }) as never;
  }

  async function signUp(username: string) {
    const supabase = client();
    const { data, error } = await supabase.auth.signUp({
      email: `${username}@example.org`,
      password: "a good password",
      options: { data: { username, name: `The ${username}` } },
    });
    expect(error).toBeNull();
    return { supabase, id: data.user!.id };
  }

  describe("auth", () => {
    test("sign-up stores its data in auth.users and starts a session", async () => {
      const { supabase, id } = await signUp("citra");
      const [row] = await query`
        select raw_user_meta_data as meta, email_confirmed_at is not null as confirmed from auth.users where id = ${id}`;
      expect(row).toMatchObject({ meta: { username: "citra", name: "The citra" }, confirmed: true });
      const { data } = await supabase.rpc("who_am_i" as never);
      expect(data).toMatchObject({ role: "authenticated", sub: id });
    });

    test("refuses a taken email in any case with 4xx, even for concurrent requests", async () => {
      await signUp("dewi");
      const again = (email: string) => client().auth.signUp({ email, password: "a good password" });
      expect((await again("DEWI@example.org")).error?.status).toBe(422);
      const both = await Promise.all([again("eka@example.org"), again("eka@example.org"), again("eka@example.org")]);
      const statuses = both.map(({ error }) => error?.status ?? 200).sort();
      expect(statuses[0]).toBe(200);
      expect(statuses.slice(1).every((status) => status >= 400 && status < 500)).toBe(true);
      const [row] = await query`select count(*)::int as n from auth.users where email = 'eka@example.org'`;
      expect(row?.n).toBe(1);
    });

    test("refuses a wrong or short password, a missing email and malformed JSON with 4xx", async () => {
      await signUp("fajar");
      const wrong = await client().auth.signInWithPassword({
        email: "fajar@example.org",
        password: "not the password",
      });
      expect(wrong.error?.status).toBe(400);
      const right = await client().auth.signInWithPassword({ email: "fajar@example.org", password: "a good password" });
      expect(right.error).toBeNull();
      expect((await client().auth.signUp({ email: "g@example.org", password: "short" })).error?.status).toBe(422);
      for (const body of [
        "{not json",
        "",
        "[]",
        NUL_IN_DATA,
        '{"email":"x","password":"12345678"}',
        '{"email":5,"password":{}}',
      ]) {
        const response = await fetch(`${desk().api.url}/auth/v1/signup`, {
          method: "POST",
          headers: { apikey: desk().api.keys.publishableKey, "Content-Type": "application/json" },
          body,
        });
        expect([body, Math.floor(response.status / 100)]).toEqual([body, 4]);
      }
    });

    test("accepts bcrypt password hashes like those of the seed", async () => {
      await runSql(
        desk().database.url,
        `insert into auth.users (id, email, encrypted_password, email_confirmed_at, raw_user_meta_data)
         values (gen_random_uuid(), 'hana@example.org', extensions.crypt('anigmaa-demo', extensions.gen_salt('bf')), now(), '{}')`,
      );
      const { error } = await client().auth.signInWithPassword({ email: "hana@example.org", password: "anigmaa-demo" });
      expect(error).toBeNull();
    });
  });

  describe("storage enforces the policies of storage.objects as the caller", () => {
    const paper = new Blob(["hello"], { type: "text/plain" });

    test("uploads and downloads", async () => {
      const { supabase: citra, id } = await signUp("indah");
      const { supabase: other } = await signUp("joko");
      const path = `${id}/letter.txt`;
      expect((await other.storage.from("papers").upload(path, paper)).error).not.toBeNull();
      expect((await client().storage.from("papers").upload(path, paper)).error).not.toBeNull();
      expect((await citra.storage.from("papers").upload(path, paper)).error).toBeNull();
      expect(await (await citra.storage.from("papers").download(path)).data?.text()).toBe("hello");
      expect((await other.storage.from("papers").download(path)).error).not.toBeNull();
      expect((await client().storage.from("papers").download(path)).error).not.toBeNull();
      expect((await other.storage.from("papers").list(id)).data).toEqual([]);
      expect((await citra.storage.from("papers").list(id)).data).toHaveLength(1);
      const service = client(desk().api.keys.secretKey);
      expect(await (await service.storage.from("papers").download(path)).data?.text()).toBe("hello");
    });

    test("a signed URL works without a session, and only a reader can create one", async () => {
      const { supabase: kartika, id } = await signUp("kartika");
      const { supabase: other } = await signUp("lestari");
      const path = `${id}/photo.png`;
      await kartika.storage.from("papers").upload(path, new Blob(["png"], { type: "image/png" }));
      expect((await other.storage.from("papers").createSignedUrl(path, 60)).error).not.toBeNull();
      const { data } = await kartika.storage.from("papers").createSignedUrl(path, 60);
      const response = await fetch(data!.signedUrl);
      expect([response.status, response.headers.get("content-type"), await response.text()]).toEqual([
        200,
        "image/png",
        "png",
      ]);
      expect((await fetch(`${data!.signedUrl}x`)).status).toBe(400);
    });

    test("signs several paths at once, and an upload for a caller who may write", async () => {
      const { supabase: oka, id } = await signUp("oka");
      await oka.storage.from("papers").upload(`${id}/a.txt`, paper);
      const { data: links, error } = await oka.storage
        .from("papers")
        .createSignedUrls([`${id}/a.txt`, `${id}/none.txt`], 60);
      expect(error).toBeNull();
      expect((await fetch(links![0]!.signedUrl!)).status).toBe(200);
      expect([links![1]!.signedUrl, links![1]!.error === null]).toEqual([null, false]);
      expect((await client().storage.from("papers").createSignedUploadUrl(`${id}/b.txt`)).error).not.toBeNull();
      const { data: slot } = await oka.storage.from("papers").createSignedUploadUrl(`${id}/b.txt`);
      expect(
        (await client().storage.from("papers").uploadToSignedUrl(slot!.path, slot!.token, paper)).error,
      ).toBeNull();
      expect(await (await oka.storage.from("papers").download(`${id}/b.txt`)).data?.text()).toBe("hello");
    });

    test("only the owner can remove a file, which deletes its row and its bytes", async () => {
      const { supabase: made, id } = await signUp("made");
      const { supabase: other } = await signUp("nyoman");
      const path = `${id}/gone.txt`;
      await made.storage.from("papers").upload(path, paper);
      await other.storage.from("papers").remove([path]);
      expect((await made.storage.from("papers").download(path)).error).toBeNull();
      expect((await made.storage.from("papers").remove([path])).data).toHaveLength(1);
      expect((await made.storage.from("papers").download(path)).error).not.toBeNull();
    });

    test("accepts names below another file's, equal to a folder's, and longer than a file name may be", async () => {
      const { supabase: rina, id } = await signUp("rina");
      const papers = rina.storage.from("papers");
      for (const name of ["a", "a/b", "c/d", "c", "x".repeat(300)]) {
        expect((await papers.upload(`${id}/${name}`, new Blob([name], { type: "text/plain" }))).error).toBeNull();
      }
      for (const name of ["a", "a/b", "c/d", "c", "x".repeat(300)]) {
        expect(await (await papers.download(`${id}/${name}`)).data?.text()).toBe(name);
      }
    });

    test("a file may contain any bytes", async () => {
      const { supabase: tari, id } = await signUp("tari");
      const bytes = new Blob(["[{".repeat(10_000)], { type: "text/plain" });
      expect((await tari.storage.from("papers").upload(`${id}/brackets.txt`, bytes)).error).toBeNull();
    });

    test("answers invalid requests with 4xx", async () => {
      const ask = (path: string, body: string, headers: Record<string, string> = {}) =>
        fetch(`${desk().api.url}/storage/v1/object/${path}`, {
          method: "POST",
          headers: { apikey: desk().api.keys.secretKey, "Content-Type": "application/json", ...headers },
          body,
        });
      const order = { column: "name", order: "asc, (select 1/0)" };
      expect((await ask("list/papers", JSON.stringify({ prefix: "", sortBy: order }))).status).toBe(400);
      expect((await ask("list/papers", "[]")).status).toBe(400);
      const paths = ["\ud800", "../../../_system/health", 5];
      const signed = await ask("sign/papers", JSON.stringify({ paths, expiresIn: 60 }));
      expect(signed.status).toBe(200);
      expect(((await signed.json()) as { signedURL: null }[]).map(({ signedURL }) => signedURL)).toEqual([
        null,
        null,
        null,
      ]);
    });

    test("answers 404 if a row's file is missing", async () => {
      const { supabase: sari, id } = await signUp("sari");
      await runSql(
        desk().database.url,
        `insert into storage.objects (bucket_id, name, owner_id) values ('papers', '${id}/lost.txt', '${id}')`,
      );
      const { data } = await sari.storage.from("papers").createSignedUrl(`${id}/lost.txt`, 60);
      expect((await fetch(data!.signedUrl)).status).toBe(404);
    });

    test("refuses a path outside the bucket", async () => {
      const response = await fetch(`${desk().api.url}/storage/v1/object/papers/..%2F..%2Fx`, {
        method: "POST",
        headers: { apikey: desk().api.keys.secretKey, "Content-Type": "text/plain" },
        body: "x",
      });
      expect(Math.floor(response.status / 100)).toBe(4);
    });
  });
}
