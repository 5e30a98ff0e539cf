import type { Stage } from "./stage.ts";
import type { Viewer } from "./world.ts";

/** The kind of row that a statement refers to: all ids, whether a viewer sees one, and why it may be hidden. */
export type Target = {
  all: (stage: Stage) => string[];
  sees: (stage: Stage, viewer: Viewer, id: string) => boolean;
  reason: (stage: Stage, viewer: Viewer, id: string) => string;
};

const reasonOfPerson = ({ world, oracle }: Stage, viewer: Viewer, id: string | null) =>
  id === viewer ? "self" : `${id && world.people.get(id)!.hidden} ${id && oracle.blocked(viewer, id)}`;

const person: Target = {
  all: ({ world }) => [...world.people.keys()],
  sees: ({ oracle }, viewer, id) => oracle.person(viewer, id),
  reason: reasonOfPerson,
};

const event: Target = {
  all: ({ world }) => world.tables.events.map(({ id }) => id),
  sees: ({ oracle }, viewer, id) => oracle.event(viewer, id),
  reason: (stage, viewer, id) => {
    const { host_id, privacy, start_time } = stage.oracle.row("events", id);
    const mine = stage.world.tables.event_attendees.find((row) => row.event_id === id && row.user_id === viewer);
    const over = Date.parse(start_time) < Date.now();
    return `${privacy} ${over} ${mine?.status} ${reasonOfPerson(stage, viewer, host_id)}`;
  },
};

const question: Target = {
  all: ({ world }) => world.tables.event_qna.map(({ id }) => id),
  sees: ({ oracle }, viewer, id) => oracle.question(viewer, id),
  reason: (stage, viewer, id) => {
    const { event_id, user_id } = stage.oracle.row("event_qna", id);
    const { privacy, host_id } = stage.oracle.row("events", event_id);
    return `${privacy} ${reasonOfPerson(stage, viewer, host_id)} ${reasonOfPerson(stage, viewer, user_id)}`;
  },
};

const post: Target = {
  all: ({ world }) => world.tables.posts.map(({ id }) => id),
  sees: ({ oracle }, viewer, id) => oracle.post(viewer, id),
  reason: (stage, viewer, id) => {
    const { author_id, visibility, type } = stage.oracle.row("posts", id);
    return `${visibility} ${type} ${reasonOfPerson(stage, viewer, author_id)}`;
  },
};

const comment: Target = {
  all: ({ world }) => world.tables.comments.map(({ id }) => id),
  sees: ({ oracle }, viewer, id) => oracle.comment(viewer, id),
  reason: (stage, viewer, id) => {
    const { author_id, post_id } = stage.oracle.row("comments", id);
    return `${stage.oracle.post(viewer, post_id)} ${reasonOfPerson(stage, viewer, author_id)}`;
  },
};

const option: Target = {
  all: ({ world }) => world.tables.poll_options.map(({ id }) => id),
  sees: ({ oracle }, viewer, id) => oracle.post(viewer, oracle.row("poll_options", id).post_id),
  reason: (stage, viewer, id) => post.reason(stage, viewer, stage.oracle.row("poll_options", id).post_id),
};

/**
 * A statement with the target as $1, valid otherwise, so that only the target can cause a refusal.
 * `reads`: returns no rows for a hidden target instead of failing. `by`: a person for whom it succeeds.
 */
type Write = { target: Target; sql: string; reads?: boolean; by?: string };

const mine = (table: string, where: string) => `(select id from ${table} where ${where} limit 1)`;
const MY_EVENT = mine("event_service.events", "host_id = auth.uid() and privacy = 'public'");
const ANY_POST = mine("post_service.posts", "author_id = auth.uid() or visibility = 'public'");
const ANY_PERSON = mine("user_service.profiles", "username = 'zz_nora'");

