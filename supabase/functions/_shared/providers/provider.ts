/** What a provider is asked to collect, once: a request that is taken up again after a crash has another attempt. */
export type Attempt = {
  /** The provider's idempotency key and order number. */
  id: string;
  ticket_id: string;
  provider: string;
  /** In major units of currency. */
  amount: number;
  currency: string;
  title: string;
  /** Where the buyer goes afterwards. */
  return_url: string;
  session_id: string | null;
  started_at: string;
  expires_at: string;
};

/** Money that is to go back, in major units. */
export type Refund = {
  /** The provider's idempotency key. */
  id: string;
  attempt_id: string;
  provider: string;
  /** The provider's id of the payment. */
  payment_id: string;
  /** The provider's id of the refund, once there is one. */
  provider_id: string | null;
  amount: number;
  currency: string;
  /** What was paid. */
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

/** What a provider tells of an attempt: facts, in any order and any number of times. */
export type Facts = { payments?: PaymentFact[]; refunds?: RefundFact[]; disputes?: DisputeFact[] };

/** A genuine notice about an attempt. */
export type Notice = { id: string; attempt_id: string; facts: Facts };

export type RefundResult = { state: RefundState; provider_id?: string; is_manual?: boolean; problem?: string };

/**
 * A payment provider. Methods throw `ProviderUnavailable` where the outcome is unknown or asking again may help, and
 * `ProviderRefused` where it will not; a price that it cannot take is a `Refusal` with 409.
 */
export interface Provider {
  createCheckout(attempt: Attempt): Promise<{ session_id: string; checkout_url: string }>;
  /** Lets nobody pay this attempt any more, and tells how it stands then. */
  expire(attempt: Attempt): Promise<Facts>;
  /** How an attempt stands. */
  ask(attempt: Attempt): Promise<Facts>;
  /** Sends a refund, or finds out what became of it: any number of times for one effect. */
  refund(refund: Refund): Promise<RefundResult>;
  /** Verifies a notice on its raw body and reads it: undefined where it is about no attempt. A bad signature is a `Refusal` with 401. */
  readNotice(headers: Headers, body: string): Promise<Notice | undefined>;
}

/**
 * Some refusals pass (no balance, a bank's night): after two days an operator looks at what is still refused. Stripe
 * repeats a refusal for its key's life of a day, so it decides anew only after that.
 */
export const isRefusedForGood = ({ sent_at }: Refund): boolean =>
  sent_at !== null && Date.now() - Date.parse(sent_at) > 2 * 24 * 3_600_000;

export class ProviderUnavailable extends Error {}
export class ProviderRefused extends Error {}
