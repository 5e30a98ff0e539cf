import { randomUUID } from "node:crypto";
import type pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { connect } from "../support/database.ts";

// Forces two operations to meet: a third session locks the row that both need, and releases it once both wait.
const host = randomUUID();
const guest = randomUUID();
let owner: pg.Client;
let holder: pg.Client;
let first: pg.Client;
let second: pg.Client;
let event: string;

beforeAll(async () => {
  owner = await connect();
  holder = await connect();
  first = await connect();
  second = await connect();
  for (const id of [host, guest]) {
    await owner.query("insert into auth.users (id, raw_user_meta_data) values ($1, '{}')", [id]);
  }
});
afterAll(async () => {
  await owner.query("delete from auth.users where id = any ($1)", [[host, guest]]);
  await Promise.all([owner, holder, first, second].map((client) => client.end()));
});
beforeEach(async () => {
  const { rows } = await owner.query(
    `insert into event_service.events (host_id, title, category, start_time, end_time, location_lat, location_lng)
     values ($1, 'Locks', 'other', now() + interval '1 hour', now() + interval '2 hours', -80, 0) returning id`,
    [host],
  );
  event = rows[0].id;
});
afterEach(async () => {
  for (const client of [holder, first, second]) await client.query("rollback");
  for (const kind of ["refund", "payment"]) {
    await owner.query(
      `delete from ticket_service.ticket_transactions t using ticket_service.tickets k
       where k.id = t.ticket_id and k.event_id = $1 and t.kind = $2`,
      [event, kind],
    );
  }
  await owner.query("delete from ticket_service.tickets where event_id = $1", [event]);
  await owner.query("delete from event_service.events where id = $1", [event]);
});

it("an attendee cancels while the event starts", async () => {
  await join();
  await hold("select from event_private.event_capacity where event_id = $1 for update", event);
  const starts = owner.query(
    "update event_service.events set start_time = now() - interval '1 minute', status = 'ongoing' where id = $1",
    [event],
  );
  await waiting(owner);
  const cancels = asPerson(first, guest, "delete from event_service.event_attendees where event_id = $1", event);
  await waiting(first);
  await holder.query("commit");
  await Promise.all([starts, cancels]);
  expect(await places()).toEqual({ taken: 0, attendees: 0, attended: 0 });
});

it("an attendee confirms while the event starts", async () => {
  await join("pending");
  await hold("select from event_private.event_capacity where event_id = $1 for update", event);
  const starts = owner.query(
    "update event_service.events set start_time = now() - interval '1 minute', status = 'ongoing' where id = $1",
    [event],
  );
  await waiting(owner);
  const confirms = asPerson(
    first,
    guest,
    "update event_service.event_attendees set status = 'confirmed' where event_id = $1",
    event,
  );
  await waiting(first);
  await holder.query("commit");
  await Promise.all([starts, confirms]);
  expect(await places()).toEqual({ taken: 1, attendees: 1, attended: 1 });
});

it("an attendee cancels and joins again", async () => {
  await join();
  await hold("select from event_private.event_capacity where event_id = $1 for update", event);
  const joins = asPerson(
    first,
    guest,
    "insert into event_service.event_attendees (event_id) values ($1) on conflict do nothing",
    event,
  );
  await new Promise((resolve) => setTimeout(resolve, 100));
  const cancels = asPerson(second, guest, "delete from event_service.event_attendees where event_id = $1", event);
  await waiting(second);
  await holder.query("commit");
  await Promise.all([joins, cancels]);
  const { taken, attendees } = await places();
  expect(taken).toBe(attendees);
});

it("a block and a follow by the blocked person", async () => {
  const block = "insert into user_service.blocks (blocked_id) values ($1)";
  await asPerson(first, host, block, guest, "begin");
  const follows = asPerson(second, guest, "insert into user_service.follows (following_id) values ($1)", host).catch(
    (error: Error) => JSON.parse(error.message).code,
  );
  await waiting(second);
  await first.query("commit");
  expect(await follows).toBe("person_not_found");
  await owner.query("delete from user_service.blocks where blocker_id = $1", [host]);
});

