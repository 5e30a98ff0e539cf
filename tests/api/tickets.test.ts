import { expect, test } from "vitest";
import { target } from "../support/database.ts";
import { signUp } from "../support/people.ts";
import { ok } from "./support/answers.ts";
import { buy, call, checkout, done, newKey, press, refund } from "./support/edge.ts";
import { asOwner, events, host, tickets, users } from "./support/scenes.ts";

const priced = { ticketing_enabled: true, price: 75_000, max_attendees: 3 };
const statusOf = async (id: string) =>
  (await asOwner<{ status: string }>("select status from ticket_service.tickets where id = $1", [id]))[0]!.status;

test("a ticket is bought, paid in the sandbox, checked in and refunded", async () => {
  const owner = await signUp("host");
  const buyer = await signUp("buyer");
  const event = await host(owner, priced);

  const key = newKey();
  const bought = done(await checkout(buyer, event, {}, key));
  expect(bought).toMatchObject({
    ticket: { status: "pending", price_paid: 75_000 },
    transaction: { amount: 75_000, currency: "IDR", status: "pending", payment_method: "sandbox" },
  });
  expect(done(await checkout(buyer, event, {}, key))).toEqual(bought);

  const page = await (await fetch(bought.checkout_url!)).text();
  expect(page).toContain("Ngopi pagi");
  await press(bought.checkout_url!, "pay");
  await press(bought.checkout_url!, "pay");
  const [mine] = ok(await tickets(buyer).rpc("my_tickets"));
  expect(mine).toMatchObject({
    id: bought.ticket.id,
    status: "active",
    payment: { status: "success", outcome: "activated" },
  });
  expect(
    ok(await events(owner).from("events").select("tickets_sold,attendees_count").eq("id", event).single()),
  ).toEqual({
    tickets_sold: 1,
    attendees_count: 1,
  });

  const qr = done(
    await call<{ token: string; svg: string }>("ticket-qr", buyer, { query: `?ticket_id=${bought.ticket.id}` }),
  );
  expect(qr.svg).toMatch(/^<svg/);
  const scan = { event_id: event, code: bought.ticket.attendance_code };
  expect(ok(await tickets(owner).rpc("check_in", scan))).toMatchObject({ result: "checked_in" });
  expect(ok(await tickets(owner).rpc("check_in", scan))).toMatchObject({ result: "already_checked_in" });

  expect((await refund(buyer, bought.ticket.id)).error?.code).toBe("ticket_used");
  const partial = done(await refund(owner, bought.ticket.id, { amount: 25_000, reason: "The band was late" }));
  expect(partial).toMatchObject({ ticket: { status: "active" }, refund: { amount: 25_000, status: "success" } });
  expect(done(await refund(owner, bought.ticket.id))).toMatchObject({
    ticket: { status: "refunded" },
    refund: { amount: 50_000, fee: 0, status: "success", is_manual: false },
  });
  const [sales] = ok(await tickets(owner).rpc("event_sales", { event_id: event }));
  expect(sales).toMatchObject({ day: null, gross: 75_000, refunded: 75_000, owed: 0, sold: 0 });
});

test("a free ticket is active at once", async () => {
  const owner = await signUp("host");
  const buyer = await signUp("buyer");
  const event = await host(owner, { ticketing_enabled: true, max_attendees: 1 });
  const { ticket, ...rest } = done(await checkout(buyer, event, { payment_method: undefined }));
  expect([ticket.status, rest]).toEqual(["active", { transaction: null, checkout_url: null, expires_at: null }]);
  expect(done(await refund(buyer, ticket.id))).toMatchObject({ ticket: { status: "cancelled" }, refund: null });
});

test("a late payment gets a seat if there is one, and a second payment is refunded automatically", async () => {
  const owner = await signUp("host");
  const [late, twice] = [await signUp("late"), await signUp("twice")];
  const event = await host(owner, { ...priced, max_attendees: 2 });
  const first = done(await checkout(late, event));
  await press(first.checkout_url!, "late");
  expect(await statusOf(first.ticket.id)).toBe("active");
  const second = done(await checkout(twice, event));
  await press(second.checkout_url!, "twice");
  expect(await statusOf(second.ticket.id)).toBe("active");
  const swept = await call("maintenance", null, { method: "POST" });
  expect(swept.status).toBe(401);
  const response = await fetch(`${target().apiUrl}/functions/v1/maintenance`, {
    method: "POST",
    headers: { apikey: target().secretKey },
  });
  expect(response.status).toBe(200);
  const [mine] = ok(await tickets(twice).rpc("my_tickets"));
  expect(mine).toMatchObject({ status: "active", refunds: [{ amount: 75_000, status: "success" }] });
});

