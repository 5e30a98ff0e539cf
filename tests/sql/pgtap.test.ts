import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connect } from "../support/database.ts";
import { runTapFile, tapFiles } from "./tap.ts";

// Runs supabase/tests as `supabase test db` does: by name, the helpers first.
const [helpers, ...files] = tapFiles();

describe("pgTAP", () => {
  let client: pg.Client;
  let hadPgtap = true;
  beforeAll(async () => {
    client = await connect();
    const found = await client.query("select from pg_extension where extname = 'pgtap'");
    hadPgtap = found.rowCount === 1;
    await client.query("create extension if not exists pgtap with schema extensions");
    expect((await runTapFile(client, helpers!)).broken).toBeUndefined();
  });
  afterAll(async () => {
    await client.query("drop schema if exists tests cascade");
    if (!hadPgtap) await client.query("drop extension pgtap");
    await client.end();
  });

  // The helpers run in beforeAll, so that a single file can be selected by name (vitest's -t).
  for (const file of files) {
    test(file.name, async () => {
      const result = await runTapFile(client, file);
      const mistakes = [...result.failed, ...(result.broken ? [result.broken] : [])];
      expect(mistakes.join("\n")).toBe("");
      expect(result.passed.length + result.skipped.length).toBeGreaterThan(0);
      for (const reason of result.skipped) console.log(`NOT RUN: ${file.name}: ${reason}`);
    });
  }
});
