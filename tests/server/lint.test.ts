import { execFileSync } from "node:child_process";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { target } from "../support/database.ts";

const root = resolve(import.meta.dirname, "../..");
const schemas = ["user", "event", "post", "ticket"].flatMap((service) => [`${service}_service`, `${service}_private`]);

/** Findings that stay, each with its reason. */
const accepted: { name: string; object: RegExp; reason: string }[] = [
  {
    name: "function_search_path_mutable",
    object:
      /`(user_service\.(follower|following|stats|inviter|invitee)|event_service\.(location|host|attendee|asker|answerer|reviewer)|post_service\.(author|event|attached_event|liker|reposter))`/,
    reason:
      "Relationships and computed columns are inlined only without a search_path; `begin atomic` has bound their names already.",
  },
  {
    name: "function_search_path_mutable",
    object: /`(event|ticket)_private\.run_scheduled_work`/,
    reason: "A procedure that sets a search_path may not commit. It names every schema, and only the owner calls it.",
  },
];

function supabase(...args: string[]): string {
  const url = new URL(target().databaseUrl);
  url.searchParams.set("sslmode", "disable");
  return execFileSync(resolve(root, "node_modules/.bin/supabase"), [...args, `--remote=${url}`], {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, SUPABASE_TELEMETRY_DISABLED: "1" },
  });
}

describe("the official linters", () => {
  it("supabase db lint finds nothing", () => {
    const output = supabase("db", "lint", "--schema", schemas.join(","), "--level", "warning");
    expect(output.trim()).toBe("");
  });

  it("supabase db advisors finds nothing that is not accepted, and all that is accepted", () => {
    const output = supabase("db", "advisors");
    const findings = JSON.parse(output.slice(output.indexOf("["))) as { name: string; detail: string }[];
    const known = (finding: { name: string; detail: string }) =>
      accepted.some(({ name, object }) => name === finding.name && object.test(finding.detail));
    expect(findings.filter((finding) => !known(finding)).map(({ name, detail }) => `${name}: ${detail}`)).toEqual([]);
    expect(findings.length).toBeGreaterThan(0);
  });
});
