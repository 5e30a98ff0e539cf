import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { actAs, connect, inRolledBackTransaction, target } from "../support/database.ts";
import { createDatabase, dropDatabase } from "../support/server.ts";

/**
 * A new database of hosted Supabase: the role of the migrations is not a superuser and owns neither auth nor storage, and
 * extensions are in a separate schema. Preinstalled PostGIS, membership in the storage admin and ownership of the
 * publication stand for what hosted Supabase grants with its supautils extension.
 */
const name = `hosted_${process.pid}`;
const migrationsRole = "hosted_postgres";
const ani = "00000000-0000-4000-8000-00000000000a";
const budi = "00000000-0000-4000-8000-00000000000b";
let superuser: pg.Client;

const platform = `
  do $$
  declare wanted text;
  begin
    foreach wanted in array array['anon', 'authenticated', 'service_role', 'hosted_auth_admin', 'hosted_storage_admin', '${migrationsRole}'] loop
      if not exists (select from pg_roles where rolname = wanted) then
        execute format('create role %I noinherit', wanted);
      end if;
    end loop;
  end $$;
  alter role ${migrationsRole} nosuperuser createrole createdb replication bypassrls inherit;
  alter role service_role bypassrls;
  grant anon, authenticated, service_role, hosted_storage_admin to ${migrationsRole};
  revoke create on schema public from public;

  create schema extensions;
  create extension postgis with schema extensions;
  create extension "uuid-ossp" with schema extensions;
  grant usage on schema extensions to ${migrationsRole}, anon, authenticated, service_role;

  create schema auth authorization hosted_auth_admin;
  grant usage on schema auth to ${migrationsRole}, anon, authenticated, service_role;
  set role hosted_auth_admin;
  create table auth.users (id uuid primary key, email text, raw_user_meta_data jsonb, email_confirmed_at timestamptz, last_sign_in_at timestamptz);
  create function auth.uid() returns uuid language sql stable as
    $$ select (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')::uuid $$;
  grant all on auth.users to ${migrationsRole};
  reset role;

  create schema storage authorization hosted_storage_admin;
  grant usage on schema storage to ${migrationsRole}, anon, authenticated, service_role;
  set role hosted_storage_admin;
  create table storage.buckets (id text primary key, name text not null unique, public boolean, file_size_limit bigint, allowed_mime_types text[]);
  create table storage.objects (id uuid primary key default gen_random_uuid(), bucket_id text references storage.buckets (id), name text, owner_id text);
  alter table storage.objects enable row level security;
  grant select, insert, update, delete on storage.objects to anon, authenticated, service_role;
  reset role;

  create publication supabase_realtime;
  alter publication supabase_realtime owner to ${migrationsRole};`;

beforeAll(async () => {
  superuser = await connect(await createDatabase(target().serverUrl!, name, "template0"));
  await superuser.query(platform);
  await superuser.query(`grant create on database "${name}" to ${migrationsRole}`);
  const directory = resolve(import.meta.dirname, "../../supabase/migrations");
  await superuser.query(`set session authorization ${migrationsRole}`);
  for (const file of readdirSync(directory).sort()) {
    await superuser.query(`begin;\n${readFileSync(resolve(directory, file), "utf8")};\ncommit;`);
  }
  await superuser.query("reset session authorization");
  await signUp(ani, "ani");
  await signUp(budi, "budi");
});

afterAll(async () => {
  await superuser.end();
  await dropDatabase(target().serverUrl!, name);
});

/** Inserts a user as Auth does, with its own role. */
async function signUp(id: string, username: string): Promise<void> {
  await superuser.query("set role hosted_auth_admin");
  await superuser.query("insert into auth.users (id, email, raw_user_meta_data) values ($1, $2, $3)", [
    id,
    `${username}@example.test`,
    { username },
  ]);
  await superuser.query("reset role");
}

async function fileNames(): Promise<string[]> {
  const { rows } = await superuser.query("select name from storage.objects order by name");
  return rows.map((row) => row.name);
}

