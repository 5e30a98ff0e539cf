import type { ErrorCode } from "../../../types/index.ts";
import { service, signUp } from "../../support/people.ts";
import { ok } from "../support/answers.ts";
import { asOwner, follow, host, nobody, users } from "../support/scenes.ts";
import type { Attempt, Cast } from "./attempt.ts";

type Account = Partial<{ username: string; date_of_birth: string }>;

const changeAccount = ({ ani }: Cast, change: Account) => users(ani).from("users").update(change).eq("id", ani.id);

export const people = {
  account_gone: async ({ ani }) => {
    const gone = await signUp("gone");
    const can = await follow(gone, ani.id);
    ok(await users(gone).rpc("delete_account"));
    return { can, cannot: await follow(gone, ani.id) };
  },
  date_of_birth_out_of_range: async (cast) => ({
    cannot: await changeAccount(cast, { date_of_birth: "1899-12-31" }),
    can: await changeAccount(cast, { date_of_birth: "1900-01-01" }),
  }),
  follow_refused: async ({ ani }) => {
    const shy = await signUp("shy");
    const accept = (allow_followers: boolean) =>
      users(shy).from("user_privacy").update({ allow_followers }).eq("user_id", shy.id);
    ok(await accept(false));
    const cannot = await follow(ani, shy.id);
    ok(await accept(true));
    return { cannot, can: await follow(ani, shy.id) };
  },
  has_sold_tickets: async () => {
    const seller = await signUp("seller");
    const buyer = await signUp("buyer");
    const event_id = await host(seller, { ticketing_enabled: true, price: 50_000 });
    const sold = service().schema("ticket_service").from("tickets");
    ok(await sold.insert({ event_id, user_id: buyer.id, status: "active" }));
    const cannot = await users(seller).rpc("delete_account");
    ok(await sold.update({ status: "refunded" }).eq("event_id", event_id));
    return { cannot, can: await users(seller).rpc("delete_account") };
  },
  invalid_language: async ({ ani }) => {
    const speak = (language: string) => users(ani).from("user_settings").update({ language }).eq("user_id", ani.id);
    return { cannot: await speak("Bahasa Indonesia"), can: await speak("id") };
  },
  invalid_username: async (cast) => ({
    cannot: await changeAccount(cast, { username: "a b" }),
    can: await changeAccount(cast, { username: `a-${cast.ani.id.slice(0, 8)}` }),
  }),
  invitation_answered: async ({ ani, budi }) => {
    const event_id = await host(ani);
    ok(await users(ani).from("invitations").insert({ invitee_id: budi.id, event_id }));
    const answer = (status: "accepted" | "declined" | "pending") =>
      users(budi).from("invitations").update({ status }).eq("event_id", event_id);
    ok(await answer("accepted"));
    return { cannot: await answer("pending"), can: await answer("declined") };
  },
  person_not_found: async ({ budi, citra }) => ({
    cannot: await follow(budi, nobody()),
    can: await follow(budi, citra.id),
  }),
  self_block: async ({ ani }) => {
    const stranger = await signUp("stranger");
    const block = (blocked_id: string) => users(ani).from("blocks").insert({ blocked_id });
    return { cannot: await block(ani.id), can: await block(stranger.id) };
  },
  self_follow: async ({ citra, budi }) => ({
    cannot: await follow(citra, citra.id),
    can: await follow(citra, budi.id),
  }),
  self_invitation: async ({ ani, citra }) => {
    const event_id = await host(ani);
    const invite = (invitee_id: string) => users(ani).from("invitations").insert({ invitee_id, event_id });
    return { cannot: await invite(ani.id), can: await invite(citra.id) };
  },
  too_many_followed: async ({ ani }) => {
    const fan = await signUp("fan");
    const followed = (count: number) =>
      asOwner("update user_service.user_stats set following_count = $2 where user_id = $1", [fan.id, count]);
    await followed(5000);
    const cannot = await follow(fan, ani.id);
    await followed(0);
    return { cannot, can: await follow(fan, ani.id) };
  },
  username_taken: async (cast) => {
    const { username } = cast.budi;
    return {
      cannot: await changeAccount(cast, { username: username.toUpperCase() }),
      can: await changeAccount(cast, { username: `${username}x`.toUpperCase() }),
    };
  },
} satisfies Partial<Record<ErrorCode, Attempt>>;
