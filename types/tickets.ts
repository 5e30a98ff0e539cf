import type { Database as Generated } from "./database.ts";
import type { Cursor, PersonSummary } from "./index.ts";

type Enums = Generated["ticket_service"]["Enums"];

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
  /** Until when a pending ticket holds its seat. */
  held_until: string | null;
  /** A freed seat, for which one waited: check out until `held_until`. */
  is_offer: boolean;
  /** What a refund that one asks for costs, and until when there is one. */
  refund_fee: number;
  refund_deadline: string | null;
  /** Its `id` alone where one only once looked at the checkout and no longer sees the event. */
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
    /** While it can be paid. */
    checkout_url: string | null;
    expires_at: string;
  } | null;
  refunds: { id: string; amount: number; currency: string; fee: number; status: TransactionStatus }[];
  cursor: Cursor;
};

/** `refunded` of a payment: all of it went back. A refund is `pending` while it is owed. */
export type TransactionStatus = Enums["transaction_status"];

/** What became of a payment: docs/api.md says what each means. */
export type PaymentOutcome = Enums["payment_outcome"];

type Guest = Pick<PersonSummary, "id" | "username" | "name" | "avatar_url">;

/** A ticket as the host sees it (`event_guests`); `guest` is null where hidden from the host or gone. */
export type GuestCard = Pick<
  TicketCard,
  "id" | "status" | "price_paid" | "currency" | "purchased_at" | "is_checked_in" | "checked_in_at" | "cursor"
> & { ticket_id: string; guest: Guest | null };

/** What an event sold on a day (UTC) in a currency (`event_sales`); the line whose `day` is null sums them up. */
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

/** What a scan found (`check_in`); `checked_in_by` is the username of who scanned it first. */
export type CheckInAnswer = {
  result: Enums["check_in_result"];
  ticket_id: string;
  holder: Guest | null;
  checked_in_at: string;
  checked_in_by: string | null;
};

/** `data` of `ticket-checkout`; the last three are null where the ticket is free. */
export type CheckoutAnswer = {
  ticket: { id: string; status: "pending" | "active"; attendance_code: string; held_until: string | null };
  transaction: { id: string; amount: number; currency: string; status: TransactionStatus } | null;
  checkout_url: string | null;
  expires_at: string | null;
};

/** `data` of `ticket-refund`; `manual`: an operator pays it. Null where there was nothing to give back. */
export type RefundAnswer = {
  ticket: Pick<TicketCard, "id" | "status"> & { event_id: string };
  refund: {
    id: string;
    amount: number;
    currency: string;
    fee: number;
    status: "sent" | "requires_action" | "succeeded" | "failed" | "manual" | "cancelled";
  } | null;
};
