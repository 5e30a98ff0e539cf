import { eventTexts, type Page, postTexts } from "./cards.ts";
import { ask, idDifferences, type Refusal, type Stage } from "./stage.ts";
import type { Row, Viewer } from "./world.ts";

/** Calls a function as the viewer, and returns the differences from the oracle. */
export type Check = (stage: Stage, viewer: Viewer) => Promise<string[]>;

/** Reads all pages. */
async function readAll<T extends Page>(stage: Stage, viewer: Viewer, call: string): Promise<T[] | Refusal> {
  const all: T[] = [];
  for (let cursor: string | null = null; ; ) {
    const page: { row: T }[] | Refusal = await readPage<T>(stage, viewer, call, cursor);
    if (!Array.isArray(page)) return page;
    if (page.length === 0) return all;
    all.push(...page.map(({ row }) => row));
    cursor = page.at(-1)!.row.cursor;
  }
}

/** Reads one page, and keeps the state that the next page needs. */
export const readPage = <T extends Page>(stage: Stage, viewer: Viewer, call: string, cursor: string | null) =>
  ask<{ row: T }>(stage, viewer, `select to_jsonb(f) as row from ${call} f`, [cursor], true);

/** Checks the rows of a list and the people in them. `forAll`: anonymous visitors may call it. */
export function list<T extends Page>(
  call: string,
  texts: (stage: Stage, viewer: Viewer, rows: T[]) => string[],
  expected: (stage: Stage, viewer: Viewer) => string[],
  forAll = true,
): Check {
  return async (stage, viewer) => {
    const rows = await readAll<T>(stage, viewer, call);
    if (!Array.isArray(rows)) return viewer || forAll ? [`${call}: ${rows.message}`] : [];
    if (!viewer && !forAll) return [`${call}: answers an anonymous visitor`];
    const ours = rows.filter((row) => stage.world.labels.has(row.id));
    return [
      ...idDifferences(
        stage.world,
        call,
        expected(stage, viewer),
        ours.map((row) => row.id),
      ),
      ...(new Set(ours.map((row) => row.id)).size < ours.length ? [`${call}: returns duplicates`] : []),
      ...texts(stage, viewer, ours),
    ];
  };
}

export const coming = (event: Row<"events">) => Date.parse(event.end_time) > Date.now();

export const events = (call: string, has: (event: Row<"events">) => boolean, forAll = true) =>
  list(
    call,
    eventTexts,
    ({ oracle }, viewer) => oracle.ids("events", (e) => has(e) && oracle.event(viewer, e.id)),
    forAll,
  );

export const posts = (
  call: string,
  has: (stage: Stage, viewer: Viewer, post: Row<"posts">) => boolean,
  forAll = true,
) =>
  list(
    call,
    postTexts,
    (stage, viewer) => stage.oracle.ids("posts", (p) => has(stage, viewer, p) && stage.oracle.post(viewer, p.id)),
    forAll,
  );
