import type { Database } from "../../../types/index.ts";
import { connect } from "../../support/database.ts";
import type { Client, Person } from "../../support/people.ts";
import { ok } from "./answers.ts";

type Tables<S extends "event_service" | "post_service"> = Database[S]["Tables"];
type NewEvent = Partial<Tables<"event_service">["events"]["Insert"]>;

const HOUR = 3_600_000;
export const inHours = (hours: number) => new Date(Date.now() + hours * HOUR).toISOString();
export const nobody = () => crypto.randomUUID();

export const users = ({ client }: { client: Client }) => client.schema("user_service");
export const events = ({ client }: { client: Client }) => client.schema("event_service");
export const posts = ({ client }: { client: Client }) => client.schema("post_service");
export const tickets = ({ client }: { client: Client }) => client.schema("ticket_service");

/** An event of tomorrow, with the given changes. */
export const anEvent = (given: NewEvent = {}) => ({
  title: "Ngopi pagi",
  start_time: inHours(24),
  end_time: inHours(26),
  ...given,
});

/** An event that started an hour ago. */
export const underWay = { start_time: inHours(-1), end_time: inHours(1) };

export async function host(person: Person, given: NewEvent = {}): Promise<string> {
  return ok(await events(person).from("events").insert(anEvent(given)).select("id").single()).id;
}

export const join = (person: Person, event_id: string) =>
  events(person).from("event_attendees").insert({ event_id, user_id: person.id });

export async function ask(person: Person, event_id: string, question = "Is there oat milk?"): Promise<string> {
  return ok(await events(person).from("event_qna").insert({ event_id, question }).select("id").single()).id;
}

type Publishing = Database["post_service"]["Functions"]["publish_post"]["Args"];

export async function post(person: Person, given: Partial<Publishing> = {}): Promise<string> {
  return ok(await posts(person).rpc("publish_post", { content: "Kopi tubruk, anyone?", ...given })).id;
}

/** Publishes a poll, and returns its id and its options' ids in order. */
export async function poll(
  person: Person,
  given: Partial<Publishing> = {},
): Promise<{ id: string; options: string[] }> {
  const id = await post(person, { poll_options: ["Gayo", "Toraja"], ...given });
  const options = ok(await posts(person).from("poll_options").select("id").eq("post_id", id).order("order_index"));
  return { id, options: options.map((option) => option.id) };
}

export async function comment(person: Person, post_id: string, parent_comment_id?: string): Promise<string> {
  const row = { post_id, parent_comment_id, content: "Me!" };
  return ok(await posts(person).from("comments").insert(row).select("id").single()).id;
}

export const follow = (person: Person, following_id: string) => users(person).from("follows").insert({ following_id });

export async function befriend(one: Person, other: Person): Promise<void> {
  ok(await follow(one, other.id));
  ok(await follow(other, one.id));
}

export const hide = (person: Person, profile_visible = false) =>
  users(person).from("user_privacy").update({ profile_visible }).eq("user_id", person.id);

/** Runs a statement as the database's owner, for states that no client can create. */
export async function asOwner<T extends object = Record<string, unknown>>(
  sql: string,
  values: unknown[] = [],
): Promise<T[]> {
  const client = await connect();
  try {
    return (await client.query<T>(sql, values)).rows;
  } finally {
    await client.end();
  }
}
