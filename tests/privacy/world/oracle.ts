import type { Row, TableName, Tables, Viewer, World } from "./world.ts";

/**
 * Who may see what, derived from the product's visibility rules and not from the policies.
 * Every method answers for one viewer (null: an anonymous visitor) and one row.
 */
export class Oracle {
  private readonly pairs: Record<"follows" | "blocks" | "attends" | "invited", Set<string>>;
  private readonly rows = new Map<string, { id: string }>();
  private readonly reposts: Map<string, Row<"reposts">>;

  constructor(readonly world: World) {
    const { follows, blocks, event_attendees, invitations, reposts } = world.tables;
    this.pairs = {
      follows: new Set(follows.map((f) => `${f.follower_id} ${f.following_id}`)),
      blocks: new Set(blocks.flatMap((b) => [`${b.blocker_id} ${b.blocked_id}`, `${b.blocked_id} ${b.blocker_id}`])),
      attends: new Set(
        event_attendees.filter((a) => a.status !== "cancelled").map((a) => `${a.user_id} ${a.event_id}`),
      ),
      invited: new Set(invitations.map((i) => `${i.invitee_id} ${i.event_id}`)),
    };
    for (const table of Object.values(world.tables) as { id: string }[][]) {
      for (const row of table) this.rows.set(row.id, row);
    }
    this.reposts = new Map(reposts.map((r) => [r.repost_id, r]));
  }

  row<T extends TableName>(_table: T, id: string): Row<T> {
    const row = this.rows.get(id);
    if (!row) throw new Error(`no such row: ${id}`);
    return row as Row<T>;
  }

  // People

  follows(a: Viewer, b: string): boolean {
    return this.pairs.follows.has(`${a} ${b}`);
  }

  mutual(viewer: Viewer, person: string): boolean {
    return viewer !== null && this.follows(viewer, person) && this.follows(person, viewer);
  }

  blocked(viewer: Viewer, person: string): boolean {
    return this.pairs.blocks.has(`${viewer} ${person}`);
  }

  person(viewer: Viewer, person: string | null): boolean {
    if (person === null) return false;
    if (person === viewer) return true;
    if (this.blocked(viewer, person)) return false;
    return !this.world.people.get(person)?.hidden || this.mutual(viewer, person);
  }

  /** Content is as visible as its author; content without an author is visible to all who see its parent. */
  private authored(viewer: Viewer, author: string | null): boolean {
    return author === null || this.person(viewer, author);
  }

  follow(viewer: Viewer, { follower_id, following_id }: Row<"follows">): boolean {
    return viewer !== null && this.person(viewer, follower_id) && this.person(viewer, following_id);
  }

  invitation(viewer: Viewer, { inviter_id, invitee_id }: Row<"invitations">): boolean {
    if (viewer !== inviter_id && viewer !== invitee_id) return false;
    return !this.blocked(inviter_id, invitee_id);
  }

  // Events

  event(viewer: Viewer, id: string | null): boolean {
    if (id === null) return false;
    const { host_id, privacy } = this.row("events", id);
    if (host_id !== null && host_id === viewer) return true;
    if (host_id !== null && this.blocked(viewer, host_id)) return false;
    if (privacy === "public") return true;
    if (privacy === "friends_only") return host_id !== null && this.mutual(viewer, host_id);
    return this.pairs.attends.has(`${viewer} ${id}`) || this.pairs.invited.has(`${viewer} ${id}`);
  }

  attendance(viewer: Viewer, { user_id, event_id }: Row<"event_attendees">): boolean {
    if (viewer === null) return false;
    if (viewer === user_id) return true;
    if (!this.event(viewer, event_id) || !this.person(viewer, user_id)) return false;
    const isHost = this.row("events", event_id).host_id === viewer;
    return isHost || !this.world.people.get(user_id)!.hidesAttendance;
  }

  question(viewer: Viewer, id: string): boolean {
    const { event_id, user_id } = this.row("event_qna", id);
    return this.event(viewer, event_id) && this.authored(viewer, user_id);
  }

  upvote(viewer: Viewer, { question_id, user_id }: Row<"qna_upvotes">): boolean {
    return viewer !== null && this.question(viewer, question_id) && this.person(viewer, user_id);
  }

  review(viewer: Viewer, { event_id, reviewer_id }: Row<"reviews">): boolean {
    return this.event(viewer, event_id) && this.authored(viewer, reviewer_id);
  }

  // Posts

  post(viewer: Viewer, id: string | null): boolean {
    if (id === null) return false;
    const { author_id, visibility } = this.row("posts", id);
    if (author_id === viewer) return true;
    if (!this.person(viewer, author_id)) return false;
    return visibility === "public" || (visibility === "followers" && this.follows(viewer, author_id));
  }

  comment(viewer: Viewer, id: string): boolean {
    const { post_id, author_id } = this.row("comments", id);
    return this.post(viewer, post_id) && this.authored(viewer, author_id);
  }

  like(viewer: Viewer, { user_id, likeable_type, likeable_id }: Row<"likes">): boolean {
    if (viewer === null || !this.person(viewer, user_id)) return false;
    return likeable_type === "post" ? this.post(viewer, likeable_id) : this.comment(viewer, likeable_id);
  }

