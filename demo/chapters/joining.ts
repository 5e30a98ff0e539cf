import type { Cast, Person } from "../people.ts";
import { expectThat, granted, heading, refused, tell } from "../story.ts";
import { type Events, inHours } from "./events.ts";

const join = (who: Person, event: string) => who.events.from("event_attendees").insert({ event_id: event });

/** Places, questions, invitations. */
export async function joining(
  { ani, budi, citra, dewi, eko }: Cast,
  { coffee, surprise, tasting }: Events,
): Promise<void> {
  heading("Who comes?");
  for (const person of [budi, citra, dewi]) granted(`${person.name} joins`, await join(person, coffee));
  const going = granted("friends who go", await ani.events.rpc("friends_who_go", { event_id: coffee }));
  expectThat(
    going.map((friend) => friend.id).join() === [budi.id, dewi.id].join(),
    "Ani's friends who go are Budi and Dewi",
  );
  tell("Budi, Citra and Dewi join Ani's coffee; Ani sees that two friends go: Budi and Dewi");

  granted("Ani takes a place", await join(ani, tasting));
  granted("Citra takes a place", await join(citra, tasting));
  tell("Ani and Citra take the two places at Budi's cupping");
  refused("Eko may not be the third", await join(eko, tasting), "event_full");
  granted(
    "Citra gives hers up",
    await citra.events.from("event_attendees").delete().match({ event_id: tasting, user_id: citra.id }),
  );
  granted("Eko joins", await join(eko, tasting));
  const full = granted(
    "looking at the cupping",
    await eko.events.from("events").select("attendees_count,max_attendees,host(name)").eq("id", tasting).single(),
  );
  expectThat(full.attendees_count === 2, "both places are taken");
  tell(
    `Citra gives hers up, and Eko gets it: ${full.attendees_count} of ${full.max_attendees} at ${full.host?.name}'s again`,
  );

  const asked = granted(
    "Citra asks",
    await citra.events
      .from("event_qna")
      .insert({ event_id: coffee, question: "Is there oat milk?" })
      .select("id")
      .single(),
  );
  granted("Budi upvotes", await budi.events.from("qna_upvotes").insert({ question_id: asked.id }));
  tell(`Citra asks "Is there oat milk?", and Budi upvotes the question`);
  const answer = (who: Person, words: string) =>
    who.events.from("event_qna").update({ answer: words }).eq("id", asked.id);
  refused("Citra may not answer it herself", await answer(citra, "Surely!"), "not_your_event");
  granted("Ani answers", await answer(ani, "Yes, a litre of it."));
  const question = granted(
    "reading the question",
    await budi.events
      .from("event_qna")
      .select("question,answer,upvotes_count,asker(name),answerer(name)")
      .eq("id", asked.id)
      .single(),
  );
  expectThat(question.upvotes_count === 1 && question.answerer?.name === "Ani", "the question is answered");
  tell(`${question.answerer.name} answers "${question.answer}" to ${question.asker?.name} and whoever reads it`);

  granted(
    "Citra accepts",
    await citra.users.from("invitations").update({ status: "accepted" }).match({ event_id: surprise }),
  );
  granted("Citra comes", await join(citra, surprise));
  const stats = granted(
    "Ani's counters",
    await ani.users.from("user_stats").select("invites_successful_count").eq("user_id", ani.id).single(),
  );
  expectThat(stats.invites_successful_count === 1, "the accepted invitation counts for Ani");
  tell(
    `Citra accepts the invitation to the surprise and joins: Ani's successful invitations are now ${stats.invites_successful_count}`,
  );
}

/** What people say of an event that has begun. */
export async function reviewing({ ani, budi, citra }: Cast, { coffee }: Events): Promise<void> {
  heading("Reviews");
  const review = (who: Person, event: string, rating: number) =>
    who.events.from("reviews").insert({ event_id: event, rating, comment: "Warm, and well poured." });
  refused("Budi may not review tomorrow's coffee today", await review(budi, coffee, 5), "event_not_started");
  const begun = granted(
    "Ani begins at once",
    await ani.events
      .from("events")
      .insert({ title: "Coffee, right now", category: "coffee", start_time: inHours(-1), end_time: inHours(1) })
      .select("id,status")
      .single(),
  );
  expectThat(begun.status === "ongoing", "an event that has begun is ongoing");
  granted("Budi joins", await join(budi, begun.id));
  tell("Ani pours coffee at once, and Budi comes");
  refused("Budi may not give it 6 of 5", await review(budi, begun.id, 6), "rating_out_of_range");
  refused("Citra, who was not there, may not review it", await review(citra, begun.id, 1), "not_attended");
  granted("Budi reviews", await review(budi, begun.id, 5));
  const [profile] = granted("Ani's profile", await citra.users.rpc("profile", { username: ani.username }));
  expectThat(profile?.average_rating === 5, "Ani's average is 5");
  tell(`Budi gives it 5: Ani's average as a host is ${profile.average_rating}`);
}
