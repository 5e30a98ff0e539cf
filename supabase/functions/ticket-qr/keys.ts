import { digest } from "../_shared/digests.ts";

export type EventKey = { privateKey: CryptoKey; publicKey: CryptoKey; kid: string };

/** The PKCS #8 header before the 32 bytes of an Ed25519 key (RFC 8410). */
const PKCS8_PREFIX = new Uint8Array([
  0x30,
  0x2e,
  0x02,
  0x01,
  0x00,
  0x30,
  0x05,
  0x06,
  0x03,
  0x2b,
  0x65,
  0x70,
  0x04,
  0x22,
  0x04,
  0x20,
]);

/** An event's keys, derived from the secret by HKDF: nothing is stored, and one event's key reveals no other. */
export async function eventKey(secret: string, event: string): Promise<EventKey> {
  const encode = (text: string) => new TextEncoder().encode(text);
  const source = await crypto.subtle.importKey("raw", encode(secret), "HKDF", false, ["deriveBits"]);
  const derivation = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info: encode(`anigmaa ticket ${event}`) };
  const seed = new Uint8Array(await crypto.subtle.deriveBits(derivation, source, 256));
  const privateKey = await crypto.subtle.importKey(
    "pkcs8",
    new Uint8Array([...PKCS8_PREFIX, ...seed]),
    "Ed25519",
    true,
    ["sign"],
  );
  const { kty, crv, x } = await crypto.subtle.exportKey("jwk", privateKey);
  const publicKey = await crypto.subtle.importKey("jwk", { kty, crv, x } as JsonWebKey, "Ed25519", true, ["verify"]);
  return { privateKey, publicKey, kid: (await digest("SHA-256", x!)).slice(0, 16) };
}
