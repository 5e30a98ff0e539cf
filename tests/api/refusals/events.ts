import type { Database, ErrorCode } from "../../../types/index.ts";
import type { Person } from "../../support/people.ts";
import { ok } from "../support/answers.ts";
import { anEvent, ask, events, host, inHours, join, nobody, underWay } from "../support/scenes.ts";
import type { Attempt, Cast } from "./attempt.ts";

type Event = Database["event_service"]["Tables"]["events"];

/** Ani publishes two events, of which the first is refused. */
const publishing =
  (refused: Partial<Event["Insert"]>, granted: Partial<Event["Insert"]>): Attempt =>
  async ({ ani }) => ({
    cannot: await events(ani).from("events").insert(anEvent(refused)),
    can: await events(ani).from("events").insert(anEvent(granted)),
  });

const change = (who: Person, id: string, to: Event["Update"]) => events(who).from("events").update(to).eq("id", id);

const review = (who: Person, event_id: string, rating = 5) => events(who).from("reviews").insert({ event_id, rating });

/** Ani's ongoing event, which Budi attends. */
async function attended({ ani, budi }: Cast): Promise<string> {
  const event = await host(ani, underWay);
  ok(await join(budi, event));
  return event;
}

const ends = inHours(30);

export const publishingEvents = {
  event_ends_before_start: publishing(
    { start_time: ends, end_time: ends },
    { start_time: inHours(29), end_time: ends },
  ),
  event_too_long: publishing({ end_time: inHours(24 * 368) }, { end_time: inHours(24 * 366) }),
  incomplete_location: publishing({ location_lat: -6 }, { location_lat: -6, location_lng: 106 }),
  invalid_capacity: publishing({ max_attendees: 0 }, { max_attendees: 1 }),
  invalid_currency: publishing({ currency: "rupiah" }, { currency: "EUR" }),
  invalid_title: publishing({ title: " \n" }, { title: "x" }),
  latitude_out_of_range: publishing({ location_lat: 91, location_lng: 106 }, { location_lat: 90, location_lng: 106 }),
  longitude_out_of_range: publishing(
    { location_lat: 0, location_lng: -180.5 },
    { location_lat: 0, location_lng: -180 },
  ),
  price_out_of_range: publishing({ price: -1 }, { price: 0 }),
  text_too_long: publishing({ description: "x".repeat(20_001) }, { description: "x".repeat(20_000) }),
  event_started: async ({ ani }) => {
    const [begun, toCome] = [await host(ani, underWay), await host(ani)];
    return {
      cannot: await change(ani, begun, { start_time: inHours(-2) }),
      can: await change(ani, toCome, { start_time: inHours(23) }),
    };
  },
  event_over: async ({ ani }) => {
    const event = await host(ani);
    const can = await change(ani, event, { status: "cancelled" });
    return { can, cannot: await change(ani, event, { status: "upcoming" }) };
  },
  status_follows_time: async ({ ani }) => {
    const event = await host(ani);
    return {
      cannot: await change(ani, event, { status: "completed" }),
      can: await change(ani, event, { status: "cancelled" }),
    };
  },
  has_attendees: async ({ ani, budi }) => {
    const event = await host(ani);
    const can = await change(ani, event, { ticketing_enabled: true });
    ok(await change(ani, event, { ticketing_enabled: false }));
    ok(await join(budi, event));
    return { can, cannot: await change(ani, event, { ticketing_enabled: true }) };
  },
  places_are_taken: async ({ ani, budi, citra }) => {
    const event = await host(ani, { max_attendees: 3 });
    ok(await join(budi, event));
    ok(await join(citra, event));
    return {
      cannot: await change(ani, event, { max_attendees: 1 }),
      can: await change(ani, event, { max_attendees: 2 }),
    };
  },
  too_many_images: async ({ ani }) => {
    const images = async (count: number) => {
      const event_id = await host(ani);
      const all = Array.from({ length: count }, (_, n) => ({ event_id, image_url: `https://example.test/${n}.jpg` }));
      return events(ani).from("event_images").insert(all);
    };
    return { cannot: await images(11), can: await images(10) };
  },
  order_index_out_of_range: async ({ ani }) => {
    const event_id = await host(ani);
    const add = (order_index: number) =>
      events(ani).from("event_images").insert({ event_id, image_url: "https://example.test/1.jpg", order_index });
    return { cannot: await add(1001), can: await add(1000) };
  },
} satisfies Partial<Record<ErrorCode, Attempt>>;

