import type { Cast, Person } from "../people.ts";
import { expectThat, granted, heading, refused, some, tell } from "../story.ts";
import { type Events, inHours } from "./events.ts";

const join = (who: Person, event: string) => who.events.from("event_attendees").insert({ event_id: event });

/** Attendance, questions, and an accepted invitation. */
export async function joining(
  { ani, budi, citra, dewi, eko }: Cast,
  { coffee, surprise, tasting }: Events,
): Promise<void> {
  heading("Joining events");
  for (const person of [budi, citra, dewi]) granted(`${person.name} joins`, await join(person, coffee));
  const going = granted("friends who go", await ani.events.rpc("friends_who_go", { event_id: coffee }));
  expectThat(
    going.map((friend) => friend.id).join() === [budi.id, dewi.id].join(),
    "Ani's friends at the event are Budi and Dewi",
  );
  tell("Budi, Citra and Dewi join Ani's coffee morning. Ani sees that two of them are friends: Budi and Dewi");

  granted("Ani takes a place", await join(ani, tasting));
  granted("Citra takes a place", await join(citra, tasting));
  tell("Ani and Citra take the two places at Budi's cupping");
  refused("Eko tries to be the third", await join(eko, tasting), "event_full");
  granted(
    "Citra gives up her place",
    await citra.events.from("event_attendees").delete().match({ event_id: tasting, user_id: citra.id }),
  );
  granted("Eko joins", await join(eko, tasting));
  const full = granted(
    "looking at the cupping",
    await eko.events.from("events").select("attendees_count,max_attendees,host(name)").eq("id", tasting).single(),
  );
  expectThat(full.attendees_count === 2, "both places are taken");
  tell(
    `Citra gives up her place and Eko takes it: ${full.host?.name}'s cupping is full again, with ${full.attendees_count} of ${full.max_attendees}`,
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
  refused("Citra tries to answer it herself", await answer(citra, "Surely!"), "not_your_event");
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
  tell(`${question.answerer.name} answers ${question.asker?.name}'s question: "${question.answer}"`);

  granted(
    "Citra accepts",
    await citra.users.from("invitations").update({ status: "accepted" }).match({ event_id: surprise }),
  );
  granted("Citra joins", await join(citra, surprise));
  const stats = granted(
    "Ani's counters",
    await ani.users.from("user_stats").select("invites_successful_count").eq("user_id", ani.id).single(),
  );
  expectThat(stats.invites_successful_count === 1, "the accepted invitation counts for Ani");
  tell(
    `Citra accepts her invitation to the surprise party and joins: Ani now has ${some(stats.invites_successful_count, "successful invitation")}`,
  );
}

/** Reviews of an event that has started. */
export async function reviewing({ ani, budi, citra }: Cast, { coffee }: Events): Promise<void> {
  heading("Reviews");
  const review = (who: Person, event: string, rating: number) =>
    who.events.from("reviews").insert({ event_id: event, rating, comment: "Warm, and well poured." });
  refused("Budi tries to review tomorrow's coffee morning today", await review(budi, coffee, 5), "event_not_started");
  const ongoing = granted(
    "Ani publishes an ongoing event",
    await ani.events
      .from("events")
      .insert({ title: "Coffee, right now", category: "coffee", start_time: inHours(-1), end_time: inHours(1) })
      .select("id,status")
      .single(),
  );
  expectThat(ongoing.status === "ongoing", "an event that has started is ongoing");
  granted("Budi joins", await join(budi, ongoing.id));
  tell("Ani hosts a coffee right now, and Budi joins");
  refused("Budi tries to rate it 6 out of 5", await review(budi, ongoing.id, 6), "rating_out_of_range");
  refused("Citra, who did not attend, tries to review it", await review(citra, ongoing.id, 1), "not_attended");
  granted("Budi reviews", await review(budi, ongoing.id, 5));
  const [profile] = granted("Ani's profile", await citra.users.rpc("profile", { username: ani.username }));
  expectThat(profile?.average_rating === 5, "Ani's average rating is 5");
  tell(`Budi rates it 5 out of 5: Ani's average rating as a host is now ${profile.average_rating}`);
}
