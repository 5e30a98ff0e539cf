import { afterAll, beforeAll, describe } from "vitest";
import { addressTests } from "./api/addresses.ts";
import { authAndStorageTests } from "./api/auth-storage.ts";
import { gatewayTests } from "./api/gateway.ts";
import { realtimeTests } from "./api/realtime.ts";
import { restTests } from "./api/rest.ts";
import { storageFilesTests } from "./api/storage-files.ts";
import { storageListsTests } from "./api/storage-lists.ts";
import { storagePoliciesTests } from "./api/storage-policies.ts";
import { storageRefusalsTests } from "./api/storage-refusals.ts";
import { type Desk, MAX_ROWS, startDesk } from "./support/desk.ts";

/** One database and API for all HTTP tests, because starting them takes longer than the tests. */
let desk: Desk;
beforeAll(async () => {
  desk = await startDesk({ maxRows: MAX_ROWS, studio: true });
}, 60_000);
afterAll(() => desk?.stop());

describe("REST", () => restTests(() => desk));
describe("gateway and Studio", () => gatewayTests(() => desk));
describe("addresses", () => addressTests(() => desk));
describe("Realtime", () => realtimeTests(() => desk));
describe("auth and storage", () => authAndStorageTests(() => desk));
describe("storage: files", () => storageFilesTests(() => desk));
describe("storage: lists and buckets", () => storageListsTests(() => desk));
describe("storage: policies", () => storagePoliciesTests(() => desk));
describe("storage: refusals", () => storageRefusalsTests(() => desk));
