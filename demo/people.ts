import { createClient } from "@supabase/supabase-js";
import ws from "ws";
import type { Database } from "../types/index.ts";
import type { Project } from "./project.ts";
import { CannotBegin, granted } from "./story.ts";

export type Visitor = ReturnType<typeof visit>;
export type Person = Visitor & { id: string; name: string; username: string; email: string };
export type Cast = Record<"ani" | "budi" | "citra" | "dewi" | "eko", Person> & { visitor: Visitor };

/** Everyone who signed up and still has an account. */
const present = new Set<Person>();

/** An anonymous visitor. */
export function visit({ url, key }: Project) {
  const client = createClient<Database>(url, key, {
    auth: { persistSession: false, autoRefreshToken: false },
    // Node 20 has no WebSocket of its own.
    realtime: { transport: ws as never },
  });
  return {
    client,
    users: client.schema("user_service"),
    events: client.schema("event_service"),
    posts: client.schema("post_service"),
  };
}

export async function signUp(project: Project, name: string, suffix: string): Promise<Person> {
  const visitor = visit(project);
  const username = `${name.toLowerCase()}_${suffix}`;
  // Hosted Supabase rejects addresses of test domains.
  const email = `${username}@${process.env.DEMO_EMAIL_DOMAIN ?? "anigmaa.test"}`;
  const password = crypto.randomUUID();
  const { data, error } = await visitor.client.auth.signUp({ email, password, options: { data: { username, name } } });
  if (error)
    throw new CannotBegin(`${name} cannot sign up as ${email}: ${error.message} ${adviceOn(error.code)}`.trim());
  if (!data.session || !data.user)
    throw new CannotBegin(
      `${name} has signed up, but this project requires a confirmed email address, which the demo cannot provide. ` +
        "Turn off “Confirm email” in its dashboard (Authentication, Sign In / Providers, Email) while the demo runs.",
    );
  const person = { ...visitor, id: data.user.id, name, username, email };
  present.add(person);
  return person;
}

function adviceOn(code: string | undefined): string {
  if (code === "email_address_invalid") return "Set DEMO_EMAIL_DOMAIN to a domain that you own.";
  if (code === "over_email_send_rate_limit") return "Turn off “Confirm email” while the demo runs, or wait an hour.";
  return "";
}

/** Deletes a person's events and account. Their client keeps its access token. */
export async function deleteAccount(person: Person): Promise<void> {
  granted(
    `${person.name} deletes their events`,
    // Events with ticketing stay, without a host, because tickets were paid for.
    await person.events.from("events").delete().eq("host_id", person.id).eq("ticketing_enabled", false),
  );
  granted(`${person.name} deletes their account`, await person.users.rpc("delete_account"));
  present.delete(person);
}

/** Deletes all remaining accounts, and returns how many there were. */
export async function deleteAllAccounts(): Promise<number> {
  const people = [...present];
  for (const person of people) await deleteAccount(person);
  return people.length;
}
