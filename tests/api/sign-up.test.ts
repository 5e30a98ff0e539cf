import { beforeAll, describe, expect, test } from "vitest";
import { anonymous, type Person, service, signUp } from "../support/people.ts";
import { ok } from "./support/answers.ts";
import { host, users } from "./support/scenes.ts";

let ani: Person;

beforeAll(async () => {
  ani = await signUp("ani");
});

const register = (data: Record<string, unknown>, email = `${crypto.randomUUID()}@example.test`) =>
  anonymous().auth.signUp({ email, password: "correct horse battery", options: { data } });

/** Signs up with this requested username, and returns the assigned one. */
async function usernameFor(wanted: unknown, email?: string): Promise<string> {
  const client = anonymous();
  const address = email ?? `${crypto.randomUUID()}@example.test`;
  const answer = await client.auth.signUp({
    email: address,
    password: "correct horse battery",
    options: { data: { username: wanted } },
  });
  expect(answer.error).toBeNull();
  const { username } = ok(await users({ client }).from("users").select("username").single());
  return username;
}

describe("signing up", () => {
  test("creates an account with profile, settings, privacy and counters", async () => {
    const account = ok(await users(ani).from("users").select("*").single());
    expect(account).toMatchObject({
      id: ani.id,
      email: ani.email,
      username: ani.username,
      name: "ani",
      is_verified: false,
    });
    const profile = ok(await users(ani).from("profiles").select("*").eq("id", ani.id).single());
    expect(profile).toMatchObject({ username: ani.username, name: "ani", email: null, is_private: false });
    expect(ok(await users(ani).from("user_settings").select("*").single())).toMatchObject({
      user_id: ani.id,
      language: "id",
    });
    expect(ok(await users(ani).from("user_privacy").select("*").single())).toEqual({
      user_id: ani.id,
      profile_visible: true,
      events_visible: true,
      allow_followers: true,
      show_email: false,
      show_location: true,
    });
    const stats = ok(await users(ani).from("user_stats").select("*").eq("user_id", ani.id).single());
    expect(Object.values(stats).filter((value) => value !== ani.id && value !== 0)).toEqual([]);
  });

  test.each([
    ["with invalid characters", "siti nur!", /^siti_nur_$/],
    ["too short", "x", /^user_x$/],
    ["too long", "y".repeat(80), /^y{50}$/],
    ["empty", "", /^user_/],
    ["that is not a string", { $ne: null }, /^[a-zA-Z0-9_-]{3,50}$/],
    ["with SQL in it", "a'; drop table users; --", /^a_drop_table_users_--$/],
  ])("does not fail for a username %s, but makes it valid", async (_, wanted, made) => {
    // A name that is taken from an earlier run gets a suffix.
    expect((await usernameFor(wanted)).replace(/_[0-9a-f]{8}$/, "")).toMatch(made);
  });

  test("adds a suffix to a username that is taken in any case", async () => {
    const username = await usernameFor(ani.username.toUpperCase());
    expect(username).toMatch(new RegExp(`^${ani.username.slice(0, 41)}_[0-9a-f]{8}$`, "i"));
  });

  test("derives the username from the email if none is requested", async () => {
    const name = `budi${crypto.randomUUID().slice(0, 8)}`;
    const client = anonymous();
    const answer = await client.auth.signUp({ email: `${name}@example.test`, password: "correct horse battery" });
    expect(answer.error).toBeNull();
    expect(ok(await users({ client }).from("users").select("username").single()).username).toBe(name);
  });

  test("refuses an email that is taken in any case, and a short password", async () => {
    const taken = await register({}, ani.email.toUpperCase());
    expect(taken.error?.status).toBeGreaterThanOrEqual(400);
    expect(taken.error?.status).toBeLessThan(500);
    const short = await anonymous().auth.signUp({ email: "short@example.test", password: "1234567" });
    expect(short.error?.status).toBe(422);
  });
});

describe("signing in", () => {
  test("returns a token for the same account", async () => {
    const client = anonymous();
    const { data, error } = await client.auth.signInWithPassword({ email: ani.email, password: ani.password });
    expect(error).toBeNull();
    expect(data.user?.id).toBe(ani.id);
    const { last_login_at } = ok(await users({ client }).from("users").select("last_login_at").single());
    expect(Date.parse(last_login_at!)).toBeGreaterThan(Date.now() - 60_000);
  });

  test("refuses a wrong password with the same error as an unknown email", async () => {
    const attempt = (email: string) => anonymous().auth.signInWithPassword({ email, password: "wrong horse battery" });
    const [wrong, unknown] = [await attempt(ani.email), await attempt("nobody@example.test")];
    expect(wrong.error?.status).toBe(400);
    expect([unknown.error?.status, unknown.error?.code]).toEqual([wrong.error?.status, wrong.error?.code]);
  });

  test("no answer contains a password, its hash or a key", async () => {
    const client = anonymous();
    const signedIn = await client.auth.signInWithPassword({ email: ani.email, password: ani.password });
    const answers = [
      signedIn,
      await client.auth.getUser(),
      await users({ client }).from("users").select("*"),
      await users({ client }).from("profiles").select("*,stats(*)"),
      await users({ client }).rpc("profile", { username: ani.username }),
    ];
    const text = JSON.stringify(answers);
    expect(text).toContain(ani.id);
    for (const secret of [ani.password, "encrypted_password", "$2a$", "$2b$", "sb_secret_"])
      expect(text).not.toContain(secret);
  });
});

describe("auth.admin", () => {
  test("creates an account with a profile, and deletes both", async () => {
    const email = `${crypto.randomUUID()}@example.test`;
    const username = `made_${crypto.randomUUID().slice(0, 8)}`;
    const { data } = await service().auth.admin.createUser({ email, email_confirm: true, user_metadata: { username } });
    const found = () =>
      users({ client: service() }).from("users").select("id,email,is_email_verified").eq("username", username);
    expect(ok(await found())).toEqual([{ id: data.user?.id, email, is_email_verified: true }]);
    expect((await service().auth.admin.deleteUser(data.user!.id)).error).toBeNull();
    expect(ok(await found())).toEqual([]);
  });

  test("does not delete a host whose event has sold tickets, and says so", async () => {
    const [seller, buyer] = [await signUp("seller"), await signUp("buyer")];
    const event_id = await host(seller, { ticketing_enabled: true, price: 50_000 });
    const sold = service().schema("ticket_service").from("tickets");
    ok(await sold.insert({ event_id, user_id: buyer.id, status: "active" }));
    const refused = await service().auth.admin.deleteUser(seller.id);
    expect(refused.error).toMatchObject({ code: "has_sold_tickets", status: 409 });
    expect(ok(await users(seller).from("users").select("id"))).toEqual([{ id: seller.id }]);
    ok(await sold.update({ status: "refunded" }).eq("event_id", event_id));
    expect((await service().auth.admin.deleteUser(seller.id)).error).toBeNull();
  });
});

describe("username_available", () => {
  test.each([
    ["a free one", () => `free_${crypto.randomUUID().slice(0, 8)}`, true],
    ["a taken one", () => ani.username, false],
    ["one taken in another case", () => ani.username.toUpperCase(), false],
    ["one with invalid characters", () => "siti nur", false],
    ["one of two letters", () => "ab", false],
    ["one of fifty letters", () => "z".repeat(50), true],
    ["one of fifty-one letters", () => "z".repeat(51), false],
  ])("checks %s", async (_, username, expected) => {
    const answer = await users({ client: anonymous() }).rpc("username_available", { username: username() });
    expect(ok({ ...answer, data: [answer.data] })).toEqual([expected]);
  });
});
