import { z } from "zod";
import type { Facts, PaymentFact, RefundFact } from "./provider.ts";

const amount = z.union([z.string(), z.number()]).transform(Number).pipe(z.number().finite());
/** Midtrans' published examples use both cases. */
const word = z.string().toLowerCase();
const refundShape = z.looseObject({
  refund_chargeback_id: z.union([z.string(), z.number()]).nullish(),
  refund_amount: amount,
  refund_key: z.string().nullish(),
  bank_confirmed_at: z.string().nullish(),
});

/** A response of the status API. https://docs.midtrans.com/reference/get-transaction-status */
export const statusShape = z.looseObject({
  order_id: z.string(),
  transaction_id: z.string(),
  transaction_status: word,
  fraud_status: word.nullish(),
  payment_type: word.nullish(),
  approval_code: z.string().nullish(),
  settlement_time: z.string().nullish(),
  gross_amount: amount,
  currency: z.string().default("IDR"),
  refund_amount: amount.nullish(),
  refunds: z.array(refundShape).nullish().transform((refunds) => refunds ?? []),
});
export type Status = z.infer<typeof statusShape>;

/** `isOver`: the page accepts no more payments, so a denied, expired or cancelled transaction is final. */
export function factsOf(status: Status, isOver: boolean): Facts {
  const { transaction_id: id, gross_amount, currency, payment_type: method } = status;
  const payment: PaymentFact = {
    id,
    state: stateOf(status, isOver),
    amount: gross_amount,
    currency,
    ...(method && { method }),
  };
  const refunds = status.refunds.filter(({ refund_amount }) => refund_amount > 0);
  const given = refunds.reduce((sum, { refund_amount }) => sum + refund_amount, 0);
  const isPartial = status.transaction_status === "partial_chargeback";
  const called = isPartial ? status.refund_amount ?? gross_amount - given : gross_amount - given;
  return {
    payments: [payment],
    ...(refunds.length > 0 && { refunds: refunds.map((refund) => refundFactOf(status, refund)) }),
    ...(/chargeback$/.test(status.transaction_status) && called > 0 && {
      disputes: [{ id: `${id}:chargeback`, payment_id: id, currency, amount: called, withdrawn: true }],
    }),
  };
}

/** A refund is `sent` until the bank confirms it. Midtrans numbers refunds within their transaction. */
export function refundFactOf(status: Status, refund: z.infer<typeof refundShape>): RefundFact {
  const { refund_chargeback_id, refund_amount, refund_key, bank_confirmed_at } = refund;
  return {
    id: `${status.transaction_id}:${refund_chargeback_id ?? refund_key}`,
    payment_id: status.transaction_id,
    currency: status.currency,
    amount: refund_amount,
    state: bank_confirmed_at ? "succeeded" : "sent",
    ...(refund_key && { our_id: refund_key }),
  };
}

/** Maps a transaction's status to a payment state. https://docs.midtrans.com/docs/transaction-status-cycle */
function stateOf(status: Status, isOver: boolean): PaymentFact["state"] {
  const { transaction_status, fraud_status, settlement_time, approval_code } = status;
  const hadArrived = Boolean(settlement_time) || Boolean(approval_code) && fraud_status === "accept";
  // The page lets a buyer try another card or payment method for the same order.
  const over = (state: "failed" | "expired") => isOver ? state : "pending";
  switch (transaction_status) {
    case "settlement":
    case "refund":
    case "partial_refund":
    case "chargeback":
    case "partial_chargeback":
      return "paid";
    case "capture":
      return fraud_status === "accept" ? "paid" : fraud_status === "deny" ? over("failed") : "pending";
    case "deny":
    case "cancel":
      return hadArrived ? "reversed" : over("failed");
    case "expire":
      return over("expired");
    case "failure":
      return over("failed");
    default:
      return "pending";
  }
}
