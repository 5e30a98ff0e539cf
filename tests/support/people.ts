import { createClient } from "@supabase/supabase-js";
import ws from "ws";
import type { Database, ServiceDatabase } from "../../types/index.ts";
import { target } from "./database.ts";

export type Client = ReturnType<typeof anonymous>;
export type Person = { id: string; username: string; email: string; password: string; token: string; client: Client };

// Node 20 has no built-in WebSocket.
const realtime = { transport: ws as never };

export function anonymous() {
  const { apiUrl, publishableKey } = target();
  return createClient<Database>(apiUrl, publishableKey, { auth: { persistSession: false }, realtime });
}

/** A client with the secret key, for what only the server may do. */
export function service() {
  const { apiUrl, secretKey } = target();
  return createClient<ServiceDatabase>(apiUrl, secretKey, { auth: { persistSession: false }, realtime });
}

let made = 0;

/** Signs up a new person over HTTP. The username starts with `name`. */
export async function signUp(name: string): Promise<Person> {
  const username = `${name}_${process.pid}_${++made}_${Date.now().toString(36)}`;
  const email = `${username}@example.test`;
  const password = "correct horse battery";
  const client = anonymous();
  const { data, error } = await client.auth.signUp({ email, password, options: { data: { username, name } } });
  if (error || !data.session) throw new Error(`sign-up of ${username} failed: ${error?.message ?? "no session"}`);
  return { id: data.session.user.id, username, email, password, token: data.session.access_token, client };
}
