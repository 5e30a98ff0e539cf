import { expect } from "vitest";
import type { CheckoutAnswer, RefundAnswer } from "../../../types/index.ts";
import { target } from "../../support/database.ts";
import type { Person } from "../../support/people.ts";

export type Called<T = Record<string, unknown>> = {
  status: number;
  data: T;
  error: { code: string; message: string; details?: unknown } | undefined;
};

/** Calls an edge function as a person or (null) without a token. Returns `data` or `error`, and the status. */
export async function call<T = Record<string, unknown>>(
  name: string,
  person: Pick<Person, "token"> | null,
  { body, key, query = "", apiUrl = target().apiUrl, method = body === undefined ? "GET" : "POST" }: Partial<Call> = {},
): Promise<Called<T>> {
  const response = await fetch(`${apiUrl}/functions/v1/${name}${query}`, {
    method,
    headers: {
      apikey: target().publishableKey,
      ...(person && { Authorization: `Bearer ${person.token}` }),
      ...(key && { "Idempotency-Key": key }),
      ...(body !== undefined && { "Content-Type": "application/json" }),
    },
    body: body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body),
  });
  const { data, error } = (await response.json()) as { data: T; error: Called["error"] };
  return { status: response.status, data, error };
}

type Call = { body: unknown; key: string; query: string; apiUrl: string; method: string };

export const newKey = () => crypto.randomUUID();

/** Expects a success, and returns its data. */
export function done<T>({ status, data, error }: Called<T>): T {
  expect({ status, error }).toEqual({ status: 200, error: undefined });
  return data;
}

export const checkout = (person: Person, event_id: string, more: object = {}, key = newKey(), apiUrl?: string) =>
  call<CheckoutAnswer>("ticket-checkout", person, {
    body: { event_id, payment_method: "sandbox", ...more },
    key,
    ...(apiUrl && { apiUrl }),
  });

/** Presses a button on the sandbox's checkout page. */
export async function press(checkout_url: string, action: "pay" | "decline" | "late" | "twice"): Promise<string> {
  const response = await fetch(checkout_url, { method: "POST", body: new URLSearchParams({ action }) });
  const page = await response.text();
  expect([response.status, page]).toEqual([200, expect.stringContaining("<h1>Done")]);
  return page;
}

/** Buys a ticket and pays for it in the sandbox. */
export async function buy(person: Person, event_id: string): Promise<CheckoutAnswer["ticket"]> {
  const { ticket, checkout_url } = done(await checkout(person, event_id));
  if (checkout_url) await press(checkout_url, "pay");
  return ticket;
}

export const refund = (person: Person, ticket_id: string, more: object = {}, key = newKey(), apiUrl?: string) =>
  call<RefundAnswer>("ticket-refund", person, { body: { ticket_id, ...more }, key, ...(apiUrl && { apiUrl }) });