export const takingPart = {
  event_full: async ({ ani, budi, citra }) => {
    const event = await host(ani, { max_attendees: 1 });
    const can = await join(budi, event);
    return { can, cannot: await join(citra, event) };
  },
  event_not_found: async ({ ani, budi }) => {
    const event = await host(ani);
    return { cannot: await join(budi, nobody()), can: await join(budi, event) };
  },
  event_not_open: async ({ ani, budi, citra }) => {
    const event = await host(ani);
    const can = await join(budi, event);
    ok(await change(ani, event, { status: "cancelled" }));
    return { can, cannot: await join(citra, event) };
  },
  ticket_required: async ({ ani, budi }) => {
    const [ticketed, open] = [await host(ani, { ticketing_enabled: true }), await host(ani)];
    return { cannot: await join(budi, ticketed), can: await join(budi, open) };
  },
  invalid_question: async ({ ani, budi }) => {
    const event_id = await host(ani);
    const asking = (question: string) => events(budi).from("event_qna").insert({ event_id, question });
    return { cannot: await asking("x".repeat(2001)), can: await asking("x".repeat(2000)) };
  },
  invalid_answer: async ({ ani, budi }) => {
    const question = await ask(budi, await host(ani));
    const answer = (words: string) => events(ani).from("event_qna").update({ answer: words }).eq("id", question);
    return { cannot: await answer(" "), can: await answer("Yes.") };
  },
  not_your_event: async ({ ani, budi }) => {
    const question = await ask(budi, await host(ani));
    const answer = (who: Person) => events(who).from("event_qna").update({ answer: "Yes." }).eq("id", question);
    return { cannot: await answer(budi), can: await answer(ani) };
  },
  not_your_question: async ({ ani, budi }) => {
    const question = await ask(budi, await host(ani));
    const reword = (who: Person) => events(who).from("event_qna").update({ question: "Or soy?" }).eq("id", question);
    return { cannot: await reword(ani), can: await reword(budi) };
  },
  question_answered: async ({ ani, budi }) => {
    const question = await ask(budi, await host(ani));
    const reword = (words: string) => events(budi).from("event_qna").update({ question: words }).eq("id", question);
    const can = await reword("Or soy?");
    ok(await events(ani).from("event_qna").update({ answer: "Yes." }).eq("id", question));
    return { can, cannot: await reword("Or oat?") };
  },
  question_not_found: async ({ ani, budi }) => {
    const question = await ask(budi, await host(ani));
    const upvote = (question_id: string) => events(budi).from("qna_upvotes").insert({ question_id });
    return { cannot: await upvote(nobody()), can: await upvote(question) };
  },
  event_not_started: async (cast) => {
    const toCome = await host(cast.ani);
    ok(await join(cast.budi, toCome));
    return { cannot: await review(cast.budi, toCome), can: await review(cast.budi, await attended(cast)) };
  },
  not_attended: async (cast) => {
    const event = await attended(cast);
    return { cannot: await review(cast.citra, event), can: await review(cast.budi, event) };
  },
  own_event: async (cast) => {
    const event = await attended(cast);
    ok(await join(cast.ani, event));
    return { cannot: await review(cast.ani, event), can: await review(cast.budi, event) };
  },
  row_cannot_move: async (cast) => {
    const [event, other] = [await attended(cast), await host(cast.ani)];
    const move = (event_id: string) =>
      events(cast.budi).from("event_attendees").update({ event_id }).match({ event_id: event, user_id: cast.budi.id });
    return { cannot: await move(other), can: await move(event) };
  },
  rating_out_of_range: async (cast) => {
    const event = await attended(cast);
    return { cannot: await review(cast.budi, event, 6), can: await review(cast.budi, event, 5) };
  },
} satisfies Partial<Record<ErrorCode, Attempt>>;
