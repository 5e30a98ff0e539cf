import { readFileSync } from "node:fs";
import { resolve } from "node:path";

export const root = resolve(import.meta.dirname, "../../..");

export type Entry = { status: number; message: string };

/** Our own codes in docs/errors.md, each with its HTTP status and message. */
export function readCatalogue(): Map<string, Entry> {
  const [, table = ""] = readFileSync(resolve(root, "docs/errors.md"), "utf8").split("## Application errors");
  const rows = table.split("\n## ")[0]!.matchAll(/^\| `([a-z_]+)` \| (\d{3}) \| .+? \| (.+) \|$/gm);
  return new Map([...rows].map(([, code, status, message]) => [code!, { status: Number(status), message: message! }]));
}
