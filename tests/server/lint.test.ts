import { execFileSync } from "node:child_process";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { target } from "../support/database.ts";

const root = resolve(import.meta.dirname, "../..");
const schemas = ["user", "event", "post", "ticket"].flatMap((service) => [`${service}_service`, `${service}_private`]);

/** Accepted findings, each with the reason. */
const accepted: { name: string; object: RegExp; reason: string }[] = [
  {
    name: "function_search_path_mutable",
    object:
      /`(user_service\.(follower|following|stats|inviter|invitee|event)|event_service\.(location|host|attendee|asker|answerer|reviewer)|post_service\.(author|event|attached_event|original|parent|replies|liker|reposter)|post_private\.(reposters_in_feed|shown_id)|ticket_private\.is_offer|ticket_service\.(event|person))`/,
    reason:
      "PostgreSQL inlines relationships, computed columns and parts of queries only without a search_path; `begin atomic` binds their names.",
  },
  {
    name: "function_search_path_mutable",
    object: /`(event|ticket)_private\.run_scheduled_work`/,
    reason:
      "A procedure that sets a search_path cannot commit. It qualifies every name, and only the owner can call it.",
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
  it("supabase db lint reports nothing", () => {
    const output = supabase("db", "lint", "--schema", schemas.join(","), "--level", "warning");
    expect(output.trim()).toBe("");
  });

  it("supabase db advisors reports only accepted findings", () => {
    const output = supabase("db", "advisors");
    const findings = JSON.parse(output.slice(output.indexOf("["))) as { name: string; detail: string }[];
    const known = (finding: { name: string; detail: string }) =>
      accepted.some(({ name, object }) => name === finding.name && object.test(finding.detail));
    expect(findings.filter((finding) => !known(finding)).map(({ name, detail }) => `${name}: ${detail}`)).toEqual([]);
    expect(findings.length).toBeGreaterThan(0);
  });
});
