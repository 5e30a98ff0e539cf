import { Refusal } from "./http.ts";

/**
 * Converts an amount in major units to minor units, `10 ** decimals` of which make one. An amount with more decimals
 * cannot be charged exactly, so it is refused.
 */
export function toMinor(amount: number, decimals: number): number {
  const minor = Math.round(amount * 10 ** decimals);
  if (!Number.isSafeInteger(minor) || Math.abs(minor / 10 ** decimals - amount) > 1e-6) {
    throw new Refusal(
      409,
      "price_not_payable",
      "This price cannot be charged: it has more decimals than its currency.",
    );
  }
  return minor;
}

// https://docs.stripe.com/currencies: all others have two decimals, including IDR.
const WITHOUT_DECIMALS = new Set("BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF".split(" "));
const WITH_THREE = new Set("BHD JOD KWD OMR TND".split(" "));

/** The number of decimals that Stripe uses for a currency code, in upper or lower case. */
export const decimalsAtStripe = (currency: string): number =>
  WITHOUT_DECIMALS.has(currency.toUpperCase()) ? 0 : WITH_THREE.has(currency.toUpperCase()) ? 3 : 2;

export const fromMinor = (minor: number, decimals: number): number => minor / 10 ** decimals;
