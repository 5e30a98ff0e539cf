/**
 * How PostgreSQL's values become JSON, the same as in PostgREST, which lets PostgreSQL write the JSON itself: numbers as
 * numbers, timestamps in ISO 8601, bytea as `\x` hex, a null inside an array as null.
 */

type Parse = (text: string) => unknown;
type Serialize = (value: unknown) => unknown;
type Type = { oid: number; array: number; parse: Parse; serialize: Serialize };

/** The shape that the `postgres` package takes in its option `types`. */
export type PostgresTypes = Record<
  string,
  { to: number; from: number[]; parse: (raw: string) => unknown; serialize: (value: unknown) => unknown }
>;

const asText: Parse = (text) => text;
/** NaN and the infinities are no JSON numbers; PostgreSQL writes them as strings too. */
const asNumber: Parse = (text) => {
  const number = Number(text);
  return Number.isFinite(number) ? number : text;
};

/** `2026-01-02 03:04:05+00` becomes `2026-01-02T03:04:05+00:00`. */
const asTimestamp: Parse = (text) =>
  /^-?infinity$/.test(text) ? text : text.replace(" ", "T").replace(/([+-]\d\d)(?=$| BC)/, "$1:00");

/** JSON of another type than the column's goes to PostgreSQL as it is written: it takes or refuses it. */
const asWritten: Serialize = (value) =>
  typeof value === "string" ? value : typeof value === "object" ? JSON.stringify(value) : String(value);

const toHex: Serialize = (value) =>
  value instanceof Uint8Array ? `\\x${Buffer.from(value).toString("hex")}` : asWritten(value);

const toBoolean: Serialize = (value) => {
  if (value === true || value === "t" || value === "true") return "t";
  if (value === false || value === "f" || value === "false") return "f";
  return asWritten(value);
};

/** What already is JSON stays as it is: lite hands over some values as text, others as objects. */
const toJson: Serialize = (value) => {
  if (typeof value !== "string") return JSON.stringify(value);
  try {
    JSON.parse(value);
    return value;
  } catch {
    return JSON.stringify(value);
  }
};

/** Reads an array's text form, `{a,"b c",NULL,{nested}}`. Drivers give back the word NULL where the element is null. */
function parseArray(parse: Parse): Parse {
  return (text) => {
    const tokens = text.slice(text.indexOf("{")).matchAll(/[{}]|"((?:[^"\\]|\\.)*)"|[^{},"]+/g);
    const root: unknown[] = [];
    const open = [root];
    for (const [token, quoted] of tokens) {
      const current = open.at(-1)!;
      if (token === "{") {
        const nested: unknown[] = [];
        current.push(nested);
        open.push(nested);
      } else if (token === "}") open.pop();
      else if (quoted !== undefined) current.push(parse(quoted.replace(/\\(.)/gs, "$1")));
      else current.push(token === "NULL" ? null : parse(token));
    }
    return root[0];
  };
}

function serializeArray(serialize: Serialize): Serialize {
  const element = (value: unknown): string => {
    if (value === null || value === undefined) return "NULL";
    if (Array.isArray(value)) return write(value);
    return `"${String(serialize(value)).replace(/["\\]/g, "\\$&")}"`;
  };
  const write = (values: unknown[]): string => `{${values.map(element).join(",")}}`;
  return (value) => (Array.isArray(value) ? write(value) : asWritten(value));
}

const TYPES: Record<string, Type> = {
  boolean: { oid: 16, array: 1000, parse: (text) => text === "t", serialize: toBoolean },
  bytea: { oid: 17, array: 1001, parse: asText, serialize: toHex },
  bigint: { oid: 20, array: 1016, parse: asNumber, serialize: asWritten },
  int2: { oid: 21, array: 1005, parse: asNumber, serialize: asWritten },
  int4: { oid: 23, array: 1007, parse: asNumber, serialize: asWritten },
  float4: { oid: 700, array: 1021, parse: asNumber, serialize: asWritten },
  float8: { oid: 701, array: 1022, parse: asNumber, serialize: asWritten },
  numeric: { oid: 1700, array: 1231, parse: asNumber, serialize: asWritten },
  text: { oid: 25, array: 1009, parse: asText, serialize: asWritten },
  varchar: { oid: 1043, array: 1015, parse: asText, serialize: asWritten },
  uuid: { oid: 2950, array: 2951, parse: asText, serialize: asWritten },
  json: { oid: 114, array: 199, parse: JSON.parse, serialize: toJson },
  jsonb: { oid: 3802, array: 3807, parse: JSON.parse, serialize: toJson },
  timestamp: { oid: 1114, array: 1115, parse: asTimestamp, serialize: asWritten },
  timestamptz: { oid: 1184, array: 1185, parse: asTimestamp, serialize: asWritten },
  date: { oid: 1082, array: 1182, parse: asText, serialize: asWritten },
  time: { oid: 1083, array: 1183, parse: asText, serialize: asWritten },
  timetz: { oid: 1266, array: 1270, parse: asText, serialize: asWritten },
};

export const postgresTypes: PostgresTypes = Object.fromEntries(
  Object.entries(TYPES).flatMap(([name, { oid, array, parse, serialize }]) => [
    [name, { to: oid, from: [oid], parse, serialize }],
    [`_${name}`, { to: array, from: [array], parse: parseArray(parse), serialize: serializeArray(serialize) }],
  ]),
);
