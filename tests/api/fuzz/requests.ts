import fc from "fast-check";
import type { Exposed, Relation, Slot } from "./exposed.ts";
import { bodies, encode, headers, parameters, raw, some, wellFormed } from "./grammar.ts";
import { fitting, fittingJson, type Ids } from "./values.ts";

export type Caller = "anonymous" | "stranger" | "blocked" | "malformed";
export type Asked = {
  caller: Caller;
  token: string;
  method: string;
  path: string;
  headers: Record<string, string>;
  body?: string;
};

const callers = fc.oneof(
  { weight: 4, arbitrary: some<Caller>(["stranger", "blocked"]) },
  { weight: 2, arbitrary: fc.constant<Caller>("anonymous") },
  { weight: 1, arbitrary: fc.constant<Caller>("malformed") },
);
const tokens = some([
  "",
  "x",
  "a.b.c",
  "eyJhbGciOiJub25lIn0.eyJyb2xlIjoic2VydmljZV9yb2xlIn0.",
  "null",
  "\u00e9",
  "Bearer",
  "ey".repeat(2_000),
]);

const join = (pairs: string[][]) => pairs.map(([name, value]) => `${encode(name!)}=${encode(value!)}`);

type Place = { schema: string; path: string; slots: Slot[]; methods: string[] };

/** A request of which any part may be invalid. */
function hostile({ schema, path, slots, methods }: Place, known: Ids): fc.Arbitrary<Asked> {
  const ids = Object.values(known).flat();
  const names = slots.length > 0 ? slots.map((slot) => slot.name) : ["x"];
  const query = fc
    .tuple(fc.array(parameters(names, ids), { maxLength: 4 }), fc.option(raw, { freq: 12, nil: undefined }))
    .map(([pairs, extra]) => [...join(pairs), ...(extra ? [extra] : [])].join("&"));
  return fc
    .record({
      caller: callers,
      token: tokens,
      method: some(methods),
      query,
      headers,
      body: bodies(names, ids),
      own: fc.nat(9),
    })
    .map(({ query, headers, body, own, ...rest }) => ({
      ...rest,
      path: `/rest/v1/${path}${query && `?${query}`}`,
      // Nine in ten requests name the right schema.
      headers: own > 0 ? { ...headers, "Accept-Profile": schema, "Content-Profile": schema } : headers,
      body: ["GET", "HEAD"].includes(rest.method) ? undefined : wellFormed(body),
    }));
}

export const objectOf = (chosen: Slot[], ids: Ids) =>
  fc
    .tuple(...chosen.map((slot) => fittingJson(slot, ids)))
    .map((values) => `{${chosen.map((slot, i) => `${JSON.stringify(slot.name)}:${values[i]}`).join(",")}}`);

const someOf = (slots: Slot[], minLength: number, maxLength: number) =>
  fc.uniqueArray(some(slots), { minLength, maxLength, selector: (slot) => slot.name });

