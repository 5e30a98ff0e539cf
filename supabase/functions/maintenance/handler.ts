import { data } from "../_shared/http.ts";
import type { Payments } from "../_shared/settings.ts";
import type { Supabase } from "../_shared/supabase.ts";
import { continueWork } from "../_shared/work.ts";

export type Dependencies = { db: Supabase; payments: Payments };

const PATIENCE_MS = 20_000;

/**
 * Continues unfinished work: refunds, tickets of cancelled events, attempts to end or to look up. `POST` with the
 * secret key as `apikey`, as often as needed. Returns `{data: {tickets, refunds, attempts, problems}}`, each a count.
 */
export async function handle(request: Request, { db, payments }: Dependencies): Promise<Response> {
  await db.requireSecretKey(request);
  const until = Date.now() + PATIENCE_MS;
  let tickets = 0;
  while (Date.now() < until) {
    const ended = await db.call<number>("continue_cancellations", {});
    tickets += ended;
    if (ended === 0) break;
  }
  return data({ tickets, ...(await continueWork(db, payments, until)) });
}
