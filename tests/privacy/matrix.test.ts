import { describe } from "vitest";
import { embeds } from "./suites/embeds.ts";
import { refusals } from "./suites/errors.ts";
import { functions } from "./suites/functions.ts";
import { tables } from "./suites/tables.ts";
import { views } from "./suites/views.ts";
import { openStage, useStage } from "./world/stage.ts";

// All suites share one world, because building it takes longer than testing it.
useStage(openStage);

describe("tables", tables);
describe("views", views);
describe("embeds", embeds);
describe("functions", functions);
describe("refusals", refusals);
