import { type Cast, deleteAccount } from "../people.ts";
import { expectThat, granted, heading, refused, tell } from "../story.ts";
import type { Posts } from "./posts.ts";

/** Ani deletes her account: what happens to her token, her comments and her follows. */
export async function deletingAnAccount({ ani, budi, citra }: Cast, { evening, comment }: Posts): Promise<void> {
  heading("Ani deletes her account");
  await deleteAccount(ani);
  tell("Ani deletes her events and her account");
  refused(
    "Her phone still has a token, and she tries to post with it",
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
  tell("Her comment had a reply, so a tombstone remains:", "(deleted)", `  ${reply.author?.name}: ${reply.content}`);
  const stats = granted(
    "Citra's counters",
    await citra.users.from("user_stats").select("followers_count,following_count").eq("user_id", citra.id).single(),
  );
  expectThat(stats.followers_count === 0 && stats.following_count === 0, "Ani's follows are deleted");
  tell("Citra's counters are back at 0: Ani was her only follower, and the only person she followed");
}
