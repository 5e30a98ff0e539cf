import { data, readText, Refusal } from "../_shared/http.ts";
import type { Notice } from "../_shared/providers/provider.ts";
import { type Payments } from "../_shared/settings.ts";
import type { Supabase } from "../_shared/supabase.ts";
import { available } from "../_shared/work.ts";

export type Dependencies = { db: Supabase; payments: Payments };

/**
 * Takes a provider's notice at `payment-webhook/<provider>`. 200 `{data: {result}}` for what is recorded, repeated,
 * unknown or ignored; 401 for a bad signature; 503 where sending it again helps.
 */
export async function handle(request: Request, { db, payments }: Dependencies): Promise<Response> {
  const name = new URL(request.url).pathname.split("/").at(-1) ?? "";
  const provider = Object.hasOwn(payments.providers, name) ? payments.providers[name] : undefined;
  if (!provider) throw new Refusal(404, "provider_not_found", "There is no such payment provider here.");
  const body = await readText(request);
  let notice: Notice | undefined;
  try {
    notice = await available(() => provider.readNotice(request.headers, body));
  } catch (error) {
    if (error instanceof Refusal && error.status === 502) {
      throw new Refusal(503, "provider_unavailable", "Send this again later.");
    }
    throw error;
  }
  if (!notice || !isUuid(notice.attempt_id)) return data({ result: "ignored" });
  const { id: notice_id, attempt_id, facts } = notice;
  return data(await db.call("record_notice", { provider: name, notice_id, attempt_id, facts }));
}

const isUuid = (text: string) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
