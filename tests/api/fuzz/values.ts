import fc from "fast-check";
import type { Slot } from "./exposed.ts";

/** Texts that often break servers. */
const notorious = [
  "",
  " ",
  "null",
  "NaN",
  "Infinity",
  "-Infinity",
  "-1",
  "0",
  "1e999",
  "9223372036854775808",
  "99999999999999999999999999999999",
  "1.5",
  "true",
  "'",
  '"',
  "\\",
  "';drop table user_service.users;--",
  "1) or (1=1",
  "' or ''='",
  "$1",
  "%",
  "%00",
  "_",
  "*",
  "(",
  ")",
  "((((((((",
  "[]",
  "{}",
  "{a,b}",
  "{{1},{2,3}}",
  '{"a":1}',
  "[1,2)",
  "(,)",
  "(1,2,3)",
  "a,b.c:d",
  "infinity",
  "-infinity",
  "now",
  "2026-02-30",
  "999999-01-01T00:00:00Z",
  "00:00:61",
  "\u0000",
  "a\u0000b",
  "\ud83e\udd65🏝️👩‍👩‍👧",
  "ﷺ\u202e\u200d\ufeff",
  "\ud800",
  "é".normalize("NFD"),
  "İstanbul",
  "../../etc/passwd",
  "pg_sleep(5)",
  "authenticated",
  "service_role",
  "auth.uid()",
  "11111111-1111-4111-8111-111111111111",
  "not-a-uuid",
];

/** Texts as long as a URL allows, and longer. */
const long = ["x".repeat(700), "🥥".repeat(100), "(".repeat(500), "' ".repeat(300), "a:* & ".repeat(100)];
const huge = [...long.map((text) => text.repeat(20)), "x".repeat(200_000)];

/** A text: a troublesome one, random characters, a long one, or an existing id. */
export const texts = (ids: string[]) =>
  fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom(...notorious) },
    { weight: 3, arbitrary: fc.constantFrom(...ids) },
    { weight: 2, arbitrary: fc.string({ unit: "binary", maxLength: 20 }) },
    { weight: 2, arbitrary: fc.string({ unit: "grapheme-ascii", maxLength: 12 }) },
    { weight: 1, arbitrary: fc.constantFrom(...long) },
  );

const deep = (depth: number, open: string, close: string) => open.repeat(depth) + close.repeat(depth);

/** A JSON document as text: any value, a deeply nested one, or malformed JSON. */
export const values = (ids: string[]): fc.Arbitrary<string> => {
  const scalar = fc.oneof(
    texts(ids).map((text) => JSON.stringify(text)),
    fc.constantFrom(...huge.map((text) => JSON.stringify(text))),
    fc.constantFrom("null", "true", "0", "-1", "1e400", "-0", "1.5", "2147483648", "9007199254740993", "1e-400"),
  );
  return fc.oneof(
    { weight: 8, arbitrary: scalar },
    { weight: 1, arbitrary: fc.json({ maxDepth: 4 }) },
    { weight: 1, arbitrary: fc.array(scalar, { maxLength: 4 }).map((items) => `[${items.join(",")}]`) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        deep(5_000, "[", "]"),
        deep(500, '{"a":', "").replace(/$/, `1${"}".repeat(500)}`),
        "[[[]]",
        "NaN",
        "undefined",
        "'a'",
      ),
    },
  );
};

const times = fc.constantFrom(
  "2026-01-01T00:00:00Z",
  "2030-05-05T10:00:00+07:00",
  "2030-05-05T12:00:00+07:00",
  "2031-01-01",
);

/** Existing ids by the kind of row. */
export type Ids = Record<"people" | "events" | "questions" | "posts" | "comments" | "options", string[]>;

function idsFor(name: string, ids: Ids): string[] {
  if (/event_id$/.test(name)) return ids.events;
  if (/parent_comment_id$/.test(name)) return ids.comments;
  if (/post_id$|likeable_id$/.test(name)) return ids.posts;
  if (/question_id$/.test(name)) return ids.questions;
  if (/option_id$/.test(name)) return ids.options;
  return /._id$/.test(name) ? ids.people : Object.values(ids).flat();
}

/** A value, usually valid, for the type of a column or an argument, as text. */
export function fitting({ name, type, labels }: Slot, ids: Ids): fc.Arbitrary<string> {
  if (labels.length > 0) return fc.constantFrom(...labels);
  if (type === "uuid") return fc.constantFrom(...idsFor(name, ids));
  if (type === "boolean") return fc.constantFrom("true", "false");
  if (/^(integer|bigint|smallint)$/.test(type)) return fc.nat(12).map(String);
  if (/^(numeric|double precision)/.test(type)) return fc.constantFrom("0", "4.5", "-6.2", "106.8", "50000");
  if (/^(timestamp|date)/.test(type)) return times;
  if (type.endsWith("[]")) return fc.constantFrom("{}", "{a}", "{coffee}", "{Gayo,Toraja}");
  return fc.constantFrom("ngopi", "a", "Kopi tubruk?", "vera", "secret", "id", "x/y.png", "IDR");
}

/** A value, usually valid, for the type of a column or an argument, as JSON. */
export const fittingJson = (slot: Slot, ids: Ids) =>
  fitting(slot, ids).map((text) => {
    if (slot.type.endsWith("[]")) return JSON.stringify(text.slice(1, -1).split(",").filter(Boolean));
    return /^(integer|bigint|smallint|numeric|double|boolean)/.test(slot.type) ? text : JSON.stringify(text);
  });
