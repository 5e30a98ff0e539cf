import { afterAll, beforeAll } from "vitest";
import { adminLinkTests } from "./auth/admin-links.ts";
import { adminUserTests } from "./auth/admin-users.ts";
import { codeTests } from "./auth/codes.ts";
import { linkTests } from "./auth/links.ts";
import { requestTests } from "./auth/requests.ts";
import { tokenTests } from "./auth/tokens.ts";
import { startAuthDesk, stopAuthDesk } from "./support/auth-desk.ts";

beforeAll(startAuthDesk, 60_000);
afterAll(stopAuthDesk);

tokenTests();
linkTests();
codeTests();
adminUserTests();
adminLinkTests();
requestTests();
