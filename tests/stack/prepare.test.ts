import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import postgres from "postgres";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { splitStatements } from "../../stack/database/statements.ts";
import { prepareDatabase } from "../../stack/index.ts";
import { startTestDatabase, type TestDatabase } from "./support/databases.ts";

let database: TestDatabase;
let sql: postgres.Sql;
let folder: string;

beforeAll(async () => {
  database = await startTestDatabase();
  sql = postgres(database.url, { max: 1, onnotice: () => {} });
}, 60_000);
afterAll(async () => {
  await sql?.end();
  await database?.stop();
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "anigmaa-migrations-"));
});
afterEach(async () => {
  rmSync(folder, { recursive: true, force: true });
  await sql.unsafe("drop schema if exists garden cascade; drop schema if exists supabase_migrations cascade").simple();
});

const file = (name: string, text: string) => writeFileSync(join(folder, name), text);
const prepare = (seedFile: string | null = null) =>
  prepareDatabase({ url: database.url, migrationsDir: folder, seedFile });

test("a prepared database has the roles and grants of a Supabase project, and can be prepared again", async () => {
  await prepare();
  await prepare();
  const roles = await sql`select rolname, rolbypassrls, rolcanlogin from pg_roles
    where rolname in ('anon', 'authenticated', 'service_role') order by 1`;
  expect(roles.map((role) => [role.rolname, role.rolbypassrls, role.rolcanlogin])).toEqual([
    ["anon", false, false],
    ["authenticated", false, false],
    ["service_role", true, false],
  ]);
  for (const role of ["anon", "authenticated", "service_role"]) {
    const [row] = await sql`select
      has_schema_privilege(${role}, 'auth', 'usage') and has_function_privilege(${role}, 'auth.uid()', 'execute') as uid,
      has_schema_privilege(${role}, 'extensions', 'usage') as extensions,
      has_table_privilege(${role}, 'storage.objects', 'select, insert, update, delete') as objects,
      has_table_privilege(${role}, 'auth.users', 'select') as users`;
    expect(row).toEqual({ uid: true, extensions: true, objects: true, users: false });
  }
});

test("auth.uid() reads the caller's id from either setting", async () => {
  await prepare();
  const id = "00000000-0000-0000-0000-00000000000a";
  const uid = (name: string, value: string) =>
    sql.begin(async (tx) => {
      await tx`select set_config(${name}, ${value}, true)`;
      return (await tx`select auth.uid() as id`)[0]?.id;
    });
  expect(await uid("request.jwt.claim.sub", id)).toBe(id);
  expect(await uid("request.jwt.claims", JSON.stringify({ sub: id }))).toBe(id);
  expect(await uid("request.jwt.claims", "")).toBeNull();
});

describe("migrations", () => {
  test("run once each, in order, and are recorded like the official CLI does", async () => {
    file("20260102000000_plant.sql", "-- The tree.\ninsert into garden.trees values ('a;b');\nselect 1;\n");
    file("20260101000000_make_garden.sql", "create schema garden;\ncreate table garden.trees (name text);\n");
    file("notes.sql", "this is not a migration");
    expect((await prepare()).appliedMigrations).toEqual(["20260101000000_make_garden.sql", "20260102000000_plant.sql"]);
    expect((await prepare()).appliedMigrations).toEqual([]);
    const rows = await sql`select version, name, statements from supabase_migrations.schema_migrations order by 1`;
    expect(rows.map((row) => [row.version, row.name, row.statements])).toEqual([
      ["20260101000000", "make_garden", ["create schema garden", "create table garden.trees (name text)"]],
      ["20260102000000", "plant", ["insert into garden.trees values ('a;b')", "select 1"]],
    ]);
  });

  test("are rolled back on failure with the failing line, keeping earlier ones", async () => {
    file("20260101000000_make_garden.sql", "create schema garden;");
    file("20260102000000_wrong.sql", "create table garden.a (i int);\n\ncreate table garden.a (i int);\nselect 1;");
    await expect(prepare()).rejects.toThrow(/20260102000000_wrong\.sql:3: relation "a" already exists/);
    expect((await sql`select to_regclass('garden.a') as a, to_regnamespace('garden')::text as b`)[0]).toEqual({
      a: null,
      b: "garden",
    });
    file("20260102000000_wrong.sql", "create table garden.a (\n  i int,\n  i nonsense\n);");
    await expect(prepare()).rejects.toThrow(/wrong\.sql:3: type "nonsense" does not exist/);
  });

  test("do not pass session settings on to the next one", async () => {
    file("20260101000000_a.sql", "create schema garden; set search_path = garden; set role anon;");
    file("20260102000000_b.sql", "create table public.where_am_i as select current_user::text as who;");
    await prepare();
    expect((await sql`select who from public.where_am_i`)[0]?.who).not.toBe("anon");
    await sql`drop table public.where_am_i`;
  });
});

