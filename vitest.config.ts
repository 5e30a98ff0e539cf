import { writeFileSync } from "node:fs";
import { defineConfig } from "vitest/config";
import type { Reporter } from "vitest/node";

// `npm test` runs this once for each database there is (tests/run.ts); TEST_TARGET says for which.
const onServer = process.env.TEST_TARGET === "server";

/** Tells tests/run.ts how many tests were run. */
const count: Reporter = {
  onTestRunEnd(modules) {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const ran = tests.filter((test) => test.result().state !== "skipped").length;
    if (process.env.TEST_COUNT_FILE) writeFileSync(process.env.TEST_COUNT_FILE, String(ran));
  },
};

export default defineConfig({
  test: {
    include: ["tests/**/*.test.ts"],
    // What needs a server cannot run on the embedded database; what tests the embedded stack need not run twice.
    exclude: onServer ? ["tests/stack/**"] : ["tests/server/**"],
    globalSetup: ["tests/support/global-setup.ts"],
    // One file at a time: the suites share a database, and the embedded one has a single backend.
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    reporters: ["default", count],
  },
});
