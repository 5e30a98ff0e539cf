import { describe, expect, test } from "vitest";
import { postgresTypes } from "../../stack/api/wire-format.ts";

const read = (type: string, text: string) => postgresTypes[type]!.parse(text);
const write = (type: string, value: unknown) => postgresTypes[type]!.serialize(value);

/** What the recorded responses of PostgREST do not cover: unusual values, and JSON to PostgreSQL. */
describe("from PostgreSQL to JSON", () => {
  test.each([
    ["numeric", "10.50", 10.5],
    ["numeric", "NaN", "NaN"],
    ["bigint", "-9007199254740991", -9007199254740991],
    ["float8", "Infinity", "Infinity"],
    ["timestamptz", "2026-01-02 03:04:05.678901+00", "2026-01-02T03:04:05.678901+00:00"],
    ["timestamptz", "0044-03-15 12:00:00+05:30 BC", "0044-03-15T12:00:00+05:30 BC"],
    ["timestamptz", "-infinity", "-infinity"],
    ["bytea", "\\x0102", "\\x0102"],
    ["boolean", "f", false],
    ["_text", '{a,NULL,"NULL","b \\"c\\\\",""}', ["a", null, "NULL", 'b "c\\', ""]],
    [
      "_int4",
      "{{1,2},{3,NULL}}",
      [
        [1, 2],
        [3, null],
      ],
    ],
    ["_int4", "[0:1]={5,6}", [5, 6]],
    ["_jsonb", '{"{\\"a\\": 1}"}', [{ a: 1 }]],
    ["_text", "{}", []],
  ])("%s %s", (type, text, expected) => {
    expect(read(type, text)).toEqual(expected);
  });
});

describe("from JSON to PostgreSQL", () => {
  test.each([
    ["jsonb", { a: [1, null] }, '{"a":[1,null]}'],
    ["jsonb", '{"a":1}', '{"a":1}'],
    ["jsonb", "plain words", '"plain words"'],
    ["bytea", new Uint8Array([1, 255]), "\\x01ff"],
    ["boolean", true, "t"],
    ["boolean", "nonsense", "nonsense"],
    ["_text", ["a", null, 'b "c\\'], '{"a",NULL,"b \\"c\\\\"}'],
    [
      "_int4",
      [
        [1, 2],
        [3, null],
      ],
      '{{"1","2"},{"3",NULL}}',
    ],
    ["_text", "{already,written}", "{already,written}"],
  ])("%s %j", (type, value, expected) => {
    expect(write(type, value)).toBe(expected);
  });
});
