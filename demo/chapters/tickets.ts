import { FunctionsHttpError } from "@supabase/supabase-js";
import type { CancellationAnswer, CheckoutAnswer, RefundAnswer } from "../../types/index.ts";
import { type Cast, type Person, signUp } from "../people.ts";
import type { Project } from "../project.ts";
import { expectThat, granted, heading, refused, some, tell, UnexpectedTurn } from "../story.ts";
import { inHours } from "./events.ts";

const CROWD = 30;

type Answered<T> = { data: T; error: { code: string; message: string } | null };

/** Calls an edge function and returns `{data, error}`, as the rest of supabase-js does. */
async function call<T>(who: Person, name: string, body: object, repeatable = false): Promise<Answered<T>> {
  const headers = repeatable ? { "Idempotency-Key": crypto.randomUUID() } : undefined;
  const { data, error } = await who.client.functions.invoke(name, { body, headers });
  if (error instanceof FunctionsHttpError) return { data: null as T, error: (await error.context.json()).error };
  if (error) throw new UnexpectedTurn(`${name}: ${error.message}`);
  return { data: data.data as T, error: null };
}

const checkout = (who: Person, event_id: string) =>
  call<CheckoutAnswer>(who, "ticket-checkout", { event_id, payment_method: "sandbox" }, true);

/** Presses the Pay button on the sandbox's checkout page. */
async function pay({ checkout_url }: CheckoutAnswer): Promise<void> {
  const page = await fetch(checkout_url!, { method: "POST", body: new URLSearchParams({ action: "pay" }) });
  if (!page.ok) throw new UnexpectedTurn(`paying in the sandbox: ${page.status} ${await page.text()}`);
}

const ticketsOf = ({ client }: Person) => client.schema("ticket_service");

async function sell(who: Person, title: string, seats: number): Promise<string> {
  const times = { start_time: inHours(72), end_time: inHours(76) };
  const price = { price: 75_000, currency: "IDR", ticketing_enabled: true, max_attendees: seats };
  const event = { title, category: "music", ...times, ...price } as const;
  return granted(`${who.name} sells tickets`, await who.events.from("events").insert(event).select("id").single()).id;
}

/** Tickets that are bought, paid, checked in and refunded, and cancelled events. */
export async function selling(project: Project, cast: Cast): Promise<void> {
  const { ani, budi, citra, dewi } = cast;
  heading("Tickets");
  const concert = await sell(ani, "Keroncong at the harbour", 2);
  const policy = { event_id: concert, fee_percent: 10, closes_hours_before: 24 };
  granted("Ani sets a refund policy", await ticketsOf(ani).from("refund_policies").insert(policy));
  tell("Ani sells two tickets to a concert at Rp 75,000 each; a refund costs a fee of 10 percent");
  const first = await checkout(budi, concert);
  if (first.error?.code === "payment_method_unavailable") {
    tell("This project has no payment sandbox, so the rest of this chapter is skipped");
    return;
  }
  const bought = granted("Budi starts a checkout", first);
  await pay(bought);
  await pay(granted("Citra buys", await checkout(citra, concert)));
  const [mine] = granted("Budi's tickets", await ticketsOf(budi).rpc("my_tickets"));
  expectThat(mine?.status === "active", "Budi's ticket is active");
  tell(`Budi and Citra buy tickets and pay in the sandbox: Budi's attendance code is ${mine.attendance_code}`);
  refused("Dewi tries to buy a ticket too", await checkout(dewi, concert), "sold_out");
  const place = granted(
    "Dewi joins the waiting list",
    await ticketsOf(dewi).rpc("join_waitlist", { event_id: concert }),
  );
  tell(`Dewi joins the waiting list as number ${place}`);

  const back = granted(
    "Citra asks for a refund",
    await call<RefundAnswer>(citra, "ticket-refund", { ticket_id: (await ticketOf(citra)).id }, true),
  );
  expectThat(back.refund?.amount === 67_500 && back.refund.status === "success", "67,500 is refunded to Citra");
  const offered = await ticketOf(dewi);
  expectThat(offered.status === "pending" && offered.is_offer === true, "Dewi is offered the seat");
  tell("Citra returns her ticket and is refunded Rp 67,500. Dewi is offered the seat at once");
  await pay(granted("Dewi buys", await checkout(dewi, concert)));
  tell("Dewi buys the seat");

  const scan = { event_id: concert, code: mine.attendance_code! };
  granted("Ani checks Budi in", await ticketsOf(ani).rpc("check_in", scan));
  const again = granted("a second scan", await ticketsOf(ani).rpc("check_in", scan));
  expectThat(again.result === "already_checked_in", "the second scan is recognized");
  tell(`At check-in, Ani scans Budi's code. A second scan shows that ${again.checked_in_by} has already scanned it`);
  refused(
    "Budi, who is checked in, asks for a refund",
    await call(budi, "ticket-refund", { ticket_id: mine.id }, true),
    "ticket_used",
  );
  const [sales] = granted("Ani's sales", await ticketsOf(ani).rpc("event_sales", { event_id: concert }));
  expectThat(sales?.gross === 225_000 && sales.refunded === 67_500 && sales.fees_kept === 7_500, "the sales add up");
  tell(
    `Ani's sales: three payments, ${rupiah(sales.gross)} in total, ${rupiah(sales.refunded)} refunded, ${rupiah(sales.fees_kept)} kept in fees`,
  );

  await cancelling(project, cast);
  refused(
    "Ani tries to delete her account while she sells tickets",
    await ani.users.rpc("delete_account"),
    "has_sold_tickets",
  );
  granted(
    "Ani cancels the concert",
    await call(ani, "event-cancel", { event_id: concert, reason: "The host is moving away" }),
  );
  tell("So she cancels the concert too, and its remaining tickets are refunded");
}

