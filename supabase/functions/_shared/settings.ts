import { Refusal } from "./http.ts";
import { createMidtrans, DEFAULT_PAYMENTS } from "./providers/midtrans.ts";
import type { Provider } from "./providers/provider.ts";
import { createSandbox } from "./providers/sandbox.ts";
import { createStripe } from "./providers/stripe.ts";

export type Env = (name: string) => string | undefined;

export type Payments = {
  /** By the name that clients send as `payment_method`. */
  providers: Map<string, Provider>;
  /** Where buyers return after paying if the client sends no `return_url`. */
  returnUrl: string;
  /** Hosts that a `return_url` may have, and schemes of apps with `://`, such as `anigmaa://`. */
  returnHosts: Set<string>;
};

export const LOOPBACK = new Set(["127.0.0.1", "localhost", "[::1]"]);
/** Hosts of a local API as functions see it; `kong` is that of `supabase start`. */
const LOCAL_API = new Set([...LOOPBACK, "kong"]);

/** The payment providers that the environment configures; docs/payments.md lists the variables. */
export function readPayments(env: Env): Payments {
  const returnUrl = env("CHECKOUT_RETURN_URL") || "http://127.0.0.1:3000";
  const providers = new Map<string, Provider>();
  const [stripeKey, webhookSecret] = [env("STRIPE_SECRET_KEY"), env("STRIPE_WEBHOOK_SECRET")];
  // Without the webhook secret, no payment could be recorded.
  if (stripeKey && !webhookSecret) console.error("stripe is off: STRIPE_WEBHOOK_SECRET is not set");
  if (stripeKey && webhookSecret) {
    const payments = listed(env("STRIPE_PAYMENTS")) ?? ["card"];
    const apiUrl = env("STRIPE_API_URL");
    providers.set("stripe", createStripe({ secretKey: stripeKey, webhookSecret, payments, apiUrl }));
  }
  const serverKey = env("MIDTRANS_SERVER_KEY");
  if (serverKey) {
    // Only keys of Midtrans' sandbox start with SB-.
    const host = serverKey.startsWith("SB-") ? "sandbox.midtrans.com" : "midtrans.com";
    const settings = {
      serverKey,
      appUrl: env("MIDTRANS_APP_URL") || `https://app.${host}`,
      apiUrl: env("MIDTRANS_API_URL") || `https://api.${host}`,
      payments: listed(env("MIDTRANS_PAYMENTS")) ?? DEFAULT_PAYMENTS,
    };
    providers.set("midtrans", createMidtrans(settings));
  }
  const sandbox = sandboxSettings(env);
  if (sandbox) providers.set("sandbox", createSandbox(sandbox));
  const returnHosts = new Set([...listed(env("CHECKOUT_RETURN_HOSTS")) ?? [], new URL(returnUrl).host]);
  return { providers, returnUrl, returnHosts };
}

/** The items of a comma-separated list; undefined if there are none. */
function listed(text: string | undefined): string[] | undefined {
  const names = (text ?? "").split(",").map((name) => name.trim()).filter(Boolean);
  return names.length > 0 ? names : undefined;
}

/** The sandbox runs only on a local API with its secret set, and never beside a provider's live key. */
export function sandboxSettings(env: Env): { secret: string; publicUrl: string } | undefined {
  const secret = env("SANDBOX_SECRET");
  if (!secret) return undefined;
  const publicUrl = env("PUBLIC_API_URL") || env("SUPABASE_URL")!;
  const [stripeKey, serverKey] = [env("STRIPE_SECRET_KEY") ?? "", env("MIDTRANS_SERVER_KEY") ?? ""];
  const isLive = stripeKey.includes("_live_") || serverKey !== "" && !serverKey.startsWith("SB-");
  const isLocal = LOCAL_API.has(new URL(env("SUPABASE_URL")!).hostname) && LOOPBACK.has(new URL(publicUrl).hostname);
  return isLocal && !isLive && secret.length >= 32 ? { secret, publicUrl } : undefined;
}

/** The provider of this name; refuses one that is not configured. */
export function providerNamed(payments: Payments, name: string): Provider {
  const provider = payments.providers.get(name);
  if (provider) return provider;
  throw new Refusal(400, "payment_method_unavailable", "This payment_method is not available.", {
    available: [...payments.providers.keys()],
  });
}
