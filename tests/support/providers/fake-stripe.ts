import type { Context } from "hono";
import Stripe from "stripe";
import { FakeProvider } from "./fake-server.ts";

// The parameters that we use of the two calls that create something. `satisfies` checks the names against the SDK's
// types; any other parameter is refused, as Stripe does.
const SESSION_PARAMETERS = [
  ...([
    "mode",
    "adaptive_pricing",
    "client_reference_id",
    "expires_at",
    "line_items",
    "metadata",
    "payment_intent_data",
  ] as const),
  ...(["success_url", "cancel_url", "allowed_payment_method_types"] as const),
] satisfies (keyof Stripe.Checkout.SessionCreateParams)[];
const LINE_ITEM = /^line_items\[0\]\[(quantity|price_data\]\[(currency|unit_amount|product_data\]\[name))\]$/;
const REFUND_PARAMETERS = ["payment_intent", "amount", "metadata"] satisfies (keyof Stripe.RefundCreateParams)[];

type Session = {
  id: string;
  object: "checkout.session";
  status: "open" | "complete" | "expired";
  payment_status: "paid" | "unpaid";
  payment_intent: string | null;
  amount_total: number;
  currency: string;
  metadata: Record<string, string>;
  expires_at: number;
  url: string;
};
type Refund = {
  id: string;
  object: "refund";
  amount: number;
  currency: string;
  status: string;
  payment_intent: string;
  metadata: Record<string, string>;
};
type Intent = { id: string; status: string; amount: number; currency: string; metadata: Record<string, string> };

/** A fake of the parts of Stripe that we use: sessions, payments, refunds, expiry and idempotency keys. */
export class FakeStripe extends FakeProvider {
  readonly secretKey = "sk_test_fake";
  readonly webhookSecret = "whsec_fake";
  readonly sessions = new Map<string, Session>();
  readonly intents = new Map<string, Intent>();
  readonly refunds: Refund[] = [];
  /** The parameters of the last request for a session. */
  asked = new URLSearchParams();
  /** The status of new refunds. */
  refundStatus = "succeeded";
  #answers = new Map<string, { parameters: string; status: number; body: object }>();
  #made = 0;

  constructor() {
    super();
    this.#route();
  }

  /** Pays on the checkout page of a session. */
  pay(
    id: string,
    { paid = true, amount, currency }: { paid?: boolean; amount?: number; currency?: string } = {},
  ): Session {
    const session = this.sessions.get(id)!;
    if (session.status !== "open") throw new Error(`this session is ${session.status}`);
    const intent = this.#id("pi");
    session.amount_total = amount ?? session.amount_total;
    session.currency = currency ?? session.currency;
    this.intents.set(intent, {
      id: intent,
      status: paid ? "succeeded" : "processing",
      amount: session.amount_total,
      currency: session.currency,
      metadata: session.metadata,
    });
    Object.assign(session, { status: "complete", payment_status: paid ? "paid" : "unpaid", payment_intent: intent });
    return session;
  }

  /** A notice as Stripe sends it, signed with the SDK's test helper. */
  async notice(
    type: string,
    object: object,
    id = this.#id("evt"),
  ): Promise<{ headers: Record<string, string>; body: string }> {
    const event = {
      id,
      object: "event",
      type,
      api_version: "2026-01-28",
      created: 1,
      livemode: false,
      data: { object: { ...object } },
    };
    const body = JSON.stringify(event);
    const header = await new Stripe(this.secretKey).webhooks.generateTestHeaderStringAsync({
      payload: body,
      secret: this.webhookSecret,
    });
    return { headers: { "stripe-signature": header }, body };
  }