it("a repost and the deletion of its author's account", async () => {
  const { rows } = await owner.query(
    "insert into post_service.posts (author_id, content, type) values ($1, 'Read this', 'text') returning id",
    [host],
  );
  // Account deletion locks the profile first, then the account.
  await hold("select from user_service.profiles where id = $1 for update", guest);
  const reposts = asPerson(second, guest, "insert into post_service.reposts (post_id) values ($1)", rows[0].id);
  await waiting(second);
  await holder.query("select from user_service.users where id = $1 for update", [guest]);
  await holder.query("commit");
  await reposts;
  await owner.query("delete from post_service.posts where id = $1", [rows[0].id]);
});

it("two refunds of one payment that together exceed it", async () => {
  const { rows } = await owner.query(
    `with ticket as (insert into ticket_service.tickets (user_id, event_id, price_paid, status) values ($1, $2, 100, 'active') returning id)
     insert into ticket_service.ticket_transactions (ticket_id, amount, status) select id, 100, 'success' from ticket returning id, ticket_id`,
    [guest, event],
  );
  const { id, ticket_id } = rows[0];
  const refund = (client: pg.Client) =>
    client
      .query(
        "insert into ticket_service.ticket_transactions (ticket_id, kind, refund_of, amount, status) values ($1, 'refund', $2, 60, 'success')",
        [ticket_id, id],
      )
      .then(() => "refunded")
      .catch((error: Error) => JSON.parse(error.message).code);
  await hold("select from ticket_service.ticket_transactions where id = $1 for no key update", id);
  const both = [refund(first), refund(second)];
  await Promise.all([waiting(first), waiting(second)]);
  await holder.query("commit");
  expect((await Promise.all(both)).sort()).toEqual(["refund_exceeds_payment", "refunded"]);
});

it("the first vote and the deletion of a poll option", async () => {
  const { rows } = await owner.query(
    `with poll as (insert into post_service.posts (author_id, content, type) values ($1, 'Which?', 'poll') returning id)
     insert into post_service.poll_options (post_id, label) select id, 'This' from poll returning id, post_id`,
    [host],
  );
  const { id, post_id } = rows[0];
  await asPerson(
    first,
    guest,
    "insert into post_service.poll_votes (post_id, option_id) select post_id, id from post_service.poll_options where id = $1",
    id,
    "begin",
  );
  const removes = asPerson(second, host, "delete from post_service.poll_options where id = $1", id).catch(
    (error: Error) => JSON.parse(error.message).code,
  );
  await waiting(second);
  await first.query("commit");
  expect(await removes).toBe("poll_has_votes");
  const votes = await owner.query("select from post_service.poll_votes where post_id = $1", [post_id]);
  expect(votes.rowCount).toBe(1);
  await owner.query("delete from post_service.posts where id = $1", [post_id]);
});

it("two images, the tenth and the eleventh", async () => {
  await owner.query(
    "insert into event_service.event_images (event_id, image_url) select $1, n || '.png' from generate_series(1, 9) n",
    [event],
  );
  const add = (client: pg.Client) =>
    asPerson(client, host, "insert into event_service.event_images (event_id, image_url) values ($1, 'new.png')", event)
      .then(() => "added")
      .catch((error: Error) => JSON.parse(error.message).code);
  await hold("select from event_service.events where id = $1 for no key update", event);
  const both = [add(first), add(second)];
  await Promise.all([waiting(first), waiting(second)]);
  await holder.query("commit");
  expect((await Promise.all(both)).sort()).toEqual(["added", "too_many_images"]);
});

it("an event is cancelled while a ticket is bought", async () => {
  await sell();
  await hold("select from ticket_private.event_seats where event_id = $1 for update", event);
  const cancels = owner.query("update event_service.events set status = 'cancelled' where id = $1", [event]);
  await waiting(owner);
  const buys = buy(first);
  await waiting(first);
  await holder.query("commit");
  await cancels;
  expect(await buys).toBe("event_not_open");
  expect(await live()).toEqual([]);
  await owner.query("delete from ticket_service.event_cancellations where event_id = $1", [event]);
});

