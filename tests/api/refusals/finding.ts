import type { ErrorCode } from "../../../types/index.ts";
import { anonymous } from "../../support/people.ts";
import { ok } from "../support/answers.ts";
import { asOwner, events, host, users } from "../support/scenes.ts";
import type { Attempt } from "./attempt.ts";

const near = { lat: -6.175392, lng: 106.827153 };

export const finding = {
  cursor_expired: async ({ ani, budi }) => {
    // A place of its own, so that the test does not share a ranking with other tests.
    const here = { lat: -8.65, lng: 115.2167 };
    await host(ani, { location_lat: here.lat, location_lng: here.lng });
    await host(ani, { location_lat: here.lat, location_lng: here.lng });
    const [first] = ok(await events(budi).rpc("discover_events", { ...here, page_size: 1 }));
    const next = () => events(budi).rpc("discover_events", { ...here, cursor: first!.cursor });
    const can = await next();
    await asOwner(
      "update event_private.rankings set made_at = made_at - interval '61 minutes' where area = '-8.7,115.2'",
    );
    return { can, cannot: await next() };
  },
  empty_search: async ({ ani }) => ({
    cannot: await users(ani).rpc("search_people", { query: "?!" }),
    can: await users(ani).rpc("search_people", { query: "?!1" }),
  }),
  invalid_mode: async ({ ani }) => ({
    cannot: await events(ani).rpc("discover_events", { mode: null as never }),
    can: await events(ani).rpc("discover_events", { mode: "quiet" }),
  }),
  malformed_cursor: async ({ ani }) => {
    await host(ani, { location_lat: near.lat, location_lng: near.lng });
    const [first] = ok(await events(ani).rpc("events_near", near));
    const next = (cursor: string) => events(ani).rpc("events_near", { ...near, cursor });
    return { cannot: await next(first!.cursor.slice(1)), can: await next(first!.cursor) };
  },
  radius_out_of_range: async ({ ani }) => ({
    cannot: await events(ani).rpc("events_near", { ...near, radius_m: 100_001 }),
    can: await events(ani).rpc("events_near", { ...near, radius_m: 100_000 }),
  }),
  sign_in_required: async ({ ani }) => ({
    cannot: await events({ client: anonymous() }).rpc("discover_events", { mode: "for_you" }),
    can: await events(ani).rpc("discover_events", { mode: "for_you" }),
  }),
} satisfies Partial<Record<ErrorCode, Attempt>>;
