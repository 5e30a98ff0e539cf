import { randomBytes, timingSafeEqual } from "node:crypto";
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { parse } from "dotenv";

export type Keys = {
  publishableKey: string;
  secretKey: string;
  jwtSecret: string;
  /** Enables the payment sandbox of the edge functions. */
  sandboxSecret: string;
  /** The secret from which the ticket signing keys are derived. */
  ticketSigningSecret: string;
};

/** Also what the API does not need: the password of the embedded database. */
export type StackKeys = Keys & { databasePassword: string };

/** Compares in a time that tells nothing about the secret but its length. */
export function isSecret(given: string, secret: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(secret)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** The variable of each key in `.env`. */
const NAMES = {
  publishableKey: "SUPABASE_PUBLISHABLE_KEY",
  secretKey: "SUPABASE_SECRET_KEY",
  jwtSecret: "SUPABASE_JWT_SECRET",
  databasePassword: "SUPABASE_DB_PASSWORD",
  sandboxSecret: "SANDBOX_SECRET",
  ticketSigningSecret: "TICKET_SIGNING_SECRET",
} as const satisfies Record<keyof StackKeys, string>;

/** Random keys in the format of hosted Supabase, where the prefix says what a key may do. */
export function makeKeys(): StackKeys {
  const random = (bytes: number) => randomBytes(bytes).toString("base64url");
  return {
    publishableKey: `sb_publishable_${random(24)}`,
    secretKey: `sb_secret_${random(24)}`,
    jwtSecret: random(48),
    databasePassword: random(18),
    sandboxSecret: random(32),
    ticketSigningSecret: random(32),
  };
}

/**
 * Loads the keys from the environment and the `.env` file. Generates missing keys and appends them to the file, which
 * only its owner may read. Existing lines are never changed.
 */
export function loadKeys(envFile: string, url: string): StackKeys {
  const text = existsSync(envFile) ? readFileSync(envFile, "utf8") : "";
  const known = { ...parse(text), ...process.env };
  const keys = makeKeys();
  const added: string[] = known.SUPABASE_URL ? [] : [`SUPABASE_URL=${url}`];
  for (const part of Object.keys(NAMES) as (keyof StackKeys)[]) {
    const value = known[NAMES[part]];
    if (value) keys[part] = value;
    else added.push(`${NAMES[part]}=${keys[part]}`);
  }
  if (added.length > 0) {
    const start = text === "" || text.endsWith("\n") ? text : `${text}\n`;
    writeFileSync(envFile, `${start}${added.join("\n")}\n`, { mode: 0o600 });
    chmodSync(envFile, 0o600);
  }
  return keys;
}
