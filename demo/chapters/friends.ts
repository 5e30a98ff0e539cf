import type { Cast, Person } from "../people.ts";
import { expectThat, granted, heading, refused, some, tell, unseen } from "../story.ts";

const follow = (who: Person, whom: Person) => who.users.from("follows").insert({ following_id: whom.id });

async function becomeFriends(one: Person, other: Person): Promise<void> {
  granted(`${one.name} follows ${other.name}`, await follow(one, other));
  granted(`${other.name} follows ${one.name}`, await follow(other, one));
}

/** Follows, refused follows, and a hidden profile. */
export async function friends({ ani, budi, citra, dewi, eko, visitor }: Cast): Promise<void> {
  heading("Friends");
  await becomeFriends(ani, budi);
  await becomeFriends(ani, dewi);
  tell("Ani and Budi follow each other, and so do Ani and Dewi: they are friends now");
  granted("Citra follows Ani", await follow(citra, ani));
  granted("Ani follows Eko", await follow(ani, eko));
  tell("Citra follows Ani, and Ani follows Eko; nobody follows back");

  const stats = granted(
    "Citra reads Ani's counters",
    await citra.users
      .from("profiles")
      .select("username,stats(followers_count,following_count)")
      .eq("id", ani.id)
      .single(),
  );
  expectThat(
    stats.stats?.followers_count === 3 && stats.stats.following_count === 3,
    "Ani has 3 followers and follows 3 people",
  );
  tell(`Ani's profile shows ${some(3, "follower")}, and that she follows ${some(3, "person", "people")}`);

  refused("Ani tries to follow herself", await follow(ani, ani), "self_follow");
  granted(
    "Budi turns off new followers",
    await budi.users.from("user_privacy").update({ allow_followers: false }).eq("user_id", budi.id),
  );
  refused("Budi turns off new followers, and Citra tries to follow him", await follow(citra, budi), "follow_refused");

  granted(
    "Dewi hides her profile",
    await dewi.users.from("user_privacy").update({ profile_visible: false }).eq("user_id", dewi.id),
  );
  tell("Dewi hides her profile: from now on, only friends can see her");
  const lookFor = async (who: { users: Person["users"] }) =>
    granted("searching for Dewi", await who.users.rpc("search_people", { query: dewi.username }));
  unseen("Citra, who is not a friend, searches for Dewi", await lookFor(citra));
  unseen("A visitor searches for Dewi", await lookFor(visitor));
  refused("Citra tries to follow Dewi, whom she cannot see", await follow(citra, dewi), "person_not_found");
  const [found] = await lookFor(ani);
  expectThat(found?.id === dewi.id, "Ani finds Dewi");
  tell(`Ani, a friend, searches for Dewi and finds ${found.username}`);
}