  repost(viewer: Viewer, { user_id, post_id, repost_id }: Row<"reposts">): boolean {
    return (
      viewer !== null && this.post(viewer, post_id) && this.person(viewer, user_id) && this.post(viewer, repost_id)
    );
  }

  /** Bookmarks, shares and votes are visible to their owner while the post is. */
  kept(viewer: Viewer, { user_id, post_id }: { user_id: string; post_id: string }): boolean {
    return viewer !== null && viewer === user_id && this.post(viewer, post_id);
  }

  /** The original of a post of type repost. */
  originalOf(post: string): string | null {
    return this.reposts.get(post)?.post_id ?? null;
  }

  hosts(viewer: Viewer, event: string): boolean {
    return viewer !== null && this.row("events", event).host_id === viewer;
  }

  // Tables, views and lists

  ids<T extends TableName>(table: T, sees: (row: Tables[T][number]) => boolean): string[] {
    return (this.world.tables[table] as Row<T>[]).filter(sees).map((row) => row.id);
  }

  people(viewer: Viewer): string[] {
    return [...this.world.people.keys()].filter((id) => this.person(viewer, id));
  }
}

/** For every exposed table and view, the keys of the rows that a viewer sees. */
export const RELATIONS: Record<string, (oracle: Oracle, viewer: Viewer) => string[]> = {
  "user_service.users": (_, viewer) => (viewer ? [viewer] : []),
  "user_service.user_settings": (_, viewer) => (viewer ? [viewer] : []),
  "user_service.user_privacy": (_, viewer) => (viewer ? [viewer] : []),
  "user_service.profiles": (o, viewer) => o.people(viewer),
  "user_service.user_stats": (o, viewer) => o.people(viewer),
  "user_service.follows": (o, viewer) => o.ids("follows", (row) => o.follow(viewer, row)),
  "user_service.blocks": (o, viewer) => o.ids("blocks", (row) => row.blocker_id === viewer),
  "user_service.invitations": (o, viewer) => o.ids("invitations", (row) => o.invitation(viewer, row)),
  "user_service.events": (o, viewer) => (viewer ? o.ids("events", (row) => o.event(viewer, row.id)) : []),
  "event_service.people": (o, viewer) => o.people(viewer),
  "event_service.events": (o, viewer) => o.ids("events", (row) => o.event(viewer, row.id)),
  "event_service.event_attendees": (o, viewer) => o.ids("event_attendees", (row) => o.attendance(viewer, row)),
  "event_service.event_images": (o, viewer) => o.ids("event_images", (row) => o.event(viewer, row.event_id)),
  "event_service.event_qna": (o, viewer) => o.ids("event_qna", (row) => o.question(viewer, row.id)),
  "event_service.qna_upvotes": (o, viewer) => o.ids("qna_upvotes", (row) => o.upvote(viewer, row)),
  "event_service.reviews": (o, viewer) => o.ids("reviews", (row) => o.review(viewer, row)),
  "post_service.people": (o, viewer) => o.people(viewer),
  "post_service.events": (o, viewer) => o.ids("events", (row) => o.event(viewer, row.id)),
  "post_service.posts": (o, viewer) => o.ids("posts", (row) => o.post(viewer, row.id)),
  "post_service.post_images": (o, viewer) => o.ids("post_images", (row) => o.post(viewer, row.post_id)),
  "post_service.poll_options": (o, viewer) => o.ids("poll_options", (row) => o.post(viewer, row.post_id)),
  "post_service.poll_votes": (o, viewer) => o.ids("poll_votes", (row) => o.kept(viewer, row)),
  "post_service.comments": (o, viewer) => o.ids("comments", (row) => o.comment(viewer, row.id)),
  "post_service.likes": (o, viewer) => o.ids("likes", (row) => o.like(viewer, row)),
  "post_service.reposts": (o, viewer) => o.ids("reposts", (row) => o.repost(viewer, row)),
  "post_service.bookmarks": (o, viewer) => o.ids("bookmarks", (row) => o.kept(viewer, row)),
  "post_service.shares": (o, viewer) => o.ids("shares", (row) => o.kept(viewer, row)),
  "ticket_service.people": (o, viewer) => (viewer ? o.people(viewer) : []),
  "ticket_service.events": (o, viewer) => (viewer ? o.ids("events", (row) => o.event(viewer, row.id)) : []),
  "ticket_service.tickets": (o, viewer) => o.ids("tickets", (row) => viewer !== null && row.user_id === viewer),
  "ticket_service.ticket_transactions": (o, viewer) =>
    o.ids("ticket_transactions", (row) => viewer !== null && o.row("tickets", row.ticket_id).user_id === viewer),
  "ticket_service.waitlist_entries": (o, viewer) => o.ids("waitlist_entries", (row) => row.user_id === viewer),
  "ticket_service.event_staff": (o, viewer) =>
    o.ids("event_staff", (row) => row.user_id === viewer || o.hosts(viewer, row.event_id)),
  "ticket_service.refund_policies": (o, viewer) =>
    o.ids("refund_policies", (row) => viewer !== null && o.event(viewer, row.event_id)),
  "ticket_service.event_cancellations": (o, viewer) =>
    o.ids(
      "event_cancellations",
      (row) =>
        o.hosts(viewer, row.event_id) ||
        o.world.tables.tickets.some(
          (ticket) => viewer !== null && ticket.user_id === viewer && ticket.event_id === row.event_id,
        ),
    ),
};