export const WRITES: Record<string, Write> = {
  follow: { target: person, sql: "insert into user_service.follows (following_id) values ($1)" },
  "follow, on conflict do nothing": {
    target: person,
    sql: "insert into user_service.follows (following_id) values ($1) on conflict do nothing",
  },
  block: { target: person, sql: "insert into user_service.blocks (blocked_id) values ($1)" },
  "invite a person": {
    target: person,
    sql: `insert into user_service.invitations (invitee_id, event_id) values ($1, ${MY_EVENT})`,
  },
  "invite to an event": {
    target: event,
    sql: `insert into user_service.invitations (invitee_id, event_id) values (${ANY_PERSON}, $1)`,
  },
  join: { target: event, sql: "insert into event_service.event_attendees (event_id) values ($1)" },
  "join, on conflict do nothing": {
    target: event,
    sql: "insert into event_service.event_attendees (event_id) values ($1) on conflict do nothing",
  },
  ask: { target: event, sql: "insert into event_service.event_qna (event_id, question) values ($1, 'Where?')" },
  review: { target: event, sql: "insert into event_service.reviews (event_id, rating) values ($1, 5)" },
  "add an image to an event": {
    target: event,
    sql: "insert into event_service.event_images (event_id, image_url) values ($1, auth.uid() || '/a.jpg')",
  },
  upvote: { target: question, sql: "insert into event_service.qna_upvotes (question_id) values ($1)" },
  comment: { target: post, sql: "insert into post_service.comments (post_id, content) values ($1, 'Yes.')" },
  reply: {
    target: comment,
    sql: `insert into post_service.comments (post_id, parent_comment_id, content)
      values (coalesce((select post_id from post_service.comments where id = $1), ${ANY_POST}), $1, 'Yes.')`,
  },
  "like a post": {
    target: post,
    sql: "insert into post_service.likes (likeable_type, likeable_id) values ('post', $1)",
  },
  "like a comment": {
    target: comment,
    sql: "insert into post_service.likes (likeable_type, likeable_id) values ('comment', $1)",
  },
  repost: { target: post, sql: "insert into post_service.reposts (post_id) values ($1)" },
  "repost as a post": {
    target: post,
    sql: "insert into post_service.posts (type, original_post_id) values ('repost', $1)",
  },
  bookmark: { target: post, sql: "insert into post_service.bookmarks (post_id) values ($1)" },
  share: { target: post, sql: "insert into post_service.shares (post_id, platform) values ($1, 'paper')" },
  "add an image to a post": {
    target: post,
    sql: "insert into post_service.post_images (post_id, image_url) values ($1, auth.uid() || '/a.jpg')",
  },
  "add an option": {
    target: post,
    sql: "insert into post_service.poll_options (post_id, label, order_index) values ($1, 'Both', 2)",
  },
  vote: {
    target: option,
    by: "zz_hidden",
    sql: `insert into post_service.poll_votes (post_id, option_id)
      values (coalesce((select post_id from post_service.poll_options where id = $1), ${ANY_POST}), $1)`,
  },
  "change a vote": {
    target: option,
    sql: `update post_service.poll_votes set option_id = $1 where user_id = auth.uid()
      and post_id = coalesce((select post_id from post_service.poll_options where id = $1), post_id)`,
  },
  "post about an event": {
    target: event,
    sql: "insert into post_service.posts (content, event_id) values ('Tonight', $1)",
  },
  "attach an event": {
    target: event,
    sql: "insert into post_service.posts (content, type, attached_event_id) values ('Tonight', 'text_with_event', $1)",
  },
  "publish about an event": { target: event, sql: "select post_service.publish_post('Tonight', event_id => $1)" },
  "publish with an event": {
    target: event,
    sql: "select post_service.publish_post('Tonight', attached_event_id => $1)",
  },
  "change an event": {
    target: event,
    reads: true,
    sql: "update event_service.events set title = 'Mine' where id = $1 returning id",
  },
  "answer a question": {
    target: question,
    reads: true,
    sql: "update event_service.event_qna set answer = 'No' where id = $1 returning id",
  },
  "delete a comment": {
    target: comment,
    reads: true,
    sql: "delete from post_service.comments where id = $1 returning id",
  },
  "delete a post": { target: post, reads: true, sql: "delete from post_service.posts where id = $1 returning id" },
  "list the posts of a person": {
    target: person,
    reads: true,
    sql: "select id from post_service.posts_by($1)",
  },
  "list friends who go": {
    by: "zz_mutual",
    target: event,
    reads: true,
    sql: "select id from event_service.friends_who_go($1)",
  },
};
