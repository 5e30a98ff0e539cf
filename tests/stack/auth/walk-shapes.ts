import { expect } from "vitest";

/** A method that works: how to call it, and what it answers. */
export type Works = { works: () => Promise<unknown>; shape: unknown };

export const aUser = {
  id: expect.any(String),
  email: expect.any(String),
  app_metadata: { provider: "email", providers: ["email"] },
};
const aSession = {
  access_token: expect.any(String),
  refresh_token: expect.any(String),
  token_type: "bearer",
  user: expect.objectContaining(aUser),
};
export const withUser = { data: { user: expect.objectContaining(aUser) }, error: null };
export const withSession = {
  data: expect.objectContaining({ session: expect.objectContaining(aSession) }),
  error: null,
};
export const nothing = expect.objectContaining({ error: null });
