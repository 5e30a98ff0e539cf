import type { Database, EventCard } from "../../types/index.ts";
import type { Cast, Person } from "../people.ts";
import { expectThat, granted, heading, refused, some, tell, unseen } from "../story.ts";

export type Events = Record<"coffee" | "dinner" | "surprise" | "tasting", string>;
type NewEvent = Database["event_service"]["Tables"]["events"]["Insert"];

const MONAS = { lat: -6.175392, lng: 106.827153 };
const HOUR = 3_600_000;

/** A time some hours from now, in ISO 8601. */
export const inHours = (hours: number) => new Date(Date.now() + hours * HOUR).toISOString();

export const shortly = (title: string) => (title.length > 42 ? `${title.slice(0, 41)}…` : title);

/** Four events: public, for friends, private, and one with two places. */
export async function publishing({ ani, budi, citra }: Cast): Promise<Events> {
  heading("Events");
  const coffee = await publish(ani, {
    title: "Ngopi pagi under Monas",
    description: "Manual brew from a thermos. Bring your own cup.",
    category: "coffee",
    start_time: inHours(20),
    end_time: inHours(22),
    location_name: "Monas, south gate",
    location_lat: MONAS.lat,
    location_lng: MONAS.lng,
  });
  const tasting = await publish(budi, {
    title: "Cupping for two",
    category: "coffee",
    start_time: inHours(30),
    end_time: inHours(32),
    location_name: "A kitchen in Cikini",
    location_lat: -6.1906,
    location_lng: 106.8399,
    max_attendees: 2,
  });
  tell(`Ani publishes "Ngopi pagi under Monas" for everyone, and Budi "Cupping for two" with two places`);
  const evening = { start_time: inHours(40), end_time: inHours(44), category: "food" } as const;
  const dinner = await publish(ani, { ...evening, title: "Dinner at Ani's", privacy: "friends_only" });
  const surprise = await publish(ani, { ...evening, title: "Surprise for Budi's birthday", privacy: "private" });
  tell("Ani plans a dinner for friends only and a private surprise party");

  const title = (who: { events: Person["events"] }, id: string) =>
    who.events.from("events").select("title").eq("id", id);
  const [seen] = granted("Budi looks at the dinner", await title(budi, dinner));
  expectThat(seen?.title === "Dinner at Ani's", "Budi sees the dinner");
  tell("Budi, a friend, sees the dinner");
  unseen("Citra, who follows Ani but is not a friend, looks for the dinner", granted("", await title(citra, dinner)));

  unseen("Citra looks for the surprise party", granted("", await title(citra, surprise)));
  granted(
    "Ani invites Citra",
    await ani.users.from("invitations").insert({ invitee_id: citra.id, event_id: surprise }),
  );
  const [invited] = granted("Citra looks again", await title(citra, surprise));
  expectThat(invited !== undefined, "Citra sees the surprise party once invited");
  tell(`Ani invites Citra, who now sees "${invited.title}"`);
  refused(
    "Ani tries to end the party before it starts",
    await ani.events
      .from("events")
      .update({ end_time: inHours(-9000) })
      .eq("id", surprise),
    "event_ends_before_start",
  );
  return { coffee, dinner, surprise, tasting };
}

async function publish(host: Person, event: NewEvent): Promise<string> {
  return granted(
    `${host.name} publishes an event`,
    await host.events.from("events").insert(event).select("id").single(),
  ).id;
}

/** Finding events by location, by mode and by text. */
export async function discovering(
  { ani, budi, citra, eko, visitor }: Cast,
  { coffee, tasting }: Events,
): Promise<void> {
  heading("Finding events near Monas");
  const near = granted(
    "Citra searches near Monas",
    await citra.events.rpc("events_near", { ...MONAS, radius_m: 5000, categories: ["coffee"], page_size: 100 }),
  );
  expectThat(
    near.some((event) => event.id === coffee) && near.some((event) => event.id === tasting),
    "both are near Monas",
  );
  const distances = near.map((event) => event.distance_m ?? 0);
  expectThat(
    distances.every((metres, i) => metres <= 5000 && metres >= (distances[i - 1] ?? 0)),
    "nearest first, within 5 km",
  );
  const shown = near.filter((event, i) => i < 4 || event.id === tasting);
  tell(`Citra finds ${some(near.length, "coffee event")} within 5 km of Monas, including:`, ...shown.map(describe));
  const [longitude, latitude] = near.find((event) => event.id === coffee)?.location?.coordinates ?? [];
  expectThat(longitude === MONAS.lng && latitude === MONAS.lat, "locations are GeoJSON");
  tell(`Each event has its location as GeoJSON: Ani's is at [${longitude}, ${latitude}]`);

  const trending = granted(
    "trending events",
    await visitor.events.rpc("discover_events", { mode: "trending", ...MONAS }),
  );
  const quiet = granted("quiet events", await eko.events.rpc("discover_events", { mode: "quiet", page_size: 100 }));
  expectThat(
    quiet.some((event) => event.id === tasting),
    "Budi's small event is a quiet one",
  );
  // The trending ranking may be some minutes old; Budi's is computed now.
  const forBudi = granted(
    "events for Budi",
    await budi.events.rpc("discover_events", { mode: "for_you", page_size: 100 }),
  );
  expectThat(
    forBudi.some((event) => event.id === coffee),
    "Budi's events include his friend's",
  );
  tell(
    `A visitor discovers ${some(trending.length, "trending event")}, Eko ${some(quiet.length, "quiet one")}, ` +
      `and Budi ${forBudi.length} recommended for him, including Ani's`,
  );

  const words = granted(
    "Citra searches events",
    await citra.events.rpc("search_events", { query: "ngopi monas", page_size: 100 }),
  );
  expectThat(
    words.some((event) => event.id === coffee),
    "search finds Ani's event",
  );
  const people = granted("Citra searches people", await citra.users.rpc("search_people", { query: ani.username }));
  expectThat(people[0]?.id === ani.id && people[0].i_follow, "search finds Ani");
  tell(
    `Citra searches events for "ngopi monas" (${words.length} found) and people for "${ani.username}", whom she follows`,
  );
}

function describe(event: EventCard): string {
  const metres = Math.round(event.distance_m ?? 0).toLocaleString("en");
  return `${shortly(event.title).padEnd(44)}${metres.padStart(6)} m   ${event.host?.username ?? "host hidden"}`;
}
