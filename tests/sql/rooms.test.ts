import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { findStaleFiles } from "../../scripts/build-sql.ts";

const root = resolve(import.meta.dirname, "../..");
const read = (path: string) => readFileSync(resolve(root, path), "utf8");

const folders = ["user", "event", "post", "ticket", "templates"].map((name) => `db/services/${name}`);
const parts = [...folders, "db/one_database"].flatMap((folder) =>
  readdirSync(resolve(root, folder)).map((name) => `${folder}/${name}`),
);

describe("the parts of the SQL", () => {
  it("build the files that are checked in (npm run db:build)", () => {
    expect(findStaleFiles()).toEqual([]);
  });

  it("each is short and says first what it contains", () => {
    for (const path of parts.filter((part) => !part.includes("/templates/"))) {
      expect(read(path), path).toMatch(/^-- \S/);
      expect(read(path).split("\n").length, path).toBeLessThan(400);
    }
  });

  it("each has a pgTAP test of its name", () => {
    const tests = readdirSync(resolve(root, "supabase/tests"), { recursive: true, encoding: "utf8" });
    const missing = parts
      .filter((part) => !part.includes("/templates/"))
      .filter((part) => {
        const [, folder, topic] = /(\w+)\/\d+_(\w+)\.sql$/.exec(part)!;
        // A part of one_database continues the topic of a service.
        const named = folder === "one_database" ? `/${topic}.test.sql` : `${folder}_service/${topic}.test.sql`;
        return !testedElsewhere.has(topic!) && !tests.some((test) => `/${test}`.endsWith(named));
      });
    expect(missing).toEqual([]);
  });
});

/** Topics without a file of their own, and what tests them instead. */
const testedElsewhere = new Map([
  ["foundation", "tests/api/refusals.test.ts, tests/api/cursors.test.ts, tests/server/standalone.test.ts"],
  ["foreign_keys", "supabase/tests/catalogue/tables.test.sql"],
  ["later_services", "user_service/invitations.test.sql, event_service/event_cards.test.sql"],
  ["effects", "the tests of the services, and tests/server/storms.test.ts"],
]);
