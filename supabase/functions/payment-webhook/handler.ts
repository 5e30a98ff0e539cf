import { z } from "zod";
import { data, readText, Refusal } from "../_shared/http.ts";
import { type Notice, ProviderRefused, ProviderUnavailable } from "../_shared/providers/provider.ts";
import { type Payments } from "../_shared/settings.ts";
import { type Supabase, unavailable } from "../_shared/supabase.ts";

export type Dependencies = { db: Supabase; payments: Payments };

/**
 * Receives a provider's notice at `payment-webhook/<provider>`. 200 `{data: {result}}` if it is recorded, repeated,
 * unknown or ignored; 401 for a bad signature; 503 if the provider should send it again.
 */
export async function handle(request: Request, { db, payments }: Dependencies): Promise<Response> {
  const name = new URL(request.url).pathname.split("/").at(-1) ?? "";
  const provider = payments.providers.get(name);
  if (!provider) throw new Refusal(404, "provider_not_found", "There is no such payment provider.");
  const body = await readText(request);
  let notice: Notice | undefined;
  try {
    notice = await provider.readNotice(request.headers, body);
  } catch (error) {
    if (error instanceof ProviderUnavailable) {
      throw new Refusal(503, "provider_unavailable", "The notice could not be verified. Send it again later.");
    }
    // The signature is valid, but the provider refuses to look up the object, so a retry would not help.
    if (!(error instanceof ProviderRefused)) throw error;
    console.error(`${name}: a notice could not be read: ${error.message}`);
  }
  if (!notice || !z.uuid().safeParse(notice.attempt_id).success) return data({ result: "ignored" });
  const { id: notice_id, attempt_id, facts } = notice;
  try {
    return data(await db.call("record_notice", { provider: name, notice_id, attempt_id, facts }));
  } catch (error) {
    // A notice that the database refuses is a fault of ours: with a 503, the provider sends it again.
    if (!(error instanceof Refusal) || error.status >= 500) throw error;
    console.error(`record_notice: ${error.code}`);
    throw unavailable();
  }
}
