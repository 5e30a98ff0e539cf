import { createHash } from "node:crypto";
import type { Context } from "hono";
import { z } from "zod";
import { FakeProvider } from "./fake-server.ts";

// The parameters of Snap that a checkout uses; all others are refused.
// See https://docs.midtrans.com/reference/request-body-json-parameter
const minutes = z.strictObject({ unit: z.enum(["minute", "minutes"]), duration: z.int().min(1) });
const snapShape = z.strictObject({
  transaction_details: z.strictObject({
    order_id: z
      .string()
      .max(50)
      .regex(/^[\w.~-]+$/),
    gross_amount: z.int().positive(),
  }),
  item_details: z.array(
    z.strictObject({ id: z.string().max(50), price: z.int(), quantity: z.int(), name: z.string().max(50) }),
  ),
  enabled_payments: z.array(
    z.enum(["credit_card", "gopay", "shopeepay", "dana", "ovo", "other_qris", "kredivo", "akulaku", "bca_va"]),
  ),
  credit_card: z.strictObject({ secure: z.boolean() }),
  customer_imposed_payment_fee: z.strictObject({ enable: z.literal(false) }),
  expiry: minutes.extend({ start_time: z.string().regex(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d{4}$/) }),
  page_expiry: minutes,
  callbacks: z.strictObject({ finish: z.url() }),
});
const refundShape = z.strictObject({ refund_key: z.string(), amount: z.int().positive(), reason: z.string().max(255) });

type Transaction = {
  order_id: string;
  transaction_id: string;
  transaction_status: string;
  fraud_status?: string;
  approval_code?: string;
  settlement_time?: string;
  payment_type: string;
  gross_amount: string;
  currency: string;
  refund_amount?: string;
  refunds?: { refund_chargeback_id: number; refund_amount: string; refund_key: string; bank_confirmed_at?: string }[];
};

/** A fake of the parts of Midtrans that we use: Snap, status, expiry, cancellation and refunds. */
export class FakeMidtrans extends FakeProvider {
  readonly serverKey = "SB-Mid-server-fake";
  /** The requests to Snap, by order id. */
  readonly orders = new Map<string, z.infer<typeof snapShape>>();
  /** By transaction id. */
  readonly transactions = new Map<string, Transaction>();
  /** Tokens of cancelled checkout pages, on which nobody can pay. */
  readonly cancelled = new Set<string>();
  /** The answer to the next refunds; by default 200, confirmed by the bank at once. */
  refundAnswer = { status_code: "200", confirmed: true };

  constructor() {
    super();
    this.#route();
  }

  /** Pays on the checkout page of an order. `state` overrides the resulting transaction. */
  pay(order_id: string, state: Partial<Transaction> = {}): Transaction {
    const order = this.orders.get(order_id)!;
    if (this.cancelled.has(`snap-${order_id}`)) throw new Error("this checkout page is cancelled");
    const transaction: Transaction = {
      order_id,
      transaction_id: crypto.randomUUID(),
      transaction_status: "settlement",
      payment_type: "gopay",
      gross_amount: `${order.transaction_details.gross_amount}.00`,
      currency: "IDR",
      settlement_time: "2026-11-23 10:00:00",
      ...state,
    };
    this.transactions.set(transaction.transaction_id, transaction);
    return transaction;
  }

  /** The last transaction of an order. */
  last(order_id: string): Transaction | undefined {
    return [...this.transactions.values()].findLast((transaction) => transaction.order_id === order_id);
  }

  /** A notice as Midtrans sends it. The signature covers only the order, the status code and the amount. */
  notice(
    order_id: string,
    edited: Record<string, unknown> = {},
    transaction = this.last(order_id)!,
  ): { headers: Record<string, string>; body: string } {
    const status_code = transaction.transaction_status === "pending" ? "201" : "200";
    const text = `${order_id}${status_code}${transaction.gross_amount}${this.serverKey}`;
    const signature_key = createHash("sha512").update(text).digest("hex");
    return {
      headers: {},
      body: JSON.stringify({ ...transaction, status_code, signature_key, extra_field: "new", ...edited }),
    };
  }

