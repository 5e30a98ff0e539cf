import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connect } from "../support/database.ts";
import { runTapFile, tapFiles } from "./tap.ts";

// The files of supabase/tests, as `supabase test db` runs them: in the order of their names, the helpers first.
describe("pgTAP", () => {
  let client: pg.Client;
  let hadPgtap = true;
  beforeAll(async () => {
    client = await connect();
    const found = await client.query("select from pg_extension where extname = 'pgtap'");
    hadPgtap = found.rowCount === 1;
    await client.query("create extension if not exists pgtap with schema extensions");
  });
  afterAll(async () => {
    await client.query("drop schema if exists tests cascade");
    if (!hadPgtap) await client.query("drop extension pgtap");
    await client.end();
  });

  for (const file of tapFiles()) {
    test(file.name, async () => {
      const result = await runTapFile(client, file);
      const mistakes = [...result.failed, ...(result.broken ? [result.broken] : [])];
      expect(mistakes.join("\n")).toBe("");
      expect(result.passed.length).toBeGreaterThan(0);
    });
  }
});