it("a slow account deletion does not block ticket sales for an event of which the person has a ticket", async () => {
  const deleted = randomUUID();
  await owner.query("insert into auth.users (id, raw_user_meta_data) values ($1, '{}')", [deleted]);
  await owner.query("update event_service.events set ticketing_enabled = true, max_attendees = 2 where id = $1", [
    event,
  ]);
  await owner.query("insert into ticket_service.tickets (user_id, event_id, status) values ($1, $2, 'active')", [
    deleted,
    event,
  ]);
  for (const [content, sql] of [
    ["post_service.posts", "insert into post_service.posts (author_id, content, type) values ($1, 'Bye', 'text')"],
    [
      "event_service.event_qna",
      "insert into event_service.event_qna (event_id, user_id, question) values ($2, $1, '?')",
    ],
  ] as const) {
    await owner.query(sql, content.includes("qna") ? [deleted, event] : [deleted]);
    const author = content.includes("qna") ? "user_id" : "author_id";
    await hold(`select from ${content} where ${author} = $1 for update`, deleted);
    const deletion = asPerson(second, deleted, "select user_service.delete_account() where $1 <> ''", "x", "begin");
    await waiting(second);
    await first.query("begin");
    await first.query("set local lock_timeout = '2s'");
    expect(await buy(first)).toBe("bought");
    await first.query("rollback");
    await holder.query("commit");
    await deletion;
    await second.query("rollback");
    await owner.query(`delete from ${content} where ${author} = $1`, [deleted]);
  }
  await owner.query("delete from auth.users where id = $1", [deleted]);
});

it("an account deletion that is refused, or that meets another one in progress, does not wait", async () => {
  const deleted = randomUUID();
  await owner.query("insert into auth.users (id, raw_user_meta_data) values ($1, '{}')", [deleted]);
  await owner.query("insert into post_service.posts (author_id, content, type) values ($1, 'Bye', 'text')", [deleted]);
  await owner.query("update event_service.events set host_id = $1, ticketing_enabled = true where id = $2", [
    deleted,
    event,
  ]);
  await owner.query("insert into ticket_service.tickets (user_id, event_id, status) values ($1, $2, 'active')", [
    guest,
    event,
  ]);
  await hold("select from post_service.posts where author_id = $1 for update", deleted);
  const deleteAccount = (client: pg.Client) =>
    asPerson(client, deleted, "select user_service.delete_account() where $1 <> ''", "x").catch(
      (error: Error) => JSON.parse(error.message).code,
    );
  await first.query("set lock_timeout = '2s'");
  expect(await deleteAccount(first)).toBe("has_sold_tickets");
  await owner.query("delete from ticket_service.tickets where event_id = $1", [event]);
  const deletion = deleteAccount(second);
  await waiting(second);
  expect(await deleteAccount(first)).toBe("request_in_progress");
  await first.query("reset lock_timeout");
  await holder.query("commit");
  expect(await deletion).toBeUndefined();
});

it("an account deletion and the deletion of an event that the person attends and asked about", async () => {
  const deleted = randomUUID();
  await owner.query("insert into auth.users (id, raw_user_meta_data) values ($1, '{}')", [deleted]);
  await owner.query("insert into event_service.event_attendees (event_id, user_id) values ($1, $2)", [event, deleted]);
  await owner.query("insert into event_service.event_qna (event_id, user_id, question) values ($1, $2, '?')", [
    event,
    deleted,
  ]);
  await hold("select from event_service.event_attendees where user_id = $1 for update", deleted);
  const deletes = asPerson(second, host, "delete from event_service.events where id = $1", event);
  await waiting(second);
  const deletion = asPerson(first, deleted, "select user_service.delete_account() where $1 <> ''", "x");
  await waiting(first);
  await holder.query("commit");
  await Promise.all([deletion, deletes]);
});

it("an account deletion and the deletion of an event at which others upvoted the person's question", async () => {
  const deleted = randomUUID();
  await owner.query("insert into auth.users (id, raw_user_meta_data) values ($1, '{}')", [deleted]);
  await owner.query(
    `with asked as (insert into event_service.event_qna (event_id, user_id, question) values ($1, $2, '?') returning id)
     insert into event_service.qna_upvotes (question_id, user_id) select id, $3 from asked`,
    [event, deleted, guest],
  );
  await hold("select from event_service.event_qna where user_id = $1 for update", deleted);
  const deletion = asPerson(first, deleted, "select user_service.delete_account() where $1 <> ''", "x");
  await waiting(first);
  const deletes = asPerson(second, host, "delete from event_service.events where id = $1", event);
  await waiting(second);
  await holder.query("commit");
  await Promise.all([deletion, deletes]);
});

