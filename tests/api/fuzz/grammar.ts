import fc from "fast-check";
import { schemas } from "./exposed.ts";
import { texts, values } from "./values.ts";

const operators = [
  ..."eq neq gt gte lt lte like ilike match imatch is in cs cd ov sl sr nxr nxl adj fts plfts phfts wfts isdistinct".split(
    " ",
  ),
  ..."not.eq not.is not.in not.and eq(any) like(all) ilike(any) fts(english) fts(nonsense) nonsense".split(" "),
];
const embeds = [
  "host(username)",
  "author(*)",
  "event_images(*)",
  "event_images!inner(image_url)",
  "event_qna(question,asker(username),qna_upvotes(*))",
  "comments(*,author(*),posts(*))",
  "posts!inner(*)",
  "people(*)",
  "users(*)",
  "stats(*)",
  "follower(*),following(*)",
  "...events(title)",
  "count()",
  "id.count()",
  "title.sum()",
  "id::text",
  "id::nonsense",
  "id::int",
  "x:id",
  "location->type",
  "location->>coordinates",
  "location_geom",
  "a(b(c(d(e()))))",
];

export const some = <T>(choices: readonly T[]) => fc.constantFrom(...choices);

/** A query parameter: a filter, a logical tree of filters, or a reserved parameter of PostgREST. */
export function parameters(columns: string[], ids: string[]): fc.Arbitrary<[string, string]> {
  const text = texts(ids);
  const column = fc.oneof({ weight: 9, arbitrary: some(columns) }, { weight: 1, arbitrary: text });
  const condition = fc.tuple(some(operators), text).map(([operator, value]) => `${operator}.${value}`);
  const inTree = fc.tuple(column, condition).map(([name, test]) => `${name}.${test}`);
  const tree = fc.array(inTree, { minLength: 1, maxLength: 3 }).map((tests) => `(${tests.join(",")})`);
  const selection = fc
    .array(fc.oneof(column, some(embeds), fc.constant("*")), { minLength: 1, maxLength: 4 })
    .map((names) => names.join(","));
  const order = fc
    .tuple(column, some(["", ".asc", ".desc.nullslast", ".sideways", "->x"]))
    .map(([name, way]) => name + way);
  const pair = (name: fc.Arbitrary<string> | string, value: fc.Arbitrary<string>) =>
    fc.tuple(typeof name === "string" ? fc.constant(name) : name, value);
  return fc.oneof(
    { weight: 5, arbitrary: pair(column, condition) },
    { weight: 3, arbitrary: pair("select", selection) },
    { weight: 2, arbitrary: pair(some(["or", "and", "not.or", "not.and", "event_images.or", "comments.id"]), tree) },
    { weight: 2, arbitrary: pair(some(["order", "event_images.order"]), order) },
    {
      weight: 2,
      arbitrary: pair(some(["limit", "offset", "event_images.limit"]), fc.oneof(some(["0", "1", "1000000"]), text)),
    },
    { weight: 1, arbitrary: pair(some(["on_conflict", "columns"]), fc.oneof(column, text)) },
    { weight: 1, arbitrary: pair(text, text) },
  );
}

export const headers = fc.record(
  {
    Prefer: some([
      "return=representation",
      "return=minimal",
      "return=headers-only",
      "resolution=merge-duplicates,return=representation",
      "resolution=ignore-duplicates",
      "count=exact",
      "count=planned",
      "count=estimated",
      "handling=strict,max-affected=1",
      "missing=default",
      "tx=rollback",
      "params=single-object",
      "timezone=Mars/Olympus",
      "handling=strict,nonsense=1",
      "\u00ff,,;=",
    ]),
    Accept: some([
      "application/json",
      "application/vnd.pgrst.object+json",
      "application/vnd.pgrst.object+json;nulls=stripped",
      "application/vnd.pgrst.plan+json",
      "text/csv",
      "application/geo+json",
      "application/octet-stream",
      "text/xml",
      "image/png",
      "nonsense",
      "*/*",
    ]),
    Range: some(["0-9", "5-1", "-5", "0-", "999999-", "a-b", "0-99999999999999999999", "bytes=0-1"]),
    "Range-Unit": some(["items", "bytes", "bananas"]),
    "Accept-Profile": some([...schemas, "public", "auth", "user_private", "pg_catalog", "a,b", '"']),
    "Content-Profile": some([...schemas, "public", "storage", "post_private", "information_schema", "'"]),
    "Content-Type": some([
      "application/json",
      "text/csv",
      "application/x-www-form-urlencoded",
      "application/octet-stream",
      "text/plain",
      "multipart/form-data",
      "nonsense",
    ]),
  },
  { requiredKeys: [] },
);

/** The text of a JSON object with these names and any values. */
const objects = (names: string[], ids: string[]) =>
  fc
    .uniqueArray(fc.oneof({ weight: 9, arbitrary: some(names) }, { weight: 1, arbitrary: texts(ids) }), {
      maxLength: 5,
    })
    .chain((keys) =>
      fc
        .tuple(...keys.map(() => values(ids)))
        .map((all) => `{${keys.map((key, i) => `${JSON.stringify(key)}:${all[i]}`).join(",")}}`),
    );

export const bodies = (names: string[], ids: string[]) =>
  fc.oneof(
    { weight: 7, arbitrary: objects(names, ids) },
    { weight: 2, arbitrary: fc.array(objects(names, ids), { maxLength: 3 }).map((rows) => `[${rows.join(",")}]`) },
    { weight: 1, arbitrary: values(ids) },
    { weight: 1, arbitrary: texts(ids) },
  );

/** Lone surrogates cannot be encoded in UTF-8, so U+FFFD replaces them. */
export const wellFormed = (text: string) => Buffer.from(text).toString();
export const encode = (text: string) => encodeURIComponent(wellFormed(text));
/** Malformed text that no client library would send: its percent signs are not encoded. */
export const raw = some(["%", "%zz", "%00", "%ff%fe", "a=b=c", "&&", "select", "=", "%C0%80=eq.1"]);
