import { afterAll, beforeAll, describe } from "vitest";
import { addressTests } from "./api/addresses.ts";
import { authAndStorageTests } from "./api/auth-storage.ts";
import { gatewayTests } from "./api/gateway.ts";
import { realtimeTests } from "./api/realtime.ts";
import { restTests } from "./api/rest.ts";
import { storageTests } from "./api/storage.ts";
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
describe("storage", () => storageTests(() => desk));
