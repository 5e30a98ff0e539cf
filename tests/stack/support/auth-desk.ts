import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import postgres from "postgres";
import { expect } from "vitest";
import ws from "ws";
import { type Api, startApi } from "../../../stack/index.ts";
import { type Desk, deskConfig, startDesk } from "./desk.ts";
import { Mailbox } from "./mailbox.ts";

export const PASSWORD = "a good password";
export const SITE = "http://127.0.0.1:3000";

const settings = {
  site_url: SITE,
  additional_redirect_urls: ["https://*.example.org/app/**", "myapp://login"],
  email: { max_frequency: "0s" },
};

export let mailbox: Mailbox;
export let desk: Desk;
/** A second API on the database: one that confirms addresses at sign-up. */
export let strict: Api;

export async function startAuthDesk(): Promise<void> {
  mailbox = new Mailbox();
  desk = await startDesk({ auth: settings });
  const { url: databaseUrl, connections } = desk.database;
  const email = { max_frequency: "1h", enable_confirmations: true, otp_expiry: 60 };
  strict = await startApi({
    databaseUrl,
    connections,
    keys: desk.api.keys,
    config: deskConfig({ ...settings, email }),
  });
}

export async function stopAuthDesk(): Promise<void> {
  await strict?.stop();
  await desk?.stop();
}

type ClientOptions = { api?: Api; key?: string; flowType?: "implicit" | "pkce" };

/** A client that keeps its session, as in a browser. */
export function client({ api = desk.api, key = api.keys.publishableKey, flowType }: ClientOptions = {}) {
  const entries = new Map<string, string>();
  const storage = {
    getItem: (name: string) => entries.get(name) ?? null,
    setItem: (name: string, value: string) => void entries.set(name, value),
    removeItem: (name: string) => void entries.delete(name),
  };
  return createClient(api.url, key, {
    auth: { autoRefreshToken: false, storage, flowType, experimental: { passkey: true } },
    db: { schema: "desk" },
    realtime: { transport: ws as never },
  }) as unknown as SupabaseClient<never, "desk">;
}

export const admin = () => client({ key: desk.api.keys.secretKey }).auth.admin;

/** A new person who is signed in. */
export async function signUp(name: string, supabase = client()) {
  const email = `${name}@example.org`;
  const { data, error } = await supabase.auth.signUp({ email, password: PASSWORD, options: { data: { name } } });
  expect(error).toBeNull();
  return { email, supabase, auth: supabase.auth, user: data.user!, id: data.user!.id, session: data.session! };
}

let strangers = 0;

export const signUpSomebody = () => signUp(`somebody-${++strangers}`);

export async function query(text: TemplateStringsArray, ...values: string[]) {
  const sql = postgres(desk.database.url, { max: 1, onnotice: () => {} });
  const rows = await sql(text, ...values);
  await sql.end();
  return rows;
}

/** Where a link in a mail leads. */
export async function follow(link: string): Promise<URL> {
  const response = await fetch(link, { redirect: "manual" });
  expect(response.status).toBe(303);
  return new URL(response.headers.get("location")!);
}

export const fragment = (url: URL) => Object.fromEntries(new URLSearchParams(url.hash.slice(1)));
