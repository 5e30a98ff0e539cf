import { z } from "zod";
import { type Context, isoTime, readJson, redirected, refusal } from "./http.ts";

export type StoredObject = {
  name: string;
  id: string | null;
  updated_at: string | null;
  created_at: string | null;
  last_accessed_at: string | null;
  metadata: object | null;
};

const LITE_PAGE = 10_000;

/** All objects below a prefix that the caller may see, by name. */
export async function objectsBelow(
  context: Context,
  bucket: string,
  prefix: string,
): Promise<StoredObject[] | Response> {
  const objects: StoredObject[] = [];
  for (let offset = 0; ; offset += LITE_PAGE) {
    const json = { prefix, limit: LITE_PAGE, offset, sortBy: { column: "name", order: "asc" } };
    const response = await context.send(
      redirected(context.request, `/object/list/${bucket}`, { method: "POST", json }),
    );
    if (!response.ok) return response;
    const page = (await response.json()) as StoredObject[];
    // Lite takes an underscore in the prefix for any character.
    for (const object of page) if (object.name.startsWith(prefix)) objects.push(listed(object));
    if (page.length < LITE_PAGE) return objects;
  }
}

function listed({ name, id, updated_at, created_at, last_accessed_at, metadata }: StoredObject): StoredObject {
  const times = { updated_at: isoTime(updated_at), created_at: isoTime(created_at) };
  return { name, id, ...times, last_accessed_at: isoTime(last_accessed_at), metadata };
}

const folder = { id: null, updated_at: null, created_at: null, last_accessed_at: null, metadata: null };
const order = z.enum(["asc", "desc"]).default("asc");
const listing = z.object({
  prefix: z.string().default(""),
  limit: z.int().positive().default(100),
  offset: z.int().nonnegative().default(0),
  search: z.string().default(""),
  sortBy: z
    .object({ column: z.enum(["name", "updated_at", "created_at", "last_accessed_at"]), order })
    .default({ column: "name", order: "asc" }),
});

/** Lists a folder: names relative to it, and subfolders as rows without an id. Lite lists all that is below it. */
export async function listFolder(context: Context, bucket: string): Promise<Response> {
  const body = await readJson(context.request, listing);
  if (body instanceof Response) return body;
  const { limit, offset, search, sortBy } = body;
  const prefix = body.prefix === "" ? "" : `${body.prefix.replace(/\/*$/, "")}/`;
  const objects = await objectsBelow(context, bucket, prefix);
  if (objects instanceof Response) return objects;
  const entries = new Map<string, StoredObject>();
  for (const object of objects.sort(by(sortBy))) {
    const [name, ...below] = object.name.slice(prefix.length).split("/") as [string, ...string[]];
    if (!name.toLowerCase().startsWith(search.toLowerCase())) continue;
    entries.set(name, below.length === 0 ? { ...object, name } : { ...folder, name });
  }
  return Response.json([...entries.values()].slice(offset, offset + limit));
}

const paging = z.object({
  prefix: z.string().default(""),
  limit: z.int().positive().default(1000),
  cursor: z.string().optional(),
  with_delimiter: z.boolean().default(false),
  sortBy: z
    .object({ column: z.enum(["name", "updated_at", "created_at"]), order })
    .default({ column: "name", order: "asc" }),
});
type Sort = { column: keyof StoredObject; order: "asc" | "desc" };
type Entry = StoredObject & { key?: string };

const MAX_PAGE = 1000;
const cursors = z.object({ column: z.string(), order: z.enum(["asc", "desc"]), value: z.string(), name: z.string() });

/** A page of the objects below a prefix; with a delimiter, those of one folder and its subfolders. */
export async function listPages(context: Context, bucket: string): Promise<Response> {
  const body = await readJson(context.request, paging);
  if (body instanceof Response) return body;
  const after = body.cursor === undefined ? undefined : readCursor(body.cursor);
  if (after === null) return refusal(400, "InvalidParameter", "The cursor is not one that a list returned");
  const sort = (after ?? body.sortBy) as Sort;
  const objects = await objectsBelow(context, bucket, body.prefix);
  if (objects instanceof Response) return objects;
  const entries: Entry[] = body.with_delimiter
    ? withFolders(objects.sort(by(sort)), body.prefix)
    : objects.sort(by(sort));
  const position = after && ({ ...folder, name: after.name, [sort.column]: after.value } as StoredObject);
  const left = position ? entries.filter((entry) => by(sort)(entry, position) > 0) : entries;
  const page = left.slice(0, Math.min(body.limit, MAX_PAGE));
  const [last, hasNext] = [page.at(-1), left.length > page.length];
  return Response.json({
    hasNext,
    ...(hasNext && last ? { nextCursor: writeCursor(last, sort), nextCursorKey: last.name } : {}),
    folders: page.filter(({ id }) => id === null).map(({ key, name }) => ({ key, name })),
    objects: page.filter(({ id }) => id !== null),
  });
}

/** Replaces what is in subfolders by one entry for each, in the place of its first object. */
function withFolders(objects: StoredObject[], prefix: string): Entry[] {
  const entries = new Map<string, Entry>();
  const above = prefix.lastIndexOf("/") + 1;
  for (const object of objects) {
    const slash = object.name.indexOf("/", prefix.length);
    const name = slash < 0 ? object.name : object.name.slice(0, slash + 1);
    if (entries.has(name)) continue;
    const key = name.slice(above).replace(/\/$/, "");
    entries.set(name, slash < 0 ? { ...object, key } : { ...object, id: null, name, key });
  }
  return [...entries.values()];
}

/** Compares by a column and then by name, as bytes. */
function by({ column, order: direction }: Sort) {
  const sign = direction === "asc" ? 1 : -1;
  return (a: StoredObject, b: StoredObject) =>
    sign * (compare(String(a[column]), String(b[column])) || compare(a.name, b.name));
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

function writeCursor(last: StoredObject, { column, order: direction }: Sort): string {
  const cursor = { column, order: direction, value: String(last[column]), name: last.name };
  return Buffer.from(JSON.stringify(cursor)).toString("base64");
}

function readCursor(text: string): z.infer<typeof cursors> | null {
  try {
    return cursors.parse(JSON.parse(Buffer.from(text, "base64").toString()));
  } catch {
    return null;
  }
}
