/** One request to a provider to collect money for a hold. A checkout resumed after a crash has a new attempt. */
export type Attempt = {
  /** Also the idempotency key and order number at the provider. */
  id: string;
  ticket_id: string;
  provider: string;
  /** In major units of `currency`. */
  amount: number;
  currency: string;
  title: string;
  /** Where the provider sends the buyer afterwards. */
  return_url: string;
  session_id: string | null;
  started_at: string;
  expires_at: string;
};

/** A refund to send; amounts in major units. */
export type Refund = {
  /** Also the idempotency key at the provider. */
  id: string;
  attempt_id: string;
  provider: string;
  /** The provider's id of the payment. */
  payment_id: string;
  /** The provider's id of the refund, once there is one. */
  provider_id: string | null;
  amount: number;
  currency: string;
  /** The amount of the payment. */
  paid: number;
  sent_at: string | null;
};

export type PaymentFact = {
  id: string;
  state: "pending" | "expired" | "failed" | "paid" | "reversed";
  amount?: number;
  currency?: string;
  method?: string;
};
export type RefundState = "sent" | "requires_action" | "succeeded" | "failed";
export type RefundFact = {
  id: string;
  our_id?: string;
  payment_id: string;
  state: RefundState;
  amount: number;
  currency: string;
  problem?: string;
};
export type DisputeFact = {
  id: string;
  payment_id: string;
  amount: number;
  currency: string;
  withdrawn?: boolean;
  reinstated?: boolean;
};

/** What a provider reports about an attempt, in any order and possibly repeatedly. */
export type Facts = { payments?: PaymentFact[]; refunds?: RefundFact[]; disputes?: DisputeFact[] };

/** A verified notice about an attempt. */
export type Notice = { id: string; attempt_id: string; facts: Facts };

export type RefundResult = { state: RefundState; provider_id?: string; is_manual?: boolean; problem?: string };

/**
 * A payment provider. Methods throw `ProviderUnavailable` if the outcome is unknown or a retry may help, and
 * `ProviderRefused` if a retry cannot help. A price that the provider cannot charge is a `Refusal` with 409.
 */
export interface Provider {
  createCheckout(attempt: Attempt): Promise<{ session_id: string; checkout_url: string }>;
  /** Ends an attempt, so that it can no longer be paid, and returns its state. */
  expire(attempt: Attempt): Promise<Facts>;
  /** The current state of an attempt. */
  ask(attempt: Attempt): Promise<Facts>;
  /** Sends a refund, or returns the state of one that was sent. Idempotent. */
  refund(refund: Refund): Promise<RefundResult>;
  /**
   * Verifies the signature of the raw body and reads the notice; undefined if it concerns no attempt. A bad signature
   * is a `Refusal` with 401.
   */
  readNotice(headers: Headers, body: string): Promise<Notice | undefined>;
}

/**
 * Some refusals are temporary, such as an insufficient balance. After two days, an operator decides. The limit exceeds
 * 24 h because Stripe repeats a refusal for as long as it keeps the idempotency key.
 */
export const isRefusedForGood = ({ sent_at }: Refund): boolean =>
  sent_at !== null && Date.now() - Date.parse(sent_at) > 2 * 24 * 3_600_000;

export class ProviderUnavailable extends Error {}
export class ProviderRefused extends Error {}
