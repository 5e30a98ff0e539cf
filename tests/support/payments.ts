import { resolve } from "node:path";
import { type Api, readConfig, startApi } from "../../stack/index.ts";
import { target } from "./database.ts";
import { FakeMidtrans } from "./providers/fake-midtrans.ts";
import { FakeStripe } from "./providers/fake-stripe.ts";

const root = resolve(import.meta.dirname, "../..");

export type Payments = {
  api: Api;
  stripe: FakeStripe;
  midtrans: FakeMidtrans;
  /** Delivers a notice to the webhook, as the provider would. */
  deliver(provider: string, notice: { headers: Record<string, string>; body: string }): Promise<Delivered>;
  maintain(): Promise<{ tickets: number; refunds: number; attempts: number; problems: number }>;
  stop(): Promise<void>;
};
export type Delivered = { status: number; result?: string; code?: string };

/** Starts a separate API on the suite's database, whose edge functions use fake payment providers. */
export async function startPayments(more: { env?: Record<string, string> } = {}): Promise<Payments> {
  const { databaseUrl, name, publishableKey, secretKey, jwtSecret, sandboxSecret, ticketSigningSecret } = target();
  const [stripe, midtrans] = [await FakeStripe.start(), await FakeMidtrans.start()];
  const api = await startApi({
    databaseUrl,
    keys: { publishableKey, secretKey, jwtSecret, sandboxSecret, ticketSigningSecret },
    config: readConfig(resolve(root, "supabase/config.toml")),
    connections: name === "server" ? 8 : 1,
    functionsDir: resolve(root, "supabase/functions"),
    log: process.env.SHOW_FUNCTION_LOGS ? console.error : undefined,
    functionsEnv: {
      STRIPE_SECRET_KEY: stripe.secretKey,
      STRIPE_WEBHOOK_SECRET: stripe.webhookSecret,
      STRIPE_API_URL: stripe.url,
      MIDTRANS_SERVER_KEY: midtrans.serverKey,
      MIDTRANS_APP_URL: midtrans.url,
      MIDTRANS_API_URL: midtrans.url,
      CHECKOUT_RETURN_HOSTS: "app.anigmaa.test,anigmaa://",
      ...more.env,
    },
  });
  const post = (path: string, headers: Record<string, string>, body?: string) =>
    fetch(`${api.url}/functions/v1/${path}`, { method: "POST", headers, body });
  return {
    api,
    stripe,
    midtrans,
    async deliver(provider, { headers, body }) {
      const response = await post(
        `payment-webhook/${provider}`,
        { "Content-Type": "application/json", ...headers },
        body,
      );
      const { data, error } = (await response.json()) as { data?: { result: string }; error?: { code: string } };
      return { status: response.status, ...(data && { result: data.result }), ...(error && { code: error.code }) };
    },
    async maintain() {
      const response = await post("maintenance", { apikey: secretKey });
      return ((await response.json()) as { data: Awaited<ReturnType<Payments["maintain"]>> }).data;
    },
    async stop() {
      await api.stop();
      await Promise.all([stripe.stop(), midtrans.stop()]);
    },
  };
}
