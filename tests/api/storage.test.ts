import { beforeAll, describe, expect, test } from "vitest";
import { anonymous, type Client, type Person, service, signUp } from "../support/people.ts";
import { ok } from "./support/answers.ts";
import { befriend, events, hide, host, post, posts, users } from "./support/scenes.ts";

const png = new Blob(
  [
    Buffer.from(
      "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGBgAAAABQABh6FO1AAAAABJRU5ErkJggg==",
      "base64",
    ),
  ],
  {
    type: "image/png",
  },
);

let ani: Person;
let friend: Person;
let stranger: Person;

beforeAll(async () => {
  ani = await signUp("ani");
  friend = await signUp("friend");
  stranger = await signUp("stranger");
  await befriend(ani, friend);
});

type Bucket = "avatars" | "event-images" | "post-images";

const upload = ({ client }: { client: Client }, bucket: Bucket, path: string) =>
  client.storage.from(bucket).upload(path, png);

async function uploaded(bucket: Bucket): Promise<string> {
  const path = `${ani.id}/${crypto.randomUUID()}.png`;
  const { error } = await upload(ani, bucket, path);
  expect(error).toBeNull();
  return path;
}

const canRead = async ({ client }: { client: Client }, bucket: Bucket, path: string) => {
  const { data, error } = await client.storage.from(bucket).download(path);
  if (error) return false;
  expect(await data.arrayBuffer()).toEqual(await png.arrayBuffer());
  return true;
};

const visitor = () => ({ client: anonymous() });
const readers = async (bucket: Bucket, path: string) => ({
  owner: await canRead(ani, bucket, path),
  friend: await canRead(friend, bucket, path),
  stranger: await canRead(stranger, bucket, path),
  visitor: await canRead(visitor(), bucket, path),
});

const everyone = { owner: true, friend: true, stranger: true, visitor: true };
const ownerAlone = { owner: true, friend: false, stranger: false, visitor: false };

describe("a file", () => {
  test("is uploaded only by its owner, into their own folder", async () => {
    await uploaded("avatars");
    for (const who of [stranger, visitor()]) {
      const { error } = await upload(who, "avatars", `${ani.id}/${crypto.randomUUID()}.png`);
      expect(error).not.toBeNull();
      expect(Number((error as { status?: number }).status)).toBeLessThan(500);
    }
    expect((await upload(ani, "avatars", `not-a-uuid/${crypto.randomUUID()}.png`)).error).not.toBeNull();
    expect((await upload(ani, "avatars", `${crypto.randomUUID()}.png`)).error).not.toBeNull();
  });

  test("is replaced and removed only by its owner", async () => {
    const path = await uploaded("post-images");
    await stranger.client.storage.from("post-images").remove([path]);
    expect((await stranger.client.storage.from("post-images").update(path, png)).error).not.toBeNull();
    expect(await canRead(ani, "post-images", path)).toBe(true);
    expect((await ani.client.storage.from("post-images").update(path, png)).error).toBeNull();
    expect((await ani.client.storage.from("post-images").remove([path])).error).toBeNull();
    expect(await canRead(ani, "post-images", path)).toBe(false);
  });

  test("that no row references is read only by its owner", async () => {
    for (const bucket of ["avatars", "event-images", "post-images"] as const) {
      expect(await readers(bucket, await uploaded(bucket))).toEqual(ownerAlone);
    }
  });

  test("is read without a key through a signed URL, which only its readers can get", async () => {
    const path = await uploaded("avatars");
    const sign = (who: { client: Client }) => who.client.storage.from("avatars").createSignedUrl(path, 60);
    expect((await sign(stranger)).error).not.toBeNull();
    ok(await users(ani).from("users").update({ avatar_url: path }).eq("id", ani.id));
    const { data, error } = await sign(stranger);
    expect(error).toBeNull();
    const response = await fetch(data!.signedUrl);
    expect([response.status, response.headers.get("content-type")]).toEqual([200, "image/png"]);
    const forged = data!.signedUrl.replace(/token=(.).{10}/, "token=$1aaaaaaaaaa");
    expect((await fetch(forged)).status).toBeGreaterThanOrEqual(400);
  });
});

describe("an image is read by everyone who sees the row that references it:", () => {
  test("a profile", async () => {
    const path = await uploaded("avatars");
    ok(await users(ani).from("users").update({ avatar_url: path }).eq("id", ani.id));
    expect(await readers("avatars", path)).toEqual(everyone);
    ok(await hide(ani));
    expect(await readers("avatars", path)).toEqual({ ...ownerAlone, friend: true });
    ok(await hide(ani, true));
  });

  test("an event", async () => {
    const shown = async (privacy: "public" | "friends_only" | "private") => {
      const path = await uploaded("event-images");
      const event_id = await host(ani, { privacy });
      ok(await events(ani).from("event_images").insert({ event_id, image_url: path }));
      return readers("event-images", path);
    };
    expect(await shown("public")).toEqual(everyone);
    expect(await shown("friends_only")).toEqual({ ...ownerAlone, friend: true });
    expect(await shown("private")).toEqual(ownerAlone);
  });

  test("a post", async () => {
    const shown = async (visibility: "public" | "followers" | "private") => {
      const path = await uploaded("post-images");
      await post(ani, { visibility, image_urls: [path] });
      return readers("post-images", path);
    };
    expect(await shown("public")).toEqual(everyone);
    expect(await shown("followers")).toEqual({ ...ownerAlone, friend: true });
    expect(await shown("private")).toEqual(ownerAlone);
  });

  test("but referencing someone else's file gives no access to it", async () => {
    const path = await uploaded("post-images");
    const id = await post(stranger, { image_urls: [path] });
    expect(ok(await posts(stranger).from("post_images").select("image_url").eq("post_id", id))).toEqual([
      { image_url: path },
    ]);
    expect(await readers("post-images", path)).toEqual(ownerAlone);
  });
});

test("a deleted account cannot upload, and its files are queued for deletion", async () => {
  const gone = await signUp("gone");
  const path = `${gone.id}/1.png`;
  expect((await upload(gone, "avatars", path)).error).toBeNull();
  ok(await users(gone).rpc("delete_account"));
  expect((await upload(gone, "avatars", `${gone.id}/2.png`)).error).not.toBeNull();
  const waiting = ok(await service().schema("user_service").rpc("files_to_delete", { batch: 1000 }));
  expect(waiting).toContainEqual({ bucket_id: "avatars", path });
});

test("a folder is listed page by page, and a copy returns its path", async () => {
  const bucket = ani.client.storage.from("avatars");
  const folder = `${ani.id}/listed`;
  for (const name of ["a.png", "b.png", "deep/c.png"]) await upload(ani, "avatars", `${folder}/${name}`);
  const listed = async (path: string, options = {}) => (await bucket.list(path, options)).data?.map(({ name }) => name);
  expect(await listed(folder)).toEqual(["a.png", "b.png", "deep"]);
  expect(await listed(`${folder}/`)).toEqual(["a.png", "b.png", "deep"]);
  expect(await listed(folder, { limit: 1, offset: 1 })).toEqual(["b.png"]);
  expect(await listed(folder, { search: "b" })).toEqual(["b.png"]);
  expect((await bucket.list(folder)).data?.map(({ id }) => id !== null)).toEqual([true, true, false]);
  expect(await listed("")).toContain(ani.id);
  const copied = await bucket.copy(`${folder}/a.png`, `${folder}/copy.png`);
  expect(copied).toMatchObject({ data: { path: `avatars/${folder}/copy.png` }, error: null });
});
