import type { Cast, Person, Visitor } from "../people.ts";
import { expectThat, granted, heading, refused, tell, unchanged, unseen } from "../story.ts";
import type { Events } from "./events.ts";
import type { Posts } from "./posts.ts";

/** What people cannot see or change. */
export async function privacy(
  { ani, budi, citra, dewi, eko, visitor }: Cast,
  { evening }: Posts,
  { coffee, surprise }: Events,
): Promise<void> {
  heading("Privacy");
  const { id } = granted(
    "Ani posts for followers",
    await ani.posts.rpc("publish_post", { content: "Only for those who follow me.", visibility: "followers" }),
  );
  const read = async (who: Visitor, post = id) =>
    granted("reading a post", await who.posts.from("posts").select("id,content").eq("id", post));
  expectThat((await read(citra)).length === 1, "Citra, a follower, reads it");
  tell("Ani posts for followers only; Citra, a follower, reads it");
  unseen("Eko, who does not follow Ani, looks for the post", await read(eko));
  const like = (who: Person, post: string) =>
    who.posts.from("likes").insert({ likeable_type: "post", likeable_id: post });
  refused("Eko tries to like it", await like(eko, id), "post_not_found");
  unseen(
    "Eko looks for the private party and its attendees",
    granted("looking", await eko.events.from("events").select("title,event_attendees(user_id)").eq("id", surprise)),
  );
  unchanged(
    "Eko tries to change Ani's bio",
    granted("changing", await eko.users.from("users").update({ bio: "I was here" }).eq("id", ani.id).select("bio")),
  );
  unchanged(
    "Eko tries to rewrite Citra's post",
    granted(
      "changing",
      await eko.posts.from("posts").update({ content: "Eko was here" }).eq("id", evening).select("id"),
    ),
  );
  refused(
    "Eko tries to post in Citra's name",
    await eko.posts.from("posts").insert({ author_id: citra.id, content: "I like Eko" }),
    "42501",
  );

  granted("Citra blocks Eko", await citra.users.from("blocks").insert({ blocked_id: eko.id }));
  tell("Citra has had enough and blocks Eko");
  unseen("Eko looks for Citra's post", await read(eko, evening));
  const profile = async (who: Person, whom: Person) =>
    granted("looking at a profile", await who.users.rpc("profile", { username: whom.username }));
  unseen("Eko looks for Citra", await profile(eko, citra));
  unseen("Citra looks for Eko", await profile(citra, eko));
  expectThat((await profile(budi, citra)).length === 1, "Budi still sees Citra");
  tell("Nothing changes for Budi: he still sees Citra's profile");

  await anonymous({ ani, dewi, visitor }, { evening, coffee });
}

async function anonymous(
  { ani, dewi, visitor }: Pick<Cast, "ani" | "dewi" | "visitor">,
  { evening, coffee }: { evening: string; coffee: string },
): Promise<void> {
  const events = granted(
    "a visitor reads events",
    await visitor.events.from("events").select("id,privacy").eq("host_id", ani.id),
  );
  expectThat(
    events.some((event) => event.id === coffee),
    "a visitor sees Ani's public event",
  );
  expectThat(
    events.every((event) => event.privacy === "public"),
    "a visitor sees public events only",
  );
  const posts = granted("a visitor reads posts", await visitor.posts.from("posts").select("id,visibility,author_id"));
  expectThat(
    posts.some((post) => post.id === evening),
    "a visitor sees Citra's post",
  );
  expectThat(
    posts.every((post) => post.visibility === "public" && post.author_id !== dewi.id),
    "a visitor sees public posts only",
  );
  tell("A visitor who is not signed in sees public events and posts only");
  refused("A visitor tries to read who follows whom", await visitor.users.from("follows").select("id"), "42501");
  refused("A visitor tries to post", await visitor.posts.from("posts").insert({ content: "Hello" }), "42501");
}
