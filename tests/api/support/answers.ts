import { expect } from "vitest";
import type { ErrorCode } from "../../../types/index.ts";
import { readCatalogue } from "./catalogue.ts";

/** What supabase-js resolves to, as far as these tests look at it. */
export type Answer<T = unknown> = {
  data: T;
  status: number;
  error: { code: string; message: string; details: string | null; hint: string | null } | null;
};

const catalogue = readCatalogue();

/** The data of an answer that is no refusal. */
export function ok<T>({ data, error, status }: Answer<T>): NonNullable<T> {
  expect({ status, error }).toEqual({ status: expect.any(Number), error: null });
  return data as NonNullable<T>;
}

/** Holds a refusal against docs/errors.md: its code, its HTTP status, and its message where the catalogue shows that one. */
export function expectRefusal(answer: Answer, code: ErrorCode, message = catalogue.get(code)?.message): void {
  const status = catalogue.get(code)?.status;
  expect({ status: answer.status, code: answer.error?.code, message: answer.error?.message }).toEqual({
    status,
    code,
    message,
  });
}

/** Holds a refusal of PostgreSQL's or PostgREST's against its code and status. */
export function expectDenial(answer: Answer, code: string, status: number): void {
  expect({ status: answer.status, code: answer.error?.code }).toEqual({ status, code });
  expect(answer.error?.message).toBeTruthy();
}

/** All that a client gets to see of a refusal. */
export const told = ({ status, error }: Answer) => ({ status, error });
