import { expect, test } from "vitest";
import { conditions, whereClauses } from "./conditions.ts";

const texts = (sql: string) => conditions(sql).map(({ from, to }) => sql.slice(from, to));

test("finds the operands of AND, OR and NOT", () => {
  expect(texts("((a = 1) OR ((b = 2) AND (NOT c)))")).toEqual(["a = 1", "b = 2", "c"]);
});

test("does not split inside parentheses or quotes", () => {
  expect(texts("((lower(a) = 'x AND y') AND (b = ANY (ARRAY['1', '2'])))")).toEqual([
    "lower(a) = 'x AND y'",
    "b = ANY (ARRAY['1', '2'])",
  ]);
});

test("finds the conditions of a subquery", () => {
  const exists = "EXISTS ( SELECT 1\n   FROM t\n  WHERE ((t.id = a) AND t.open))";
  expect(texts(`(${exists} OR refuse('no'::text))`)).toEqual([exists, "t.id = a", "t.open", "refuse('no'::text)"]);
});

test("finds the WHERE clause of each part of a union", () => {
  const view = " SELECT b.x\n   FROM b\n  WHERE (b.x = 1)\nUNION ALL\n SELECT c.x\n   FROM c\n  WHERE c.y;";
  expect(whereClauses(view).map(({ from, to }) => view.slice(from, to))).toEqual(["(b.x = 1)", "c.y"]);
});