test("a late payment is refunded automatically if the seat was offered to the waiting list", async () => {
  const owner = await signUp("host");
  const [late, waiter] = [await signUp("late"), await signUp("waiter")];
  const event = await host(owner, { ...priced, max_attendees: 1 });
  const { checkout_url } = done(await checkout(late, event));
  expect(ok(await tickets(waiter).rpc("join_waitlist", { event_id: event }))).toBe(1);
  await press(checkout_url!, "late");
  expect(ok(await tickets(waiter).rpc("my_tickets"))[0]).toMatchObject({ status: "pending", is_offer: true });
  const headers = { apikey: target().secretKey };
  expect((await fetch(`${target().apiUrl}/functions/v1/maintenance`, { method: "POST", headers })).status).toBe(200);
  expect(ok(await tickets(late).rpc("my_tickets"))[0]).toMatchObject({
    status: "expired",
    payment: { outcome: "sold_out" },
    refunds: [{ amount: 75_000, status: "success" }],
  });
});

test("a freed seat is offered to the next person on the waiting list who sees the event", async () => {
  const owner = await signUp("host");
  const [holder, blocked, waiter] = [await signUp("holder"), await signUp("blocked"), await signUp("waiter")];
  const event = await host(owner, { ...priced, max_attendees: 1 });
  done(await checkout(holder, event));
  for (const who of [blocked, waiter]) ok(await tickets(who).rpc("join_waitlist", { event_id: event }));
  ok(await users(owner).from("blocks").insert({ blocked_id: blocked.id }));
  ok(await users(holder).rpc("delete_account"));
  expect(ok(await tickets(waiter).rpc("my_tickets"))[0]).toMatchObject({ status: "pending", is_offer: true });
  expect(ok(await tickets(blocked).rpc("my_tickets"))).toEqual([]);

  const [second, third] = [await signUp("second"), await signUp("third")];
  for (const who of [second, third]) ok(await tickets(who).rpc("join_waitlist", { event_id: event }));
  ok(await users(owner).from("blocks").insert({ blocked_id: second.id }));
  ok(await events(owner).from("events").update({ max_attendees: 2 }).eq("id", event).select());
  expect(ok(await tickets(third).rpc("my_tickets"))[0]).toMatchObject({ status: "pending", is_offer: true });
  expect(ok(await tickets(second).rpc("my_tickets"))).toEqual([]);
});

test("a cancelled hold gives no access to an event that becomes private", async () => {
  const [owner, stranger] = [await signUp("host"), await signUp("stranger")];
  const event = await host(owner, priced);
  const { ticket } = done(await checkout(stranger, event));
  done(await refund(stranger, ticket.id));
  ok(await events(owner).from("events").update({ privacy: "private", title: "Secret" }).eq("id", event).select());
  expect(ok(await tickets(stranger).rpc("my_tickets"))[0]!.event).toEqual({ id: event });
  done(await call("event-cancel", owner, { body: { event_id: event, reason: "Secret" } }));
  expect(ok(await tickets(stranger).from("event_cancellations").select().eq("event_id", event))).toEqual([]);
});

test("cancelling an event refunds every ticket", async () => {
  const owner = await signUp("host");
  const buyers = await Promise.all([1, 2, 3].map((n) => signUp(`buyer${n}`)));
  const event = await host(owner, priced);
  for (const buyer of buyers) await buy(buyer, event);
  const cancel = { body: { event_id: event, reason: "Rain" } };
  expect((await call("event-cancel", buyers[0]!, cancel)).status).toBe(404);
  const progress = done(await call("event-cancel", owner, cancel));
  expect(progress).toMatchObject({ reason: "Rain", tickets_to_end: 0, refunds: 3, refunds_succeeded: 3 });
  expect(done(await call("event-cancel", owner, cancel))).toEqual(progress);
  expect(ok(await tickets(buyers[0]!).rpc("my_tickets"))[0]).toMatchObject({
    status: "refunded",
    event: { status: "cancelled", cancellation_reason: "Rain" },
  });
});
