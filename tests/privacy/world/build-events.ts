import type { Cast } from "./build-world.ts";
import { type EventPrivacy, type Person, WORD, type World } from "./world.ts";

const PRIVACIES: EventPrivacy[] = ["public", "friends_only", "private"];

/** The relation of all viewers to an event. */
type Role = "nothing" | "confirmed" | "pending" | "cancelled" | "invited" | "invited by another";

// Includes roles that give no access, such as a cancelled attendance.
const ROLES: Record<EventPrivacy, Role[]> = {
  public: ["nothing", "confirmed", "invited"],
  friends_only: ["nothing", "confirmed", "invited"],
  private: ["nothing", "confirmed", "pending", "cancelled", "invited", "invited by another"],
};

let minutes = 0;

function addEvent(world: World, label: string, host: Person | null, privacy: EventPrivacy, days = 3): string {
  const start = Date.now() + days * 86_400_000 + ++minutes * 60_000;
  return world.add("events", label, {
    host_id: host?.id ?? null,
    title: `${WORD} ${label}`,
    privacy,
    max_attendees: 20,
    start_time: new Date(start).toISOString(),
    end_time: new Date(start + 3_600_000).toISOString(),
    // Far from the events of other suites and of the seed.
    location_lat: -60 + minutes / 10_000,
    location_lng: -150,
  });
}

function attend(world: World, event: string, person: Person, status: "confirmed" | "pending" | "cancelled") {
  const label = `${person.username} (${status}) at ${world.describe(event)}`;
  world.add("event_attendees", label, { event_id: event, user_id: person.id, status });
}

function invite(world: World, event: string, inviter: Person, invitee: Person, status: string) {
  const label = `${inviter.username} invites ${invitee.username} (${status}) to ${world.describe(event)}`;
  world.add("invitations", label, { inviter_id: inviter.id, invitee_id: invitee.id, event_id: event, status });
}

function ask(world: World, event: string, asker: Person | null, answerer: Person | null = null): string {
  return world.add("event_qna", `of ${asker?.username ?? "nobody"} at ${world.describe(event)}`, {
    event_id: event,
    user_id: asker?.id ?? null,
    question: "Is there parking?",
    answer: answerer && "Yes, behind the house.",
    answered_by: answerer?.id ?? null,
  });
}

function upvote(world: World, question: string, person: Person) {
  const label = `of ${person.username} for ${world.describe(question)}`;
  world.add("qna_upvotes", label, { question_id: question, user_id: person.id });
}

function review(world: World, event: string, reviewer: Person | null) {
  const label = `of ${reviewer?.username ?? "nobody"} for ${world.describe(event)}`;
  world.add("reviews", label, { event_id: event, reviewer_id: reviewer?.id ?? null, rating: 4 });
}

/**
 * Adds an image, and questions and reviews by nora, whom everybody sees, and without an author.
 * Returns nora's question.
 */
function furnish(world: World, event: string, nora: Person, host: Person | null): string {
  const image_url = host ? `${host.id}/${event}.jpg` : "https://example.test/image.jpg";
  world.add("event_images", `of ${world.describe(event)}`, { event_id: event, image_url });
  world.add("refund_policies", `of ${world.describe(event)}`, { event_id: event });
  world.add("event_cancellations", `of ${world.describe(event)}`, { event_id: event });
  const question = ask(world, event, nora, host);
  upvote(world, question, nora);
  ask(world, event, null);
  review(world, event, nora);
  review(world, event, null);
  return question;
}

export function addEvents(cast: Cast): void {
  const { world, nora, subjects, viewers } = cast;
  for (const host of subjects) {
    for (const privacy of PRIVACIES) {
      for (const role of ROLES[privacy]) addHostedEvent(cast, host, privacy, role);
    }
  }
  addMeetings(cast);
  for (const privacy of PRIVACIES) {
    const event = addEvent(world, `${privacy} event without a host`, null, privacy);
    attend(world, event, nora, "confirmed");
    attend(world, event, viewers[0]!, "pending");
    furnish(world, event, nora, null);
  }
  const concert = addEvent(world, "concert of nora", nora, "public");
  for (const person of [nora, ...subjects, ...viewers, null]) addTicket(world, concert, person);
}

function addHostedEvent({ world, nora, viewers }: Cast, host: Person, privacy: EventPrivacy, role: Role) {
  // A past event: its attendees still see it only if they are friends of the host.
  const days = privacy === "friends_only" && role === "confirmed" ? -2 : 3;
  const event = addEvent(world, `${privacy} event of ${host.username}, viewers ${role}`, host, privacy, days);
  furnish(world, event, nora, host);
  for (const viewer of viewers) {
    if (role === "confirmed" || role === "pending" || role === "cancelled") attend(world, event, viewer, role);
    if (role === "invited") invite(world, event, host, viewer, "pending");
    if (role === "invited by another") invite(world, event, nora, viewer, "declined");
    // Viewers have questions and reviews at events that they may no longer see.
    if (role === "nothing") {
      upvote(world, ask(world, event, viewer), viewer);
      review(world, event, viewer);
    }
  }
}

/** Events with all people as attendees, of whom each viewer sees only some: nora's and the viewers' own. */
function addMeetings({ world, nora, subjects, viewers }: Cast): void {
  const everyone = [...subjects, ...viewers];
  for (const days of [3, -3]) {
    const meeting = addEvent(world, `${days > 0 ? "coming" : "past"} meeting of nora`, nora, "public", days);
    world.tables.events.at(-1)!.max_attendees = null;
    const question = furnish(world, meeting, nora, nora);
    for (const person of everyone) {
      upvote(world, question, person);
      attend(world, meeting, person, "confirmed");
      upvote(world, ask(world, meeting, person, nora), person);
      // The first viewer has no review, so that adding one can be tested.
      if (person !== viewers[0]) review(world, meeting, person);
    }
  }
  for (const host of viewers) {
    const party = addEvent(world, `party of ${host.username}`, host, "public");
    const secret = addEvent(world, `secret party of ${host.username}`, host, "private");
    const friends = addEvent(world, `party of ${host.username} for friends`, host, "friends_only");
    for (const event of [party, secret, friends]) furnish(world, event, nora, host);
    // Referencing another person's file gives no access to it.
    const borrowed = `${subjects.at(-1)!.id}/secret.jpg`;
    world.add("event_images", `borrowed, of ${host.username}`, { event_id: party, image_url: borrowed });
    for (const guest of subjects) {
      attend(world, party, guest, "confirmed");
      attend(world, secret, guest, guest.hidesAttendance ? "cancelled" : "pending");
      invite(world, friends, host, guest, "accepted");
    }
  }
}

function addTicket(world: World, event: string, buyer: Person | null) {
  const label = `of ${buyer?.username ?? "nobody"}`;
  // Refunded, because a live ticket would make its buyer an attendee.
  const ticket = world.add("tickets", label, { user_id: buyer?.id ?? null, event_id: event, status: "refunded" });
  const payment = { ticket_id: ticket, transaction_id: `${WORD} ${label}`, amount: 5, status: "failed" };
  world.add("ticket_transactions", label, payment);
  if (!buyer) return;
  world.add("waitlist_entries", label, { event_id: event, user_id: buyer.id });
  world.add("event_staff", label, { event_id: event, user_id: buyer.id });
}