  #route(): void {
    const { app } = this;
    app.use(async (c, next) => {
      const authorized = c.req.header("authorization") === `Basic ${btoa(`${this.serverKey}:`)}`;
      if (!authorized) return c.json({ status_code: "401", status_message: "Unknown Merchant server_key/id" }, 401);
      await next();
    });
    app.post("/snap/v1/transactions", async (c) => {
      const read = snapShape.safeParse(await c.req.json());
      if (!read.success) return c.json({ error_messages: [read.error.message] }, 400);
      const { order_id } = read.data.transaction_details;
      if (this.orders.has(order_id))
        return c.json({ error_messages: ["transaction_details.order_id sudah digunakan"] }, 400);
      this.orders.set(order_id, read.data);
      this.count(order_id);
      return c.json(
        { token: `snap-${order_id}`, redirect_url: `https://app.midtrans.test/snap/v4/redirection/${order_id}` },
        201,
      );
    });
    app.post("/snap/v1/transactions/:token/cancel", (c) => {
      const token = c.req.param("token");
      const order = token.replace("snap-", "");
      if (!this.orders.has(order)) return c.json({ error_messages: ["token not found"] }, 404);
      if (this.last(order)?.transaction_status === "pending")
        return c.json({ error_messages: ["Transaction is on progress"] }, 400);
      this.cancelled.add(token);
      return c.json({ canceled_at: "2026-11-23T10:00:00+07:00" });
    });
    app.get("/v2/:order/status", (c) => this.#with(c, (transaction) => c.json({ status_code: "200", ...transaction })));
    app.post("/v2/:order/expire", (c) =>
      this.#with(c, (transaction) => this.#end(c, transaction, ["pending"], "expire")),
    );
    app.post("/v2/:order/cancel", (c) =>
      this.#with(c, (transaction) => this.#end(c, transaction, ["pending", "authorize", "capture"], "cancel")),
    );
    app.post("/v2/:order/refund", async (c) => {
      const read = refundShape.safeParse(await c.req.json());
      if (!read.success) return c.json({ status_code: "400", status_message: read.error.message });
      return this.#with(c, (transaction) => this.#refund(c, transaction, read.data));
    });
  }

  #with(c: Context, answer: (transaction: Transaction) => Response): Response {
    const id = c.req.param("order") ?? "";
    // Midtrans finds DANA payments only by transaction id.
    const byOrder = this.last(id);
    const transaction = this.transactions.get(id) ?? (byOrder?.payment_type === "dana" ? undefined : byOrder);
    // Like Midtrans, answers HTTP 200 and puts the status into the body.
    return transaction
      ? answer(transaction)
      : c.json({ status_code: "404", status_message: "Transaction doesn't exist." });
  }

  #end(c: Context, transaction: Transaction, from: string[], to: string): Response {
    if (!from.includes(transaction.transaction_status)) {
      return c.json({ status_code: "412", status_message: "Transaction status cannot be updated." });
    }
    transaction.transaction_status = to;
    return c.json({ status_code: "200", ...transaction });
  }

  #refund(c: Context, transaction: Transaction, { refund_key, amount }: z.infer<typeof refundShape>): Response {
    transaction.refunds ??= [];
    const { refunds } = transaction;
    const known = refunds.find((refund) => refund.refund_key === refund_key);
    if (known)
      return c.json({
        status_code: "200",
        ...transaction,
        refund_chargeback_id: known.refund_chargeback_id,
        refund_key,
      });
    const refunded = refunds.reduce((sum, refund) => sum + Number(refund.refund_amount), 0);
    const { status_code, confirmed } = this.refundAnswer;
    const isPart = amount < Number(transaction.gross_amount);
    if (status_code !== "200") return c.json({ status_code, status_message: "Refund was not made." });
    if (
      !["settlement", "partial_refund"].includes(transaction.transaction_status) ||
      (isPart && ["shopeepay", "ovo"].includes(transaction.payment_type))
    ) {
      return c.json({ status_code: "412", status_message: "Transaction status cannot be updated." });
    }
    if (amount + refunded > Number(transaction.gross_amount)) {
      return c.json({ status_code: "414", status_message: "The refund amount exceeds the remaining amount." });
    }
    // The numbering starts again for each transaction.
    refunds.push({
      refund_chargeback_id: refunds.length + 1,
      refund_amount: `${amount}.00`,
      refund_key,
      ...(confirmed && { bank_confirmed_at: "2026-11-23 10:00:00" }),
    });
    this.count(refund_key);
    transaction.refund_amount = `${refunded + amount}.00`;
    transaction.transaction_status =
      amount + refunded === Number(transaction.gross_amount) ? "refund" : "partial_refund";
    return c.json({ status_code: "200", ...transaction, refund_chargeback_id: refunds.length, refund_key });
  }
}
