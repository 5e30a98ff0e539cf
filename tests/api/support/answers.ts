import { expect } from "vitest";
import type { ErrorCode } from "../../../types/index.ts";
import { readCatalogue } from "./catalogue.ts";

/** The part of a supabase-js response that the tests use. */
export type Answer<T = unknown> = {
  data: T;
  status: number;
  error: { code: string; message: string; details: string | null; hint: string | null } | null;
};

const catalogue = readCatalogue();

/** Expects a success, and returns its data. */
export function ok<T>({ data, error, status }: Answer<T>): NonNullable<T> {
  expect({ status, error }).toEqual({ status: expect.any(Number), error: null });
  return data as NonNullable<T>;
}

/** Expects a refusal as in docs/errors.md: its code, its HTTP status and, unless `message` is given, its message. */
export function expectRefusal(answer: Answer, code: ErrorCode, message = catalogue.get(code)?.message): void {
  const status = catalogue.get(code)?.status;
  expect({ status: answer.status, code: answer.error?.code, message: answer.error?.message }).toEqual({
    status,
    code,
    message,
  });
}

/** Expects an error of PostgreSQL or PostgREST with this code and status. */
export function expectDenial(answer: Answer, code: string, status: number): void {
  expect({ status: answer.status, code: answer.error?.code }).toEqual({ status, code });
  expect(answer.error?.message).toBeTruthy();
}

/** Everything that a client can see of a refusal. */
export const statusAndError = ({ status, error }: Answer) => ({ status, error });
