import { addEvents } from "./build-events.ts";
import { addPosts } from "./build-posts.ts";
import { type Person, World } from "./world.ts";

/** A viewer's relation to all subjects. */
type Relation = { follows?: boolean; followed?: boolean; block?: "by viewer" | "by subject" };

const RELATIONS: Record<string, Relation> = {
  stranger: {},
  follower: { follows: true },
  followed: { followed: true },
  mutual: { follows: true, followed: true },
  blocker: { block: "by viewer" },
  blocked: { block: "by subject" },
  // A block deletes follows. Here they remain, so that only the block hides the two from each other.
  blocking_mutual: { follows: true, followed: true, block: "by viewer" },
  blocked_mutual: { follows: true, followed: true, block: "by subject" },
};

export type Cast = {
  world: World;
  /** A visible person, not blocked by anyone, who is a stranger to every viewer. */
  nora: Person;
  /** One for every combination of privacy settings. */
  subjects: Person[];
  /** One for every relation; each has it to every subject. */
  viewers: Person[];
};

/** Builds a world, the same in every run, that combines every relation with every visibility. */
export function buildWorld(): Cast {
  const world = new World();
  const nora = world.addPerson("nora");
  const viewers = Object.keys(RELATIONS).map((name) => world.addPerson(name));
  const subjects: Person[] = [];
  for (const hidden of [false, true]) {
    for (const hidesAttendance of [false, true]) {
      // Refusing followers does not affect visibility: one visible and one hidden subject suffice.
      for (const refusesFollowers of hidesAttendance ? [false] : [false, true]) {
        const name = [hidden ? "hidden" : "open", hidesAttendance && "shy", refusesFollowers && "closed"];
        const shows = { showsEmail: hidesAttendance, showsLocation: !refusesFollowers };
        const flags = { hidden, hidesAttendance, refusesFollowers, ...shows };
        subjects.push(world.addPerson(name.filter(Boolean).join("_"), flags));
      }
    }
  }
  const cast = { world, nora, subjects, viewers };
  addRelations(cast);
  addEvents(cast);
  addPosts(cast);
  return cast;
}

function addRelations({ world, nora, subjects, viewers }: Cast): void {
  const follow = (a: Person, b: Person) =>
    world.add("follows", `${a.username} follows ${b.username}`, { follower_id: a.id, following_id: b.id });
  const block = (a: Person, b: Person) =>
    world.add("blocks", `${a.username} blocks ${b.username}`, { blocker_id: a.id, blocked_id: b.id });
  for (const subject of subjects) {
    // Tests whether third parties see follows of a hidden person.
    follow(nora, subject);
    for (const viewer of viewers) {
      const relation = RELATIONS[viewer.username.slice(3)]!;
      if (relation.follows) follow(viewer, subject);
      if (relation.followed) follow(subject, viewer);
      if (relation.block === "by viewer") block(viewer, subject);
      if (relation.block === "by subject") block(subject, viewer);
    }
  }
}
