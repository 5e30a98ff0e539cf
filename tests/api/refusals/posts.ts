import type { Database, ErrorCode } from "../../../types/index.ts";
import { ok } from "../support/answers.ts";
import { comment, host, inHours, nobody, poll, post, posts } from "../support/scenes.ts";
import type { Attempt } from "./attempt.ts";

type Post = Database["post_service"]["Tables"]["posts"]["Insert"];

const publishing =
  (refused: Post, granted: Post): Attempt =>
  async ({ ani }) => ({
    cannot: await posts(ani).from("posts").insert(refused),
    can: await posts(ani).from("posts").insert(granted),
  });

export const posting = {
  empty_post: publishing({ content: " \t\n" }, { content: "." }),
  not_a_poll: publishing(
    { content: "Well?", poll_closes_at: inHours(1) },
    { content: "Well?", poll_closes_at: inHours(1), type: "poll" },
  ),
  event_required: async ({ ani }) => {
    const attached_event_id = await host(ani);
    const publish = (given: Post) =>
      posts(ani)
        .from("posts")
        .insert({ ...given, content: "Come!", type: "text_with_event" });
    return { cannot: await publish({}), can: await publish({ attached_event_id }) };
  },
  original_required: async ({ ani, budi }) => {
    const original_post_id = await post(budi);
    const repost = (given: Post) =>
      posts(ani)
        .from("posts")
        .insert({ ...given, type: "repost" });
    return { cannot: await repost({}), can: await repost({ original_post_id }) };
  },
  comment_not_found: async ({ ani, budi }) => {
    const [here, there] = [await post(ani), await post(ani)];
    const parent_comment_id = await comment(budi, here);
    const reply = (post_id: string) =>
      posts(ani).from("comments").insert({ post_id, parent_comment_id, content: "You?" });
    return { cannot: await reply(there), can: await reply(here) };
  },
  invalid_comment: async ({ ani }) => {
    const post_id = await post(ani);
    const say = (content: string) => posts(ani).from("comments").insert({ post_id, content });
    return { cannot: await say("x".repeat(5001)), can: await say("x".repeat(5000)) };
  },
  post_not_found: async ({ ani, budi }) => {
    const id = await post(ani);
    const like = (likeable_id: string) => posts(budi).from("likes").insert({ likeable_type: "post", likeable_id });
    return { cannot: await like(nobody()), can: await like(id) };
  },
  invalid_option: async ({ ani }) => ({
    cannot: await posts(ani).rpc("publish_post", { content: "Which?", poll_options: ["Gayo", " "] }),
    can: await posts(ani).rpc("publish_post", { content: "Which?", poll_options: ["Gayo", "?"] }),
  }),
  too_many_options: async ({ ani }) => {
    const options = (count: number) => Array.from({ length: count }, (_, i) => `Bean ${i}`);
    return {
      cannot: await posts(ani).rpc("publish_post", { content: "Which?", poll_options: options(11) }),
      can: await posts(ani).rpc("publish_post", { content: "Which?", poll_options: options(10) }),
    };
  },
  option_not_found: async ({ ani, budi }) => {
    const [one, other] = [await poll(ani), await poll(ani)];
    const vote = (option_id: string) => posts(budi).from("poll_votes").insert({ post_id: one.id, option_id });
    return { cannot: await vote(other.options[0]!), can: await vote(one.options[0]!) };
  },
  poll_closed: async ({ ani, budi }) => {
    const closing = async (hours: number) => {
      const { id, options } = await poll(ani, { poll_closes_at: inHours(hours) });
      return posts(budi).from("poll_votes").insert({ post_id: id, option_id: options[0]! });
    };
    return { cannot: await closing(-1), can: await closing(1) };
  },
} satisfies Partial<Record<ErrorCode, Attempt>>;

/** Publishes a poll of which one option is refused, and returns how many posts remain. */
export async function publishNothing({ ani }: Parameters<Attempt>[0]): Promise<number> {
  const content = `Which? ${nobody()}`;
  await posts(ani).rpc("publish_post", { content, poll_options: ["Gayo", " "] });
  return ok(await posts(ani).from("posts").select("id").eq("content", content)).length;
}
