import { type Cast, leave } from "../people.ts";
import { expectThat, granted, heading, refused, tell } from "../story.ts";
import type { Posts } from "./posts.ts";

/** Ani leaves: what becomes of her words, and of her token. */
export async function leaving({ ani, budi, citra }: Cast, { evening, comment }: Posts): Promise<void> {
  heading("Ani moves on");
  await leave(ani);
  tell("Ani takes down her events and deletes her account");
  refused(
    "Her phone still has a token, but she may not post with it",
    await ani.posts.from("posts").insert({ content: "Am I still here?" }),
    "account_gone",
  );
  const thread = granted(
    "reading the comments",
    await budi.posts
      .from("comments")
      .select("id,content,author(name),parent_comment_id")
      .eq("post_id", evening)
      .order("created_at"),
  );
  const [tombstone, reply] = thread;
  expectThat(
    tombstone?.id === comment && tombstone.content === null && tombstone.author === null,
    "her comment is a tombstone",
  );
  expectThat(reply?.parent_comment_id === comment, "the reply to it stays");
  tell("Her comment had a reply, so it is a tombstone now:", "(deleted)", `  ${reply.author?.name}: ${reply.content}`);
  const stats = granted(
    "Citra's counters",
    await citra.users.from("user_stats").select("followers_count,following_count").eq("user_id", citra.id).single(),
  );
  expectThat(stats.followers_count === 0 && stats.following_count === 0, "Ani's follows are gone with her");
  tell("Citra's counters know as well: Ani neither follows nor is followed any more");
}