const rupiah = (amount: number) => `Rp ${amount.toLocaleString("en")}`;

const ticketOf = async (who: Person) => granted(`${who.name}'s tickets`, await ticketsOf(who).rpc("my_tickets"))[0]!;

async function cancelling(project: Project, { ani }: Cast): Promise<void> {
  const festival = await sell(ani, "Festival in the rain", CROWD);
  const crowd: Person[] = [];
  for (let n = 1; n <= CROWD; n++) crowd.push(await signUp(project, `Guest${n}`, ani.username.split("_")[1]!));
  for (const guest of crowd) await pay(granted(`${guest.name} buys`, await checkout(guest, festival)));
  tell(`${some(CROWD, "guest")} buy tickets to Ani's festival`);
  const cancel = () => call<CancellationAnswer>(ani, "event-cancel", { event_id: festival, reason: "Rain" });
  let progress = granted("Ani cancels", await cancel());
  for (let tries = 0; progress.refunds_succeeded < CROWD && tries < 20; tries++) {
    progress = granted("checking the refunds", await cancel());
  }
  expectThat(progress.refunds_succeeded === CROWD && progress.tickets_to_end === 0, "every ticket is refunded");
  tell(
    `It rains. Ani cancels the festival, and ${progress.refunds_succeeded} of ${progress.refunds} tickets are refunded`,
  );
}

type Invited = { invitations: { invitee: string; invitation_id: string | null; result: string }[] };
type Success = { sent: number; accepted: number; declined: number; successful: number; rate: number };

/** Three people are invited; two accept. */
export async function inviting({ ani, budi, citra, eko }: Cast): Promise<void> {
  heading("Invitations");
  const times = { start_time: inHours(50), end_time: inHours(52) };
  const walk = granted(
    "Citra plans a walk",
    await citra.events
      .from("events")
      .insert({ title: "Walk along the canal", category: "sports", ...times })
      .select("id")
      .single(),
  ).id;
  const names = [ani.username, budi.username, eko.username, "nobody-of-this-name"];
  const { invitations } = granted(
    "Citra invites",
    await call<Invited>(citra, "invitations", { event_id: walk, invitees: names }),
  );
  const idFor = (who: Person) => invitations.find(({ invitee }) => invitee === who.username)!.invitation_id!;
  expectThat(invitations.filter(({ result }) => result === "invited").length === 3, "three are invited");
  tell("Citra invites Ani, Budi and Eko to a walk; a fourth username is not found");
  for (const [guest, response] of [
    [ani, "accepted"],
    [budi, "accepted"],
    [eko, "declined"],
  ] as const) {
    granted(
      `${guest.name} responds`,
      await call(guest, "invitation-respond", { invitation_id: idFor(guest), response }),
    );
  }
  const { data, error } = await citra.client.functions.invoke(`invitation-success?event_id=${walk}`, { method: "GET" });
  if (error) throw new UnexpectedTurn(`invitation-success: ${error.message}`);
  const success = data.data as Success;
  expectThat(success.accepted === 2 && success.declined === 1 && success.successful === 2, "two of three accepted");
  tell(
    `Ani and Budi accept, Eko declines: ${success.successful} of ${success.sent} invitations succeeded (${Math.round(success.rate * 100)} percent)`,
  );
}
