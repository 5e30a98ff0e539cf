import pc from "picocolors";
import type { ErrorCode } from "../types/index.ts";

/** A problem that the person at the terminal has to solve; the message says how. */
export class CannotBegin extends Error {}

/** The project did not respond as the story expects. */
export class UnexpectedTurn extends Error {}

type Refusal = { code?: string; message: string; details?: string | null };
type Answer<T> = { data: T; error: Refusal | null };

let told = 0;
let blocked = 0;

export const count = () => ({ told, blocked });

export function heading(text: string): void {
  console.log(`\n${pc.bold(pc.cyan(text))}`);
}

/** Prints a step that succeeded, with optional detail lines. */
export function tell(text: string, ...lines: string[]): void {
  told += 1;
  console.log(`  ${pc.green("✔")} ${text}`);
  for (const line of lines) console.log(`      ${pc.dim(line)}`);
}

function tellBlocked(text: string, message: string): void {
  blocked += 1;
  console.log(`  ${pc.yellow("✋")} ${text}: ${pc.yellow(message)}`);
}

/** The data of a request that must succeed. */
export function granted<T>(what: string, { data, error }: Answer<T>): NonNullable<T> {
  if (error) throw new UnexpectedTurn(`${what}: ${error.code ?? "no code"}: ${error.message}`);
  return data as NonNullable<T>;
}

/** Prints an expected refusal. Another refusal, or none, is an error. */
export function refused(text: string, { error }: Answer<unknown>, code: ErrorCode | "42501"): void {
  if (!error) throw new UnexpectedTurn(`${text}: expected the refusal ${code}, but the request succeeded`);
  if (error.code !== code)
    throw new UnexpectedTurn(`${text}: expected the refusal ${code}, but got ${error.code}: ${error.message}`);
  tellBlocked(text, error.message);
}

/** Prints that a read found nothing: rows that a caller may not see are absent, not refused. */
export function unseen(text: string, rows: unknown[]): void {
  expectNone(text, rows);
  tellBlocked(text, "nothing found");
}

/** Prints that a write changed nothing: rows that a caller may not change are skipped, not refused. */
export function unchanged(text: string, rows: unknown[]): void {
  expectNone(text, rows);
  tellBlocked(text, "nothing changed");
}

function expectNone(text: string, rows: unknown[]): void {
  if (rows.length > 0) throw new UnexpectedTurn(`${text}: expected no rows, but got ${JSON.stringify(rows[0])}`);
}

export function expectThat(condition: boolean, claim: string): asserts condition {
  if (!condition) throw new UnexpectedTurn(`expected: ${claim}`);
}

/** "1 person", "3 people". */
export function some(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}
