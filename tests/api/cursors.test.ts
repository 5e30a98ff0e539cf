import { beforeAll, describe, test } from "vitest";
import { type Person, signUp } from "../support/people.ts";
import { expectRefusal, ok } from "./support/answers.ts";
import { type ListName, listNames, lists } from "./support/lists.ts";
import { befriend, host, join, post } from "./support/scenes.ts";

let ani: Person;
let budi: Person;
let all: ReturnType<typeof lists>;
/** The id in the cursors of each list, read from a returned cursor. */
const ids = new Map<ListName, string>();

beforeAll(async () => {
  ani = await signUp("ani");
  budi = await signUp("budi");
  await befriend(ani, budi);
  const word = ani.username.split("_").at(-1)!;
  const place = { location_lat: -3.7, location_lng: 128.18 };
  const event_id = await host(ani, { ...place, title: word, max_attendees: 5 });
  ok(await join(ani, event_id));
  await post(ani, { content: word });
  all = lists({ lat: -3.7, lng: 128.18, word, author_id: ani.id, event_id });
  for (const name of listNames) {
    const [first] = ok(await all[name].get(budi.client, {}));
    ids.set(name, JSON.parse(Buffer.from(first!.cursor!, "base64url").toString()).id);
  }
});

const encode = (text: string) => Buffer.from(text).toString("base64url");

describe("refuses a cursor that the list did not return", () => {
  const forms: [string, (kind: string, id: string) => string][] = [
    ["empty", () => ""],
    ["plain text", () => "next page please"],
    ["invalid base64", () => "%%%%"],
    ["base64 of invalid JSON", () => encode("hello")],
    ["bytes that are not UTF-8", () => Buffer.from([0xff, 0xfe, 0x80]).toString("base64url")],
    ["a number", () => encode("42")],
    ["null", () => encode("null")],
    ["an array", (_, id) => encode(`["near","${id}"]`)],
    ["an empty object", () => encode("{}")],
    [
      "an object without an id",
      (kind, _id) => encode(JSON.stringify({ kind, time: "2026-01-01", name: "a", place: 1, distance: 1 })),
    ],
    [
      "an invalid id",
      (kind, _id) =>
        encode(JSON.stringify({ kind, id: "1 or 1=1", time: "2026-01-01", name: "a", place: 1, distance: 1 })),
    ],
    ["an id without sort keys", (kind, id) => encode(JSON.stringify({ kind, id }))],
    [
      "sort keys that are not times or numbers",
      (kind, id) => encode(JSON.stringify({ kind, id, time: "soon", place: "first", distance: "far", name: null })),
    ],
    [
      "sort keys of other types",
      (kind, id) => encode(JSON.stringify({ kind, id, time: {}, place: [], distance: {}, name: null })),
    ],
    [
      "sort keys out of range",
      (kind, id) =>
        encode(
          JSON.stringify({ kind, id, time: "999999-01-01", name: null }).replace(
            "}",
            ',"place":1e999,"distance":1e999}',
          ),
        ),
    ],
    [
      "U+0000 in a key",
      (kind, id) =>
        encode(
          `{"kind":"${kind}","id":"${id}","name":"\\u0000","time":"\\u0000","place":"\\u0000","distance":"\\u0000"}`,
        ),
    ],
    [
      "a cursor of another list",
      (kind, id) =>
        encode(JSON.stringify({ kind: `${kind}s`, id, time: "2026-01-01", name: "a", place: 1, distance: 1 })),
    ],
    ["emoji", () => "🥥".repeat(30)],
    ["a megabyte of text", () => "A".repeat(2 ** 20)],
  ];

  describe.each(listNames)("%s", (name) => {
    test.each(forms)("%s", async (_, form) => {
      const { get, kind } = all[name];
      expectRefusal(await get(budi.client, { cursor: form(kind, ids.get(name)!) }), "malformed_cursor");
    });

    test("accepts its own cursor", async () => {
      const [first] = ok(await all[name].get(budi.client, { page_size: 1 }));
      ok(await all[name].get(budi.client, { cursor: first!.cursor! }));
    });
  });
});
