import { expect, test } from "vitest";
import { connect, target } from "../support/database.ts";
import { type Person, signUp } from "../support/people.ts";
import { ok } from "./support/answers.ts";
import { users } from "./support/scenes.ts";

const purge = (apikey: string, method = "POST") =>
  fetch(`${target().apiUrl}/functions/v1/purge-files`, { method, headers: { apikey } });

async function left(person: Person): Promise<{ files: number; waiting: number }> {
  const db = await connect();
  try {
    const { rows } = await db.query(
      `select (select count(*)::int from storage.objects where name like $1) as files,
         (select count(*)::int from user_private.files_to_delete where path like $1) as waiting`,
      [`${person.id}/%`],
    );
    return rows[0];
  } finally {
    await db.end();
  }
}

test("deletes the files of deleted accounts, only for the secret key", async () => {
  const gone = await signUp("gone");
  const image = new Blob(["image"], { type: "image/png" });
  for (const bucket of ["avatars", "post-images"]) {
    expect((await gone.client.storage.from(bucket).upload(`${gone.id}/me.png`, image)).error).toBeNull();
  }
  ok(await users(gone).rpc("delete_account"));
  expect(await left(gone)).toEqual({ files: 2, waiting: 2 });

  for (const [key, method, status] of [
    [target().publishableKey, "POST", 401],
    ["", "POST", 401],
    [target().secretKey, "GET", 405],
  ] as const) {
    expect((await purge(key, method)).status).toBe(status);
  }
  expect(await left(gone)).toEqual({ files: 2, waiting: 2 });

  const response = await purge(target().secretKey);
  const { data } = (await response.json()) as { data: { deleted: number } };
  expect([response.status, data.deleted >= 2]).toEqual([200, true]);
  expect(await left(gone)).toEqual({ files: 0, waiting: 0 });
});