  #id(kind: string): string {
    return `${kind}_${process.pid}_${Date.now().toString(36)}_${++this.#made}`;
  }

  #route(): void {
    const { app } = this;
    app.use(async (c, next) => {
      if (c.req.header("authorization") !== `Bearer ${this.secretKey}`)
        return failure(c, 401, "Invalid API Key provided");
      await next();
    });
    app.post("/v1/checkout/sessions", (c) => this.#once(c, (parameters) => this.#createSession(c, parameters)));
    app.get("/v1/checkout/sessions/:id", (c) => {
      const session = this.sessions.get(c.req.param("id"));
      if (!session) return failure(c, 404, "No such checkout.session", "resource_missing");
      const expanded = c.req.queries("expand[0]")?.includes("payment_intent") && session.payment_intent;
      const intent = expanded ? { object: "payment_intent", ...this.intents.get(expanded) } : session.payment_intent;
      return c.json({ ...this.#aged(session), payment_intent: intent });
    });
    app.post("/v1/checkout/sessions/:id/expire", (c) => {
      const session = this.sessions.get(c.req.param("id"));
      if (!session || this.#aged(session).status !== "open") {
        return failure(c, 400, "Only Checkout Sessions with a status in [open] can be expired.");
      }
      session.status = "expired";
      return c.json(session);
    });
    app.get("/v1/payment_intents/:id", (c) => {
      const intent = this.intents.get(c.req.param("id"));
      return intent
        ? c.json({ object: "payment_intent", ...intent })
        : failure(c, 404, "No such payment_intent", "resource_missing");
    });
    app.get("/v1/refunds", (c) => {
      const all = this.refunds.filter((refund) => refund.payment_intent === c.req.query("payment_intent"));
      const from = all.findIndex(({ id }) => id === c.req.query("starting_after")) + 1;
      const data = all.slice(from, from + Number(c.req.query("limit") ?? 10));
      return c.json({ object: "list", data, has_more: from + data.length < all.length, url: "/v1/refunds" });
    });
    app.get("/v1/refunds/:id", (c) => {
      const refund = this.refunds.find(({ id }) => id === c.req.param("id"));
      return refund ? c.json(refund) : failure(c, 404, "No such refund", "resource_missing");
    });
    app.post("/v1/refunds", (c) => this.#once(c, (parameters) => this.#createRefund(c, parameters)));
  }

  /** Repeats the answer for the same key and parameters; refuses the key with other parameters. */
  async #once(c: Context, make: (parameters: URLSearchParams) => Response): Promise<Response> {
    const key = c.req.header("idempotency-key") ?? "";
    const text = await c.req.text();
    const known = this.#answers.get(key);
    if (known && known.parameters !== text) {
      return failure(
        c,
        400,
        "Keys for idempotent requests can only be used with the same parameters.",
        undefined,
        "idempotency_error",
      );
    }
    if (known) return c.json(known.body, known.status as 200);
    const response = make(new URLSearchParams(text));
    this.#answers.set(key, {
      parameters: text,
      status: response.status,
      body: (await response.clone().json()) as object,
    });
    return response;
  }

  #createSession(c: Context, parameters: URLSearchParams): Response {
    for (const name of parameters.keys()) {
      const known = (SESSION_PARAMETERS as string[]).includes(name.split("[")[0]!);
      if (!known || (name.startsWith("line_items") && !LINE_ITEM.test(name)))
        return failure(c, 400, `Received unknown parameter: ${name}`);
    }
    this.asked = parameters;
    const expires = Number(parameters.get("expires_at"));
    const lasts = expires - Date.now() / 1000;
    if (lasts < 30 * 60 || lasts > 24 * 3600)
      return failure(c, 400, "expires_at must be between 30 minutes and 24 hours from now.");
    const id = this.#id("cs_test");
    const session: Session = {
      id,
      object: "checkout.session",
      status: "open",
      payment_status: "unpaid",
      payment_intent: null,
      amount_total: Number(parameters.get("line_items[0][price_data][unit_amount]")),
      currency: parameters.get("line_items[0][price_data][currency]")!,
      metadata: { attempt_id: parameters.get("metadata[attempt_id]")! },
      expires_at: expires,
      url: `https://checkout.stripe.test/c/${id}`,
    };
    this.sessions.set(id, session);
    this.count(session.metadata.attempt_id!);
    return c.json(session);
  }

  #createRefund(c: Context, parameters: URLSearchParams): Response {
    for (const name of parameters.keys()) {
      if (!(REFUND_PARAMETERS as string[]).includes(name.split("[")[0]!))
        return failure(c, 400, `Received unknown parameter: ${name}`);
    }
    const intent = this.intents.get(parameters.get("payment_intent") ?? "");
    const amount = Number(parameters.get("amount"));
    if (!intent) return failure(c, 404, "No such payment_intent", "resource_missing");
    const refunded = this.refunds
      .filter((refund) => refund.payment_intent === intent.id && refund.status !== "failed")
      .reduce((sum, refund) => sum + refund.amount, 0);
    if (amount + refunded > intent.amount)
      return failure(c, 400, "Refund amount is greater than charge amount", "charge_already_refunded");
    const refund: Refund = {
      id: this.#id("re"),
      object: "refund",
      amount,
      currency: intent.currency,
      status: this.refundStatus,
      payment_intent: intent.id,
      metadata: {
        attempt_id: parameters.get("metadata[attempt_id]")!,
        refund_id: parameters.get("metadata[refund_id]")!,
      },
    };
    this.refunds.push(refund);
    this.count(refund.metadata.refund_id!);
    return c.json(refund);
  }

  #aged(session: Session): Session {
    if (session.status === "open" && session.expires_at * 1000 <= Date.now()) session.status = "expired";
    return session;
  }
}

function failure(
  c: Context,
  status: 400 | 401 | 404,
  message: string,
  code?: string,
  type = "invalid_request_error",
): Response {
  return c.json({ error: { type, message, ...(code && { code }) } }, status);
}
