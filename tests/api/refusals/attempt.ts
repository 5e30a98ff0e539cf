import type { Person } from "../../support/people.ts";
import type { Answer } from "../support/answers.ts";

export type Cast = Record<"ani" | "budi" | "citra", Person>;

/** Something that is refused, and beside it something that is not and differs in one thing. */
export type Attempt = (cast: Cast) => Promise<{ cannot: Answer; can: Answer }>;
