import { Refusal } from "./http.ts";

/**
 * An amount in major units as a whole number of units of which `10 ** decimals` make one. What does not come out even
 * cannot be charged exactly, so it is refused.
 */
export function toMinor(amount: number, decimals: number): number {
  const minor = Math.round(amount * 10 ** decimals);
  if (!Number.isSafeInteger(minor) || Math.abs(minor / 10 ** decimals - amount) > 1e-6) {
    throw new Refusal(
      409,
      "price_not_payable",
      "This price cannot be paid this way: it has more decimals than its currency.",
    );
  }
  return minor;
}

// https://docs.stripe.com/currencies: the rest have two decimals, rupiah too.
const WITHOUT_DECIMALS = new Set("BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF".split(" "));
const WITH_THREE = new Set("BHD JOD KWD OMR TND".split(" "));

/** Decimals of a currency as Stripe counts it, in any case of letters. */
export const decimalsAtStripe = (currency: string): number =>
  WITHOUT_DECIMALS.has(currency.toUpperCase()) ? 0 : WITH_THREE.has(currency.toUpperCase()) ? 3 : 2;

export const fromMinor = (minor: number, decimals: number): number => minor / 10 ** decimals;
