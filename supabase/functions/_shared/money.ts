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

export const fromMinor = (minor: number, decimals: number): number => minor / 10 ** decimals;