describe("a database built from the migrations without superuser rights", () => {
  it("creates a person at sign-up", async () => {
    const { rows } = await superuser.query("select username from user_service.profiles order by username");
    expect(rows).toEqual([{ username: "ani" }, { username: "budi" }]);
  });

  it("deletes an account together with its login, and queues its files", async () => {
    await inRolledBackTransaction(superuser, async () => {
      await superuser.query("insert into storage.objects (bucket_id, name) values ('avatars', $1)", [
        `${ani}/face.png`,
      ]);
      await actAs(superuser, ani);
      await superuser.query("select user_service.delete_account()");
      await superuser.query("reset role");
      const logins = await superuser.query("select id from auth.users");
      expect(logins.rows).toEqual([{ id: budi }]);
      const queue = await superuser.query("select bucket_id, path from user_private.files_to_delete");
      expect(queue.rows).toEqual([{ bucket_id: "avatars", path: `${ani}/face.png` }]);
    });
  });

  it("deletes the person when the platform deletes the login", async () => {
    await inRolledBackTransaction(superuser, async () => {
      await superuser.query("grant delete on auth.users to hosted_auth_admin; set local role hosted_auth_admin");
      await superuser.query("delete from auth.users where id = $1", [ani]);
      await superuser.query("reset role");
      const { rows } = await superuser.query("select username from user_service.users");
      expect(rows).toEqual([{ username: "budi" }]);
    });
  });

  it("publishes comments, questions, invitations and tickets for Realtime", async () => {
    const { rows } = await superuser.query(
      "select schemaname || '.' || tablename as followed from pg_publication_tables where pubname = 'supabase_realtime' order by 1",
    );
    expect(rows.map((row) => row.followed)).toEqual([
      "event_service.event_qna",
      "post_service.comments",
      "ticket_service.tickets",
      "user_service.invitations",
    ]);
  });

  it("has private buckets for avatars, event images and post images", async () => {
    const { rows } = await superuser.query("select id, public from storage.buckets order by id");
    expect(rows).toEqual([
      { id: "avatars", public: false },
      { id: "event-images", public: false },
      { id: "post-images", public: false },
    ]);
  });
});

describe("stored files", () => {
  it("can be uploaded only to the person's own folder", async () => {
    await inRolledBackTransaction(superuser, async () => {
      await actAs(superuser, ani);
      await superuser.query("insert into storage.objects (bucket_id, name) values ('avatars', $1)", [
        `${ani}/face.png`,
      ]);
      expect(await fileNames()).toEqual([`${ani}/face.png`]);
      await expect(
        superuser.query("insert into storage.objects (bucket_id, name) values ('avatars', $1)", [`${budi}/face.png`]),
      ).rejects.toMatchObject({ code: "42501" });
    });
  });

  it("can be renamed and deleted only by their owner", async () => {
    await inRolledBackTransaction(superuser, async () => {
      await superuser.query("insert into storage.objects (bucket_id, name) values ('avatars', $1)", [
        `${ani}/face.png`,
      ]);
      await superuser.query("update user_service.users set avatar_url = $2 where id = $1", [ani, `${ani}/face.png`]);
      await actAs(superuser, budi);
      expect((await superuser.query("update storage.objects set name = $1", [`${budi}/stolen.png`])).rowCount).toBe(0);
      expect((await superuser.query("delete from storage.objects")).rowCount).toBe(0);
      await actAs(superuser, ani);
      expect((await superuser.query("update storage.objects set name = $1", [`${ani}/new.png`])).rowCount).toBe(1);
      expect((await superuser.query("delete from storage.objects")).rowCount).toBe(1);
    });
  });

  it("of a profile can be read by whoever sees the profile", async () => {
    await inRolledBackTransaction(superuser, async () => {
      await superuser.query("insert into storage.objects (bucket_id, name) values ('avatars', $1), ('avatars', $2)", [
        `${ani}/face.png`,
        `${ani}/unnamed.png`,
      ]);
      await superuser.query("update user_service.users set avatar_url = $2 where id = $1", [ani, `${ani}/face.png`]);
      await actAs(superuser, budi);
      expect(await fileNames()).toEqual([`${ani}/face.png`]);
      await actAs(superuser, null);
      expect(await fileNames()).toEqual([`${ani}/face.png`]);
      await superuser.query("reset role");
      await superuser.query("update user_service.user_privacy set profile_visible = false where user_id = $1", [ani]);
      await actAs(superuser, budi);
      expect(await fileNames()).toEqual([]);
    });
  });

  it("of posts and events can be read by whoever sees them; naming another person's file does not expose it", async () => {
    await inRolledBackTransaction(superuser, async () => {
      await superuser.query(
        "insert into storage.objects (bucket_id, name) values ('post-images', $1), ('event-images', $1)",
        [`${ani}/1.png`],
      );
      await actAs(superuser, budi);
      await superuser.query("select post_service.publish_post('stolen', image_urls => array[$1])", [`${ani}/1.png`]);
      expect(await fileNames()).toEqual([]);
      await actAs(superuser, ani);
      await superuser.query("select post_service.publish_post('own', 'followers', image_urls => array[$1])", [
        `${ani}/1.png`,
      ]);
      await superuser.query(
        "insert into event_service.events (title, start_time, end_time) values ('Own', now() + interval '1 day', now() + interval '2 days')",
      );
      await superuser.query(
        "insert into event_service.event_images (event_id, image_url) select id, $1 from event_service.events",
        [`${ani}/1.png`],
      );
      await actAs(superuser, budi);
      const { rows } = await superuser.query("select bucket_id from storage.objects");
      expect(rows).toEqual([{ bucket_id: "event-images" }]);
      await superuser.query("insert into user_service.follows (following_id) values ($1)", [ani]);
      expect((await superuser.query("select from storage.objects")).rowCount).toBe(2);
    });
  });
});
