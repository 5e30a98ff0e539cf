import { writeFileSync } from "node:fs";
import { defineConfig } from "vitest/config";
import type { Reporter } from "vitest/node";

const storms = ["tests/server/{storms,notices,seats,locks}.test.ts"];
const crashes = ["tests/server/crashes.test.ts"];

/** The files of each part of the suites. `npm test` runs the parts at the same time (tests/run.ts). */
const parts: Record<string, { include: string[]; exclude: string[] }> = {
  // What needs a server cannot run on the embedded database.
  embedded: { include: ["tests/**/*.test.ts"], exclude: ["tests/server/**"] },
  // What tests the embedded stack or files alone need not run twice.
  server: {
    include: ["tests/**/*.test.ts"],
    exclude: [
      "tests/stack/**",
      "tests/types.test.ts",
      "tests/sql/rooms.test.ts",
      "tests/mutation/**",
      ...storms,
      ...crashes,
    ],
  },
  storms: { include: storms, exclude: [] },
  crashes: { include: crashes, exclude: [] },
};

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
    ...parts[process.env.TEST_PART ?? "embedded"],
    globalSetup: ["tests/support/global-setup.ts"],
    // One file at a time: the files of a part share a database.
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    reporters: ["default", count],
  },
});
