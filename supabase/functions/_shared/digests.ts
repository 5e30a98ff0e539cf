import { encodeHex } from "@std/encoding/hex";
import { timingSafeEqual } from "@std/crypto/timing-safe-equal";

/** The digest of a text, in hexadecimal. */
export async function digest(algorithm: "SHA-256" | "SHA-512", text: string): Promise<string> {
  return encodeHex(new Uint8Array(await crypto.subtle.digest(algorithm, new TextEncoder().encode(text))));
}

/** Compares two secrets in constant time. */
export async function isSame(one: string, other: string): Promise<boolean> {
  const [a, b] = await Promise.all([one, other].map((text) => digest("SHA-256", text)));
  return timingSafeEqual(new TextEncoder().encode(a), new TextEncoder().encode(b));
}
