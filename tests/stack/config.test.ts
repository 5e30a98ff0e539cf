import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readConfig } from "../../stack/index.ts";

let path: string;
beforeAll(() => {
  path = join(mkdtempSync(join(tmpdir(), "anigmaa-config-")), "config.toml");
});
afterAll(() => rmSync(join(path, ".."), { recursive: true }));

const read = (frequency: string) => {
  writeFileSync(path, `[auth.email]\nmax_frequency = "${frequency}"\n`);
  return readConfig(path).auth.email.max_frequency;
};

test.each(["0s", "1s", "1m30s", "0.5h"])("max_frequency may be %s", (frequency) => {
  expect(read(frequency)).toBe(frequency);
});

test.each(["1x", "", "10", "-1s"])(
  "a max_frequency of '%s' is an error that names the file and the setting",
  (frequency) => {
    expect(() => read(frequency)).toThrow(/config\.toml: .*must be a duration such as 1s.*auth\.email\.max_frequency/s);
  },
);
