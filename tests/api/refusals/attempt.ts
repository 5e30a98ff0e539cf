import type { Person } from "../../support/people.ts";
import type { Answer } from "../support/answers.ts";

export type Cast = Record<"ani" | "budi" | "citra", Person>;

/** A request that is refused, and one that is granted and differs in a single detail. */
export type Attempt = (cast: Cast) => Promise<{ cannot: Answer; can: Answer }>;
