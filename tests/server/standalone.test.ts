import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type pg from "pg";
import { afterAll, describe, expect, it } from "vitest";
import { actAs, connect, inRolledBackTransaction, target } from "../support/database.ts";
import { createDatabase, dropDatabase } from "../support/server.ts";

const services = ["user", "event", "post", "ticket"] as const;
const serverUrl = target().serverUrl!;
const made: string[] = [];

const fileOf = (service: string) => resolve(import.meta.dirname, `../../db/services/${service}_service_db.sql`);

async function emptyDatabase(name: string): Promise<string> {
  made.push(name);
  return createDatabase(serverUrl, name, "template0");
}

async function load(url: string, service: string): Promise<void> {
  const client = await connect(url);
  try {
    await client.query(readFileSync(fileOf(service), "utf8"));
  } finally {
    await client.end();
  }
}

afterAll(async () => {
  for (const name of made) await dropDatabase(serverUrl, name);
});

describe("each service file in an empty database of its own", () => {
  for (const service of services) {
    it(`${service} service: psql loads it twice without an error`, async () => {
      const url = await emptyDatabase(`alone_${service}_${process.pid}`);
      for (const time of ["first", "second"]) {
        const stderr = execFileSync("sh", ["-c", `psql -X -q "$0" < "$1" 2>&1 >/dev/null`, url, fileOf(service)], {
          encoding: "utf8",
        });
        expect(stderr, `${time} time`).not.toContain("ERROR");
      }
      const client = await connect(url);
      const { rows } = await client.query("select count(*)::int as tables from pg_tables where schemaname = $1", [
        `${service}_service`,
      ]);
      await client.end();
      expect(rows[0].tables).toBeGreaterThan(1);
    });
  }

  it("refuses to load if a stub of another service exists in place of its own table", async () => {
    const url = await emptyDatabase(`stub_${process.pid}`);
    await load(url, "event");
    await expect(load(url, "user")).rejects.toThrow(/is a stub made by another service's file/);
    const client = await connect(url);
    const { rows } = await client.query("select to_regclass('user_service.users') as users");
    await client.end();
    expect(rows[0].users).toBeNull();
  });
});

const [ani, budi, citra] = ["a", "b", "c"].map((digit) => `00000000-0000-4000-8000-00000000000${digit}`) as [
  string,
  string,
  string,
];

/** The rows that replication would bring: Ani and Budi are friends, Citra is a stranger. */
const copies = `
  insert into user_service.profiles (id, username) values ('${ani}', 'ani'), ('${budi}', 'budi'), ('${citra}', 'citra');
  insert into user_service.follows (follower_id, following_id) values ('${ani}', '${budi}'), ('${budi}', '${ani}');`;

async function countAs(client: pg.Client, person: string | null, table: string): Promise<number> {
  await actAs(client, person);
  const { rows } = await client.query(`select count(*)::int as n from ${table}`);
  await client.query("reset role");
  return rows[0].n;
}

describe("policies of a service alone, over copies that replication fills", () => {
  it("event service: only friends see a friends_only event", async () => {
    const client = await connect(await emptyDatabase(`policies_event_${process.pid}`));
    await client.query(readFileSync(fileOf("event"), "utf8"));
    await inRolledBackTransaction(client, async () => {
      await client.query(copies);
      await client.query(`insert into event_service.events (host_id, title, privacy, start_time, end_time)
        values ('${ani}', 'Friends', 'friends_only', now() + interval '1 day', now() + interval '2 days')`);
      expect(await countAs(client, budi, "event_service.events")).toBe(1);
      expect(await countAs(client, citra, "event_service.events")).toBe(0);
      expect(await countAs(client, null, "event_service.events")).toBe(0);
    });
    await client.end();
  });

  it("post service: only followers see a followers post", async () => {
    const client = await connect(await emptyDatabase(`policies_post_${process.pid}`));
    await client.query(readFileSync(fileOf("post"), "utf8"));
    await inRolledBackTransaction(client, async () => {
      await client.query(copies);
      await client.query(
        `insert into post_service.posts (author_id, content, visibility) values ('${ani}', 'Hi', 'followers')`,
      );
      expect(await countAs(client, budi, "post_service.posts")).toBe(1);
      expect(await countAs(client, citra, "post_service.posts")).toBe(0);
    });
    await client.end();
  });

  it("ticket service: only the buyer sees a ticket", async () => {
    const client = await connect(await emptyDatabase(`policies_ticket_${process.pid}`));
    await client.query(readFileSync(fileOf("ticket"), "utf8"));
    await inRolledBackTransaction(client, async () => {
      await client.query(`insert into ticket_private.event_seats (event_id, capacity) values ('${citra}', 1)`);
      await client.query(
        `insert into ticket_service.tickets (user_id, event_id, status) values ('${ani}', '${citra}', 'active')`,
      );
      expect(await countAs(client, ani, "ticket_service.tickets")).toBe(1);
      expect(await countAs(client, budi, "ticket_service.tickets")).toBe(0);
    });
    await client.end();
  });

  it("user service: only friends see a hidden person; nobody can invite, because there are no events", async () => {
    const client = await connect(await emptyDatabase(`policies_user_${process.pid}`));
    await client.query(readFileSync(fileOf("user"), "utf8"));
    await inRolledBackTransaction(client, async () => {
      await client.query(
        `insert into user_service.users (id, username) values ('${ani}', 'ani'), ('${budi}', 'budi'), ('${citra}', 'citra')`,
      );
      await client.query(
        `insert into user_service.follows (follower_id, following_id) values ('${ani}', '${budi}'), ('${budi}', '${ani}')`,
      );
      await client.query(`update user_service.user_privacy set profile_visible = false where user_id = '${ani}'`);
      expect(await countAs(client, budi, "user_service.profiles")).toBe(3);
      expect(await countAs(client, citra, "user_service.profiles")).toBe(2);
      await actAs(client, budi);
      await expect(
        client.query("insert into user_service.invitations (invitee_id, event_id) values ($1, gen_random_uuid())", [
          ani,
        ]),
      ).rejects.toThrow(/event_not_found/);
    });
    await client.end();
  });
});
