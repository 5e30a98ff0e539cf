import type { Cast } from "./build-world.ts";
import { type Person, type PostVisibility, type Row, WORD, type World } from "./world.ts";

const VISIBILITIES: PostVisibility[] = ["public", "followers", "private"];

let seconds = 0;

function post(world: World, label: string, author: Person, rest: Partial<Row<"posts">>): string {
  return world.add("posts", label, {
    author_id: author.id,
    content: `${WORD} ${label}`,
    type: "text",
    visibility: "public",
    event_id: null,
    attached_event_id: null,
    original_post_id: null,
    created_at: new Date(Date.now() - ++seconds * 1000).toISOString(),
    ...rest,
  });
}

function comment(world: World, on: string, author: Person | null, parent: string | null = null): string {
  const reply = parent ? ` in reply to ${world.describe(parent)}` : "";
  return world.add("comments", `of ${author?.username ?? "nobody"} on ${world.describe(on)}${reply}`, {
    post_id: on,
    author_id: author?.id ?? null,
    parent_comment_id: parent,
    content: author && "Quite so.",
  });
}

function like(world: World, type: "post" | "comment", target: string, person: Person) {
  const label = `of ${person.username} for ${world.describe(target)}`;
  world.add("likes", label, { user_id: person.id, likeable_type: type, likeable_id: target });
}

/** Adds a row of `reposts` and its post of type repost. */
function repost(world: World, original: string, person: Person, visibility: PostVisibility = "public") {
  const label = `of ${person.username}, ${visibility}, of ${world.describe(original)}`;
  const own = post(world, `repost ${label}`, person, { type: "repost", visibility, original_post_id: original });
  const quote_content = `${WORD} repost ${label}`;
  world.tables.posts.at(-1)!.content = quote_content;
  world.add("reposts", label, { user_id: person.id, post_id: original, repost_id: own, quote_content });
}

/** Adds what only the person sees: a bookmark, a share and a vote. */
function keep(world: World, on: string, person: Person, option: string | null) {
  const label = `of ${person.username} for ${world.describe(on)}`;
  world.add("bookmarks", label, { user_id: person.id, post_id: on });
  world.add("shares", label, { user_id: person.id, post_id: on, platform: "paper" });
  if (option) world.add("poll_votes", label, { user_id: person.id, post_id: on, option_id: option });
}

/** Adds a poll with an image, votes, comments, replies and likes. Returns the post. */
function addPoll({ world, nora, viewers }: Cast, author: Person, visibility: PostVisibility): string {
  const poll = post(world, `${visibility} poll of ${author.username}`, author, { type: "poll", visibility });
  world.add("post_images", `of ${world.describe(poll)}`, { post_id: poll, image_url: `${author.id}/${poll}.jpg` });
  const options = [0, 1].map((order_index) => {
    const label = `${order_index} of ${world.describe(poll)}`;
    return world.add("poll_options", label, { post_id: poll, label: `Option ${order_index}`, order_index });
  });
  const words = comment(world, poll, nora);
  comment(world, poll, nora, words);
  comment(world, poll, author, words);
  comment(world, poll, nora, comment(world, poll, null));
  like(world, "comment", words, nora);
  for (const person of [nora, ...viewers]) {
    like(world, "post", poll, person);
    keep(world, poll, person, options[0]!);
    if (person === nora || !author.refusesFollowers) repost(world, poll, person);
  }
  // Viewers have comments on posts that they may no longer see.
  for (const viewer of viewers) like(world, "comment", comment(world, poll, viewer), viewer);
  return poll;
}

export function addPosts(cast: Cast): void {
  const { world, nora, subjects, viewers } = cast;
  for (const author of subjects) {
    for (const visibility of VISIBILITIES) addPoll(cast, author, visibility);
  }
  const meetings = VISIBILITIES.map((_, index) => post(world, `post ${index} of nora`, nora, {}));
  for (const person of subjects) {
    VISIBILITIES.forEach((visibility, index) => {
      repost(world, meetings[index]!, person, visibility);
    });
  }
  // Polls without options, so that adding one can be tested.
  for (const viewer of viewers)
    post(world, `followers poll of ${viewer.username}`, viewer, { type: "poll", visibility: "followers" });
  for (const person of [...subjects, ...viewers]) {
    const words = comment(world, meetings[0]!, person);
    comment(world, meetings[0]!, nora, words);
    like(world, "comment", words, nora);
    like(world, "comment", words, viewers[0] === person ? viewers[1]! : viewers[0]!);
    like(world, "post", meetings[0]!, person);
    keep(world, meetings[0]!, person, null);
  }
  addPostsAboutEvents(cast);
  // Referencing another person's file gives no access to it.
  const borrowed = { post_id: meetings[0]!, image_url: `${subjects.at(-1)!.id}/secret.jpg` };
  world.add("post_images", "borrowed, of nora", borrowed);
}

/** Adds posts by nora about events that some viewers do not see. They do not contain WORD. */
function addPostsAboutEvents({ world, nora, subjects }: Cast): void {
  const hosts = new Set<string | null>(subjects.filter((host) => !host.refusesFollowers).map((host) => host.id));
  world.tables.events
    .filter((event) => hosts.has(event.host_id))
    .forEach(({ id }, index) => {
      const event_id = index % 3 === 0 ? null : id;
      const attached_event_id = index % 3 === 1 ? null : id;
      const type = attached_event_id ? "text_with_event" : "text";
      const content = "Who comes along?";
      post(world, `of nora about ${world.describe(id)}`, nora, { type, event_id, attached_event_id, content });
    });
}
