import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, it } from "vitest";
import { generateTypes } from "../scripts/generate-types.ts";
import { target } from "./support/database.ts";

it("types/database.ts matches the migrations (otherwise run `npm run types`)", async () => {
  const written = readFileSync(resolve(import.meta.dirname, "../types/database.ts"), "utf8");
  expect((await generateTypes(target().databaseUrl)).split("\n")).toEqual(written.split("\n"));
});
