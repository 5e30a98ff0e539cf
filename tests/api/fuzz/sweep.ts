import fc from "fast-check";
import type { Exposed } from "./exposed.ts";
import { type Asked, BLINDING, objectOf } from "./requests.ts";
import type { Ids } from "./values.ts";

/**
 * Covers what random requests may miss: every granted write, over all rows of every table, by both people.
 * Deletes come last, when the callers own rows.
 */
export function sweep({ relations }: Exposed, ids: Ids, seed: number | undefined): Asked[] {
  let drawn = 0;
  const draw = (arbitrary: fc.Arbitrary<string>, count: number) =>
    fc.sample(arbitrary, { seed: seed === undefined ? undefined : seed + ++drawn, numRuns: count });
  const asked: Asked[] = [];
  for (const step of ["insert", "update", "delete"] as const) {
    for (const { schema, name, slots } of relations) {
      const granted = slots.filter((slot) => slot.grants.includes(step as "insert"));
      const bodies = {
        insert: granted.length > 0 && name !== BLINDING ? draw(objectOf(granted, ids), 4) : [],
        update: granted.flatMap((slot) => draw(objectOf([slot], ids), 1)),
        delete: [undefined],
      }[step];
      const key = slots[0]!.name;
      for (const body of bodies) {
        for (const caller of ["stranger", "blocked"] as const) {
          asked.push({
            caller,
            token: "",
            method: { insert: "POST", update: "PATCH", delete: "DELETE" }[step],
            path: `/rest/v1/${name}${step === "insert" ? "" : `?${key}=not.is.null`}`,
            headers: { "Content-Profile": schema },
            body,
          });
        }
      }
    }
  }
  return asked;
}
