import type { Cast, Person } from "../people.ts";
import { expectThat, granted, heading, refused, some, tell, unseen } from "../story.ts";
import type { Events } from "./events.ts";

export type Posts = Record<"evening" | "poll" | "comment", string>;

const publish = async (who: Person, post: { content: string } & Record<string, unknown>) =>
  granted(`${who.name} posts`, await who.posts.rpc("publish_post", post)).id;

/** Posts, a poll, comments, likes and the home feed. */
export async function posting({ ani, budi, citra, dewi, eko }: Cast, { coffee }: Events): Promise<Posts> {
  heading("Posts");
  const evening = await publish(citra, { content: "First evening in Jakarta. Where do people drink kopi tubruk?" });
  granted("Ani follows Citra back", await ani.users.from("follows").insert({ following_id: citra.id }));
  await publish(ani, { content: "Come to Monas tomorrow!", attached_event_id: coffee });
  const poll = await publish(budi, { content: "Which beans?", poll_options: ["Gayo", "Toraja", "Kintamani"] });
  tell("Citra posts a text, Ani a post with her event, and Budi a poll: Gayo, Toraja or Kintamani?");

  await votes(budi, [ani, dewi], poll);

  const said = await comment(ani, evening, "Welcome! Try the stall behind Cikini station.");
  const reply = await comment(citra, evening, "I will, thank you.", said);
  const other = await citra.posts.from("comments").insert({ post_id: poll, parent_comment_id: said, content: "Here?" });
  refused("Citra tries to reply to Ani's comment under another post", other, "comment_not_found");
  granted(
    "Budi likes the post",
    await budi.posts.from("likes").insert({ likeable_type: "post", likeable_id: evening }),
  );
  granted(
    "Ani likes the reply",
    await ani.posts.from("likes").insert({ likeable_type: "comment", likeable_id: reply }),
  );
  granted(
    "Budi reposts",
    await budi.posts.from("reposts").insert({ post_id: evening, quote_content: "Help her out, everyone." }),
  );
  granted("Eko bookmarks", await eko.posts.from("bookmarks").insert({ post_id: evening }));
  const post = granted(
    "reading the post",
    await eko.posts
      .from("posts")
      .select("likes_count,comments_count,reposts_count,author(name),comments(content,likes_count,author(name))")
      .eq("id", evening)
      .order("created_at", { referencedTable: "comments" })
      .single(),
  );
  expectThat(
    post.likes_count === 1 && post.comments_count === 2 && post.reposts_count === 1,
    "the post has 1 like, 2 comments and 1 repost",
  );
  tell(
    `${post.author?.name}'s post has ${some(post.likes_count, "like")}, ${some(post.reposts_count, "repost")} with a quote, and ${some(post.comments_count, "comment")}:`,
    ...post.comments.map((words) => `${words.author?.name}: ${words.content} (${some(words.likes_count, "like")})`),
  );
  const again = await budi.posts
    .from("likes")
    .upsert(
      { likeable_type: "post", likeable_id: evening },
      { onConflict: "user_id,likeable_type,likeable_id", ignoreDuplicates: true },
    );
  granted("liking twice", again);
  tell("Budi likes it again, with an upsert that ignores duplicates: it still has 1 like");

  const found = granted(
    "searching posts",
    await dewi.posts.rpc("search_posts", { query: "kopi tubruk", page_size: 100 }),
  );
  expectThat(
    found.some((card) => card.id === evening),
    "search finds the post",
  );
  tell(`Dewi searches posts for "kopi tubruk": ${found.length} found, including Citra's`);
  await feed(ani, [evening, poll]);
  return { evening, poll, comment: said };
}

async function comment(who: Person, post: string, content: string, parent?: string): Promise<string> {
  const row = { post_id: post, content, parent_comment_id: parent };
  return granted(`${who.name} comments`, await who.posts.from("comments").insert(row).select("id").single()).id;
}

async function votes(author: Person, voters: Person[], poll: string): Promise<void> {
  const standing = async () => {
    const { data, error } = await author.posts
      .from("poll_options")
      .select("id,label,votes_count")
      .eq("post_id", poll)
      .order("order_index");
    return granted("reading the poll", { data, error });
  };
  const [gayo, toraja] = await standing();
  expectThat(gayo !== undefined && toraja !== undefined, "the poll has its options");
  for (const voter of voters)
    granted(`${voter.name} votes`, await voter.posts.from("poll_votes").insert({ post_id: poll, option_id: gayo.id }));
  const [first] = voters;
  granted(
    "changing a vote",
    await first!.posts.from("poll_votes").update({ option_id: toraja.id }).eq("post_id", poll),
  );
  const after = await standing();
  expectThat(after.map((option) => option.votes_count).join() === "1,1,0", "one vote moved");
  const line = after.map((option) => `${option.label} ${option.votes_count}`).join(", ");
  tell(
    `${voters.map((voter) => voter.name).join(" and ")} vote for Gayo, then ${first!.name} changes her vote: ${line}`,
  );
  const { data, error } = await author.posts.from("poll_votes").select("user_id").eq("post_id", poll);
  unseen(`${author.name} looks up who voted for what, but votes are secret`, granted("reading votes", { data, error }));
}

/** Two pages of the home feed, without duplicates. */
async function feed(reader: Person, expected: string[]): Promise<void> {
  const first = granted("the feed", await reader.posts.rpc("home_feed", { page_size: 2 }));
  const cursor = first.at(-1)?.cursor;
  const second = granted("the feed's next page", await reader.posts.rpc("home_feed", { cursor, page_size: 2 }));
  const ids = [...first, ...second].map((card) => card.id);
  expectThat(new Set(ids).size === ids.length, "no post appears twice");
  expectThat(
    expected.every((id) => ids.includes(id)),
    "the feed has the posts of the people she follows",
  );
  const lines = [first, second].map(
    (page, i) =>
      `page ${i + 1}: ${page.map((card) => `${card.author.name} (${card.type.replaceAll("_", " ")})`).join(", ")}`,
  );
  tell(
    `${reader.name} reads her home feed, two posts per page, using the first page's cursor for the second:`,
    ...lines,
  );
  refused(
    `${reader.name} sends a made-up cursor`,
    await reader.posts.rpc("home_feed", { cursor: "bm90IGEgY3Vyc29y" }),
    "malformed_cursor",
  );
}
