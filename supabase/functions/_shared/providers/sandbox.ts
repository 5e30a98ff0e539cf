import { z } from "zod";
import { decodeBase64Url, encodeBase64Url } from "@std/encoding/base64url";
import { isSame } from "../digests.ts";
import { Refusal } from "../http.ts";
import { decimalsAtStripe, toMinor } from "../money.ts";
import type { Attempt, PaymentFact, Provider } from "./provider.ts";

/**
 * A payment provider for development that needs no account. It is stateless: a checkout is stored in the signed URL of
 * its page (payment-sandbox).
 */
export type SandboxSettings = { secret: string; /** The API's URL as browsers reach it. */ publicUrl: string };

const checkoutShape = z.object({
  attempt_id: z.uuid(),
  amount: z.number(),
  currency: z.string(),
  title: z.string(),
  return_url: z.string(),
  expires_at: z.string(),
});
export type SandboxCheckout = z.infer<typeof checkoutShape>;

const noticeShape = z.looseObject({
  id: z.string().min(1).max(255),
  attempt_id: z.uuid(),
  payment: z.looseObject({
    id: z.string().min(1).max(255),
    state: z.enum(["pending", "expired", "failed", "paid", "reversed"]),
    amount: z.number().optional(),
    currency: z.string().optional(),
  }),
});
export type SandboxNotice = { id: string; attempt_id: string; payment: PaymentFact };

export const SIGNATURE_HEADER = "sandbox-signature";
/** Prefixes of signed texts, so that a checkout's signature is not valid for a notice. */
const CHECKOUT = "checkout:";
const NOTICE = "notice:";

export function createSandbox({ secret, publicUrl }: SandboxSettings): Provider {
  return {
    async createCheckout({ id, amount, currency, title, return_url, expires_at }: Attempt) {
      // Refuse a price with more decimals than its currency, as Stripe does.
      toMinor(amount, decimalsAtStripe(currency));
      const checkout: SandboxCheckout = { attempt_id: id, amount, currency, title, return_url, expires_at };
      const text = encodeBase64Url(JSON.stringify(checkout));
      const token = `${text}.${await sign(secret, CHECKOUT + text)}`;
      return {
        session_id: `sandbox_${id}`,
        checkout_url: `${publicUrl}/functions/v1/payment-sandbox?checkout=${token}`,
      };
    },
    expire: (attempt) => Promise.resolve({ payments: [{ id: `sandbox_${attempt.id}`, state: "expired" }] }),
    ask: (attempt) =>
      Promise.resolve(
        Date.parse(attempt.expires_at) <= Date.now()
          ? { payments: [{ id: `sandbox_${attempt.id}`, state: "expired" }] }
          : {},
      ),
    refund: ({ id }) => Promise.resolve({ state: "succeeded", provider_id: `sandbox_${id}` }),
    async readNotice(headers, body) {
      if (!(await isSigned(secret, NOTICE + body, headers.get(SIGNATURE_HEADER) ?? ""))) {
        throw new Refusal(401, "bad_signature", "The notice has no valid sandbox signature.");
      }
      const { id, attempt_id, payment } = noticeShape.parse(JSON.parse(body));
      return { id, attempt_id, facts: { payments: [payment] } };
    },
  };
}

/** The checkout in a page's token; undefined if its signature is invalid. */
export async function readCheckout(secret: string, token: string): Promise<SandboxCheckout | undefined> {
  const [text = "", signature = ""] = token.split(".");
  if (!(await isSigned(secret, CHECKOUT + text, signature))) return undefined;
  return checkoutShape.parse(JSON.parse(new TextDecoder().decode(decodeBase64Url(text))));
}

export const signNotice = (secret: string, body: string): Promise<string> => sign(secret, NOTICE + body);

/** HMAC-SHA-256, encoded for URLs. */
async function sign(secret: string, text: string): Promise<string> {
  const encode = new TextEncoder();
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", encode.encode(secret), algorithm, false, ["sign"]);
  return encodeBase64Url(await crypto.subtle.sign("HMAC", key, encode.encode(text)));
}

const isSigned = async (secret: string, text: string, signature: string) => isSame(await sign(secret, text), signature);
