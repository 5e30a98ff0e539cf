import type { Stage } from "./stage.ts";
import type { TableName, Tables, Viewer } from "./world.ts";

/** A row of a list, with the cursor for the page after it. */
export type Page = { id: string; cursor: string | null };

type Named = { id: string } | null;
type EventCard = Page & { host: Named; my_attendance: string | null; attendees_count: number };
type PostCard = Page & {
  author: Named;
  event: Named;
  original: (Named & { author: Named }) | null;
  poll: { my_option_id: string | null; options: { id: string; votes_count: number }[] } | null;
  images: { path: string | null; url: string | null }[];
  likes_count: number;
  i_like: boolean | null;
  i_bookmarked: boolean | null;
  i_reposted: boolean | null;
};

/** The difference between a card and what the viewer may see. */
function compare(stage: Stage, id: string, actual: object, expected: object): string[] {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
  return a === b ? [] : [`${stage.world.describe(id)}: returned ${a}, expected ${b}`];
}

function own<T extends TableName>(stage: Stage, table: T, viewer: Viewer, fits: (row: Tables[T][number]) => boolean) {
  const rows = stage.world.tables[table] as (Tables[T][number] & { user_id: string })[];
  return rows.find((row) => viewer !== null && row.user_id === viewer && fits(row));
}

export function eventTexts(stage: Stage, viewer: Viewer, cards: EventCard[]): string[] {
  const { world, oracle } = stage;
  return cards.flatMap((card) => {
    const { host_id } = oracle.row("events", card.id);
    const actual = { host: card.host?.id ?? null, mine: card.my_attendance, count: card.attendees_count };
    const expected = {
      host: oracle.person(viewer, host_id) ? host_id : null,
      mine: own(stage, "event_attendees", viewer, (row) => row.event_id === card.id)?.status ?? null,
      // Counts include hidden people, so they are the same for every viewer.
      count: world.tables.event_attendees.filter((row) => row.event_id === card.id && row.status === "confirmed")
        .length,
    };
    return compare(stage, card.id, actual, expected);
  });
}

export function postTexts(stage: Stage, viewer: Viewer, cards: PostCard[]): string[] {
  const { world, oracle } = stage;
  return cards.flatMap((card) => {
    const post = oracle.row("posts", card.id);
    const event = post.attached_event_id ?? post.event_id;
    const original = oracle.originalOf(card.id);
    const actual = {
      author: card.author?.id ?? null,
      event: card.event?.id ?? null,
      original: card.original?.id ?? null,
      originalAuthor: card.original?.author?.id ?? null,
      images: card.images.map((image) => image.path ?? image.url!),
      vote: card.poll?.my_option_id ?? null,
      likes: card.likes_count,
      like: card.i_like ?? false,
      bookmarked: card.i_bookmarked ?? false,
      reposted: card.i_reposted ?? false,
    };
    const shown = oracle.post(viewer, original) ? original : null;
    const on = (row: { post_id: string }) => row.post_id === card.id;
    const expected: typeof actual = {
      author: post.author_id,
      event: oracle.event(viewer, event) ? event : null,
      original: shown,
      originalAuthor: shown && oracle.row("posts", shown).author_id,
      images: world.tables.post_images.filter(on).map((row) => row.image_url),
      vote: own(stage, "poll_votes", viewer, on)?.option_id ?? null,
      likes: world.tables.likes.filter((row) => row.likeable_id === card.id).length,
      like: own(stage, "likes", viewer, (row) => row.likeable_id === card.id) !== undefined,
      bookmarked: own(stage, "bookmarks", viewer, on) !== undefined,
      reposted: own(stage, "reposts", viewer, on) !== undefined,
    };
    return compare(stage, card.id, actual, expected);
  });
}