describe("the seed", () => {
  test("may insert users as Supabase's documentation does, with functions of extensions", async () => {
    const seed = join(folder, "seed.sql");
    writeFileSync(
      seed,
      `insert into auth.users (instance_id, id, aud, role, email, encrypted_password, email_confirmed_at, recovery_sent_at,
         last_sign_in_at, raw_app_meta_data, raw_user_meta_data, is_super_admin, created_at, updated_at, confirmation_token,
         email_change, email_change_token_new, recovery_token)
       values ('00000000-0000-0000-0000-000000000000', uuid_generate_v4(), 'authenticated', 'authenticated', 'ani@example.org',
         crypt('a good password', gen_salt('bf')), now(), now(), now(), '{"provider":"email","providers":["email"]}', '{}', false,
         now(), now(), '', '', '', '');
       insert into auth.identities (id, user_id, identity_data, provider, provider_id, last_sign_in_at, created_at, updated_at)
       select gen_random_uuid(), id, format('{"sub":"%s","email":"%s"}', id, email)::jsonb, 'email', id, now(), now(), now()
       from auth.users;`,
    );
    expect((await prepare(seed)).seeded).toBe(true);
    const [row] =
      await sql`select u.email, i.email as identity from auth.users u join auth.identities i on i.user_id = u.id`;
    expect(row).toEqual({ email: "ani@example.org", identity: "ani@example.org" });
    await sql`delete from auth.users`;
    await sql`truncate supabase_migrations.seed_files`;
  });

  test("is applied once to a new database, and never to an existing one", async () => {
    const seed = join(folder, "seed.sql");
    writeFileSync(seed, "insert into garden.trees values ('oak');");
    file("20260101000000_make_garden.sql", "create schema garden; create table garden.trees (name text);");
    expect((await prepare(seed)).seeded).toBe(true);
    expect((await prepare(seed)).seeded).toBe(false);
    expect(await sql`select name from garden.trees`).toHaveLength(1);
    await sql`truncate supabase_migrations.seed_files`;
    expect((await prepare(seed)).seeded).toBe(false);
  });

  test("is applied at the next start if it failed at the first", async () => {
    const seed = join(folder, "seed.sql");
    writeFileSync(seed, "insert into garden.trees values ('oak');\ninsert into garden.nothing values (1);");
    file("20260101000000_make_garden.sql", "create schema garden; create table garden.trees (name text);");
    await expect(prepare(seed)).rejects.toThrow(/seed\.sql:2: /);
    writeFileSync(seed, "insert into garden.trees values ('ash');");
    expect((await prepare(seed)).seeded).toBe(true);
    expect((await sql`select name from garden.trees`).map((row) => row.name)).toEqual(["ash"]);
  });
});

test("splits statements only at the semicolons that end them", () => {
  const text = [
    "-- a; comment",
    "create function f() returns int language sql begin atomic select case when true then 1; else 2 end; end;",
    "create function g() returns void language plpgsql as $body$ begin perform 1; end $body$;",
    `insert into "odd;name" values ('it''s; fine', $$;$$); /* not; this */`,
    "select 1",
  ].join("\n");
  expect(splitStatements(text.replace("1; else", "1 else")).map(({ line }) => line)).toEqual([2, 3, 4, 5]);
});

test("refuses a database with migrations that the folder does not have", async () => {
  file("20270101000000_garden.sql", "create schema garden");
  await prepare();
  rmSync(join(folder, "20270101000000_garden.sql"));
  file("20270201000000_other.sql", "create schema other");
  await expect(prepare()).rejects.toThrow(/has migrations that .* does not have: 20270101000000/);
  expect((await sql`select to_regnamespace('other') as other`)[0]?.other).toBeNull();
});

test("a mistake in a built migration names the part that it was built from", async () => {
  file(
    "20270101000000_garden.sql",
    "-- db/a/10_one.sql\nselect 1;\n\n-- db/a/20_two.sql\nselect 1;\nselect nothing;\n",
  );
  await expect(prepare()).rejects.toThrow(/_garden\.sql:6 \(built from db\/a\/20_two\.sql\): column "nothing"/);
});
