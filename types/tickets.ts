import type { Database as Generated } from "./database.ts";
import type { Cursor, PersonSummary } from "./index.ts";

type Enums = Generated["ticket_service"]["Enums"];
type Rows = Generated["ticket_service"]["Tables"];

/** A ticket as its buyer sees it (`my_tickets`). Amounts in major units of `currency`, times in ISO 8601. */
export type TicketCard = {
  id: string;
  status: Enums["ticket_status"];
  attendance_code: string;
  price_paid: number;
  currency: string;
  purchased_at: string;
  is_checked_in: boolean;
  checked_in_at: string | null;
  /** When the hold of a pending ticket ends. */
  held_until: string | null;
  /** Whether it is an offer from the waiting list: check out before `held_until`. */
  is_offer: boolean;
  /** The fee of a refund that the buyer requests, and its deadline; null: until the event starts. */
  refund_fee: number;
  refund_deadline: string | null;
  /** Only its `id` if the ticket was never paid and the buyer can no longer see the event. */
  event: {
    id: string;
    title?: string;
    start_time?: string;
    end_time?: string;
    location_name?: string | null;
    price?: number;
    currency?: string;
    status?: "upcoming" | "ongoing" | "completed" | "cancelled";
    cancellation_reason?: string | null;
  };
  payment: {
    id: string;
    amount: number;
    currency: string;
    payment_method: string;
    status: TransactionStatus;
    outcome: PaymentOutcome | null;
    /** Null once it can no longer be paid. */
    checkout_url: string | null;
    expires_at: string;
  } | null;
  refunds: {
    id: string;
    amount: number;
    currency: string;
    /** Null for an imported refund. */
    fee: number | null;
    status: TransactionStatus;
    reason: string | null;
  }[];
  cursor: Cursor;
};

/** A payment is `refunded` once all of it has been returned. A refund is `pending` while it is owed. */
export type TransactionStatus = Enums["transaction_status"];

/** The outcome of a payment; docs/api.md explains each one. */
export type PaymentOutcome = Enums["payment_outcome"];

/** A ticket as the host sees it (`event_guests`); `guest` is null if they are hidden from the host or deleted. */
export type GuestCard = Pick<
  TicketCard,
  "id" | "status" | "price_paid" | "currency" | "purchased_at" | "is_checked_in" | "checked_in_at" | "cursor"
> & {
  guest: PersonSummary | null;
  /** The number of rows in all pages. */
  total: number;
};

/** An entry of a waiting list as the host sees it (`event_waitlist`); `place` 1 is next, `total` is its length. */
export type WaitlistCard = {
  id: string;
  place: number;
  person: PersonSummary | null;
  joined_at: string;
  total: number;
  cursor: Cursor;
};

/** An event's sales on a day (UTC) in a currency (`event_sales`); `day` is null in the line of totals. */
export type SalesLine = {
  day: string | null;
  currency: string;
  sold: number;
  held: number;
  checked_in: number;
  gross: number;
  refunded: number;
  charged_back: number;
  fees_kept: number;
  owed: number;
};

/** The result of a scan (`check_in`); `checked_in_by` is the username of the person who scanned it first. */
export type CheckInAnswer = {
  result: Enums["check_in_result"];
  ticket_id: string;
  holder: PersonSummary | null;
  checked_in_at: string;
  checked_in_by: string | null;
};

/** `data` of `ticket-checkout`; the last three are null if the ticket is free. */
export type CheckoutAnswer = {
  ticket: Rows["tickets"]["Row"];
  transaction: Rows["ticket_transactions"]["Row"] | null;
  checkout_url: string | null;
  expires_at: string | null;
};

/** `data` of `ticket-refund`; `is_manual`: an operator pays it. `refund` is null if there was nothing to refund. */
export type RefundAnswer = {
  ticket: Pick<TicketCard, "id" | "status"> & { event_id: string };
  refund: {
    id: string;
    amount: number;
    currency: string;
    fee: number;
    status: TransactionStatus;
    is_manual: boolean;
  } | null;
};

/** `data` of `event-cancel`: the progress of the refunds. A repeated request continues them. */
export type CancellationAnswer = {
  event_id: string;
  /** The reason of the first request. */
  reason: string | null;
  tickets_to_end: number;
  refunds: number;
  refunds_succeeded: number;
  refunds_under_way: number;
  refunds_for_an_operator: number;
};

/** `data` of `invitations`, in the order of the request, without duplicates. */
export type InvitationsAnswer = {
  invitations: (
    | { invitee: string; invitation_id: string; result: "invited" | "already_invited" }
    | { invitee: string; invitation_id: null; result: "person_not_found" }
  )[];
};

/** `data` of `invitation-respond`; `ticket` is the caller's active ticket, if they have one. */
export type InvitationResponse = {
  invitation: Generated["user_service"]["Tables"]["invitations"]["Row"];
  next: "checkout_required" | null;
  ticket: Rows["tickets"]["Row"] | null;
};

type Successes = { sent: number; accepted: number; declined: number; successful: number; rate: number };

/** `data` of `invitation-success`; `rate` is successful / sent, 0 to 1. */
export type InvitationSuccess = Successes & { by_event: (Successes & { event_id: string })[] };

/** `data` of `ticket-qr?ticket_id=`: a JWT, and its QR code as SVG. */
export type TicketCode = { token: string; svg: string };

/** `data` of `ticket-qr?event_id=`: a JWK, and the ids of tickets that have ended. */
export type GateKey = {
  public_key: { kty: string; crv: string; x: string; kid: string; alg: string; use: string };
  revoked: string[];
};
