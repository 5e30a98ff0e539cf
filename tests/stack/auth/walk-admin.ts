import { expect } from "vitest";
import { admin, client, PASSWORD, signUpSomebody } from "../support/auth-desk.ts";
import { aUser, nothing, type Works, withUser } from "./walk-shapes.ts";

/** What works of `auth.admin`. */
export const ADMIN_WORKS: Record<string, Works> = {
  "admin.createUser": {
    works: () => admin().createUser({ email: "made@example.org", password: PASSWORD, email_confirm: true }),
    shape: withUser,
  },
  "admin.listUsers": {
    works: () => admin().listUsers({ page: 1, perPage: 1 }),
    shape: {
      data: {
        users: [expect.anything()],
        aud: "authenticated",
        nextPage: 2,
        lastPage: expect.any(Number),
        total: expect.any(Number),
      },
      error: null,
    },
  },
  "admin.getUserById": { works: async () => admin().getUserById((await signUpSomebody()).user.id), shape: withUser },
  "admin.updateUserById": {
    works: async () => admin().updateUserById((await signUpSomebody()).user.id, { app_metadata: { plan: "gold" } }),
    shape: {
      data: { user: expect.objectContaining({ app_metadata: expect.objectContaining({ plan: "gold" }) }) },
      error: null,
    },
  },
  "admin.deleteUser": {
    works: async () => {
      const { user } = await signUpSomebody();
      const answer = await admin().deleteUser(user.id);
      expect((await admin().getUserById(user.id)).error?.status).toBe(404);
      return answer;
    },
    shape: nothing,
  },
  "admin.inviteUserByEmail": { works: () => admin().inviteUserByEmail("invited@example.org"), shape: withUser },
  "admin.generateLink": {
    works: async () => admin().generateLink({ type: "magiclink", email: (await signUpSomebody()).email }),
    shape: {
      data: {
        user: expect.objectContaining(aUser),
        properties: {
          action_link: expect.stringContaining("/auth/v1/verify?token="),
          email_otp: expect.stringMatching(/^\d{6}$/),
          hashed_token: expect.any(String),
          verification_type: "magiclink",
          redirect_to: "http://127.0.0.1:3000",
        },
      },
      error: null,
    },
  },
  "admin.signOut": {
    works: async () => {
      const { session } = await signUpSomebody();
      const answer = await admin().signOut(session.access_token, "global");
      expect((await client().auth.setSession(session)).data.session).toBeNull();
      return answer;
    },
    shape: { data: null, error: null },
  },
};
