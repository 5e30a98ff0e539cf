import type { Cast, Person, Visitor } from "../people.ts";
import { expectThat, granted, heading, refused, tell, unchanged, unseen } from "../story.ts";
import type { Events } from "./events.ts";
import type { Posts } from "./posts.ts";

/** What people do not get to see or to change. */
export async function walls(
  { ani, budi, citra, dewi, eko, visitor }: Cast,
  { evening }: Posts,
  { coffee, surprise }: Events,
): Promise<void> {
  heading("Walls");
  const { id } = granted(
    "Ani posts for followers",
    await ani.posts.rpc("publish_post", { content: "Only for those who follow me.", visibility: "followers" }),
  );
  const read = async (who: Visitor, post = id) =>
    granted("reading a post", await who.posts.from("posts").select("id,content").eq("id", post));
  expectThat((await read(citra)).length === 1, "Citra, a follower, reads it");
  tell("Ani posts for followers only; Citra follows her, and reads it");
  unseen("Eko does not follow her, and looks for the post", await read(eko));
  const like = (who: Person, post: string) =>
    who.posts.from("likes").insert({ likeable_type: "post", likeable_id: post });
  refused("Eko may not like it either, as if it were not there", await like(eko, id), "post_not_found");
  unseen(
    "Eko looks for the private surprise, and for who comes",
    granted("looking", await eko.events.from("events").select("title,event_attendees(user_id)").eq("id", surprise)),
  );
  unchanged(
    "Eko changes Ani's bio",
    granted("changing", await eko.users.from("users").update({ bio: "I was here" }).eq("id", ani.id).select("bio")),
  );
  unchanged(
    "Eko rewrites Citra's post",
    granted(
      "changing",
      await eko.posts.from("posts").update({ content: "Eko was here" }).eq("id", evening).select("id"),
    ),
  );
  refused(
    "Eko may not post in Citra's name",
    await eko.posts.from("posts").insert({ author_id: citra.id, content: "I like Eko" }),
    "42501",
  );

  granted("Citra blocks Eko", await citra.users.from("blocks").insert({ blocked_id: eko.id }));
  tell("Citra has had enough, and blocks Eko");
  unseen("Eko looks for Citra's post", await read(eko, evening));
  const profile = async (who: Person, whom: Person) =>
    granted("looking at a profile", await who.users.rpc("profile", { username: whom.username }));
  unseen("Eko looks for Citra", await profile(eko, citra));
  unseen("Citra looks for Eko", await profile(citra, eko));
  expectThat((await profile(budi, citra)).length === 1, "for Budi nothing has changed");
  tell("For Budi nothing has changed: he sees both");

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
    "and no other",
  );
  const posts = granted("a visitor reads posts", await visitor.posts.from("posts").select("id,visibility,author_id"));
  expectThat(
    posts.some((post) => post.id === evening),
    "a visitor sees Citra's post",
  );
  expectThat(
    posts.every((post) => post.visibility === "public" && post.author_id !== dewi.id),
    "and only public ones",
  );
  tell("A visitor who is not signed in reads public events and public posts, and nothing else of them");
  refused("A visitor may not read who follows whom", await visitor.users.from("follows").select("id"), "42501");
  refused("A visitor may not post", await visitor.posts.from("posts").insert({ content: "Hello" }), "42501");
}
