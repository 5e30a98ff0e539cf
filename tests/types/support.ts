import type { SupabaseClient } from "@supabase/supabase-js";
import { expectTypeOf } from "vitest";
import type { Database } from "../../types/index.ts";

/** The files of this folder are compiled by `npm run check`, and never run. */
declare const supabase: SupabaseClient<Database>;

export const users = supabase.schema("user_service");
export const events = supabase.schema("event_service");
export const posts = supabase.schema("post_service");
export const tickets = supabase.schema("ticket_service");

type Data<Answer extends { data: unknown }> = NonNullable<Answer["data"]>;

/** Expects the type of the rows that a query answers. */
export const rows = <Answer extends { data: unknown[] | null }>(_query: PromiseLike<Answer>) =>
  expectTypeOf<Data<Answer>[number]>();

/** Expects the type of the only row that a query answers. */
export const row = <Answer extends { data: unknown }>(_query: PromiseLike<Answer>) => expectTypeOf<Data<Answer>>();
