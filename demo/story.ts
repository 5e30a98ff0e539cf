import pc from "picocolors";
import type { ErrorCode } from "../types/index.ts";

/** What the demo cannot do anything about: the words are for the person at the terminal. */
export class CannotBegin extends Error {}

/** Something happened that the story does not tell of. */
export class UnexpectedTurn extends Error {}

type Refusal = { code?: string; message: string; details?: string | null };
type Answer<T> = { data: T; error: Refusal | null };

let told = 0;
let walls = 0;

export const count = () => ({ told, walls });

export function heading(text: string): void {
  console.log(`\n${pc.bold(pc.cyan(text))}`);
}

/** Tells of one step, with lines below it if there is more to show. */
export function tell(text: string, ...lines: string[]): void {
  told += 1;
  console.log(`  ${pc.green("✔")} ${text}`);
  for (const line of lines) console.log(`      ${pc.dim(line)}`);
}

function tellWall(text: string, message: string): void {
  walls += 1;
  console.log(`  ${pc.yellow("✋")} ${text}: ${pc.yellow(message)}`);
}

/** What was asked for; that it was refused is an error. */
export function granted<T>(what: string, { data, error }: Answer<T>): NonNullable<T> {
  if (error) throw new UnexpectedTurn(`${what}: ${error.code ?? "no code"}: ${error.message}`);
  return data as NonNullable<T>;
}

/** Tells of the refusal that was to come; any other one, or none, is an error. */
export function refused(text: string, { error }: Answer<unknown>, code: ErrorCode | "42501"): void {
  if (!error) throw new UnexpectedTurn(`${text}: was to be refused with ${code}, and was not`);
  if (error.code !== code)
    throw new UnexpectedTurn(`${text}: was to be refused with ${code}, but: ${error.code} ${error.message}`);
  tellWall(text, error.message);
}

/** Tells of what someone does not get to see: there is no refusal, just nothing there. */
export function unseen(text: string, rows: unknown[]): void {
  expectNone(text, rows);
  tellWall(text, "nothing there");
}

/** Tells of what is not someone's to change: there is no refusal here either. */
export function unchanged(text: string, rows: unknown[]): void {
  expectNone(text, rows);
  tellWall(text, "nothing changed");
}

function expectNone(text: string, rows: unknown[]): void {
  if (rows.length > 0) throw new UnexpectedTurn(`${text}: but there is ${JSON.stringify(rows[0])}`);
}

export function expectThat(condition: boolean, claim: string): asserts condition {
  if (!condition) throw new UnexpectedTurn(`this was to be so, and is not: ${claim}`);
}

/** "1 person", "3 people". */
export function some(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}
