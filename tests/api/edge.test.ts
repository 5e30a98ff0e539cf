import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { createLocalJWKSet, type JWK, jwtVerify } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { InvitationResponse, InvitationSuccess, InvitationsAnswer } from "../../types/index.ts";
import { target } from "../support/database.ts";
import { type Payments, startPayments } from "../support/payments.ts";
import { type Person, signUp } from "../support/people.ts";
import { ok } from "./support/answers.ts";
import { root } from "./support/catalogue.ts";
import { buy, call, checkout, done, newKey, press, refund } from "./support/edge.ts";
import { asOwner, befriend, events, hide, host, inHours, join, nobody, tickets, users } from "./support/scenes.ts";

const priced = {
  ticketing_enabled: true,
  price: 75_000,
  max_attendees: 3,
  start_time: inHours(48),
  end_time: inHours(50),
};

let owner: Person;
let buyer: Person;
let stranger: Person;

beforeAll(async () => {
  owner = await signUp("host");
  buyer = await signUp("buyer");
  stranger = await signUp("stranger");
});

describe("every function refuses", () => {
  const forPeople = ["ticket-checkout", "ticket-refund", "event-cancel", "invitations", "invitation-respond"];

  test.each(forPeople)("%s", async (name) => {
    const codes: [string, unknown][] = [];
    const ask = async (what: string, ...args: [Pick<Person, "token"> | null, object]) => {
      const { status, error } = await call(name, ...args);
      codes.push([what, `${status} ${error?.code}`]);
    };
    await ask("no token", null, { body: {} });
    await ask("a key as the token", { token: target().publishableKey }, { body: {} });
    await ask("an unsigned token", { token: "e30.e30.e30" }, { body: {} });
    await ask("a forged token", { token: `${buyer.token.slice(0, -4)}AAAA` }, { body: {} });
    await ask("invalid JSON", buyer, { body: "{" });
    await ask("a wrong type", buyer, { body: { event_id: "x" } });
    await ask("an unknown field", buyer, { body: { event_id: nobody(), ticket_id: nobody(), status: "active" } });
    await ask("too large a body", buyer, { body: { event_id: "x".repeat(70_000) } });
    await ask("GET", buyer, { method: "GET" });
    expect(Object.fromEntries(codes)).toEqual({
      "no token": "401 sign_in_required",
      "a key as the token": "401 sign_in_required",
      "an unsigned token": "401 sign_in_required",
      "a forged token": "401 sign_in_required",
      "invalid JSON": "400 invalid_body",
      "a wrong type": "400 invalid_body",
      "an unknown field": "400 invalid_body",
      "too large a body": "413 body_too_large",
      GET: "405 method_not_allowed",
    });
    const preflight = await fetch(`${target().apiUrl}/functions/v1/${name}`, { method: "OPTIONS" });
    expect([preflight.status, preflight.headers.get("access-control-allow-headers")]).toEqual([
      204,
      expect.stringContaining("idempotency-key"),
    ]);
  });

  test("a missing or reused idempotency key, while people may use the same key", async () => {
    const [event, other] = [await host(owner, priced), await host(owner, priced)];
    const body = { event_id: event, payment_method: "sandbox" };
    expect((await call("ticket-checkout", buyer, { body })).error?.code).toBe("idempotency_key_required");
    const key = newKey();
    const mine = done(await checkout(buyer, event, {}, key));
    expect((await checkout(buyer, other, {}, key)).error?.code).toBe("idempotency_key_reused");
    expect(done(await checkout(stranger, event, {}, key)).ticket.id).not.toBe(mine.ticket.id);
  });

  test("unknown payment methods, return URLs and events", async () => {
    const event = await host(owner, priced);
    const tries = [
      [{ payment_method: "cash" }, "payment_method_unavailable"],
      [{ payment_method: "__proto__" }, "payment_method_unavailable"],
      [{ payment_method: undefined }, "payment_method_required"],
      [{ return_url: "https://evil.test/" }, "return_url_not_allowed"],
      [{ return_url: "javascript:alert(1)" }, "return_url_not_allowed"],
      [{ return_url: "http://evil.test@127.0.0.1:3000/" }, "return_url_not_allowed"],
      [{ event_id: nobody() }, "event_not_found"],
    ] as const;
    for (const [more, code] of tries) expect((await checkout(buyer, event, more)).error?.code).toBe(code);
    expect((await checkout(buyer, event, { return_url: "http://127.0.0.1:3000/tickets" })).status).toBe(200);
  });

  test("with exactly the codes in docs/errors.md and types/errors.ts", () => {
    const directory = resolve(root, "supabase/functions");
    const files = readdirSync(directory, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
    const source = files.map((file) => readFileSync(resolve(directory, file), "utf8")).join("\n");
    const raised = new Set([...source.matchAll(/new Refusal\(\s*\d{3},\s*"([a-z_]+)"/g)].map(([, code]) => code!));
    const text = readFileSync(resolve(root, "docs/errors.md"), "utf8");
    const section = text.split("## Codes of the edge functions")[1]!.split("\n## ")[0]!;
    const own = new Set(
      [...section.matchAll(/^\| (.+?) \| \d{3} \|/gm)].flatMap(([, codes]) =>
        [...codes!.matchAll(/`(\w+)`/g)].map(([, code]) => code!),
      ),
    );
    const database = new Set(
      [...text.split("## Codes of the edge functions")[0]!.matchAll(/^\| `(\w+)`/gm)].map(([, code]) => code!),
    );
    expect([...raised].filter((code) => !own.has(code) && !database.has(code))).toEqual([]);
    expect([...own].filter((code) => !raised.has(code))).toEqual([]);
    const types = readFileSync(resolve(root, "types/errors.ts"), "utf8").split("export type FunctionErrorCode")[1]!;
    expect([...types.matchAll(/"(\w+)"/g)].map(([, code]) => code)).toEqual([...own].sort());
  });
});

describe("an internal failure", () => {
  /** Runs `act` while one of our own components is broken. */
  async function without<T>(breaking: string, mending: string, act: () => Promise<T>): Promise<T> {
    await asOwner(breaking);
    try {
      return await act();
    } finally {
      await asOwner(mending);
    }
  }

  test("is answered with 503, not with 401 or 403", async () => {
    const event = await host(owner, priced);
    const begin = "function ticket_service.begin_checkout";
    expect(
      await without(`revoke execute on ${begin} from service_role`, `grant execute on ${begin} to service_role`, () =>
        checkout(buyer, event),
      ),
    ).toMatchObject({ status: 503, error: { code: "database_unavailable" } });
    const { ticket, checkout_url } = done(await checkout(buyer, event));
    const record = "function ticket_service.record_notice";
    const unheard = () =>
      fetch(checkout_url!, { method: "POST", body: new URLSearchParams({ action: "pay" }) }).then((page) =>
        page.text(),
      );
    expect(
      await without(
        `revoke execute on ${record} from service_role`,
        `grant execute on ${record} to service_role`,
        unheard,
      ),
    ).toContain("503");
    await press(checkout_url!, "pay");
    expect(ok(await tickets(buyer).rpc("my_tickets"))[0]).toMatchObject({ id: ticket.id, status: "active" });
  });

  test("is answered with 503 if Auth cannot identify the caller", async () => {
    const away = `alter table auth.users rename to users_away;
      create function auth.too_busy() returns boolean language plpgsql as $$ begin raise sqlstate 'XX000'; end $$;
      create view auth.users as select * from auth.users_away where auth.too_busy();`;
    const back = "drop view auth.users; drop function auth.too_busy(); alter table auth.users_away rename to users;";
    expect(await without(away, back, () => checkout(buyer, nobody()))).toMatchObject({
      status: 503,
      error: { code: "auth_unavailable" },
    });
  });
});

test("a ticket's code is signed with its event's key, which scanners can fetch in advance", async () => {
  const [event, other] = [await host(owner, priced), await host(owner, priced)];
  const ticket = await buy(buyer, event);
  const qr = (person: Person, query: string) => call<Record<string, unknown>>("ticket-qr", person, { query });
  const { token, svg } = done(await qr(buyer, `?ticket_id=${ticket.id}`)) as { token: string; svg: string };
  expect(svg).toMatch(/^<svg/);
  const gate = async (id: string) => done(await qr(owner, `?event_id=${id}`)) as { public_key: JWK; revoked: string[] };
  const { public_key, revoked } = await gate(event);
  const { payload } = await jwtVerify(token, createLocalJWKSet({ keys: [public_key] }));
  expect(payload).toMatchObject({ ticket: ticket.id, event, code: ticket.attendance_code });
  expect([revoked, Object.keys(public_key)]).toEqual([[], expect.not.arrayContaining(["d"])]);
  expect((await gate(event.toUpperCase())).public_key).toEqual(public_key);
  const wrong = { ...(await gate(other)).public_key, kid: public_key.kid! };
  await expect(jwtVerify(token, createLocalJWKSet({ keys: [wrong] }))).rejects.toThrow();

  expect((await qr(stranger, `?ticket_id=${ticket.id}`)).error?.code).toBe("ticket_not_found");
  expect((await qr(buyer, `?event_id=${event}`)).error?.code).toBe("not_staff");
  expect((await qr(buyer, "")).error?.code).toBe("invalid_body");
  done(await refund(buyer, ticket.id));
  expect((await qr(buyer, `?ticket_id=${ticket.id}`)).error?.code).toBe("ticket_not_active");
  expect((await gate(event)).revoked).toEqual([ticket.id]);
  // More than the API returns of a table in one response.
  await asOwner(
    "insert into ticket_service.tickets (event_id, status) select $1, 'cancelled' from generate_series(1, 1100)",
    [event],
  );
  expect((await gate(event)).revoked).toHaveLength(1101);
});

describe("invitations", () => {
  const invite = (person: Person, event_id: string, invitees: string[]) =>
    call<InvitationsAnswer>("invitations", person, {
      body: { event_id, invitees },
    });
  const respond = (person: Person, invitation_id: string | null, response: string) =>
    call<InvitationResponse>("invitation-respond", person, {
      body: { invitation_id, response },
    });
  const success = async (person: Person, event: string) =>
    done(await call<InvitationSuccess>("invitation-success", person, { query: `?event_id=${event}` }));

  test("accepting joins a free event, takes a free ticket, and requires checkout for a paid one", async () => {
    const guest = await signUp("guest");
    const open = await host(owner);
    const free = await host(owner, { ticketing_enabled: true });
    const paid = await host(owner, priced);
    const ids: Record<string, string> = {};
    for (const event of [open, free, paid]) {
      ids[event] = done(await invite(owner, event, [guest.username])).invitations[0]!.invitation_id!;
    }
    expect((await respond(stranger, ids[open]!, "accepted")).error?.code).toBe("invitation_not_found");
    expect(done(await respond(guest, ids[open]!, "accepted"))).toMatchObject({ next: null, ticket: null });
    expect(done(await respond(guest, ids[free]!, "accepted"))).toMatchObject({
      next: null,
      ticket: { status: "active" },
    });
    expect(done(await respond(guest, ids[paid]!, "accepted"))).toMatchObject({
      next: "checkout_required",
      ticket: null,
    });
    for (const event of [open, free])
      expect(await success(owner, event)).toMatchObject({ sent: 1, accepted: 1, successful: 1, rate: 1 });
    expect(await success(owner, paid)).toMatchObject({ accepted: 1, successful: 0 });
    const ticket = await buy(guest, paid);
    expect(await success(owner, paid)).toMatchObject({ successful: 1 });
    done(await refund(guest, ticket.id));
    expect(await success(owner, paid)).toMatchObject({ successful: 0 });
    expect(done(await respond(guest, ids[open]!, "declined"))).toMatchObject({ next: null });
    expect(await success(owner, open)).toMatchObject({ accepted: 0, declined: 1, successful: 0 });
  });

  test("two invitations accepted at once both succeed, and one counts", async () => {
    const [guest, second] = [await signUp("guest"), await signUp("second")];
    for (const event of [await host(owner), await host(owner, { ticketing_enabled: true })]) {
      const ids = [owner, second].map(async (person) => done(await invite(person, event, [guest.username])));
      const asked = (await Promise.all(ids)).map(({ invitations }) => invitations[0]!.invitation_id);
      const answers = await Promise.all(asked.map((id) => respond(guest, id, "accepted")));
      expect(answers.map(({ status, error }) => [status, error?.code])).toEqual([
        [200, undefined],
        [200, undefined],
      ]);
      const counted = [await success(owner, event), await success(second, event)];
      expect(counted.map(({ accepted }) => accepted)).toEqual([1, 1]);
      expect(counted.map(({ successful }) => successful).sort()).toEqual([0, 1]);
    }
  });

  test("unknown, hidden and blocking people look the same; only the host's friends are invited to a friends-only event", async () => {
    const [hidden, blocker, friend] = [await signUp("hidden"), await signUp("blocker"), await signUp("friend")];
    ok(await hide(hidden));
    ok(await users(blocker).from("blocks").insert({ blocked_id: owner.id }));
    await befriend(owner, friend);
    const dinner = await host(owner, { privacy: "friends_only" });
    const names = [hidden.username, blocker.username, "nobody_of_this_name", stranger.username, friend.username];
    const answers = done(await invite(owner, dinner, names)).invitations;
    expect(answers.map(({ invitee, result }) => [invitee, result])).toEqual(
      names.map((name) => [name, name === friend.username ? "invited" : "person_not_found"]),
    );
    expect((await invite(stranger, dinner, [friend.username])).error?.code).toBe("event_not_found");
  });

  test("cannot be counted more than once, or forged", async () => {
    const [guest, second] = [await signUp("guest"), await signUp("second")];
    const event = await host(owner);
    ok(await join(guest, event));
    const [first] = done(await invite(owner, event, [guest.username])).invitations;
    done(await respond(guest, first!.invitation_id, "accepted"));
    expect(await success(owner, event)).toMatchObject({ accepted: 1, successful: 0 });

    const party = await host(owner);
    const [one] = done(await invite(owner, party, [guest.username])).invitations;
    const [two] = done(await invite(second, party, [guest.username])).invitations;
    for (const { invitation_id } of [two!, one!, two!, one!]) {
      done(await respond(guest, invitation_id, "accepted"));
      await respond(guest, invitation_id, "declined");
      done(await respond(guest, invitation_id, "accepted"));
    }
    const counted = async (person: Person) => (await success(person, party)).successful;
    expect([await counted(owner), await counted(second)]).toEqual([1, 0]);
    const forged = await users(owner)
      .from("user_stats")
      .update({ invites_successful_count: 9 } as never)
      .eq("user_id", owner.id);
    expect(forged.status).toBe(403);
  });
});

describe("the sandbox", () => {
  let live: Payments;
  beforeAll(async () => {
    live = await startPayments({ env: { STRIPE_SECRET_KEY: "sk_live_of_somebody" } });
  });
  afterAll(() => live?.stop());

  test("is unavailable if there is a live key", async () => {
    const event = await host(owner, priced);
    const refused = await checkout(buyer, event, {}, newKey(), live.api.url);
    expect(refused).toMatchObject({
      status: 400,
      error: { code: "payment_method_unavailable", details: { available: ["stripe", "midtrans"] } },
    });
    expect(await live.deliver("sandbox", { headers: {}, body: "{}" })).toEqual({
      status: 404,
      code: "provider_not_found",
    });
    const { checkout_url } = done(await checkout(buyer, event));
    const elsewhere = checkout_url!.replace(target().apiUrl, live.api.url);
    expect((await fetch(elsewhere)).status).toBe(404);
  });

  test("refuses an amount that its currency does not have", async () => {
    for (const odd of [
      { price: 50_000.005, currency: "IDR" },
      { price: 0.5, currency: "JPY" },
    ]) {
      expect(await checkout(stranger, await host(owner, { ...priced, ...odd }))).toMatchObject({
        status: 409,
        error: { code: "price_not_payable" },
      });
    }
  });

  test("refuses forged checkout pages and notices, and escapes titles", async () => {
    const event = await host(owner, { ...priced, title: "<script>alert(1)</script>" });
    const { checkout_url, ticket } = done(await checkout(stranger, event));
    const page = await (await fetch(checkout_url!)).text();
    expect(page).not.toContain("<script>");
    const [text, signature] = new URL(checkout_url!).searchParams.get("checkout")!.split(".");
    const cheaper = Buffer.from(Buffer.from(text!, "base64url").toString().replace("75000", "1")).toString("base64url");
    expect((await fetch(`${checkout_url!.split("?")[0]}?checkout=${cheaper}.${signature}`)).status).toBe(404);
    const webhook = `${target().apiUrl}/functions/v1/payment-webhook/sandbox`;
    for (const given of ["", signature!]) {
      const headers = { "sandbox-signature": given };
      for (const body of [text!, `checkout:${text}`])
        expect((await fetch(webhook, { method: "POST", headers, body })).status).toBe(401);
    }
    await press(checkout_url!, "decline");
    expect(await asOwner("select status::text from ticket_service.tickets where id = $1", [ticket.id])).toEqual([
      { status: "expired" },
    ]);
  });
});

test("account deletion releases a hold, and a rescheduled event refunds in full", async () => {
  const gone = await signUp("gone");
  const event = await host(owner, { ...priced, max_attendees: 1 });
  done(await checkout(gone, event));
  ok(await users(gone).rpc("delete_account"));
  const policy = { event_id: event, fee_percent: 50, closes_hours_before: 72 };
  ok(await tickets(owner).from("refund_policies").insert(policy));
  const ticket = await buy(buyer, event);
  expect((await refund(buyer, ticket.id)).error?.code).toBe("refund_deadline_passed");
  const move = (start_time: string) => events(owner).from("events").update({ start_time }).eq("id", event).select();
  ok(await move(inHours(1)));
  expect(done(await refund(buyer, ticket.id)).refund).toMatchObject({ amount: 75_000, fee: 0 });

  const early = await signUp("early");
  const first = await buy(early, event);
  const past = { start_time: inHours(-2), end_time: inHours(-1) };
  ok(await events(owner).from("events").update(past).eq("id", event).select());
  expect(done(await refund(early, first.id)).refund).toMatchObject({ amount: 75_000, fee: 0 });
});

test("a checked-in ticket is not refunded, even if its event is rescheduled", async () => {
  const event = await host(owner, priced);
  const move = (start_time: string) => events(owner).from("events").update({ start_time }).eq("id", event).select();
  const second = await buy(stranger, event);
  ok(await move(inHours(2)));
  ok(await tickets(owner).rpc("check_in", { event_id: event, code: second.attendance_code }));
  expect((await refund(stranger, second.id)).error?.code).toBe("ticket_used");
});