/** A valid request, for rows that may belong to others. */
function plausible({ schema, path, slots, methods }: Place, embedded: string[], ids: Ids): fc.Arbitrary<Asked> {
  const filter = some(slots).chain((slot) =>
    fc
      .tuple(some(["eq", "eq", "neq", "gte", "lt", "is.null", "not.is.null"]), fitting(slot, ids))
      .map(([operator, value]) => [slot.name, operator.endsWith("null") ? operator : `${operator}.${value}`]),
  );
  const selection = fc
    .tuple(
      fc.constantFrom("*", "id", slots[0]!.name),
      fc.subarray(embedded, { maxLength: Math.min(2, embedded.length) }),
    )
    .map(([own, others]) => ["select", [own, ...others.map((name) => `${name}(*)`)].join(",")]);
  // Mostly writable columns, because the grants alone refuse any other.
  const bodyFor = (command: "insert" | "update") => {
    const granted = slots.filter((slot) => slot.grants.includes(command));
    const of = (choice: Slot[], fewest: number) => someOf(choice, fewest, 6).chain((chosen) => objectOf(chosen, ids));
    if (granted.length === 0) return of(slots, 1);
    return fc.oneof(
      { weight: 4, arbitrary: of(granted, command === "insert" ? Math.min(2, granted.length) : 1) },
      { weight: 1, arbitrary: of(slots, 1) },
    );
  };
  const prefer = some([
    "return=representation",
    "return=minimal",
    "count=exact,return=representation",
    "return=representation,resolution=ignore-duplicates",
    "return=representation,resolution=merge-duplicates",
  ]);
  return fc
    .record({
      caller: callers,
      token: tokens,
      method: some(methods),
      filters: fc.array(filter, { maxLength: 2 }),
      selection: fc.option(selection),
      prefer,
      insert: bodyFor("insert"),
      update: bodyFor("update"),
    })
    .map(({ filters, selection, prefer, insert, update, ...rest }) => {
      const inBody = rest.method === "POST";
      const query = join([...(inBody ? [] : filters), ...(selection ? [selection] : [])]).join("&");
      return {
        ...rest,
        path: `/rest/v1/${path}${query && `?${query}`}`,
        headers: { Prefer: prefer, "Accept-Profile": schema, "Content-Profile": schema },
        body: inBody ? insert : rest.method === "PATCH" ? update : undefined,
      };
    });
}

/** A function call with mostly valid arguments. */
function call({ schema, path, slots }: Place, ids: Ids): fc.Arbitrary<Asked> {
  const body = fc
    .tuple(fc.subarray(slots), fc.tuple(...slots.map((slot) => fittingJson(slot, ids))))
    .map(
      ([chosen, values]) =>
        `{${chosen.map((slot) => `${JSON.stringify(slot.name)}:${values[slots.indexOf(slot)]}`).join(",")}}`,
    );
  return fc
    .record({ caller: callers, token: tokens, body })
    .map((asked) => ({ ...asked, method: "POST", path: `/rest/v1/${path}`, headers: { "Content-Profile": schema } }));
}

/** A caller who blocks the victims no longer sees anything of theirs, which would weaken all later requests. */
export const BLINDING = "blocks";

/** Any request to any exposed table, view or function, by any caller. */
export function requests({ relations, routines }: Exposed, ids: Ids): fc.Arbitrary<Asked> {
  const at = (
    { schema, name, slots }: Pick<Relation, "schema" | "name" | "slots">,
    prefix: string,
    methods: string[],
  ) => ({
    schema,
    path: prefix + name,
    slots,
    methods,
  });
  const rows = ["GET", "GET", "HEAD", "POST", "POST", "PATCH", "DELETE", "PUT", "OPTIONS"];
  const writable = relations.filter(
    ({ name, slots }) => name !== BLINDING && slots.some(({ grants }) => grants.length > 0),
  );
  const elsewhere = some([
    "",
    "nonsense",
    "rpc/",
    "rpc/pg_sleep",
    "rpc/refuse",
    "users%00",
    "..%2f..%2f_system",
    '"users"',
  ]);
  return fc.oneof(
    { weight: 5, arbitrary: some(relations).chain((table) => plausible(at(table, "", ["GET"]), table.embeds, ids)) },
    {
      weight: 9,
      arbitrary: some(writable).chain((table) =>
        plausible(at(table, "", ["POST", "POST", "PATCH", "PATCH", "DELETE"]), table.embeds, ids),
      ),
    },
    { weight: 7, arbitrary: some(relations).chain((table) => hostile(at(table, "", rows), ids)) },
    { weight: 4, arbitrary: some(routines).chain((routine) => call(at(routine, "rpc/", []), ids)) },
    {
      weight: 3,
      arbitrary: some(routines).chain((routine) =>
        hostile(at(routine, "rpc/", ["GET", "POST", "POST", "HEAD", "PUT"]), ids),
      ),
    },
    {
      weight: 1,
      arbitrary: elsewhere.chain((path) =>
        hostile({ schema: "user_service", path, slots: [], methods: ["GET", "POST", "PATCH", "DELETE"] }, ids),
      ),
    },
  );
}