it("a hold is cancelled while its checkout page is created", async () => {
  await owner.query(
    "update event_service.events set ticketing_enabled = true, max_attendees = 1, price = 50000 where id = $1",
    [event],
  );
  const begun = await owner.query(
    "select ticket_service.begin_checkout($1, 'buy', 'hash', $2, 'sandbox') -> 'attempt' as attempt",
    [guest, event],
  );
  const { id, ticket_id } = begun.rows[0].attempt;
  await first.query("begin");
  await first.query("select ticket_service.finish_checkout($1, 'buy', $2, 'session', 'https://pay.test')", [guest, id]);
  const cancels = second.query("select ticket_service.begin_refund($1, 'back', 'hash', $2) ->> 'next' as next", [
    guest,
    ticket_id,
  ]);
  await waiting(second);
  await first.query("commit");
  expect((await cancels).rows).toEqual([{ next: "expire" }]);
  await owner.query("delete from ticket_private.attempts where id = $1", [id]);
});

it("scheduled work advances event statuses and folds counters, each in its own transaction", async () => {
  await owner.query("update event_service.events set start_time = now() - interval '1 minute' where id = $1", [event]);
  await owner.query(
    "insert into event_private.counter_deltas (counted, target_id, counter, delta) values ('events', $1, 'tickets_sold', 7)",
    [event],
  );
  await owner.query("call event_private.run_scheduled_work()");
  const { rows } = await owner.query("select status, tickets_sold from event_service.events where id = $1", [event]);
  expect(rows).toEqual([{ status: "ongoing", tickets_sold: 7 }]);
});

/** Makes the event sell a single free ticket. */
const sell = () =>
  owner.query("update event_service.events set ticketing_enabled = true, max_attendees = 1 where id = $1", [event]);

const buy = (client: pg.Client) =>
  client
    .query("select ticket_service.begin_checkout($1, gen_random_uuid()::text, 'hash', $2)", [guest, event])
    .then(({ rows }) => rows[0].begin_checkout.answer.error?.code ?? "bought")
    .catch((error: Error) => (error.message.startsWith("{") ? JSON.parse(error.message).code : error.message));

async function live(): Promise<string[]> {
  const { rows } = await owner.query(
    "select user_id from ticket_service.tickets where event_id = $1 and status in ('pending', 'active')",
    [event],
  );
  return rows.map(({ user_id }) => user_id);
}

async function join(status = "confirmed"): Promise<void> {
  await owner.query("insert into event_service.event_attendees (event_id, user_id, status) values ($1, $2, $3)", [
    event,
    guest,
    status,
  ]);
}

async function places() {
  const { rows } = await owner.query(
    `select c.taken, (select count(*)::int from event_service.event_attendees a where a.event_id = $1 and a.status = 'confirmed') as attendees,
       (select count(*)::int from event_service.event_attendees a where a.event_id = $1 and a.has_attended) as attended
     from event_private.event_capacity c where c.event_id = $1`,
    [event],
  );
  return rows[0];
}

async function hold(sql: string, id: string): Promise<void> {
  await holder.query("begin");
  await holder.query(sql, [id]);
}

/** Runs a statement in its own transaction, which "begin" leaves open. */
async function asPerson(
  client: pg.Client,
  person: string,
  sql: string,
  id: string,
  end: "begin" | "commit" = "commit",
): Promise<void> {
  await client.query("begin");
  try {
    await client.query("select set_config('request.jwt.claims', $1, true), set_config('role', 'authenticated', true)", [
      JSON.stringify({ sub: person, role: "authenticated" }),
    ]);
    await client.query(sql, [id]);
    if (end === "commit") await client.query("commit");
  } catch (error) {
    await client.query("rollback");
    throw error;
  }
}

/** Resolves once the client's session waits for a lock. */
async function waiting(client: pg.Client): Promise<void> {
  const pid = (client as unknown as { processID: number }).processID;
  for (let attempt = 0; attempt < 100; attempt++) {
    const { rows } = await holder.query("select wait_event_type from pg_stat_activity where pid = $1", [pid]);
    if (rows[0]?.wait_event_type === "Lock") return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error("The session is not waiting for a lock.");
}
